/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean and squared deviations in one pass over memory. */
#include "lib/stats/moments.h"

#include <math.h>

enum {
    BLOCK = 512,
};

/* Four sums at a time: one would wait for itself. */
static struct scope_moments of_block(const double *x, size_t count)
{
    double s[4] = {0}, d[4] = {0}, q[4] = {0};
    for (size_t i = 0; i < count; i++)
        s[i % 4] += x[i];
    double n = (double)count;
    double mean = (s[0] + s[1] + s[2] + s[3]) / n;
    double min = x[0], max = x[0];
    for (size_t i = 0; i < count; i++) {
        double off = x[i] - mean;
        d[i % 4] += off;
        q[i % 4] += off * off;
        min = x[i] < min ? x[i] : min;
        max = x[i] > max ? x[i] : max;
    }
    double drift = d[0] + d[1] + d[2] + d[3];
    return (struct scope_moments){
        .count = n,
        .mean = mean + drift / n,
        .squares = q[0] + q[1] + q[2] + q[3] - drift * drift / n,
        .min = min,
        .max = max,
    };
}

static struct scope_moments join(struct scope_moments a, struct scope_moments b)
{
    double n = a.count + b.count;
    double apart = b.mean - a.mean;
    return (struct scope_moments){
        .count = n,
        .mean = a.mean + apart * (b.count / n),
        .squares =
            a.squares + b.squares + apart * apart * a.count * (b.count / n),
        .min = fmin(a.min, b.min),
        .max = fmax(a.max, b.max),
    };
}

struct scope_moments scope_moments(const double *x, size_t count)
{
    if (!count)
        return (struct scope_moments){.mean = NAN, .min = NAN, .max = NAN};
    size_t length = count < BLOCK ? count : BLOCK;
    struct scope_moments all = of_block(x, length);
    for (size_t from = length; from < count; from += length) {
        length = count - from < BLOCK ? count - from : BLOCK;
        all = join(all, of_block(x + from, length));
    }
    /* Rounding must not put the mean of equal values beside them. */
    all.mean = fmin(fmax(all.mean, all.min), all.max);
    return all;
}

double scope_moments_variance(const struct scope_moments *moments)
{
    if (moments->count < 2)
        return NAN;
    if (moments->min == moments->max)
        return 0;
    return fmax(moments->squares, 0) / (moments->count - 1);
}
