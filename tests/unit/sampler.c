/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sampler and the driver's process, with plugins made here. */
#include "tests/unit/unit.h"

#include "lib/base/clock.h"
#include "lib/host/driver_process.h"
#include "lib/host/sampler.h"

#include <errno.h>
#include <scope/load.h>
#include <signal.h>
#include <unistd.h>

/* --- a collector that counts its calls and is slow when told to ----------- */

struct script {
    int64_t slow_ns; /* the third sweep takes this long */
    bool fail_start;
    unsigned attached, detached, sampled, closed;
};

static const struct scope_metric count_metric[] = {
    {"n", SCOPE_COUNTER, SCOPE_U64, SCOPE_UNIT_COUNT, NULL, "calls"},
    SCOPE_METRIC_END,
};

static enum scope_code opened(const void *config, struct scope_host *host,
                              void **self, struct scope_err *err)
{
    (void)host;
    (void)err;
    *self = (void *)(uintptr_t)config;
    return SCOPE_OK;
}

static enum scope_code probed(const void *config, struct scope_err *err)
{
    (void)config;
    (void)err;
    return SCOPE_OK;
}

static enum scope_code attached(void *self, const struct scope_target *target,
                                struct scope_sink *sink, struct scope_err *err)
{
    struct script *script = self;
    (void)sink;
    if (target->id == 2)
        return scope_fail(err, SCOPE_PERM, 0, "not mine");
    script->attached++;
    return SCOPE_OK;
}

static void detached(void *self, const struct scope_target *target)
{
    struct script *script = self;
    (void)target;
    script->detached++;
}

static enum scope_code started(void *self, struct scope_err *err)
{
    struct script *script = self;
    return script->fail_start ? scope_fail(err, SCOPE_FAILED, 0, "no start")
                              : SCOPE_OK;
}

static enum scope_code sampled(void *self, struct scope_sink *sink,
                               struct scope_err *err)
{
    struct script *script = self;
    (void)err;
    if (++script->sampled == 3 && script->slow_ns) {
        struct timespec slow = scope_timespec(script->slow_ns);
        nanosleep(&slow, NULL);
    }
    scope_emit_u64(sink, 0, scope_instance(sink, NULL, ""), script->sampled);
    return SCOPE_OK;
}

static void stopped(void *self)
{
    (void)self;
}

static void closed(void *self)
{
    struct script *script = self;
    script->closed++;
}

static const struct scope_plugin counting_plugin = {
    .kind = SCOPE_COLLECTOR, .name = "counting", .metrics = count_metric};

static const struct scope_loaded counting = {
    .plugin = &counting_plugin,
    .collector = {.targets = SCOPE_TARGETS_PROCESS,
                  .probe = probed,
                  .open = opened,
                  .attach = attached,
                  .detach = detached,
                  .start = started,
                  .sample = sampled,
                  .stop = stopped,
                  .close = closed},
};

/* --- what is recorded ------------------------------------------------------
 */

struct notes {
    unsigned series, sweeps, events, hists;
    int64_t first_ns, last_ns;
    uint64_t last_value;
};

static enum scope_code on_series(void *closure, unsigned source,
                                 unsigned column,
                                 const struct scope_metric *metric,
                                 uint32_t target, const char *instance,
                                 struct scope_err *err)
{
    (void)source, (void)column, (void)metric, (void)target, (void)instance,
        (void)err;
    ((struct notes *)closure)->series++;
    return SCOPE_OK;
}

static enum scope_code on_sweep(void *closure, unsigned source, int64_t time_ns,
                                const uint64_t *values, const uint64_t *present,
                                size_t columns, struct scope_err *err)
{
    struct notes *notes = closure;
    (void)source, (void)err;
    if (columns && (present[0] & 1))
        notes->last_value = values[0];
    if (!notes->sweeps++)
        notes->first_ns = time_ns;
    assert_true(time_ns > notes->last_ns);
    notes->last_ns = time_ns;
    return SCOPE_OK;
}

static enum scope_code on_hist(void *closure, unsigned source, unsigned column,
                               int64_t start_ns, int64_t end_ns,
                               const uint8_t *bytes, size_t size,
                               struct scope_err *err)
{
    (void)source, (void)column, (void)start_ns, (void)end_ns, (void)bytes,
        (void)size, (void)err;
    ((struct notes *)closure)->hists++;
    return SCOPE_OK;
}

static enum scope_code on_event(void *closure, int64_t time_ns,
                                enum scope_event_kind kind, uint32_t target,
                                uint64_t count, const char *text,
                                struct scope_err *err)
{
    (void)time_ns, (void)kind, (void)target, (void)count, (void)text, (void)err;
    ((struct notes *)closure)->events++;
    return SCOPE_OK;
}

static struct scope_recorder recorder(struct notes *notes)
{
    return (struct scope_recorder){.closure = notes,
                                   .series = on_series,
                                   .sweep = on_sweep,
                                   .hist = on_hist,
                                   .event = on_event};
}

static void every_tick_is_taken_or_counted(void **state)
{
    (void)state;
    struct script script = {.slow_ns = 55 * NS_PER_MS};
    struct notes notes = {0};
    struct scope_recorder to = recorder(&notes);
    struct scope_sampler *sampler = scope_sampler_new();
    struct scope_sampler_report report;
    unsigned source = 0;
    assert_int_equal(
        scope_sampler_add(sampler, &counting, &script, 1, 10 * NS_PER_MS, NULL),
        SCOPE_OK);
    assert_int_equal(scope_sampler_prepare(sampler, &source, NULL), SCOPE_OK);
    int64_t start_ns = scope_now_ns() + 10 * NS_PER_MS;
    scope_sampler_start(sampler, start_ns);
    usleep(320000);
    scope_sampler_stop(sampler, start_ns + 300 * NS_PER_MS);
    assert_int_equal(scope_sampler_drain(sampler, &to, NULL), SCOPE_OK);
    scope_sampler_report(sampler, 0, &report);
    /* 31 deadlines from 0 to 300 ms, both included; however the machine
     * behaved, each was either kept or counted. The last may be late. */
    assert_int_equal(report.sweeps, script.sampled);
    assert_int_equal(report.sweeps, notes.sweeps);
    assert_in_range(report.sweeps + report.missed, 31, 40);
    assert_true(report.missed >= 4);
    assert_int_equal(report.lateness.total, report.sweeps);
    assert_true(notes.first_ns >= start_ns);
    assert_int_equal(notes.last_value, script.sampled);
    scope_hist_free(&report.lateness);
    scope_sampler_free(sampler);
    assert_int_equal(script.closed, 1);
}

/* How often it was sampled when the end came long before the second tick. */
static unsigned sweeps_of_a_short_run(const struct scope_loaded *loaded)
{
    struct script script = {0};
    struct notes notes = {0};
    struct scope_recorder to = recorder(&notes);
    struct scope_sampler *sampler = scope_sampler_new();
    unsigned source = 0;
    assert_int_equal(
        scope_sampler_add(sampler, loaded, &script, 1, 1000 * NS_PER_S, NULL),
        SCOPE_OK);
    assert_int_equal(scope_sampler_prepare(sampler, &source, NULL), SCOPE_OK);
    int64_t start_ns = scope_now_ns();
    scope_sampler_start(sampler, start_ns);
    while (!notes.sweeps) {
        usleep(1000);
        assert_int_equal(scope_sampler_drain(sampler, &to, NULL), SCOPE_OK);
    }
    scope_sampler_stop(sampler, scope_now_ns());
    assert_int_equal(scope_sampler_drain(sampler, &to, NULL), SCOPE_OK);
    assert_int_equal(script.sampled, notes.sweeps);
    scope_sampler_free(sampler);
    return notes.sweeps;
}

static void an_end_between_ticks_is_sampled_where_asked(void **state)
{
    (void)state;
    struct scope_loaded last = counting;
    last.collector.last_sweep = true;
    assert_int_equal(sweeps_of_a_short_run(&counting), 1);
    assert_int_equal(sweeps_of_a_short_run(&last), 2);
}

static void targets_are_attached_and_detached_once(void **state)
{
    (void)state;
    struct script script = {0};
    struct notes notes = {0};
    struct scope_recorder to = recorder(&notes);
    struct scope_sampler *sampler = scope_sampler_new();
    struct scope_target targets[] = {
        {.id = 1, .kind = SCOPE_TARGET_PROCESS, .name = "a"},
        {.id = 2, .kind = SCOPE_TARGET_PROCESS, .name = "refused"},
        {.id = 3, .kind = SCOPE_TARGET_THREAD, .name = "not asked for"},
        {.id = 4, .kind = SCOPE_TARGET_PROCESS, .name = "b"},
    };
    unsigned source = 0;
    assert_int_equal(
        scope_sampler_add(sampler, &counting, &script, 1, 10 * NS_PER_MS, NULL),
        SCOPE_OK);
    for (size_t i = 0; i < 3; i++)
        scope_sampler_found(sampler, &targets[i]);
    assert_int_equal(scope_sampler_prepare(sampler, &source, NULL), SCOPE_OK);
    assert_int_equal(script.attached, 1);
    scope_sampler_start(sampler, scope_now_ns());
    scope_sampler_found(sampler, &targets[3]);
    scope_sampler_gone(sampler, &targets[0]);
    scope_sampler_gone(sampler, &targets[1]);
    usleep(50000);
    scope_sampler_stop(sampler, scope_now_ns());
    assert_int_equal(scope_sampler_drain(sampler, &to, NULL), SCOPE_OK);
    assert_int_equal(script.attached, 2);
    assert_int_equal(script.detached, 2);
    assert_int_equal(notes.events, 1); /* the refusal */
    scope_sampler_free(sampler);
}

static void a_collector_that_cannot_start_is_named(void **state)
{
    (void)state;
    struct script good = {0};
    struct script bad = {.fail_start = true};
    struct scope_sampler *sampler = scope_sampler_new();
    struct scope_err err = {0};
    unsigned source = 0;
    assert_int_equal(
        scope_sampler_add(sampler, &counting, &good, 1, 10 * NS_PER_MS, NULL),
        SCOPE_OK);
    assert_int_equal(
        scope_sampler_add(sampler, &counting, &bad, 2, 10 * NS_PER_MS, NULL),
        SCOPE_OK);
    assert_int_equal(scope_sampler_prepare(sampler, &source, &err),
                     SCOPE_FAILED);
    assert_int_equal(source, 2);
    assert_string_equal(err.text, "counting: no start");
    scope_sampler_free(sampler);
    assert_int_equal(good.closed + bad.closed, 2);
    assert_int_equal(good.sampled, 0);
}

/* --- a driver --------------------------------------------------------------
 */

struct plan {
    int sweeps;  /* it is done after so many */
    int die_at;  /* kills itself in this sweep */
    bool refuse; /* open fails */
};

static struct {
    const struct plan *plan;
    int sampled;
} load;

static const struct scope_metric load_metrics[] = {SCOPE_LOAD_METRICS,
                                                   SCOPE_METRIC_END};

static enum scope_code load_open(const void *config, struct scope_host *host,
                                 void **self, struct scope_err *err)
{
    (void)host;
    *self = &load;
    load.plan = config;
    load.sampled = 0;
    if (!load.plan->refuse)
        return SCOPE_OK;
    scope_fail(err, SCOPE_IO, ECONNREFUSED, "connect to nobody");
    return scope_hint(err, "start the server");
}

static enum scope_code load_start(void *self, int64_t start_ns,
                                  int64_t duration_ns, struct scope_err *err)
{
    (void)self, (void)start_ns, (void)duration_ns, (void)err;
    return SCOPE_OK;
}

static enum scope_code load_wait(void *self, int64_t until_ns, bool *done,
                                 struct scope_err *err)
{
    (void)self, (void)err;
    struct timespec until = scope_timespec(until_ns);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    *done = load.sampled >= load.plan->sweeps;
    return SCOPE_OK;
}

static enum scope_code load_sample(void *self, struct scope_sink *sink,
                                   struct scope_err *err)
{
    (void)self, (void)err;
    if (++load.sampled == load.plan->die_at)
        kill(getpid(), SIGKILL);
    scope_emit_u64(sink, SCOPE_LOAD_REQUESTS, scope_instance(sink, NULL, ""),
                   (uint64_t)load.sampled);
    return SCOPE_OK;
}

static const struct scope_plugin load_plugin = {
    .kind = SCOPE_DRIVER, .name = "load", .metrics = load_metrics};

static const struct scope_loaded loading = {
    .plugin = &load_plugin,
    .driver = {.probe = probed,
               .open = load_open,
               .start = load_start,
               .wait = load_wait,
               .sample = load_sample,
               .stop = stopped,
               .close = stopped},
};

static enum scope_code run_driver(const struct plan *plan, struct notes *notes,
                                  struct scope_err *err)
{
    struct scope_recorder to = recorder(notes);
    struct scope_driver *driver = NULL;
    enum scope_code code =
        scope_driver_spawn(&loading, plan, 1, 10 * NS_PER_MS, &driver, err);
    if (code != SCOPE_OK)
        return code;
    bool done = false;
    scope_driver_start(driver, scope_now_ns(), 0, 0);
    for (int i = 0; i < 5000 && !done && code == SCOPE_OK; i++) {
        code = scope_driver_read(driver, &to, &done, err);
        usleep(1000);
    }
    assert_true(done);
    scope_driver_free(driver);
    return code;
}

static void a_driver_reports_from_its_process(void **state)
{
    (void)state;
    struct plan plan = {.sweeps = 4};
    struct notes notes = {0};
    assert_int_equal(run_driver(&plan, &notes, NULL), SCOPE_OK);
    /* Four, and the last after stop. */
    assert_int_equal(notes.last_value, 5);
    assert_int_equal(notes.sweeps, notes.last_value);
    assert_int_equal(notes.series, 1);
    assert_int_equal(load.sampled, 0); /* here, nothing ran */
}

static void a_driver_that_cannot_open_says_why(void **state)
{
    (void)state;
    struct plan plan = {.refuse = true};
    struct notes notes = {0};
    struct scope_err err = {0};
    assert_int_equal(run_driver(&plan, &notes, &err), SCOPE_IO);
    assert_string_equal(err.text,
                        "driver load: connect to nobody: Connection refused");
    assert_string_equal(err.hint, "start the server");
}

static void a_driver_that_dies_is_an_error_not_an_end(void **state)
{
    (void)state;
    struct plan plan = {.sweeps = 100, .die_at = 3};
    struct notes notes = {0};
    struct scope_err err = {0};
    assert_int_equal(run_driver(&plan, &notes, &err), SCOPE_FAILED);
    assert_string_equal(err.text, "driver load died of signal 9");
    assert_int_equal(notes.sweeps, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tick_is_taken_or_counted),
        cmocka_unit_test(an_end_between_ticks_is_sampled_where_asked),
        cmocka_unit_test(targets_are_attached_and_detached_once),
        cmocka_unit_test(a_collector_that_cannot_start_is_named),
        cmocka_unit_test(a_driver_reports_from_its_process),
        cmocka_unit_test(a_driver_that_cannot_open_says_why),
        cmocka_unit_test(a_driver_that_dies_is_an_error_not_an_end),
    };
    return cmocka_run_group_tests_name("sampler", tests, NULL, NULL);
}
