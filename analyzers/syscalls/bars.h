/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of a single trial: which calls there are most of, and which take
 * the time. */
#ifndef ANALYZERS_SYSCALLS_BARS_H
#define ANALYZERS_SYSCALLS_BARS_H

#include "analyzers/syscalls/counts.h"

#include <scope/report.h>

void bars_add(struct scope_report *report, const struct counts *counts,
              struct group *group, size_t top);

#endif
