/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting in a driver's thread, and handing the counts over. */
#include "lib/net/tally.h"

#include "lib/net/timings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void scope_tally_init(struct scope_tally *tally, size_t kind_count, bool open)
{
    *tally = (struct scope_tally){
        .timings = &tally->sets[0], .kind_count = kind_count, .open = open};
    scope_timings_init(&tally->sets[0], kind_count);
    scope_timings_init(&tally->sets[1], kind_count);
    sem_init(&tally->given, 0, 0);
}

void scope_tally_free(struct scope_tally *tally)
{
    scope_timings_free(&tally->sets[0], tally->kind_count);
    scope_timings_free(&tally->sets[1], tally->kind_count);
    sem_destroy(&tally->given);
}

void scope_tally_answer(struct scope_tally *tally, unsigned kind,
                        int64_t intended_ns, int64_t sent_ns, int64_t now_ns)
{
    struct scope_kind_timings *timings = &tally->timings->kinds[kind];
    tally->counts.requests++;
    tally->counts.kinds[kind]++;
    if (__builtin_expect(!timings->used, 0))
        scope_kind_timings_use(timings);
    scope_hist_record(&timings->service, now_ns - sent_ns, 1);
    if (tally->open)
        scope_hist_record(&timings->latency, now_ns - intended_ns, 1);
}

void scope_tally_part(struct scope_tally *tally, unsigned kind, int64_t sent_ns,
                      int64_t now_ns)
{
    struct scope_kind_timings *timings = &tally->timings->kinds[kind];
    tally->counts.kinds[kind]++;
    if (__builtin_expect(!timings->used, 0))
        scope_kind_timings_use(timings);
    scope_hist_record(&timings->service, now_ns - sent_ns, 1);
}

void scope_tally_connect(struct scope_tally *tally, int64_t connect_ns,
                         int64_t handshake_ns)
{
    tally->counts.connects++;
    scope_hist_record(&tally->timings->connect, connect_ns, 1);
    if (handshake_ns >= 0)
        scope_hist_record(&tally->timings->handshake, handshake_ns, 1);
}

static void write_first(struct scope_first *first, const char *name,
                        const char *detail)
{
    snprintf(first->name, sizeof first->name, "%s", name);
    snprintf(first->detail, sizeof first->detail, "%s", detail);
}

/* False when there is no place for one more name. */
static bool count_named(struct scope_tally *tally, const char *name,
                        const char *detail)
{
    for (size_t i = 0; i < SCOPE_NAMED_MAX; i++) {
        struct scope_first *first = &tally->named[i];
        if (!tally->counts.named[i])
            write_first(first, name, detail);
        else if (strncmp(first->name, name, sizeof first->name - 1) != 0)
            continue;
        tally->counts.named[i]++;
        return true;
    }
    return false;
}

void scope_tally_fault(struct scope_tally *tally, enum scope_fault fault,
                       const char *name, const char *detail)
{
    if (name && *name && count_named(tally, name, detail))
        return;
    if (!tally->counts.errors[fault])
        write_first(&tally->first[fault], scope_fault_word(fault), detail);
    tally->counts.errors[fault]++;
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
