/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zipf's distribution; the names of the method's functions are its authors'. */
#include "drivers/sql/random.h"

#include <math.h>

/* log1p(x) / x and expm1(x) / x, also where x is next to nothing. */
static double log1p_by(double x)
{
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x * (0.5 - x / 3);
}

static double expm1_by(double x)
{
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x * (0.5 + x / 6);
}

static double h(const struct sql_zipf *zipf, double x)
{
    return exp(-zipf->skew * log(x));
}

/* The integral of h from 1 to x, and its inverse. */
static double h_integral(const struct sql_zipf *zipf, double x)
{
    double log_x = log(x);
    return expm1_by((1 - zipf->skew) * log_x) * log_x;
}

static double h_inverse(const struct sql_zipf *zipf, double x)
{
    double t = x * (1 - zipf->skew);
    return exp(log1p_by(t < -1 ? -1 : t) * x);
}

void sql_zipf_init(struct sql_zipf *zipf, uint64_t count, double skew)
{
    *zipf = (struct sql_zipf){.count = count, .skew = skew};
    zipf->first = h_integral(zipf, 1.5) - 1;
    zipf->last = h_integral(zipf, (double)count + 0.5);
    zipf->shift = 2 - h_inverse(zipf, h_integral(zipf, 2.5) - h(zipf, 2));
}

uint64_t sql_zipf_draw(const struct sql_zipf *zipf, struct sql_random *random)
{
    for (;;) {
        double u =
            zipf->last + sql_random_unit(random) * (zipf->first - zipf->last);
        double x = h_inverse(zipf, u);
        double k = floor(x + 0.5);
        if (k < 1)
            k = 1;
        if (k > (double)zipf->count)
            k = (double)zipf->count;
        if (k - x <= zipf->shift || u >= h_integral(zipf, k + 0.5) - h(zipf, k))
            return (uint64_t)k;
    }
}
