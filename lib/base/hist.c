/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * High dynamic range histograms. Values are counted in buckets that double in
 * width; each is cut into sub-buckets fine enough for the wanted digits. The
 * first bucket uses all its sub-buckets, the others their upper half.
 *
 * Layout, statistics and encoding follow HdrHistogram's AbstractHistogram.java
 * (public domain, http://hdrhistogram.org), whose names are given where a
 * function's arithmetic must be the same.
 */
#include "lib/base/hist_codec.h"

#include <math.h>
#include <scope/alloc.h>
#include <string.h>

/* The first powers of ten, times two: values up to there have a slot each. */
static const int64_t unit_range[] = {0, 20, 200, 2000, 20000, 200000};

static int log2_floor(int64_t value)
{
    return 63 - __builtin_clzll((uint64_t)value);
}

/* How often the sub-buckets must double to reach highest (getBucketsNeeded). */
static size_t buckets_to(int64_t highest, int half_magnitude,
                         int unit_magnitude)
{
    int64_t beyond = (int64_t)1 << (half_magnitude + 1 + unit_magnitude);
    size_t buckets = 1;
    while (beyond <= highest) {
        buckets++;
        if (beyond > INT64_MAX / 2)
            break;
        beyond *= 2;
    }
    return buckets;
}

enum scope_code scope_hist_layout(struct scope_hist *hist, int64_t lowest,
                                  int64_t highest, int digits,
                                  struct scope_err *err)
{
    if (digits < 1 || digits > 5)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "histogram: %d significant digits, not 1 to 5",
                          digits);
    if (lowest < 1 || highest / 2 < lowest)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "histogram: range %" PRId64 " to %" PRId64
                          ", the highest must be twice the lowest or more",
                          lowest, highest);
    int unit_magnitude = log2_floor(lowest);
    int half_magnitude = log2_floor(unit_range[digits] - 1);
    if (unit_magnitude + half_magnitude + 1 > 62)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "histogram: no room for %d digits above %" PRId64,
                          digits, lowest);
    *hist = (struct scope_hist){
        .lowest = lowest,
        .highest = highest,
        .digits = digits,
        .unit_magnitude = unit_magnitude,
        .half_magnitude = half_magnitude,
        .sub_mask = (((int64_t)2 << half_magnitude) - 1) << unit_magnitude,
        .min = INT64_MAX,
    };
    size_t buckets = buckets_to(highest, half_magnitude, unit_magnitude);
    hist->count_slots = (buckets + 1) << half_magnitude;
    return SCOPE_OK;
}

enum scope_code scope_hist_init(struct scope_hist *hist, int64_t lowest,
                                int64_t highest, int digits,
                                struct scope_err *err)
{
    enum scope_code code =
        scope_hist_layout(hist, lowest, highest, digits, err);
    if (code == SCOPE_OK)
        hist->counts = scope_alloc(hist->count_slots, sizeof *hist->counts);
    return code;
}

void scope_hist_free(struct scope_hist *hist)
{
    if (!hist)
        return;
    free(hist->counts);
    hist->counts = NULL;
}

size_t scope_hist_used(const struct scope_hist *hist)
{
    if (hist->max <= hist->highest)
        return scope_hist_slot(hist, hist->max) + 1;
    /* Saturated, or from another program, which may count above highest in
     * what its last bucket has left. */
    size_t used = hist->count_slots;
    while (used > 1 && !hist->counts[used - 1])
        used--;
    return used;
}

void scope_hist_reset(struct scope_hist *hist)
{
    if (hist->total) {
        size_t first = 0;
        if (hist->min < hist->highest)
            first = scope_hist_slot(hist, hist->min);
        memset(hist->counts + first, 0,
               (scope_hist_used(hist) - first) * sizeof *hist->counts);
    }
    hist->total = hist->saturated = 0;
    hist->min = INT64_MAX;
    hist->max = 0;
}

/* log2 of the number of values that share a slot (valueFromIndex and
 * sizeOfEquivalentValueRange). */
static int slot_magnitude(const struct scope_hist *hist, size_t slot)
{
    size_t bucket = slot >> hist->half_magnitude;
    return hist->unit_magnitude + (bucket ? (int)bucket - 1 : 0);
}

int64_t scope_hist_slot_low(const struct scope_hist *hist, size_t slot)
{
    size_t half = (size_t)1 << hist->half_magnitude;
    size_t sub = slot < half ? slot : (slot & (half - 1)) + half;
    return (int64_t)sub << slot_magnitude(hist, slot);
}

int64_t scope_hist_slot_high(const struct scope_hist *hist, size_t slot)
{
    return scope_hist_slot_low(hist, slot) +
           (((int64_t)1 << slot_magnitude(hist, slot)) - 1);
}

/* medianEquivalentValue */
static int64_t slot_middle(const struct scope_hist *hist, size_t slot)
{
    return scope_hist_slot_low(hist, slot) +
           (((int64_t)1 << slot_magnitude(hist, slot)) >> 1);
}

static size_t slot_within(const struct scope_hist *hist, int64_t value)
{
    if (value < 0)
        value = 0;
    return scope_hist_slot(hist, value < hist->highest ? value : hist->highest);
}

void scope_hist_merge(struct scope_hist *to, const struct scope_hist *from)
{
    if (!from->total)
        return;
    int64_t min = to->min < from->min ? to->min : from->min;
    int64_t max = to->max > from->max ? to->max : from->max;
    size_t used = scope_hist_used(from);
    if (to->half_magnitude == from->half_magnitude &&
        to->unit_magnitude == from->unit_magnitude &&
        from->max <= to->highest) {
        for (size_t slot = 0; slot < used; slot++)
            to->counts[slot] += from->counts[slot];
        to->total += from->total;
    } else {
        for (size_t slot = 0; slot < used; slot++)
            if (from->counts[slot])
                scope_hist_record(to, scope_hist_slot_low(from, slot),
                                  from->counts[slot]);
    }
    /* Else recording them has counted them as saturated already. */
    if (scope_hist_lowest_like(from, from->highest) <= to->highest)
        to->saturated += from->saturated;
    to->min = min;
    to->max = max;
}

int64_t scope_hist_quantile(const struct scope_hist *hist, double q)
{
    if (!hist->total)
        return 0;
    /* One step down, so that rounding does not reach into the next slot
     * (getValueAtPercentile). */
    double at = nextafter(q, -INFINITY);
    double rank = ceil(at * (double)hist->total);
    uint64_t wanted = rank < 1 ? 1 : hist->total;
    if (q < 1 && rank >= 1 && rank < (double)hist->total)
        wanted = (uint64_t)rank;
    size_t slot = 0;
    for (uint64_t seen = hist->counts[0]; seen < wanted;)
        seen += hist->counts[++slot];
    return q > 0 ? scope_hist_slot_high(hist, slot)
                 : scope_hist_slot_low(hist, slot);
}

double scope_hist_share(const struct scope_hist *hist, int64_t value)
{
    if (!hist->total)
        return NAN;
    if (value < 0)
        return 0;
    if (value >= hist->max)
        return 1;
    size_t last = slot_within(hist, value);
    uint64_t seen = 0;
    for (size_t slot = 0; slot <= last; slot++)
        seen += hist->counts[slot];
    return (double)seen / (double)hist->total;
}

double scope_hist_mean(const struct scope_hist *hist)
{
    if (!hist->total)
        return NAN;
    double sum = 0;
    size_t used = scope_hist_used(hist);
    for (size_t slot = 0; slot < used; slot++)
        if (hist->counts[slot])
            sum += (double)hist->counts[slot] * (double)slot_middle(hist, slot);
    return sum / (double)hist->total;
}

double scope_hist_sd(const struct scope_hist *hist)
{
    double mean = scope_hist_mean(hist);
    if (!hist->total)
        return NAN;
    double sum = 0;
    size_t used = scope_hist_used(hist);
    for (size_t slot = 0; slot < used; slot++) {
        double off = (double)slot_middle(hist, slot) - mean;
        sum += off * off * (double)hist->counts[slot];
    }
    return sqrt(sum / (double)hist->total);
}

int64_t scope_hist_lowest_like(const struct scope_hist *hist, int64_t value)
{
    return scope_hist_slot_low(hist, slot_within(hist, value));
}

int64_t scope_hist_highest_like(const struct scope_hist *hist, int64_t value)
{
    return scope_hist_slot_high(hist, slot_within(hist, value));
}

_Bool scope_hist_next(const struct scope_hist *hist, size_t *slot, int64_t *low,
                      int64_t *high, uint64_t *count)
{
    size_t used = hist->total ? scope_hist_used(hist) : 0;
    for (size_t at = *slot; at < used; at++) {
        if (!hist->counts[at])
            continue;
        *low = scope_hist_slot_low(hist, at);
        *high = scope_hist_slot_high(hist, at);
        *count = hist->counts[at];
        *slot = at + 1;
        return true;
    }
    *slot = used;
    return false;
}
