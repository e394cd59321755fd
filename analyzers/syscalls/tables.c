/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of calls, of their times and of their errors: the rows of a call are
 * the trials, so that they stand side by side. */
#include "analyzers/syscalls/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/outcome.h>
#include <stdlib.h>
#include <string.h>

char *tables_title(const struct group *group)
{
    const char *name = group->name ? group->name : "several programs";
    if (group->rank != 1)
        return scope_strdup(group->section);
    if (group->members > 1)
        return strcmp(name, group->section) == 0
                   ? scope_format("%s, %zu processes", name, group->members)
                   : scope_format("%s (%s, %zu processes)", group->section,
                                  name, group->members);
    return strstr(group->section, name)
               ? scope_strdup(group->section)
               : scope_format("%s (%s)", group->section, name);
}

bool tables_doubt(const struct counts *counts, size_t trial)
{
    const struct scope_trial *of = scope_dataset_trial(counts->dataset, trial);
    return (of->judged && !of->valid) || counts->tracing[trial].lost > 0;
}

static int by_weight(const void *a, const void *b)
{
    const struct call *left = a, *right = b;
    if (left->weight != right->weight)
        return left->weight < right->weight ? 1 : -1;
    return strcmp(left->name, right->name);
}

void tables_sort(const struct counts *counts, struct group *group,
                 enum counter counter)
{
    for (size_t i = 0; i < group->call_count; i++) {
        struct call *call = &group->calls[i];
        call->weight = 0;
        for (size_t t = 0; t < counts->trials; t++)
            call->weight = fmax(
                call->weight, cell_figure(counts, t, &call->cells[t], counter));
    }
    if (group->call_count)
        qsort(group->calls, group->call_count, sizeof *group->calls, by_weight);
}

static struct scope_table *begin_table(struct scope_report *report,
                                       const struct counts *counts,
                                       const struct group *group,
                                       const char *id, const char *what)
{
    char *name = tables_title(group);
    char *title = scope_format("%s: %s", name, what);
    char *full = scope_format("syscalls-%s-%s", id, group->section);
    struct scope_table *table = scope_report_table(report, full, title);
    enum scope_column_kind kind =
        counts->trials > 1 ? SCOPE_COLUMN_TEXT : SCOPE_COLUMN_MACHINE;
    scope_table_column(table, SCOPE_COLUMN_TEXT, "call", "call", 0,
                       "\"other\": calls that are not told apart");
    scope_table_column(table, kind, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "target", "target", 0,
                       NULL);
    free(name);
    free(title);
    free(full);
    return table;
}

/* first: the call's first row. */
static void begin_row(struct scope_table *table, const struct counts *counts,
                      const struct group *group, const char *call, size_t trial,
                      bool first)
{
    if (first && counts->trials > 1)
        scope_table_group(table);
    else
        scope_table_row(table);
    scope_cell_text(table, call);
    scope_cell_text(table, scope_dataset_trial(counts->dataset, trial)->name);
    scope_cell_text(table, group->section);
    if (tables_doubt(counts, trial))
        scope_table_doubt(table);
}

/* What the rows of a table say of one cell. */
typedef void row_cells(struct scope_table *table, const struct counts *counts,
                       const struct group *group, const struct call *call,
                       size_t trial);

struct rows {
    enum counter counter; /* trials where it is not known have no row */
    row_cells *cells;
};

static void add_rows(struct scope_table *table, const struct counts *counts,
                     const struct group *group, const struct call *call,
                     const struct rows *rows)
{
    bool first = true;
    for (size_t t = 0; t < counts->trials; t++) {
        if (!call->cells[t].tracks[rows->counter].count)
            continue;
        begin_row(table, counts, group, call->name, t, first);
        rows->cells(table, counts, group, call, t);
        first = false;
    }
}

/* The calls that are left, in sum: of those that wait, that work, or both. */
static void add_rest(struct scope_table *table, const struct counts *counts,
                     const struct group *group, const struct call *const *calls,
                     size_t count, const struct rows *rows)
{
    char *name = scope_format("%zu more", count);
    struct call rest = {
        .name = name,
        .waits = count && calls[0]->waits,
        .sum = true,
        .cells = scope_alloc(counts->trials, sizeof *rest.cells),
    };
    for (size_t t = 0; t < counts->trials; t++) {
        rest.cells[t].longest = NAN;
        for (size_t i = 0; i < count; i++)
            cell_add(&rest.cells[t], &calls[i]->cells[t]);
    }
    if (count)
        add_rows(table, counts, group, &rest, rows);
    cells_free(rest.cells, counts->trials);
    free(name);
}

/* Rows of the calls that waits picks (any: of all), up to top. */
static void add_calls(struct scope_table *table, const struct counts *counts,
                      const struct group *group, bool any, bool waits,
                      size_t top, const struct rows *rows)
{
    const struct call **left =
        scope_alloc(group->call_count + 1, sizeof(const struct call *));
    size_t count = 0, shown = 0;
    for (size_t i = 0; i < group->call_count; i++) {
        const struct call *call = &group->calls[i];
        if ((!any && call->waits != waits) || !(call->weight > 0))
            continue;
        if (shown++ < top)
            add_rows(table, counts, group, call, rows);
        else
            left[count++] = call;
    }
    if (count == 1)
        add_rows(table, counts, group, left[0], rows);
    else
        add_rest(table, counts, group, left, count, rows);
    free(left);
}

/* --- calls ---------------------------------------------------------------- */

static void calls_cells(struct scope_table *table, const struct counts *counts,
                        const struct group *group, const struct call *call,
                        size_t trial)
{
    const struct cell *cell = &call->cells[trial];
    double calls = cell_total(cell, CALLS);
    scope_cell_text(table, call->waits ? "waiting" : "working");
    scope_cell_number(table, calls);
    scope_cell_number(table, cell_rate(cell, CALLS));
    if (counts->driven)
        scope_cell_number(table, cell_per_request(counts, trial, cell, CALLS));
    scope_cell_number(table,
                      calls / cell_total(&group->all.cells[trial], CALLS));
    if (group->errors)
        scope_cell_number(table, cell_total(cell, ERRORS) / calls);
    if (!group->bytes)
        return;
    scope_cell_number(table, call->sum ? NAN : cell_total(cell, BYTES) / calls);
    scope_cell_number(table, cell_rate(cell, BYTES));
    if (counts->driven)
        scope_cell_number(table, cell_per_request(counts, trial, cell, BYTES));
}

static void add_calls_table(struct scope_report *report,
                            const struct counts *counts, struct group *group,
                            size_t top)
{
    enum scope_column_kind rate =
        counts->driven ? SCOPE_COLUMN_MACHINE : SCOPE_COLUMN_NUMBER;
    struct scope_table *table =
        begin_table(report, counts, group, "calls", "system calls");
    tables_sort(counts, group, CALLS);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "kind", "kind", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "calls", "calls",
                       SCOPE_UNIT_COUNT, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "rate", "calls",
                       SCOPE_UNIT_HERTZ, "per second");
    if (counts->driven)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "per_request",
                           "per request", SCOPE_UNIT_COUNT,
                           "calls by requests completed in the same time");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "share",
                       SCOPE_UNIT_RATIO, "of all calls");
    if (group->errors)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "failed", "failed",
                           SCOPE_UNIT_RATIO,
                           "the share of the calls that gave an error");
    if (group->bytes) {
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "bytes_per_call",
                           "a call", SCOPE_UNIT_BYTES,
                           "payload that a call moved, mean; failed calls "
                           "moved none");
        scope_table_column(table, rate, "bytes_rate", "a second",
                           SCOPE_UNIT_BYTERATE, "payload moved");
        if (counts->driven)
            scope_table_column(table, SCOPE_COLUMN_NUMBER, "bytes_per_request",
                               "a request", SCOPE_UNIT_BYTES,
                               "payload moved a request");
    }
    const struct rows rows = {CALLS, calls_cells};
    add_calls(table, counts, group, true, false, top, &rows);
    add_rows(table, counts, group, &group->all, &rows);
}

/* --- times ---------------------------------------------------------------- */

static void times_cells(struct scope_table *table, const struct counts *counts,
                        const struct group *group, const struct call *call,
                        size_t trial)
{
    const struct cell *cell = &call->cells[trial];
    const struct scope_hist *latency = &cell->latency;
    (void)group;
    scope_cell_text(table, call->waits ? "waiting" : "working");
    scope_cell_number(table, cell_rate(cell, TIME) / 1e9);
    if (counts->driven)
        scope_cell_number(table, cell_per_request(counts, trial, cell, TIME));
    scope_cell_number(table, cell_mean(cell));
    scope_cell_number(table,
                      latency->total ? scope_hist_told(latency, 0.5) : NAN);
    scope_cell_number(table,
                      latency->total ? scope_hist_told(latency, 0.99) : NAN);
    scope_cell_number(table, cell->longest);
}

static void add_times_table(struct scope_report *report,
                            const struct counts *counts, struct group *group,
                            size_t top)
{
    struct scope_table *table =
        begin_table(report, counts, group, "times", "time in system calls");
    tables_sort(counts, group, TIME);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "kind", "kind", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "time", "time",
                       SCOPE_UNIT_RATIO,
                       "time in the call by time: 100 % is one thread in it "
                       "all the time");
    if (counts->driven)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "time_per_request",
                           "per request", SCOPE_UNIT_NS,
                           "time from entry to exit of all calls that a "
                           "request took, waiting included");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "mean", "mean",
                       SCOPE_UNIT_NS, "of a call");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "p50", "p50", SCOPE_UNIT_NS,
                       "half of the calls took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "p99", "p99", SCOPE_UNIT_NS,
                       "99 % of the calls took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "max", "max", SCOPE_UNIT_NS,
                       "the longest");
    const struct rows rows = {TIME, times_cells};
    add_calls(table, counts, group, false, false, top, &rows);
    add_rows(table, counts, group, &group->working, &rows);
    add_calls(table, counts, group, false, true, top, &rows);
    add_rows(table, counts, group, &group->waiting, &rows);
}

/* --- errors --------------------------------------------------------------- */

static int by_most(const void *a, const void *b)
{
    const struct failure *left = a, *right = b;
    if (left->most != right->most)
        return left->most < right->most ? 1 : -1;
    int order = strcmp(left->call, right->call);
    return order ? order : strcmp(left->error, right->error);
}

static const struct call *call_of(const struct group *group, const char *name)
{
    for (size_t i = 0; i < group->call_count; i++)
        if (strcmp(group->calls[i].name, name) == 0)
            return &group->calls[i];
    return NULL;
}

static void add_failure(struct scope_table *table, const struct counts *counts,
                        const struct group *group,
                        const struct failure *failure)
{
    const struct call *call = call_of(group, failure->call);
    bool first = true;
    for (size_t t = 0; call && t < counts->trials; t++) {
        const struct cell *cell = &call->cells[t];
        double count = failure->counts[t];
        if (!cell->tracks[ERRORS].count)
            continue;
        begin_row(table, counts, group, failure->call, t, first);
        scope_cell_text(table, failure->error);
        scope_cell_number(table, count);
        scope_cell_number(table, cell_rate(cell, CALLS) * count /
                                     cell_total(cell, CALLS));
        if (counts->driven)
            scope_cell_number(table, cell_per_request(counts, t, cell, CALLS) *
                                         count / cell_total(cell, CALLS));
        scope_cell_number(table, count / cell_total(cell, CALLS));
        first = false;
    }
}

static void add_errors_table(struct scope_report *report,
                             const struct counts *counts, struct group *group,
                             size_t top)
{
    struct scope_table *table =
        begin_table(report, counts, group, "errors", "calls that failed");
    qsort(group->failures, group->failure_count, sizeof *group->failures,
          by_most);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "error", "error", 0,
                       "errno; EAGAIN and EINPROGRESS are no faults where a "
                       "socket does not block");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "count", "count",
                       SCOPE_UNIT_COUNT, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "rate", "rate",
                       SCOPE_UNIT_HERTZ, "per second");
    if (counts->driven)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "per_request",
                           "per request", SCOPE_UNIT_COUNT, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "share",
                       SCOPE_UNIT_RATIO, "of this call's calls");
    for (size_t i = 0; i < group->failure_count && i < top; i++)
        add_failure(table, counts, group, &group->failures[i]);
}

void tables_add(struct scope_report *report, const struct counts *counts,
                struct group *group, size_t top)
{
    add_calls_table(report, counts, group, top);
    if (group->times)
        add_times_table(report, counts, group, top);
    if (group->failure_count)
        add_errors_table(report, counts, group, top);
}
