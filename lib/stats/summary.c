/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a series in one row. */
#include "lib/stats/moments.h"

#include <math.h>
#include <scope/stats.h>

void scope_summarize(const double *x, size_t count,
                     struct scope_summary *summary)
{
    struct scope_moments moments = scope_moments(x, count);
    *summary = (struct scope_summary){
        .count = count,
        .mean = moments.mean,
        .sd = sqrt(scope_moments_variance(&moments)),
        .min = moments.min,
        .max = moments.max,
    };
    summary->independent =
        scope_mean_interval(x, count, 0.95, &summary->low, &summary->high);
}
