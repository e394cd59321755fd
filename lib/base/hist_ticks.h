/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The percentile ticks of a histogram, a number of them for each halving of
 * the distance to 100 %: the steps of HdrHistogram's PercentileIterator, which
 * its percentile distributions are made of.
 */
#ifndef LIB_BASE_HIST_TICKS_H
#define LIB_BASE_HIST_TICKS_H

#include <scope/hist.h>
#include <stdbool.h>

struct scope_tick {
    double percentile; /* the tick's, 0 to 100 */
    int64_t value;     /* the highest that its slot stands for */
    uint64_t below;    /* values up to it */
    uint64_t count;    /* of them, above the tick before */
    /* The rest is the walk's: begin with all zero. */
    size_t slot;
    uint64_t current;
    double next;
    bool last;
};

/* Goes to the next tick; false at the end. The last one is 100. */
bool scope_tick_next(const struct scope_hist *hist, int per_half,
                     struct scope_tick *tick);

#endif
