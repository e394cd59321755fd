/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How evenly cycles are spread over applications: their number, the sum, the
 * fewest and the most, each known at once however many applications there are.
 *
 * Applications with equally many cycles share a bucket; the buckets are linked
 * in ascending order, and an application that completes a cycle moves to the
 * one beside it. Locking is the caller's.
 */
#ifndef PLUGINS_BACKENDS_OCO_EVENNESS_H
#define PLUGINS_BACKENDS_OCO_EVENNESS_H

#include <stddef.h>
#include <stdint.h>

struct oco_bucket {
    uint64_t cycles;
    uint32_t apps;          /* with so many cycles; 0: the bucket is unused */
    uint32_t before, after; /* OCO_NO_BUCKET at the ends */
};
#define OCO_NO_BUCKET UINT32_MAX

struct oco_evenness {
    uint64_t apps, sum;
    uint32_t fewest, most; /* buckets */
    uint32_t unused;       /* linked by after */
    struct oco_bucket *buckets;
};

/* For so many applications; free with oco_evenness_free. */
void oco_evenness_init(struct oco_evenness *evenness, uint32_t apps);
void oco_evenness_free(struct oco_evenness *evenness);

/* One more application; its bucket. Those with many cycles are best joined in
 * ascending order. */
uint32_t oco_evenness_join(struct oco_evenness *evenness, uint64_t cycles);
/* An application of that bucket has completed a cycle; its new bucket. */
uint32_t oco_evenness_advance(struct oco_evenness *evenness, uint32_t bucket);

struct oco_statistics {
    uint64_t apps, sum, min, max; /* min and max are 0 without applications */
};
struct oco_statistics oco_evenness_read(const struct oco_evenness *evenness);

#endif
