/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What costs say, as tables and pictures. */
#ifndef ANALYZERS_CYCLES_TABLES_H
#define ANALYZERS_CYCLES_TABLES_H

#include "analyzers/cycles/costs.h"

/* Whose CPU time it was: each group, in user code and in the kernel. */
void breakdown_add(struct scope_report *report, const struct costs *costs);

/* top: so many categories in the picture, the others in sum. */
void categories_add(struct scope_report *report, const struct costs *costs,
                    const struct group *group, size_t top);
/* The functions of a group that no rule matched. */
void uncategorised_add(struct scope_report *report, const struct costs *costs,
                       const struct group *group, size_t top);

void functions_add(struct scope_report *report, const struct costs *costs,
                   const struct group *group, size_t top);
void modules_add(struct scope_report *report, const struct costs *costs,
                 const struct group *group, size_t top);

/* A table for each trial but the baseline. */
void differences_add(struct scope_report *report, const struct costs *costs,
                     const struct group *group, size_t baseline);

/* How it was sampled, and what that means for the figures. */
void sampling_add(struct scope_report *report, const struct costs *costs);

#endif
