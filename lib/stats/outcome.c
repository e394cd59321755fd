/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what a trial's load came to from its drivers' series. */
#include <math.h>
#include <scope/outcome.h>
#include <string.h>

#define BEYOND 10 /* values beyond a quantile that make it worth telling */

static const char *const timings[SCOPE_TIMINGS] = {
    [SCOPE_TIMING_LATENCY] = "latency",
    [SCOPE_TIMING_SERVICE] = "service",
    [SCOPE_TIMING_DELAY] = "delay",
    [SCOPE_TIMING_CONNECT] = "connect.time",
    [SCOPE_TIMING_HANDSHAKE] = "handshake.time",
};

const char *scope_timing_name(enum scope_timing timing)
{
    return timings[timing];
}

enum scope_code scope_hist_gather(struct scope_hist *sum,
                                  const struct scope_hist *hist,
                                  struct scope_err *err)
{
    if (!sum->count_slots) {
        enum scope_code code = scope_hist_init(sum, hist->lowest, hist->highest,
                                               hist->digits, err);
        if (code != SCOPE_OK)
            return code;
    }
    scope_hist_merge(sum, hist);
    return SCOPE_OK;
}

struct gathering {
    struct scope_hist *sum;
    struct scope_err *err;
};

static enum scope_code gather(void *closure, int64_t start_ns, int64_t end_ns,
                              const struct scope_hist *hist)
{
    struct gathering *gathering = closure;
    (void)start_ns, (void)end_ns;
    return scope_hist_gather(gathering->sum, hist, gathering->err);
}

enum scope_code scope_series_gather(const struct scope_dataset *dataset,
                                    const struct scope_series *series,
                                    struct scope_hist *sum,
                                    struct scope_err *err)
{
    struct gathering gathering = {.sum = sum, .err = err};
    return scope_series_hists(dataset, series, series->trial->start_ns,
                              series->trial->end_ns, gather, &gathering, err);
}

double scope_hist_needed(double q)
{
    return ceil(BEYOND / (1 - q) - 1e-6);
}

double scope_hist_told(const struct scope_hist *hist, double q)
{
    return (double)hist->total * (1 - q) < BEYOND - 1e-6
               ? NAN
               : (double)scope_hist_quantile(hist, q);
}

struct reading {
    const struct scope_dataset *dataset;
    const struct scope_trial *trial;
    const char *source; /* or NULL */
    struct scope_outcome *outcome;
    struct scope_err *err;
};

/* A driver that sends no requests, as one that only keeps CPUs busy, is none
 * whose load could come to something. */
static bool sends(const struct scope_trial *trial, const char *source)
{
    return scope_trial_find(trial, 0, source, "requests") < trial->series_count;
}

static bool is_wanted(const struct reading *reading,
                      const struct scope_series *series, const char *name)
{
    return series->driver && strcmp(series->metric.name, name) == 0 &&
           (!reading->source || strcmp(series->source, reading->source) == 0) &&
           sends(reading->trial, series->source);
}

static enum scope_code read_timing(const struct reading *reading,
                                   enum scope_timing timing)
{
    const struct scope_trial *trial = reading->trial;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++)
        if (is_wanted(reading, &trial->series[i], timings[timing]))
            code = scope_series_gather(reading->dataset, &trial->series[i],
                                       &reading->outcome->timing[timing],
                                       reading->err);
    return code;
}

/* All series of a name added up; of those whose instance begins with skipped,
 * none. */
static enum scope_code read_figure(const struct reading *reading,
                                   const char *name, const char *skipped,
                                   struct scope_figure *figure)
{
    const struct scope_trial *trial = reading->trial;
    struct scope_track sum = {0};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++) {
        const struct scope_series *series = &trial->series[i];
        struct scope_track one;
        if (!is_wanted(reading, series, name) ||
            (skipped &&
             strncmp(series->instance, skipped, strlen(skipped)) == 0))
            continue;
        code = scope_track_read(reading->dataset, series, &one, reading->err);
        scope_track_add(&sum, &one);
        scope_track_free(&one);
    }
    scope_track_figure(&sum, figure);
    scope_track_free(&sum);
    return code;
}

/* What grew in the window; nothing declared or seen is 0. */
static double grown(const struct scope_figure *figure)
{
    return isnan(figure->total) ? 0 : figure->total;
}

static enum scope_code read_counts(const struct reading *reading)
{
    struct scope_outcome *outcome = reading->outcome;
    const struct {
        const char *name, *skipped;
        double *total;
    } wanted[] = {
        {"errors", NULL, &outcome->errors},
        {"status", "2", &outcome->other},
        {"unsent", NULL, &outcome->unsent},
        {"intended", NULL, &outcome->intended},
        {"sent", NULL, &outcome->sent},
        {"received", NULL, &outcome->received},
        {"connects", NULL, &outcome->connects},
    };
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && code == SCOPE_OK;
         i++) {
        struct scope_figure figure;
        code = read_figure(reading, wanted[i].name, wanted[i].skipped, &figure);
        *wanted[i].total = grown(&figure);
    }
    return code;
}

/* A level of each driver, which they sample at times of their own: the sum of
 * their means and of what each had at most, or the highest of them. */
static enum scope_code read_level(const struct reading *reading,
                                  const char *name, bool highest, double *mean,
                                  double *most)
{
    const struct scope_trial *trial = reading->trial;
    enum scope_code code = SCOPE_OK;
    *mean = *most = NAN;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++) {
        const struct scope_series *series = &trial->series[i];
        struct scope_track track;
        struct scope_figure figure;
        if (!is_wanted(reading, series, name))
            continue;
        code = scope_track_read(reading->dataset, series, &track, reading->err);
        scope_track_figure(&track, &figure);
        scope_track_free(&track);
        if (isnan(figure.summary.mean))
            continue;
        bool first = isnan(*mean);
        *mean = highest || first ? fmax(*mean, figure.summary.mean)
                                 : *mean + figure.summary.mean;
        *most = highest || first ? fmax(*most, figure.summary.max)
                                 : *most + figure.summary.max;
    }
    return code;
}

static enum scope_code read_levels(const struct reading *reading)
{
    struct scope_outcome *outcome = reading->outcome;
    double user = NAN;
    double unused;
    const struct {
        const char *name;
        bool highest;
        double *mean, *most;
    } wanted[] = {
        {"rate", false, &outcome->rate, &unused},
        {"connections", false, &unused, &outcome->connections},
        {"capacity", false, &unused, &outcome->capacity},
        {"outstanding", false, &outcome->outstanding,
         &outcome->outstanding_most},
        {"busiest", true, &outcome->busiest, &outcome->busiest_most},
        {"cpu.user", false, &user, &unused},
        {"cpu.system", false, &outcome->cpu, &unused},
    };
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && code == SCOPE_OK;
         i++)
        code = read_level(reading, wanted[i].name, wanted[i].highest,
                          wanted[i].mean, wanted[i].most);
    outcome->cpu += user;
    if (isnan(outcome->capacity))
        outcome->capacity = outcome->connections;
    /* None were open at any sweep: a load shorter than two intervals. */
    if (outcome->capacity <= 0)
        outcome->capacity = NAN;
    return code;
}

enum scope_code scope_outcome_read(const struct scope_dataset *dataset,
                                   const struct scope_trial *trial,
                                   const char *source,
                                   struct scope_outcome *outcome,
                                   struct scope_err *err)
{
    *outcome = (struct scope_outcome){0};
    struct reading reading = {.dataset = dataset,
                              .trial = trial,
                              .source = source,
                              .outcome = outcome,
                              .err = err};
    for (size_t i = 0; i < trial->series_count; i++)
        outcome->driven = outcome->driven ||
                          is_wanted(&reading, &trial->series[i], "requests");
    enum scope_code code =
        read_figure(&reading, "requests", NULL, &outcome->achieved);
    outcome->requests = grown(&outcome->achieved);
    outcome->seconds = outcome->achieved.covered_ns / 1e9;
    if (code == SCOPE_OK)
        code = read_counts(&reading);
    if (code == SCOPE_OK)
        code = read_levels(&reading);
    for (int i = 0; i < SCOPE_TIMINGS && code == SCOPE_OK; i++)
        code = read_timing(&reading, (enum scope_timing)i);
    return code;
}

void scope_outcome_free(struct scope_outcome *outcome)
{
    for (int i = 0; i < SCOPE_TIMINGS; i++)
        if (outcome->timing[i].count_slots)
            scope_hist_free(&outcome->timing[i]);
    *outcome = (struct scope_outcome){0};
}

double scope_outcome_share(const struct scope_outcome *outcome)
{
    return outcome->intended > 0 ? outcome->requests / outcome->intended : NAN;
}

double scope_outcome_busy(const struct scope_outcome *outcome)
{
    const struct scope_hist *service = &outcome->timing[SCOPE_TIMING_SERVICE];
    if (!service->total || outcome->seconds <= 0)
        return NAN;
    return outcome->requests / outcome->seconds * scope_hist_mean(service) /
           1e9;
}

enum scope_code scope_target_cpu(const struct scope_dataset *dataset,
                                 const struct scope_trial *trial,
                                 const char *role, struct scope_figure *cpu,
                                 struct scope_err *err)
{
    struct scope_track sum = {0};
    enum scope_code code = SCOPE_OK;
    for (size_t i = scope_trial_find(trial, 0, "proc", "process.cpu");
         i < trial->series_count && code == SCOPE_OK;
         i = scope_trial_find(trial, i + 1, "proc", "process.cpu")) {
        const struct scope_series *series = &trial->series[i];
        if (!series->target || series->target->kind != SCOPE_TARGET_PROCESS ||
            (role && strcmp(series->target->role, role) != 0))
            continue;
        struct scope_track one;
        code = scope_track_read(dataset, series, &one, err);
        scope_track_add(&sum, &one);
        scope_track_free(&one);
    }
    scope_track_figure(&sum, cpu);
    scope_track_free(&sum);
    return code;
}
