/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/evenness.h"

#include <scope/alloc.h>

void oco_evenness_init(struct oco_evenness *evenness, uint32_t apps)
{
    /* One more than there can be at rest: who moves has two for a moment. */
    uint32_t count = apps + 1;
    *evenness = (struct oco_evenness){
        .fewest = OCO_NO_BUCKET,
        .most = OCO_NO_BUCKET,
        .buckets = scope_alloc(count, sizeof *evenness->buckets),
    };
    for (uint32_t i = 0; i < count; i++)
        evenness->buckets[i].after = i + 1 < count ? i + 1 : OCO_NO_BUCKET;
}

void oco_evenness_free(struct oco_evenness *evenness)
{
    free(evenness->buckets);
    *evenness = (struct oco_evenness){0};
}

/* A bucket between the neighbours of one that follows `before`. */
static uint32_t insert(struct oco_evenness *evenness, uint32_t before,
                       uint64_t cycles)
{
    struct oco_bucket *buckets = evenness->buckets;
    uint32_t new = evenness->unused;
    evenness->unused = buckets[new].after;
    uint32_t after =
        before == OCO_NO_BUCKET ? evenness->fewest : buckets[before].after;
    buckets[new] =
        (struct oco_bucket){.cycles = cycles, .before = before, .after = after};
    if (before == OCO_NO_BUCKET)
        evenness->fewest = new;
    else
        buckets[before].after = new;
    if (after == OCO_NO_BUCKET)
        evenness->most = new;
    else
        buckets[after].before = new;
    return new;
}

static void leave(struct oco_evenness *evenness, uint32_t bucket)
{
    struct oco_bucket *buckets = evenness->buckets;
    struct oco_bucket *left = &buckets[bucket];
    if (--left->apps)
        return;
    if (left->before == OCO_NO_BUCKET)
        evenness->fewest = left->after;
    else
        buckets[left->before].after = left->after;
    if (left->after == OCO_NO_BUCKET)
        evenness->most = left->before;
    else
        buckets[left->after].before = left->before;
    left->after = evenness->unused;
    evenness->unused = bucket;
}

uint32_t oco_evenness_join(struct oco_evenness *evenness, uint64_t cycles)
{
    const struct oco_bucket *buckets = evenness->buckets;
    evenness->apps++;
    evenness->sum += cycles;
    /* New applications have none, those restored come in ascending order:
     * either is found at an end. */
    uint32_t at = cycles ? evenness->most : evenness->fewest;
    if (!cycles && at != OCO_NO_BUCKET && buckets[at].cycles)
        at = OCO_NO_BUCKET;
    while (at != OCO_NO_BUCKET && buckets[at].cycles > cycles)
        at = buckets[at].before;
    if (at == OCO_NO_BUCKET || buckets[at].cycles != cycles)
        at = insert(evenness, at, cycles);
    evenness->buckets[at].apps++;
    return at;
}

uint32_t oco_evenness_advance(struct oco_evenness *evenness, uint32_t bucket)
{
    struct oco_bucket *buckets = evenness->buckets;
    uint64_t cycles = buckets[bucket].cycles + 1;
    evenness->sum++;
    uint32_t next = buckets[bucket].after;
    if (next == OCO_NO_BUCKET || buckets[next].cycles != cycles)
        next = insert(evenness, bucket, cycles);
    buckets[next].apps++;
    leave(evenness, bucket);
    return next;
}

struct oco_statistics oco_evenness_read(const struct oco_evenness *evenness)
{
    struct oco_statistics statistics = {
        .apps = evenness->apps,
        .sum = evenness->sum,
    };
    if (evenness->apps) {
        statistics.min = evenness->buckets[evenness->fewest].cycles;
        statistics.max = evenness->buckets[evenness->most].cycles;
    }
    return statistics;
}
