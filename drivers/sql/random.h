/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random numbers that are the same wherever and whenever they are drawn: each
 * request of a load has a stream of its own, made from the load's seed and the
 * request's number, so that neither threads nor time change what is asked.
 */
#ifndef DRIVERS_SQL_RANDOM_H
#define DRIVERS_SQL_RANDOM_H

#include "lib/net/random.h"

/* One word of state, as each request makes its own: SplitMix64. */
struct sql_random {
    uint64_t state;
};

static inline uint64_t sql_random_next(struct sql_random *random)
{
    return scope_split_mix(&random->state);
}

/* The stream of one request: streams of neighbouring numbers share nothing,
 * as the state itself is drawn twice. */
static inline struct sql_random sql_random_stream(uint64_t seed,
                                                  uint64_t number)
{
    struct sql_random mixed = {seed};
    mixed.state = sql_random_next(&mixed) ^ number;
    return (struct sql_random){sql_random_next(&mixed)};
}

/* Below count (> 0), each equally likely but for 2^-64 of count (Lemire: Fast
 * Random Integer Generation in an Interval, 2019, without its rejection). */
static inline uint64_t sql_random_below(struct sql_random *random,
                                        uint64_t count)
{
    return (uint64_t)(((unsigned __int128)sql_random_next(random) * count) >>
                      64);
}

/* In [0, 1). */
static inline double sql_random_unit(struct sql_random *random)
{
    return (double)(sql_random_next(random) >> 11) * 0x1p-53;
}

/*
 * Zipf's distribution over 1..count: number k comes as 1 / k^skew, skew > 0.
 * By rejection-inversion, in constant time and memory (Hoermann, Derflinger,
 * ACM TOMACS 6, 1996).
 */
struct sql_zipf {
    uint64_t count;
    double skew;
    double first, last, shift; /* of the method */
};

void sql_zipf_init(struct sql_zipf *zipf, uint64_t count, double skew);
uint64_t sql_zipf_draw(const struct sql_zipf *zipf, struct sql_random *random);

#endif
