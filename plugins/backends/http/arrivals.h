/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When requests arrived, over all threads: what checks the pacing of a load
 * independently of who makes it.
 *
 * An arrival is the time at which the server's wait for events ended that told
 * of the request's first byte (CLOCK_MONOTONIC). It is counted in a bin of 1 ms
 * of that clock, and its gap to the arrival recorded before, of whatever
 * thread, in a histogram to 3 digits. Memory is fixed: 4 bytes for each ms of
 * the time that is recorded; what arrives later is counted as unrecorded and
 * is in no other figure.
 *
 * The index of dispersion is the variance (n - 1) of the number of arrivals in
 * a bin over its mean: 0 of a perfectly even load whose period divides the bin,
 * 1 of a Poisson process, more of bursts. It is of the whole bins between the
 * bin of the first arrival and that of the last, without those two; of 10 ms
 * and 100 ms, of so many bins together, without what is left over at the end.
 * It is null below 2 bins.
 */
#ifndef BACKENDS_HTTP_ARRIVALS_H
#define BACKENDS_HTTP_ARRIVALS_H

#include <scope/plugin.h>
#include <stdatomic.h>

struct arrivals {
    size_t room; /* bins */
    atomic_uint *bins;
    atomic_int_fast64_t first_ns, last_ns; /* 0: none yet */
    atomic_uint_fast64_t unrecorded;
    atomic_uint *gaps; /* by the slots of `shape` */
    struct scope_hist shape;
};

/* To record so long, at least 1 ms. */
void arrivals_init(struct arrivals *arrivals, int64_t time_ns);
void arrivals_free(struct arrivals *arrivals);
/* From any thread. */
void arrivals_add(struct arrivals *arrivals, int64_t time_ns);
/* Forgets all; what arrives meanwhile may be forgotten in part. */
void arrivals_reset(struct arrivals *arrivals);
/* The figures as JSON, to free(). */
char *arrivals_json(struct arrivals *arrivals);

#endif
