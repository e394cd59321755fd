/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every report begins and ends with. */
#include "src/overview.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"

#include <scope/alloc.h>
#include <string.h>
#include <time.h>

enum {
    EVENTS_SHOWN = 5, /* of a trial; the rest are counted */
};

static const char *status_word(enum scope_trial_status status)
{
    switch (status) {
    case SCOPE_TRIAL_RUNNING:
        return "running";
    case SCOPE_TRIAL_COMPLETE:
        return "complete";
    case SCOPE_TRIAL_INTERRUPTED:
        return "interrupted";
    }
    return "unknown";
}

/* "valid", "not valid: rate, send-delay", or "not judged". To free(). */
static char *verdict_words(const struct scope_trial *trial)
{
    struct scope_text text = {0};
    if (!trial->judged) {
        scope_text_add(&text, "not judged");
        return scope_text_take(&text);
    }
    scope_text_add(&text, trial->valid ? "valid" : "not valid");
    const char *gap = ": ";
    for (size_t i = 0; i < trial->check_count; i++)
        if (!trial->checks[i].passed) {
            scope_text_add(&text, "%s%s", gap, trial->checks[i].name);
            gap = ", ";
        }
    return scope_text_take(&text);
}

static bool is_doubtful(const struct scope_trial *trial)
{
    return trial->judged ? !trial->valid
                         : trial->status != SCOPE_TRIAL_COMPLETE;
}

const struct scope_trial *overview_doubtful(const struct scope_dataset *dataset)
{
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        if (is_doubtful(trial))
            return trial;
    }
    return NULL;
}

/* To free(). */
static char *start_text(const struct scope_trial *trial)
{
    time_t seconds = (time_t)(trial->realtime_ns / NS_PER_S);
    struct tm utc;
    char text[64] = "";
    if (gmtime_r(&seconds, &utc))
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc);
    return scope_strdup(text);
}

static void add_start(struct scope_table *table,
                      const struct scope_trial *trial)
{
    char *text = start_text(trial);
    scope_cell_text(table, text);
    free(text);
}

static void add_trials(struct scope_report *report,
                       const struct scope_dataset *dataset)
{
    struct scope_table *table = scope_report_table(report, "trials", "Trials");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "start", "start", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "measured", "measured",
                       SCOPE_UNIT_NS, "the window without warm-up");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "status", "status", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "verdict", "verdict", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "store", "store", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "id", "id", 0, NULL);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        char *verdict = verdict_words(trial);
        scope_table_row(table);
        scope_cell_text(table, trial->name);
        add_start(table, trial);
        scope_cell_number(table, (double)(trial->end_ns - trial->start_ns));
        scope_cell_text(table, status_word(trial->status));
        scope_cell_text(table, verdict);
        scope_cell_text(table, trial->store);
        scope_cell_number(table, (double)trial->id);
        if (is_doubtful(trial))
            scope_table_doubt(table);
        free(verdict);
    }
}

static bool costs_trust(const struct scope_trial_event *event)
{
    return event->kind == SCOPE_EVENT_LOST ||
           event->kind == SCOPE_EVENT_WARNING ||
           event->kind == SCOPE_EVENT_RESTART;
}

static void warn_of_events(struct scope_report *report,
                           const struct scope_trial *trial)
{
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < trial->event_count; i++) {
        const struct scope_trial_event *event = &trial->events[i];
        if (!costs_trust(event))
            continue;
        if (shown == EVENTS_SHOWN) {
            more++;
            continue;
        }
        shown++;
        scope_report_warning(report, "%s, at %.1f s: %s", trial->name,
                             (double)(event->time_ns - trial->start_ns) / 1e9,
                             event->text);
    }
    if (more)
        scope_report_warning(report, "%s: %zu more warnings", trial->name,
                             more);
}

static void warn_of_trial(struct scope_report *report,
                          const struct scope_trial *trial)
{
    for (size_t i = 0; i < trial->check_count; i++)
        if (!trial->checks[i].passed)
            scope_report_warning(report, "%s is not valid: %s", trial->name,
                                 trial->checks[i].reason);
    if (trial->status == SCOPE_TRIAL_RUNNING)
        scope_report_warning(report,
                             "%s is being written still: these figures are of "
                             "what is there",
                             trial->name);
    else if (!trial->judged)
        scope_report_warning(report,
                             "%s was not judged, as what wrote it did not get "
                             "that far: nobody checked its figures",
                             trial->name);
    warn_of_events(report, trial);
}

static const char *fact_of(const struct scope_trial *trial, const char *key)
{
    for (size_t i = 0; i < trial->fact_count; i++)
        if (strcmp(trial->facts[i].key, key) == 0)
            return trial->facts[i].value;
    return NULL;
}

/* A note that an earlier trial has not brought already. */
static bool is_news(const struct scope_dataset *dataset, size_t trial,
                    const char *text)
{
    for (size_t t = 0; t < trial; t++) {
        const struct scope_trial *other = scope_dataset_trial(dataset, t);
        for (size_t i = 0; i < other->event_count; i++)
            if (other->events[i].kind == SCOPE_EVENT_NOTE &&
                strcmp(other->events[i].text, text) == 0)
                return false;
    }
    return true;
}

/* What could not be measured, and other things good to know. */
static void add_notes(struct scope_report *report,
                      const struct scope_dataset *dataset)
{
    for (size_t t = 0; t < scope_dataset_trials(dataset); t++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, t);
        const char *left_out = fact_of(trial, "left_out");
        if (left_out)
            scope_report_text(report, "%s was measured without %s", trial->name,
                              left_out);
        for (size_t i = 0; i < trial->event_count; i++)
            if (trial->events[i].kind == SCOPE_EVENT_NOTE &&
                is_news(dataset, t, trial->events[i].text))
                scope_report_text(report, "Note: %s", trial->events[i].text);
    }
}

void overview_begin(struct scope_report *report,
                    const struct scope_dataset *dataset)
{
    add_trials(report, dataset);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        warn_of_trial(report, scope_dataset_trial(dataset, i));
    add_notes(report, dataset);
}

void overview_line(struct scope_report *report,
                   const struct scope_dataset *dataset)
{
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    char *start = start_text(trial);
    scope_report_text(report, "%s: %.1f s from %s, %s", trial->name,
                      (double)(trial->end_ns - trial->start_ns) / NS_PER_S,
                      start, status_word(trial->status));
    free(start);
    warn_of_events(report, trial);
    add_notes(report, dataset);
}

/* Those that say how fit the generator was are shown also when they passed. */
static bool is_shown(const struct scope_check *check)
{
    static const char *const always[] = {"rate", "send-delay", "driver-cpu",
                                         "littles-law"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (strcmp(check->name, always[i]) == 0)
            return true;
    return !check->passed;
}

static void add_verdict(struct scope_report *report,
                        const struct scope_trial *trial, const char *title)
{
    struct scope_table *table = scope_report_table(report, "verdict", title);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "check", "check", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "reason", "figures", 0, NULL);
    for (size_t i = 0; i < trial->check_count; i++) {
        const struct scope_check *check = &trial->checks[i];
        if (!is_shown(check))
            continue;
        scope_table_row(table);
        if (!check->passed)
            scope_table_doubt(table);
        scope_cell_text(table, check->name);
        scope_cell_text(table, check->reason);
    }
    scope_table_legend(table, "failed: the figures above are to be doubted");
}

void overview_verdict(struct scope_report *report,
                      const struct scope_trial *trial)
{
    size_t failed = 0;
    size_t shown = 0;
    for (size_t i = 0; i < trial->check_count; i++) {
        failed += !trial->checks[i].passed;
        shown += is_shown(&trial->checks[i]);
    }
    char *title =
        failed ? scope_format("Verdict: NOT VALID, %zu of %zu checks failed",
                              failed, trial->check_count)
               : scope_format("Verdict: valid, %zu checks passed",
                              trial->check_count);
    if (shown)
        add_verdict(report, trial, title);
    else
        scope_report_text(report, "%s", title);
    free(title);
}

static void add_checks(struct scope_report *report,
                       const struct scope_dataset *dataset)
{
    struct scope_table *table =
        scope_report_table(report, "checks", "Checks of each trial");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "check", "check", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "result", "result", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "reason", "reason", 0, NULL);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        for (size_t c = 0; c < trial->check_count; c++) {
            const struct scope_check *check = &trial->checks[c];
            if (c)
                scope_table_row(table);
            else
                scope_table_group(table);
            scope_cell_text(table, trial->name);
            scope_cell_text(table, check->name);
            scope_cell_text(table, check->passed ? "passed" : "failed");
            scope_cell_text(table, check->reason);
            if (!check->passed)
                scope_table_doubt(table);
        }
    }
}

/* The value is the same in every trial that says anything of it. */
static bool is_common(const struct scope_dataset *dataset, const char *key,
                      const char *value)
{
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const char *other = fact_of(scope_dataset_trial(dataset, i), key);
        if (!other || strcmp(other, value) != 0)
            return false;
    }
    return true;
}

static void add_facts(struct scope_report *report,
                      const struct scope_dataset *dataset)
{
    struct scope_table *table =
        scope_report_table(report, "facts", "What it was measured on");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "fact", "fact", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "value", "value", 0, NULL);
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        for (size_t f = 0; f < trial->fact_count; f++) {
            const struct scope_label *fact = &trial->facts[f];
            bool common = is_common(dataset, fact->key, fact->value);
            if (common && i > 0)
                continue;
            scope_table_row(table);
            scope_cell_text(table, fact->key);
            scope_cell_text(table, common ? "all" : trial->name);
            scope_cell_text(table, fact->value);
        }
    }
}

void overview_end(struct scope_report *report,
                  const struct scope_dataset *dataset)
{
    scope_report_heading(report, "Validity and machine");
    add_checks(report, dataset);
    add_facts(report, dataset);
}
