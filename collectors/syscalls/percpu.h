/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events of a cgroup or of the whole machine: a group on each CPU. */
#ifndef SYSCALLS_PERCPU_H
#define SYSCALLS_PERCPU_H

#include "lib/perf/process.h"

struct percpu;

struct percpu *percpu_new(const struct perf_opener *opener);
void percpu_free(struct percpu *percpu);
enum scope_code percpu_attach(struct percpu *percpu,
                              const struct scope_target *target,
                              struct scope_err *err) SCOPE_MUST_CHECK;
/* The next sample is the last one of it. */
void percpu_detach(struct percpu *percpu, const struct scope_target *target);
/* As perf_processes_sample; a reading's instance is not set. */
void percpu_sample(struct percpu *percpu,
                   void (*emit)(void *closure,
                                const struct perf_reading *reading),
                   void *closure);

#endif
