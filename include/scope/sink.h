/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where values go. A collector's sample() and a driver's sample() emit into a
 * sink; the host puts one timestamp on everything emitted in one call (a
 * sweep) and carries it to the store. The sink belongs to the host, is valid
 * only during the op it was passed to, and is not thread-safe.
 *
 * A value that is not emitted in a sweep is absent from it, not zero.
 */
#ifndef SCOPE_SINK_H
#define SCOPE_SINK_H

#include <scope/err.h>
#include <scope/hist.h>
#include <scope/target.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scope_sink;

/*
 * The handle of an instance of a target: name is "cpu0", "eth0", ... or "" for
 * the target itself. Asking again for the same pair gives the same handle, and
 * it stays valid until the trial ends. target NULL is the plugin itself (a
 * driver's metrics). May allocate: call it when something appears, not in
 * every sweep.
 */
SCOPE_API uint32_t scope_instance(struct scope_sink *sink,
                                  const struct scope_target *target,
                                  const char *name);

/* The time of this sweep, CLOCK_MONOTONIC. */
SCOPE_API int64_t scope_sweep_ns(const struct scope_sink *sink);

/*
 * One value of this sweep. metric is the row's index in the plugin's metric
 * table, or what scope_metric_add() returned; the function must fit the row's
 * value type. Emitting the same metric and instance twice keeps the last.
 */
SCOPE_API void scope_emit_u64(struct scope_sink *sink, unsigned metric,
                              uint32_t instance, uint64_t value);
SCOPE_API void scope_emit_i64(struct scope_sink *sink, unsigned metric,
                              uint32_t instance, int64_t value);
SCOPE_API void scope_emit_f64(struct scope_sink *sink, unsigned metric,
                              uint32_t instance, double value);

/* What was recorded since the last sweep; copied, so the caller may reset it.
 * An empty histogram is not stored. */
SCOPE_API void scope_emit_hist(struct scope_sink *sink, unsigned metric,
                               uint32_t instance,
                               const struct scope_hist *hist);

/*
 * A file that belongs to the trial, as it is now: type is a media type. Those
 * of one name are kept in the order they came. False when there was no room on
 * the way to the store: nothing was kept, try again in a later sweep.
 */
SCOPE_API bool scope_artifact(struct scope_sink *sink, const char *name,
                              const char *type, const void *bytes, size_t size);

enum scope_event_kind {
    SCOPE_EVENT_START = 1, /* a target or a load began */
    SCOPE_EVENT_EXIT,      /* a target ended */
    SCOPE_EVENT_RESTART,   /* a target ended and one like it began */
    SCOPE_EVENT_LOST,      /* data were lost; count says how many */
    SCOPE_EVENT_WARNING,   /* the figures may be less than they seem */
    SCOPE_EVENT_NOTE,
};

/*
 * Something that happened, with the present time, shown in the report. LOST and
 * RESTART are weighed in the verdict; a WARNING is said at the end of the trial
 * and makes it partial (exit status 4). count is the number of things lost,
 * else 1. target may be NULL.
 */
SCOPE_API void scope_event(struct scope_sink *sink, enum scope_event_kind kind,
                           const struct scope_target *target, uint64_t count,
                           const char *fmt, ...) SCOPE_PRINTF(5, 6);

#endif
