/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting on every CPU: for the whole machine, or while a cgroup runs. */
#ifndef PERF_MACHINE_H
#define PERF_MACHINE_H

#include "lib/perf/group.h"

struct perf_machines;

struct perf_machines *perf_machines_new(const struct perf_opener *opener);
void perf_machines_free(struct perf_machines *machines);

enum scope_code perf_machines_attach(struct perf_machines *machines,
                                     const struct scope_target *target,
                                     struct scope_sink *sink,
                                     struct scope_err *err) SCOPE_MUST_CHECK;
void perf_machines_detach(struct perf_machines *machines,
                          const struct scope_target *target);
/* The sums over the CPUs, and for the whole machine each CPU's counts. */
void perf_machines_sample(struct perf_machines *machines,
                          struct scope_sink *sink, unsigned enabled,
                          unsigned running);

#endif
