/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a connection and of the requests on it. */
#include "lib/net/engine_load.h"

/* After a failure the next try waits, each time twice as long. */
#define BACK_OFF_NS INT64_C(10000000)
enum { BACK_OFF_DOUBLINGS = 6 };

static void dequeue(struct scope_worker *worker, struct scope_slot *slot)
{
    if (slot->queued)
        TAILQ_REMOVE(&worker->roomy, slot, link);
    slot->queued = false;
}

static void enqueue(struct scope_worker *worker, struct scope_slot *slot,
                    int64_t now_ns)
{
    if (slot->queued || slot->out >= slot->room)
        return;
    if (TAILQ_EMPTY(&worker->roomy))
        worker->room_ns = now_ns;
    TAILQ_INSERT_TAIL(&worker->roomy, slot, link);
    slot->queued = true;
}

void scope_slot_close(struct scope_worker *worker, struct scope_slot *slot)
{
    worker->engine->plan.protocol->shut(worker, slot);
    if (slot->state == SCOPE_SLOT_OPEN)
        worker->tally.counts.connections--;
    dequeue(worker, slot);
    slot->state = SCOPE_SLOT_IDLE;
    slot->drained = false;
    slot->room = worker->engine->plan.streams;
}

static void back_off(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns)
{
    unsigned doublings = slot->failures < BACK_OFF_DOUBLINGS
                             ? slot->failures
                             : BACK_OFF_DOUBLINGS;
    slot->failures++;
    slot->state = SCOPE_SLOT_BACKING;
    slot->due_ns = now_ns + (BACK_OFF_NS << doublings);
    scope_worker_check_at(worker, slot->due_ns);
}

void scope_slot_open(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns)
{
    const struct scope_engine_plan *plan = &worker->engine->plan;
    slot->state = SCOPE_SLOT_IDLE;
    if (plan->lazy && !slot->out) {
        scope_slot_next(worker, slot, now_ns);
        return;
    }
    if (!slot->out && scope_worker_is_over(worker, now_ns))
        return;
    slot->state = SCOPE_SLOT_OPENING;
    slot->due_ns = scope_later(now_ns, worker->options->connect_timeout_ns);
    scope_worker_check_at(worker, slot->due_ns);
    plan->protocol->open(worker, slot, now_ns);
}

void scope_slot_ready(struct scope_worker *worker, struct scope_slot *slot,
                      int64_t now_ns)
{
    slot->state = SCOPE_SLOT_OPEN;
    slot->proven = false;
    worker->tally.counts.connections++;
    scope_slot_next(worker, slot, now_ns);
}

void scope_slot_failed(struct scope_worker *worker, struct scope_slot *slot,
                       enum scope_fault fault, const char *detail,
                       int64_t now_ns)
{
    scope_tally_fault(&worker->tally, fault, NULL, detail);
    scope_slot_close(worker, slot);
    back_off(worker, slot, now_ns);
}

/* One request fewer is out. */
static void settle_one(struct scope_worker *worker, struct scope_slot *slot,
                       int64_t now_ns)
{
    if (worker->tally.counts.outstanding-- == worker->limit)
        worker->room_ns = now_ns;
    slot->out--;
}

void scope_slot_answered(struct scope_worker *worker, struct scope_slot *slot,
                         const struct scope_exchange *exchange, unsigned kind,
                         int64_t now_ns)
{
    settle_one(worker, slot, now_ns);
    slot->proven = true;
    slot->failures = 0;
    scope_tally_answer(&worker->tally, kind, exchange->intended_ns,
                       exchange->sent_ns, now_ns);
}

void scope_slot_lost(struct scope_worker *worker, struct scope_slot *slot,
                     enum scope_fault fault, const char *name,
                     const char *detail)
{
    settle_one(worker, slot, scope_now_ns());
    scope_tally_fault(&worker->tally, fault, name, detail);
}

void scope_slot_forgo(struct scope_worker *worker, struct scope_slot *slot)
{
    settle_one(worker, slot, scope_now_ns());
}

void scope_slot_next(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns)
{
    if (slot->drained) {
        dequeue(worker, slot);
        if (!slot->out)
            scope_slot_reopen(worker, slot, now_ns);
        return;
    }
    enqueue(worker, slot, now_ns);
    if (!worker->sending)
        scope_worker_send_due(worker, now_ns);
}

void scope_slot_reopen(struct scope_worker *worker, struct scope_slot *slot,
                       int64_t now_ns)
{
    bool was_good = slot->proven;
    scope_slot_close(worker, slot);
    slot->proven = false;
    if (was_good)
        scope_slot_open(worker, slot, now_ns);
    else
        back_off(worker, slot, now_ns);
}
