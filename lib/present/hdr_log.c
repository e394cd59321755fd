/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HdrHistogram's log, version 1.3, as its Java HistogramLogWriter writes it:
 * an interval a line, with a tag for each driver, metric and instance, in the
 * order of time (readers stop at the end of the range they want).
 */
#include "lib/present/export_inside.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

struct line {
    int64_t start_ns; /* since the base time */
    size_t number;    /* as read: keeps the order of equal times */
    char *text;
};

struct log {
    const struct scope_export_plan *plan;
    int64_t base_ns; /* CLOCK_REALTIME */
    const struct scope_trial *trial;
    size_t place; /* the trial's among the plan's */
    char *tag;    /* of the series being read */
    struct line *lines;
    size_t count, room;
};

static void add_base64(struct scope_text *out, const uint8_t *bytes,
                       size_t size)
{
    enum { PAD = 64 };
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? bytes[i + 2] : 0;
        scope_text_char(out, digits[group >> 18]);
        scope_text_char(out, digits[group >> 12 & 63]);
        scope_text_char(out, digits[left > 1 ? group >> 6 & 63 : PAD]);
        scope_text_char(out, digits[left > 2 ? group & 63 : PAD]);
    }
}

/* What tells a trial from the others of the log: its number in the store, or
 * its place where stores have the same numbers. */
static int64_t number_of(const struct scope_export_plan *plan, size_t place)
{
    for (size_t a = 0; a < plan->trial_count; a++)
        for (size_t b = 0; b < a; b++)
            if (plan->trials[a]->id == plan->trials[b]->id)
                return (int64_t)place + 1;
    return plan->trials[place]->id;
}

/* Readers end a tag at a comma, a line at its end. */
static char *tag_of(const struct log *log, const struct scope_series *series)
{
    struct scope_text tag = {0};
    if (log->plan->trial_count > 1)
        scope_text_add(&tag, "trial-%" PRId64 ".",
                       number_of(log->plan, log->place));
    scope_text_add(&tag, "%s.%s%s%s", series->source, series->metric.name,
                   *series->instance ? "." : "", series->instance);
    for (char *at = tag.bytes; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr(".-_/", *at))
            *at = '_';
    return scope_text_take(&tag);
}

static enum scope_code add_line(void *closure, int64_t start_ns, int64_t end_ns,
                                const struct scope_hist *hist)
{
    struct log *log = closure;
    const struct scope_trial *trial = log->trial;
    int64_t start =
        trial->realtime_ns - log->base_ns + start_ns - trial->start_ns;
    struct scope_text line = {0};
    size_t size;
    uint8_t *bytes = scope_hist_encode(hist, &size);
    scope_text_add(&line, "Tag=%s,%.3f,%.3f,%.3f,", log->tag,
                   (double)start / 1e9, (double)(end_ns - start_ns) / 1e9,
                   (double)hist->max / log->plan->unit_ns);
    add_base64(&line, bytes, size);
    free(bytes);
    log->lines =
        scope_grow(log->lines, &log->room, log->count, sizeof *log->lines);
    log->lines[log->count] = (struct line){.start_ns = start,
                                           .number = log->count,
                                           .text = scope_text_take(&line)};
    log->count++;
    return SCOPE_OK;
}

static int by_time(const void *a, const void *b)
{
    const struct line *x = a;
    const struct line *y = b;
    if (x->start_ns != y->start_ns)
        return x->start_ns < y->start_ns ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static enum scope_code read_lines(struct log *log, struct scope_err *err)
{
    const struct scope_export_plan *plan = log->plan;
    enum scope_code code = SCOPE_OK;
    for (size_t t = 0; t < plan->trial_count; t++) {
        log->place = t;
        log->trial = plan->trials[t];
        for (size_t i = 0; i < log->trial->series_count && code == SCOPE_OK;
             i++) {
            const struct scope_series *series = &log->trial->series[i];
            if (!scope_export_chosen(series, plan->metric))
                continue;
            log->tag = tag_of(log, series);
            code =
                scope_series_hists(plan->dataset, series, log->trial->start_ns,
                                   log->trial->end_ns, add_line, log, err);
            free(log->tag);
        }
    }
    if (code == SCOPE_OK && !log->count) {
        scope_fail(err, SCOPE_NOT_FOUND, 0, "no driver recorded %s",
                   plan->metric ? plan->metric : "any times");
        code = scope_hint(err, "scope help DRIVER lists what it records");
    }
    return code;
}

static enum scope_code add_header(const struct log *log, struct scope_text *out,
                                  struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    time_t seconds = log->base_ns / 1000000000;
    struct tm tm;
    char date[64];
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%a %b %d %H:%M:%S UTC %Y", &tm);
    scope_text_add(out, "#[Histograms of the load of %zu trial%s, by scope]\n",
                   log->plan->trial_count,
                   log->plan->trial_count == 1 ? "" : "s");
    for (size_t t = 0; t < log->plan->trial_count && code == SCOPE_OK; t++) {
        struct scope_outcome outcome;
        code = scope_outcome_read(log->plan->dataset, log->plan->trials[t],
                                  NULL, &outcome, err);
        char *prefix =
            log->plan->trial_count > 1
                ? scope_format("# trial-%" PRId64 ": ", number_of(log->plan, t))
                : scope_strdup("# ");
        if (code == SCOPE_OK)
            scope_verdict_lines(out, prefix, log->plan->trials[t], &outcome);
        free(prefix);
        scope_outcome_free(&outcome);
    }
    int64_t whole_ms = log->base_ns / 1000000;
    double base = (double)whole_ms / 1e3;
    scope_text_add(out, "#[Histogram log format version 1.3]\n");
    scope_text_add(out, "#[BaseTime: %.3f (seconds since epoch)]\n", base);
    scope_text_add(out, "#[StartTime: %.3f (seconds since epoch), %s]\n", base,
                   date);
    scope_text_add(out, "\"StartTimestamp\",\"Interval_Length\","
                        "\"Interval_Max\",\"Interval_Compressed_Histogram\"\n");
    return code;
}

enum scope_code scope_export_hdr(const struct scope_export_plan *plan,
                                 struct scope_text *out, struct scope_err *err)
{
    struct log log = {.plan = plan};
    for (size_t t = 0; t < plan->trial_count; t++)
        if (!t || plan->trials[t]->realtime_ns < log.base_ns)
            log.base_ns = plan->trials[t]->realtime_ns;
    enum scope_code code = read_lines(&log, err);
    if (code == SCOPE_OK)
        code = add_header(&log, out, err);
    if (log.count)
        qsort(log.lines, log.count, sizeof *log.lines, by_time);
    for (size_t i = 0; i < log.count; i++) {
        if (code == SCOPE_OK)
            scope_text_add(out, "%s\n", log.lines[i].text);
        free(log.lines[i].text);
    }
    free(log.lines);
    return code;
}
