/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the client saw: how long requests took, how many there were, and
 * whether the generator of the load was fit to say so. Latency counts from
 * when a request was to be sent, service time from when it was.
 */
#include "analyzers/latency/answers.h"
#include "analyzers/latency/kinds.h"
#include "analyzers/latency/tables.h"

#include <math.h>
#include <scope/plugin.h>
#include <scope/report.h>
#include <scope/track.h>
#include <string.h>

enum {
    POINTS = 100,         /* over time, at most */
    ENOUGH_FOR_P99 = 1000 /* 10 requests beyond it */
};

static bool is_driven(const struct scope_series *series, const char *name)
{
    return series->driver && strcmp(series->metric.name, name) == 0;
}

static char *curve_label(const struct load *load, const char *what)
{
    return scope_format("%s%s%s%s", load->trial->name, *what ? ", " : "", what,
                        load_is_doubtful(load) ? " (doubtful)" : "");
}

/* The time below which a share of the requests stays, up to the last but one
 * of them. */
static void add_curve(struct scope_plot *plot, const struct load *load,
                      enum scope_timing timing, const char *what)
{
    enum {
        STEPS_A_DECADE = 40,
        LONGEST = 12 * STEPS_A_DECADE,
    };
    double x[LONGEST], y[LONGEST];
    const struct scope_hist *hist = &load->outcome.timing[timing];
    if (hist->total < 2)
        return;
    double last = log10((double)hist->total);
    size_t count = 0;
    for (; count < LONGEST && (double)count / STEPS_A_DECADE <= last; count++) {
        x[count] = 1 - pow(10, -(double)count / STEPS_A_DECADE);
        y[count] = (double)scope_hist_quantile(hist, x[count]);
    }
    char *label = curve_label(load, what);
    scope_plot_add(plot, SCOPE_MARK_LINE, label, x, y, count);
    free(label);
}

static void add_curves(struct scope_report *report, const struct load *loads,
                       size_t count, bool open)
{
    struct scope_plot *plot =
        scope_report_plot(report, "latency-curve", "Latency by percentile",
                          &(struct scope_axis){.label = "share of the requests",
                                               .unit = SCOPE_UNIT_RATIO,
                                               .scale = SCOPE_AXIS_PERCENTILE},
                          &(struct scope_axis){.label = "took no longer than",
                                               .unit = SCOPE_UNIT_NS,
                                               .scale = SCOPE_AXIS_LOG});
    for (size_t i = 0; i < count; i++)
        add_curve(plot, &loads[i], SCOPE_TIMING_LATENCY,
                  count == 1 && open ? "latency" : "");
    if (count == 1 && open)
        add_curve(plot, &loads[0], SCOPE_TIMING_SERVICE, "service time");
}

/* Histograms gathered into points of time wide enough for a p99. */
struct timeline {
    struct scope_hist hist;
    int64_t start_ns, width_ns, until_ns;
    double x[POINTS + 2], p50[POINTS + 2], p99[POINTS + 2];
    size_t count;
    struct scope_err *err;
};

static void end_point(struct timeline *timeline)
{
    if (!timeline->hist.total || timeline->count == POINTS + 2)
        return;
    size_t i = timeline->count++;
    timeline->x[i] = (double)(timeline->until_ns - timeline->start_ns) -
                     (double)timeline->width_ns / 2;
    timeline->p50[i] = scope_hist_told(&timeline->hist, 0.5);
    timeline->p99[i] = scope_hist_told(&timeline->hist, 0.99);
    scope_hist_reset(&timeline->hist);
}

static enum scope_code add_to_point(void *closure, int64_t start_ns,
                                    int64_t end_ns,
                                    const struct scope_hist *hist)
{
    struct timeline *timeline = closure;
    /* Whole histograms make a point, or some would hold too few requests. */
    if (!timeline->hist.count_slots && end_ns > start_ns) {
        int64_t interval = end_ns - start_ns;
        int64_t times = (timeline->width_ns + interval - 1) / interval;
        timeline->width_ns = times * interval;
        timeline->until_ns = start_ns + timeline->width_ns;
    }
    int64_t middle = start_ns + (end_ns - start_ns) / 2;
    if (middle >= timeline->until_ns) {
        end_point(timeline);
        int64_t steps = (middle - timeline->until_ns) / timeline->width_ns + 1;
        timeline->until_ns += steps * timeline->width_ns;
    }
    return scope_hist_gather(&timeline->hist, hist, timeline->err);
}

static enum scope_code add_timeline(const struct scope_dataset *dataset,
                                    const struct load *load,
                                    struct scope_plot *plot,
                                    struct scope_err *err)
{
    const struct scope_trial *trial = load->trial;
    size_t found = 0;
    while (found < trial->series_count &&
           !is_driven(&trial->series[found], "latency"))
        found++;
    double requests = (double)load->outcome.timing[SCOPE_TIMING_LATENCY].total;
    if (found == trial->series_count || requests <= 0)
        return SCOPE_OK;
    double length = (double)(trial->end_ns - trial->start_ns);
    double width = fmax(length / POINTS,
                        length * ENOUGH_FOR_P99 * 1.1 / fmax(requests, 1));
    struct timeline *timeline = scope_alloc(1, sizeof *timeline);
    timeline->start_ns = trial->start_ns;
    timeline->width_ns = (int64_t)fmin(width, length) + 1;
    timeline->err = err;
    enum scope_code code =
        scope_series_hists(dataset, &trial->series[found], trial->start_ns,
                           trial->end_ns, add_to_point, timeline, err);
    if (code == SCOPE_OK) {
        end_point(timeline);
        char *p50 = curve_label(load, "p50"), *p99 = curve_label(load, "p99");
        scope_plot_add(plot, SCOPE_MARK_LINE, p99, timeline->x, timeline->p99,
                       timeline->count);
        scope_plot_add(plot, SCOPE_MARK_DASHES, p50, timeline->x, timeline->p50,
                       timeline->count);
        free(p50);
        free(p99);
    }
    if (timeline->hist.count_slots)
        scope_hist_free(&timeline->hist);
    free(timeline);
    return code;
}

/* Achieved requests a second in at most POINTS steps of equal length. */
static enum scope_code add_rate_curve(const struct scope_dataset *dataset,
                                      const struct load *load,
                                      struct scope_plot *plot,
                                      struct scope_err *err)
{
    struct scope_track requests;
    enum scope_code code =
        scope_track_requests(dataset, load->trial, &requests, err);
    if (code != SCOPE_OK || requests.count < 2) {
        scope_track_free(&requests);
        return code;
    }
    double x[POINTS], y[POINTS];
    size_t count = requests.count - 1 < POINTS ? requests.count - 1 : POINTS;
    int64_t from = requests.time_ns[0];
    double length = (double)(requests.time_ns[requests.count - 1] - from);
    double step = length / (double)count, before = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t to = from + (int64_t)(length * (double)(i + 1) / (double)count);
        double now = scope_track_at(&requests, to);
        x[i] = (double)(to - load->trial->start_ns) - step / 2;
        y[i] = (now - before) / step * 1e9;
        before = now;
    }
    char *label = curve_label(load, "");
    scope_plot_add(plot, SCOPE_MARK_LINE, label, x, y, count);
    free(label);
    scope_track_free(&requests);
    return SCOPE_OK;
}

static enum scope_code add_over_time(const struct scope_dataset *dataset,
                                     struct scope_report *report,
                                     const struct load *loads, size_t count,
                                     struct scope_err *err)
{
    const struct scope_axis time = {
        .label = "time in the trial", .unit = SCOPE_UNIT_NS, .from_zero = true};
    struct scope_plot *latency = scope_report_plot(
        report, "latency-over-time", "Latency over time", &time,
        &(struct scope_axis){.label = "latency",
                             .unit = SCOPE_UNIT_NS,
                             .scale = SCOPE_AXIS_LOG});
    struct scope_plot *rate = scope_report_plot(
        report, "rate-over-time", "Achieved rate over time", &time,
        &(struct scope_axis){.label = "requests answered",
                             .unit = SCOPE_UNIT_HERTZ,
                             .from_zero = true});
    for (size_t i = 0; i < count; i++) {
        enum scope_code code = add_timeline(dataset, &loads[i], latency, err);
        if (code == SCOPE_OK)
            code = add_rate_curve(dataset, &loads[i], rate, err);
        if (code != SCOPE_OK)
            return code;
    }
    return SCOPE_OK;
}

static enum scope_code add_report(const struct scope_dataset *dataset,
                                  struct scope_report *report,
                                  const struct load *loads, size_t count,
                                  struct scope_err *err)
{
    size_t driven = 0;
    bool open = false;
    for (size_t i = 0; i < count; i++) {
        driven += loads[i].outcome.driven;
        open = open || loads[i].outcome.intended > 0;
    }
    if (!driven) {
        scope_report_text(report, "No driver sent requests in these trials, "
                                  "so nothing is known of latency.");
        return SCOPE_OK;
    }
    /* What there is but one of needs no name in every row. */
    bool alone = scope_dataset_trials(dataset) == 1;
    tables_add_load(report, loads, count, alone);
    tables_add_times(report, loads, count, alone, open);
    enum scope_code code = answers_add(dataset, report, alone, err);
    if (code == SCOPE_OK)
        code = kinds_add(dataset, report, alone, err);
    if (code != SCOPE_OK)
        return code;
    tables_add_generator(report, loads, count, alone);
    add_curves(report, loads, count, open);
    return add_over_time(dataset, report, loads, count, err);
}

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    (void)self;
    size_t count = scope_dataset_trials(dataset);
    struct load *loads = scope_alloc(count + 1, sizeof *loads);
    enum scope_code code = SCOPE_OK;
    scope_report_heading(report, "Latency and load");
    for (size_t i = 0; i < count && code == SCOPE_OK; i++) {
        loads[i].trial = scope_dataset_trial(dataset, i);
        code = scope_outcome_read(dataset, loads[i].trial, NULL,
                                  &loads[i].outcome, err);
    }
    if (code == SCOPE_OK)
        code = add_report(dataset, report, loads, count, err);
    for (size_t i = 0; i < count; i++)
        scope_outcome_free(&loads[i].outcome);
    free(loads);
    return code;
}

static const struct scope_analyzer_ops ops = {
    .run = run,
};

SCOPE_PLUGIN(.kind = SCOPE_ANALYZER, .name = "latency",
             .summary = "percentiles of latency, achieved rates and the "
                        "generator's health",
             .version = "1", .analyzer = &ops);
