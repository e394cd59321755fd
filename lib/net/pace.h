/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When requests are meant to be sent: arrivals of a whole load, dealt out to
 * its threads in turn, so that together they are as even as one. (Those of
 * independent users are drawn by each thread: Poisson processes add up to one.)
 *
 * Each time is computed from its number and not from the one before, where the
 * arrivals are not random: nothing adds up, however long the load lasts.
 */
#ifndef LIB_NET_PACE_H
#define LIB_NET_PACE_H

#include "lib/net/random.h"

#include <stddef.h>
#include <stdint.h>

enum scope_arrivals {
    SCOPE_ARRIVALS_CONSTANT,
    SCOPE_ARRIVALS_POISSON,
    SCOPE_ARRIVALS_BURST,
    SCOPE_ARRIVALS_RAMP,
    SCOPE_ARRIVALS_TIMETABLE, /* no word: a driver's own doing */
};
extern const char *const scope_arrivals_words[];

/* Arrival times of a recording, in ns from its start, rising. */
struct scope_timetable {
    size_t count;
    const int64_t *times_ns;
};

struct scope_pace_plan {
    enum scope_arrivals arrivals;
    double rate;      /* > 0, per second */
    uint64_t burst;   /* requests of a burst */
    double ramp_from; /* rate at the start */
    int64_t ramp_ns;  /* until the rate is reached; > 0 */
    const struct scope_timetable *timetable;
    uint64_t seed;
    uint64_t thread, threads; /* thread 0 <= thread < threads */
};

/* One thread's arrivals; those of the whole load begin at 0. */
struct scope_pace {
    struct scope_pace_plan plan;
    uint64_t period_ns;       /* between two arrivals of the whole load */
    uint64_t period_fraction; /* in 2^-64 ns */
    uint64_t taken;           /* arrivals of this thread that were taken */
    int64_t next_ns;          /* the next one; INT64_MAX: there is none */
    double exact_ns;          /* the same, drawn */
    struct scope_random random;
};

void scope_pace_open(struct scope_pace *pace,
                     const struct scope_pace_plan *plan);
/* Goes on to the next arrival. */
void scope_pace_take(struct scope_pace *pace);
/* Time of this thread's arrival number `index`, in ns from the start of the
 * load; INT64_MAX when there is none or it is beyond 290 years. Not for
 * arrivals that are drawn. */
int64_t scope_pace_at(const struct scope_pace *pace, uint64_t index);
/* Number of this thread's arrivals before the time, taken or not; no fewer
 * than were taken. */
uint64_t scope_pace_before(const struct scope_pace *pace, int64_t time_ns);

#endif
