/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks a histogram by percentile ticks, as HdrHistogram's Java does, down to
 * the rounding: its outputs are compared line by line. */
#include "lib/base/hist_ticks.h"

#include <math.h>

/* PercentileIterator.incrementIterationLevel() */
static double tick_after(double level, int per_half)
{
    double halvings = floor(log(100.0 / (100.0 - level)) / log(2)) + 1;
    return level + 100.0 / ((double)per_half * exp2(halvings));
}

bool scope_tick_next(const struct scope_hist *hist, int per_half,
                     struct scope_tick *tick)
{
    if (tick->last || !hist->total)
        return false;
    uint64_t before = tick->below;
    uint64_t reached = tick->current;
    double level = tick->next;
    if (reached == hist->total) {
        tick->last = true;
        level = 100;
    }
    while (
        !tick->last &&
        (!reached || 100.0 * (double)reached / (double)hist->total < level)) {
        int64_t low;
        uint64_t count;
        if (!scope_hist_next(hist, &tick->slot, &low, &tick->value, &count))
            break;
        reached += count;
    }
    tick->current = reached;
    tick->below = reached;
    tick->count = reached - before;
    tick->percentile = level;
    tick->next = tick->last ? 100 : tick_after(level, per_half);
    return true;
}
