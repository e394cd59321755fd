/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks in nanoseconds. */
#include "lib/base/clock.h"

#include <scope/plugin.h>

int64_t scope_clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t scope_now_ns(void)
{
    return scope_clock_ns(CLOCK_MONOTONIC);
}

struct timespec scope_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

int64_t scope_realtime_offset_ns(void)
{
    int64_t best = INT64_MAX;
    int64_t offset = 0;
    for (int i = 0; i < 5; i++) {
        int64_t before = scope_now_ns();
        int64_t real = scope_clock_ns(CLOCK_REALTIME);
        int64_t after = scope_now_ns();
        if (after - before < best) {
            best = after - before;
            offset = real - (before + (after - before) / 2);
        }
    }
    return offset;
}
