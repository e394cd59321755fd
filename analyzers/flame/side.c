/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the profile of a trial's measured window. */
#include "analyzers/flame/side.h"

#include <scope/alloc.h>
#include <scope/track.h>
#include <string.h>

static const char source[] = "cycles";

static bool is_alone(const struct scope_dataset *dataset, size_t index)
{
    const char *name = scope_dataset_trial(dataset, index)->name;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        if (i != index &&
            strcmp(scope_dataset_trial(dataset, i)->name, name) == 0)
            return false;
    return true;
}

/* What a counter of the collector itself grew by, of all its instances; from
 * and to widen to the time that it covers. */
static enum scope_code read_counter(const struct scope_dataset *dataset,
                                    const struct scope_trial *trial,
                                    const char *metric, double *growth,
                                    int64_t *from_ns, int64_t *to_ns,
                                    struct scope_err *err)
{
    *growth = 0;
    for (size_t i = scope_trial_find(trial, 0, source, metric);
         i < trial->series_count;
         i = scope_trial_find(trial, i + 1, source, metric)) {
        struct scope_track track;
        enum scope_code code =
            scope_track_read(dataset, &trial->series[i], &track, err);
        if (code != SCOPE_OK)
            return code;
        if (track.count) {
            *growth += track.value[track.count - 1];
            if (track.time_ns[0] < *from_ns)
                *from_ns = track.time_ns[0];
            if (track.time_ns[track.count - 1] > *to_ns)
                *to_ns = track.time_ns[track.count - 1];
        }
        scope_track_free(&track);
    }
    return SCOPE_OK;
}

/* Requests of the time that the profile covers, which may be shorter than the
 * window by a sweep, by their rate in what drivers tell of it. */
static enum scope_code read_requests(const struct scope_dataset *dataset,
                                     struct side *side, int64_t from_ns,
                                     int64_t to_ns, struct scope_err *err)
{
    struct scope_track requests;
    enum scope_code code =
        scope_track_requests(dataset, side->trial, &requests, err);
    if (code != SCOPE_OK)
        return code;
    int64_t first = from_ns, last = to_ns;
    if (requests.count && requests.time_ns[0] > first)
        first = requests.time_ns[0];
    if (requests.count && requests.time_ns[requests.count - 1] < last)
        last = requests.time_ns[requests.count - 1];
    if (requests.count > 1 && last > first) {
        double count =
            scope_track_at(&requests, last) - scope_track_at(&requests, first);
        double rate = count / (double)(last - first);
        side->requests = rate > 0 ? rate * (double)(to_ns - from_ns) : 0;
    }
    scope_track_free(&requests);
    return SCOPE_OK;
}

static enum scope_code read_circumstances(const struct scope_dataset *dataset,
                                          struct side *side,
                                          struct scope_err *err)
{
    static const char *const metrics[] = {"lost", "throttled", "cut",
                                          "samples"};
    double samples = 0;
    double *const figures[] = {&side->lost, &side->throttled, &side->cut,
                               &samples};
    int64_t from_ns = INT64_MAX, to_ns = 0;
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        enum scope_code code = read_counter(dataset, side->trial, metrics[i],
                                            figures[i], &from_ns, &to_ns, err);
        if (code != SCOPE_OK)
            return scope_prefix(err, "read cycles.%s", metrics[i]);
    }
    if (to_ns <= from_ns)
        return SCOPE_OK;
    side->seconds = (double)(to_ns - from_ns) / 1e9;
    return read_requests(dataset, side, from_ns, to_ns, err);
}

enum scope_code side_read(const struct scope_dataset *dataset, size_t index,
                          struct side *side, struct scope_err *err)
{
    const struct scope_trial *trial = scope_dataset_trial(dataset, index);
    *side = (struct side){.trial = trial};
    side->name = is_alone(dataset, index)
                     ? scope_strdup(trial->name)
                     : scope_format("%s of %s", trial->name, trial->store);
    struct scope_err missing = {0};
    enum scope_code code =
        scope_trial_profile(dataset, trial, source, trial->start_ns,
                            trial->end_ns, &side->profile, &missing);
    if (code == SCOPE_NOT_FOUND)
        return SCOPE_OK;
    if (code != SCOPE_OK) {
        *err = missing;
        return code;
    }
    for (size_t i = 0; i < side->profile->count_count; i++)
        side->samples += side->profile->counts[i].samples;
    return read_circumstances(dataset, side, err);
}

void side_free(struct side *side)
{
    scope_profile_free(side->profile);
    free(side->name);
    *side = (struct side){0};
}

static bool is_timer(const struct side *side)
{
    return side->profile->unit == SCOPE_UNIT_NS;
}

const char *side_event(const struct side *side)
{
    return is_timer(side) ? "timer samples" : "samples";
}

const char *side_cost(const struct side *side)
{
    return is_timer(side) ? "CPU time" : side->profile->event;
}

const char *side_role(const struct side *side, const struct scope_owner *owner)
{
    const struct scope_trial *trial = side->trial;
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_target *target = trial->series[i].target;
        if (target && target->id == owner->target &&
            owner->kind == SCOPE_OWNER_TARGET)
            return target->role;
    }
    return "";
}
