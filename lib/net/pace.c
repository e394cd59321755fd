/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Arrivals at a constant rate. */
#include "lib/net/pace.h"

#include <math.h>

void scope_pace_constant(struct scope_pace *pace, double rate, uint64_t thread,
                         uint64_t threads)
{
    *pace = (struct scope_pace){.thread = thread, .threads = threads};
    double period = 1e9 / rate;
    if (period >= 0x1p63) {
        pace->period_ns = INT64_MAX;
        return;
    }
    pace->period_ns = (uint64_t)period;
    /* What is left of 1e9 = rate * period, exactly, so that the fraction has
     * more digits than a double quotient. */
    double rest = fma(-rate, (double)pace->period_ns, 1e9) / rate;
    if (rest < 0) {
        pace->period_ns--;
        rest += 1;
    }
    pace->period_fraction = rest < 1 ? (uint64_t)(rest * 0x1p64) : UINT64_MAX;
}

/* Arrival number `number` of the whole load. */
static int64_t arrival(const struct scope_pace *pace, unsigned __int128 number)
{
    if (number > UINT64_MAX)
        return INT64_MAX;
    unsigned __int128 fraction =
        (unsigned __int128)(uint64_t)number * pace->period_fraction;
    unsigned __int128 time =
        (unsigned __int128)(uint64_t)number * pace->period_ns +
        (uint64_t)(fraction >> 64) + ((uint64_t)(fraction >> 63) & 1);
    return time < INT64_MAX ? (int64_t)time : INT64_MAX;
}

int64_t scope_pace_at(const struct scope_pace *pace, uint64_t index)
{
    return arrival(pace,
                   (unsigned __int128)index * pace->threads + pace->thread);
}

uint64_t scope_pace_before(const struct scope_pace *pace, int64_t time_ns)
{
    uint64_t low = 0;
    uint64_t high = 1;
    while (scope_pace_at(pace, high) < time_ns)
        high *= 2;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (scope_pace_at(pace, middle) < time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
