/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a trial's profile and how it was taken. */
#include "analyzers/cycles/costs.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/outcome.h>
#include <scope/track.h>
#include <string.h>

static const char source[] = "cycles";

/* The last value of a gauge, in the whole trial. */
static enum scope_code read_gauge(const struct scope_dataset *dataset,
                                  const struct scope_trial *trial,
                                  const char *metric, double *value,
                                  struct scope_err *err)
{
    *value = NAN;
    size_t index = scope_trial_find(trial, 0, source, metric);
    if (index == trial->series_count)
        return SCOPE_OK;
    struct scope_samples samples;
    enum scope_code code = scope_series_read(dataset, &trial->series[index], 0,
                                             INT64_MAX, &samples, err);
    if (code != SCOPE_OK)
        return scope_prefix(err, "read cycles.%s", metric);
    if (samples.count)
        *value = scope_sample_value(&samples, samples.count - 1);
    scope_samples_free(&samples);
    return SCOPE_OK;
}

static enum scope_code read_circumstances(const struct scope_dataset *dataset,
                                          struct sampled *sampled,
                                          struct scope_err *err)
{
    double samples;
    const struct {
        const char *metric;
        double *value;
    } counters[] = {
        {"lost", &sampled->lost},
        {"throttled", &sampled->throttled},
        {"cut", &sampled->cut},
        {"samples", &samples},
    };
    const struct scope_trial *trial = sampled->trial;
    struct scope_span span = {0};
    struct scope_figure cpu = {0};
    enum scope_code code =
        read_gauge(dataset, trial, "cost", &sampled->sample_ns, err);
    if (!code)
        code = scope_target_cpu(dataset, trial, NULL, &cpu, err);
    sampled->counted_cpu = cpu.summary.count ? cpu.summary.mean : NAN;
    for (size_t i = 0; !code && i < sizeof counters / sizeof *counters; i++)
        code = scope_track_growth(dataset, trial, source, counters[i].metric,
                                  counters[i].value, &span, err);
    if (code != SCOPE_OK || span.to_ns <= span.from_ns)
        return code;
    sampled->seconds = (double)(span.to_ns - span.from_ns) / 1e9;
    return scope_track_completed(dataset, trial, &span, &sampled->requests,
                                 err);
}

enum scope_code sampled_read(const struct scope_dataset *dataset, size_t index,
                             struct sampled *sampled,
                             struct scope_profile **profile,
                             struct scope_err *err)
{
    const struct scope_trial *trial = scope_dataset_trial(dataset, index);
    const char *slash = strrchr(trial->store, '/');
    *sampled = (struct sampled){
        .trial = trial,
        .name = scope_trial_alone(dataset, trial)
                    ? scope_strdup(trial->name)
                    : scope_format("%s %lld", slash ? slash + 1 : trial->store,
                                   (long long)trial->id),
    };
    struct scope_err missing = {0};
    enum scope_code code =
        scope_trial_profile(dataset, trial, source, trial->start_ns,
                            trial->end_ns, profile, &missing);
    if (code == SCOPE_NOT_FOUND) {
        *profile = NULL;
        return SCOPE_OK;
    }
    if (code != SCOPE_OK) {
        *err = missing;
        return code;
    }
    sampled->there = true;
    sampled->event = scope_strdup((*profile)->event);
    sampled->frequency = (*profile)->frequency;
    return read_circumstances(dataset, sampled, err);
}
