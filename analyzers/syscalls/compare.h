/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How trials differ: a heat map of calls by trials, and for two conditions
 * what each call differs by, with an interval. */
#ifndef ANALYZERS_SYSCALLS_COMPARE_H
#define ANALYZERS_SYSCALLS_COMPARE_H

#include "analyzers/syscalls/conditions.h"
#include "analyzers/syscalls/counts.h"

#include <scope/report.h>

void compare_heat(struct scope_report *report, const struct counts *counts,
                  const struct conditions *conditions, struct group *group,
                  size_t top);

/* A table for each condition that is compared with another one. */
void compare_differences(struct scope_report *report,
                         const struct counts *counts,
                         const struct conditions *conditions,
                         struct group *group, size_t top);

#endif
