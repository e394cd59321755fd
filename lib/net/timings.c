/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/net/timings.h"

void scope_timing_init(struct scope_hist *hist)
{
    struct scope_err err;
    if (scope_hist_init(hist, 1, INT64_C(3600000000000), 3, &err) != SCOPE_OK)
        __builtin_unreachable(); /* the limits are constant and good */
}

void scope_timings_init(struct scope_timings *timings, size_t kind_count)
{
    scope_timing_init(&timings->delay);
    scope_timing_init(&timings->connect);
    scope_timing_init(&timings->handshake);
    timings->kinds = scope_alloc(kind_count, sizeof *timings->kinds);
}

void scope_kind_timings_use(struct scope_kind_timings *timings)
{
    scope_timing_init(&timings->latency);
    scope_timing_init(&timings->service);
    timings->used = true;
}

void scope_timings_free(struct scope_timings *timings, size_t kind_count)
{
    scope_hist_free(&timings->delay);
    scope_hist_free(&timings->connect);
    scope_hist_free(&timings->handshake);
    for (size_t i = 0; i < kind_count; i++)
        if (timings->kinds[i].used) {
            scope_hist_free(&timings->kinds[i].latency);
            scope_hist_free(&timings->kinds[i].service);
        }
    free(timings->kinds);
}

static void move(struct scope_hist *to, struct scope_hist *from)
{
    if (!from->total)
        return;
    scope_hist_merge(to, from);
    scope_hist_reset(from);
}

void scope_timings_move(struct scope_timings *to, struct scope_timings *from,
                        size_t kind_count)
{
    move(&to->delay, &from->delay);
    move(&to->connect, &from->connect);
    move(&to->handshake, &from->handshake);
    for (size_t i = 0; i < kind_count; i++) {
        struct scope_kind_timings *kind = &from->kinds[i];
        if (!kind->used)
            continue;
        if (!to->kinds[i].used)
            scope_kind_timings_use(&to->kinds[i]);
        move(&to->kinds[i].latency, &kind->latency);
        move(&to->kinds[i].service, &kind->service);
    }
}
