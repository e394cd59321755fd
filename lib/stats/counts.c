/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chance in counts: in a share, and in the difference of two. */
#include <math.h>
#include <scope/stats.h>

void scope_share_interval(double share, uint64_t drawn, double *low,
                          double *high)
{
    static const double z = 1.959963984540054; /* normal, 97.5 % */
    *low = *high = NAN;
    if (!drawn || !(share >= 0 && share <= 1))
        return;
    double n = (double)drawn, z2 = z * z;
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half =
        z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    /* Where the formula gives the end itself, rounding must not miss it. */
    *low = share > 0 ? fmax(centre - half, 0) : 0;
    *high = share < 1 ? fmin(centre + half, 1) : 1;
}

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
