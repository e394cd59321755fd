/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A series as analyzers compute with it: doubles over time within a window,
 * counters as what they grew since the window's first sample. Tracks of one
 * unit can be added (the processes of a role), read at any time between their
 * samples, and summed up as a figure.
 */
#ifndef SCOPE_TRACK_H
#define SCOPE_TRACK_H

#include <scope/dataset.h>
#include <scope/stats.h>

struct scope_track {
    enum scope_semantics semantics; /* counter or gauge */
    enum scope_unit unit;           /* of the values */
    size_t count;
    int64_t *time_ns; /* rising */
    double *value;    /* counter: growth since time_ns[0], so 0 first */
    size_t resets;    /* times the counter fell and was taken to have begun
                         again at 0: the growth is then a lower bound */
};

/*
 * The samples of a counter or gauge in its trial's measured window. A fall from
 * the last to the first quarter of 32 or of 64 bits is taken for a wrap. A
 * sample that is absent is bridged: a counter tells later what was missed.
 */
SCOPE_API enum scope_code
scope_track_read(const struct scope_dataset *dataset,
                 const struct scope_series *series, struct scope_track *track,
                 struct scope_err *err) SCOPE_MUST_CHECK;
/* The same from samples at hand. */
SCOPE_API void scope_track_make(const struct scope_samples *samples,
                                const struct scope_metric *metric,
                                struct scope_track *track);
SCOPE_API void scope_track_free(struct scope_track *track);

/* Adds other to sum, at the times of both. Before its first and after its last
 * sample a track adds 0 to a gauge, and nothing to a counter's growth. A sum
 * that is still empty becomes a copy. */
SCOPE_API void scope_track_add(struct scope_track *sum,
                               const struct scope_track *other);

/* The value at a time, linear between two samples; NAN outside. */
SCOPE_API double scope_track_at(const struct scope_track *track,
                                int64_t time_ns);

/* A figure of a track: of a gauge its level, of a counter its rate per
 * second. */
struct scope_figure {
    enum scope_unit unit; /* of a rate: things /s; bytes /s; times become a
                             ratio: 1 is one whole CPU, one whole second */
    double total;         /* counter: the growth, in the metric's unit */
    double covered_ns;    /* from the first to the last sample */
    size_t resets;
    /* Over the samples of a gauge, or the intervals between two samples of a
     * counter; but the mean of a counter is growth by time, exactly. */
    struct scope_summary summary;
    double p50, p95, p99;
};

SCOPE_API void scope_track_figure(const struct scope_track *track,
                                  struct scope_figure *figure);

/*
 * What a counter grew per request: both growths over the time that both
 * tracks cover, read between samples where theirs differ. NAN when no request
 * was completed in it. The result is in the counter's own unit.
 */
SCOPE_API double scope_track_ratio(const struct scope_track *counter,
                                   const struct scope_track *requests);

/* The requests completed of all drivers of a trial; empty without a driver. */
SCOPE_API enum scope_code scope_track_requests(
    const struct scope_dataset *dataset, const struct scope_trial *trial,
    struct scope_track *requests, struct scope_err *err) SCOPE_MUST_CHECK;

struct scope_span {
    int64_t from_ns, to_ns; /* all zero: no time yet */
};

/* What a counter of a source grew by in the measured window, all its series
 * together; 0 when there are none. The span is widened to what they cover. */
SCOPE_API enum scope_code
scope_track_growth(const struct scope_dataset *dataset,
                   const struct scope_trial *trial, const char *source,
                   const char *metric, double *growth, struct scope_span *span,
                   struct scope_err *err) SCOPE_MUST_CHECK;

/* The requests completed in a span, by their rate in what the drivers' samples
 * cover of it, which may be shorter by a sweep; 0 without a driver. */
SCOPE_API enum scope_code
scope_track_completed(const struct scope_dataset *dataset,
                      const struct scope_trial *trial,
                      const struct scope_span *span, double *requests,
                      struct scope_err *err) SCOPE_MUST_CHECK;

#endif
