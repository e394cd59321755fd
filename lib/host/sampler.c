/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sampler's threads: see the header for what they promise. */
#include "lib/host/sampler.h"

#include "lib/base/clock.h"
#include "lib/host/queue.h"
#include "lib/host/sink.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* Room for the frames of a collector while the store is busy: at 10 sweeps a
 * second of 4000 values, 13 seconds. Untouched pages cost nothing. */
#define QUEUE_SIZE (4U << 20)

enum phase {
    PHASE_IDLE = 0,
    PHASE_PREPARING,
    PHASE_READY, /* attached, waiting for the start */
    PHASE_FAILED,
};

struct change {
    const struct scope_target *target;
    bool found;
};

struct collector {
    const struct scope_loaded *loaded;
    const void *config;
    void *self;
    unsigned source;
    int64_t interval_ns;
    struct scope_host host;
    struct scope_queue *queue;
    struct scope_sink *sink;
    struct scope_player player;
    pthread_t thread;
    bool running;

    /* Under the lock: what other threads hand over or ask for. */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    enum phase phase;
    struct scope_err err; /* when the phase is FAILED */
    int64_t start_ns;     /* 0: not yet */
    int64_t end_ns;       /* INT64_MAX: until further notice */
    struct change *changes;
    size_t change_count, change_room;
    struct scope_sampler_report report;

    /* The thread's own. */
    struct change *todo;
    size_t todo_room;
    const struct scope_target **attached;
    size_t attached_count, attached_room;
    uint64_t failures; /* sample errors, the first is an event */
};

struct scope_sampler {
    struct collector **collectors;
    size_t count, room;
};

struct scope_sampler *scope_sampler_new(void)
{
    return scope_alloc(1, sizeof(struct scope_sampler));
}

/* 3 digits from 1 us to an hour. */
static void init_lateness(struct scope_hist *hist)
{
    enum scope_code code =
        scope_hist_init(hist, NS_PER_US, 3600 * NS_PER_S, 3, NULL);
    if (code != SCOPE_OK)
        *hist = (struct scope_hist){0};
}

static bool put(void *closure, const void *frame, size_t size)
{
    return scope_queue_put(closure, frame, size);
}

enum scope_code scope_sampler_add(struct scope_sampler *sampler,
                                  const struct scope_loaded *loaded,
                                  const void *config, unsigned source,
                                  int64_t interval_ns, struct scope_err *err)
{
    struct collector *collector = scope_alloc(1, sizeof *collector);
    collector->loaded = loaded;
    collector->config = config;
    collector->source = source;
    collector->interval_ns = interval_ns;
    collector->end_ns = INT64_MAX;
    collector->player.source = source;
    scope_host_init(&collector->host, loaded->plugin->metrics, interval_ns);
    enum scope_code code =
        loaded->collector.open(config, &collector->host, &collector->self, err);
    if (code != SCOPE_OK) {
        scope_host_free(&collector->host);
        free(collector);
        return code;
    }
    collector->queue = scope_queue_new(QUEUE_SIZE);
    collector->sink = scope_sink_new(
        source, &collector->host,
        (struct scope_outlet){.closure = collector->queue, .put = put});
    if (loaded->collector.from_zero)
        scope_sink_from_zero(collector->sink);
    pthread_mutex_init(&collector->lock, NULL);
    pthread_cond_init(&collector->wake, NULL);
    init_lateness(&collector->report.lateness);
    sampler->collectors = scope_grow(sampler->collectors, &sampler->room,
                                     sampler->count, sizeof(void *));
    sampler->collectors[sampler->count++] = collector;
    return SCOPE_OK;
}

static void tell(struct scope_sampler *sampler,
                 const struct scope_target *target, bool found)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        if (!(collector->loaded->collector.targets & 1U << target->kind))
            continue;
        pthread_mutex_lock(&collector->lock);
        collector->changes =
            scope_grow(collector->changes, &collector->change_room,
                       collector->change_count, sizeof *collector->changes);
        collector->changes[collector->change_count++] =
            (struct change){.target = target, .found = found};
        pthread_mutex_unlock(&collector->lock);
    }
}

void scope_sampler_found(struct scope_sampler *sampler,
                         const struct scope_target *target)
{
    tell(sampler, target, true);
}

void scope_sampler_gone(struct scope_sampler *sampler,
                        const struct scope_target *target)
{
    tell(sampler, target, false);
}

static void attach(struct collector *collector,
                   const struct scope_target *target)
{
    struct scope_err err = {0};
    enum scope_code code = collector->loaded->collector.attach(
        collector->self, target, collector->sink, &err);
    if (code == SCOPE_OK) {
        collector->attached =
            scope_grow(collector->attached, &collector->attached_room,
                       collector->attached_count, sizeof *collector->attached);
        collector->attached[collector->attached_count++] = target;
    } else if (code != SCOPE_NOT_FOUND) {
        scope_event(collector->sink, SCOPE_EVENT_WARNING, target, 1,
                    "%s does not measure %s: %s",
                    collector->loaded->plugin->name, target->name, err.text);
    }
}

static void detach(struct collector *collector,
                   const struct scope_target *target)
{
    for (size_t i = 0; i < collector->attached_count; i++)
        if (collector->attached[i] == target) {
            collector->loaded->collector.detach(collector->self, target);
            collector->attached[i] =
                collector->attached[--collector->attached_count];
            return;
        }
}

/* Attaches and detaches what other threads announced. */
static void apply_changes(struct collector *collector)
{
    pthread_mutex_lock(&collector->lock);
    size_t count = collector->change_count;
    if (count) {
        /* Swapped, so that plugins are called without the lock. */
        struct change *changes = collector->changes;
        size_t room = collector->change_room;
        collector->changes = collector->todo;
        collector->change_room = collector->todo_room;
        collector->todo = changes;
        collector->todo_room = room;
        collector->change_count = 0;
    }
    pthread_mutex_unlock(&collector->lock);
    for (size_t i = 0; i < count; i++)
        if (collector->todo[i].found)
            attach(collector, collector->todo[i].target);
        else
            detach(collector, collector->todo[i].target);
}

static void take_sweep(struct collector *collector, int64_t now_ns)
{
    struct scope_err err = {0};
    scope_sink_begin(collector->sink, now_ns);
    apply_changes(collector);
    enum scope_code code = collector->loaded->collector.sample(
        collector->self, collector->sink, &err);
    if (code != SCOPE_OK && collector->failures++ == 0)
        scope_event(collector->sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "%s could not sample everything: %s",
                    collector->loaded->plugin->name, err.text);
    scope_sink_end(collector->sink);
}

/* Notes a sweep that began late_ns after its deadline. */
static void account(struct collector *collector, int64_t late_ns,
                    uint64_t missed)
{
    struct scope_sink_totals totals = scope_sink_totals(collector->sink);
    pthread_mutex_lock(&collector->lock);
    struct scope_sampler_report *report = &collector->report;
    scope_hist_record(&report->lateness, late_ns, 1);
    report->sweeps++;
    report->missed += missed;
    report->failed = collector->failures;
    report->lost = totals.lost;
    report->misused = totals.misused;
    report->cpu_ns = (uint64_t)scope_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    pthread_mutex_unlock(&collector->lock);
}

/* Sleeps until the deadline; false when the end lies before it. */
static bool wait_until(struct collector *collector, int64_t deadline_ns)
{
    struct timespec deadline = scope_timespec(deadline_ns);
    bool go_on = true;
    pthread_mutex_lock(&collector->lock);
    while (go_on && scope_now_ns() < deadline_ns) {
        if (deadline_ns > collector->end_ns)
            go_on = false;
        else
            pthread_cond_clockwait(&collector->wake, &collector->lock,
                                   CLOCK_MONOTONIC, &deadline);
    }
    if (deadline_ns > collector->end_ns)
        go_on = false;
    pthread_mutex_unlock(&collector->lock);
    return go_on;
}

/* Says that the collector is ready, or that it failed, and waits for the
 * start: 0 when there will be none. */
static int64_t await_start(struct collector *collector, enum phase phase)
{
    pthread_mutex_lock(&collector->lock);
    collector->phase = phase;
    pthread_cond_broadcast(&collector->wake);
    while (phase == PHASE_READY && !collector->start_ns &&
           collector->end_ns == INT64_MAX)
        pthread_cond_wait(&collector->wake, &collector->lock);
    int64_t start_ns = phase == PHASE_READY ? collector->start_ns : 0;
    pthread_mutex_unlock(&collector->lock);
    return start_ns;
}

/* What was counted between the last tick and an end that is none. */
static void take_last(struct collector *collector, int64_t last_ns)
{
    pthread_mutex_lock(&collector->lock);
    bool between = collector->end_ns > last_ns;
    pthread_mutex_unlock(&collector->lock);
    if (!between || !collector->loaded->collector.last_sweep)
        return;
    take_sweep(collector, scope_now_ns());
    account(collector, 0, 0);
}

static void sweep_on(struct collector *collector, int64_t deadline_ns)
{
    int64_t now_ns = 0;
    while (wait_until(collector, deadline_ns)) {
        now_ns = scope_now_ns();
        int64_t late_ns = now_ns - deadline_ns;
        int64_t missed = late_ns / collector->interval_ns;
        take_sweep(collector, now_ns);
        account(collector, late_ns, (uint64_t)missed);
        deadline_ns += (missed + 1) * collector->interval_ns;
    }
    if (now_ns)
        take_last(collector, now_ns);
}

static void *run(void *closure)
{
    struct collector *collector = closure;
    char name[16];
    snprintf(name, sizeof name, "c:%s", collector->loaded->plugin->name);
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_TIMERSLACK, 1UL);
    apply_changes(collector);
    enum scope_code code =
        collector->loaded->collector.start(collector->self, &collector->err);
    int64_t start_ns =
        await_start(collector, code == SCOPE_OK ? PHASE_READY : PHASE_FAILED);
    if (start_ns)
        sweep_on(collector, start_ns);
    while (collector->attached_count)
        detach(collector, collector->attached[collector->attached_count - 1]);
    if (code == SCOPE_OK)
        collector->loaded->collector.stop(collector->self);
    return NULL;
}

enum scope_code scope_sampler_prepare(struct scope_sampler *sampler,
                                      unsigned *source, struct scope_err *err)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        collector->phase = PHASE_PREPARING;
        int sys = pthread_create(&collector->thread, NULL, run, collector);
        if (sys) {
            *source = collector->source;
            scope_sampler_stop(sampler, 0);
            return scope_fail(err, SCOPE_FAILED, sys, "start a thread for %s",
                              collector->loaded->plugin->name);
        }
        collector->running = true;
    }
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        pthread_mutex_lock(&collector->lock);
        while (collector->phase == PHASE_PREPARING)
            pthread_cond_wait(&collector->wake, &collector->lock);
        bool failed = collector->phase == PHASE_FAILED;
        pthread_mutex_unlock(&collector->lock);
        if (failed) {
            *source = collector->source;
            scope_sampler_stop(sampler, 0);
            *err = collector->err;
            return scope_prefix(err, "%s", collector->loaded->plugin->name);
        }
    }
    return SCOPE_OK;
}

void scope_sampler_start(struct scope_sampler *sampler, int64_t start_ns)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        pthread_mutex_lock(&collector->lock);
        collector->start_ns = start_ns;
        pthread_cond_broadcast(&collector->wake);
        pthread_mutex_unlock(&collector->lock);
    }
}

void scope_sampler_stop(struct scope_sampler *sampler, int64_t end_ns)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        pthread_mutex_lock(&collector->lock);
        collector->end_ns = end_ns;
        pthread_cond_broadcast(&collector->wake);
        pthread_mutex_unlock(&collector->lock);
    }
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        if (collector->running)
            pthread_join(collector->thread, NULL);
        collector->running = false;
    }
}

enum scope_code scope_sampler_drain(struct scope_sampler *sampler,
                                    const struct scope_recorder *recorder,
                                    struct scope_err *err)
{
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        const struct scope_frame *frame;
        while ((frame = scope_queue_peek(collector->queue))) {
            enum scope_code code =
                scope_frame_play(&collector->player, frame, recorder, err);
            scope_queue_take(collector->queue);
            if (code != SCOPE_OK)
                return code;
        }
    }
    return SCOPE_OK;
}

size_t scope_sampler_count(const struct scope_sampler *sampler)
{
    return sampler->count;
}

void scope_sampler_report(struct scope_sampler *sampler, size_t index,
                          struct scope_sampler_report *report)
{
    struct collector *collector = sampler->collectors[index];
    struct scope_hist fresh;
    init_lateness(&fresh);
    pthread_mutex_lock(&collector->lock);
    *report = collector->report;
    collector->report.lateness = fresh;
    pthread_mutex_unlock(&collector->lock);
    report->source = collector->source;
    report->name = collector->loaded->plugin->name;
}

void scope_sampler_free(struct scope_sampler *sampler)
{
    if (!sampler)
        return;
    scope_sampler_stop(sampler, 0);
    for (size_t i = 0; i < sampler->count; i++) {
        struct collector *collector = sampler->collectors[i];
        collector->loaded->collector.close(collector->self);
        scope_sink_free(collector->sink);
        scope_queue_free(collector->queue);
        scope_player_free(&collector->player);
        scope_host_free(&collector->host);
        scope_hist_free(&collector->report.lateness);
        pthread_cond_destroy(&collector->wake);
        pthread_mutex_destroy(&collector->lock);
        free(collector->changes);
        free(collector->todo);
        free(collector->attached);
        free(collector);
    }
    free(sampler->collectors);
    free(sampler);
}
