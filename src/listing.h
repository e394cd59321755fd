/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plugins as rows of a table. */
#ifndef SRC_LISTING_H
#define SRC_LISTING_H

#include "lib/host/loader.h"

#include <scope/report.h>

/* Those of a kind (0: of all), each asked whether it works here. */
void listing_plugins(struct scope_report *report, const char *title,
                     const struct scope_registry *registry,
                     enum scope_kind kind);
/* Those of a kind (0: of all, and what is no plugin) that were not built for
 * want of a library, if any. */
void listing_absent(struct scope_report *report, enum scope_kind kind);
/* Those that were refused, if any. */
void listing_refusals(struct scope_report *report,
                      const struct scope_registry *registry);

#endif
