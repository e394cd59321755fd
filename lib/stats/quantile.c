/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exact quantiles without sorting: Floyd and Rivest's selection (CACM 18(3),
 * 1975, algorithm 489) at the wanted ranks, the middle one first, so that each
 * further one searches only the part that can hold it.
 */
#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <stdlib.h>

static void swap(double *a, double *b)
{
    double kept = *a;
    *a = *b;
    *b = kept;
}

static int ascending(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Hoare's partition of x[left..right] around the value at x[k], as in the
 * paper; narrows the range to the side that holds rank k. */
static void partition(double *x, size_t k, size_t *left, size_t *right)
{
    size_t i = *left, j = *right;
    double pivot = x[k];
    swap(&x[*left], &x[k]);
    if (x[*right] > pivot)
        swap(&x[*right], &x[*left]);
    while (i < j) {
        swap(&x[i], &x[j]);
        i++;
        j--;
        while (x[i] < pivot)
            i++;
        while (x[j] > pivot)
            j--;
    }
    if (x[*left] == pivot)
        swap(&x[*left], &x[j]);
    else
        swap(&x[++j], &x[*right]);
    if (j <= k)
        *left = j + 1;
    if (k <= j)
        *right = j ? j - 1 : 0;
}

/* Puts the element of rank k of x[left..right] at x[k], with nothing greater
 * before and nothing smaller after it. */
static void select_rank(double *x, size_t left, size_t right, size_t k)
{
    /* Enough for any but hostile orders; those are sorted. */
    for (int rounds = 0; left < right; rounds++) {
        if (rounds == 64) {
            qsort(x + left, right - left + 1, sizeof *x, ascending);
            return;
        }
        if (right - left > 600) {
            /* The sample whose bounds hold rank k with high probability. */
            double n = (double)(right - left + 1);
            double i = (double)(k - left + 1);
            double z = log(n);
            double s = 0.5 * exp(2 * z / 3);
            double sd = 0.5 * sqrt(z * s * (n - s) / n) * (i < n / 2 ? -1 : 1);
            double low = (double)k - i * s / n + sd;
            double high = (double)k + (n - i) * s / n + sd;
            select_rank(x, low > (double)left ? (size_t)low : left,
                        high < (double)right ? (size_t)high : right, k);
        }
        partition(x, k, &left, &right);
        if (k < left || k > right)
            return;
    }
}

/* All ranks of ranks[0..count), ascending, within x[left..right]. */
static void select_ranks(double *x, size_t left, size_t right,
                         const size_t *ranks, size_t count)
{
    if (!count || left >= right)
        return;
    size_t middle = count / 2, k = ranks[middle];
    select_rank(x, left, right, k);
    if (k > left)
        select_ranks(x, left, k - 1, ranks, middle);
    if (k < right)
        select_ranks(x, k + 1, right, ranks + middle + 1, count - middle - 1);
}

/* Where type 7 finds quantile p of count values: the lower rank, and how far
 * towards the next. */
static size_t rank_below(size_t count, double p, double *share)
{
    double h = (double)(count - 1) * p;
    double whole = floor(h);
    *share = h - whole;
    return (size_t)whole;
}

void scope_quantiles(double *x, size_t count, const double *at,
                     size_t quantiles, double *out)
{
    if (!count) {
        for (size_t i = 0; i < quantiles; i++)
            out[i] = NAN;
        return;
    }
    size_t *ranks = scope_alloc(2 * quantiles + 1, sizeof *ranks);
    size_t used = 0;
    double share;
    for (size_t i = 0; i < quantiles; i++) {
        size_t low = rank_below(count, at[i], &share);
        for (size_t rank = low; rank <= low + (share > 0); rank++)
            if (!used || rank > ranks[used - 1])
                ranks[used++] = rank;
    }
    select_ranks(x, 0, count - 1, ranks, used);
    free(ranks);
    for (size_t i = 0; i < quantiles; i++) {
        size_t low = rank_below(count, at[i], &share);
        double a = x[low], b = share > 0 ? x[low + 1] : a;
        out[i] = a == b ? a : (1 - share) * a + share * b;
    }
}
