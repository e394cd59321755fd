/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges a trial. The limits stand here, once; each check becomes one sentence
 * with the figure beside its limit, so that a reader can disagree.
 */
#include "src/verdict.h"

#include "lib/base/clock.h"
#include "lib/base/units.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RATE_LIMIT 0.01     /* answered against intended requests */
#define DELAY_LIMIT_NS 1e6  /* 99 % of the requests sent this punctually, */
#define DELAY_LIMIT 0.1     /* or within this part of the 99 % latency */
#define BUSIEST_LIMIT 0.9   /* CPU share of the driver's busiest thread */
#define LITTLE_LIMIT 0.1    /* concurrency against rate times latency */
#define IDLE_LIMIT 0.01     /* time in which nothing was answered */
#define ERROR_LIMIT 0.01    /* failed among answered and failed */
#define MISSED_LIMIT 0.01   /* sweeps not taken */
#define OVERHEAD_LIMIT 0.05 /* scope's own CPUs, drivers apart */
#define RUNNING_LIMIT 0.95  /* time a counter ran of the time enabled */
#define INTRUSION_LIMIT 0.1 /* of the targets' CPU: what tracing added */

struct judge {
    const struct scope_dataset *dataset;
    const struct scope_trial *trial;
    struct verdict *verdict;
    struct scope_err *err;
};

static void SCOPE_PRINTF(4, 5) add(struct judge *judge, const char *name,
                                   bool passed, const char *fmt, ...)
{
    struct verdict *verdict = judge->verdict;
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    verdict->checks = scope_grow(verdict->checks, &verdict->room,
                                 verdict->count, sizeof *verdict->checks);
    verdict->checks[verdict->count++] = (struct scope_check){
        .name = name, .passed = passed, .reason = scope_strdup(text)};
    verdict->valid = verdict->valid && passed;
}

void verdict_free(struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->count; i++)
        free((void *)(uintptr_t)verdict->checks[i].reason);
    free(verdict->checks);
    *verdict = (struct verdict){0};
}

/* What the window tells of one series. */
struct reading {
    size_t count;
    double rise; /* last minus first */
    double mean; /* of the values */
    double last, most;
    double seconds; /* from first to last */
};

static enum scope_code read_series(struct judge *judge,
                                   const struct scope_series *series,
                                   struct reading *reading)
{
    struct scope_samples samples;
    *reading = (struct reading){0};
    enum scope_code code =
        scope_series_read(judge->dataset, series, judge->trial->start_ns,
                          judge->trial->end_ns, &samples, judge->err);
    if (code != SCOPE_OK)
        return code;
    reading->count = samples.count;
    double sum = 0;
    for (size_t i = 0; i < samples.count; i++) {
        double value = scope_sample_value(&samples, i);
        sum += value;
        if (i)
            reading->rise += value - reading->last;
        if (value > reading->most)
            reading->most = value;
        reading->last = value;
    }
    if (samples.count) {
        reading->mean = sum / (double)samples.count;
        reading->seconds =
            (double)(samples.time_ns[samples.count - 1] - samples.time_ns[0]) /
            (double)NS_PER_S;
    }
    scope_samples_free(&samples);
    return SCOPE_OK;
}

/* The sum of a metric of a source over all instances; with only_processes, of
 * processes alone (their threads' are among theirs, and theirs among the
 * machine's). */
static enum scope_code read_some(struct judge *judge, const char *source,
                                 const char *metric, bool only_processes,
                                 struct reading *sum)
{
    const struct scope_trial *trial = judge->trial;
    *sum = (struct reading){0};
    for (size_t i = scope_trial_find(trial, 0, source, metric);
         i < trial->series_count;
         i = scope_trial_find(trial, i + 1, source, metric)) {
        struct reading one;
        const struct scope_target *target = trial->series[i].target;
        if (only_processes && (!target || target->kind != SCOPE_TARGET_PROCESS))
            continue;
        enum scope_code code = read_series(judge, &trial->series[i], &one);
        if (code != SCOPE_OK)
            return code;
        sum->rise += one.rise;
        sum->last += one.last;
        sum->mean += one.mean;
        sum->most += one.most;
        if (one.count > sum->count)
            sum->count = one.count;
        if (one.seconds > sum->seconds)
            sum->seconds = one.seconds;
    }
    return SCOPE_OK;
}

static enum scope_code read_metric(struct judge *judge, const char *source,
                                   const char *metric, struct reading *sum)
{
    return read_some(judge, source, metric, false, sum);
}

static enum scope_code merge(void *closure, int64_t start_ns, int64_t end_ns,
                             const struct scope_hist *hist)
{
    (void)start_ns;
    (void)end_ns;
    scope_hist_merge(closure, hist);
    return SCOPE_OK;
}

/* All of a driver's histograms of one metric in the window; to be freed. */
static enum scope_code read_hist(struct judge *judge, const char *source,
                                 const char *metric, struct scope_hist *hist)
{
    const struct scope_trial *trial = judge->trial;
    enum scope_code code =
        scope_hist_init(hist, 1, 3600 * NS_PER_S, 3, judge->err);
    for (size_t i = scope_trial_find(trial, 0, source, metric);
         code == SCOPE_OK && i < trial->series_count;
         i = scope_trial_find(trial, i + 1, source, metric))
        code = scope_series_hists(judge->dataset, &trial->series[i],
                                  trial->start_ns, trial->end_ns, merge, hist,
                                  judge->err);
    return code;
}

static void judge_rate(struct judge *judge, const char *source,
                       const struct reading *requests,
                       const struct reading *intended)
{
    if (intended->rise <= 0)
        return; /* a closed loop */
    double ratio = requests->rise / intended->rise;
    add(judge, "rate", fabs(ratio - 1) <= RATE_LIMIT,
        "%s answered %.0f of %.0f intended requests (%+.2f %%; limit %.0f %%)",
        source, requests->rise, intended->rise, (ratio - 1) * 100,
        RATE_LIMIT * 100);
}

/* A request sent late counts its delay in its latency: that must be small, or
 * small beside it. */
static enum scope_code judge_delay(struct judge *judge, const char *source)
{
    struct scope_hist delay;
    struct scope_hist latency = {0};
    enum scope_code code = read_hist(judge, source, "delay", &delay);
    if (code == SCOPE_OK)
        code = read_hist(judge, source, "latency", &latency);
    if (code == SCOPE_OK && delay.total) {
        double p99 = (double)scope_hist_quantile(&delay, 0.99);
        double limit =
            fmax(DELAY_LIMIT_NS,
                 DELAY_LIMIT * (double)scope_hist_quantile(&latency, 0.99));
        char late[32];
        char most[32];
        scope_format_value(late, sizeof late, p99, SCOPE_UNIT_NS, 3);
        scope_format_value(most, sizeof most, limit, SCOPE_UNIT_NS, 3);
        add(judge, "send-delay", p99 <= limit,
            "%s sent 99 %% of its requests at most %s late (limit %s)", source,
            late, most);
    }
    scope_hist_free(&delay);
    scope_hist_free(&latency);
    return code;
}

/* Little's law, L = X R, for a closed loop: as many requests are under way as
 * the connections carry (one each, where a driver does not say), so rate times
 * mean service time must give their number (J. D. C. Little, Operations
 * Research 9(3), 1961). */
static enum scope_code judge_little(struct judge *judge, const char *source,
                                    const struct reading *requests,
                                    const struct reading *intended)
{
    struct reading capacity;
    struct scope_hist hist;
    enum scope_code code = read_metric(judge, source, "capacity", &capacity);
    if (code == SCOPE_OK && !capacity.count)
        code = read_metric(judge, source, "connections", &capacity);
    if (code != SCOPE_OK)
        return code;
    code = read_hist(judge, source, "service", &hist);
    if (code == SCOPE_OK && hist.total && requests->seconds > 0 &&
        capacity.most > 0) {
        double rate = requests->rise / requests->seconds;
        double busy = rate * scope_hist_mean(&hist) / (double)NS_PER_S;
        bool open = intended->rise > 0;
        double ratio = busy / capacity.most;
        add(judge, "littles-law",
            open ? ratio <= 1 + LITTLE_LIMIT : fabs(ratio - 1) <= LITTLE_LIMIT,
            "%s: rate times service time gives %.2f requests under way where "
            "there is room for %.0f (%s within %.0f %%)",
            source, busy, capacity.most,
            open ? "no more than these" : "as many as these",
            LITTLE_LIMIT * 100);
    }
    scope_hist_free(&hist);
    return code;
}

static enum scope_code judge_driver_health(struct judge *judge,
                                           const char *source,
                                           const struct reading *requests)
{
    struct reading reading;
    enum scope_code code = read_metric(judge, source, "busiest", &reading);
    if (code != SCOPE_OK)
        return code;
    if (reading.count)
        add(judge, "driver-cpu", reading.mean <= BUSIEST_LIMIT,
            "%s: its busiest thread used %.1f %% of a CPU (limit %.0f %%)",
            source, reading.mean * 100, BUSIEST_LIMIT * 100);
    code = read_metric(judge, source, "errors", &reading);
    if (code != SCOPE_OK)
        return code;
    double all = requests->rise + reading.rise;
    add(judge, "errors", reading.rise <= ERROR_LIMIT * all,
        "%s: %.0f of %.0f requests failed (limit %.0f %%)", source,
        reading.rise, all, ERROR_LIMIT * 100);
    return SCOPE_OK;
}

/* Of one sweep each, and what they add up to. */
struct steps {
    size_t count;
    double *sums;
    int64_t *time_ns;
};

/* Adds a metric's values; one of other sweeps than the first is left out. */
static enum scope_code add_steps(struct judge *judge, const char *source,
                                 const char *metric, struct steps *steps)
{
    struct scope_samples samples;
    size_t at = scope_trial_find(judge->trial, 0, source, metric);
    if (at == judge->trial->series_count)
        return SCOPE_OK;
    enum scope_code code = scope_series_read(
        judge->dataset, &judge->trial->series[at], judge->trial->start_ns,
        judge->trial->end_ns, &samples, judge->err);
    if (code != SCOPE_OK)
        return code;
    if (!steps->sums) {
        steps->count = samples.count;
        steps->sums = scope_alloc(samples.count + 1, sizeof *steps->sums);
        steps->time_ns = scope_alloc(samples.count + 1, sizeof(int64_t));
        for (size_t i = 0; i < samples.count; i++)
            steps->time_ns[i] = samples.time_ns[i];
    }
    for (size_t i = 0; i < samples.count && samples.count == steps->count; i++)
        steps->sums[i] += scope_sample_value(&samples, i);
    scope_samples_free(&samples);
    return SCOPE_OK;
}

/* How long nothing happened: a request may take longer than a sweep, and then
 * bytes show that the load was on. */
static enum scope_code find_idle(struct judge *judge, const char *source,
                                 double *idle)
{
    struct steps steps = {0};
    enum scope_code code = add_steps(judge, source, "requests", &steps);
    if (code == SCOPE_OK)
        code = add_steps(judge, source, "sent", &steps);
    if (code == SCOPE_OK)
        code = add_steps(judge, source, "received", &steps);
    *idle = 0;
    for (size_t i = 1; i < steps.count; i++)
        if (steps.sums[i] <= steps.sums[i - 1])
            *idle += (double)(steps.time_ns[i] - steps.time_ns[i - 1]) /
                     (double)NS_PER_S;
    free(steps.sums);
    free(steps.time_ns);
    return code;
}

static enum scope_code judge_driver(struct judge *judge, const char *source)
{
    struct reading requests;
    struct reading intended;
    double idle;
    /* A driver that sends none, as one that only keeps CPUs busy, judges
     * itself. */
    if (scope_trial_find(judge->trial, 0, source, "requests") ==
        judge->trial->series_count)
        return SCOPE_OK;
    enum scope_code code = read_metric(judge, source, "requests", &requests);
    if (code == SCOPE_OK)
        code = read_metric(judge, source, "intended", &intended);
    if (code == SCOPE_OK)
        code = find_idle(judge, source, &idle);
    if (code != SCOPE_OK)
        return code;
    add(judge, "load",
        requests.rise > 0 && idle <= IDLE_LIMIT * requests.seconds,
        "%s: %.0f requests answered in %.1f s, in %.1f s of them nothing "
        "moved (limit %.0f %%)",
        source, requests.rise, requests.seconds, idle, IDLE_LIMIT * 100);
    if (requests.rise <= 0)
        return SCOPE_OK;
    judge_rate(judge, source, &requests, &intended);
    code = judge_delay(judge, source);
    if (code == SCOPE_OK)
        code = judge_little(judge, source, &requests, &intended);
    if (code == SCOPE_OK)
        code = judge_driver_health(judge, source, &requests);
    return code;
}

static enum scope_code judge_sampling(struct judge *judge)
{
    struct reading taken;
    struct reading missed;
    struct reading failed;
    enum scope_code code =
        read_metric(judge, "scope", "collector.sweeps", &taken);
    if (code == SCOPE_OK)
        code = read_metric(judge, "scope", "collector.missed", &missed);
    if (code == SCOPE_OK)
        code = read_metric(judge, "scope", "collector.failed", &failed);
    if (code != SCOPE_OK || !taken.count)
        return code;
    double all = taken.last + missed.last;
    add(judge, "sampling",
        missed.last <= MISSED_LIMIT * all && failed.last <= 0,
        "%.0f of %.0f sweeps missed, %.0f failed (limit %.0f %%, none)",
        missed.last, all, failed.last, MISSED_LIMIT * 100);
    return SCOPE_OK;
}

static enum scope_code judge_overhead(struct judge *judge)
{
    struct reading user;
    struct reading system;
    enum scope_code code = read_metric(judge, "scope", "cpu.user", &user);
    if (code == SCOPE_OK)
        code = read_metric(judge, "scope", "cpu.system", &system);
    if (code != SCOPE_OK || user.seconds <= 0)
        return code;
    double share =
        (user.rise + system.rise) / (user.seconds * (double)NS_PER_S);
    add(judge, "overhead", share <= OVERHEAD_LIMIT,
        "scope itself used %.2f %% of a CPU (limit %.0f %%)", share * 100,
        OVERHEAD_LIMIT * 100);
    return SCOPE_OK;
}

/* What collectors that interrupt the targets added to their CPU: what one
 * event costs, as they measured it when they started, times how many there
 * were. */
static enum scope_code judge_intrusion(struct judge *judge)
{
    static const struct {
        const char *source, *events;
    } all[] = {{"syscalls", "calls"}, {"cycles", "samples"}};
    struct reading cpu = {0};
    double added_ns = 0;
    bool known = false;
    enum scope_code code = read_some(judge, "proc", "process.cpu", true, &cpu);
    for (size_t i = 0; i < sizeof all / sizeof *all && !code; i++) {
        struct reading cost = {0};
        struct reading events = {0};
        code = read_metric(judge, all[i].source, "cost", &cost);
        if (code == SCOPE_OK)
            code =
                read_some(judge, all[i].source, all[i].events, true, &events);
        known |= cost.count > 0;
        added_ns += cost.last * events.rise;
    }
    if (code == SCOPE_OK && known && cpu.rise > 0)
        add(judge, "intrusion", added_ns <= INTRUSION_LIMIT * cpu.rise,
            "tracing made about %.1f %% of the targets' CPU (limit %.0f %%)",
            added_ns / cpu.rise * 100, INTRUSION_LIMIT * 100);
    return code;
}

/* Counters that shared the hardware ran only part of the time. */
static enum scope_code judge_multiplexing(struct judge *judge)
{
    const struct scope_trial *trial = judge->trial;
    double worst = 1;
    size_t seen = 0;
    for (size_t i = scope_trial_find(trial, 0, NULL, "enabled");
         i < trial->series_count;
         i = scope_trial_find(trial, i + 1, NULL, "enabled")) {
        const struct scope_series *enabled = &trial->series[i];
        for (size_t j = scope_trial_find(trial, 0, enabled->source, "running");
             j < trial->series_count;
             j = scope_trial_find(trial, j + 1, enabled->source, "running")) {
            const struct scope_series *running = &trial->series[j];
            if (running->target != enabled->target ||
                strcmp(running->instance, enabled->instance) != 0)
                continue;
            struct reading on;
            struct reading ran;
            enum scope_code code = read_series(judge, enabled, &on);
            if (code == SCOPE_OK)
                code = read_series(judge, running, &ran);
            if (code != SCOPE_OK)
                return code;
            if (on.rise > 0 && ran.rise / on.rise < worst)
                worst = ran.rise / on.rise;
            seen++;
        }
    }
    if (seen)
        add(judge, "multiplexing", worst >= RUNNING_LIMIT,
            "every counter ran at least %.1f %% of the time (limit %.0f %%)",
            worst * 100, RUNNING_LIMIT * 100);
    return SCOPE_OK;
}

static void judge_events(struct judge *judge)
{
    const struct scope_trial *trial = judge->trial;
    const struct scope_trial_event *worst = NULL;
    uint64_t lost = 0;
    size_t restarts = 0;
    for (size_t i = 0; i < trial->event_count; i++) {
        const struct scope_trial_event *event = &trial->events[i];
        if (event->kind == SCOPE_EVENT_LOST) {
            lost += event->count;
            if (!worst || event->count > worst->count)
                worst = event;
        }
        if (event->kind == SCOPE_EVENT_RESTART &&
            event->time_ns >= trial->start_ns &&
            event->time_ns <= trial->end_ns)
            restarts++;
    }
    if (worst)
        add(judge, "loss", false, "%llu lost: %s", (unsigned long long)lost,
            worst->text);
    else
        add(judge, "loss", true, "nothing that was measured is missing");
    add(judge, "restarts", restarts == 0, "%zu targets restarted", restarts);
}

/* Why it ended before its end: what stopped it has noted that. */
static const char *early_end(const struct scope_trial *trial)
{
    for (size_t i = 0; i < trial->event_count; i++)
        if (strncmp(trial->events[i].text, "stopped early: ", 15) == 0)
            return trial->events[i].text;
    return "the trial was interrupted before its end";
}

enum scope_code verdict_judge(const struct scope_dataset *dataset,
                              const struct scope_trial *trial,
                              struct verdict *verdict, struct scope_err *err)
{
    struct judge judge = {
        .dataset = dataset, .trial = trial, .verdict = verdict, .err = err};
    *verdict = (struct verdict){.valid = true};
    add(&judge, "complete", trial->status == SCOPE_TRIAL_COMPLETE, "%s",
        trial->status == SCOPE_TRIAL_COMPLETE ? "the trial ran to its end"
                                              : early_end(trial));
    enum scope_code code = SCOPE_OK;
    const char *source = NULL;
    for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++)
        if (trial->series[i].driver &&
            (!source || strcmp(source, trial->series[i].source) != 0)) {
            source = trial->series[i].source;
            code = judge_driver(&judge, source);
        }
    if (code == SCOPE_OK)
        code = judge_sampling(&judge);
    if (code == SCOPE_OK)
        code = judge_overhead(&judge);
    if (code == SCOPE_OK)
        code = judge_intrusion(&judge);
    if (code == SCOPE_OK)
        code = judge_multiplexing(&judge);
    judge_events(&judge);
    return code;
}
