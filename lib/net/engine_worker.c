/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread of a load: what is to be done when. */
#include "lib/net/engine_load.h"

#include <sched.h>
#include <time.h>

/* How often slots are looked through at least, and how long answers are waited
 * for at the end. */
#define CHECK_NS INT64_C(250000000)
#define DRAIN_NS INT64_C(1000000000)

static int64_t earlier_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

bool scope_worker_is_over(const struct scope_worker *worker, int64_t now_ns)
{
    int64_t end_ns = scope_engine_end(worker->engine);
    if (worker->taken >= worker->quota)
        return true;
    if (now_ns < end_ns)
        return false;
    return !worker->paced || worker->next_ns >= end_ns ||
           now_ns - end_ns >= SCOPE_GRACE_NS;
}

/* --- the schedule --------------------------------------------------------- */

/* When the next request may be sent, as far as time goes. */
static int64_t due_at(const struct scope_worker *worker)
{
    int64_t slack_ns = worker->options->slack_ns;
    if (!worker->paced || !slack_ns)
        return worker->next_ns;
    return later_of(worker->next_ns, scope_later(worker->woken_ns, slack_ns));
}

static bool has_room(const struct scope_worker *worker)
{
    return !TAILQ_EMPTY(&worker->roomy) &&
           worker->tally.counts.outstanding < worker->limit;
}

/* In a closed loop any time from the start on is the right one. */
static void take_arrival(struct scope_worker *worker, int64_t now_ns,
                         struct scope_exchange *exchange)
{
    exchange->number =
        worker->taken * (uint64_t)worker->options->threads + worker->index;
    exchange->sent_ns = now_ns;
    exchange->intended_ns = now_ns;
    worker->taken++;
    if (!worker->paced)
        return;
    exchange->intended_ns = worker->next_ns;
    scope_pace_take(&worker->pace);
    worker->next_ns =
        scope_later(worker->engine->start_ns, worker->pace.next_ns);
}

static void record_delay(struct scope_worker *worker,
                         const struct scope_exchange *exchange)
{
    int64_t could_ns = exchange->intended_ns;
    if (worker->room_ns > could_ns) {
        worker->tally.counts.waited++;
        could_ns = worker->room_ns;
    }
    scope_hist_record(&worker->tally.timings->delay,
                      exchange->sent_ns - could_ns, 1);
}

static void send_one(struct scope_worker *worker, int64_t now_ns)
{
    struct scope_exchange exchange;
    struct scope_slot *slot = TAILQ_FIRST(&worker->roomy);
    TAILQ_REMOVE(&worker->roomy, slot, link);
    slot->queued = false;
    take_arrival(worker, now_ns, &exchange);
    if (worker->paced)
        record_delay(worker, &exchange);
    slot->out++;
    worker->tally.counts.outstanding++;
    if (slot->out < slot->room) {
        TAILQ_INSERT_TAIL(&worker->roomy, slot, link);
        slot->queued = true;
    }
    if (slot->state == SCOPE_SLOT_IDLE) {
        slot->state = SCOPE_SLOT_OPENING;
        slot->due_ns = scope_later(now_ns, worker->options->connect_timeout_ns);
        scope_worker_check_at(worker, slot->due_ns);
    }
    worker->engine->plan.protocol->send(worker, slot, &exchange);
}

/* A slot whose room was taken back does not belong among the roomy. */
static void drop_full(struct scope_worker *worker)
{
    struct scope_slot *slot;
    while ((slot = TAILQ_FIRST(&worker->roomy)) && slot->out >= slot->room) {
        TAILQ_REMOVE(&worker->roomy, slot, link);
        slot->queued = false;
    }
}

/* Those that find no room are not to wait. */
static void drop_arrivals(struct scope_worker *worker, int64_t now_ns)
{
    struct scope_exchange ignored;
    while (due_at(worker) <= now_ns && !scope_worker_is_over(worker, now_ns)) {
        take_arrival(worker, now_ns, &ignored);
        worker->dropped++;
    }
}

int64_t scope_worker_send_due(struct scope_worker *worker, int64_t now_ns)
{
    if (due_at(worker) > now_ns)
        return now_ns;
    worker->sending = true;
    drop_full(worker);
    while (has_room(worker) && worker->next_ns <= now_ns &&
           !scope_worker_is_over(worker, now_ns)) {
        send_one(worker, now_ns);
        drop_full(worker);
        if (worker->paced || has_room(worker))
            now_ns = scope_now_ns();
    }
    /* What is due already and found no room is not to wait for the slack. */
    worker->woken_ns = worker->next_ns <= now_ns ? INT64_MIN / 2 : now_ns;
    if (worker->paced && worker->options->overflow == SCOPE_OVERFLOW_DROP)
        drop_arrivals(worker, now_ns);
    worker->sending = false;
    return now_ns;
}

/* --- time limits and the end ---------------------------------------------- */

static void check_slot(struct scope_worker *worker, struct scope_slot *slot,
                       int64_t now_ns)
{
    const struct scope_protocol *protocol = worker->engine->plan.protocol;
    switch (slot->state) {
    case SCOPE_SLOT_IDLE:
        break;
    case SCOPE_SLOT_BACKING:
        if (now_ns < slot->due_ns)
            scope_worker_check_at(worker, slot->due_ns);
        else
            scope_slot_open(worker, slot, now_ns);
        break;
    case SCOPE_SLOT_OPENING:
        if (now_ns < slot->due_ns) {
            scope_worker_check_at(worker, slot->due_ns);
            break;
        }
        slot->due_ns = scope_later(now_ns, worker->options->connect_timeout_ns);
        scope_worker_check_at(worker, slot->due_ns);
        protocol->open_timeout(worker, slot, now_ns);
        break;
    case SCOPE_SLOT_OPEN:
        if (slot->out)
            protocol->check(worker, slot, now_ns);
        break;
    }
}

static void check_slots(struct scope_worker *worker, int64_t now_ns)
{
    worker->check_ns = scope_later(now_ns, worker->period_ns);
    for (size_t i = 0; i < worker->count; i++)
        check_slot(worker, scope_worker_slot(worker, i), now_ns);
    /* Ten thousand connections that all want another time must not be looked
     * through ten thousand times. */
    worker->check_ns = later_of(worker->check_ns, now_ns + SCOPE_NS_PER_MS);
}

/* The load is over: nothing is out any more, or was waited for long enough. */
static void drain(struct scope_worker *worker, int64_t now_ns)
{
    struct scope_engine *engine = worker->engine;
    struct scope_counts *counts = &worker->tally.counts;
    if (counts->outstanding &&
        now_ns < scope_later(scope_engine_end(engine), DRAIN_NS))
        return;
    counts->cut = counts->outstanding;
    counts->outstanding = 0;
    worker->drained = true;
    worker->check_ns = INT64_MAX;
    /* First of all, as the load ends now: closing thousands takes its time. */
    pthread_mutex_lock(&engine->lock);
    engine->drained++;
    pthread_cond_signal(&engine->changed);
    pthread_mutex_unlock(&engine->lock);
    for (size_t i = 0; i < worker->count; i++)
        scope_slot_close(worker, scope_worker_slot(worker, i));
}

static int64_t next_deadline(const struct scope_worker *worker, int64_t now_ns)
{
    if (worker->drained)
        return INT64_MAX;
    int64_t end_ns = scope_engine_end(worker->engine);
    if (scope_worker_is_over(worker, now_ns))
        return earlier_of(worker->check_ns, scope_later(end_ns, DRAIN_NS));
    int64_t deadline_ns =
        now_ns < end_ns ? end_ns : scope_later(end_ns, SCOPE_GRACE_NS);
    if (has_room(worker) ||
        (worker->paced && worker->options->overflow == SCOPE_OVERFLOW_DROP))
        deadline_ns = earlier_of(deadline_ns, due_at(worker));
    return earlier_of(deadline_ns, worker->check_ns);
}

static uint64_t capacity_of(struct scope_worker *worker)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < worker->count; i++) {
        const struct scope_slot *slot = scope_worker_slot(worker, i);
        if (slot->state == SCOPE_SLOT_OPEN)
            sum += slot->room;
    }
    return sum < worker->limit ? sum : worker->limit;
}

/* Brings the counts up to now that are not kept by counting. */
static void settle(struct scope_worker *worker, int64_t now_ns)
{
    struct scope_counts *counts = &worker->tally.counts;
    if (worker->paced) {
        int64_t until_ns =
            earlier_of(now_ns, scope_engine_end(worker->engine)) -
            worker->engine->start_ns;
        uint64_t intended = scope_pace_before(&worker->pace, until_ns);
        if (intended < worker->taken)
            intended = worker->taken;
        counts->intended = intended < worker->quota ? intended : worker->quota;
        counts->unsent = worker->dropped;
        if (scope_worker_is_over(worker, now_ns))
            counts->unsent += counts->intended - worker->taken;
    }
    counts->capacity = capacity_of(worker);
    struct timespec cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    counts->cpu_ns = cpu.tv_sec * INT64_C(1000000000) + cpu.tv_nsec;
    counts->time_ns = now_ns;
}

/* --- the thread ----------------------------------------------------------- */

static void handle(struct scope_worker *worker, int events)
{
    const struct scope_protocol *protocol = worker->engine->plan.protocol;
    for (int i = 0; i < events; i++) {
        struct scope_slot *slot = worker->loop.events[i].data.ptr;
        if (slot && (slot->state == SCOPE_SLOT_OPENING ||
                     slot->state == SCOPE_SLOT_OPEN))
            protocol->event(worker, slot, worker->loop.events[i].events);
    }
}

static void flush(struct scope_worker *worker)
{
    if (worker->engine->plan.protocol->flush)
        worker->engine->plan.protocol->flush(worker);
}

static void prepare(struct scope_worker *worker)
{
    if (worker->cpu >= 0) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET((size_t)worker->cpu, &only);
        sched_setaffinity(0, sizeof only, &only);
    }
    scope_loop_sharpen();
    int64_t start_ns = worker->engine->start_ns;
    worker->next_ns =
        worker->paced ? scope_later(start_ns, worker->pace.next_ns) : start_ns;
    int64_t now_ns = scope_now_ns();
    worker->check_ns = scope_later(now_ns, worker->period_ns);
    worker->room_ns = INT64_MIN;
    worker->woken_ns = start_ns - worker->options->slack_ns;
    for (size_t i = 0; i < worker->count; i++)
        scope_slot_open(worker, scope_worker_slot(worker, i), now_ns);
}

void *scope_worker_run(void *closure)
{
    struct scope_worker *worker = closure;
    prepare(worker);
    for (;;) {
        int64_t now_ns = scope_worker_send_due(worker, scope_now_ns());
        if (now_ns >= worker->check_ns)
            check_slots(worker, now_ns);
        flush(worker);
        if (!worker->drained && scope_worker_is_over(worker, now_ns))
            drain(worker, now_ns);
        if (worker->drained && atomic_load(&worker->engine->leave))
            break;
        if (scope_tally_wanted(&worker->tally)) {
            settle(worker, now_ns);
            scope_tally_give(&worker->tally);
        }
        now_ns = scope_now_ns();
        handle(worker, scope_loop_wait(&worker->loop, now_ns,
                                       next_deadline(worker, now_ns)));
    }
    settle(worker, scope_now_ns());
    return NULL;
}

static uint64_t share_of(int64_t whole, const struct scope_worker *worker)
{
    if (!whole)
        return UINT64_MAX;
    uint64_t threads = (uint64_t)worker->options->threads;
    return (uint64_t)whole / threads +
           (worker->index < (uint64_t)whole % threads);
}

void scope_worker_pace(struct scope_worker *worker)
{
    const struct scope_load_options *options = worker->options;
    const struct scope_engine_plan *plan = &worker->engine->plan;
    if (!worker->paced)
        return;
    scope_pace_open(
        &worker->pace,
        &(struct scope_pace_plan){
            .arrivals = plan->timetable
                            ? SCOPE_ARRIVALS_TIMETABLE
                            : (enum scope_arrivals)options->arrivals,
            .rate = options->rate,
            .burst = (uint64_t)options->burst,
            .ramp_from = options->ramp_from,
            .ramp_ns = options->ramp_ns,
            .timetable = plan->timetable,
            .seed = (uint64_t)options->seed,
            .thread = worker->index,
            .threads = (uint64_t)options->threads,
        });
}

enum scope_code scope_worker_open(struct scope_worker *worker,
                                  struct scope_engine *engine, unsigned index,
                                  size_t slots, struct scope_err *err)
{
    const struct scope_protocol *protocol = engine->plan.protocol;
    const struct scope_load_options *options = &engine->options;
    *worker = (struct scope_worker){
        .engine = engine,
        .closure = engine->plan.closure,
        .options = options,
        .index = index,
        .cpu = -1,
        .paced = options->rate > 0 || engine->plan.timetable,
        .period_ns = CHECK_NS,
        .count = slots,
        .slot_size = protocol->slot_size,
    };
    worker->quota = share_of(options->requests, worker);
    worker->limit = share_of(options->outstanding, worker);
    if (options->timeout_ns)
        worker->period_ns = later_of(
            earlier_of(options->timeout_ns / 8, CHECK_NS), SCOPE_NS_PER_MS);
    TAILQ_INIT(&worker->roomy);
    scope_tally_init(&worker->tally, engine->ledger.kind_count, worker->paced);
    worker->own = scope_alloc(1, protocol->worker_size + 1);
    worker->slots = scope_alloc(slots, protocol->slot_size);
    for (size_t i = 0; i < slots; i++) {
        struct scope_slot *slot = scope_worker_slot(worker, i);
        slot->index = (unsigned)i;
        slot->room = engine->plan.streams;
    }
    enum scope_code code = scope_loop_open(&worker->loop, err);
    return code == SCOPE_OK && protocol->worker_open
               ? protocol->worker_open(worker, err)
               : code;
}

void scope_worker_close(struct scope_worker *worker)
{
    const struct scope_protocol *protocol = worker->engine->plan.protocol;
    for (size_t i = 0; i < worker->count; i++)
        scope_slot_close(worker, scope_worker_slot(worker, i));
    if (protocol->worker_close)
        protocol->worker_close(worker);
    scope_loop_close(&worker->loop);
    scope_tally_free(&worker->tally);
    free(worker->slots);
    free(worker->own);
}
