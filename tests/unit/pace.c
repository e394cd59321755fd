/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intended times: exact over an hour, and dealt out evenly over threads. */
#include "lib/net/pace.h"
#include "tests/unit/unit.h"

#define SECOND INT64_C(1000000000)

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
        scope_pace_constant(&pace, (double)rate, 0, 1);
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
        scope_pace_constant(&whole, 12345.678, 0, 1);
        for (uint64_t thread = 0; thread < threads; thread++) {
            struct scope_pace part;
            scope_pace_constant(&part, 12345.678, thread, threads);
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
    scope_pace_constant(&pace, 1000, 0, 1);
    assert_int_equal(scope_pace_before(&pace, 0), 0);
    assert_int_equal(scope_pace_before(&pace, 1), 1);
    assert_int_equal(scope_pace_before(&pace, SECOND), 1000);
    assert_int_equal(scope_pace_before(&pace, SECOND + 1), 1001);
    uint64_t sum = 0;
    for (uint64_t thread = 0; thread < 7; thread++) {
        scope_pace_constant(&pace, 1000, thread, 7);
        sum += scope_pace_before(&pace, 3600 * SECOND);
    }
    assert_int_equal(sum, 3600000);
}

static void extreme_rates_do_not_overflow(void **state)
{
    (void)state;
    struct scope_pace pace;
    scope_pace_constant(&pace, 1e-12, 0, 1);
    assert_int_equal(scope_pace_at(&pace, 0), 0);
    assert_int_equal(scope_pace_at(&pace, 1), INT64_MAX);
    assert_int_equal(scope_pace_before(&pace, INT64_MAX), 1);
    scope_pace_constant(&pace, 2e9, 0, 1);
    assert_int_equal(scope_pace_at(&pace, 2000000000), SECOND);
    assert_int_equal(scope_pace_at(&pace, UINT64_MAX), INT64_MAX);
    scope_pace_constant(&pace, 1000, 6, 7);
    assert_int_equal(scope_pace_at(&pace, UINT64_MAX), INT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_exact_over_an_hour),
        cmocka_unit_test(threads_together_are_the_whole_load),
        cmocka_unit_test(arrivals_before_a_time_are_counted),
        cmocka_unit_test(extreme_rates_do_not_overflow),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
