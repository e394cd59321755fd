/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When requests are meant to be sent: arrivals of a whole load, dealt out to
 * its threads in turn, so that together they are as even as one.
 *
 * Each time is computed from its number and not from the one before: nothing
 * adds up, however long the load lasts.
 */
#ifndef LIB_NET_PACE_H
#define LIB_NET_PACE_H

#include <stdint.h>

struct scope_pace {
    uint64_t period_ns;       /* between two arrivals of the whole load */
    uint64_t period_fraction; /* in 2^-64 ns */
    uint64_t thread, threads;
    uint64_t taken; /* arrivals of this thread that were taken */
};

/* A constant rate (> 0, per second) of which thread 0 <= thread < threads has
 * every threads-th arrival; the first of all is at 0. */
void scope_pace_constant(struct scope_pace *pace, double rate, uint64_t thread,
                         uint64_t threads);

/* Time of this thread's arrival number `index`, in ns from the start of the
 * load, to the nearest; INT64_MAX when that is beyond 290 years. */
int64_t scope_pace_at(const struct scope_pace *pace, uint64_t index);

/* Number of this thread's arrivals before the time. */
uint64_t scope_pace_before(const struct scope_pace *pace, int64_t time_ns);

#endif
