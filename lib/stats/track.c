/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A series as analyzers compute with it. */
#include <math.h>
#include <scope/alloc.h>
#include <scope/track.h>
#include <string.h>

/* Whether a counter of that many values fell from its last quarter to its
 * first, and so went over its end. */
static bool wrapped(uint64_t before, uint64_t after, uint64_t quarter)
{
    return before / quarter == 3 && after < quarter;
}

/* In integers: doubles would lose small differences beyond 2^53. */
static uint64_t integer_growth(uint64_t before, uint64_t after, size_t *resets)
{
    if (after >= before || wrapped(before, after, UINT64_C(1) << 62))
        return after - before;
    if (wrapped(before, after, UINT64_C(1) << 30))
        return (UINT64_C(1) << 32) - before + after;
    (*resets)++;
    return after;
}

static double growth_of(const struct scope_samples *samples, size_t i,
                        size_t *resets)
{
    if (samples->value == SCOPE_U64)
        return (double)integer_growth(samples->u64[i - 1], samples->u64[i],
                                      resets);
    double before = scope_sample_value(samples, i - 1);
    double after = scope_sample_value(samples, i);
    if (after >= before)
        return after - before;
    (*resets)++;
    return after;
}

void scope_track_make(const struct scope_samples *samples,
                      const struct scope_metric *metric,
                      struct scope_track *track)
{
    size_t count = samples->count;
    *track = (struct scope_track){
        .semantics = metric->semantics,
        .unit = metric->unit,
        .count = count,
        .time_ns = scope_alloc(count + 1, sizeof *track->time_ns),
        .value = scope_alloc(count + 1, sizeof *track->value),
    };
    if (count)
        memcpy(track->time_ns, samples->time_ns,
               count * sizeof *track->time_ns);
    for (size_t i = 0; i < count; i++) {
        if (metric->semantics != SCOPE_COUNTER)
            track->value[i] = scope_sample_value(samples, i);
        else if (i > 0)
            track->value[i] =
                track->value[i - 1] + growth_of(samples, i, &track->resets);
    }
}

enum scope_code scope_track_read(const struct scope_dataset *dataset,
                                 const struct scope_series *series,
                                 struct scope_track *track,
                                 struct scope_err *err)
{
    *track = (struct scope_track){0};
    struct scope_samples samples = {0};
    enum scope_code code =
        scope_series_read(dataset, series, series->trial->start_ns,
                          series->trial->end_ns, &samples, err);
    if (code != SCOPE_OK)
        return code;
    scope_track_make(&samples, &series->metric, track);
    scope_samples_free(&samples);
    return SCOPE_OK;
}

void scope_track_free(struct scope_track *track)
{
    free(track->time_ns);
    free(track->value);
    *track = (struct scope_track){0};
}

/* The index of the last sample at or before time; the track covers it. */
static size_t sample_before(const struct scope_track *track, int64_t time_ns)
{
    size_t low = 0, high = track->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (track->time_ns[middle] <= time_ns)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double scope_track_at(const struct scope_track *track, int64_t time_ns)
{
    if (!track->count || time_ns < track->time_ns[0] ||
        time_ns > track->time_ns[track->count - 1])
        return NAN;
    size_t i = sample_before(track, time_ns);
    if (track->time_ns[i] == time_ns)
        return track->value[i];
    double share = (double)(time_ns - track->time_ns[i]) /
                   (double)(track->time_ns[i + 1] - track->time_ns[i]);
    return track->value[i] + share * (track->value[i + 1] - track->value[i]);
}

/* What a track adds to a sum at a time that it may not cover. */
static double part_at(const struct scope_track *track, int64_t time_ns)
{
    double value = scope_track_at(track, time_ns);
    if (!isnan(value))
        return value;
    bool after = time_ns > track->time_ns[0];
    return track->semantics == SCOPE_COUNTER && after
               ? track->value[track->count - 1]
               : 0;
}

void scope_track_add(struct scope_track *sum, const struct scope_track *other)
{
    if (!other->count)
        return;
    size_t room = sum->count + other->count;
    struct scope_track both = {
        .semantics = other->semantics,
        .unit = other->unit,
        .time_ns = scope_alloc(room, sizeof *both.time_ns),
        .value = scope_alloc(room, sizeof *both.value),
        .resets = sum->resets + other->resets,
    };
    for (size_t i = 0, j = 0; i < sum->count || j < other->count;) {
        int64_t a = i < sum->count ? sum->time_ns[i] : INT64_MAX;
        int64_t b = j < other->count ? other->time_ns[j] : INT64_MAX;
        int64_t time = a < b ? a : b;
        i += a == time;
        j += b == time;
        both.time_ns[both.count] = time;
        both.value[both.count++] =
            (sum->count ? part_at(sum, time) : 0) + part_at(other, time);
    }
    int64_t *times = sum->time_ns;
    double *values = sum->value;
    *sum = both;
    free(times);
    free(values);
}

/* The unit of a rate, and by what a growth per nanosecond is multiplied. */
static enum scope_unit rate_unit(enum scope_unit unit, double *factor)
{
    *factor = unit == SCOPE_UNIT_NS ? 1 : 1e9;
    switch (unit) {
    case SCOPE_UNIT_COUNT:
        return SCOPE_UNIT_HERTZ;
    case SCOPE_UNIT_BYTES:
        return SCOPE_UNIT_BYTERATE;
    case SCOPE_UNIT_NS:
    case SCOPE_UNIT_SECOND:
        return SCOPE_UNIT_RATIO;
    case SCOPE_UNIT_RATIO:
    case SCOPE_UNIT_HERTZ:
    case SCOPE_UNIT_BYTERATE:
        break;
    }
    return SCOPE_UNIT_HERTZ;
}

static void add_quantiles(double *values, size_t count,
                          struct scope_figure *figure)
{
    double out[3];
    scope_quantiles(values, count, (double[]){0.5, 0.95, 0.99}, 3, out);
    figure->p50 = out[0];
    figure->p95 = out[1];
    figure->p99 = out[2];
}

static void figure_of_rates(const struct scope_track *track,
                            struct scope_figure *figure)
{
    double factor;
    figure->unit = rate_unit(track->unit, &factor);
    size_t count = track->count ? track->count - 1 : 0;
    double *rates = scope_alloc(count + 1, sizeof *rates);
    for (size_t i = 0; i < count; i++)
        rates[i] = (track->value[i + 1] - track->value[i]) * factor /
                   (double)(track->time_ns[i + 1] - track->time_ns[i]);
    scope_summarize(rates, count, &figure->summary);
    if (count) {
        figure->total = track->value[count];
        /* The interval keeps its width around the exact mean. */
        double mean = figure->total * factor / figure->covered_ns;
        double shift = mean - figure->summary.mean;
        figure->summary.mean = mean;
        figure->summary.low += shift;
        figure->summary.high += shift;
    }
    add_quantiles(rates, count, figure);
    free(rates);
}

void scope_track_figure(const struct scope_track *track,
                        struct scope_figure *figure)
{
    *figure = (struct scope_figure){
        .unit = track->unit, .total = NAN, .resets = track->resets};
    if (track->count)
        figure->covered_ns =
            (double)(track->time_ns[track->count - 1] - track->time_ns[0]);
    if (track->semantics == SCOPE_COUNTER) {
        figure_of_rates(track, figure);
        return;
    }
    scope_summarize(track->value, track->count, &figure->summary);
    double *values = scope_alloc(track->count + 1, sizeof *values);
    if (track->count)
        memcpy(values, track->value, track->count * sizeof *values);
    add_quantiles(values, track->count, figure);
    free(values);
}

double scope_track_ratio(const struct scope_track *counter,
                         const struct scope_track *requests)
{
    if (counter->count < 2 || requests->count < 2)
        return NAN;
    int64_t from = counter->time_ns[0] > requests->time_ns[0]
                       ? counter->time_ns[0]
                       : requests->time_ns[0];
    int64_t a = counter->time_ns[counter->count - 1];
    int64_t b = requests->time_ns[requests->count - 1];
    int64_t to = a < b ? a : b;
    if (to <= from)
        return NAN;
    double grown = scope_track_at(counter, to) - scope_track_at(counter, from);
    double answered =
        scope_track_at(requests, to) - scope_track_at(requests, from);
    return answered > 0 ? grown / answered : NAN;
}

enum scope_code scope_track_requests(const struct scope_dataset *dataset,
                                     const struct scope_trial *trial,
                                     struct scope_track *requests,
                                     struct scope_err *err)
{
    struct scope_track sum = {0};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++) {
        const struct scope_series *series = &trial->series[i];
        if (!series->driver || strcmp(series->metric.name, "requests") != 0)
            continue;
        struct scope_track one;
        code = scope_track_read(dataset, series, &one, err);
        scope_track_add(&sum, &one);
        scope_track_free(&one);
    }
    if (code != SCOPE_OK)
        scope_track_free(&sum);
    *requests = sum;
    return code;
}

static void widen(struct scope_span *span, const struct scope_track *track)
{
    int64_t first = track->time_ns[0];
    int64_t last = track->time_ns[track->count - 1];
    if (!span->to_ns || first < span->from_ns)
        span->from_ns = first;
    if (last > span->to_ns)
        span->to_ns = last;
}

enum scope_code scope_track_growth(const struct scope_dataset *dataset,
                                   const struct scope_trial *trial,
                                   const char *source, const char *metric,
                                   double *growth, struct scope_span *span,
                                   struct scope_err *err)
{
    *growth = 0;
    for (size_t i = scope_trial_find(trial, 0, source, metric);
         i < trial->series_count;
         i = scope_trial_find(trial, i + 1, source, metric)) {
        struct scope_track track;
        enum scope_code code =
            scope_track_read(dataset, &trial->series[i], &track, err);
        if (code != SCOPE_OK)
            return scope_prefix(err, "read %s.%s", source, metric);
        if (track.count) {
            *growth += track.value[track.count - 1];
            widen(span, &track);
        }
        scope_track_free(&track);
    }
    return SCOPE_OK;
}

enum scope_code scope_track_completed(const struct scope_dataset *dataset,
                                      const struct scope_trial *trial,
                                      const struct scope_span *span,
                                      double *requests, struct scope_err *err)
{
    struct scope_track track;
    enum scope_code code = scope_track_requests(dataset, trial, &track, err);
    *requests = 0;
    if (code != SCOPE_OK)
        return code;
    int64_t first = span->from_ns, last = span->to_ns;
    if (track.count && track.time_ns[0] > first)
        first = track.time_ns[0];
    if (track.count && track.time_ns[track.count - 1] < last)
        last = track.time_ns[track.count - 1];
    if (track.count > 1 && last > first) {
        double count =
            scope_track_at(&track, last) - scope_track_at(&track, first);
        double rate = count / (double)(last - first);
        *requests = rate > 0 ? rate * (double)(span->to_ns - span->from_ns) : 0;
    }
    scope_track_free(&track);
    return SCOPE_OK;
}
