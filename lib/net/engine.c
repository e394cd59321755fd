/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole load: its threads, from open to close. */
#include "lib/net/engine_load.h"

#include "lib/net/files.h"
#include "lib/net/pin.h"

#include <errno.h>
#include <time.h>

const char *const scope_overflow_words[] = {
    [SCOPE_OVERFLOW_WAIT] = "wait",
    [SCOPE_OVERFLOW_DROP] = "drop",
    NULL,
};

void scope_engine_close(void *self)
{
    struct scope_engine *engine = self;
    for (size_t i = 0; i < engine->count; i++)
        scope_worker_close(&engine->workers[i]);
    free(engine->workers);
    scope_ledger_free(&engine->ledger);
    pthread_cond_destroy(&engine->changed);
    pthread_mutex_destroy(&engine->lock);
    if (engine->plan.protocol->close)
        engine->plan.protocol->close(engine->plan.closure);
    free(engine);
}

static void init_locks(struct scope_engine *engine)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&engine->lock, NULL);
    pthread_cond_init(&engine->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static enum scope_code check(const struct scope_engine *engine,
                             struct scope_err *err)
{
    const struct scope_load_options *options = &engine->options;
    if (engine->plan.timetable && options->rate > 0)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "rate: the requests come at recorded times");
    if (options->rate <= 0 && options->arrivals != SCOPE_ARRIVALS_CONSTANT) {
        scope_fail(err, SCOPE_USAGE, 0, "arrivals=%s needs a rate",
                   scope_arrivals_words[options->arrivals]);
        return scope_hint(err, "give rate=1000, say");
    }
    if (options->outstanding && options->outstanding < options->threads) {
        scope_fail(err, SCOPE_USAGE, 0,
                   "max-outstanding=%jd is less than the %jd threads",
                   (intmax_t)options->outstanding, (intmax_t)options->threads);
        return scope_hint(err, "each thread must be able to have one out");
    }
    return SCOPE_OK;
}

static enum scope_code open_workers(struct scope_engine *engine,
                                    struct scope_err *err)
{
    struct scope_pins pins;
    const struct scope_load_options *options = &engine->options;
    enum scope_code code = scope_pins_parse(&pins, &options->cpus, err);
    if (code != SCOPE_OK)
        return code;
    size_t threads = (size_t)options->threads;
    size_t connections = (size_t)options->connections;
    engine->workers = scope_alloc(threads, sizeof *engine->workers);
    while (engine->count < threads) {
        size_t i = engine->count++;
        struct scope_worker *worker = &engine->workers[i];
        size_t share = connections / threads + (i < connections % threads);
        code = scope_worker_open(worker, engine, (unsigned)i, share, err);
        if (code != SCOPE_OK)
            return code;
        worker->cpu = scope_pins_cpu(&pins, i);
        engine->ledger.tallies[i] = &worker->tally;
    }
    return SCOPE_OK;
}

enum scope_code scope_engine_open(const struct scope_engine_plan *plan,
                                  void **self, struct scope_err *err)
{
    struct scope_engine *engine = scope_alloc(1, sizeof *engine);
    engine->plan = *plan;
    engine->options = *plan->options;
    engine->plan.options = &engine->options;
    if (!plan->streams)
        engine->plan.streams = 1;
    engine->end_ns = INT64_MAX;
    /* A thread without a connection could not send its part. */
    if (engine->options.threads > engine->options.connections)
        engine->options.threads = engine->options.connections;
    /* When the recording has ended, so has the load. */
    int64_t *requests = &engine->options.requests;
    if (plan->timetable &&
        (!*requests || (uint64_t)*requests > plan->timetable->count))
        *requests = (int64_t)plan->timetable->count;
    init_locks(engine);
    bool open = engine->options.rate > 0 || plan->timetable;
    scope_ledger_init(&engine->ledger,
                      &(struct scope_ledger_plan){
                          .threads = (size_t)engine->options.threads,
                          .open = open,
                          .kinds = plan->protocol->kinds,
                          .statuses = plan->protocol->statuses,
                          .parts = plan->protocol->parts,
                          .own = plan->own,
                      });
    enum scope_code code = check(engine, err);
    if (code == SCOPE_OK)
        code = scope_files_reserve((uint64_t)engine->options.connections, err);
    if (code == SCOPE_OK)
        code = open_workers(engine, err);
    if (code == SCOPE_OK)
        *self = engine;
    else
        scope_engine_close(engine);
    return code;
}

void scope_engine_stop(void *self)
{
    struct scope_engine *engine = self;
    int64_t now_ns = scope_now_ns();
    if (now_ns < engine->end_ns)
        engine->end_ns = now_ns;
    engine->leave = true;
    for (size_t i = 0; i < engine->running; i++)
        scope_loop_wake(&engine->workers[i].loop);
    for (size_t i = 0; i < engine->running; i++)
        pthread_join(engine->workers[i].thread, NULL);
    engine->running = 0;
}

/* The arrivals can be known only when the length of the load is. */
static enum scope_code open_paces(struct scope_engine *engine,
                                  int64_t duration_ns, struct scope_err *err)
{
    struct scope_load_options *options = &engine->options;
    if (options->arrivals == SCOPE_ARRIVALS_RAMP && !options->ramp_ns) {
        if (!duration_ns)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "arrivals=ramp needs ramp-time, or a duration");
        options->ramp_ns = duration_ns;
    }
    for (size_t i = 0; i < engine->count; i++)
        scope_worker_pace(&engine->workers[i]);
    return SCOPE_OK;
}

enum scope_code scope_engine_start(void *self, int64_t start_ns,
                                   int64_t duration_ns, struct scope_err *err)
{
    struct scope_engine *engine = self;
    enum scope_code code = open_paces(engine, duration_ns, err);
    if (code != SCOPE_OK)
        return code;
    engine->start_ns = start_ns;
    engine->end_ns = duration_ns ? start_ns + duration_ns : INT64_MAX;
    for (size_t i = 0; i < engine->count; i++) {
        struct scope_worker *worker = &engine->workers[i];
        int error =
            pthread_create(&worker->thread, NULL, scope_worker_run, worker);
        if (error) {
            scope_engine_stop(engine);
            return scope_fail(err, SCOPE_FAILED, error, "start thread %zu", i);
        }
        engine->running++;
    }
    return SCOPE_OK;
}

enum scope_code scope_engine_wait(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err)
{
    (void)err;
    struct scope_engine *engine = self;
    const struct timespec until = {
        .tv_sec = until_ns / 1000000000,
        .tv_nsec = until_ns % 1000000000,
    };
    pthread_mutex_lock(&engine->lock);
    while (engine->drained < engine->count &&
           pthread_cond_timedwait(&engine->changed, &engine->lock, &until) !=
               ETIMEDOUT)
        ;
    *done = engine->drained == engine->count;
    pthread_mutex_unlock(&engine->lock);
    return SCOPE_OK;
}

/* The rate that is meant now: what rises is given as it is, a recording by its
 * mean. */
static double present_rate(const struct scope_engine *engine)
{
    const struct scope_load_options *options = &engine->options;
    const struct scope_timetable *table = engine->plan.timetable;
    if (table) {
        int64_t span_ns = table->times_ns[table->count - 1];
        return span_ns ? (double)table->count * 1e9 / (double)span_ns : 0;
    }
    int64_t passed_ns = scope_now_ns() - engine->start_ns;
    if (options->arrivals != SCOPE_ARRIVALS_RAMP ||
        passed_ns >= options->ramp_ns)
        return options->rate;
    double share =
        passed_ns > 0 ? (double)passed_ns / (double)options->ramp_ns : 0;
    return options->ramp_from + share * (options->rate - options->ramp_from);
}

enum scope_code scope_engine_sample(void *self, struct scope_sink *sink,
                                    struct scope_err *err)
{
    (void)err;
    struct scope_engine *engine = self;
    for (size_t i = 0; i < engine->running; i++) {
        scope_tally_ask(&engine->workers[i].tally);
        scope_loop_wake(&engine->workers[i].loop);
    }
    for (size_t i = 0; i < engine->count; i++) {
        if (i < engine->running)
            scope_tally_wait(&engine->workers[i].tally);
        else
            scope_tally_take(&engine->workers[i].tally);
    }
    engine->ledger.rate = present_rate(engine);
    scope_ledger_emit(&engine->ledger, sink);
    return SCOPE_OK;
}
