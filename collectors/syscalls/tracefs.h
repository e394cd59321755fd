/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers by which perf_event_open(2) knows tracepoints. */
#ifndef SYSCALLS_TRACEFS_H
#define SYSCALLS_TRACEFS_H

#include <scope/err.h>
#include <stdbool.h>

/* A descriptor of tracefs' folder "events", or -1 with err filled: tracefs
 * where it is mounted, else a mount that only this descriptor knows of. */
int tracefs_events(struct scope_err *err);
/* The number of "GROUP/NAME", or -1 where the kernel has no such one. */
int tracefs_id(int events, const char *name);
/* Whether the kernel has a tracepoint for each call (CONFIG_FTRACE_SYSCALLS).
 */
bool tracefs_has_syscalls(int events);

#endif
