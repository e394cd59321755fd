/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samples collectors: a thread each, absolute deadlines on CLOCK_MONOTONIC,
 * all multiples of the interval after one common start. A tick that could not
 * be kept is skipped and counted, never caught up in a burst.
 *
 * The thread that calls add, found, gone, start and stop owns the sampler;
 * drain may be called by one other thread, and report by either.
 */
#ifndef LIB_HOST_SAMPLER_H
#define LIB_HOST_SAMPLER_H

#include "lib/host/frame.h"
#include "lib/host/loader.h"

struct scope_sampler;

struct scope_sampler *scope_sampler_new(void);
/* Stops what runs, closes every collector, frees. */
void scope_sampler_free(struct scope_sampler *sampler);

/* Opens a collector; its frames will carry the source number. */
enum scope_code scope_sampler_add(struct scope_sampler *sampler,
                                  const struct scope_loaded *loaded,
                                  const void *config, unsigned source,
                                  int64_t interval_ns,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* Tells every collector that asked for this kind of target, before its next
 * sweep. The target must live until the sampler is freed. */
void scope_sampler_found(struct scope_sampler *sampler,
                         const struct scope_target *target);
void scope_sampler_gone(struct scope_sampler *sampler,
                        const struct scope_target *target);

/* Starts the threads; returns when each has attached the targets found so far.
 * On failure the source that failed is in *source and nothing runs. */
enum scope_code scope_sampler_prepare(struct scope_sampler *sampler,
                                      unsigned *source,
                                      struct scope_err *err) SCOPE_MUST_CHECK;
/* First sweeps at start_ns. */
void scope_sampler_start(struct scope_sampler *sampler, int64_t start_ns);
/* No tick after end_ns; waits for the threads. */
void scope_sampler_stop(struct scope_sampler *sampler, int64_t end_ns);

/* Hands all frames that are there to the recorder. */
enum scope_code scope_sampler_drain(struct scope_sampler *sampler,
                                    const struct scope_recorder *recorder,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* How a collector fared so far. lateness is what was recorded since the last
 * report, to be freed with scope_hist_free. */
struct scope_sampler_report {
    unsigned source;
    const char *name;
    uint64_t sweeps, missed, failed, lost, misused, cpu_ns;
    struct scope_hist lateness;
};
size_t scope_sampler_count(const struct scope_sampler *sampler);
void scope_sampler_report(struct scope_sampler *sampler, size_t index,
                          struct scope_sampler_report *report);

#endif
