/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which trials are repeats of one another, what sets them apart, and which one
 * each is to be held against.
 */
#ifndef ANALYZERS_SYSCALLS_CONDITIONS_H
#define ANALYZERS_SYSCALLS_CONDITIONS_H

#include <scope/dataset.h>
#include <scope/option.h>

#define NO_CONDITION SIZE_MAX

/* The trials whose labels are the same, but for "repeat". */
struct condition {
    char *name;  /* the labels in which conditions differ */
    char *place; /* the same beside conditions.label */
    size_t *trials;
    size_t count;
    size_t against; /* the condition it is compared with, or NO_CONDITION */
};

struct conditions {
    struct condition *items;
    size_t count;
    size_t trials;
    const char *label; /* the one label in which they differ, or "trial" */
};

/*
 * baseline: KEY=VALUE; a condition is compared with the one that has these
 * labels and else its own. Without any, all are compared with the first.
 * SCOPE_USAGE: no trial has these labels. To be freed also after a failure.
 */
enum scope_code conditions_find(const struct scope_dataset *dataset,
                                const struct scope_list *baseline,
                                struct conditions *conditions,
                                struct scope_err *err) SCOPE_MUST_CHECK;
void conditions_free(struct conditions *conditions);

#endif
