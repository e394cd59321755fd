/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the client saw: how long requests took, how many there were, and
 * whether the generator of the load was fit to say so. Latency counts from
 * when a request was to be sent, service time from when it was.
 */
#include "analyzers/latency/answers.h"
#include "analyzers/latency/kinds.h"

#include <math.h>
#include <scope/load.h>
#include <scope/plugin.h>
#include <scope/report.h>
#include <scope/track.h>
#include <string.h>

enum timing {
    LATENCY,
    SERVICE,
    DELAY,
    TIMINGS,
};

static const char *const timing_names[TIMINGS] = {"latency", "service",
                                                  "delay"};

enum {
    POINTS = 100,         /* over time, at most */
    ENOUGH_FOR_P99 = 1000 /* 10 requests beyond it */
};

/* The load of one trial: all its drivers together. */
struct load {
    const struct scope_trial *trial;
    bool driven; /* some driver sent requests */
    struct scope_hist hist[TIMINGS];
    bool filled[TIMINGS];
    struct scope_figure requests, busiest;
    double intended, errors, other, unsent, cpu;
};

static bool is_driven(const struct scope_series *series, const char *name)
{
    return series->driver && strcmp(series->metric.name, name) == 0;
}

/* A histogram that another is merged into, made on first use. */
static enum scope_code merge(struct scope_hist *sum, bool *filled,
                             const struct scope_hist *hist,
                             struct scope_err *err)
{
    if (!*filled) {
        enum scope_code code = scope_hist_init(sum, hist->lowest, hist->highest,
                                               hist->digits, err);
        if (code != SCOPE_OK)
            return code;
        *filled = true;
    }
    scope_hist_merge(sum, hist);
    return SCOPE_OK;
}

struct merging {
    struct load *load;
    enum timing timing;
    struct scope_err *err;
};

static enum scope_code merge_all(void *closure, int64_t start_ns,
                                 int64_t end_ns, const struct scope_hist *hist)
{
    (void)start_ns, (void)end_ns;
    struct merging *merging = closure;
    return merge(&merging->load->hist[merging->timing],
                 &merging->load->filled[merging->timing], hist, merging->err);
}

static enum scope_code read_timings(const struct scope_dataset *dataset,
                                    struct load *load, struct scope_err *err)
{
    const struct scope_trial *trial = load->trial;
    for (size_t i = 0; i < trial->series_count; i++)
        for (enum timing timing = 0; timing < TIMINGS; timing++) {
            if (!is_driven(&trial->series[i], timing_names[timing]))
                continue;
            struct merging merging = {load, timing, err};
            enum scope_code code =
                scope_series_hists(dataset, &trial->series[i], trial->start_ns,
                                   trial->end_ns, merge_all, &merging, err);
            if (code != SCOPE_OK)
                return code;
        }
    return SCOPE_OK;
}

/* The figure of all of a trial's driver series of a name, added up; of those
 * whose instance begins with skipped, none. */
static enum scope_code read_figure(const struct scope_dataset *dataset,
                                   const struct load *load, const char *name,
                                   const char *skipped,
                                   struct scope_figure *figure,
                                   struct scope_err *err)
{
    const struct scope_trial *trial = load->trial;
    struct scope_track sum = {0};
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        struct scope_track one;
        if (!is_driven(series, name) ||
            (skipped &&
             strncmp(series->instance, skipped, strlen(skipped)) == 0))
            continue;
        enum scope_code code = scope_track_read(dataset, series, &one, err);
        if (code != SCOPE_OK) {
            scope_track_free(&sum);
            return code;
        }
        scope_track_add(&sum, &one);
        scope_track_free(&one);
    }
    scope_track_figure(&sum, figure);
    scope_track_free(&sum);
    return SCOPE_OK;
}

/* What grew in the window; nothing declared or seen is 0. */
static double grown(const struct scope_figure *figure)
{
    return isnan(figure->total) ? 0 : figure->total;
}

static enum scope_code read_load(const struct scope_dataset *dataset,
                                 const struct scope_trial *trial,
                                 struct load *load, struct scope_err *err)
{
    load->trial = trial;
    for (size_t i = 0; i < trial->series_count; i++)
        load->driven = load->driven || is_driven(&trial->series[i], "requests");
    struct scope_figure rate, errors, other, unsent, user, system;
    const struct {
        const char *name, *skipped;
        struct scope_figure *figure;
    } wanted[] = {
        {"requests", NULL, &load->requests},
        {"busiest", NULL, &load->busiest},
        {"rate", NULL, &rate},
        {"errors", NULL, &errors},
        {"status", "2", &other},
        {"unsent", NULL, &unsent},
        {"cpu.user", NULL, &user},
        {"cpu.system", NULL, &system},
    };
    enum scope_code code = read_timings(dataset, load, err);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && code == SCOPE_OK;
         i++)
        code = read_figure(dataset, load, wanted[i].name, wanted[i].skipped,
                           wanted[i].figure, err);
    if (code != SCOPE_OK)
        return code;
    load->intended = rate.summary.mean;
    load->errors = grown(&errors);
    load->other = grown(&other);
    load->unsent = grown(&unsent);
    load->cpu = user.summary.mean + system.summary.mean;
    return SCOPE_OK;
}

static void free_load(struct load *load)
{
    for (enum timing timing = 0; timing < TIMINGS; timing++)
        if (load->filled[timing])
            scope_hist_free(&load->hist[timing]);
}

static bool is_doubtful(const struct load *load)
{
    return load->trial->judged && !load->trial->valid;
}

static void begin_row(struct scope_table *table, const struct load *load)
{
    scope_table_row(table);
    scope_cell_text(table, load->trial->name);
    if (is_doubtful(load))
        scope_table_doubt(table);
}

static const struct {
    const char *name;
    double at;
} quantiles[] = {
    {"p50", 0.5},  {"p75", 0.75},    {"p90", 0.9},       {"p95", 0.95},
    {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999},
};

enum {
    QUANTILES = sizeof quantiles / sizeof *quantiles,
};

/* A quantile with fewer than ten values beyond it says nothing. */
static double quantile_of(const struct scope_hist *hist, double at)
{
    return (double)hist->total * (1 - at) < 10 - 1e-6
               ? NAN
               : (double)scope_hist_quantile(hist, at);
}

static void add_timing_row(struct scope_table *table, const struct load *load,
                           enum timing timing, bool *refused)
{
    const struct scope_hist *hist = &load->hist[timing];
    begin_row(table, load);
    for (size_t i = 0; i < QUANTILES; i++) {
        double value =
            load->filled[timing] ? quantile_of(hist, quantiles[i].at) : NAN;
        *refused = *refused || isnan(value);
        scope_cell_number(table, value);
    }
    bool any = load->filled[timing] && hist->total;
    scope_cell_number(table, any ? (double)hist->max : NAN);
    scope_cell_number(table, any ? scope_hist_mean(hist) : NAN);
    scope_cell_number(table, any ? (double)hist->total : 0);
    scope_cell_number(table, any ? (double)hist->min : NAN);
    scope_cell_number(table, any ? scope_hist_sd(hist) : NAN);
    scope_cell_number(table, any ? (double)hist->saturated : 0);
}

static bool add_timing(struct scope_report *report, const struct load *loads,
                       size_t count, enum timing timing, const char *title)
{
    struct scope_table *table =
        scope_report_table(report, timing_names[timing], title);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    for (size_t i = 0; i < QUANTILES; i++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, quantiles[i].name,
                           quantiles[i].name, SCOPE_UNIT_NS,
                           "that share of the requests took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "max", "max", SCOPE_UNIT_NS,
                       "the longest");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "mean", "mean",
                       SCOPE_UNIT_NS, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "requests", "requests", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "min_ns", "min", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "sd_ns", "sd", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "saturated", "saturated", 0,
                       NULL);
    bool refused = false;
    for (size_t i = 0; i < count; i++)
        if (loads[i].driven)
            add_timing_row(table, &loads[i], timing, &refused);
    return refused;
}

static void add_rates(struct scope_report *report, const struct load *loads,
                      size_t count)
{
    struct scope_table *table = scope_report_table(report, "load", "Load");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "intended", "intended",
                       SCOPE_UNIT_HERTZ,
                       "requests the schedule wanted sent a second; none in a "
                       "closed loop");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "achieved", "achieved",
                       SCOPE_UNIT_HERTZ, "requests answered a second");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "half_width",
                       "±\u00a095\u00a0%", SCOPE_UNIT_HERTZ,
                       "half the 95 % interval of the achieved rate");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "timed", "timed",
                       SCOPE_UNIT_COUNT,
                       "requests behind the percentiles of latency");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "errors", "errors",
                       SCOPE_UNIT_COUNT,
                       "requests and connections that failed");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "not_2xx", "not 2xx",
                       SCOPE_UNIT_COUNT, "answers of other status classes");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "unsent", "unsent",
                       SCOPE_UNIT_COUNT,
                       "requests the schedule wanted but that were never "
                       "sent");
    for (size_t i = 0; i < count; i++) {
        const struct load *load = &loads[i];
        const struct scope_summary *s = &load->requests.summary;
        if (!load->driven)
            continue;
        begin_row(table, load);
        scope_cell_number(table, load->intended);
        scope_cell_number(table, s->mean);
        scope_cell_number(table, (s->high - s->low) / 2);
        scope_cell_number(table, load->filled[LATENCY]
                                     ? (double)load->hist[LATENCY].total
                                     : 0);
        scope_cell_number(table, load->errors);
        scope_cell_number(table, load->other);
        scope_cell_number(table, load->unsent);
    }
}

static void add_generator(struct scope_report *report, const struct load *loads,
                          size_t count)
{
    struct scope_table *table = scope_report_table(
        report, "generator", "Generator: was it fit to measure?");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    static const char *const delays[] = {"delay_p50", "delay_p99", "delay_max"};
    static const char *const headings[] = {"late p50", "late p99", "late max"};
    for (size_t i = 0; i < 3; i++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, delays[i], headings[i],
                           SCOPE_UNIT_NS,
                           "requests were sent later than intended by this, "
                           "though a connection was free");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu", "CPU",
                       SCOPE_UNIT_RATIO, "of its process, 100 % is one CPU");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "busiest", "busiest thread",
                       SCOPE_UNIT_RATIO,
                       "CPU share of its busiest thread, mean");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "busiest_max",
                       "busiest, most", SCOPE_UNIT_RATIO,
                       "CPU share of its busiest thread, highest; near 100 % "
                       "the generator was the bottleneck");
    for (size_t i = 0; i < count; i++) {
        const struct load *load = &loads[i];
        bool open = load->filled[DELAY] && load->hist[DELAY].total;
        if (!load->driven)
            continue;
        begin_row(table, load);
        const struct scope_hist *delay = &load->hist[DELAY];
        scope_cell_number(table, open ? quantile_of(delay, 0.5) : NAN);
        scope_cell_number(table, open ? quantile_of(delay, 0.99) : NAN);
        scope_cell_number(table, open ? (double)delay->max : NAN);
        scope_cell_number(table, load->cpu);
        scope_cell_number(table, load->busiest.summary.mean);
        scope_cell_number(table, load->busiest.summary.max);
    }
}

static char *curve_label(const struct load *load, const char *what)
{
    return scope_format("%s%s%s%s", load->trial->name, *what ? ", " : "", what,
                        is_doubtful(load) ? " (doubtful)" : "");
}

/* The time below which a share of the requests stays, up to the last but one
 * of them. */
static void add_curve(struct scope_plot *plot, const struct load *load,
                      enum timing timing, const char *what)
{
    enum {
        STEPS_A_DECADE = 40,
        LONGEST = 12 * STEPS_A_DECADE,
    };
    double x[LONGEST], y[LONGEST];
    if (!load->filled[timing] || load->hist[timing].total < 2)
        return;
    double last = log10((double)load->hist[timing].total);
    size_t count = 0;
    for (; count < LONGEST && (double)count / STEPS_A_DECADE <= last; count++) {
        x[count] = 1 - pow(10, -(double)count / STEPS_A_DECADE);
        y[count] = (double)scope_hist_quantile(&load->hist[timing], x[count]);
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
        add_curve(plot, &loads[i], LATENCY,
                  count == 1 && open ? "latency" : "");
    if (count == 1 && open)
        add_curve(plot, &loads[0], SERVICE, "service time");
}

/* Histograms gathered into points of time wide enough for a p99. */
struct timeline {
    struct scope_hist hist;
    bool filled;
    int64_t start_ns, width_ns, until_ns;
    double x[POINTS + 2], p50[POINTS + 2], p99[POINTS + 2];
    size_t count;
    struct scope_err *err;
};

static void end_point(struct timeline *timeline)
{
    if (!timeline->filled || !timeline->hist.total ||
        timeline->count == POINTS + 2)
        return;
    size_t i = timeline->count++;
    timeline->x[i] = (double)(timeline->until_ns - timeline->start_ns) -
                     (double)timeline->width_ns / 2;
    timeline->p50[i] = quantile_of(&timeline->hist, 0.5);
    timeline->p99[i] = quantile_of(&timeline->hist, 0.99);
    scope_hist_reset(&timeline->hist);
}

static enum scope_code add_to_point(void *closure, int64_t start_ns,
                                    int64_t end_ns,
                                    const struct scope_hist *hist)
{
    struct timeline *timeline = closure;
    /* Whole histograms make a point, or some would hold too few requests. */
    if (!timeline->filled && end_ns > start_ns) {
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
    return merge(&timeline->hist, &timeline->filled, hist, timeline->err);
}

static enum scope_code add_timeline(const struct scope_dataset *dataset,
                                    const struct load *load,
                                    struct scope_plot *plot,
                                    struct scope_err *err)
{
    const struct scope_trial *trial = load->trial;
    size_t found = 0;
    while (found < trial->series_count &&
           !is_driven(&trial->series[found], timing_names[LATENCY]))
        found++;
    if (found == trial->series_count || !load->filled[LATENCY])
        return SCOPE_OK;
    double length = (double)(trial->end_ns - trial->start_ns);
    double requests = (double)load->hist[LATENCY].total;
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
    if (timeline->filled)
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
    bool driven = false, open = false;
    for (size_t i = 0; i < count; i++) {
        driven = driven || loads[i].driven;
        open = open || !isnan(loads[i].intended);
    }
    if (!driven) {
        scope_report_text(report, "No driver sent requests in these trials, "
                                  "so nothing is known of latency.");
        return SCOPE_OK;
    }
    bool refused = add_timing(report, loads, count, LATENCY,
                              open ? "Latency, from the intended sending"
                                   : "Latency, closed loop: each request "
                                     "waits for the one before");
    if (open)
        add_timing(report, loads, count, SERVICE,
                   "Service time, from the actual sending");
    if (refused)
        scope_report_text(report, "- stands where fewer than 10 requests lie "
                                  "beyond a percentile: too few to tell.");
    add_rates(report, loads, count);
    enum scope_code code = answers_add(dataset, report, err);
    if (code == SCOPE_OK)
        code = kinds_add(dataset, report, err);
    if (code != SCOPE_OK)
        return code;
    add_generator(report, loads, count);
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
    for (size_t i = 0; i < count && code == SCOPE_OK; i++)
        code =
            read_load(dataset, scope_dataset_trial(dataset, i), &loads[i], err);
    if (code == SCOPE_OK)
        code = add_report(dataset, report, loads, count, err);
    for (size_t i = 0; i < count; i++)
        free_load(&loads[i]);
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
