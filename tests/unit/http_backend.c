/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the backend http makes of paths and headers, what it draws, and what it
 * says of arrivals whose figures are known. */
#include "tests/unit/unit.h"

#include "plugins/backends/http/arrivals.h"
#include "plugins/backends/http/wish.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

#define MS INT64_C(1000000)

/* --- wishes ----------------------------------------------------------------
 */

static const struct wish usual = {.size = 128, .status = 200};

static unsigned ask(struct wish *wish, const char *method, const char *path,
                    const char *header, const char *value, bool faults,
                    struct scope_err *err)
{
    const struct scope_httpd_field field = {
        .name = header,
        .name_size = header ? strlen(header) : 0,
        .value = value,
        .value_size = value ? strlen(value) : 0,
    };
    const struct scope_httpd_request request = {
        .method = method,
        .method_size = strlen(method),
        .path = path,
        .path_size = strlen(path),
        .fields = &field,
        .field_count = header != NULL,
    };
    *wish = usual;
    return wish_read(wish, &request, faults, err);
}

static void test_paths_are_lists_of_wishes(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint64_t size;
        unsigned status;
        int64_t delay_ns;
    } cases[] = {
        {"/", 128, 200, 0},
        {"/size/0", 0, 200, 0},
        {"/size/4096/", 4096, 200, 0},
        {"/size/64KiB", 65536, 200, 0},
        {"/size/1TiB", UINT64_C(1) << 40, 200, 0},
        {"/status/503", 128, 503, 0},
        {"/delay/5ms", 128, 200, 5 * MS},
        {"/delay/1.5s/size/1MiB/status/404", 1 << 20, 404, 1500 * MS},
        {"/size/1/size/2", 2, 200, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wish wish;
        struct scope_err err = {0};
        unsigned status =
            ask(&wish, "GET", cases[i].path, NULL, NULL, false, &err);
        if (status != 200)
            fail_msg("%s: %u %s", cases[i].path, status, err.text);
        assert_int_equal(wish.size, cases[i].size);
        assert_int_equal(wish.status, cases[i].status);
        assert_int_equal(wish.delay.kind, DELAY_FIXED);
        assert_int_equal(wish.delay.a_ns, cases[i].delay_ns);
        assert_int_equal(wish.special, WISH_BODY);
    }
}

static void test_wishes_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        bool faults;
        unsigned status;
    } cases[] = {
        {"GET", "/none", false, 404},
        {"GET", "//", false, 404},
        {"GET", "/size/1//", false, 404},
        {"GET", "/sizes/1", false, 404},
        {"GET", "/size", false, 400},
        {"GET", "/size/", false, 400},
        {"GET", "/size/-1", false, 400},
        {"GET", "/size/2TiB", false, 400},
        {"GET", "/size/99999999999999999999999", false, 400},
        {"GET", "/status/199", false, 400},
        {"GET", "/status/600", false, 400},
        {"GET", "/status/2e2x", false, 400},
        {"GET", "/delay/5", false, 400},
        {"GET", "/delay/-5ms", false, 400},
        {"GET", "/delay/2h", false, 400},
        {"GET",
         "/size/"
         "00000000000000000000000000000000000000000000000000000000000000000000"
         "00000000000000000000000000000000000000000000000000000000000000000001",
         false, 400},
        {"GET", "/stall/1ms", false, 403},
        {"GET", "/reset", false, 403},
        {"GET", "/cut/size/7", false, 403},
        {"GET", "/stall/2h", true, 400},
        {"POST", "/scope/arrivals", false, 405},
        {"GET", "/scope/arrivals/reset", false, 405},
        {"GET", "/scope", false, 404},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct wish wish;
        struct scope_err err = {0};
        unsigned status = ask(&wish, cases[i].method, cases[i].path, NULL, NULL,
                              cases[i].faults, &err);
        if (status != cases[i].status || !*err.text)
            fail_msg("%s: %u '%s'", cases[i].path, status, err.text);
    }
}

static void test_words_and_faults(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path;
        enum wish_special special;
    } cases[] = {
        {"GET", "/echo", WISH_ECHO},
        {"GET", "/size/10/cut", WISH_CUT},
        {"GET", "/reset", WISH_RESET},
        {"GET", "/garbage", WISH_GARBAGE},
        {"HEAD", "/scope/arrivals", WISH_ARRIVALS},
        {"POST", "/scope/arrivals/reset", WISH_ARRIVALS_RESET},
    };
    struct wish wish;
    struct scope_err err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(
            ask(&wish, cases[i].method, cases[i].path, NULL, NULL, true, &err),
            200);
        assert_int_equal(wish.special, cases[i].special);
    }
    assert_int_equal(ask(&wish, "GET", "/stall/20ms", NULL, NULL, true, &err),
                     200);
    assert_int_equal(wish.stall_ns, 20 * MS);
}

static void test_headers_come_after_the_path(void **state)
{
    (void)state;
    struct wish wish;
    struct scope_err err = {0};
    assert_int_equal(
        ask(&wish, "GET", "/size/1", "x-scope-size", "2KiB", false, &err), 200);
    assert_int_equal(wish.size, 2048);
    assert_int_equal(
        ask(&wish, "GET", "/", "x-scope-status", "500", false, &err), 200);
    assert_int_equal(wish.status, 500);
    assert_int_equal(
        ask(&wish, "GET", "/", "x-scope-delay", "pareto:1ms:1.5", false, &err),
        200);
    assert_int_equal(wish.delay.kind, DELAY_PARETO);
    assert_int_equal(
        ask(&wish, "GET", "/", "x-scope-size", "lots", false, &err), 400);
    assert_non_null(strstr(err.text, "size: "));
    /* Not ours. */
    assert_int_equal(ask(&wish, "GET", "/", "x-scope-siz", "lots", false, &err),
                     200);
    assert_int_equal(ask(&wish, "GET", "/", "x-scope-stall", "1s", true, &err),
                     200);
    assert_int_equal(wish.stall_ns, 0);
}

/* --- delays ----------------------------------------------------------------
 */

static void assert_moments(const char *text, double mean, double deviation)
{
    enum { DRAWS = 200000 };
    struct delay delay;
    struct scope_err err = {0};
    if (delay_parse(&delay, text, &err))
        fail_msg("%s", err.text);
    struct scope_random random;
    scope_random_seed(&random, 7);
    double sum = 0;
    double square = 0;
    for (int i = 0; i < DRAWS; i++) {
        double drawn = (double)delay_draw(&delay, &random);
        assert_true(drawn >= 0);
        sum += drawn;
        square += drawn * drawn;
    }
    double got = sum / DRAWS;
    double spread = sqrt(square / DRAWS - got * got);
    if (fabs(got - mean) > mean / 50 ||
        (deviation > 0 && fabs(spread - deviation) > deviation / 25) ||
        (deviation == 0 && spread > mean / 1e6))
        fail_msg("%s: mean %g instead of %g, deviation %g instead of %g", text,
                 got, mean, spread, deviation);
}

/* Means and deviations are the textbook's; a negative one is not looked at. */
static void test_draws_have_their_distribution(void **state)
{
    (void)state;
    assert_moments("5ms", 5e6, 0);
    assert_moments("fixed:5ms", 5e6, 0);
    assert_moments("uniform:1ms:3ms", 2e6, 2e6 / sqrt(12));
    assert_moments("exponential:4ms", 4e6, 4e6);
    assert_moments("normal:10ms:1ms", 1e7, 1e6);
    assert_moments("lognormal:2ms:0.5", 2e6 * exp(0.125),
                   2e6 * exp(0.125) * sqrt(exp(0.25) - 1));
    assert_moments("pareto:1ms:3", 1.5e6, -1);
}

static void test_draws_repeat_with_the_seed(void **state)
{
    (void)state;
    struct delay delay;
    struct scope_random one;
    struct scope_random same;
    struct scope_random other;
    struct scope_err err;
    bool differs = false;
    assert_int_equal(delay_parse(&delay, "exponential:1ms", &err), SCOPE_OK);
    scope_random_seed(&one, 1);
    scope_random_seed(&same, 1);
    scope_random_seed(&other, 2);
    for (int i = 0; i < 100; i++) {
        int64_t drawn = delay_draw(&delay, &one);
        assert_int_equal(drawn, delay_draw(&delay, &same));
        differs |= drawn != delay_draw(&delay, &other);
    }
    assert_true(differs);
}

static void test_delays_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "5",
        "-1ms",
        "61m",
        "gauss:1ms:1ms",
        "uniform:1ms",
        "uniform:2ms:1ms",
        "uniform:1ms:2ms:3ms",
        "exponential:1ms:1ms",
        "exponential:",
        "pareto:1ms:0",
        "pareto:1ms:-1",
        "pareto:1ms:nan",
        "lognormal:1ms",
        ":",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct delay delay;
        struct scope_err err = {0};
        if (delay_parse(&delay, texts[i], &err) != SCOPE_USAGE)
            fail_msg("'%s' was taken", texts[i]);
        assert_non_null(strstr(err.hint, "exponential:MEAN"));
    }
}

/* --- arrivals --------------------------------------------------------------
 */

static double figure(json_t *root, const char *part, const char *key)
{
    json_t *object = part ? json_object_get(root, part) : root;
    json_t *value = json_object_get(object, key);
    if (!value)
        fail_msg("there is no %s.%s", part ? part : "", key);
    return json_is_null(value) ? NAN : json_number_value(value);
}

static json_t *tell(struct arrivals *arrivals)
{
    char *text = arrivals_json(arrivals);
    json_error_t error;
    json_t *root = json_loads(text, 0, &error);
    if (!root)
        fail_msg("%s: %s", error.text, text);
    free(text);
    return root;
}

static void test_even_arrivals(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 2000 * MS);
    /* Four a ms for a second, in the middle of the quarters. */
    for (int64_t i = 0; i < 4000; i++)
        arrivals_add(&arrivals, 5000 * MS + i * MS / 4 + MS / 8);
    json_t *root = tell(&arrivals);
    assert_int_equal(figure(root, NULL, "count"), 4000);
    assert_int_equal(figure(root, NULL, "unrecorded"), 0);
    assert_true(fabs(figure(root, NULL, "rate_hertz") - 4000) < 1e-6);
    assert_int_equal(figure(root, "per_1ms", "bins"), 998);
    assert_int_equal(figure(root, "per_1ms", "mean"), 4);
    assert_true(figure(root, "per_1ms", "dispersion") == 0);
    assert_int_equal(figure(root, "per_10ms", "bins"), 99);
    assert_int_equal(figure(root, "per_10ms", "mean"), 40);
    assert_int_equal(figure(root, "per_100ms", "bins"), 9);
    assert_int_equal(figure(root, "gap_ns", "count"), 3999);
    assert_true(fabs(figure(root, "gap_ns", "p50") - 250000) < 250);
    assert_true(figure(root, "gap_ns", "min") <= 250000);
    assert_true(figure(root, "gap_ns", "max") >= 250000);
    json_decref(root);
    arrivals_reset(&arrivals);
    root = tell(&arrivals);
    assert_int_equal(figure(root, NULL, "count"), 0);
    assert_true(isnan(figure(root, NULL, "rate_hertz")));
    assert_int_equal(figure(root, "gap_ns", "count"), 0);
    json_decref(root);
    arrivals_free(&arrivals);
}

static void test_bursts_and_random_arrivals(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 60000 * MS);
    /* Ten at once every 10 ms: of ten bins one has 10. */
    for (int64_t i = 0; i < 10000; i++)
        arrivals_add(&arrivals, 5000 * MS + i / 10 * 10 * MS + MS / 2);
    json_t *root = tell(&arrivals);
    assert_true(fabs(figure(root, "per_1ms", "mean") - 1) < 0.01);
    assert_true(fabs(figure(root, "per_1ms", "dispersion") - 9) < 0.05);
    assert_true(figure(root, "per_10ms", "dispersion") == 0);
    json_decref(root);
    arrivals_reset(&arrivals);
    /* A Poisson process of 2 a ms. */
    struct scope_random random;
    scope_random_seed(&random, 3);
    double at = 1e9;
    for (int i = 0; i < 100000; i++) {
        at += -5e5 * log(scope_random_unit(&random));
        arrivals_add(&arrivals, (int64_t)at);
    }
    root = tell(&arrivals);
    assert_true(fabs(figure(root, "per_1ms", "dispersion") - 1) < 0.03);
    assert_true(fabs(figure(root, "per_10ms", "dispersion") - 1) < 0.06);
    assert_true(fabs(figure(root, "gap_ns", "p50") / 5e5 / log(2) - 1) < 0.02);
    json_decref(root);
    arrivals_free(&arrivals);
}

static void test_what_is_beyond_the_time_is_counted(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 10 * MS);
    for (int64_t i = 0; i < 20; i++)
        arrivals_add(&arrivals, 5000 * MS + i * MS);
    /* Another thread's, a little before the first one's. */
    arrivals_add(&arrivals, 4999 * MS + 1);
    json_t *root = tell(&arrivals);
    assert_int_equal(figure(root, NULL, "count"), 12);
    assert_int_equal(figure(root, NULL, "unrecorded"), 9);
    json_decref(root);
    arrivals_free(&arrivals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_are_lists_of_wishes),
        cmocka_unit_test(test_wishes_that_are_refused),
        cmocka_unit_test(test_words_and_faults),
        cmocka_unit_test(test_headers_come_after_the_path),
        cmocka_unit_test(test_draws_have_their_distribution),
        cmocka_unit_test(test_draws_repeat_with_the_seed),
        cmocka_unit_test(test_delays_that_make_no_sense),
        cmocka_unit_test(test_even_arrivals),
        cmocka_unit_test(test_bursts_and_random_arrivals),
        cmocka_unit_test(test_what_is_beyond_the_time_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
