/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A load while it runs, told sweep by sweep: what the progress line says of the
 * last second, and when a rule ends a trial. */
#include "tests/unit/unit.h"

#include "src/live.h"

#include <math.h>
#include <stdlib.h>

#define S INT64_C(1000000000)
#define MS INT64_C(1000000)

static const struct scope_metric requests = {
    .name = "requests", .semantics = SCOPE_COUNTER, .value = SCOPE_U64};
static const struct scope_metric errors = {
    .name = "errors", .semantics = SCOPE_COUNTER, .value = SCOPE_U64};
static const struct scope_metric outstanding = {
    .name = "outstanding", .semantics = SCOPE_GAUGE, .value = SCOPE_U64};
static const struct scope_metric latency = {
    .name = "latency", .semantics = SCOPE_HISTOGRAM, .value = SCOPE_HIST};

/* Columns: requests, errors of two kinds, outstanding, latency. */
static void declare(struct live *live, size_t driver)
{
    live_series(live, driver, 0, &requests, 0, "");
    live_series(live, driver, 1, &errors, 0, "refused");
    live_series(live, driver, 2, &errors, 0, "reset");
    live_series(live, driver, 3, &outstanding, 0, "");
    live_series(live, driver, 4, &latency, 0, "");
}

/* A sweep with these sums so far, and so many latencies of that length. */
static bool sweep(struct live *live, size_t driver, int64_t time_ns,
                  uint64_t answered, uint64_t failed, uint64_t times,
                  int64_t length_ns)
{
    const uint64_t values[] = {answered, failed / 2, failed - failed / 2, 7};
    const uint64_t present[] = {0xf};
    if (times) {
        struct scope_hist hist;
        size_t size;
        assert_int_equal(scope_hist_init(&hist, 1, 3600 * S, 3, NULL),
                         SCOPE_OK);
        scope_hist_record(&hist, length_ns, times);
        uint8_t *bytes = scope_hist_encode(&hist, &size);
        live_hist(live, driver, 4, bytes, size);
        free(bytes);
        scope_hist_free(&hist);
    }
    return live_sweep(live, driver, time_ns, values, present, 4);
}

static struct thresholds read_rule(const char *text)
{
    struct scope_list list = {.count = 1, .items = &text};
    struct thresholds rules;
    assert_int_equal(thresholds_read(&list, "stop-if", &rules, NULL), SCOPE_OK);
    return rules;
}

static void figures_are_of_the_last_step(void **state)
{
    (void)state;
    struct live *live = live_new(NULL, 2);
    declare(live, 0);
    declare(live, 1);
    assert_false(live_figures(live).known);
    sweep(live, 0, 10 * S, 0, 0, 0, 0);
    sweep(live, 1, 10 * S, 0, 0, 0, 0);
    sweep(live, 0, 11 * S, 500, 0, 500, 5 * MS);
    sweep(live, 1, 12 * S, 400, 6, 400, 5 * MS); /* 200 a second */
    sweep(live, 0, 12 * S, 1500, 4, 1000, MS);
    struct live_figures figures = live_figures(live);
    assert_true(figures.known);
    assert_true(figures.rate == 1200);
    assert_true(figures.requests == 1900);
    assert_true(figures.errors == 10);
    assert_true(figures.outstanding == 14);
    /* 1000 of 1 ms and 400 of 5 ms, and no more those of before. */
    assert_true(fabs(figures.p50 - 1e6) < 1e4);
    assert_true(fabs(figures.p99 - 5e6) < 1e4);
    live_free(live);
}

static void a_rule_holds_of_a_second_in_the_window(void **state)
{
    (void)state;
    struct thresholds rules = read_rule("errors>5%");
    struct live *live = live_new(&rules, 1);
    char reason[256];
    declare(live, 0);
    assert_false(sweep(live, 0, 10 * S, 0, 0, 0, 0));
    assert_false(sweep(live, 0, 11 * S, 100, 100, 0, 0)); /* warm-up */
    live_window(live, 11 * S);
    assert_false(sweep(live, 0, 12 * S, 1100, 100, 0, 0));
    assert_false(sweep(live, 0, 13 * S, 2100, 150, 0, 0)); /* 4.8 % */
    live_stop(live, reason, sizeof reason);
    assert_string_equal(reason, "");
    assert_true(sweep(live, 0, 14 * S, 3000, 250, 0, 0)); /* 10 % */
    live_stop(live, reason, sizeof reason);
    assert_string_equal(reason, "errors>5%: it was 10.00 % in 1.0 s");
    live_free(live);
    thresholds_free(&rules);
}

/* 400 requests a second tell a p99 in three seconds, not in one. */
static void a_rule_waits_until_it_can_tell(void **state)
{
    (void)state;
    struct thresholds rules = read_rule("p99>10ms");
    struct live *live = live_new(&rules, 1);
    char reason[256];
    declare(live, 0);
    live_window(live, 10 * S);
    assert_false(sweep(live, 0, 10 * S, 0, 0, 0, 0));
    assert_false(sweep(live, 0, 11 * S, 400, 0, 400, 20 * MS));
    assert_false(sweep(live, 0, 12 * S, 800, 0, 400, 20 * MS));
    assert_true(sweep(live, 0, 13 * S, 1200, 0, 400, 20 * MS));
    live_stop(live, reason, sizeof reason);
    assert_true(strstr(reason, "p99>10ms: it was 20.0") == reason);
    assert_true(strstr(reason, " in 3.0 s") != NULL);
    live_free(live);
    /* What it could tell is done with: slow ones do not add up over time. */
    live = live_new(&rules, 1);
    declare(live, 0);
    live_window(live, 10 * S);
    assert_false(sweep(live, 0, 10 * S, 0, 0, 0, 0));
    for (int i = 1; i <= 20; i++)
        assert_false(
            sweep(live, 0, (10 + i) * S, (uint64_t)i * 1000, 0, 1000, 5 * MS));
    live_free(live);
    thresholds_free(&rules);
}

/* What a driver sends is not trusted: columns out of order, bytes that are no
 * histogram, columns that were never declared. */
static void nonsense_is_passed_over(void **state)
{
    (void)state;
    struct thresholds rules = read_rule("errors>5%");
    struct live *live = live_new(&rules, 1);
    live_series(live, 0, 7, &requests, 0, "");
    live_hist(live, 0, 4, (const uint8_t *)"nonsense", 8);
    const uint64_t values[] = {1, 2, 3};
    const uint64_t present[] = {7};
    assert_false(live_sweep(live, 0, S, values, present, 3));
    declare(live, 0);
    live_hist(live, 0, 4, (const uint8_t *)"nonsense", 8);
    live_hist(live, 0, 900, (const uint8_t *)"nonsense", 8);
    assert_false(live_sweep(live, 0, 2 * S, values, present, 1));
    assert_true(live_figures(live).requests == 1);
    live_free(live);
    thresholds_free(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_of_the_last_step),
        cmocka_unit_test(a_rule_holds_of_a_second_in_the_window),
        cmocka_unit_test(a_rule_waits_until_it_can_tell),
        cmocka_unit_test(nonsense_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
