/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One trial's profile, with what is needed to judge it and to compare it. */
#ifndef ANALYZERS_FLAME_SIDE_H
#define ANALYZERS_FLAME_SIDE_H

#include <scope/profile.h>

struct side {
    const struct scope_trial *trial;
    char *name; /* of the trial, told apart from others of that name */
    struct scope_profile *profile; /* NULL: it has none */
    double seconds;                /* that the profile covers */
    double requests;               /* completed meanwhile; 0 without a driver */
    double lost, throttled, cut;
    uint64_t samples; /* all that are in the profile */
};

enum scope_code side_read(const struct scope_dataset *dataset, size_t index,
                          struct side *side,
                          struct scope_err *err) SCOPE_MUST_CHECK;
void side_free(struct side *side);

/* "timer samples" or "samples of cycles". */
const char *side_event(const struct side *side);
/* "CPU time" or "cycles". */
const char *side_cost(const struct side *side);

/* The role and name of an owner's target: "" and its own name when it is no
 * target, or has no role. */
const char *side_role(const struct side *side, const struct scope_owner *owner);

#endif
