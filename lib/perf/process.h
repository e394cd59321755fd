/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counting processes without counting anything twice.
 *
 * Each thread that exists is opened with inherit: what it makes later, threads
 * and children, is counted with it, and stays counted when it ends. A child
 * that becomes a target of its own is opened too, and what it counted is taken
 * off the process that covers it. So the sum over all processes is exact, and
 * what a child did before it was found stays with its parent.
 */
#ifndef LIB_PERF_PROCESS_H
#define LIB_PERF_PROCESS_H

#include "lib/perf/group.h"

struct perf_processes;

struct perf_processes *perf_processes_new(const struct perf_opener *opener);
void perf_processes_free(struct perf_processes *processes);

enum scope_code perf_processes_attach(struct perf_processes *processes,
                                      const struct scope_target *target,
                                      struct scope_sink *sink,
                                      struct scope_err *err) SCOPE_MUST_CHECK;
/* What it counted up to its end is still emitted by the next sample. */
void perf_processes_detach(struct perf_processes *processes,
                           const struct scope_target *target);

/* What one process counted. */
struct perf_reading {
    uint32_t target;   /* its id */
    uint32_t instance; /* of the target itself */
    bool ended;        /* this is its last reading */
    const struct perf_counts *counts;
};

/* Calls emit for each process, then forgets those that ended. */
void perf_processes_sample(struct perf_processes *processes,
                           void (*emit)(void *closure,
                                        const struct perf_reading *reading),
                           void *closure);

#endif
