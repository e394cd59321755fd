/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The numbers by which perf_event_open(2) knows tracepoints. */
#ifndef SYSCALLS_TRACEFS_H
#define SYSCALLS_TRACEFS_H

#include <scope/err.h>

/* A descriptor of tracefs' folder "events", or -1 with err filled: tracefs
 * where it is mounted, else a mount that only this descriptor knows of. */
int tracefs_events(struct scope_err *err);
/* Whether there are tracepoints of calls, and their numbers can be read. */
enum scope_code tracefs_check(int events,
                              struct scope_err *err) SCOPE_MUST_CHECK;
/* The number of "GROUP/NAME", or -1 with errno, ENOENT when there is none. */
int tracefs_id(int events, const char *name);

#endif
