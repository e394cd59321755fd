/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interval of a mean when neighbours resemble each other. The variance of
 * the mean is the sum of the autocovariances over n, cut where Geyer's initial
 * monotone sequence ends (Practical Markov chain Monte Carlo, Statistical
 * Science 7(4), 1992, section 3.3): sums of two neighbouring autocovariances
 * are positive and falling for a reversible chain, so the first one that is
 * not is noise. Series longer than a few thousand are replaced by the means of
 * equal batches first, which have the same variance of the mean.
 *
 * The effective sample size is the series' variance over that of its mean, at
 * most n: alternating neighbours are not credited. Measured over 2000 series of
 * 1000 values (tests/unit/stats.c): 95 % intervals hold the mean of AR(1) noise
 * with phi = 0.5 in 95.2 % (normal) and 94.7 % (log-normal) of them. Of 20
 * values they do so in only 88 % and 76 %: too few to see how they depend.
 */
#include "lib/stats/moments.h"
#include "lib/stats/student.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <stdlib.h>

enum {
    BATCHES = 4096, /* at least so many, at most twice that */
};

/* Deviations from the mean, of single values or of batches: *batch values
 * each, *used of them. To free(). */
static double *deviations(const double *x, size_t count, double mean,
                          size_t *batch, size_t *used)
{
    *batch = count / BATCHES > 1 ? count / BATCHES : 1;
    *used = count / *batch;
    double *d = scope_alloc(*used, sizeof *d);
    for (size_t i = 0; i < *used; i++) {
        for (size_t j = 0; j < *batch; j++)
            d[i] += x[i * *batch + j] - mean;
        d[i] /= (double)*batch;
    }
    return d;
}

static double autocovariance(const double *d, size_t count, size_t lag)
{
    double sum[2] = {0};
    for (size_t i = 0; i + lag < count; i++)
        sum[i % 2] += d[i] * d[i + lag];
    return (sum[0] + sum[1]) / (double)count;
}

/* The sum of all autocovariances, both sides: n times the variance of the
 * mean of d. */
static double long_run_variance(const double *d, size_t count)
{
    double zero = autocovariance(d, count, 0);
    double total = -zero;
    double last = INFINITY;
    for (size_t lag = 0; lag + 1 < count; lag += 2) {
        double even = lag ? autocovariance(d, count, lag) : zero;
        double pair = even + autocovariance(d, count, lag + 1);
        if (!(pair > 0))
            break;
        if (pair > last)
            pair = last;
        total += 2 * pair;
        last = pair;
    }
    return total;
}

double scope_mean_interval(const double *x, size_t count, double level,
                           double *low, double *high)
{
    *low = *high = NAN;
    if (count < 2)
        return (double)count;
    struct scope_moments moments = scope_moments(x, count);
    double variance = scope_moments_variance(&moments);
    double n = moments.count, mean = moments.mean;
    if (!(variance > 0)) {
        *low = *high = mean;
        return n;
    }
    size_t batch, used;
    double *d = deviations(x, count, mean, &batch, &used);
    double of_mean = long_run_variance(d, used) / (double)used;
    free(d);
    double independent = of_mean > 0 ? fmin(variance / of_mean, n) : n;
    if (independent >= 2) {
        double half = scope_student_factor(level, independent - 1) *
                      sqrt(variance / independent);
        *low = mean - half;
        *high = mean + half;
    }
    return independent;
}
