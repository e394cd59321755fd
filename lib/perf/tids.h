/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threads of a process at one moment: events are opened on each. */
#ifndef LIB_PERF_TIDS_H
#define LIB_PERF_TIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct perf_tids {
    pid_t *items; /* to free() */
    size_t count, room;
};

/* From /proc/PID/task; none when there is no such process. */
void perf_tids_list(pid_t pid, struct perf_tids *tids);
bool perf_tids_has(const struct perf_tids *tids, pid_t tid);
/* Whether some began after the list of before was made. */
bool perf_tids_grew(const struct perf_tids *before,
                    const struct perf_tids *after);

#endif
