/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records arrivals without locks, and sums them up. */
#include "plugins/backends/http/arrivals.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define NS_PER_MS INT64_C(1000000)
#define HOUR_NS (INT64_C(3600) * 1000000000)

void arrivals_init(struct arrivals *arrivals, int64_t time_ns)
{
    *arrivals = (struct arrivals){
        .room = (size_t)(time_ns / NS_PER_MS) + 1,
    };
    arrivals->bins = scope_alloc(arrivals->room, sizeof *arrivals->bins);
    struct scope_err err;
    if (scope_hist_init(&arrivals->shape, 1, HOUR_NS, 3, &err))
        abort(); /* these limits are good */
    arrivals->gaps =
        scope_alloc(arrivals->shape.count_slots, sizeof *arrivals->gaps);
}

void arrivals_free(struct arrivals *arrivals)
{
    free(arrivals->bins);
    free(arrivals->gaps);
    scope_hist_free(&arrivals->shape);
}

/* The number of the bin, or `room` when there is none. */
static size_t bin_of(const struct arrivals *arrivals, int64_t first_ns,
                     int64_t time_ns)
{
    int64_t bin = time_ns / NS_PER_MS - first_ns / NS_PER_MS;
    /* Another thread's may be a little earlier than the first one's. */
    if (bin < 0)
        return 0;
    return (uint64_t)bin < arrivals->room ? (size_t)bin : arrivals->room;
}

void arrivals_add(struct arrivals *arrivals, int64_t time_ns)
{
    int64_t first_ns =
        atomic_load_explicit(&arrivals->first_ns, memory_order_relaxed);
    if (!first_ns &&
        atomic_compare_exchange_strong(&arrivals->first_ns, &first_ns, time_ns))
        first_ns = time_ns;
    size_t bin = bin_of(arrivals, first_ns, time_ns);
    if (bin == arrivals->room) {
        atomic_fetch_add_explicit(&arrivals->unrecorded, 1,
                                  memory_order_relaxed);
        return;
    }
    atomic_fetch_add_explicit(&arrivals->bins[bin], 1, memory_order_relaxed);
    int64_t before_ns = atomic_exchange_explicit(&arrivals->last_ns, time_ns,
                                                 memory_order_relaxed);
    if (!before_ns)
        return;
    int64_t gap_ns = time_ns - before_ns;
    if (gap_ns < 0)
        gap_ns = 0;
    if (gap_ns > HOUR_NS)
        gap_ns = HOUR_NS;
    atomic_fetch_add_explicit(
        &arrivals->gaps[scope_hist_slot(&arrivals->shape, gap_ns)], 1,
        memory_order_relaxed);
}

void arrivals_reset(struct arrivals *arrivals)
{
    for (size_t i = 0; i < arrivals->room; i++)
        atomic_store_explicit(&arrivals->bins[i], 0, memory_order_relaxed);
    for (size_t i = 0; i < arrivals->shape.count_slots; i++)
        atomic_store_explicit(&arrivals->gaps[i], 0, memory_order_relaxed);
    atomic_store(&arrivals->unrecorded, 0);
    atomic_store(&arrivals->last_ns, 0);
    atomic_store(&arrivals->first_ns, 0);
}

/* --- summing up ------------------------------------------------------------
 */

/* "null" for what is no number. */
static const char *number(char text[32], double value)
{
    snprintf(text, 32, isfinite(value) ? "%.6g" : "null", value);
    return text;
}

struct spread {
    uint64_t bins;
    double mean, variance;
};

/* Of the bins from `from` to before `to`, taken `together` at a time. */
static struct spread spread_of(struct arrivals *arrivals, size_t from,
                               size_t to, size_t together)
{
    struct spread spread = {0};
    double square = 0;
    for (size_t at = from; at + together <= to; at += together) {
        uint64_t count = 0;
        for (size_t i = 0; i < together; i++)
            count += atomic_load_explicit(&arrivals->bins[at + i],
                                          memory_order_relaxed);
        /* Welford, 1962 */
        spread.bins++;
        double off = (double)count - spread.mean;
        spread.mean += off / (double)spread.bins;
        square += off * ((double)count - spread.mean);
    }
    spread.variance =
        spread.bins > 1 ? square / (double)(spread.bins - 1) : NAN;
    return spread;
}

static char *spread_json(const struct spread *spread)
{
    char mean[32];
    char variance[32];
    char index[32];
    return scope_format(
        "{\"bins\": %" PRIu64 ", \"mean\": %s, \"variance\": %s, "
        "\"dispersion\": %s}",
        spread->bins, number(mean, spread->bins ? spread->mean : NAN),
        number(variance, spread->variance),
        number(index,
               spread->mean > 0 ? spread->variance / spread->mean : NAN));
}

/* The gaps as a histogram of their own. */
static void copy_gaps(struct arrivals *arrivals, struct scope_hist *gaps)
{
    struct scope_err err;
    if (scope_hist_init(gaps, 1, HOUR_NS, 3, &err))
        abort(); /* as above */
    for (size_t i = 0; i < gaps->count_slots; i++) {
        gaps->counts[i] =
            atomic_load_explicit(&arrivals->gaps[i], memory_order_relaxed);
        gaps->total += gaps->counts[i];
    }
    /* All that can be: which slots are in use is not known. */
    gaps->min = 0;
    gaps->max = gaps->highest;
}

static char *gaps_json(struct arrivals *arrivals)
{
    struct scope_hist gaps;
    copy_gaps(arrivals, &gaps);
    char mean[32];
    char *text = scope_format(
        "{\"count\": %" PRIu64 ", \"mean\": %s, \"min\": %" PRId64
        ", \"p1\": %" PRId64 ", \"p10\": %" PRId64 ", \"p50\": %" PRId64
        ", \"p90\": %" PRId64 ", \"p99\": %" PRId64 ", \"p99.9\": %" PRId64
        ", \"max\": %" PRId64 "}",
        gaps.total, number(mean, scope_hist_mean(&gaps)),
        scope_hist_quantile(&gaps, 0), scope_hist_quantile(&gaps, 0.01),
        scope_hist_quantile(&gaps, 0.1), scope_hist_quantile(&gaps, 0.5),
        scope_hist_quantile(&gaps, 0.9), scope_hist_quantile(&gaps, 0.99),
        scope_hist_quantile(&gaps, 0.999), scope_hist_quantile(&gaps, 1));
    scope_hist_free(&gaps);
    return text;
}

char *arrivals_json(struct arrivals *arrivals)
{
    static const size_t together[] = {1, 10, 100};
    int64_t first_ns = atomic_load(&arrivals->first_ns);
    int64_t last_ns = atomic_load(&arrivals->last_ns);
    if (last_ns < first_ns)
        last_ns = first_ns;
    uint64_t count = 0;
    for (size_t i = 0; i < arrivals->room; i++)
        count += atomic_load_explicit(&arrivals->bins[i], memory_order_relaxed);
    size_t to = bin_of(arrivals, first_ns, last_ns);
    char *bins[3];
    for (size_t i = 0; i < 3; i++) {
        struct spread spread = spread_of(arrivals, 1, to, together[i]);
        bins[i] = spread_json(&spread);
    }
    char *gaps = gaps_json(arrivals);
    double seconds = (double)(last_ns - first_ns) / 1e9;
    char rate[32];
    char *text = scope_format(
        "{\"version\": 1, \"count\": %" PRIu64 ", \"unrecorded\": %" PRIu64
        ",\n \"first_ns\": %" PRId64 ", \"last_ns\": %" PRId64
        ", \"seconds\": %.9f, \"rate_hertz\": %s,\n"
        " \"per_1ms\": %s,\n \"per_10ms\": %s,\n \"per_100ms\": %s,\n"
        " \"gap_ns\": %s}\n",
        count, (uint64_t)atomic_load(&arrivals->unrecorded), first_ns, last_ns,
        seconds,
        number(rate, seconds > 0 ? ((double)count - 1) / seconds : NAN),
        bins[0], bins[1], bins[2], gaps);
    for (size_t i = 0; i < 3; i++)
        free(bins[i]);
    free(gaps);
    return text;
}
