/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers by status class or kind and failures by kind, with what a driver said
 * of the first of each kind. */
#include "analyzers/latency/answers.h"

#include <scope/track.h>
#include <stdlib.h>
#include <string.h>

static bool counts_outcomes(const struct scope_series *series)
{
    return series->driver && *series->instance &&
           (strcmp(series->metric.name, "status") == 0 ||
            strcmp(series->metric.name, "answers") == 0 ||
            strcmp(series->metric.name, "errors") == 0);
}

/* Drivers note the first failure of a kind: first error "refused": connect:
 * ... */
static const char *first_of(const struct scope_trial *trial, const char *kind)
{
    static const char start[] = "first error \"";
    size_t length = strlen(kind);
    for (size_t i = 0; i < trial->event_count; i++) {
        const char *text = trial->events[i].text;
        if (strncmp(text, start, sizeof start - 1) != 0)
            continue;
        text += sizeof start - 1;
        if (strncmp(text, kind, length) == 0 &&
            strncmp(text + length, "\": ", 3) == 0)
            return text + length + 3;
    }
    return "";
}

static void add_row(struct scope_table *table,
                    const struct scope_series *series, double count)
{
    const struct scope_trial *trial = series->trial;
    bool failed = strcmp(series->metric.name, "errors") == 0;
    scope_table_row(table);
    if (trial->judged && !trial->valid)
        scope_table_doubt(table);
    scope_cell_text(table, trial->name);
    scope_cell_text(table, series->source);
    scope_cell_text(table, failed ? "error" : "answer");
    scope_cell_text(table, series->instance);
    scope_cell_number(table, count);
    scope_cell_text(table, failed ? first_of(trial, series->instance) : "");
}

static enum scope_code add_series(const struct scope_dataset *dataset,
                                  const struct scope_series *series,
                                  struct scope_table *table,
                                  struct scope_err *err)
{
    struct scope_track track;
    enum scope_code code = scope_track_read(dataset, series, &track, err);
    if (code != SCOPE_OK)
        return code;
    if (track.count && track.value[track.count - 1] > 0)
        add_row(table, series, track.value[track.count - 1]);
    scope_track_free(&track);
    return SCOPE_OK;
}

enum scope_code answers_add(const struct scope_dataset *dataset,
                            struct scope_report *report, bool alone,
                            struct scope_err *err)
{
    struct scope_table *table =
        scope_report_table(report, "answers", "Answers and errors");
    enum scope_column_kind name =
        alone ? SCOPE_COLUMN_MACHINE : SCOPE_COLUMN_TEXT;
    scope_table_column(table, name, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "driver", "driver", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "outcome", "outcome", 0,
                       "answers are requests answered completely; errors are "
                       "requests and connections that failed");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "kind", "kind", 0,
                       "status class or name of an answer, kind of an error");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "count", "count",
                       SCOPE_UNIT_COUNT, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "first", "the first", 0,
                       "what was said of the first error of its kind");
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        for (size_t s = 0; s < trial->series_count; s++) {
            if (!counts_outcomes(&trial->series[s]))
                continue;
            enum scope_code code =
                add_series(dataset, &trial->series[s], table, err);
            if (code != SCOPE_OK)
                return code;
        }
    }
    return SCOPE_OK;
}
