/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting in a driver's thread, and handing the counts over. */
#include "lib/net/tally.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

/* An hour in ns, to three digits: 270 KiB a histogram, of which a load touches
 * a few. */
static void init_hist(struct scope_hist *hist)
{
    struct scope_err err;
    if (scope_hist_init(hist, 1, INT64_C(3600000000000), 3, &err) != SCOPE_OK)
        __builtin_unreachable(); /* the limits are constant and good */
}

void scope_timings_init(struct scope_timings *timings)
{
    init_hist(&timings->latency);
    init_hist(&timings->service);
    init_hist(&timings->delay);
}

void scope_timings_free(struct scope_timings *timings)
{
    scope_hist_free(&timings->latency);
    scope_hist_free(&timings->service);
    scope_hist_free(&timings->delay);
}

void scope_timings_reset(struct scope_timings *timings)
{
    scope_hist_reset(&timings->latency);
    scope_hist_reset(&timings->service);
    scope_hist_reset(&timings->delay);
}

void scope_tally_init(struct scope_tally *tally)
{
    *tally = (struct scope_tally){.timings = &tally->sets[0]};
    scope_timings_init(&tally->sets[0]);
    scope_timings_init(&tally->sets[1]);
    sem_init(&tally->given, 0, 0);
}

void scope_tally_free(struct scope_tally *tally)
{
    scope_timings_free(&tally->sets[0]);
    scope_timings_free(&tally->sets[1]);
    sem_destroy(&tally->given);
}

void scope_tally_fault(struct scope_tally *tally, enum scope_fault fault,
                       const char *detail)
{
    if (!tally->counts.errors[fault]++)
        snprintf(tally->first[fault], sizeof tally->first[fault], "%s", detail);
}

static void turn(struct scope_tally *tally)
{
    tally->copy = tally->counts;
    tally->timings =
        tally->timings == &tally->sets[0] ? &tally->sets[1] : &tally->sets[0];
}

void scope_tally_give(struct scope_tally *tally)
{
    turn(tally);
    atomic_store_explicit(&tally->wanted, false, memory_order_relaxed);
    sem_post(&tally->given);
}

void scope_tally_ask(struct scope_tally *tally)
{
    atomic_store_explicit(&tally->wanted, true, memory_order_release);
}

void scope_tally_wait(struct scope_tally *tally)
{
    while (sem_wait(&tally->given) && errno == EINTR)
        ;
}

void scope_tally_take(struct scope_tally *tally)
{
    turn(tally);
}
