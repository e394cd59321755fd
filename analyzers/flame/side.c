/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the profile of a trial's measured window. */
#include "analyzers/flame/side.h"

#include <scope/alloc.h>
#include <scope/track.h>

static const char source[] = "cycles";

static enum scope_code read_circumstances(const struct scope_dataset *dataset,
                                          struct side *side,
                                          struct scope_err *err)
{
    static const char *const metrics[] = {"lost", "throttled", "cut",
                                          "samples"};
    double samples = 0;
    double *const figures[] = {&side->lost, &side->throttled, &side->cut,
                               &samples};
    struct scope_span span = {0};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        enum scope_code code = scope_track_growth(
            dataset, side->trial, source, metrics[i], figures[i], &span, err);
        if (code != SCOPE_OK)
            return code;
    }
    if (span.to_ns <= span.from_ns)
        return SCOPE_OK;
    side->seconds = (double)(span.to_ns - span.from_ns) / 1e9;
    return scope_track_completed(dataset, side->trial, &span, &side->requests,
                                 err);
}

enum scope_code side_read(const struct scope_dataset *dataset, size_t index,
                          struct side *side, struct scope_err *err)
{
    const struct scope_trial *trial = scope_dataset_trial(dataset, index);
    *side = (struct side){.trial = trial};
    side->name = scope_trial_alone(dataset, trial)
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
