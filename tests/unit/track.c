/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series as analyzers compute with them: what a counter grew, whatever
 * happened to it, sums over processes, and figures per request. */
#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/track.h>

#define S INT64_C(1000000000)

static const struct scope_metric counter = {.name = "counter",
                                            .semantics = SCOPE_COUNTER,
                                            .value = SCOPE_U64,
                                            .unit = SCOPE_UNIT_COUNT};
static const struct scope_metric cpu = {.name = "cpu",
                                        .semantics = SCOPE_COUNTER,
                                        .value = SCOPE_U64,
                                        .unit = SCOPE_UNIT_NS};
static const struct scope_metric memory = {.name = "memory",
                                           .semantics = SCOPE_GAUGE,
                                           .value = SCOPE_U64,
                                           .unit = SCOPE_UNIT_BYTES};

static struct scope_track make(const struct scope_metric *metric,
                               const int64_t *times, const uint64_t *values,
                               size_t count)
{
    struct scope_samples samples = {.count = count,
                                    .time_ns = (int64_t *)(uintptr_t)times,
                                    .value = SCOPE_U64,
                                    .u64 = (uint64_t *)(uintptr_t)values};
    struct scope_track track;
    scope_track_make(&samples, metric, &track);
    return track;
}

#define MAKE(metric, times, values)                                            \
    make(metric, times, values, sizeof(values) / sizeof *(values))

static const int64_t seconds[] = {10 * S, 11 * S, 12 * S, 13 * S, 14 * S};

static void is(double got, double expected)
{
    if (isnan(expected) ? !isnan(got) : got != expected)
        fail_msg("%.17g is not %.17g", got, expected);
}

static void a_counter_is_its_growth_by_time(void **state)
{
    (void)state;
    static const uint64_t values[] = {1000, 1010, 1030, 1030, 1100};
    struct scope_track track = MAKE(&counter, seconds, values);
    struct scope_figure figure;
    scope_track_figure(&track, &figure);
    is(figure.total, 100);
    is(figure.summary.mean, 25);
    is(figure.covered_ns, 4e9);
    assert_int_equal(figure.summary.count, 4);
    assert_int_equal(figure.unit, SCOPE_UNIT_HERTZ);
    is(figure.summary.min, 0);
    is(figure.summary.max, 70);
    is(figure.p50, 15);
    scope_track_free(&track);
}

/* 250 ms of CPU time in a second are a quarter of a CPU. */
static void cpu_time_becomes_a_share(void **state)
{
    (void)state;
    static const uint64_t values[] = {7, 250000007, 500000007};
    struct scope_track track = MAKE(&cpu, seconds, values);
    struct scope_figure figure;
    scope_track_figure(&track, &figure);
    is(figure.summary.mean, 0.25);
    is(figure.total, 5e8);
    assert_int_equal(figure.unit, SCOPE_UNIT_RATIO);
    scope_track_free(&track);
}

/* The interval that a sweep missed counts as long as it was. */
static void an_absent_sweep_is_bridged(void **state)
{
    (void)state;
    static const int64_t times[] = {10 * S, 11 * S, 14 * S};
    static const uint64_t values[] = {0, 10, 40};
    struct scope_track track = MAKE(&counter, times, values);
    struct scope_figure figure;
    scope_track_figure(&track, &figure);
    is(figure.summary.mean, 10);
    is(figure.summary.sd, 0);
    is(scope_track_at(&track, 12 * S), 20);
    is(scope_track_at(&track, 9 * S), NAN);
    is(scope_track_at(&track, 15 * S), NAN);
    scope_track_free(&track);
}

static void a_fall_is_a_reset_or_a_wrap(void **state)
{
    (void)state;
    static const uint64_t reset[] = {1000, 1010, 4, 14};
    struct scope_track track = MAKE(&counter, seconds, reset);
    is(track.value[3], 10 + 4 + 10);
    assert_int_equal(track.resets, 1);
    scope_track_free(&track);

    static const uint64_t wrap32[] = {UINT32_MAX - 9, UINT32_MAX, 20};
    track = MAKE(&counter, seconds, wrap32);
    is(track.value[2], 9 + 21);
    assert_int_equal(track.resets, 0);
    scope_track_free(&track);

    static const uint64_t wrap64[] = {UINT64_MAX - 9, UINT64_MAX, 20};
    track = MAKE(&counter, seconds, wrap64);
    is(track.value[2], 9 + 21);
    assert_int_equal(track.resets, 0);
    scope_track_free(&track);
}

/* Beyond 2^53 doubles skip integers; differences must not. */
static void great_counters_keep_small_differences(void **state)
{
    (void)state;
    const uint64_t base = (UINT64_C(1) << 60) + 1;
    const uint64_t values[] = {base, base + 1, base + 3};
    struct scope_track track = MAKE(&counter, seconds, values);
    is(track.value[2], 3);
    scope_track_free(&track);
}

/* One process ends, another begins: both count while they live. */
static void processes_of_a_role_add_up(void **state)
{
    (void)state;
    static const uint64_t whole[] = {0, 10, 20, 30, 40};
    static const uint64_t early[] = {100, 105, 110};
    static const uint64_t late[] = {7, 10};
    struct scope_track sum = {0};
    struct scope_track a = MAKE(&counter, seconds, whole);
    struct scope_track b = MAKE(&counter, seconds, early);
    struct scope_track c = MAKE(&counter, seconds + 3, late);
    scope_track_add(&sum, &a);
    scope_track_add(&sum, &b);
    scope_track_add(&sum, &c);
    static const double expected[] = {0, 15, 30, 40, 53};
    assert_int_equal(sum.count, 5);
    for (size_t i = 0; i < 5; i++)
        is(sum.value[i], expected[i]);
    scope_track_free(&sum);
    scope_track_free(&a);
    scope_track_free(&b);
    scope_track_free(&c);

    static const uint64_t bytes[] = {100, 200, 300};
    a = MAKE(&memory, seconds, bytes);
    b = MAKE(&memory, seconds + 2, bytes);
    scope_track_add(&sum, &a);
    scope_track_add(&sum, &b);
    static const double levels[] = {100, 200, 400, 200, 300};
    for (size_t i = 0; i < 5; i++)
        is(sum.value[i], levels[i]);
    struct scope_figure figure;
    scope_track_figure(&sum, &figure);
    is(figure.summary.mean, 240);
    is(figure.total, NAN);
    assert_int_equal(figure.unit, SCOPE_UNIT_BYTES);
    scope_track_free(&sum);
    scope_track_free(&a);
    scope_track_free(&b);
}

/* Only the time that both cover counts: 11.5 s to 13.5 s here. */
static void per_request_is_of_the_same_time(void **state)
{
    (void)state;
    static const uint64_t spent[] = {0, 1000, 1010, 1020, 1030};
    static const int64_t times[] = {23 * S / 2, 25 * S / 2, 27 * S / 2};
    static const uint64_t answered[] = {50, 52, 55};
    struct scope_track grown = MAKE(&cpu, seconds, spent);
    struct scope_track requests = MAKE(&counter, times, answered);
    is(scope_track_ratio(&grown, &requests), 20.0 / 5);
    scope_track_free(&requests);
    static const uint64_t none[] = {50, 50, 50};
    requests = MAKE(&counter, times, none);
    is(scope_track_ratio(&grown, &requests), NAN);
    scope_track_free(&requests);
    scope_track_free(&grown);
}

static void too_few_samples_give_no_rate(void **state)
{
    (void)state;
    struct scope_track track = make(&counter, seconds, (uint64_t[]){5}, 1);
    struct scope_figure figure;
    scope_track_figure(&track, &figure);
    assert_int_equal(figure.summary.count, 0);
    is(figure.summary.mean, NAN);
    is(figure.p50, NAN);
    is(scope_track_ratio(&track, &track), NAN);
    scope_track_free(&track);
    track = make(&memory, seconds, NULL, 0);
    scope_track_figure(&track, &figure);
    is(figure.summary.mean, NAN);
    scope_track_free(&track);
}

/* Two instances of a counter, the second later than the first, and a driver
 * that is later still; what follows the window is no part of it. */
static struct scope_dataset *two_sources(void)
{
    static const struct {
        unsigned source;
        int64_t time_ns;
        uint64_t values[2], present;
    } sweeps[] = {
        {0, 10 * S, {100, 0}, 1}, {0, 11 * S, {110, 5}, 3},
        {1, 11 * S, {0}, 1},      {0, 12 * S, {130, 9}, 3},
        {1, 12 * S, {100}, 1},    {0, 13 * S, {0, 10}, 2},
        {1, 14 * S, {300}, 1},    {0, 16 * S, {999, 999}, 3},
        {1, 16 * S, {999}, 1},
    };
    static const struct scope_metric requests = {.name = "requests",
                                                 .semantics = SCOPE_COUNTER,
                                                 .value = SCOPE_U64,
                                                 .unit = SCOPE_UNIT_COUNT};
    struct scope_writer *writer = NULL;
    struct scope_dataset *dataset = NULL;
    int64_t id;
    assert_int_equal(scope_writer_open("", &writer, NULL), SCOPE_OK);
    bool fine =
        !scope_writer_begin(writer, S, S, NULL, 0, NULL, 0, &id, NULL) &&
        !scope_writer_source(writer, 0, "one", false, "1", NULL, 0, S, NULL) &&
        !scope_writer_source(writer, 1, "load", true, "1", NULL, 0, S, NULL) &&
        !scope_writer_series(writer, 0, 0, &counter, 0, "a", NULL) &&
        !scope_writer_series(writer, 0, 1, &counter, 0, "b", NULL) &&
        !scope_writer_series(writer, 1, 0, &requests, 0, "", NULL);
    for (size_t i = 0; fine && i < sizeof sweeps / sizeof *sweeps; i++)
        fine = !scope_writer_sweep(writer, sweeps[i].source, sweeps[i].time_ns,
                                   sweeps[i].values, &sweeps[i].present,
                                   sweeps[i].source ? 1 : 2, NULL);
    const char *path = scope_writer_path(writer);
    fine = fine &&
           !scope_writer_end(writer, S, 15 * S, SCOPE_TRIAL_COMPLETE, NULL) &&
           !scope_dataset_open(&path, 1, &dataset, NULL);
    assert_true(fine);
    assert_int_equal(scope_writer_close(writer, NULL), SCOPE_OK);
    return dataset;
}

static void instances_grow_together(void **state)
{
    (void)state;
    struct scope_dataset *dataset = two_sources();
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    struct scope_span span = {0};
    double value = -1;
    assert_int_equal(scope_track_growth(dataset, trial, "one", "absent", &value,
                                        &span, NULL),
                     SCOPE_OK);
    is(value, 0);
    assert_int_equal(span.to_ns, 0);
    assert_int_equal(scope_track_growth(dataset, trial, "one", "counter",
                                        &value, &span, NULL),
                     SCOPE_OK);
    is(value, 30 + 5);
    assert_int_equal(span.from_ns, 10 * S);
    assert_int_equal(span.to_ns, 13 * S);
    /* 100 a second from 11 s on */
    assert_int_equal(scope_track_completed(dataset, trial, &span, &value, NULL),
                     SCOPE_OK);
    is(value, 300);
    span = (struct scope_span){1 * S, 2 * S};
    assert_int_equal(scope_track_completed(dataset, trial, &span, &value, NULL),
                     SCOPE_OK);
    is(value, 0);
    scope_dataset_close(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_its_growth_by_time),
        cmocka_unit_test(cpu_time_becomes_a_share),
        cmocka_unit_test(an_absent_sweep_is_bridged),
        cmocka_unit_test(a_fall_is_a_reset_or_a_wrap),
        cmocka_unit_test(great_counters_keep_small_differences),
        cmocka_unit_test(processes_of_a_role_add_up),
        cmocka_unit_test(per_request_is_of_the_same_time),
        cmocka_unit_test(too_few_samples_give_no_rate),
        cmocka_unit_test(instances_grow_together),
    };
    return cmocka_run_group_tests_name("track", tests, NULL, NULL);
}
