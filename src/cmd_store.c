/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope store: is a file sound, what is in it, and its samples as text. */
#include "src/command.h"

#include "lib/base/units.h"
#include "lib/store/inspect.h"
#include "lib/store/reader.h"
#include "src/dump.h"
#include "src/output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct config {
    int format;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_FORMAT(struct config, format),
    SCOPE_OPTION_END,
};

static void add_problem(void *closure, const char *problem)
{
    scope_table_row(closure);
    scope_cell_text(closure, problem);
    scope_table_doubt(closure);
}

static enum scope_code check(const char *path, int format,
                             struct scope_err *err)
{
    struct scope_store_tally tally;
    struct scope_report *report = scope_report_new(path);
    struct scope_table *table =
        scope_report_table(report, "problems", "Problems");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "problem", "Problem", 0, NULL);
    enum scope_code code =
        scope_store_check(path, add_problem, table, &tally, err);
    if (!code) {
        scope_report_text(report,
                          "read %" PRIu64 " segments, %" PRIu64
                          " sweeps, %" PRIu64 " samples, %" PRIu64
                          " histograms, %" PRIu64 " artifacts: %" PRIu64
                          " problems",
                          tally.segments, tally.sweeps, tally.samples,
                          tally.histograms, tally.artifacts, tally.problems);
        code = scope_output_print(report, format, err);
    }
    if (!code && tally.problems)
        code = scope_fail(err, SCOPE_CORRUPT, 0, "%s: %" PRIu64 " problem%s",
                          path, tally.problems, tally.problems > 1 ? "s" : "");
    scope_report_free(report);
    return code;
}

static const char *const statuses[] = {
    [SCOPE_TRIAL_RUNNING] = "running",
    [SCOPE_TRIAL_COMPLETE] = "complete",
    [SCOPE_TRIAL_INTERRUPTED] = "interrupted",
};

struct tally {
    uint64_t series, samples;
};

static struct tally count_samples(const struct scope_trial *trial,
                                  const char *source)
{
    struct tally tally = {0};
    for (size_t i = scope_trial_find(trial, 0, source, NULL);
         i < trial->series_count;
         i = scope_trial_find(trial, i + 1, source, NULL)) {
        tally.series++;
        if (trial->series[i].metric.value != SCOPE_HIST)
            tally.samples += trial->series[i].count;
    }
    return tally;
}

static void add_columns(struct scope_table *table, const char *const *texts,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        scope_table_column(table, SCOPE_COLUMN_TEXT, texts[i], texts[i], 0,
                           NULL);
}

static void number_column(struct scope_table *table, const char *name,
                          enum scope_unit unit)
{
    scope_table_column(table, SCOPE_COLUMN_NUMBER, name, name, unit, NULL);
}

static void add_trials(struct scope_report *report,
                       const struct scope_dataset *dataset)
{
    static const char *const texts[] = {"trial", "labels", "status", "verdict"};
    struct scope_table *table = scope_report_table(report, "trials", "Trials");
    add_columns(table, texts, 4);
    number_column(table, "duration", SCOPE_UNIT_NS);
    number_column(table, "series", SCOPE_UNIT_COUNT);
    number_column(table, "samples", SCOPE_UNIT_COUNT);
    number_column(table, "events", SCOPE_UNIT_COUNT);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        struct tally tally = count_samples(trial, NULL);
        char id[24];
        snprintf(id, sizeof id, "%" PRId64, trial->id);
        scope_table_row(table);
        scope_cell_text(table, id);
        scope_cell_text(table, trial->label_count ? trial->name : "");
        scope_cell_text(table, statuses[trial->status]);
        scope_cell_text(table, !trial->judged ? "none"
                               : trial->valid ? "valid"
                                              : "invalid");
        scope_cell_number(table, (double)(trial->end_ns - trial->start_ns));
        scope_cell_number(table, (double)tally.series);
        scope_cell_number(table, (double)tally.samples);
        scope_cell_number(table, (double)trial->event_count);
        if (trial->judged && !trial->valid)
            scope_table_doubt(table);
    }
}

/* One row a source of each trial; series are sorted by source. */
static void add_sources(struct scope_report *report,
                        const struct scope_dataset *dataset)
{
    static const char *const texts[] = {"trial", "source", "kind"};
    struct scope_table *table =
        scope_report_table(report, "sources", "Sources");
    add_columns(table, texts, 3);
    number_column(table, "series", SCOPE_UNIT_COUNT);
    number_column(table, "samples", SCOPE_UNIT_COUNT);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        const char *last = NULL;
        for (size_t s = 0; s < trial->series_count; s++) {
            const struct scope_series *series = &trial->series[s];
            if (last && strcmp(last, series->source) == 0)
                continue;
            last = series->source;
            struct tally tally = count_samples(trial, last);
            char id[24];
            snprintf(id, sizeof id, "%" PRId64, trial->id);
            scope_table_row(table);
            scope_cell_text(table, id);
            scope_cell_text(table, last);
            scope_cell_text(table, series->driver ? "driver" : "collector");
            scope_cell_number(table, (double)tally.series);
            scope_cell_number(table, (double)tally.samples);
        }
    }
}

static void add_sizes(struct scope_report *report,
                      const struct scope_dataset *dataset,
                      const struct scope_store_sizes *sizes)
{
    const struct {
        const char *part;
        uint64_t bytes, rows;
    } parts[] = {
        {"segments", sizes->segments, sizes->segment_rows},
        {"tail", sizes->tail, sizes->tail_rows},
        {"histograms", sizes->histograms, sizes->histogram_rows},
        {"artifacts", sizes->artifacts, sizes->artifact_rows},
        {"file", sizes->file, 0},
        {"write-ahead log", sizes->log, 0},
    };
    uint64_t samples = 0;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        samples += count_samples(scope_dataset_trial(dataset, i), NULL).samples;
    struct scope_table *table = scope_report_table(report, "sizes", "Sizes");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "part", "part", 0, NULL);
    number_column(table, "rows", SCOPE_UNIT_COUNT);
    number_column(table, "bytes", SCOPE_UNIT_BYTES);
    number_column(table, "bytes_a_sample", SCOPE_UNIT_COUNT);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        scope_table_row(table);
        scope_cell_text(table, parts[i].part);
        if (parts[i].rows)
            scope_cell_number(table, (double)parts[i].rows);
        else
            scope_cell_empty(table);
        scope_cell_number(table, (double)parts[i].bytes);
        if (samples && parts[i].bytes)
            scope_cell_number(table, (double)parts[i].bytes / (double)samples);
        else
            scope_cell_empty(table);
    }
}

static enum scope_code info(const char *path, int format, struct scope_err *err)
{
    struct scope_dataset *dataset;
    struct scope_store_sizes sizes;
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    if (code)
        return code;
    code = scope_store_measure(path, &sizes, err);
    if (!code) {
        struct scope_report *report = scope_report_new(path);
        add_trials(report, dataset);
        add_sources(report, dataset);
        add_sizes(report, dataset, &sizes);
        code = scope_output_print(report, format, err);
        scope_report_free(report);
    }
    scope_dataset_close(dataset);
    return code;
}

static enum scope_code dump(const char *path, int format, struct scope_err *err)
{
    struct scope_dataset *dataset;
    if (format == SCOPE_OUTPUT_MARKDOWN)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "store dump writes csv or json, not markdown");
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    if (code)
        return code;
    code = scope_dump(dataset, format == SCOPE_OUTPUT_JSON, stdout, err);
    scope_dataset_close(dataset);
    return code;
}

static const struct {
    const char *name;
    enum scope_code (*run)(const char *path, int format, struct scope_err *err);
} actions[] = {
    {"check", check},
    {"info", info},
    {"dump", dump},
};

#define ACTIONS (sizeof actions / sizeof *actions)

static enum scope_code unknown_action(const char *name, struct scope_err *err)
{
    const char *names[ACTIONS];
    for (size_t i = 0; i < ACTIONS; i++)
        names[i] = actions[i].name;
    scope_fail(err, SCOPE_USAGE, 0, "store: unknown action '%s'", name);
    const char *near = scope_nearest(name, names, ACTIONS);
    if (near)
        return scope_hint(err, "did you mean %s?", near);
    return scope_hint(err, "there are check, info and dump");
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    const struct config *wanted = config;
    if (argc < 1) {
        scope_fail(err, SCOPE_USAGE, 0, "store: no action given");
        return scope_hint(err, "there are check, info and dump");
    }
    for (size_t i = 0; i < ACTIONS; i++) {
        if (strcmp(argv[0], actions[i].name) != 0)
            continue;
        if (argc != 2)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "store %s takes one file, not %d", argv[0],
                              argc - 1);
        return actions[i].run(argv[1], wanted->format, err);
    }
    return unknown_action(argv[0], err);
}

const struct scope_command scope_cmd_store = {
    .name = "store",
    .operands = "check|info|dump FILE",
    .summary = "checks a store, says what is in it, or writes it as text",
    .about =
        "check reads everything that is in FILE, every checksum and every "
        "sample, and lists what is wrong: exit status 1 if anything is.\n\n"
        "info lists the trials with their labels, status and verdict, the "
        "collectors and drivers, and where the bytes are.\n\n"
        "dump writes every sample as CSV: time in seconds since 1970, trial, "
        "source, metric, target, instance, value; with --format json as one "
        "JSON object a line. Histograms are not samples and are left out.",
    .options = options,
    .config_size = sizeof(struct config),
    .run = run,
};
