/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mean and squared deviations in one pass over memory: blocks small enough for
 * the first-level cache are summed around their own mean (Chan, Golub and
 * LeVeque's corrected two-pass algorithm, The American Statistician 37(3),
 * 1983) and joined by the same authors' updating formula, so nothing cancels
 * whatever the offset.
 */
#ifndef LIB_STATS_MOMENTS_H
#define LIB_STATS_MOMENTS_H

#include <stddef.h>

struct scope_moments {
    double count, mean;
    double squares;  /* sum of squared deviations from the mean */
    double min, max; /* of nothing: NAN, as the mean */
};

struct scope_moments scope_moments(const double *x, size_t count);

/* Of the sample (n - 1); NAN below two values, 0 exactly when all are equal. */
double scope_moments_variance(const struct scope_moments *moments);

#endif
