/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Differences between conditions. A condition with repeats is known by the
 * spread of its trials; one with a single trial by the spread of its sweeps.
 * A figure per request is a ratio of two sums, so what a sweep says of it is
 * the ratio plus the sweep's deviation from it by the mean number of requests
 * (the linearised ratio estimator: Cochran, Sampling Techniques, 3rd ed., 6.3).
 */
#include "analyzers/syscalls/compare.h"

#include "analyzers/syscalls/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEAST_SWEEPS = 10,
    LOG_FROM = 30, /* range of values from which colours are logarithmic */
};

/* --- heat map ------------------------------------------------------------- */

static bool in_trial(const struct group *group, size_t trial)
{
    return group->all.cells[trial].tracks[CALLS].count > 1;
}

static bool is_wide(const double *values, size_t count)
{
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < count; i++)
        if (values[i] > 0) {
            least = fmin(least, values[i]);
            most = fmax(most, values[i]);
        }
    return most > least * LOG_FROM;
}

/* Whether a condition knows the counter. */
static bool in_condition(const struct group *group,
                         const struct condition *condition,
                         enum counter counter)
{
    for (size_t i = 0; i < condition->count; i++)
        if (group->all.cells[condition->trials[i]].tracks[counter].count > 1)
            return true;
    return false;
}

/* The mean over a condition's trials. */
static double level_of(const struct counts *counts,
                       const struct condition *condition,
                       const struct group *group, const struct call *call)
{
    double sum = 0, count = 0;
    for (size_t i = 0; i < condition->count; i++) {
        size_t trial = condition->trials[i];
        if (!in_trial(group, trial))
            continue;
        sum += cell_figure(counts, trial, &call->cells[trial], CALLS);
        count++;
    }
    return sum / count;
}

static void add_heat(struct scope_report *report, const struct counts *counts,
                     const struct group *group, const struct scope_heat *heat)
{
    char *name = tables_title(group);
    char *title = scope_format("%s: calls %s, by %s", name,
                               counts->driven ? "per request" : "per second",
                               heat->column_label);
    char *id = scope_format("syscalls-heat-%s", group->section);
    scope_report_heat(report, id, title, heat);
    free(name);
    free(title);
    free(id);
}

void compare_heat(struct scope_report *report, const struct counts *counts,
                  const struct conditions *conditions, struct group *group,
                  size_t top)
{
    size_t rows = 0, columns = 0, at = 0;
    tables_sort(counts, group, CALLS);
    while (rows < group->call_count && rows < top &&
           group->calls[rows].weight > 0)
        rows++;
    const char **calls = scope_alloc(rows + 1, sizeof(const char *));
    const char **places =
        scope_alloc(conditions->count + 1, sizeof(const char *));
    double *values = scope_alloc(rows * conditions->count + 1, sizeof *values);
    for (size_t c = 0; c < conditions->count; c++)
        if (in_condition(group, &conditions->items[c], CALLS))
            places[columns++] = conditions->items[c].place;
    for (size_t i = 0; i < rows; i++) {
        calls[i] = group->calls[i].name;
        for (size_t c = 0; c < conditions->count; c++)
            if (in_condition(group, &conditions->items[c], CALLS))
                values[at++] = level_of(counts, &conditions->items[c], group,
                                        &group->calls[i]);
    }
    if (rows && columns > 1)
        add_heat(
            report, counts, group,
            &(struct scope_heat){
                .row_label = "call",
                .column_label = conditions->label,
                .rows = calls,
                .columns = places,
                .row_count = rows,
                .column_count = columns,
                .values = values,
                .value_label = counts->driven ? "calls per request" : "calls",
                .unit = counts->driven ? SCOPE_UNIT_COUNT : SCOPE_UNIT_HERTZ,
                .log = is_wide(values, at),
            });
    free(calls);
    free(places);
    free(values);
}

/* --- estimates ------------------------------------------------------------ */

struct estimate {
    double mean, low, high; /* low, high: NAN when too little is known */
};

/* What the sweeps of one trial say; undriven: rates. */
static struct estimate from_sweeps(const struct counts *counts, size_t trial,
                                   const struct cell *cell,
                                   enum counter counter)
{
    const struct scope_track *track = &cell->tracks[counter];
    const struct scope_track *requests = &counts->requests[trial];
    struct estimate estimate = {cell_figure(counts, trial, cell, counter), NAN,
                                NAN};
    if (isnan(estimate.mean) || track->count < 2)
        return estimate;
    double *values = scope_alloc(track->count, sizeof *values);
    double *bases = scope_alloc(track->count, sizeof *bases);
    double sum = 0;
    size_t count = 0;
    for (size_t i = 1; i < track->count; i++) {
        double base =
            counts->driven
                ? scope_track_at(requests, track->time_ns[i]) -
                      scope_track_at(requests, track->time_ns[i - 1])
                : (double)(track->time_ns[i] - track->time_ns[i - 1]) / 1e9;
        if (isnan(base))
            continue; /* not covered by both */
        values[count] = track->value[i] - track->value[i - 1];
        bases[count++] = base;
        sum += base;
    }
    for (size_t i = 0; i < count; i++)
        values[i] = estimate.mean + (values[i] - estimate.mean * bases[i]) /
                                        (sum / (double)count);
    if (count >= LEAST_SWEEPS && sum > 0)
        scope_mean_interval(values, count, 0.95, &estimate.low, &estimate.high);
    free(values);
    free(bases);
    return estimate;
}

static struct estimate estimate_of(const struct counts *counts,
                                   const struct condition *condition,
                                   const struct group *group,
                                   const struct call *call,
                                   enum counter counter)
{
    double *values = scope_alloc(condition->count, sizeof *values);
    struct estimate estimate = {NAN, NAN, NAN};
    size_t count = 0, last = 0;
    for (size_t i = 0; i < condition->count; i++) {
        size_t trial = condition->trials[i];
        if (!in_trial(group, trial))
            continue;
        last = trial;
        values[count++] =
            cell_figure(counts, trial, &call->cells[trial], counter);
    }
    if (count == 1) {
        estimate = from_sweeps(counts, last, &call->cells[last], counter);
    } else if (count > 1) {
        estimate.mean = 0;
        for (size_t i = 0; i < count; i++)
            estimate.mean += values[i] / (double)count;
        if (!isnan(estimate.mean))
            scope_mean_interval(values, count, 0.95, &estimate.low,
                                &estimate.high);
    }
    free(values);
    return estimate;
}

/* From the intervals of both sides: the variance estimates that these imply
 * (MOVER: Zou and Donner, Statistics in Medicine 27, 2008). */
static struct estimate subtract(const struct estimate *a,
                                const struct estimate *b)
{
    double mean = a->mean - b->mean;
    return (struct estimate){
        .mean = mean,
        .low = mean - hypot(a->mean - a->low, b->high - b->mean),
        .high = mean + hypot(a->high - a->mean, b->mean - b->low),
    };
}

struct pair {
    const struct counts *counts;
    const struct condition *here, *baseline;
    const struct group *group;
};

/* By tracepoints and by BPF, it is not the same calls that are the others. */
static bool same_others(const struct pair *pair)
{
    return in_condition(pair->group, pair->here, ERRORS) ==
           in_condition(pair->group, pair->baseline, ERRORS);
}

static const char *verdict_of(const struct estimate *difference,
                              enum counter counter)
{
    if (isnan(difference->mean))
        return "not known";
    if (isnan(difference->low) || isnan(difference->high))
        return "too little data";
    if (difference->low > 0)
        return "more";
    if (difference->high < 0)
        return counter == TIME ? "less" : "fewer";
    return "no difference seen";
}

/* --- differences ---------------------------------------------------------- */

static bool is_doubtful(const struct counts *counts,
                        const struct condition *condition)
{
    for (size_t i = 0; i < condition->count; i++)
        if (tables_doubt(counts, condition->trials[i]))
            return true;
    return false;
}

static void add_row(struct scope_table *table, const struct pair *pair,
                    const struct call *call, enum counter counter)
{
    struct estimate here =
        estimate_of(pair->counts, pair->here, pair->group, call, counter);
    struct estimate baseline =
        estimate_of(pair->counts, pair->baseline, pair->group, call, counter);
    struct estimate difference = subtract(&here, &baseline);
    scope_table_row(table);
    if (is_doubtful(pair->counts, pair->here) ||
        is_doubtful(pair->counts, pair->baseline))
        scope_table_doubt(table);
    scope_cell_text(table, call->name);
    scope_cell_text(table, pair->group->section);
    scope_cell_text(table, pair->here->name);
    scope_cell_text(table, pair->baseline->name);
    scope_cell_number(table, baseline.mean);
    scope_cell_number(table, here.mean);
    scope_cell_number(table, difference.mean);
    scope_cell_number(table, (difference.high - difference.low) / 2);
    scope_cell_number(table, difference.low);
    scope_cell_number(table, difference.high);
    scope_cell_number(table, baseline.mean > 0 ? difference.mean / baseline.mean
                                               : NAN);
    scope_cell_text(table,
                    strcmp(call->name, "other") == 0 && !same_others(pair)
                        ? "not the same calls"
                        : verdict_of(&difference, counter));
}

static void add_columns(struct scope_table *table, enum scope_unit unit)
{
    scope_table_column(table, SCOPE_COLUMN_TEXT, "call", "call", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "target", "target", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "against", "against", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "baseline", "baseline", unit,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "here", "here", unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "difference", "difference",
                       unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "half_width",
                       "±\u00a095\u00a0%", unit,
                       "half the 95 % interval of the difference");
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "low", "low", unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "high", "high", unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "change", "change",
                       SCOPE_UNIT_RATIO, "of the baseline");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "verdict", "verdict", 0,
                       "by the interval; of 20 such verdicts one may be "
                       "chance");
}

static void add_difference(struct scope_report *report, const struct pair *pair,
                           enum counter counter, size_t top)
{
    const struct counts *counts = pair->counts;
    const struct group *group = pair->group;
    bool time = counter == TIME;
    char *name = tables_title(group);
    char *title = scope_format("%s: %s %s, %s against %s", name,
                               time ? "time in calls" : "calls",
                               counts->driven ? "per request" : "per second",
                               pair->here->name, pair->baseline->name);
    char *id = scope_format("syscalls-difference-%s-%s",
                            time ? "time" : "calls", group->section);
    struct scope_table *table = scope_report_table(report, id, title);
    size_t shown = 0;
    add_columns(table, time             ? SCOPE_UNIT_NS
                       : counts->driven ? SCOPE_UNIT_COUNT
                                        : SCOPE_UNIT_HERTZ);
    for (size_t i = 0; i < group->call_count && shown < top; i++) {
        if (!(group->calls[i].weight > 0) || (time && group->calls[i].waits))
            continue;
        add_row(table, pair, &group->calls[i], counter);
        shown++;
    }
    add_row(table, pair, time ? &group->working : &group->all, counter);
    free(name);
    free(title);
    free(id);
}

void compare_differences(struct scope_report *report,
                         const struct counts *counts,
                         const struct conditions *conditions,
                         struct group *group, size_t top)
{
    for (size_t i = 0; i < conditions->count; i++) {
        const struct condition *here = &conditions->items[i];
        if (here->against == NO_CONDITION)
            continue;
        const struct pair pair = {
            .counts = counts,
            .here = here,
            .baseline = &conditions->items[here->against],
            .group = group,
        };
        if (!in_condition(group, here, CALLS) ||
            !in_condition(group, pair.baseline, CALLS))
            continue;
        tables_sort(counts, group, CALLS);
        add_difference(report, &pair, CALLS, top);
        if (!in_condition(group, here, TIME) ||
            !in_condition(group, pair.baseline, TIME))
            continue;
        tables_sort(counts, group, TIME);
        add_difference(report, &pair, TIME, top);
    }
}
