/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Statistics against published values, other programs and naive code. */
#include "lib/stats/student.h"
#include "tests/unit/unit.h"

#include <float.h>
#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <stdbool.h>

/* xorshift64 (Marsaglia 2003), so that every run sees the same numbers. */
static uint64_t seed;

static double uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

static void is_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.17g is not within %g of %.17g", got, tolerance, expected);
}

/* Student's factors as printed in tables (Abramowitz and Stegun 26.10). */
static void student_factors_match_the_tables(void **state)
{
    (void)state;
    is_near(scope_student_factor(0.95, 1), 12.706, 5e-4);
    is_near(scope_student_factor(0.95, 10), 2.228, 5e-4);
    is_near(scope_student_factor(0.99, 30), 2.750, 5e-4);
    is_near(scope_student_factor(0.95, 1e9), 1.960, 5e-4);
    assert_true(isnan(scope_student_factor(0.95, 0)));
    assert_true(isnan(scope_student_factor(1, 5)));
}

/*
 * NIST's Statistical Reference Datasets, univariate: NumAcc1 to NumAcc4 with
 * their certified means and deviations, hard because of their offsets.
 */
static void moments_match_the_reference_datasets(void **state)
{
    (void)state;
    struct scope_summary s;
    scope_summarize((double[]){10000001, 10000003, 10000002}, 3, &s);
    is_near(s.mean, 10000002, 0);
    is_near(s.sd, 1, 0);
    const double offsets[] = {1, 1e6, 1e7};
    const double tolerances[] = {1e-15, 2e-10, 2e-9};
    for (size_t set = 0; set < 3; set++) {
        double x[1001];
        x[0] = offsets[set] + 0.2;
        for (size_t i = 1; i < 1001; i++)
            x[i] = offsets[set] + (i % 2 ? 0.1 : 0.3);
        scope_summarize(x, 1001, &s);
        is_near(s.mean, offsets[set] + 0.2, 4 * DBL_EPSILON * offsets[set]);
        is_near(s.sd, 0.1, tolerances[set]);
        is_near(s.min, offsets[set] + 0.1, 0);
        is_near(s.max, offsets[set] + 0.3, 0);
    }
}

static void moments_match_sums_in_more_digits(void **state)
{
    (void)state;
    seed = 11;
    size_t count = 100003; /* no multiple of anything */
    double *x = scope_alloc(count, sizeof *x);
    long double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] = 1e9 + 1e3 * normal();
    long double mean = sum / (long double)count;
    for (size_t i = 0; i < count; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    struct scope_summary s;
    scope_summarize(x, count, &s);
    is_near(s.mean, (double)mean, 1e-6);
    is_near(s.sd, sqrt((double)(squares / (long double)(count - 1))), 1e-9);
    free(x);
}

static void few_values_give_what_can_be_had(void **state)
{
    (void)state;
    struct scope_summary s;
    scope_summarize(NULL, 0, &s);
    assert_int_equal(s.count, 0);
    assert_true(isnan(s.mean) && isnan(s.sd) && isnan(s.min) && isnan(s.max));
    assert_true(isnan(s.low) && isnan(s.high));
    is_near(s.independent, 0, 0);

    scope_summarize((double[]){7}, 1, &s);
    is_near(s.mean, 7, 0);
    assert_true(isnan(s.sd) && isnan(s.low) && isnan(s.high));

    /* R: t.test(c(0, 1))$conf.int is -5.853102 6.853102 */
    scope_summarize((double[]){0, 1}, 2, &s);
    is_near(s.low, -5.853102, 1e-6);
    is_near(s.high, 6.853102, 1e-6);

    scope_summarize((double[]){0.1, 0.1, 0.1}, 3, &s);
    is_near(s.mean, 0.1, 0);
    is_near(s.sd, 0, 0);
    is_near(s.low, 0.1, 0);
    is_near(s.high, 0.1, 0);
}

static void a_trend_has_no_interval(void **state)
{
    (void)state;
    double x[1000], low, high;
    for (int i = 0; i < 1000; i++)
        x[i] = i;
    assert_true(scope_mean_interval(x, 1000, 0.95, &low, &high) < 4);
    /* Whatever is said must be said widely. */
    assert_true(isnan(low) || (low < 300 && high > 700));
}

/* The share of 95 % intervals that hold the mean of AR(1) noise, phi = 0.5. */
static double coverage(int runs, bool lognormal)
{
    enum {
        COUNT = 1000,
    };
    double x[COUNT], low, high;
    double truth = lognormal ? exp(0.5) : 0;
    double unit = sqrt(1 - 0.5 * 0.5);
    int hits = 0;
    for (int run = 0; run < runs; run++) {
        double v = normal() / unit;
        for (size_t i = 0; i < COUNT; i++) {
            v = 0.5 * v + normal();
            x[i] = lognormal ? exp(v * unit) : v;
        }
        scope_mean_interval(x, COUNT, 0.95, &low, &high);
        hits += low <= truth && truth <= high;
    }
    return (double)hits / runs;
}

static void intervals_cover_what_they_say(void **state)
{
    (void)state;
    seed = 2024;
    double share = coverage(2000, false);
    print_message("normal: %.2f %%\n", 100 * share);
    assert_true(share >= 0.93 && share <= 0.97);
    share = coverage(2000, true);
    print_message("log-normal: %.2f %%\n", 100 * share);
    assert_true(share >= 0.93 && share <= 0.97);
}

/* Independent values of AR(1): n (1 - phi) / (1 + phi). */
static void effective_size_is_that_of_the_process(void **state)
{
    (void)state;
    seed = 5;
    size_t count = 100000; /* beyond what is batched */
    double *x = scope_alloc(count, sizeof *x), low, high, v = 0;
    for (size_t i = 0; i < count; i++)
        x[i] = v = 0.5 * v + normal();
    double independent = scope_mean_interval(x, count, 0.95, &low, &high);
    is_near(independent, 100000.0 / 3, 100000.0 / 3 * 0.1);
    free(x);
}

static void quantiles_match_r_and_python(void **state)
{
    (void)state;
    /* R: quantile(1:10, c(0, .25, .5, .75, 1)) is 1 3.25 5.5 7.75 10 */
    double x[] = {9, 2, 7, 10, 1, 5, 3, 8, 4, 6};
    double out[5];
    scope_quantiles(x, 10, (double[]){0, 0.25, 0.5, 0.75, 1}, 5, out);
    const double expected[] = {1, 3.25, 5.5, 7.75, 10};
    for (int i = 0; i < 5; i++)
        is_near(out[i], expected[i], 0);
    /* Python: statistics.quantiles([10, 7, 4, 3, 2, 1, 12.5], n=10,
     * method='inclusive') is 1.6 2.2 2.8 3.4 4.0 5.8 7.6 9.4 11.0 */
    double y[] = {10, 7, 4, 3, 2, 1, 12.5};
    double deciles[9], at[9];
    for (int i = 0; i < 9; i++)
        at[i] = (i + 1) / 10.0;
    scope_quantiles(y, 7, at, 9, deciles);
    const double python[] = {1.6, 2.2, 2.8, 3.4, 4.0, 5.8, 7.6, 9.4, 11.0};
    for (int i = 0; i < 9; i++)
        is_near(deciles[i], python[i], 1e-12);
}

static void quantiles_of_few_values(void **state)
{
    (void)state;
    double out[2];
    scope_quantiles(NULL, 0, (double[]){0.5, 0.9}, 2, out);
    assert_true(isnan(out[0]) && isnan(out[1]));
    scope_quantiles((double[]){3}, 1, (double[]){0, 1}, 2, out);
    is_near(out[0], 3, 0);
    is_near(out[1], 3, 0);
    scope_quantiles((double[]){4, 3}, 2, (double[]){0.5, 0.75}, 2, out);
    is_near(out[0], 3.5, 0);
    is_near(out[1], 3.75, 0);
    /* Neighbours whose difference is beyond a double. */
    scope_quantiles((double[]){DBL_MAX, -DBL_MAX}, 2, (double[]){0.5}, 1, out);
    is_near(out[0], 0, 0);
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Orders that defeat naive selection: ties, sorted, reversed, organ pipe. */
static double shaped(int shape, size_t i, size_t count)
{
    switch (shape) {
    case 0:
        return normal();
    case 1:
        return floor(uniform() * 3);
    case 2:
        return (double)i;
    case 3:
        return -(double)i;
    case 4:
        return i < count / 2 ? (double)i : (double)(count - i);
    default:
        return i % 2 ? (double)i : -(double)i;
    }
}

static void quantiles_match_a_sort(void **state)
{
    (void)state;
    seed = 99;
    const double at[] = {0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1};
    enum {
        AT = sizeof at / sizeof *at,
    };
    const size_t counts[] = {1, 2, 3, 10, 599, 601, 602, 5000, 40009};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int shape = 0; shape < 6; shape++) {
            size_t count = counts[c];
            double *x = scope_alloc(count, sizeof *x);
            double *sorted = scope_alloc(count, sizeof *sorted);
            for (size_t i = 0; i < count; i++)
                sorted[i] = x[i] = shaped(shape, i, count);
            qsort(sorted, count, sizeof *sorted, ascending);
            double out[AT];
            scope_quantiles(x, count, at, AT, out);
            for (size_t i = 0; i < AT; i++) {
                double h = (double)(count - 1) * at[i];
                size_t low = (size_t)h;
                size_t high = low + 1 < count ? low + 1 : low;
                double expected =
                    sorted[low] +
                    (h - (double)low) * (sorted[high] - sorted[low]);
                is_near(out[i], expected, 1e-9);
            }
            /* Only the order changed. */
            qsort(x, count, sizeof *x, ascending);
            assert_memory_equal(x, sorted, count * sizeof *x);
            free(x);
            free(sorted);
        }
}

/* A draw of Poisson's distribution, Knuth's way. */
static uint64_t draw_count(double mean)
{
    double least = exp(-mean);
    uint64_t count = 0;
    for (double product = uniform(); product > least; product *= uniform())
        count++;
    return count;
}

/* Of two counts of one rate, one in twenty-two differs by more than two
 * standard errors (4.55 %), also where their exposures differ. */
static void counts_of_one_rate_differ_by_chance(void **state)
{
    (void)state;
    enum {
        TRIES = 20000,
    };
    static const double means[][2] = {{20, 20}, {60, 30}, {5, 50}, {300, 300}};
    seed = 7;
    for (size_t m = 0; m < sizeof means / sizeof *means; m++) {
        size_t beyond = 0;
        double each = 1 / means[m][0], other_each = 1 / means[m][1];
        for (int i = 0; i < TRIES; i++) {
            uint64_t count = draw_count(means[m][0]);
            uint64_t other = draw_count(means[m][1]);
            double error = scope_counts_error(count, each, other, other_each);
            double difference =
                (double)count * each - (double)other * other_each;
            beyond += fabs(difference) > 2 * error;
        }
        assert_in_range(beyond, TRIES * 30 / 1000, TRIES * 60 / 1000);
    }
    is_near(scope_counts_error(140, 1, 200, 0.5), sqrt(170), 1e-12);
    assert_true(isnan(scope_counts_error(0, 1, 0, 1)));
    assert_true(isnan(scope_counts_error(1, 1, 1, 0)));
    assert_true(isnan(scope_counts_error(1, NAN, 1, 1)));
}

/* R. G. Newcombe, "Two-sided confidence intervals for the single proportion",
 * Statistics in Medicine 17 (1998), table I, method 3. */
static void shares_have_the_published_intervals(void **state)
{
    (void)state;
    static const struct {
        double count, low, high;
        uint64_t drawn;
    } cases[] = {
        {81, 0.2553, 0.3662, 263}, {15, 0.0624, 0.1605, 148},
        {0, 0, 0.1611, 20},        {1, 0.0061, 0.1718, 29},
        {29, 0.8830, 1, 29},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double low, high;
        scope_share_interval(cases[i].count / (double)cases[i].drawn,
                             cases[i].drawn, &low, &high);
        assert_true(fabs(low - cases[i].low) < 5.1e-5);
        assert_true(fabs(high - cases[i].high) < 5.1e-5);
    }
    double low, high;
    scope_share_interval(0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
    scope_share_interval(NAN, 5, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(student_factors_match_the_tables),
        cmocka_unit_test(moments_match_the_reference_datasets),
        cmocka_unit_test(moments_match_sums_in_more_digits),
        cmocka_unit_test(few_values_give_what_can_be_had),
        cmocka_unit_test(a_trend_has_no_interval),
        cmocka_unit_test(intervals_cover_what_they_say),
        cmocka_unit_test(effective_size_is_that_of_the_process),
        cmocka_unit_test(quantiles_match_r_and_python),
        cmocka_unit_test(quantiles_of_few_values),
        cmocka_unit_test(quantiles_match_a_sort),
        cmocka_unit_test(counts_of_one_rate_differ_by_chance),
        cmocka_unit_test(shares_have_the_published_intervals),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
