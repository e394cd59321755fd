/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance in the difference of two counts. */
#include <math.h>
#include <scope/stats.h>

double scope_counts_error(uint64_t count, double each, uint64_t other,
                          double other_each)
{
    double both = (double)count + (double)other;
    if (!(both > 0 && each > 0 && other_each > 0))
        return NAN;
    /* Counts of one rate have it times their exposure, 1/each, as variance. */
    double rate = both / (1 / each + 1 / other_each);
    return sqrt(rate * (each + other_each));
}
