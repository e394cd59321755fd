/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Statistics for analyzers. NAN stands for what cannot be computed (the mean
 * of nothing, the deviation of one value). Inputs hold finite values only,
 * unless a function says otherwise.
 */
#ifndef SCOPE_STATS_H
#define SCOPE_STATS_H

#include <scope/err.h>
#include <stddef.h>
#include <stdint.h>

struct scope_summary {
    size_t count;
    double mean, sd; /* sd: of the sample, n - 1 */
    double min, max;
    double low, high;   /* 95 % interval of the mean, see scope_mean_interval */
    double independent; /* effective sample size behind the interval */
};

/* x is not changed. */
SCOPE_API void scope_summarize(const double *x, size_t count,
                               struct scope_summary *summary);

/*
 * A two-sided interval of the mean of a stationary, possibly autocorrelated
 * series at the given level (0.95): Student's t over the effective sample
 * size. Source and calibration are with the implementation. Returns the
 * effective sample size; low and high are NAN when it cannot be had.
 */
SCOPE_API double scope_mean_interval(const double *x, size_t count,
                                     double level, double *low, double *high);

/*
 * Exact quantiles by selection, Hyndman and Fan's type 7 (the default of R and
 * numpy): at[] holds probabilities in [0, 1], ascending; x is reordered.
 */
SCOPE_API void scope_quantiles(double *x, size_t count, const double *at,
                               size_t quantiles, double *out);

/*
 * A two-sided 95 % interval of a share that so many things, drawn by chance,
 * showed: the score interval (Wilson, 1927). NAN when nothing was drawn.
 */
SCOPE_API void scope_share_interval(double share, uint64_t drawn, double *low,
                                    double *high);

/*
 * The standard error of count * each - other * other_each, if both counts are
 * of events that come by chance (Poisson) at one rate, which is taken from
 * both: the score test of equal rates. NAN where nothing was counted.
 */
SCOPE_API double scope_counts_error(uint64_t count, double each, uint64_t other,
                                    double other_each);

#endif
