/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each role cost: one row a trial, and a picture where load was driven. */
#include "analyzers/summary/cost.h"

#include <math.h>
#include <scope/alloc.h>
#include <string.h>

/* The figures of a section, by what a process and a cgroup call them. */
enum part {
    CPU,
    WAIT,
    VOLUNTARY,
    INVOLUNTARY,
    MEMORY,
    PARTS,
};

static const char *const names[PARTS][2] = {
    [CPU] = {"process.cpu", "cgroup.cpu"},
    [WAIT] = {"process.run.wait", ""},
    [VOLUNTARY] = {"process.switches.voluntary", ""},
    [INVOLUNTARY] = {"process.switches.involuntary", ""},
    [MEMORY] = {"process.memory.resident", "cgroup.memory"},
};

struct section {
    const struct line *parts[PARTS];
};

static bool same_section(const struct line *a, const struct line *b)
{
    return a->entries->rank == b->entries->rank &&
           strcmp(a->entries->section, b->entries->section) == 0;
}

static void note_part(struct section *section, const struct line *line)
{
    const char *name = line->entries->series->metric.name;
    for (enum part part = 0; part < PARTS; part++)
        if (strcmp(name, names[part][0]) == 0 ||
            strcmp(name, names[part][1]) == 0)
            section->parts[part] = line;
}

static size_t find_sections(const struct line *lines, size_t count,
                            struct section *sections)
{
    size_t found = 0;
    for (size_t begin = 0, end; begin < count; begin = end) {
        struct section section = {0};
        for (end = begin;
             end < count && same_section(&lines[begin], &lines[end]); end++)
            note_part(&section, &lines[end]);
        if (section.parts[CPU])
            sections[found++] = section;
    }
    return found;
}

static double mean_of(const struct section *section, enum part part,
                      size_t trial)
{
    const struct line *line = section->parts[part];
    return line && line->rows[trial].figure.summary.count
               ? line->rows[trial].figure.summary.mean
               : NAN;
}

static double request_of(const struct section *section, enum part part,
                         size_t trial)
{
    const struct line *line = section->parts[part];
    return line && line->rows[trial].figure.summary.count
               ? line->rows[trial].per_request
               : NAN;
}

static void add_row(struct scope_table *table, const struct section *section,
                    const struct scope_trial *trial, size_t index, bool driven)
{
    const struct scope_figure *cpu = &section->parts[CPU]->rows[index].figure;
    scope_cell_text(table, section->parts[CPU]->entries->section);
    scope_cell_text(table, trial->name);
    scope_cell_number(table, cpu->summary.mean);
    scope_cell_number(table, (cpu->summary.high - cpu->summary.low) / 2);
    scope_cell_number(table, mean_of(section, MEMORY, index));
    if (driven) {
        scope_cell_number(table, request_of(section, CPU, index));
        scope_cell_number(table, request_of(section, WAIT, index));
        scope_cell_number(table, request_of(section, VOLUNTARY, index) +
                                     request_of(section, INVOLUNTARY, index));
    }
    if (trial->judged && !trial->valid)
        scope_table_doubt(table);
}

static void add_columns(struct scope_table *table, bool driven)
{
    scope_table_column(table, SCOPE_COLUMN_TEXT, "role", "role", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu", "CPU",
                       SCOPE_UNIT_RATIO, "100 % is one CPU");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu_half_width",
                       "±\u00a095\u00a0%", SCOPE_UNIT_RATIO,
                       "half the 95 % interval of its mean");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "memory", "memory",
                       SCOPE_UNIT_BYTES,
                       "resident, mean; what processes share counts in each");
    if (!driven)
        return;
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu_per_request",
                       "CPU per request", SCOPE_UNIT_NS, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "wait_per_request",
                       "waiting for a CPU", SCOPE_UNIT_NS,
                       "per request: time ready to run without a CPU");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "switches_per_request",
                       "context switches", SCOPE_UNIT_COUNT, "per request");
}

static void add_bars(struct scope_report *report,
                     const struct scope_dataset *dataset,
                     const struct section *sections, size_t count)
{
    size_t trials = scope_dataset_trials(dataset);
    double *x = scope_alloc(trials, sizeof *x);
    double *y = scope_alloc(trials, sizeof *y);
    const char **labels = scope_alloc(trials, sizeof *labels);
    struct scope_plot *plot =
        scope_report_plot(report, "cpu-per-request", "CPU time per request",
                          &(struct scope_axis){.label = ""},
                          &(struct scope_axis){.label = "CPU time per request",
                                               .unit = SCOPE_UNIT_NS,
                                               .from_zero = true});
    for (size_t i = 0; i < trials; i++) {
        x[i] = (double)i;
        labels[i] = scope_dataset_trial(dataset, i)->name;
    }
    scope_plot_names(plot, labels, trials);
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < trials; i++)
            y[i] = request_of(&sections[s], CPU, i);
        scope_plot_add(plot, SCOPE_MARK_BARS,
                       sections[s].parts[CPU]->entries->section, x, y, trials);
    }
    free(x);
    free(y);
    free(labels);
}

void cost_report(struct scope_report *report,
                 const struct scope_dataset *dataset, const struct line *lines,
                 size_t count)
{
    size_t trials = scope_dataset_trials(dataset);
    struct section *sections = scope_alloc(count + 1, sizeof *sections);
    size_t found = find_sections(lines, count, sections);
    bool driven = false;
    for (size_t s = 0; s < found; s++)
        for (size_t i = 0; i < trials; i++)
            driven = driven || !isnan(request_of(&sections[s], CPU, i));
    if (found) {
        struct scope_table *table = scope_report_table(
            report, "cost", driven ? "Cost, in all and per request" : "Cost");
        add_columns(table, driven);
        for (size_t s = 0; s < found; s++) {
            bool first = true;
            for (size_t i = 0; i < trials; i++) {
                if (!sections[s].parts[CPU]->rows[i].figure.summary.count)
                    continue;
                if (first)
                    scope_table_group(table);
                else
                    scope_table_row(table);
                first = false;
                add_row(table, &sections[s], scope_dataset_trial(dataset, i), i,
                        driven);
            }
        }
        if (driven)
            add_bars(report, dataset, sections, found);
    }
    free(sections);
}
