/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be done when: requests by the schedule, time limits, samples. */
#include "drivers/http/worker.h"

#include <sched.h>
#include <time.h>

/* How often connections are looked through at least, and how long answers are
 * waited for at the end. */
#define CHECK_NS INT64_C(250000000)
#define DRAIN_NS INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

static int64_t later(int64_t time_ns, int64_t by_ns)
{
    int64_t sum;
    return __builtin_add_overflow(time_ns, by_ns, &sum) ? INT64_MAX : sum;
}

static int64_t earlier_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t load_end(const struct worker *worker)
{
    return atomic_load_explicit(&worker->load->end_ns, memory_order_relaxed);
}

/* A connection is free, and a request's time has come. */
static bool is_due(const struct worker *worker, int64_t now_ns)
{
    return !TAILQ_EMPTY(&worker->free) && worker->next_ns <= now_ns &&
           !worker_is_over(worker, now_ns);
}

/* In a closed loop any time from the start on is the right one. */
static int64_t take_arrival(struct worker *worker, int64_t now_ns)
{
    if (!worker->open)
        return now_ns;
    int64_t intended_ns = worker->next_ns;
    worker->taken++;
    worker->next_ns = later(worker->load->start_ns,
                            scope_pace_at(&worker->pace, worker->taken));
    return intended_ns;
}

/* Sends what is due, and reads the time anew for each; returns the last. */
static int64_t send_due(struct worker *worker, int64_t now_ns)
{
    while (is_due(worker, now_ns)) {
        struct connection *connection = TAILQ_FIRST(&worker->free);
        TAILQ_REMOVE(&worker->free, connection, link);
        int64_t intended_ns = take_arrival(worker, now_ns);
        int64_t could_ns = connection->free_ns > intended_ns
                               ? connection->free_ns
                               : intended_ns;
        if (worker->open)
            scope_hist_record(&worker->tally.timings->delay, now_ns - could_ns,
                              1);
        connection_send(worker, connection, intended_ns, now_ns);
        now_ns = scope_now_ns();
    }
    return now_ns;
}

void worker_free(struct worker *worker, struct connection *connection,
                 int64_t now_ns)
{
    connection->state = FREE;
    connection->free_ns = now_ns;
    if (!worker->open && now_ns >= worker->next_ns &&
        !worker_is_over(worker, now_ns)) {
        connection_send(worker, connection, now_ns, now_ns);
        return;
    }
    TAILQ_INSERT_TAIL(&worker->free, connection, link);
    if (worker->open)
        send_due(worker, now_ns);
}

static void check_connections(struct worker *worker, int64_t now_ns)
{
    worker->check_ns = later(now_ns, worker->period_ns);
    for (size_t i = 0; i < worker->count; i++)
        connection_check(worker, &worker->connections[i], now_ns);
    /* Ten thousand connections that all want another time must not be looked
     * through ten thousand times. */
    if (worker->check_ns < now_ns + NS_PER_MS)
        worker->check_ns = now_ns + NS_PER_MS;
}

/* The load is over: nothing is out any more, or was waited for long enough. */
static void drain(struct worker *worker, int64_t now_ns)
{
    struct scope_counts *counts = &worker->tally.counts;
    if (counts->outstanding && now_ns < load_end(worker) + DRAIN_NS)
        return;
    counts->cut = counts->outstanding;
    counts->outstanding = 0;
    for (size_t i = 0; i < worker->count; i++)
        connection_close(worker, &worker->connections[i]);
    worker->drained = true;
    worker->check_ns = INT64_MAX;
    struct load *load = worker->load;
    pthread_mutex_lock(&load->lock);
    load->drained++;
    pthread_cond_signal(&load->changed);
    pthread_mutex_unlock(&load->lock);
}

static int64_t next_deadline(const struct worker *worker, int64_t now_ns)
{
    if (worker->drained)
        return INT64_MAX;
    int64_t end_ns = load_end(worker);
    if (worker_is_over(worker, now_ns))
        return earlier_of(worker->check_ns, later(end_ns, DRAIN_NS));
    int64_t deadline_ns = now_ns < end_ns ? end_ns : end_ns + GRACE_NS;
    if (!TAILQ_EMPTY(&worker->free))
        deadline_ns = earlier_of(deadline_ns, worker->next_ns);
    return earlier_of(deadline_ns, worker->check_ns);
}

/* Brings the counts up to now that are not kept by counting. */
static void settle(struct worker *worker, int64_t now_ns)
{
    struct scope_counts *counts = &worker->tally.counts;
    int64_t end_ns = load_end(worker);
    if (worker->open) {
        int64_t until_ns = earlier_of(now_ns, end_ns) - worker->load->start_ns;
        counts->intended = scope_pace_before(&worker->pace, until_ns);
        if (counts->intended < worker->taken)
            counts->intended = worker->taken;
        if (worker_is_over(worker, now_ns))
            counts->unsent = counts->intended - worker->taken;
    }
    struct timespec cpu;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu);
    counts->cpu_ns = cpu.tv_sec * INT64_C(1000000000) + cpu.tv_nsec;
    counts->time_ns = now_ns;
}

static void handle(struct worker *worker, int events)
{
    for (int i = 0; i < events; i++) {
        struct connection *connection = worker->loop.events[i].data.ptr;
        if (connection && connection->fd >= 0)
            connection_event(worker, connection, worker->loop.events[i].events);
    }
}

static void prepare(struct worker *worker)
{
    if (worker->cpu >= 0) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET((size_t)worker->cpu, &only);
        sched_setaffinity(0, sizeof only, &only);
    }
    scope_loop_sharpen();
    worker->next_ns = worker->load->start_ns;
    if (worker->open)
        worker->next_ns =
            later(worker->load->start_ns, scope_pace_at(&worker->pace, 0));
    int64_t now_ns = scope_now_ns();
    worker->check_ns = later(now_ns, worker->period_ns);
    for (size_t i = 0; i < worker->count; i++)
        connection_open(worker, &worker->connections[i], now_ns);
}

void *worker_run(void *closure)
{
    struct worker *worker = closure;
    prepare(worker);
    for (;;) {
        int64_t now_ns = send_due(worker, scope_now_ns());
        if (now_ns >= worker->check_ns)
            check_connections(worker, now_ns);
        if (!worker->drained && worker_is_over(worker, now_ns))
            drain(worker, now_ns);
        if (worker->drained && atomic_load(&worker->load->leave))
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

enum scope_code worker_open(struct worker *worker, struct load *load,
                            size_t index, size_t connections,
                            struct scope_err *err)
{
    const struct options *options = load->options;
    *worker = (struct worker){
        .load = load,
        .cpu = -1,
        .open = options->rate > 0,
        .period_ns = CHECK_NS,
        .count = connections,
        .read_size = RECEIVE_SIZE,
        .memo = {.no_body = load->request->no_body},
    };
    if (worker->open)
        scope_pace_constant(&worker->pace, options->rate, index,
                            (uint64_t)options->threads);
    if (options->timeout_ns && options->timeout_ns / 8 < CHECK_NS)
        worker->period_ns = options->timeout_ns / 8;
    if (worker->period_ns < NS_PER_MS)
        worker->period_ns = NS_PER_MS;
    TAILQ_INIT(&worker->free);
    scope_tally_init(&worker->tally);
    worker->connections = scope_alloc(connections, sizeof *worker->connections);
    for (size_t i = 0; i < connections; i++)
        worker->connections[i].fd = -1;
    worker->buffer = scope_alloc(RECEIVE_SIZE, 1);
    return scope_loop_open(&worker->loop, err);
}

void worker_close(struct worker *worker)
{
    for (size_t i = 0; i < worker->count; i++) {
        connection_close(worker, &worker->connections[i]);
        scope_http1_free(&worker->connections[i].answer);
    }
    scope_loop_close(&worker->loop);
    scope_tally_free(&worker->tally);
    free(worker->connections);
    free(worker->buffer);
}
