/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every series came to, in one row a trial: levels of gauges, rates of
 * counters, and what a counter grew per request where a driver ran. Sections
 * are what was measured: a role with all its processes, a cgroup, the system.
 */
#include "analyzers/summary/cost.h"

#include <fnmatch.h>
#include <math.h>
#include <scope/plugin.h>
#include <string.h>

enum by {
    BY_ROLE,
    BY_TARGET,
};

struct config {
    bool all, zeros;
    int by;
    struct scope_list metric;
};

static const char *const by_words[] = {"role", "target", NULL};

/* What a reader of a first report wants of a process and a machine; the rest
 * is one option away. */
#define USUAL_METRICS                                                          \
    "process.cpu,process.cpu.user,process.cpu.system,process.run.wait,"        \
    "process.switches.*,process.faults.*,process.memory.resident,"             \
    "process.io.*.calls,process.io.*.chars,"                                   \
    "perf.*,!perf.enabled,!perf.running,!perf.minor_faults,"                   \
    "!perf.major_faults,"                                                      \
    "cgroup.cpu,cgroup.cpu.throttled.time,cgroup.memory,"                      \
    "system.cpu.user,system.cpu.system,system.cpu.softirq,system.cpu.irq,"     \
    "system.cpu.steal,system.switches,system.interrupts.total,"                \
    "system.net.?x.bytes,system.net.?x.packets,system.net.?x.drops,"           \
    "system.pressure.some"

static const struct scope_option options[] = {
    SCOPE_OPTION_LIST(struct config, metric, "metric",
                      .fallback = USUAL_METRICS, .value = "GLOB",
                      .help = "show the metrics whose name, or source and "
                              "name, match one of these, but none that match "
                              "one after '!'"),
    SCOPE_OPTION_BOOL(struct config, all, "all", .fallback = "no",
                      .help = "show every series, threads and instances too"),
    SCOPE_OPTION_BOOL(struct config, zeros, "zeros", .fallback = "no",
                      .help = "show also what stayed at 0"),
    SCOPE_OPTION_CHOICE(struct config, by, "by", .choices = by_words,
                        .fallback = "role",
                        .help = "add up the processes of a role, or show each "
                                "target for itself"),
    SCOPE_OPTION_END,
};

struct summary {
    const struct config *config;
    const struct scope_dataset *dataset;
    struct scope_report *report;
    size_t trials;
    struct entry *entries;
    size_t count, room;
    struct line *lines;
    size_t line_count, line_room;
    struct scope_track *requests; /* of each trial */
    size_t zeros;                 /* lines left out */
};

static int rank_of(const struct scope_series *series)
{
    static const int ranks[] = {
        [SCOPE_TARGET_PROCESS] = 1,
        [SCOPE_TARGET_THREAD] = 2,
        [SCOPE_TARGET_CGROUP] = 3,
        [SCOPE_TARGET_SYSTEM] = 4,
    };
    return series->target ? ranks[series->target->kind] : 5;
}

/* The first glob that the metric matches, or the number of globs: also when it
 * matches one after '!'. */
static size_t find_pattern(const struct config *config,
                           const struct scope_series *series)
{
    char *full = scope_format("%s.%s", series->source, series->metric.name);
    size_t count = config->metric.count, found = count;
    for (size_t i = 0; i < count; i++) {
        const char *glob = config->metric.items[i];
        bool excludes = *glob == '!';
        if (fnmatch(glob + excludes, series->metric.name, 0) != 0 &&
            fnmatch(glob + excludes, full, 0) != 0)
            continue;
        if (excludes) {
            found = count;
            break;
        }
        if (found == count)
            found = i;
    }
    free(full);
    return found;
}

static char *section_of(const struct config *config,
                        const struct scope_series *series)
{
    const struct scope_target *target = series->target;
    if (!target)
        return scope_strdup(series->source);
    const char *gap = *target->role ? " " : "";
    if (config->by == BY_TARGET && target->kind == SCOPE_TARGET_PROCESS)
        return scope_format("%s%s%s[%d]", target->role, gap, target->name,
                            target->pid);
    if (config->by == BY_TARGET && target->kind == SCOPE_TARGET_THREAD)
        return scope_format("%s%sthread %s[%d]", target->role, gap,
                            target->name, target->tid);
    if (target->kind == SCOPE_TARGET_THREAD)
        return scope_format("%s%sthread %s", target->role, gap, target->name);
    if (target->kind == SCOPE_TARGET_SYSTEM)
        return scope_strdup("system");
    return scope_strdup(*target->role ? target->role : target->name);
}

static void pick_series(struct summary *summary, size_t trial,
                        const struct scope_series *series)
{
    const struct config *config = summary->config;
    size_t pattern = find_pattern(config, series);
    if (series->metric.semantics == SCOPE_HISTOGRAM ||
        (!config->all && pattern == config->metric.count))
        return;
    summary->entries = scope_grow(summary->entries, &summary->room,
                                  summary->count, sizeof *summary->entries);
    summary->entries[summary->count++] = (struct entry){
        .series = series,
        .trial = trial,
        .rank = rank_of(series),
        .section = section_of(config, series),
        .pattern = pattern,
    };
}

static int by_section(const struct entry *a, const struct entry *b)
{
    if (a->rank != b->rank)
        return a->rank - b->rank;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    return strcmp(a->section, b->section);
}

static int by_row(const struct entry *a, const struct entry *b)
{
    int order = by_section(a, b);
    if (order == 0 && a->pattern != b->pattern)
        order = a->pattern < b->pattern ? -1 : 1;
    if (order == 0)
        order = strcmp(a->series->source, b->series->source);
    if (order == 0)
        order = strcmp(a->series->metric.name, b->series->metric.name);
    return order ? order : strverscmp(a->series->instance, b->series->instance);
}

static int by_place(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = by_row(a, b);
    if (order == 0 && a->trial != b->trial)
        order = a->trial < b->trial ? -1 : 1;
    if (order == 0)
        order = a->series < b->series ? -1 : a->series > b->series;
    return order;
}

/* One series of a trial, or those of a role's processes added up. */
static enum scope_code read_cell(const struct summary *summary,
                                 const struct entry *entries, size_t count,
                                 struct scope_track *track,
                                 struct scope_err *err)
{
    *track = (struct scope_track){0};
    for (size_t i = 0; i < count; i++) {
        struct scope_track one;
        enum scope_code code =
            scope_track_read(summary->dataset, entries[i].series, &one, err);
        if (code != SCOPE_OK) {
            scope_track_free(track);
            return scope_prefix(err, "read %s.%s", entries[i].series->source,
                                entries[i].series->metric.name);
        }
        scope_track_add(track, &one);
        scope_track_free(&one);
    }
    return SCOPE_OK;
}

static bool says_nothing(const struct summary *summary, const struct line *line)
{
    for (size_t i = 0; i < summary->trials; i++) {
        const struct scope_summary *s = &line->rows[i].figure.summary;
        if (s->count && (s->min != 0 || s->max != 0))
            return false;
    }
    return true;
}

/* "cpu.user" in a section of a process, "net.rx.bytes eth0" in the system's. */
static char *label_of(const struct scope_series *series)
{
    static const char *const prefixes[] = {"process.", "thread.", "cgroup.",
                                           "system."};
    const char *name = series->metric.name;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0) {
            name += strlen(prefixes[i]);
            break;
        }
    return scope_format("%s%s%s", name, *series->instance ? " " : "",
                        series->instance);
}

static void add_machine_cells(struct scope_table *table,
                              const struct entry *entry, const struct row *row)
{
    const struct scope_series *series = entry->series;
    const struct scope_figure *figure = &row->figure;
    bool counter = series->metric.semantics == SCOPE_COUNTER;
    scope_cell_text(table, entry->section);
    scope_cell_text(table, series->source);
    scope_cell_text(table, series->metric.name);
    scope_cell_text(table, series->instance);
    scope_cell_text(table, counter ? "rate" : "level");
    scope_cell_number(table, (double)figure->summary.count);
    scope_cell_number(table, figure->summary.min);
    scope_cell_number(table, figure->summary.max);
    scope_cell_number(table, figure->summary.low);
    scope_cell_number(table, figure->summary.high);
    scope_cell_number(table, figure->total);
    scope_cell_number(table, (double)figure->resets);
    scope_cell_text(table, series->metric.help);
}

static void add_row(const struct summary *summary, struct scope_table *table,
                    const struct entry *entry, size_t trial,
                    const struct row *row, bool first)
{
    const struct scope_trial *of = scope_dataset_trial(summary->dataset, trial);
    const struct scope_figure *figure = &row->figure;
    const struct scope_summary *s = &figure->summary;
    if (first)
        scope_table_group(table);
    else
        scope_table_row(table);
    char *label = label_of(entry->series);
    scope_cell_text(table, label);
    scope_cell_hint(table, entry->series->metric.help);
    free(label);
    scope_cell_text(table, of->name);
    scope_cell_empty(table);
    scope_cell_unit(table, s->mean, figure->unit);
    scope_cell_unit(table, (s->high - s->low) / 2, figure->unit);
    if (isnan(row->per_request))
        scope_cell_empty(table);
    else
        scope_cell_unit(table, row->per_request, entry->series->metric.unit);
    const double spread[] = {s->sd, figure->p50, figure->p95, figure->p99};
    for (size_t i = 0; i < sizeof spread / sizeof *spread; i++)
        scope_cell_unit(table, spread[i], figure->unit);
    add_machine_cells(table, entry, row);
    if ((of->judged && !of->valid) || figure->resets)
        scope_table_doubt(table);
}

/* All trials of one metric: entries are its series, by trial. */
static enum scope_code read_line(struct summary *summary, struct line *line,
                                 struct scope_err *err)
{
    size_t begin = 0;
    line->rows = scope_alloc(summary->trials, sizeof *line->rows);
    while (begin < line->count) {
        size_t trial = line->entries[begin].trial, end = begin;
        while (end < line->count && line->entries[end].trial == trial)
            end++;
        struct scope_track track;
        enum scope_code code =
            read_cell(summary, line->entries + begin, end - begin, &track, err);
        if (code != SCOPE_OK)
            return code;
        scope_track_figure(&track, &line->rows[trial].figure);
        line->rows[trial].per_request =
            track.semantics == SCOPE_COUNTER
                ? scope_track_ratio(&track, &summary->requests[trial])
                : NAN;
        scope_track_free(&track);
        begin = end;
    }
    return SCOPE_OK;
}

static enum scope_code read_lines(struct summary *summary,
                                  struct scope_err *err)
{
    const struct entry *entries = summary->entries;
    for (size_t begin = 0, end; begin < summary->count; begin = end) {
        for (end = begin; end < summary->count &&
                          by_row(&entries[begin], &entries[end]) == 0;
             end++)
            ;
        summary->lines =
            scope_grow(summary->lines, &summary->line_room, summary->line_count,
                       sizeof *summary->lines);
        struct line *line = &summary->lines[summary->line_count++];
        *line = (struct line){.entries = entries + begin, .count = end - begin};
        enum scope_code code = read_line(summary, line, err);
        if (code != SCOPE_OK)
            return code;
        if (summary->config->zeros || !says_nothing(summary, line))
            continue;
        summary->zeros++;
        free(line->rows);
        summary->line_count--;
    }
    return SCOPE_OK;
}

static void add_line(const struct summary *summary, struct scope_table *table,
                     const struct line *line)
{
    bool first = true;
    for (size_t i = 0; i < summary->trials; i++)
        if (line->rows[i].figure.summary.count) {
            add_row(summary, table, line->entries, i, &line->rows[i], first);
            first = false;
        }
}

/* "sidecar haproxy[1234]", or how many were added up. */
static char *title_of(const struct summary *summary, const struct line *line)
{
    const struct entry *entries = line->entries;
    const struct scope_target *target = entries->series->target;
    if (!target || entries->rank != 1 || summary->config->by == BY_TARGET)
        return scope_strdup(entries->section);
    size_t most = 0;
    bool one_pid = true, one_name = true;
    for (size_t i = 0, n = 0; i < line->count; i++) {
        const struct scope_target *other = entries[i].series->target;
        n = i && entries[i].trial == entries[i - 1].trial ? n + 1 : 1;
        most = n > most ? n : most;
        one_pid = one_pid && other->pid == target->pid;
        one_name = one_name && strcmp(other->name, target->name) == 0;
    }
    const char *gap = *target->role ? " " : "";
    if (one_pid)
        return scope_format("%s%s%s[%d]", target->role, gap, target->name,
                            target->pid);
    if (most == 1)
        return scope_format("%s%s%s", target->role, gap, target->name);
    return scope_format("%s%s%s%s, %zu processes added up", target->role, gap,
                        target->name, one_name ? "" : " and others", most);
}

static bool is_driven(const struct summary *summary)
{
    for (size_t i = 0; i < summary->trials; i++)
        if (summary->requests[i].count > 1)
            return true;
    return false;
}

static void add_columns(struct scope_table *table,
                        const struct summary *summary)
{
    const struct {
        const char *name, *heading, *hint;
        enum scope_column_kind kind;
    } columns[] = {
        {"metric", "metric", NULL, SCOPE_COLUMN_TEXT},
        {"trial", "trial", NULL,
         summary->trials > 1 ? SCOPE_COLUMN_TEXT : SCOPE_COLUMN_MACHINE},
        {"unit", "unit",
         "of a time it is the share: 100 % is one CPU busy, or one waiting all "
         "the time",
         SCOPE_COLUMN_UNIT},
        {"mean", "mean", "level, or rate per second", SCOPE_COLUMN_NUMBER},
        {"half_width", "±\u00a095\u00a0%",
         "half the 95 % interval of the mean, as neighbouring samples resemble "
         "each other",
         SCOPE_COLUMN_NUMBER},
        {"per_request", "per request",
         "growth of the counter by requests completed in the same time",
         is_driven(summary) ? SCOPE_COLUMN_APART : SCOPE_COLUMN_MACHINE},
        {"sd", "sd", "standard deviation of samples or interval rates",
         SCOPE_COLUMN_NUMBER},
        {"p50", "p50", "half of the samples or interval rates are lower",
         SCOPE_COLUMN_NUMBER},
        {"p95", "p95", "95 % of the samples or interval rates are lower",
         SCOPE_COLUMN_NUMBER},
        {"p99", "p99", "99 % of the samples or interval rates are lower",
         SCOPE_COLUMN_NUMBER},
    };
    static const char *const machine[] = {
        "section", "source", "name", "instance", "figure", "count", "min",
        "max",     "low",    "high", "total",    "resets", "help",
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        scope_table_column(table, columns[i].kind, columns[i].name,
                           columns[i].heading, 0, columns[i].hint);
    for (size_t i = 0; i < sizeof machine / sizeof *machine; i++)
        scope_table_column(table, SCOPE_COLUMN_MACHINE, machine[i], machine[i],
                           0, NULL);
}

static void add_section(const struct summary *summary, const struct line *lines,
                        size_t count)
{
    char *title = title_of(summary, lines);
    char *id = scope_format("summary-%s", lines->entries->section);
    struct scope_table *table = scope_report_table(summary->report, id, title);
    add_columns(table, summary);
    for (size_t i = 0; i < count; i++)
        add_line(summary, table, &lines[i]);
    free(id);
    free(title);
}

static void add_sections(const struct summary *summary)
{
    const struct line *lines = summary->lines;
    for (size_t begin = 0, end; begin < summary->line_count; begin = end) {
        for (end = begin;
             end < summary->line_count &&
             by_section(lines[begin].entries, lines[end].entries) == 0;
             end++)
            ;
        add_section(summary, lines + begin, end - begin);
    }
}

static void add_notes(const struct summary *summary)
{
    if (!summary->count)
        scope_report_text(summary->report,
                          "No series of these stores match: see the options "
                          "metric and all of summary.");
    if (summary->zeros)
        scope_report_text(summary->report,
                          "%zu metric%s stayed at 0 and %s left out "
                          "(-A summary.zeros shows them, -A summary.all every "
                          "series).",
                          summary->zeros, summary->zeros == 1 ? "" : "s",
                          summary->zeros == 1 ? "is" : "are");
}

/* Sections come in the order in which their targets were chosen: every entry
 * of one learns the lowest number of its targets. */
static void order_sections(struct summary *summary)
{
    struct entry *entries = summary->entries;
    for (size_t begin = 0, end; begin < summary->count; begin = end) {
        uint32_t lowest = UINT32_MAX;
        for (end = begin; end < summary->count &&
                          by_section(&entries[begin], &entries[end]) == 0;
             end++) {
            const struct scope_target *target = entries[end].series->target;
            if (target && target->id < lowest)
                lowest = target->id;
        }
        for (size_t i = begin; i < end; i++)
            entries[i].lowest = lowest;
    }
    for (size_t i = 0; i < summary->count; i++)
        entries[i].place = entries[i].lowest;
}

static enum scope_code collect_entries(struct summary *summary,
                                       struct scope_err *err)
{
    for (size_t i = 0; i < summary->trials; i++) {
        const struct scope_trial *trial =
            scope_dataset_trial(summary->dataset, i);
        for (size_t s = 0; s < trial->series_count; s++)
            pick_series(summary, i, &trial->series[s]);
        enum scope_code code = scope_track_requests(summary->dataset, trial,
                                                    &summary->requests[i], err);
        if (code != SCOPE_OK)
            return code;
    }
    if (!summary->count)
        return SCOPE_OK;
    qsort(summary->entries, summary->count, sizeof *summary->entries, by_place);
    order_sections(summary);
    qsort(summary->entries, summary->count, sizeof *summary->entries, by_place);
    return SCOPE_OK;
}

static void free_summary(struct summary *summary)
{
    for (size_t i = 0; i < summary->count; i++)
        free(summary->entries[i].section);
    for (size_t i = 0; i < summary->line_count; i++)
        free(summary->lines[i].rows);
    for (size_t i = 0; i < summary->trials; i++)
        scope_track_free(&summary->requests[i]);
    free(summary->entries);
    free(summary->lines);
    free(summary->requests);
}

struct state {
    const struct config *config;
};

static enum scope_code open_summary(const void *config, void **self,
                                    struct scope_err *err)
{
    (void)err;
    struct state *state = scope_alloc(1, sizeof *state);
    state->config = config;
    *self = state;
    return SCOPE_OK;
}

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    const struct state *state = self;
    struct summary summary = {.config = state->config,
                              .dataset = dataset,
                              .report = report,
                              .trials = scope_dataset_trials(dataset)};
    summary.requests =
        scope_alloc(summary.trials + 1, sizeof *summary.requests);
    scope_report_heading(report, "Summary");
    enum scope_code code = collect_entries(&summary, err);
    if (code == SCOPE_OK)
        code = read_lines(&summary, err);
    if (code == SCOPE_OK) {
        cost_report(report, dataset, summary.lines, summary.line_count);
        add_sections(&summary);
        add_notes(&summary);
    }
    free_summary(&summary);
    return code;
}

static void close_summary(void *self)
{
    free(self);
}

static const struct scope_analyzer_ops ops = {
    .open = open_summary,
    .run = run,
    .close = close_summary,
};

SCOPE_PLUGIN(.kind = SCOPE_ANALYZER, .name = "summary",
             .summary = "levels, rates and costs per request of what was "
                        "measured",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .analyzer = &ops);
