/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of an engine: what its files share. */
#ifndef LIB_NET_ENGINE_LOAD_H
#define LIB_NET_ENGINE_LOAD_H

#include "lib/net/engine.h"

/* What was meant for a time before the end may be sent a little after it: else
 * whatever the clock makes late by microseconds would stay unsent. */
#define SCOPE_GRACE_NS INT64_C(10000000)
#define SCOPE_NS_PER_MS INT64_C(1000000)

struct scope_engine {
    struct scope_engine_plan plan;
    struct scope_load_options options;
    int64_t start_ns;
    _Atomic int64_t end_ns; /* no request is meant for then or later */
    atomic_bool leave;      /* threads end when nothing is out any more */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t drained; /* threads that have nothing to do any more; locked */
    size_t running; /* threads */
    size_t count;   /* workers opened */
    struct scope_worker *workers;
    struct scope_ledger ledger;
};

static inline int64_t scope_later(int64_t time_ns, int64_t by_ns)
{
    int64_t sum;
    return __builtin_add_overflow(time_ns, by_ns, &sum) ? INT64_MAX : sum;
}

static inline int64_t scope_engine_end(const struct scope_engine *engine)
{
    return atomic_load_explicit(&engine->end_ns, memory_order_relaxed);
}

/* Whether the last request was sent that ever will be. */
bool scope_worker_is_over(const struct scope_worker *worker, int64_t now_ns);
/* Gives slots what is due; returns about the present time. */
int64_t scope_worker_send_due(struct scope_worker *worker, int64_t now_ns);

/* Begins to open a slot that is closed, unless the load is over. */
void scope_slot_open(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns);
void scope_slot_close(struct scope_worker *worker, struct scope_slot *slot);

enum scope_code scope_worker_open(struct scope_worker *worker,
                                  struct scope_engine *engine, unsigned index,
                                  size_t slots,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
/* Makes its part of the schedule. */
void scope_worker_pace(struct scope_worker *worker);
void scope_worker_close(struct scope_worker *worker);
/* The thread. */
void *scope_worker_run(void *worker);

#endif
