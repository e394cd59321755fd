/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latency by kind: from the intended sending where that is known, else from
 * the actual one, as in the parts of a transaction. */
#include "analyzers/latency/kinds.h"

#include <scope/outcome.h>
#include <string.h>

static bool is_timing(const struct scope_series *series, const char *name)
{
    return series->driver && strcmp(series->metric.name, name) == 0;
}

/* The kind's latency, or its service time when it has none. */
static const struct scope_series *best(const struct scope_trial *trial,
                                       const struct scope_series *service)
{
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        if (is_timing(series, "latency.kind") &&
            strcmp(series->source, service->source) == 0 &&
            strcmp(series->instance, service->instance) == 0)
            return series;
    }
    return service;
}

static const double quantiles[] = {0.5, 0.9, 0.99, 0.999};
enum { QUANTILES = sizeof quantiles / sizeof *quantiles };

static void add_columns(struct scope_table *table, bool alone)
{
    static const char *const names[QUANTILES] = {"p50", "p90", "p99", "p99.9"};
    scope_table_column(table, alone ? SCOPE_COLUMN_MACHINE : SCOPE_COLUMN_TEXT,
                       "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "driver", "driver", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "kind", "kind", 0,
                       "A/B is the part B of each A: its time is its own, "
                       "from its actual sending");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "count", "count",
                       SCOPE_UNIT_COUNT, NULL);
    for (size_t i = 0; i < QUANTILES; i++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, names[i], names[i],
                           SCOPE_UNIT_NS, "that share of them took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "max", "max", SCOPE_UNIT_NS,
                       "the longest");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "mean", "mean",
                       SCOPE_UNIT_NS, NULL);
}

static void add_row(struct scope_table *table,
                    const struct scope_series *series,
                    const struct scope_hist *hist)
{
    const struct scope_trial *trial = series->trial;
    scope_table_row(table);
    if (trial->judged && !trial->valid)
        scope_table_doubt(table);
    scope_cell_text(table, trial->name);
    scope_cell_text(table, series->source);
    scope_cell_text(table, series->instance);
    scope_cell_number(table, (double)hist->total);
    for (size_t i = 0; i < QUANTILES; i++)
        scope_cell_number(table, scope_hist_told(hist, quantiles[i]));
    scope_cell_number(table, (double)hist->max);
    scope_cell_number(table, scope_hist_mean(hist));
}

static enum scope_code add_kind(const struct scope_dataset *dataset,
                                const struct scope_series *series,
                                struct scope_table *table,
                                struct scope_err *err)
{
    struct scope_hist sum = {0};
    enum scope_code code = scope_series_gather(dataset, series, &sum, err);
    if (code == SCOPE_OK && sum.total)
        add_row(table, series, &sum);
    if (sum.count_slots)
        scope_hist_free(&sum);
    return code;
}

static size_t count_kinds(const struct scope_trial *trial)
{
    size_t count = 0;
    for (size_t i = 0; i < trial->series_count; i++)
        count += is_timing(&trial->series[i], "service.kind");
    return count;
}

enum scope_code kinds_add(const struct scope_dataset *dataset,
                          struct scope_report *report, bool alone,
                          struct scope_err *err)
{
    struct scope_table *table = NULL;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        if (count_kinds(trial) < 2)
            continue;
        if (!table) {
            table = scope_report_table(report, "kinds",
                                       "Latency by kind of request");
            add_columns(table, alone);
        }
        for (size_t s = 0; code == SCOPE_OK && s < trial->series_count; s++)
            if (is_timing(&trial->series[s], "service.kind"))
                code = add_kind(dataset, best(trial, &trial->series[s]), table,
                                err);
    }
    return code;
}
