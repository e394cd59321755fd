/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A load while it runs: see the header. */
#include "src/live.h"

#include <math.h>
#include <pthread.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

enum count {
    REQUESTS,
    ERRORS,
    OTHER, /* answers of other classes than 2xx */
    INTENDED,
    UNSENT,
    OUTSTANDING,
    COUNTS,
    NOT_COUNTED = COUNTS,
};

static const char *const names[COUNTS] = {
    [REQUESTS] = "requests", [ERRORS] = "errors", [OTHER] = "status",
    [INTENDED] = "intended", [UNSENT] = "unsent", [OUTSTANDING] = "outstanding",
};

/* What a column of a driver is. */
struct column {
    enum count count;
    int timing; /* enum scope_timing, or -1 */
    uint64_t value;
};

/* One driver. */
struct part {
    struct column *columns;
    size_t count, room;
    int64_t time_ns;      /* of the last sweep, 0: none yet */
    double sums[COUNTS];  /* of the values, at that sweep */
    double steps[COUNTS]; /* what they grew in the step that it ended */
    double seconds;       /* how long that was */
    struct scope_hist pending[SCOPE_TIMINGS]; /* of the sweep to come */
    struct scope_hist latency;                /* of the last one */
};

/* A rule, and what has happened since it could last be told. */
struct rule {
    const struct threshold *threshold;
    struct scope_outcome outcome;
};

struct live {
    pthread_mutex_t lock;
    size_t part_count, rule_count;
    struct part *parts;
    struct rule *rules;
    int64_t start_ns; /* INT64_MAX: not known yet */
    char reason[256];
};

static void drop(struct scope_hist *hist)
{
    if (hist->count_slots)
        scope_hist_free(hist);
    *hist = (struct scope_hist){0};
}

struct live *live_new(const struct thresholds *rules, size_t drivers)
{
    struct live *live = scope_alloc(1, sizeof *live);
    pthread_mutex_init(&live->lock, NULL);
    live->start_ns = INT64_MAX;
    live->part_count = drivers;
    live->parts = scope_alloc(drivers, sizeof *live->parts);
    live->rule_count = rules ? rules->count : 0;
    live->rules = scope_alloc(live->rule_count, sizeof *live->rules);
    for (size_t i = 0; i < live->rule_count; i++)
        live->rules[i].threshold = &rules->items[i];
    return live;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    for (size_t i = 0; i < live->part_count; i++) {
        for (int t = 0; t < SCOPE_TIMINGS; t++)
            drop(&live->parts[i].pending[t]);
        drop(&live->parts[i].latency);
        free(live->parts[i].columns);
    }
    for (size_t i = 0; i < live->rule_count; i++)
        scope_outcome_free(&live->rules[i].outcome);
    pthread_mutex_destroy(&live->lock);
    free(live->parts);
    free(live->rules);
    free(live);
}

void live_window(struct live *live, int64_t start_ns)
{
    pthread_mutex_lock(&live->lock);
    live->start_ns = start_ns;
    pthread_mutex_unlock(&live->lock);
}

void live_series(struct live *live, size_t driver, unsigned column,
                 const struct scope_metric *metric, uint32_t target,
                 const char *instance)
{
    struct part *part = &live->parts[driver];
    struct column made = {.count = NOT_COUNTED, .timing = -1};
    for (int i = 0; i < COUNTS && !target; i++)
        if (strcmp(metric->name, names[i]) == 0 &&
            !(i == OTHER && *instance == '2'))
            made.count = (enum count)i;
    for (int i = 0; i < SCOPE_TIMINGS; i++)
        if (metric->semantics == SCOPE_HISTOGRAM &&
            strcmp(metric->name, scope_timing_name((enum scope_timing)i)) == 0)
            made.timing = i;
    if (column != part->count)
        return; /* they come in order */
    part->columns = scope_grow(part->columns, &part->room, part->count,
                               sizeof *part->columns);
    part->columns[part->count++] = made;
}

void live_hist(struct live *live, size_t driver, unsigned column,
               const uint8_t *bytes, size_t size)
{
    struct part *part = &live->parts[driver];
    struct scope_hist hist;
    if (column >= part->count || part->columns[column].timing < 0 ||
        scope_hist_decode(&hist, bytes, size, NULL) != SCOPE_OK)
        return; /* the store says what is wrong with it */
    struct scope_hist *sum = &part->pending[part->columns[column].timing];
    pthread_mutex_lock(&live->lock);
    if (scope_hist_gather(sum, &hist, NULL) != SCOPE_OK)
        drop(sum);
    pthread_mutex_unlock(&live->lock);
    scope_hist_free(&hist);
}

static void take_values(struct part *part, const uint64_t *values,
                        const uint64_t *present, size_t columns)
{
    double sums[COUNTS + 1] = {0};
    for (size_t i = 0; i < part->count; i++) {
        struct column *column = &part->columns[i];
        if (i < columns && column->timing < 0 &&
            (present[i / 64] >> i % 64 & 1))
            column->value = values[i];
        sums[column->count] += (double)column->value;
    }
    for (int i = 0; i < COUNTS; i++) {
        part->steps[i] = sums[i] - part->sums[i];
        part->sums[i] = sums[i];
    }
}

/* Adds the step to what a rule looks at, and lets it decide if it can. */
static void follow(struct live *live, struct rule *rule,
                   const struct part *part)
{
    struct scope_outcome *outcome = &rule->outcome;
    struct threshold_finding finding;
    outcome->driven = true;
    outcome->seconds += part->seconds;
    outcome->requests += part->steps[REQUESTS];
    outcome->errors += part->steps[ERRORS];
    outcome->other += part->steps[OTHER];
    outcome->intended += part->steps[INTENDED];
    outcome->unsent += part->steps[UNSENT];
    outcome->cpu = outcome->busiest = NAN;
    outcome->outstanding_most =
        fmax(outcome->outstanding_most, part->sums[OUTSTANDING]);
    for (int i = 0; i < SCOPE_TIMINGS; i++)
        if (part->pending[i].total &&
            scope_hist_gather(&outcome->timing[i], &part->pending[i], NULL) !=
                SCOPE_OK)
            drop(&outcome->timing[i]);
    threshold_judge(rule->threshold, outcome, NAN, &finding);
    if (finding.result == THRESHOLD_UNDECIDED)
        return; /* more of it may tell */
    if (finding.result == THRESHOLD_MET && !*live->reason)
        snprintf(live->reason, sizeof live->reason, "%s: %s in %.1f s",
                 rule->threshold->text, finding.reason, outcome->seconds);
    scope_outcome_free(outcome);
}

static void end_step(struct live *live, struct part *part, int64_t time_ns)
{
    bool measured = part->time_ns && part->time_ns >= live->start_ns;
    part->seconds = part->time_ns ? (double)(time_ns - part->time_ns) / 1e9 : 0;
    for (size_t i = 0; i < live->rule_count && measured; i++)
        follow(live, &live->rules[i], part);
    drop(&part->latency);
    part->latency = part->pending[SCOPE_TIMING_LATENCY];
    part->pending[SCOPE_TIMING_LATENCY] = (struct scope_hist){0};
    for (int i = 0; i < SCOPE_TIMINGS; i++)
        drop(&part->pending[i]);
    part->time_ns = time_ns;
}

bool live_sweep(struct live *live, size_t driver, int64_t time_ns,
                const uint64_t *values, const uint64_t *present, size_t columns)
{
    struct part *part = &live->parts[driver];
    pthread_mutex_lock(&live->lock);
    take_values(part, values, present, columns);
    end_step(live, part, time_ns);
    bool stop = *live->reason;
    pthread_mutex_unlock(&live->lock);
    return stop;
}

struct live_figures live_figures(struct live *live)
{
    struct live_figures figures = {.p50 = NAN, .p99 = NAN};
    struct scope_hist sum = {0};
    pthread_mutex_lock(&live->lock);
    for (size_t i = 0; i < live->part_count; i++) {
        const struct part *part = &live->parts[i];
        if (!part->time_ns)
            continue;
        figures.known = figures.known || part->seconds > 0;
        if (part->seconds > 0)
            figures.rate += part->steps[REQUESTS] / part->seconds;
        figures.requests += part->sums[REQUESTS];
        figures.errors += part->sums[ERRORS];
        figures.outstanding += part->sums[OUTSTANDING];
        if (part->latency.total &&
            scope_hist_gather(&sum, &part->latency, NULL) != SCOPE_OK)
            drop(&sum);
    }
    pthread_mutex_unlock(&live->lock);
    if (sum.total) {
        figures.p50 = scope_hist_told(&sum, 0.5);
        figures.p99 = scope_hist_told(&sum, 0.99);
    }
    drop(&sum);
    return figures;
}

void live_stop(struct live *live, char *reason, size_t size)
{
    pthread_mutex_lock(&live->lock);
    snprintf(reason, size, "%s", live->reason);
    pthread_mutex_unlock(&live->lock);
}
