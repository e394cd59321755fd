/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fortio's JSON of a run, which `fortio report` shows: times in seconds, the
 * requested rate a text. Fortio counts answers by exact code; scope's drivers
 * count classes, so "200" stands for all of 2xx, and "-1" (Fortio's code of a
 * socket error) for all failures: the object "Scope" says so.
 */
#include "lib/present/export_inside.h"

#include "lib/base/hist_ticks.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static json_t *make_data(const struct scope_hist *hist)
{
    json_t *data = json_array();
    struct scope_tick tick = {0};
    int64_t start = hist->min;
    while (scope_tick_next(hist, 10, &tick)) {
        if (!tick.count)
            continue; /* the tick before holds it */
        json_t *one = json_object();
        double percent = 100.0 * (double)tick.below / (double)hist->total;
        json_object_set_new(one, "Start", json_real(seconds(start)));
        json_object_set_new(one, "End", json_real(seconds(tick.value)));
        json_object_set_new(one, "Percent", json_real(percent));
        json_object_set_new(one, "Count", json_integer((json_int_t)tick.count));
        json_array_append_new(data, one);
        start = tick.value;
    }
    return data;
}

static json_t *make_percentiles(const struct scope_hist *hist)
{
    static const double at[] = {50, 75, 80, 90, 95, 99, 99.9, 99.99};
    json_t *percentiles = json_array();
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        double value = scope_hist_told(hist, at[i] / 100);
        if (isnan(value))
            break;
        json_t *one = json_object();
        json_object_set_new(one, "Percentile", scope_json_number(at[i]));
        json_object_set_new(one, "Value", json_real(value / 1e9));
        json_array_append_new(percentiles, one);
    }
    return percentiles;
}

static json_t *make_histogram(const struct scope_hist *hist)
{
    json_t *json = json_object();
    double mean = scope_hist_mean(hist) / 1e9;
    json_object_set_new(json, "Count", json_integer((json_int_t)hist->total));
    json_object_set_new(json, "Min", json_real(seconds(hist->min)));
    json_object_set_new(json, "Max", json_real(seconds(hist->max)));
    json_object_set_new(json, "Sum", json_real(mean * (double)hist->total));
    json_object_set_new(json, "Avg", json_real(mean));
    json_object_set_new(json, "StdDev", json_real(scope_hist_sd(hist) / 1e9));
    json_object_set_new(json, "Data", make_data(hist));
    json_object_set_new(json, "Percentiles", make_percentiles(hist));
    return json;
}

static enum scope_code count_series(const struct scope_dataset *dataset,
                                    const struct scope_series *series,
                                    double *sum, struct scope_err *err)
{
    struct scope_track track;
    enum scope_code code = scope_track_read(dataset, series, &track, err);
    if (code == SCOPE_OK && track.count)
        *sum += track.value[track.count - 1];
    scope_track_free(&track);
    return code;
}

/* NULL when the drivers know no status classes. */
static enum scope_code make_codes(const struct scope_export_plan *plan,
                                  const struct scope_outcome *outcome,
                                  json_t **codes, struct scope_err *err)
{
    const struct scope_trial *trial = plan->trials[0];
    double classes[6] = {0};
    bool any = false;
    *codes = NULL;
    for (size_t i = scope_trial_find(trial, 0, NULL, "status");
         i < trial->series_count;
         i = scope_trial_find(trial, i + 1, NULL, "status")) {
        const char *name = trial->series[i].instance;
        if (name[0] < '1' || name[0] > '5' || strcmp(name + 1, "xx") != 0)
            continue;
        any = true;
        enum scope_code code = count_series(plan->dataset, &trial->series[i],
                                            &classes[name[0] - '0'], err);
        if (code != SCOPE_OK)
            return code;
    }
    if (!any)
        return SCOPE_OK;
    *codes = json_object();
    if (outcome->errors > 0)
        json_object_set_new(*codes, "-1", scope_json_number(outcome->errors));
    for (int class = 1; class <= 5; class ++) {
        char key[8];
        snprintf(key, sizeof key, "%d00", class);
        if (classes[class] > 0)
            json_object_set_new(*codes, key, scope_json_number(classes[class]));
    }
    return SCOPE_OK;
}

static char *rate_text(const struct scope_outcome *outcome)
{
    return outcome->intended > 0 ? scope_format("%.15g", outcome->rate)
                                 : scope_strdup("max");
}

static json_t *make_scope(const struct scope_trial *trial,
                          const struct scope_outcome *outcome,
                          const char *metric)
{
    json_t *scope = scope_verdict_json(trial, outcome);
    json_object_set_new(scope, "store", scope_json_string(trial->store));
    json_object_set_new(scope, "trial", json_integer(trial->id));
    json_object_set_new(scope, "metric", scope_json_string(metric));
    json_object_set_new(
        scope, "ret_codes",
        json_string("by class: 200 counts every 2xx; -1 counts requests and "
                    "connections that failed"));
    return scope;
}

static json_t *make_run(const struct scope_trial *trial,
                        const struct scope_outcome *outcome,
                        const struct scope_hist *hist)
{
    json_t *run = json_object();
    double length = seconds(trial->end_ns - trial->start_ns);
    char *rate = rate_text(outcome);
    char *wanted = scope_format("%.9gs", length);
    json_object_set_new(run, "RunType", json_string("scope"));
    json_object_set_new(run, "Labels", scope_json_string(trial->name));
    json_object_set_new(run, "StartTime", scope_json_time(trial->realtime_ns));
    json_object_set_new(run, "RequestedQPS", json_string(rate));
    json_object_set_new(run, "RequestedDuration", json_string(wanted));
    json_object_set_new(run, "ActualQPS",
                        json_real(outcome->seconds > 0
                                      ? outcome->requests / outcome->seconds
                                      : 0));
    json_object_set_new(run, "ActualDuration",
                        json_integer((json_int_t)(outcome->seconds * 1e9)));
    json_object_set_new(run, "NumThreads",
                        scope_json_number(outcome->connections));
    json_object_set_new(run, "DurationHistogram", make_histogram(hist));
    json_object_set_new(run, "BytesSent", scope_json_number(outcome->sent));
    json_object_set_new(run, "BytesReceived",
                        scope_json_number(outcome->received));
    free(rate);
    free(wanted);
    return run;
}

enum scope_code scope_export_fortio(const struct scope_export_plan *plan,
                                    struct scope_text *out,
                                    struct scope_err *err)
{
    const char *metric = plan->metric ? plan->metric : "latency";
    struct scope_outcome outcome = {0};
    struct scope_hist hist = {0};
    json_t *codes = NULL;
    if (plan->trial_count != 1) {
        scope_fail(err, SCOPE_USAGE, 0,
                   "Fortio's JSON holds one trial, and %zu are chosen",
                   plan->trial_count);
        return scope_hint(err, "choose one with --trial");
    }
    enum scope_code code = scope_export_gather(plan, metric, &hist, err);
    if (code == SCOPE_OK)
        code = scope_outcome_read(plan->dataset, plan->trials[0], NULL,
                                  &outcome, err);
    if (code == SCOPE_OK)
        code = make_codes(plan, &outcome, &codes, err);
    if (code == SCOPE_OK) {
        json_t *run = make_run(plan->trials[0], &outcome, &hist);
        if (codes)
            json_object_set(run, "RetCodes", codes);
        json_object_set_new(run, "Scope",
                            make_scope(plan->trials[0], &outcome, metric));
        scope_json_write(run, out);
    }
    json_decref(codes);
    scope_outcome_free(&outcome);
    if (hist.count_slots)
        scope_hist_free(&hist);
    return code;
}
