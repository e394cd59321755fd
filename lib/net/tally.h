/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one thread of a driver counts, and how it gets from there to the sink.
 *
 * The thread alone writes its counts and records into one of two sets of
 * histograms. To sample, another thread asks for them; the thread looks
 * between two batches of events, copies its counts, turns to the other set and
 * answers. No lock and no atomic operation is paid for a request.
 */
#ifndef LIB_NET_TALLY_H
#define LIB_NET_TALLY_H

#include "lib/net/fault.h"

#include <scope/load.h>
#include <scope/plugin.h>
#include <semaphore.h>
#include <stdatomic.h>

/* What a driver that tallies reports beyond <scope/load.h>. */
enum {
    SCOPE_TALLY_RETRIES = SCOPE_LOAD_COUNT,
    SCOPE_TALLY_CUT,
    SCOPE_TALLY_COUNT,
};

#define SCOPE_TALLY_METRICS                                                    \
    SCOPE_LOAD_METRICS,                                                        \
        [SCOPE_TALLY_RETRIES] =                                                \
            {.name = "retries",                                                \
             .semantics = SCOPE_COUNTER,                                       \
             .value = SCOPE_U64,                                               \
             .unit = SCOPE_UNIT_COUNT,                                         \
             .help = "requests sent again, as the server closed the "          \
                     "connection when they were on their way; their time "     \
                     "runs on"},                                               \
        [SCOPE_TALLY_CUT] = {.name = "cut",                                    \
                             .semantics = SCOPE_COUNTER,                       \
                             .value = SCOPE_U64,                               \
                             .unit = SCOPE_UNIT_COUNT,                         \
                             .help = "requests sent but not answered when "    \
                                     "the load ended; in no histogram"}

/* Cumulative, but outstanding and connections. */
struct scope_counts {
    uint64_t requests, intended, unsent, connects, sent, received, retries, cut;
    uint64_t outstanding, connections;
    uint64_t status[5]; /* 1xx .. 5xx */
    uint64_t errors[SCOPE_FAULT_COUNT];
    int64_t cpu_ns;  /* of the thread */
    int64_t time_ns; /* when they were copied */
};

struct scope_timings {
    struct scope_hist latency, service, delay;
};

void scope_timings_init(struct scope_timings *timings);
void scope_timings_free(struct scope_timings *timings);
void scope_timings_reset(struct scope_timings *timings);

struct scope_tally {
    struct scope_counts counts;
    struct scope_timings *timings; /* the set to record into */
    struct scope_timings sets[2];
    /* The first fault of each kind in words, for people. */
    char first[SCOPE_FAULT_COUNT][96];
    /* The hand-over. */
    atomic_bool wanted;
    sem_t given;
    struct scope_counts copy;
};

void scope_tally_init(struct scope_tally *tally);
void scope_tally_free(struct scope_tally *tally);

/* Counts a fault; detail is copied when it is the first of its kind. */
void scope_tally_fault(struct scope_tally *tally, enum scope_fault fault,
                       const char *detail);

/* By the thread: whether somebody waits for a hand-over. */
static inline bool scope_tally_wanted(struct scope_tally *tally)
{
    return atomic_load_explicit(&tally->wanted, memory_order_acquire);
}
/* By the thread, with its counts up to date: hands over. */
void scope_tally_give(struct scope_tally *tally);

/* By the sampler: asks (the thread must then be woken), and waits for it. The
 * copy and the other set are the sampler's until it asks again. */
void scope_tally_ask(struct scope_tally *tally);
void scope_tally_wait(struct scope_tally *tally);
/* Instead of ask and wait, when the thread has ended. */
void scope_tally_take(struct scope_tally *tally);

/* The sampler's side of all threads. */
struct scope_ledger {
    size_t count;
    struct scope_tally **tallies;
    double rate; /* intended, of all; 0: closed loop */
    struct scope_timings sum;
    struct scope_counts *before; /* of each thread, at the last sweep */
    bool named;                  /* the instances below are known */
    uint32_t self, status[5], errors[SCOPE_FAULT_COUNT];
    bool told[SCOPE_FAULT_COUNT];
};

/* tallies are not owned. */
void scope_ledger_init(struct scope_ledger *ledger, size_t count, double rate);
void scope_ledger_free(struct scope_ledger *ledger);
/* Emits the sum of what every thread has handed over. */
void scope_ledger_emit(struct scope_ledger *ledger, struct scope_sink *sink);

#endif
