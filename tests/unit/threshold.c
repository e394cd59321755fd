/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds: what they may say, where a mistake in one lies, and that what
 * cannot be told is not taken for met. */
#include "tests/unit/unit.h"

#include "src/threshold.h"

#include <math.h>
#include <stdio.h>

#define MS INT64_C(1000000)

static struct threshold read_one(const char *text, struct thresholds *all)
{
    struct scope_list list = {.count = 1, .items = &text};
    struct scope_err err = {0};
    if (thresholds_read(&list, "threshold", all, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    return all->items[0];
}

static void texts_become_figures_relations_and_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct threshold is;
    } cases[] = {
        {"p99<5ms",
         {.figure = THRESHOLD_QUANTILE,
          .timing = SCOPE_TIMING_LATENCY,
          .quantile = 0.99,
          .relation = THRESHOLD_LESS,
          .limit = 5e6}},
        {"service.p99.9<=1s",
         {.figure = THRESHOLD_QUANTILE,
          .timing = SCOPE_TIMING_SERVICE,
          .quantile = 0.999,
          .relation = THRESHOLD_AT_MOST,
          .limit = 1e9}},
        {"delay.max<2us",
         {.figure = THRESHOLD_MAX,
          .timing = SCOPE_TIMING_DELAY,
          .relation = THRESHOLD_LESS,
          .limit = 2e3}},
        {"errors<0.1%",
         {.figure = THRESHOLD_ERRORS,
          .relation = THRESHOLD_LESS,
          .limit = 0.001}},
        {"achieved>99%",
         {.figure = THRESHOLD_ACHIEVED,
          .relation = THRESHOLD_MORE,
          .limit = 0.99}},
        {"rate>=10k",
         {.figure = THRESHOLD_RATE,
          .relation = THRESHOLD_AT_LEAST,
          .limit = 10000}},
        {"mean<1ms",
         {.figure = THRESHOLD_MEAN, .relation = THRESHOLD_LESS, .limit = 1e6}},
        {"cpu<60%",
         {.figure = THRESHOLD_CPU, .relation = THRESHOLD_LESS, .limit = 0.6}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct thresholds all;
        struct threshold got = read_one(cases[i].text, &all);
        assert_string_equal(got.text, cases[i].text);
        assert_int_equal(got.figure, cases[i].is.figure);
        assert_int_equal(got.timing, cases[i].is.timing);
        assert_int_equal(got.relation, cases[i].is.relation);
        assert_true(fabs(got.quantile - cases[i].is.quantile) < 1e-12);
        assert_true(fabs(got.limit - cases[i].is.limit) < 1e-9);
        thresholds_free(&all);
    }
    struct thresholds all;
    struct threshold got = read_one("cpu.sidecar<1.5%", &all);
    assert_string_equal(got.role, "sidecar");
    thresholds_free(&all);
}

static void mistakes_are_shown_where_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error, *hint;
    } cases[] = {
        {"p99.9", "column 6: a relation is expected here",
         "write <, <=, > or >=, as in p99.9<VALUE"},
        {"p99=5ms", "column 4: a relation is expected here", NULL},
        {"<5ms", "column 1: a figure is missing", NULL},
        {"p99<", "column 5: a value is missing", NULL},
        {"p99<5", "column 5: '5' is a duration without a unit", NULL},
        {"p99<5parsecs", "column 5: '5parsecs' is not a duration", NULL},
        {"p999<5ms", "column 1: 'p999' is not between p0 and p100",
         "did you mean p99.9?"},
        {"service.p100<5ms", "column 9: 'p100' is not between p0 and p100",
         "did you mean max?"},
        {"p9x<5ms", "column 1: 'p9x' is not a percentile", NULL},
        {"erors<1%", "column 1: unknown figure 'erors'",
         "did you mean errors?"},
        {"service.errors<1%", "column 9: unknown figure 'errors'", NULL},
        {"errors<1", "column 8: '1' is not a share",
         "write it with %: 1% or 0.01"},
        {"rate>fast", "column 6: 'fast' is not a rate", NULL},
        {"", "column 1: a figure is missing", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scope_list list = {.count = 1, .items = &cases[i].text};
        struct scope_err err = {0};
        struct thresholds all;
        char wanted[256];
        snprintf(wanted, sizeof wanted, "--stop-if '%s': %s", cases[i].text,
                 cases[i].error);
        assert_int_equal(thresholds_read(&list, "stop-if", &all, &err),
                         SCOPE_USAGE);
        if (strncmp(err.text, wanted, strlen(wanted)) != 0)
            fail_msg("%s instead of %s", err.text, wanted);
        if (cases[i].hint)
            assert_string_equal(err.hint, cases[i].hint);
        thresholds_free(&all);
    }
}

/* 1000 requests of 1 to 1000 ms, 1 % of them failed. */
static struct scope_outcome make(uint64_t requests)
{
    struct scope_outcome outcome = {.driven = true,
                                    .seconds = 10,
                                    .requests = (double)requests,
                                    .errors = (double)requests / 100,
                                    .intended = (double)requests * 2,
                                    .outstanding_most = 7};
    struct scope_hist *hist = &outcome.timing[SCOPE_TIMING_LATENCY];
    assert_int_equal(scope_hist_init(hist, 1, 3600000 * MS, 3, NULL), SCOPE_OK);
    for (uint64_t i = 1; i <= requests; i++)
        scope_hist_record(hist, (int64_t)i * MS, 1);
    return outcome;
}

static enum threshold_result judge(const char *text, uint64_t requests,
                                   const char *reason)
{
    struct thresholds all;
    struct threshold threshold = read_one(text, &all);
    struct scope_outcome outcome = make(requests);
    struct threshold_finding finding;
    threshold_judge(&threshold, &outcome, NAN, &finding);
    if (reason)
        assert_string_equal(finding.reason, reason);
    scope_outcome_free(&outcome);
    thresholds_free(&all);
    return finding.result;
}

static void what_is_told_is_met_or_missed(void **state)
{
    (void)state;
    assert_int_equal(judge("p50<501ms", 1000, NULL), THRESHOLD_MET);
    assert_int_equal(judge("p50<499ms", 1000, "it was 500.2 ms"),
                     THRESHOLD_MISSED);
    assert_int_equal(judge("errors<=1%", 1000, NULL), THRESHOLD_MET);
    assert_int_equal(judge("errors<0.9%", 1000, "it was 0.9901 %"),
                     THRESHOLD_MISSED);
    assert_int_equal(judge("achieved>49%", 1000, NULL), THRESHOLD_MET);
    assert_int_equal(judge("rate>100", 1000, NULL), THRESHOLD_MISSED);
    assert_int_equal(judge("rate>=100", 1000, NULL), THRESHOLD_MET);
    assert_int_equal(judge("outstanding<7", 1000, NULL), THRESHOLD_MISSED);
    assert_int_equal(judge("max<2s", 1000, NULL), THRESHOLD_MET);
}

static void what_is_not_told_is_not_met(void **state)
{
    (void)state;
    assert_int_equal(
        judge("p99<10s", 999, "1000 values tell p99, there were 999"),
        THRESHOLD_UNDECIDED);
    assert_int_equal(judge("p99<10s", 1000, NULL), THRESHOLD_MET);
    assert_int_equal(judge("p99.9<10s", 9999, NULL), THRESHOLD_UNDECIDED);
    assert_int_equal(judge("service.max<1s", 10, "no service was recorded"),
                     THRESHOLD_UNDECIDED);
    assert_int_equal(
        judge("cpu<50%", 10, "no CPU time of a target was recorded"),
        THRESHOLD_UNDECIDED);
    assert_int_equal(judge("errors<1%", 0, "nothing was answered or tried"),
                     THRESHOLD_UNDECIDED);
    assert_int_equal(judge("achieved>1%", 0, "a closed loop intends no rate"),
                     THRESHOLD_UNDECIDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_figures_relations_and_limits),
        cmocka_unit_test(mistakes_are_shown_where_they_are),
        cmocka_unit_test(what_is_told_is_met_or_missed),
        cmocka_unit_test(what_is_not_told_is_not_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
