/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds: reads them, and holds them against what a load came to. */
#include "src/threshold.h"

#include "lib/base/options.h"
#include "lib/base/units.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

/* A figure that is not of a timing. */
struct plain {
    const char *name;
    enum threshold_figure figure;
    enum scope_unit unit;
};

static const struct plain plains[] = {
    {"errors", THRESHOLD_ERRORS, SCOPE_UNIT_RATIO},
    {"not-2xx", THRESHOLD_NOT_2XX, SCOPE_UNIT_RATIO},
    {"unsent", THRESHOLD_UNSENT, SCOPE_UNIT_RATIO},
    {"achieved", THRESHOLD_ACHIEVED, SCOPE_UNIT_RATIO},
    {"rate", THRESHOLD_RATE, SCOPE_UNIT_HERTZ},
    {"requests", THRESHOLD_REQUESTS, SCOPE_UNIT_COUNT},
    {"outstanding", THRESHOLD_OUTSTANDING, SCOPE_UNIT_COUNT},
    {"cpu", THRESHOLD_CPU, SCOPE_UNIT_RATIO},
    {"driver.cpu", THRESHOLD_DRIVER_CPU, SCOPE_UNIT_RATIO},
    {"driver.busiest", THRESHOLD_BUSIEST, SCOPE_UNIT_RATIO},
    {"mean", THRESHOLD_MEAN, SCOPE_UNIT_NS},
    {"min", THRESHOLD_MIN, SCOPE_UNIT_NS},
    {"max", THRESHOLD_MAX, SCOPE_UNIT_NS},
};

#define PLAINS (sizeof plains / sizeof *plains)
#define FIRST_TIMED (PLAINS - 3) /* what may stand behind a timing's name */

static const struct {
    const char *name;
    enum scope_timing timing;
} prefixes[] = {
    {"latency.", SCOPE_TIMING_LATENCY},     {"service.", SCOPE_TIMING_SERVICE},
    {"delay.", SCOPE_TIMING_DELAY},         {"connect.", SCOPE_TIMING_CONNECT},
    {"handshake.", SCOPE_TIMING_HANDSHAKE},
};

#define PREFIXES (sizeof prefixes / sizeof *prefixes)

static const struct {
    const char *text;
    enum threshold_relation relation;
} relations[] = {
    /* The longer ones first. */
    {"<=", THRESHOLD_AT_MOST},
    {">=", THRESHOLD_AT_LEAST},
    {"<", THRESHOLD_LESS},
    {">", THRESHOLD_MORE},
};

/* What is being read: the whole for messages, and where in it one is. */
struct reader {
    const char *option, *text, *at;
    struct scope_err *err;
};

static enum scope_code SCOPE_PRINTF(3, 4)
    complain(const struct reader *reader, const char *at, const char *fmt, ...)
{
    char what[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return scope_fail(reader->err, SCOPE_USAGE, 0, "--%s '%s': column %zu: %s",
                      reader->option, reader->text,
                      (size_t)(at - reader->text) + 1, what);
}

/* p50, p99.9: the share below. */
static enum scope_code read_quantile(const struct reader *reader,
                                     const char *name, const char *at,
                                     double *quantile)
{
    double percent;
    size_t digits = strspn(name + 1, "0123456789.");
    if (name[1 + digits] ||
        scope_parse_number(name + 1, &percent, NULL) != SCOPE_OK)
        return complain(reader, at, "'%s' is not a percentile", name);
    if (percent > 0 && percent < 100) {
        *quantile = percent / 100;
        return SCOPE_OK;
    }
    complain(reader, at, "'%s' is not between p0 and p100", name);
    if (percent > 100 && percent < 1000)
        return scope_hint(reader->err, "did you mean p%.2s.%s?", name + 1,
                          name + 3);
    return scope_hint(reader->err, "did you mean max?");
}

static enum scope_code unknown(const struct reader *reader, const char *name,
                               const char *at)
{
    const char *names[PLAINS + 4];
    size_t count = 0;
    for (size_t i = 0; i < PLAINS; i++)
        names[count++] = plains[i].name;
    names[count++] = "p50";
    names[count++] = "p99";
    complain(reader, at, "unknown figure '%s'", name);
    const char *near = scope_nearest(name, names, count);
    if (near)
        return scope_hint(reader->err, "did you mean %s?", near);
    return scope_hint(reader->err,
                      "there are p50 to p99.999, mean, min, max (also of "
                      "service., delay., connect., handshake.), errors, "
                      "not-2xx, unsent, achieved, rate, requests, outstanding, "
                      "cpu, driver.cpu, driver.busiest");
}

static enum scope_code read_figure(const struct reader *reader,
                                   const char *name,
                                   struct threshold *threshold)
{
    bool timed = false;
    const char *at = reader->text;
    const char *rest = name;
    for (size_t i = 0; i < PREFIXES && !timed; i++) {
        size_t length = strlen(prefixes[i].name);
        timed = strncmp(name, prefixes[i].name, length) == 0;
        if (!timed)
            continue;
        rest += length;
        at += length;
        threshold->timing = prefixes[i].timing;
    }
    if (*rest == 'p' && rest[1] >= '0' && rest[1] <= '9') {
        threshold->figure = THRESHOLD_QUANTILE;
        threshold->unit = SCOPE_UNIT_NS;
        return read_quantile(reader, rest, at, &threshold->quantile);
    }
    if (!timed && strncmp(rest, "cpu.", 4) == 0 && rest[4]) {
        threshold->role = scope_strdup(rest + 4);
        rest = "cpu";
    }
    for (size_t i = timed ? FIRST_TIMED : 0; i < PLAINS; i++)
        if (strcmp(rest, plains[i].name) == 0) {
            threshold->figure = plains[i].figure;
            threshold->unit = plains[i].unit;
            return SCOPE_OK;
        }
    return unknown(reader, rest, at);
}

static enum scope_code read_limit(const struct reader *reader,
                                  struct threshold *threshold)
{
    const char *text = reader->at;
    struct scope_err why = {0};
    int64_t ns = 0;
    enum scope_code code;
    if (!*text)
        return complain(reader, text, "a value is missing");
    switch (threshold->unit) {
    case SCOPE_UNIT_NS:
        code = scope_parse_duration(text, &ns, &why);
        threshold->limit = (double)ns;
        break;
    case SCOPE_UNIT_RATIO:
        code = scope_parse_ratio(text, &threshold->limit, &why);
        /* "errors<1" could mean one error, or all requests. */
        if (code == SCOPE_OK && !strchr(text, '%') && threshold->limit >= 1) {
            complain(reader, text, "'%s' is not a share", text);
            return scope_hint(reader->err, "write it with %%: 1%% or 0.01");
        }
        break;
    case SCOPE_UNIT_HERTZ:
        code = scope_parse_rate(text, &threshold->limit, &why);
        break;
    default:
        code = scope_parse_number(text, &threshold->limit, &why);
        break;
    }
    if (code == SCOPE_OK)
        return SCOPE_OK;
    complain(reader, text, "%s", why.text);
    return *why.hint ? scope_hint(reader->err, "%s", why.hint) : SCOPE_USAGE;
}

static enum scope_code read_one(struct reader *reader,
                                struct threshold *threshold)
{
    size_t length = strcspn(reader->text, "<>=!");
    const char *relation = reader->text + length;
    if (!length)
        return complain(reader, reader->text, "a figure is missing");
    char *name = scope_format("%.*s", (int)length, reader->text);
    enum scope_code code = read_figure(reader, name, threshold);
    free(name);
    if (code != SCOPE_OK)
        return code;
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        size_t width = strlen(relations[i].text);
        if (strncmp(relation, relations[i].text, width) != 0)
            continue;
        threshold->relation = relations[i].relation;
        reader->at = relation + width;
        return read_limit(reader, threshold);
    }
    complain(reader, relation, "a relation is expected here");
    return scope_hint(reader->err, "write <, <=, > or >=, as in %.*s<VALUE",
                      (int)length, reader->text);
}

enum scope_code thresholds_read(const struct scope_list *texts,
                                const char *option,
                                struct thresholds *thresholds,
                                struct scope_err *err)
{
    *thresholds = (struct thresholds){
        .items = scope_alloc(texts->count + 1, sizeof *thresholds->items)};
    for (size_t i = 0; i < texts->count; i++) {
        struct threshold *threshold = &thresholds->items[thresholds->count++];
        struct reader reader = {
            .option = option, .text = texts->items[i], .err = err};
        threshold->text = scope_strdup(texts->items[i]);
        enum scope_code code = read_one(&reader, threshold);
        if (code != SCOPE_OK)
            return code;
    }
    return SCOPE_OK;
}

void thresholds_free(struct thresholds *thresholds)
{
    for (size_t i = 0; i < thresholds->count; i++) {
        free(thresholds->items[i].text);
        free(thresholds->items[i].role);
    }
    free(thresholds->items);
    *thresholds = (struct thresholds){0};
}

const char *threshold_word(enum threshold_result result)
{
    static const char *const words[] = {
        [THRESHOLD_MET] = "met",
        [THRESHOLD_MISSED] = "missed",
        [THRESHOLD_UNDECIDED] = "undecided",
    };
    return words[result];
}

static double part_of(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

static double timing_value(const struct threshold *threshold,
                           const struct scope_hist *hist)
{
    if (!hist->total)
        return NAN;
    switch (threshold->figure) {
    case THRESHOLD_QUANTILE:
        return scope_hist_told(hist, threshold->quantile);
    case THRESHOLD_MEAN:
        return scope_hist_mean(hist);
    case THRESHOLD_MIN:
        return (double)hist->min;
    default:
        return (double)hist->max;
    }
}

static double value_of(const struct threshold *threshold,
                       const struct scope_outcome *outcome, double cpu)
{
    switch (threshold->figure) {
    case THRESHOLD_ERRORS:
        return part_of(outcome->errors, outcome->errors + outcome->requests);
    case THRESHOLD_NOT_2XX:
        return part_of(outcome->other, outcome->requests);
    case THRESHOLD_UNSENT:
        return part_of(outcome->unsent, outcome->intended);
    case THRESHOLD_ACHIEVED:
        return scope_outcome_share(outcome);
    case THRESHOLD_RATE:
        return part_of(outcome->requests, outcome->seconds);
    case THRESHOLD_REQUESTS:
        return outcome->driven ? outcome->requests : NAN;
    case THRESHOLD_OUTSTANDING:
        return outcome->outstanding_most;
    case THRESHOLD_CPU:
        return cpu;
    case THRESHOLD_DRIVER_CPU:
        return outcome->cpu;
    case THRESHOLD_BUSIEST:
        return outcome->busiest;
    default:
        return timing_value(threshold, &outcome->timing[threshold->timing]);
    }
}

/* Why there is no figure to compare. */
static void explain(const struct threshold *threshold,
                    const struct scope_outcome *outcome,
                    struct threshold_finding *finding)
{
    const struct scope_hist *hist = &outcome->timing[threshold->timing];
    char *to = finding->reason;
    size_t room = sizeof finding->reason;
    switch (threshold->figure) {
    case THRESHOLD_QUANTILE:
        snprintf(to, room, "%.0f values tell p%g, there were %llu",
                 scope_hist_needed(threshold->quantile),
                 threshold->quantile * 100, (unsigned long long)hist->total);
        break;
    case THRESHOLD_MEAN:
    case THRESHOLD_MIN:
    case THRESHOLD_MAX:
        snprintf(to, room, "no %s was recorded",
                 scope_timing_name(threshold->timing));
        break;
    case THRESHOLD_UNSENT:
    case THRESHOLD_ACHIEVED:
        snprintf(to, room, "a closed loop intends no rate");
        break;
    case THRESHOLD_CPU:
        snprintf(to, room, "no CPU time of %s%s was recorded",
                 threshold->role ? "role " : "a target",
                 threshold->role ? threshold->role : "");
        break;
    default:
        snprintf(to, room, "nothing was answered or tried");
        break;
    }
}

static bool holds(enum threshold_relation relation, double value, double limit)
{
    switch (relation) {
    case THRESHOLD_LESS:
        return value < limit;
    case THRESHOLD_AT_MOST:
        return value <= limit;
    case THRESHOLD_MORE:
        return value > limit;
    case THRESHOLD_AT_LEAST:
        return value >= limit;
    }
    return false;
}

void threshold_judge(const struct threshold *threshold,
                     const struct scope_outcome *outcome, double cpu,
                     struct threshold_finding *finding)
{
    double value = value_of(threshold, outcome, cpu);
    *finding = (struct threshold_finding){.value = value};
    if (isnan(value)) {
        finding->result = THRESHOLD_UNDECIDED;
        explain(threshold, outcome, finding);
        return;
    }
    bool met = holds(threshold->relation, value, threshold->limit);
    char text[32];
    finding->result = met ? THRESHOLD_MET : THRESHOLD_MISSED;
    scope_format_value(text, sizeof text, value, threshold->unit, 4);
    snprintf(finding->reason, sizeof finding->reason, "it was %s", text);
}

enum scope_code threshold_check(const struct threshold *threshold,
                                const struct scope_dataset *dataset,
                                const struct scope_trial *trial,
                                const struct scope_outcome *outcome,
                                struct threshold_finding *finding,
                                struct scope_err *err)
{
    double cpu = NAN;
    enum scope_code code = SCOPE_OK;
    if (threshold->figure == THRESHOLD_CPU) {
        struct scope_figure figure;
        code = scope_target_cpu(dataset, trial, threshold->role, &figure, err);
        cpu = figure.summary.mean;
    }
    if (code == SCOPE_OK)
        threshold_judge(threshold, outcome, cpu, finding);
    return code;
}
