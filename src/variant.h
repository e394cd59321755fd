/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plan with some of its drivers' options changed and labels added: one of
 * many trials made from one command line. */
#ifndef SRC_VARIANT_H
#define SRC_VARIANT_H

#include "src/session.h"

/* An option of a driver, or a placeholder {NAME} in the values of its
 * options. */
struct variant_set {
    const char *name, *value;
};

/* The type of the option of that name; SCOPE_TYPE_NONE when no driver has
 * one. For sweep_read(), with the plan. */
enum scope_type variant_type(const void *plan, const char *name);
/* Whether a driver of the plan has the option, or a value that holds {NAME}:
 * else a mistake, said with the nearest name. */
enum scope_code variant_check(const struct session_plan *plan, const char *name,
                              struct scope_err *err) SCOPE_MUST_CHECK;

struct variant {
    struct session_plan plan;
    /* The plan's, owned here. */
    struct session_plugin *drivers;
    struct scope_label *labels;
};

/* base outlives it. Labels replace those of the same key. To be freed in any
 * case. */
enum scope_code variant_make(const struct session_plan *base,
                             const struct variant_set *sets, size_t set_count,
                             const struct variant_set *labels,
                             size_t label_count, struct variant *variant,
                             struct scope_err *err) SCOPE_MUST_CHECK;
void variant_free(struct variant *variant);

#endif
