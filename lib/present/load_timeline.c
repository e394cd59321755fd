/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A driver's load sweep by sweep. */
#include "lib/present/load_timeline.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *metric, *key;
} counts[] = {
    {"requests", "requests"}, {"errors", "errors"},
    {"intended", "intended"}, {"unsent", "unsent"},
    {"sent", "sent_bytes"},   {"received", "received_bytes"},
};
static const struct {
    const char *metric, *key;
} levels[] = {
    {"outstanding", "outstanding"},
    {"connections", "connections"},
    {"busiest", "busiest"},
};

enum {
    COUNTS = sizeof counts / sizeof *counts,
    LEVELS = sizeof levels / sizeof *levels,
};

struct timeline {
    const struct scope_dataset *dataset;
    const struct scope_trial *trial;
    const char *driver;
    struct scope_track counts[COUNTS], levels[LEVELS];
    json_t *items; /* one for each step of counts[0] */
    const char *key;
};

static enum scope_code read_sum(const struct timeline *timeline,
                                const char *metric, struct scope_track *sum,
                                struct scope_err *err)
{
    const struct scope_trial *trial = timeline->trial;
    enum scope_code code = SCOPE_OK;
    for (size_t i = scope_trial_find(trial, 0, timeline->driver, metric);
         i < trial->series_count && code == SCOPE_OK;
         i = scope_trial_find(trial, i + 1, timeline->driver, metric)) {
        struct scope_track one;
        code =
            scope_track_read(timeline->dataset, &trial->series[i], &one, err);
        scope_track_add(sum, &one);
        scope_track_free(&one);
    }
    return code;
}

static double growth(const struct scope_track *track, int64_t from, int64_t to)
{
    double before = scope_track_at(track, from);
    double after = scope_track_at(track, to);
    /* An error that has not happened yet has no samples. */
    return isnan(after) ? 0 : after - (isnan(before) ? 0 : before);
}

static void add_steps(struct timeline *timeline)
{
    const struct scope_track *requests = &timeline->counts[0];
    int64_t start = timeline->trial->start_ns;
    for (size_t i = 1; i < requests->count; i++) {
        int64_t from = requests->time_ns[i - 1];
        int64_t to = requests->time_ns[i];
        json_t *step = json_object();
        json_object_set_new(step, "start_s",
                            json_real((double)(from - start) / 1e9));
        json_object_set_new(step, "end_s",
                            json_real((double)(to - start) / 1e9));
        for (size_t c = 0; c < COUNTS; c++)
            json_object_set_new(
                step, counts[c].key,
                scope_json_number(growth(&timeline->counts[c], from, to)));
        for (size_t l = 0; l < LEVELS; l++)
            json_object_set_new(
                step, levels[l].key,
                scope_json_number(scope_track_at(&timeline->levels[l], to)));
        json_array_append_new(timeline->items, step);
    }
}

/* The step that a histogram's middle lies in. */
static json_t *step_of(const struct timeline *timeline, int64_t start_ns,
                       int64_t end_ns)
{
    const struct scope_track *requests = &timeline->counts[0];
    int64_t middle = start_ns + (end_ns - start_ns) / 2;
    for (size_t i = 1; i < requests->count; i++)
        if (middle > requests->time_ns[i - 1] && middle <= requests->time_ns[i])
            return json_array_get(timeline->items, i - 1);
    return NULL;
}

static enum scope_code add_hist(void *closure, int64_t start_ns, int64_t end_ns,
                                const struct scope_hist *hist)
{
    const struct timeline *timeline = closure;
    json_t *step = step_of(timeline, start_ns, end_ns);
    if (!step || !hist->total)
        return SCOPE_OK;
    json_t *times = json_object();
    json_object_set_new(times, "count", json_integer((json_int_t)hist->total));
    json_object_set_new(times, "p50_ns",
                        scope_json_number(scope_hist_told(hist, 0.5)));
    json_object_set_new(times, "p99_ns",
                        scope_json_number(scope_hist_told(hist, 0.99)));
    json_object_set_new(times, "max_ns", json_integer(hist->max));
    json_object_set_new(step, timeline->key, times);
    return SCOPE_OK;
}

static enum scope_code add_times(struct timeline *timeline, const char *metric,
                                 struct scope_err *err)
{
    const struct scope_trial *trial = timeline->trial;
    size_t i = scope_trial_find(trial, 0, timeline->driver, metric);
    if (i == trial->series_count ||
        trial->series[i].metric.semantics != SCOPE_HISTOGRAM)
        return SCOPE_OK;
    timeline->key = metric;
    return scope_series_hists(timeline->dataset, &trial->series[i],
                              trial->start_ns, trial->end_ns, add_hist,
                              timeline, err);
}

enum scope_code scope_timeline_add(const struct scope_dataset *dataset,
                                   const struct scope_trial *trial,
                                   const char *driver, json_t *items,
                                   struct scope_err *err)
{
    struct timeline timeline = {
        .dataset = dataset, .trial = trial, .driver = driver, .items = items};
    enum scope_code code = SCOPE_OK;
    for (size_t c = 0; c < COUNTS && code == SCOPE_OK; c++)
        code = read_sum(&timeline, counts[c].metric, &timeline.counts[c], err);
    for (size_t l = 0; l < LEVELS && code == SCOPE_OK; l++)
        code = read_sum(&timeline, levels[l].metric, &timeline.levels[l], err);
    if (code == SCOPE_OK) {
        add_steps(&timeline);
        code = add_times(&timeline, "latency", err);
    }
    if (code == SCOPE_OK)
        code = add_times(&timeline, "service", err);
    for (size_t c = 0; c < COUNTS; c++)
        scope_track_free(&timeline.counts[c]);
    for (size_t l = 0; l < LEVELS; l++)
        scope_track_free(&timeline.levels[l]);
    return code;
}
