/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A driver's load sweep by sweep: a second each, unless it was told
 * otherwise. */
#ifndef LIB_PRESENT_LOAD_TIMELINE_H
#define LIB_PRESENT_LOAD_TIMELINE_H

#include "lib/present/export_inside.h"

/* Appends an object for each interval between two of the driver's sweeps. */
enum scope_code scope_timeline_add(const struct scope_dataset *dataset,
                                   const struct scope_trial *trial,
                                   const char *driver, json_t *timeline,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
