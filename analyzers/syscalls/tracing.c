/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tracing adds to a call was measured on scope's own calls when the trial
 * began; times the calls, it is held against the CPU time of the targets, which
 * holds it already.
 */
#include "analyzers/syscalls/tracing.h"

#include "analyzers/syscalls/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdlib.h>

struct cost {
    double call, rate, tracing, cpu;     /* tracing, cpu: shares of one CPU */
    double tracing_request, cpu_request; /* ns */
};

static struct cost cost_of(const struct counts *counts,
                           const struct group *group, size_t trial)
{
    const struct cell *all = &group->all.cells[trial];
    const struct scope_track *cpu = &group->cpu[trial];
    struct cost cost = {.call = counts->tracing[trial].cost,
                        .rate = cell_rate(all, CALLS),
                        .cpu = NAN,
                        .cpu_request = NAN};
    cost.tracing = cost.call * cost.rate / 1e9;
    cost.tracing_request =
        cost.call * cell_per_request(counts, trial, all, CALLS);
    if (cpu->count > 1) {
        struct scope_figure figure;
        scope_track_figure(cpu, &figure);
        cost.cpu = figure.summary.mean;
        if (counts->requests[trial].count > 1)
            cost.cpu_request = scope_track_ratio(cpu, &counts->requests[trial]);
    }
    return cost;
}

static void add_columns(struct scope_table *table, const struct counts *counts)
{
    scope_table_column(table, SCOPE_COLUMN_TEXT, "target", "target", 0, NULL);
    scope_table_column(
        table, counts->trials > 1 ? SCOPE_COLUMN_TEXT : SCOPE_COLUMN_MACHINE,
        "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cost_per_call", "a call",
                       SCOPE_UNIT_NS,
                       "what counting adds to a call, measured on scope's own "
                       "calls as the trial began; tracepoints add to switches "
                       "of threads, too");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "rate", "calls",
                       SCOPE_UNIT_HERTZ, "per second");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "tracing", "tracing",
                       SCOPE_UNIT_RATIO, "of one CPU: cost by calls");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu", "of CPU",
                       SCOPE_UNIT_RATIO,
                       "all that the target used, tracing included");
    if (counts->driven) {
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "tracing_per_request",
                           "a request", SCOPE_UNIT_NS, "tracing per request");
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu_per_request",
                           "of CPU", SCOPE_UNIT_NS,
                           "CPU time per request, tracing included");
    }
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "share",
                       SCOPE_UNIT_RATIO, "tracing's of the CPU time");
}

static void add_row(struct scope_table *table, const struct counts *counts,
                    const struct group *group, size_t trial)
{
    const struct scope_trial *of = scope_dataset_trial(counts->dataset, trial);
    struct cost cost = cost_of(counts, group, trial);
    scope_table_row(table);
    if (tables_doubt(counts, trial))
        scope_table_doubt(table);
    scope_cell_text(table, group->section);
    scope_cell_text(table, of->name);
    scope_cell_number(table, cost.call);
    scope_cell_number(table, cost.rate);
    scope_cell_number(table, cost.tracing);
    scope_cell_number(table, cost.cpu);
    if (counts->driven) {
        scope_cell_number(table, cost.tracing_request);
        scope_cell_number(table, cost.cpu_request);
    }
    scope_cell_number(table, cost.tracing / cost.cpu);
}

static bool any_cost(const struct counts *counts)
{
    for (size_t t = 0; t < counts->trials; t++)
        if (!isnan(counts->tracing[t].cost))
            return true;
    return false;
}

static void add_costs(struct scope_report *report, const struct counts *counts)
{
    struct scope_table *table =
        scope_report_table(report, "syscalls-tracing", "What counting cost");
    add_columns(table, counts);
    for (size_t g = 0; g < counts->group_count; g++)
        for (size_t t = 0; t < counts->trials; t++)
            if (counts->groups[g].all.cells[t].tracks[CALLS].count)
                add_row(table, counts, &counts->groups[g], t);
}

/* Of the calls of all targets; a cgroup's and the machine's are theirs again.
 */
static double counted(const struct counts *counts, size_t trial)
{
    double most = 0, processes = 0;
    for (size_t g = 0; g < counts->group_count; g++) {
        const struct group *group = &counts->groups[g];
        double calls = cell_total(&group->all.cells[trial], CALLS);
        if (isnan(calls))
            continue;
        if (group->rank == 1)
            processes += calls;
        else
            most = fmax(most, calls);
    }
    return fmax(most, processes);
}

void tracing_add(struct scope_report *report, const struct counts *counts)
{
    for (size_t t = 0; t < counts->trials; t++) {
        double lost = counts->tracing[t].lost;
        double calls = counted(counts, t);
        if (lost > 0)
            scope_report_warning(
                report,
                "%s: %.0f calls were made and not counted, beside %.0f that "
                "were (%.3g %%): the figures are too low by up to that much.",
                scope_dataset_trial(counts->dataset, t)->name, lost, calls,
                100 * lost / (lost + calls));
    }
    if (any_cost(counts) && counts->group_count)
        add_costs(report, counts);
}
