/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load as JSON, for programs: {"format": "scope-load", "version": 1,
 * "trials": [...]}; data/schemas/load.json is its schema. Keys end with their
 * unit; what is not known is null. The version rises when the meaning of a key
 * changes.
 */
#include "lib/present/load_timeline.h"

#include "lib/base/hist_ticks.h"
#include "lib/base/inert.h"
#include "lib/base/units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static json_t *make_labels(const struct scope_trial *trial)
{
    json_t *labels = json_object();
    for (size_t i = 0; i < trial->label_count; i++) {
        char *key = scope_valid_utf8(trial->labels[i].key);
        json_object_set_new(labels, key,
                            scope_json_string(trial->labels[i].value));
        free(key);
    }
    return labels;
}

static json_t *make_totals(const struct scope_outcome *outcome)
{
    const struct {
        const char *key;
        double value;
    } totals[] = {
        {"requests", outcome->requests},
        {"errors", outcome->errors},
        {"not_2xx", outcome->other},
        {"intended", outcome->intended},
        {"unsent", outcome->unsent},
        {"sent_bytes", outcome->sent},
        {"received_bytes", outcome->received},
        {"connects", outcome->connects},
        {"connections", outcome->connections},
        {"outstanding_mean", outcome->outstanding},
        {"outstanding_max", outcome->outstanding_most},
        {"rate_hertz", outcome->achieved.summary.mean},
        {"rate_low_hertz", outcome->achieved.summary.low},
        {"rate_high_hertz", outcome->achieved.summary.high},
    };
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        json_object_set_new(json, totals[i].key,
                            scope_json_number(totals[i].value));
    return json;
}

static enum scope_code make_target(const struct scope_export_plan *plan,
                                   const struct scope_trial *trial,
                                   json_t **target, struct scope_err *err)
{
    struct scope_figure cpu;
    enum scope_code code =
        scope_target_cpu(plan->dataset, trial, NULL, &cpu, err);
    *target = json_null();
    if (code != SCOPE_OK || !cpu.summary.count)
        return code;
    *target = json_object();
    json_object_set_new(*target, "cpu", scope_json_number(cpu.summary.mean));
    json_object_set_new(*target, "cpu_low", scope_json_number(cpu.summary.low));
    json_object_set_new(*target, "cpu_high",
                        scope_json_number(cpu.summary.high));
    return SCOPE_OK;
}

static json_t *make_events(const struct scope_trial *trial)
{
    static const char *const kinds[] = {
        [SCOPE_EVENT_START] = "start",     [SCOPE_EVENT_EXIT] = "exit",
        [SCOPE_EVENT_RESTART] = "restart", [SCOPE_EVENT_LOST] = "lost",
        [SCOPE_EVENT_WARNING] = "warning", [SCOPE_EVENT_NOTE] = "note",
    };
    json_t *events = json_array();
    for (size_t i = 0; i < trial->event_count; i++) {
        const struct scope_trial_event *event = &trial->events[i];
        size_t kind = (size_t)event->kind;
        bool known = kind && kind < sizeof kinds / sizeof *kinds;
        json_t *one = json_object();
        json_object_set_new(
            one, "time_s",
            json_real((double)(event->time_ns - trial->start_ns) / 1e9));
        json_object_set_new(one, "kind",
                            json_string(known ? kinds[kind] : "other"));
        json_object_set_new(one, "count",
                            json_integer((json_int_t)event->count));
        json_object_set_new(one, "text", scope_json_string(event->text));
        json_array_append_new(events, one);
    }
    return events;
}

/* All times of a series as percentiles. */
static json_t *make_timing(const struct scope_series *series,
                           const struct scope_hist *hist)
{
    json_t *timing = json_object();
    json_object_set_new(timing, "metric",
                        scope_json_string(series->metric.name));
    json_object_set_new(timing, "instance",
                        scope_json_string(series->instance));
    json_object_set_new(timing, "unit",
                        json_string(scope_unit_word(series->metric.unit)));
    json_object_set_new(timing, "count", json_integer((json_int_t)hist->total));
    json_object_set_new(timing, "min", json_integer(hist->min));
    json_object_set_new(timing, "max", json_integer(hist->max));
    json_object_set_new(timing, "mean",
                        scope_json_number(scope_hist_mean(hist)));
    json_object_set_new(timing, "sd", scope_json_number(scope_hist_sd(hist)));
    json_t *percentiles = json_array();
    struct scope_tick tick = {0};
    while (scope_tick_next(hist, 5, &tick)) {
        json_t *one = json_object();
        json_object_set_new(one, "percentile",
                            scope_json_number(tick.percentile));
        json_object_set_new(one, "value", json_integer(tick.value));
        json_object_set_new(one, "count", json_integer((json_int_t)tick.below));
        json_array_append_new(percentiles, one);
    }
    json_object_set_new(timing, "percentiles", percentiles);
    return timing;
}

static enum scope_code add_timings(const struct scope_export_plan *plan,
                                   const struct scope_trial *trial,
                                   const char *driver, json_t *timings,
                                   struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++) {
        const struct scope_series *series = &trial->series[i];
        struct scope_hist sum = {0};
        if (strcmp(series->source, driver) != 0 ||
            !scope_export_chosen(series, plan->metric))
            continue;
        code = scope_series_gather(plan->dataset, series, &sum, err);
        if (code == SCOPE_OK && sum.total)
            json_array_append_new(timings, make_timing(series, &sum));
        if (sum.count_slots)
            scope_hist_free(&sum);
    }
    return code;
}

/* Counts by instance: "status" or "answers", and "errors". */
static enum scope_code add_counts(const struct scope_export_plan *plan,
                                  const struct scope_trial *trial,
                                  const char *driver, const char *metric,
                                  json_t *counts, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = scope_trial_find(trial, 0, driver, metric);
         i < trial->series_count && code == SCOPE_OK;
         i = scope_trial_find(trial, i + 1, driver, metric)) {
        struct scope_track track;
        code = scope_track_read(plan->dataset, &trial->series[i], &track, err);
        double count = track.count ? track.value[track.count - 1] : 0;
        scope_track_free(&track);
        if (!*trial->series[i].instance || count <= 0)
            continue;
        json_t *one = json_object();
        json_object_set_new(one, "kind",
                            scope_json_string(trial->series[i].instance));
        json_object_set_new(one, "count", scope_json_number(count));
        json_array_append_new(counts, one);
    }
    return code;
}

static enum scope_code make_driver(const struct scope_export_plan *plan,
                                   const struct scope_trial *trial,
                                   const char *name, json_t **made,
                                   struct scope_err *err)
{
    json_t *driver = *made = json_object();
    json_t *answers = json_array();
    json_t *errors = json_array();
    json_t *timings = json_array();
    json_t *timeline = json_array();
    json_object_set_new(driver, "name", scope_json_string(name));
    json_object_set_new(driver, "answers", answers);
    json_object_set_new(driver, "errors", errors);
    json_object_set_new(driver, "timings", timings);
    json_object_set_new(driver, "timeline", timeline);
    enum scope_code code =
        add_counts(plan, trial, name, "status", answers, err);
    if (code == SCOPE_OK)
        code = add_counts(plan, trial, name, "answers", answers, err);
    if (code == SCOPE_OK)
        code = add_counts(plan, trial, name, "errors", errors, err);
    if (code == SCOPE_OK)
        code = add_timings(plan, trial, name, timings, err);
    if (code == SCOPE_OK)
        code = scope_timeline_add(plan->dataset, trial, name, timeline, err);
    return code;
}

static enum scope_code add_drivers(const struct scope_export_plan *plan,
                                   const struct scope_trial *trial,
                                   json_t *drivers, struct scope_err *err)
{
    const char *name = NULL;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++) {
        const struct scope_series *series = &trial->series[i];
        if (!series->driver || (name && strcmp(name, series->source) == 0))
            continue;
        json_t *driver;
        name = series->source;
        code = make_driver(plan, trial, name, &driver, err);
        json_array_append_new(drivers, driver);
    }
    return code;
}

static enum scope_code make_trial(const struct scope_export_plan *plan,
                                  const struct scope_trial *trial,
                                  json_t **made, struct scope_err *err)
{
    static const char *const statuses[] = {
        [SCOPE_TRIAL_RUNNING] = "running",
        [SCOPE_TRIAL_COMPLETE] = "complete",
        [SCOPE_TRIAL_INTERRUPTED] = "interrupted",
    };
    json_t *json = *made = json_object();
    struct scope_outcome outcome;
    json_t *target = NULL;
    enum scope_code code =
        scope_outcome_read(plan->dataset, trial, NULL, &outcome, err);
    if (code == SCOPE_OK)
        code = make_target(plan, trial, &target, err);
    json_object_set_new(json, "store", scope_json_string(trial->store));
    json_object_set_new(json, "id", json_integer(trial->id));
    json_object_set_new(json, "name", scope_json_string(trial->name));
    json_object_set_new(json, "labels", make_labels(trial));
    json_object_set_new(json, "status", json_string(statuses[trial->status]));
    json_object_set_new(json, "start", scope_json_time(trial->realtime_ns));
    json_object_set_new(
        json, "measured_s",
        json_real((double)(trial->end_ns - trial->start_ns) / 1e9));
    json_object_set_new(json, "verdict", scope_verdict_json(trial, &outcome));
    json_object_set_new(json, "totals", make_totals(&outcome));
    json_object_set_new(json, "target", target ? target : json_null());
    scope_outcome_free(&outcome);
    json_t *drivers = json_array();
    json_object_set_new(json, "drivers", drivers);
    if (code == SCOPE_OK)
        code = add_drivers(plan, trial, drivers, err);
    json_object_set_new(json, "events", make_events(trial));
    return code;
}

enum scope_code scope_export_json(const struct scope_export_plan *plan,
                                  struct scope_text *out, struct scope_err *err)
{
    json_t *json = json_object();
    json_t *trials = json_array();
    enum scope_code code = SCOPE_OK;
    json_object_set_new(json, "format", json_string("scope-load"));
    json_object_set_new(json, "version", json_integer(1));
    json_object_set_new(json, "trials", trials);
    for (size_t i = 0; i < plan->trial_count && code == SCOPE_OK; i++) {
        json_t *trial;
        code = make_trial(plan, plan->trials[i], &trial, err);
        json_array_append_new(trials, trial);
    }
    if (code == SCOPE_OK)
        scope_json_write(json, out);
    else
        json_decref(json);
    return code;
}
