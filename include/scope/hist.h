/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * High dynamic range histograms: every value from 1 to `highest` kept to
 * `digits` significant decimal digits, in memory fixed at init.
 *
 * Layout and encoding are HdrHistogram's (Gil Tene, public domain; the V2
 * encoding as written by its Java implementation), so its own tools read what
 * scope writes. The owner of the struct calls init and free; merge needs no
 * equal limits, only that the values fit.
 */
#ifndef SCOPE_HIST_H
#define SCOPE_HIST_H

#include <scope/err.h>
#include <stddef.h>
#include <stdint.h>

struct scope_hist {
    int64_t lowest, highest; /* discernible values, as given to init */
    int digits;              /* 1 to 5 */
    int unit_magnitude;      /* log2 of the unit the lowest value allows */
    int half_magnitude;      /* log2 of half the sub-buckets */
    int64_t sub_mask;        /* (sub-buckets - 1) << unit_magnitude */
    size_t count_slots;
    uint64_t *counts;
    uint64_t total;     /* recorded values */
    uint64_t saturated; /* of them, above highest: counted as highest */
    int64_t min, max;   /* exact; INT64_MAX and 0 when empty */
};

/* lowest >= 1, highest >= 2 * lowest, digits 1..5; else SCOPE_USAGE. */
SCOPE_API enum scope_code
scope_hist_init(struct scope_hist *hist, int64_t lowest, int64_t highest,
                int digits, struct scope_err *err) SCOPE_MUST_CHECK;
SCOPE_API void scope_hist_free(struct scope_hist *hist);
SCOPE_API void scope_hist_reset(struct scope_hist *hist);

/* The slot that counts value (0 <= value <= highest). */
static inline size_t scope_hist_slot(const struct scope_hist *hist,
                                     int64_t value)
{
    int bucket = 64 - __builtin_clzll((uint64_t)(value | hist->sub_mask)) -
                 hist->unit_magnitude - hist->half_magnitude - 1;
    int64_t sub = value >> (bucket + hist->unit_magnitude);
    return (size_t)(((int64_t)(bucket + 1) << hist->half_magnitude) + sub -
                    ((int64_t)1 << hist->half_magnitude));
}

/* Counts value `times` times; a negative value counts as 0. Not atomic. */
static inline void scope_hist_record(struct scope_hist *hist, int64_t value,
                                     uint64_t times)
{
    if (value < 0)
        value = 0;
    if (value < hist->min)
        hist->min = value;
    if (value > hist->max)
        hist->max = value;
    if (value > hist->highest) {
        hist->saturated += times;
        value = hist->highest;
    }
    hist->counts[scope_hist_slot(hist, value)] += times;
    hist->total += times;
}

/* Adds every count of from; values above to->highest saturate. */
SCOPE_API void scope_hist_merge(struct scope_hist *to,
                                const struct scope_hist *from);

/*
 * The value at quantile q (0..1): the highest value equivalent to the one
 * below or at which at least q of the values lie, as HdrHistogram's
 * getValueAtPercentile. 0 when empty; at q = 1 the slot of the maximum.
 */
SCOPE_API int64_t scope_hist_quantile(const struct scope_hist *hist, double q);

/* The share of values <= value; NAN when empty. */
SCOPE_API double scope_hist_share(const struct scope_hist *hist, int64_t value);

/* Mean and standard deviation over the slots' median equivalent values, as
 * HdrHistogram's getMean and getStdDeviation; NAN when empty. */
SCOPE_API double scope_hist_mean(const struct scope_hist *hist);
SCOPE_API double scope_hist_sd(const struct scope_hist *hist);

/* Lowest and highest value counted in the same slot as value. */
SCOPE_API int64_t scope_hist_lowest_like(const struct scope_hist *hist,
                                         int64_t value);
SCOPE_API int64_t scope_hist_highest_like(const struct scope_hist *hist,
                                          int64_t value);

/*
 * Walks the slots that hold counts, upwards. Start with *slot = 0; returns
 * false at the end. low and high are the values the slot stands for.
 */
SCOPE_API _Bool scope_hist_next(const struct scope_hist *hist, size_t *slot,
                                int64_t *low, int64_t *high, uint64_t *count);

/*
 * The compressed V2 encoding (cookie 0x1c849304 with the word size bits 0x10,
 * zlib). encode returns bytes to free() and their number. decode initialises
 * hist, checks every length, and allocates at most what the range and digits
 * in the bytes need (50 MiB for the widest). The encoding carries the counts:
 * after decode min and max are the bounds of the lowest and highest slot in
 * use, and saturated is 0.
 */
SCOPE_API uint8_t *scope_hist_encode(const struct scope_hist *hist,
                                     size_t *size);
SCOPE_API enum scope_code
scope_hist_decode(struct scope_hist *hist, const uint8_t *bytes, size_t size,
                  struct scope_err *err) SCOPE_MUST_CHECK;

#endif
