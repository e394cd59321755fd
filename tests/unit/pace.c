/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intended times: exact over an hour, and dealt out evenly over threads. */
#include "lib/net/pace.h"
#include "tests/unit/unit.h"

#include <math.h>

#define SECOND INT64_C(1000000000)

static void open_constant(struct scope_pace *pace, double rate, uint64_t thread,
                          uint64_t threads)
{
    scope_pace_open(pace, &(struct scope_pace_plan){.rate = rate,
                                                    .thread = thread,
                                                    .threads = threads});
}

static void times_are_exact_over_an_hour(void **state)
{
    (void)state;
    /* The last arrival before an hour is over, and that at the hour. */
    static const uint64_t rates[] = {1,     3,      7,      10,     999,
                                     1000,  3333,   10007,  30000,  65537,
                                     99991, 100000, 999983, 1000000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        uint64_t rate = rates[i];
        struct scope_pace pace;
        open_constant(&pace, (double)rate, 0, 1);
        for (uint64_t second = 0; second <= 3600; second += 59)
            assert_int_equal(scope_pace_at(&pace, second * rate),
                             (int64_t)second * SECOND);
        for (uint64_t n = 0; n < rate * 3600; n += rate * 7 / 3 + 1) {
            /* n * 1e9 / rate, rounded to the nearest */
            unsigned __int128 twice =
                (unsigned __int128)n * 2 * (uint64_t)SECOND + rate;
            int64_t exact = (int64_t)(twice / (2 * rate));
            int64_t time = scope_pace_at(&pace, n);
            assert_true(time == exact ||
                        (time == exact - 1 && twice % (2 * rate) == 0));
        }
    }
}

static void threads_together_are_the_whole_load(void **state)
{
    (void)state;
    for (uint64_t threads = 1; threads <= 7; threads++) {
        struct scope_pace whole;
        open_constant(&whole, 12345.678, 0, 1);
        for (uint64_t thread = 0; thread < threads; thread++) {
            struct scope_pace part;
            open_constant(&part, 12345.678, thread, threads);
            for (uint64_t i = 0; i < 1000; i++)
                assert_int_equal(scope_pace_at(&part, i),
                                 scope_pace_at(&whole, i * threads + thread));
        }
    }
}

static void arrivals_before_a_time_are_counted(void **state)
{
    (void)state;
    struct scope_pace pace;
    open_constant(&pace, 1000, 0, 1);
    assert_int_equal(scope_pace_before(&pace, 0), 0);
    assert_int_equal(scope_pace_before(&pace, 1), 1);
    assert_int_equal(scope_pace_before(&pace, SECOND), 1000);
    assert_int_equal(scope_pace_before(&pace, SECOND + 1), 1001);
    uint64_t sum = 0;
    for (uint64_t thread = 0; thread < 7; thread++) {
        open_constant(&pace, 1000, thread, 7);
        sum += scope_pace_before(&pace, 3600 * SECOND);
    }
    assert_int_equal(sum, 3600000);
}

static void extreme_rates_do_not_overflow(void **state)
{
    (void)state;
    struct scope_pace pace;
    open_constant(&pace, 1e-12, 0, 1);
    assert_int_equal(scope_pace_at(&pace, 0), 0);
    assert_int_equal(scope_pace_at(&pace, 1), INT64_MAX);
    assert_int_equal(scope_pace_before(&pace, INT64_MAX), 1);
    open_constant(&pace, 2e9, 0, 1);
    assert_int_equal(scope_pace_at(&pace, 2000000000), SECOND);
    assert_int_equal(scope_pace_at(&pace, UINT64_MAX), INT64_MAX);
    open_constant(&pace, 1000, 6, 7);
    assert_int_equal(scope_pace_at(&pace, UINT64_MAX), INT64_MAX);
}

/* The k-th arrival is taken as it is told, whatever the kind. */
static void assert_steps(const struct scope_pace_plan *plan, size_t count)
{
    struct scope_pace pace;
    scope_pace_open(&pace, plan);
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(pace.next_ns, scope_pace_at(&pace, i));
        assert_true(scope_pace_before(&pace, pace.next_ns + 1) > i);
        scope_pace_take(&pace);
        assert_true(pace.next_ns >= scope_pace_at(&pace, i));
    }
}

static void bursts_come_together(void **state)
{
    (void)state;
    const struct scope_pace_plan plan = {.arrivals = SCOPE_ARRIVALS_BURST,
                                         .rate = 1000,
                                         .burst = 8,
                                         .threads = 1};
    struct scope_pace pace;
    scope_pace_open(&pace, &plan);
    for (uint64_t n = 0; n < 4000; n++)
        assert_int_equal(scope_pace_at(&pace, n),
                         (int64_t)(n / 8) * 8 * SECOND / 1000);
    assert_int_equal(scope_pace_before(&pace, SECOND), 1000);
    assert_steps(&plan, 100);
}

/* From 100/s to 1100/s in 10 s: 6000 requests in it, and then 1100 a second. */
static void a_ramp_rises_evenly(void **state)
{
    (void)state;
    struct scope_pace_plan plan = {.arrivals = SCOPE_ARRIVALS_RAMP,
                                   .rate = 1100,
                                   .ramp_from = 100,
                                   .ramp_ns = 10 * SECOND,
                                   .threads = 1};
    struct scope_pace pace;
    scope_pace_open(&pace, &plan);
    for (int s = 0; s <= 10; s++)
        assert_int_equal(scope_pace_before(&pace, s * SECOND),
                         100 * s + 50 * s * s);
    assert_int_equal(scope_pace_before(&pace, 11 * SECOND), 7100);
    assert_int_equal(scope_pace_before(&pace, 3600 * SECOND),
                     6000 + 1100 * 3590);
    assert_steps(&plan, 8000);
    /* Down again, and from nothing. */
    plan.rate = 100;
    plan.ramp_from = 1100;
    scope_pace_open(&pace, &plan);
    for (int s = 0; s <= 10; s++)
        assert_int_equal(scope_pace_before(&pace, s * SECOND),
                         1100 * s - 50 * s * s);
    plan.rate = 1000;
    plan.ramp_from = 0;
    scope_pace_open(&pace, &plan);
    assert_int_equal(scope_pace_at(&pace, 0), 0);
    assert_int_equal(scope_pace_before(&pace, 10 * SECOND), 5000);
    assert_steps(&plan, 8000);
    /* Threads take turns here as well. */
    uint64_t sum = 0;
    plan.threads = 3;
    for (plan.thread = 0; plan.thread < 3; plan.thread++) {
        scope_pace_open(&pace, &plan);
        sum += scope_pace_before(&pace, 20 * SECOND);
    }
    assert_int_equal(sum, 15000);
}

/* Counts of a Poisson process have mean and variance rate x time; the chance
 * that a right one leaves these limits (6 standard errors) is below 1e-8. */
static void independent_users_are_a_poisson_process(void **state)
{
    (void)state;
    enum { SLOTS = 100000, THREADS = 4 };
    static unsigned counts[SLOTS];
    for (uint64_t thread = 0; thread < THREADS; thread++) {
        struct scope_pace pace;
        scope_pace_open(
            &pace, &(struct scope_pace_plan){.arrivals = SCOPE_ARRIVALS_POISSON,
                                             .rate = 5000,
                                             .seed = 7,
                                             .thread = thread,
                                             .threads = THREADS});
        uint64_t before = scope_pace_before(&pace, SLOTS * SECOND / 1000);
        uint64_t taken = 0;
        for (; pace.next_ns < SLOTS * SECOND / 1000; taken++) {
            counts[pace.next_ns / (SECOND / 1000)]++;
            scope_pace_take(&pace);
        }
        assert_int_equal(before, taken);
    }
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        sum += counts[i];
        squares += (double)counts[i] * counts[i];
    }
    double mean = sum / SLOTS;
    double dispersion = (squares / SLOTS - mean * mean) / mean;
    assert_true(fabs(mean - 5) < 6 * sqrt(5.0 / SLOTS));
    assert_true(fabs(dispersion - 1) < 6 * sqrt(2.0 / SLOTS));
}

static void seeds_and_threads_differ(void **state)
{
    (void)state;
    int64_t first[3][2];
    for (uint64_t seed = 0; seed < 3; seed++)
        for (uint64_t thread = 0; thread < 2; thread++) {
            struct scope_pace pace;
            struct scope_pace_plan plan = {.arrivals = SCOPE_ARRIVALS_POISSON,
                                           .rate = 100,
                                           .seed = seed,
                                           .thread = thread,
                                           .threads = 2};
            scope_pace_open(&pace, &plan);
            first[seed][thread] = pace.next_ns;
            scope_pace_open(&pace, &plan);
            assert_int_equal(pace.next_ns, first[seed][thread]);
        }
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < i; j++)
            assert_true(first[i / 2][i % 2] != first[j / 2][j % 2]);
}

static void recorded_times_are_dealt_out_and_end(void **state)
{
    (void)state;
    static const int64_t times[] = {0, 5, 5, 9, 1000};
    const struct scope_timetable table = {.count = 5, .times_ns = times};
    struct scope_pace pace;
    const struct scope_pace_plan plan = {.arrivals = SCOPE_ARRIVALS_TIMETABLE,
                                         .timetable = &table,
                                         .thread = 1,
                                         .threads = 2};
    scope_pace_open(&pace, &plan);
    assert_int_equal(pace.next_ns, 5);
    assert_int_equal(scope_pace_before(&pace, 9), 1);
    assert_int_equal(scope_pace_before(&pace, INT64_MAX), 2);
    scope_pace_take(&pace);
    assert_int_equal(pace.next_ns, 9);
    scope_pace_take(&pace);
    assert_int_equal(pace.next_ns, INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_exact_over_an_hour),
        cmocka_unit_test(threads_together_are_the_whole_load),
        cmocka_unit_test(arrivals_before_a_time_are_counted),
        cmocka_unit_test(extreme_rates_do_not_overflow),
        cmocka_unit_test(bursts_come_together),
        cmocka_unit_test(a_ramp_rises_evenly),
        cmocka_unit_test(independent_users_are_a_poisson_process),
        cmocka_unit_test(seeds_and_threads_differ),
        cmocka_unit_test(recorded_times_are_dealt_out_and_end),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
