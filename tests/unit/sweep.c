/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps: the values that a text means, the mistakes in it, and orders. */
#include "tests/unit/unit.h"

#include "src/sweep.h"

#include <scope/alloc.h>
#include <stdio.h>

static enum scope_type type_of(const void *closure, const char *name)
{
    (void)name;
    return *(const enum scope_type *)closure;
}

static void reads(enum scope_type type, const char *text, const char *values)
{
    struct sweep sweep;
    struct scope_err err = {0};
    char got[512] = "";
    if (sweep_read(text, type_of, &type, &sweep, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sweep.count; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s",
                 i ? " " : "", sweep.values[i]);
    assert_string_equal(got, values);
    sweep_free(&sweep);
}

static void refuses(enum scope_type type, const char *text, const char *why)
{
    struct sweep sweep;
    struct scope_err err = {0};
    assert_int_equal(sweep_read(text, type_of, &type, &sweep, &err),
                     SCOPE_USAGE);
    if (!strstr(err.text, why))
        fail_msg("%s, not %s", err.text, why);
    sweep_free(&sweep);
}

static void texts_mean_values(void **state)
{
    (void)state;
    reads(SCOPE_TYPE_RATE, "rate=1000..32000*2",
          "1000 2000 4000 8000 16000 "
          "32000");
    reads(SCOPE_TYPE_RATE, "rate=1k..5k+1k", "1000 2000 3000 4000 5000");
    reads(SCOPE_TYPE_SIZE, "body-size=16..1MiB*4",
          "16 64 256 1024 4096 16384 65536 262144 1048576");
    reads(SCOPE_TYPE_NONE, "size=16..1KiB*8", "16 128 1024");
    reads(SCOPE_TYPE_INT, "threads=1,2,4", "1 2 4");
    reads(SCOPE_TYPE_INT, "threads=3", "3");
    reads(SCOPE_TYPE_DURATION, "timeout=10ms..80ms*2", "10ms 20ms 40ms 80ms");
    reads(SCOPE_TYPE_RATIO, "share=0.1..0.5+0.1", "0.1 0.2 0.3 0.4 0.5");
    reads(SCOPE_TYPE_CHOICE, "arrivals=constant,poisson", "constant poisson");
    reads(SCOPE_TYPE_STRING, "url=http://a/../b,http://c/",
          "http://a/../b http://c/");
}

static void mistakes_are_named(void **state)
{
    (void)state;
    refuses(SCOPE_TYPE_RATE, "rate", "it is not NAME=VALUES");
    refuses(SCOPE_TYPE_RATE, "=1", "it is not NAME=VALUES");
    refuses(SCOPE_TYPE_RATE, "rate=1..10", "needs a factor or a step");
    refuses(SCOPE_TYPE_RATE, "rate=10..1*2", "ends before it begins");
    refuses(SCOPE_TYPE_RATE, "rate=1..10*1", "a factor is above 1");
    refuses(SCOPE_TYPE_RATE, "rate=0..10*2", "begins above 0");
    refuses(SCOPE_TYPE_RATE, "rate=1..10+0", "a step is above 0");
    refuses(SCOPE_TYPE_RATE, "rate=1..x*2", "'x' is not a rate");
    refuses(SCOPE_TYPE_RATE, "rate=1,,2", "a value is missing");
    refuses(SCOPE_TYPE_RATE, "rate=1..1M+1", "too many values");
}

static void sweeps_combine_the_last_one_fastest(void **state)
{
    (void)state;
    enum scope_type type = SCOPE_TYPE_INT;
    struct sweep sweeps[2];
    size_t points;
    assert_int_equal(sweep_read("a=1,2", type_of, &type, &sweeps[0], NULL), 0);
    assert_int_equal(sweep_read("b=5,6,7", type_of, &type, &sweeps[1], NULL),
                     0);
    assert_int_equal(sweep_points(sweeps, 2, 1, &points, NULL), SCOPE_OK);
    assert_int_equal(points, 6);
    static const char *const wanted[][2] = {{"1", "5"}, {"1", "6"}, {"1", "7"},
                                            {"2", "5"}, {"2", "6"}, {"2", "7"}};
    for (size_t p = 0; p < 6; p++)
        for (size_t s = 0; s < 2; s++)
            assert_string_equal(sweep_value(sweeps, 2, s, p), wanted[p][s]);
    assert_int_equal(sweep_points(sweeps, 2, 100000, &points, NULL),
                     SCOPE_USAGE);
    sweep_free(&sweeps[0]);
    sweep_free(&sweeps[1]);
}

/* Every turn comes once; what differs is when. */
static void orders_hold_every_turn_once(void **state)
{
    (void)state;
    for (int order = SWEEP_INTERLEAVED; order <= SWEEP_GROUPED; order++) {
        int seen[5][3] = {{0}};
        struct sweep_turn *turns =
            sweep_turns(5, 3, (enum sweep_order)order, 42);
        for (size_t i = 0; i < 15; i++) {
            seen[turns[i].point][turns[i].repeat]++;
            if (order == SWEEP_GROUPED)
                assert_int_equal(turns[i].point, i / 3);
            else
                assert_int_equal(turns[i].repeat, i / 5);
            if (order == SWEEP_INTERLEAVED)
                assert_int_equal(turns[i].point, i % 5);
        }
        for (size_t p = 0; p < 5; p++)
            for (size_t r = 0; r < 3; r++)
                assert_int_equal(seen[p][r], 1);
        free(turns);
    }
}

static void a_seed_makes_an_order(void **state)
{
    (void)state;
    struct sweep_turn *a = sweep_turns(20, 2, SWEEP_SHUFFLED, 1);
    struct sweep_turn *b = sweep_turns(20, 2, SWEEP_SHUFFLED, 1);
    struct sweep_turn *c = sweep_turns(20, 2, SWEEP_SHUFFLED, 2);
    assert_memory_equal(a, b, 40 * sizeof *a);
    assert_memory_not_equal(a, c, 40 * sizeof *a);
    /* The second round has an order of its own. */
    size_t same = 0;
    for (size_t i = 0; i < 20; i++)
        same += a[i].point == a[20 + i].point;
    assert_true(same < 20);
    free(a);
    free(b);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_mean_values),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(sweeps_combine_the_last_one_fastest),
        cmocka_unit_test(orders_hold_every_turn_once),
        cmocka_unit_test(a_seed_makes_an_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
