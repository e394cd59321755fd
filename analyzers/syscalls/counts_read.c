/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads the series of the collector syscalls. Its counters begin at 0 when a
 * target is attached, and a call has no series before it is made once: so what
 * is absent before a series begins is 0, and not unknown as elsewhere.
 */
#include "analyzers/syscalls/counts_inside.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/outcome.h>
#include <stdlib.h>
#include <string.h>

static const char source[] = "syscalls";

static const char *const metrics[COUNTERS] = {
    [CALLS] = "calls",
    [ERRORS] = "errors",
    [BYTES] = "bytes",
    [TIME] = "time",
};

struct reading {
    struct counts *counts;
    enum by by;
    const struct scope_list *waiting;
    const struct scope_trial *trial;
    size_t index; /* of the trial */
    struct grid grid;
    struct scope_err *err;
};

static bool is_ours(const struct scope_series *series, const char *metric)
{
    return !series->driver && strcmp(series->source, source) == 0 &&
           (!metric || strcmp(series->metric.name, metric) == 0);
}

/* --- groups and calls ----------------------------------------------------- */

static int rank_of(const struct scope_target *target)
{
    return target->kind == SCOPE_TARGET_CGROUP   ? 2
           : target->kind == SCOPE_TARGET_SYSTEM ? 3
                                                 : 1;
}

/* Threads are parts of processes that are targets, too. */
static bool is_wanted(enum by by, const struct scope_series *series)
{
    if (!series->target)
        return false;
    if (by == BY_THREAD)
        return series->target->kind != SCOPE_TARGET_PROCESS;
    return series->target->kind != SCOPE_TARGET_THREAD;
}

static char *section_of(enum by by, const struct scope_target *target)
{
    const char *gap = *target->role ? " " : "";
    if (target->kind == SCOPE_TARGET_SYSTEM)
        return scope_strdup("system");
    if (target->kind == SCOPE_TARGET_THREAD)
        return scope_format("%s%sthread %s[%d]", target->role, gap,
                            target->name, target->tid);
    if (target->kind == SCOPE_TARGET_PROCESS && by == BY_TARGET)
        return scope_format("%s%s%s[%d]", target->role, gap, target->name,
                            target->pid);
    return scope_strdup(*target->role ? target->role : target->name);
}

static struct group *find_group(struct reading *reading,
                                const struct scope_target *target, bool make)
{
    struct counts *counts = reading->counts;
    char *section = section_of(reading->by, target);
    int rank = rank_of(target);
    for (size_t i = 0; i < counts->group_count; i++) {
        struct group *group = &counts->groups[i];
        if (group->rank == rank && strcmp(group->section, section) == 0) {
            free(section);
            return group;
        }
    }
    if (!make) {
        free(section);
        return NULL;
    }
    counts->groups = scope_grow(counts->groups, &counts->group_room,
                                counts->group_count, sizeof *counts->groups);
    struct group *group = &counts->groups[counts->group_count++];
    *group = (struct group){
        .rank = rank,
        .section = section,
        .name = target->name,
        .cpu = scope_alloc(counts->trials, sizeof *group->cpu),
    };
    return group;
}

static bool is_waiting(const struct reading *reading, const char *name,
                       size_t length)
{
    for (size_t i = 0; i < reading->waiting->count; i++)
        if (strlen(reading->waiting->items[i]) == length &&
            strncmp(reading->waiting->items[i], name, length) == 0)
            return true;
    return false;
}

/* name: up to length; found first in a series of its own. */
static struct call *find_call(const struct reading *reading,
                              struct group *group, const char *name)
{
    size_t length = strcspn(name, ":");
    for (size_t i = 0; i < group->call_count; i++)
        if (strlen(group->calls[i].name) == length &&
            strncmp(group->calls[i].name, name, length) == 0)
            return &group->calls[i];
    if (name[length])
        return NULL;
    group->calls = scope_grow(group->calls, &group->call_room,
                              group->call_count, sizeof *group->calls);
    struct call *call = &group->calls[group->call_count++];
    *call = new_call(name, reading->counts->trials);
    call->waits = is_waiting(reading, name, length);
    return call;
}

/* --- values --------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* The host puts the 0 of a new series just before its first value: that is no
 * sweep (from_zero in <scope/plugin.h>). */
#define JUST_BEFORE 1

static enum scope_code read_grid(struct reading *reading)
{
    const struct scope_trial *trial = reading->trial;
    struct grid *grid = &reading->grid;
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        struct scope_samples samples = {0};
        if (!is_ours(series, "calls") && !is_ours(series, "lost"))
            continue;
        enum scope_code code =
            scope_series_read(reading->counts->dataset, series, trial->start_ns,
                              trial->end_ns, &samples, reading->err);
        if (code != SCOPE_OK)
            return code;
        for (size_t s = 0; s < samples.count; s++) {
            grid->time_ns = scope_grow(grid->time_ns, &grid->room, grid->count,
                                       sizeof *grid->time_ns);
            grid->time_ns[grid->count++] = samples.time_ns[s];
        }
        scope_samples_free(&samples);
    }
    if (!grid->count)
        return SCOPE_OK;
    qsort(grid->time_ns, grid->count, sizeof *grid->time_ns, by_time);
    size_t kept = 0;
    for (size_t i = 0; i < grid->count; i++)
        if (i + 1 == grid->count ||
            grid->time_ns[i + 1] > grid->time_ns[i] + JUST_BEFORE)
            grid->time_ns[kept++] = grid->time_ns[i];
    grid->count = kept;
    return SCOPE_OK;
}

/* Adds what the counter grew since the window's first sweep. */
static void add_samples(const struct scope_samples *samples,
                        const struct grid *grid, struct scope_track *track)
{
    uint64_t before = 0, grown = 0;
    size_t next = 0;
    for (size_t i = 0; i < grid->count; i++) {
        for (; next < samples->count &&
               samples->time_ns[next] <= grid->time_ns[i];
             next++) {
            uint64_t now = samples->u64[next];
            bool fell = now < before;
            if (i > 0)
                grown += fell ? now : now - before;
            track->resets += fell;
            before = now;
        }
        track->value[i] += (double)grown;
    }
}

static enum scope_code read_counter(struct reading *reading,
                                    const struct scope_series *series,
                                    struct scope_track *track,
                                    enum scope_unit unit)
{
    struct scope_samples samples = {0};
    if (series->metric.value != SCOPE_U64)
        return scope_fail(reading->err, SCOPE_CORRUPT, 0,
                          "%s.%s holds no counts", series->source,
                          series->metric.name);
    enum scope_code code = scope_series_read(
        reading->counts->dataset, series, 0, INT64_MAX, &samples, reading->err);
    if (code != SCOPE_OK)
        return code;
    if (!track->count)
        make_zero(track, &reading->grid, unit);
    add_samples(&samples, &reading->grid, track);
    scope_samples_free(&samples);
    return SCOPE_OK;
}

/* A sweep's value is of the time since the one before. */
static enum scope_code read_longest(struct reading *reading,
                                    const struct scope_series *series,
                                    double *longest)
{
    struct scope_samples samples = {0};
    enum scope_code code = scope_series_read(
        reading->counts->dataset, series, reading->grid.time_ns[0] + 1,
        reading->trial->end_ns, &samples, reading->err);
    if (code != SCOPE_OK)
        return code;
    for (size_t i = 0; i < samples.count; i++)
        *longest = fmax(*longest, scope_sample_value(&samples, i));
    scope_samples_free(&samples);
    return SCOPE_OK;
}

static void note_failure(struct reading *reading, struct group *group,
                         const struct call *call, const char *error,
                         double count)
{
    size_t i = 0;
    for (; i < group->failure_count; i++)
        if (strcmp(group->failures[i].call, call->name) == 0 &&
            strcmp(group->failures[i].error, error) == 0)
            break;
    if (i == group->failure_count) {
        group->failures =
            scope_grow(group->failures, &group->failure_room,
                       group->failure_count, sizeof *group->failures);
        group->failures[group->failure_count++] = (struct failure){
            .call = call->name,
            .error = error,
            .counts = scope_alloc(reading->counts->trials, sizeof(double)),
        };
    }
    group->failures[i].counts[reading->index] += count;
    group->failures[i].most = fmax(group->failures[i].most,
                                   group->failures[i].counts[reading->index]);
}

static enum scope_code read_errors(struct reading *reading, struct group *group,
                                   const struct scope_series *series)
{
    struct call *call = find_call(reading, group, series->instance);
    const char *error = strchr(series->instance, ':');
    if (!call || !error)
        return scope_fail(reading->err, SCOPE_CORRUPT, 0,
                          "syscalls.errors of \"%s\", which was not called",
                          series->instance);
    struct scope_track one = {0};
    enum scope_code code =
        read_counter(reading, series, &one, SCOPE_UNIT_COUNT);
    if (code != SCOPE_OK)
        return code;
    double count = one.value[one.count - 1];
    if (count > 0)
        note_failure(reading, group, call, error + 1, count);
    scope_track_add(&call->cells[reading->index].tracks[ERRORS], &one);
    scope_track_free(&one);
    return SCOPE_OK;
}

static enum scope_code read_series(struct reading *reading, struct group *group,
                                   const struct scope_series *series)
{
    if (is_ours(series, "errors"))
        return read_errors(reading, group, series);
    struct call *call = find_call(reading, group, series->instance);
    if (!call)
        return SCOPE_OK;
    struct cell *cell = &call->cells[reading->index];
    if (is_ours(series, "latency"))
        return scope_series_gather(reading->counts->dataset, series,
                                   &cell->latency, reading->err);
    if (is_ours(series, "time.max"))
        return read_longest(reading, series, &cell->longest);
    for (enum counter c = 0; c < COUNTERS; c++)
        if (is_ours(series, metrics[c]))
            return read_counter(reading, series, &cell->tracks[c],
                                counter_unit(c));
    return SCOPE_OK;
}

/* Calls first: what else is known of a call comes to them. */
static enum scope_code read_all(struct reading *reading, bool calls)
{
    const struct scope_trial *trial = reading->trial;
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        if (!is_ours(series, NULL) || !is_wanted(reading->by, series) ||
            is_ours(series, "calls") != calls)
            continue;
        struct group *group = find_group(reading, series->target, true);
        enum scope_code code = read_series(reading, group, series);
        if (code != SCOPE_OK)
            return scope_prefix(reading->err, "%s, trial %s", trial->store,
                                trial->name);
    }
    return SCOPE_OK;
}

/* --- what belongs to it --------------------------------------------------- */

static void count_members(struct reading *reading)
{
    const struct scope_trial *trial = reading->trial;
    struct counts *counts = reading->counts;
    size_t *members = scope_alloc(counts->group_count + 1, sizeof *members);
    const struct scope_target *last = NULL;
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        if (!is_ours(series, "calls") || !is_wanted(reading->by, series) ||
            series->target == last)
            continue;
        last = series->target;
        struct group *group = find_group(reading, last, false);
        size_t *count = &members[group - counts->groups];
        group->members = ++*count > group->members ? *count : group->members;
        if (group->name && strcmp(group->name, last->name) != 0)
            group->name = NULL;
    }
    free(members);
}

static enum scope_code read_cpu(struct reading *reading)
{
    static const char *const names[] = {"process.cpu", "thread.cpu",
                                        "cgroup.cpu"};
    const struct scope_trial *trial = reading->trial;
    struct counts *counts = reading->counts;
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        bool cpu = false;
        if (strcmp(series->source, "proc") != 0 ||
            !is_wanted(reading->by, series))
            continue;
        for (size_t n = 0; n < sizeof names / sizeof *names; n++)
            cpu = cpu || strcmp(series->metric.name, names[n]) == 0;
        struct group *group =
            cpu ? find_group(reading, series->target, false) : NULL;
        if (!group)
            continue;
        struct scope_track one;
        enum scope_code code =
            scope_track_read(counts->dataset, series, &one, reading->err);
        if (code != SCOPE_OK)
            return code;
        scope_track_add(&group->cpu[reading->index], &one);
        scope_track_free(&one);
    }
    return SCOPE_OK;
}

static enum scope_code read_tracing(struct reading *reading)
{
    const struct scope_trial *trial = reading->trial;
    struct tracing *tracing = &reading->counts->tracing[reading->index];
    tracing->cost = NAN;
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_series *series = &trial->series[i];
        struct scope_track track;
        if (!is_ours(series, NULL))
            continue;
        tracing->there = true;
        if (series->target ||
            (!is_ours(series, "lost") && !is_ours(series, "cost")))
            continue;
        enum scope_code code = scope_track_read(reading->counts->dataset,
                                                series, &track, reading->err);
        if (code != SCOPE_OK)
            return code;
        if (track.count && is_ours(series, "cost"))
            tracing->cost = track.value[track.count - 1];
        else if (track.count)
            tracing->lost = track.value[track.count - 1];
        scope_track_free(&track);
    }
    return SCOPE_OK;
}

static enum scope_code read_trial(struct reading *reading)
{
    struct counts *counts = reading->counts;
    enum scope_code code =
        scope_track_requests(counts->dataset, reading->trial,
                             &counts->requests[reading->index], reading->err);
    if (code == SCOPE_OK)
        code = read_tracing(reading);
    counts->driven =
        counts->driven || counts->requests[reading->index].count > 1;
    if (code == SCOPE_OK)
        code = read_grid(reading);
    if (code != SCOPE_OK || !reading->grid.count)
        return code;
    code = read_all(reading, true);
    if (code == SCOPE_OK)
        code = read_all(reading, false);
    if (code != SCOPE_OK)
        return code;
    count_members(reading);
    return read_cpu(reading);
}

static int by_rank(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    if (left->rank != right->rank)
        return left->rank - right->rank;
    return strcmp(left->section, right->section);
}

enum scope_code counts_read(const struct scope_dataset *dataset, enum by by,
                            const struct scope_list *waiting,
                            struct counts *counts, struct scope_err *err)
{
    size_t trials = scope_dataset_trials(dataset);
    *counts = (struct counts){
        .dataset = dataset,
        .trials = trials,
        .requests = scope_alloc(trials + 1, sizeof *counts->requests),
        .tracing = scope_alloc(trials + 1, sizeof *counts->tracing),
    };
    for (size_t i = 0; i < trials; i++) {
        struct reading reading = {.counts = counts,
                                  .by = by,
                                  .waiting = waiting,
                                  .trial = scope_dataset_trial(dataset, i),
                                  .index = i,
                                  .err = err};
        enum scope_code code = read_trial(&reading);
        free(reading.grid.time_ns);
        if (code != SCOPE_OK)
            return code;
    }
    for (size_t i = 0; i < counts->group_count; i++)
        finish_group(counts, &counts->groups[i]);
    if (counts->group_count)
        qsort(counts->groups, counts->group_count, sizeof *counts->groups,
              by_rank);
    return SCOPE_OK;
}
