/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What counting the calls cost those who made them, and what it missed. */
#ifndef ANALYZERS_SYSCALLS_TRACING_H
#define ANALYZERS_SYSCALLS_TRACING_H

#include "analyzers/syscalls/counts.h"

#include <scope/report.h>

void tracing_add(struct scope_report *report, const struct counts *counts);

#endif
