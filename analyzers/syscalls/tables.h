/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the calls of a group came to: how many, how long, how they failed. */
#ifndef ANALYZERS_SYSCALLS_TABLES_H
#define ANALYZERS_SYSCALLS_TABLES_H

#include "analyzers/syscalls/counts.h"

#include <scope/report.h>

/* "sidecar haproxy, 2 processes"; to free(). */
char *tables_title(const struct group *group);
/* Sorts the calls by the most of a figure that they have in any trial. */
void tables_sort(const struct counts *counts, struct group *group,
                 enum counter counter);
/* Whether the figures of a trial are to be doubted. */
bool tables_doubt(const struct counts *counts, size_t trial);

/* top: so many calls by name, the others in sum. */
void tables_add(struct scope_report *report, const struct counts *counts,
                struct group *group, size_t top);

#endif
