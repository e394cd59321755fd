/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Compares the labels of trials. */
#include "analyzers/syscalls/conditions.h"

#include <scope/alloc.h>
#include <stdlib.h>
#include <string.h>

static bool is_repeat(const char *key)
{
    return strcmp(key, "repeat") == 0;
}

static bool same_value(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether all labels of a are b's, but for repeat and those of the baseline,
 * which b has as the baseline says. */
static bool covers(const struct scope_trial *a, const struct scope_trial *b,
                   const struct scope_list *baseline)
{
    for (size_t i = 0; i < a->label_count; i++) {
        const char *key = a->labels[i].key;
        bool free_key = is_repeat(key);
        for (size_t k = 0; baseline && k < baseline->count; k++) {
            size_t length = strcspn(baseline->items[k], "=");
            free_key =
                free_key || (strlen(key) == length &&
                             strncmp(key, baseline->items[k], length) == 0);
        }
        if (!free_key &&
            !same_value(a->labels[i].value, scope_trial_label(b, key)))
            return false;
    }
    return true;
}

static bool same_condition(const struct scope_trial *a,
                           const struct scope_trial *b)
{
    return a->label_count && covers(a, b, NULL) && covers(b, a, NULL);
}

static bool has_labels(const struct scope_trial *trial,
                       const struct scope_list *labels)
{
    for (size_t i = 0; i < labels->count; i++) {
        const char *text = labels->items[i];
        size_t length = strcspn(text, "=");
        bool found = false;
        for (size_t k = 0; k < trial->label_count && !found; k++)
            found = strlen(trial->labels[k].key) == length &&
                    strncmp(trial->labels[k].key, text, length) == 0 &&
                    strcmp(trial->labels[k].value, text + length + 1) == 0;
        if (!found)
            return false;
    }
    return true;
}

/* --- names ---------------------------------------------------------------- */

/* Whether the trials have different values of a label. */
static bool differs(const struct scope_dataset *dataset, const char *key)
{
    const char *first = NULL;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const char *value =
            scope_trial_label(scope_dataset_trial(dataset, i), key);
        if (i && !same_value(value, first))
            return true;
        first = value;
    }
    return false;
}

static char *name_of(const struct scope_dataset *dataset,
                     const struct scope_trial *trial)
{
    char *name = scope_strdup("");
    for (size_t i = 0; i < trial->label_count; i++) {
        const struct scope_label *label = &trial->labels[i];
        if (is_repeat(label->key) || !differs(dataset, label->key))
            continue;
        char *longer = scope_format("%s%s%s=%s", name, *name ? ", " : "",
                                    label->key, label->value);
        free(name);
        name = longer;
    }
    if (*name)
        return name;
    free(name);
    return scope_strdup(trial->name);
}

static bool is_unique(const struct conditions *conditions, size_t index)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (i != index && strcmp(conditions->items[i].name,
                                 conditions->items[index].name) == 0)
            return false;
    return true;
}

/* The only label in which conditions differ, or NULL. */
static const char *only_label(const struct scope_dataset *dataset)
{
    const char *only = NULL;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        for (size_t k = 0; k < trial->label_count; k++) {
            const char *key = trial->labels[k].key;
            if (is_repeat(key) || !differs(dataset, key))
                continue;
            if (only && strcmp(only, key) != 0)
                return NULL;
            only = key;
        }
    }
    return only;
}

/* --- conditions ----------------------------------------------------------- */

static void add_trial(const struct scope_dataset *dataset,
                      struct conditions *conditions, size_t index)
{
    const struct scope_trial *trial = scope_dataset_trial(dataset, index);
    struct condition *condition = NULL;
    for (size_t i = 0; i < conditions->count && !condition; i++)
        if (same_condition(trial, scope_dataset_trial(
                                      dataset, conditions->items[i].trials[0])))
            condition = &conditions->items[i];
    if (!condition) {
        condition = &conditions->items[conditions->count++];
        *condition = (struct condition){
            .trials = scope_alloc(conditions->trials, sizeof(size_t)),
            .against = NO_CONDITION,
        };
    }
    condition->trials[condition->count++] = index;
}

static const struct scope_trial *
first_trial(const struct scope_dataset *dataset,
            const struct condition *condition)
{
    return scope_dataset_trial(dataset, condition->trials[0]);
}

/* Labels that do not tell conditions apart are left to the store's name, and to
 * the trial's number in it. */
static void name_conditions(const struct scope_dataset *dataset,
                            struct conditions *conditions)
{
    const char *only = only_label(dataset);
    for (size_t i = 0; i < conditions->count; i++)
        conditions->items[i].name =
            name_of(dataset, first_trial(dataset, &conditions->items[i]));
    for (size_t i = 0; i < conditions->count; i++) {
        struct condition *condition = &conditions->items[i];
        const struct scope_trial *trial = first_trial(dataset, condition);
        const char *slash = strrchr(trial->store, '/');
        if (!is_unique(conditions, i))
            condition->place =
                scope_format("%s %lld", slash ? slash + 1 : trial->store,
                             (long long)trial->id);
        if (condition->place || (only && !scope_trial_label(trial, only)))
            only = NULL;
    }
    conditions->label = only ? only : "trial";
    for (size_t i = 0; i < conditions->count; i++) {
        struct condition *condition = &conditions->items[i];
        if (condition->place) {
            free(condition->name);
            condition->name = scope_strdup(condition->place);
        } else {
            condition->place = scope_strdup(
                only ? scope_trial_label(first_trial(dataset, condition), only)
                     : condition->name);
        }
    }
}

static enum scope_code choose_baselines(const struct scope_dataset *dataset,
                                        const struct scope_list *baseline,
                                        struct conditions *conditions,
                                        struct scope_err *err)
{
    bool found = !baseline->count;
    for (size_t i = 0; i < conditions->count; i++) {
        struct condition *condition = &conditions->items[i];
        const struct scope_trial *trial = first_trial(dataset, condition);
        if (!baseline->count && i)
            condition->against = 0;
        if (baseline->count && has_labels(trial, baseline)) {
            found = true;
            continue;
        }
        for (size_t k = 0; k < conditions->count && baseline->count; k++) {
            const struct scope_trial *other =
                scope_dataset_trial(dataset, conditions->items[k].trials[0]);
            if (k != i && condition->against == NO_CONDITION &&
                has_labels(other, baseline) && covers(trial, other, baseline) &&
                covers(other, trial, baseline))
                condition->against = k;
        }
    }
    if (found)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0,
               "syscalls.baseline: no trial has the label%s %s%s",
               baseline->count > 1 ? "s" : "", baseline->items[0],
               baseline->count > 1 ? ", ..." : "");
    return scope_hint(err, "scope store shows the labels of trials");
}

enum scope_code conditions_find(const struct scope_dataset *dataset,
                                const struct scope_list *baseline,
                                struct conditions *conditions,
                                struct scope_err *err)
{
    size_t trials = scope_dataset_trials(dataset);
    *conditions = (struct conditions){
        .items = scope_alloc(trials + 1, sizeof *conditions->items),
        .trials = trials,
    };
    for (size_t i = 0; i < trials; i++)
        add_trial(dataset, conditions, i);
    name_conditions(dataset, conditions);
    for (size_t i = 0; i < baseline->count; i++)
        if (!strchr(baseline->items[i], '='))
            return scope_fail(err, SCOPE_USAGE, 0,
                              "syscalls.baseline: \"%s\" is not KEY=VALUE",
                              baseline->items[i]);
    return choose_baselines(dataset, baseline, conditions, err);
}

void conditions_free(struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++) {
        free(conditions->items[i].name);
        free(conditions->items[i].place);
        free(conditions->items[i].trials);
    }
    free(conditions->items);
}
