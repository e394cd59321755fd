/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the CPUs' time went: by role, by category of work, by function and
 * module, in all and per request; how that differs between trials; and how far
 * samples are to be believed.
 */
#include "analyzers/cycles/tables.h"

#include <scope/alloc.h>
#include <scope/plugin.h>
#include <string.h>

struct config {
    const char *categories;
    int64_t top;
    bool others;
    struct scope_list target, baseline;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_STRING(struct config, categories, "categories",
                        .fallback = "sidecar", .value = "NAME",
                        .help = "what to sort by: a name that scope list "
                                "categories shows, or the path of a file"),
    SCOPE_OPTION_LIST(struct config, target, "target", .fallback = "",
                      .value = "ROLE",
                      .help = "only these roles (or names, of processes "
                              "without a role) in detail; all without this"),
    SCOPE_OPTION_BOOL(struct config, others, "others", .fallback = "no",
                      .help = "show the driver, other processes and kernel "
                              "threads in detail, too"),
    SCOPE_OPTION_LIST(struct config, baseline, "baseline", .fallback = "",
                      .value = "KEY=VALUE",
                      .help = "compare with the first trial that has these "
                              "labels; with the first of all without this"),
    SCOPE_OPTION_INT(struct config, top, "top", .fallback = "12", .min = "1",
                     .max = "1000",
                     .help = "show so many functions, modules, and categories "
                             "in pictures"),
    SCOPE_OPTION_END,
};

static bool has_label(const struct scope_trial *trial, const char *text)
{
    size_t length = strcspn(text, "=");
    for (size_t i = 0; i < trial->label_count; i++)
        if (strlen(trial->labels[i].key) == length &&
            strncmp(trial->labels[i].key, text, length) == 0 &&
            strcmp(trial->labels[i].value, text + length + 1) == 0)
            return true;
    return false;
}

static enum scope_code find_baseline(const struct config *config,
                                     const struct costs *costs,
                                     size_t *baseline, struct scope_err *err)
{
    const struct scope_list *wanted = &config->baseline;
    *baseline = costs->first;
    for (size_t i = 0; i < wanted->count; i++)
        if (!strchr(wanted->items[i], '='))
            return scope_fail(err, SCOPE_USAGE, 0,
                              "cycles.baseline: \"%s\" is not KEY=VALUE",
                              wanted->items[i]);
    for (size_t i = 0; i < costs->trials; i++) {
        bool matches = costs->sampled[i].there;
        for (size_t k = 0; k < wanted->count; k++)
            matches =
                matches && has_label(costs->sampled[i].trial, wanted->items[k]);
        if (!matches)
            continue;
        *baseline = i;
        return SCOPE_OK;
    }
    scope_fail(err, SCOPE_USAGE, 0,
               "cycles.baseline: no trial with a profile has %s%s",
               wanted->items[0], wanted->count > 1 ? ", ..." : "");
    return scope_hint(err, "scope store shows the labels of trials");
}

static bool wants(const struct config *config, const struct group *group)
{
    if (!config->target.count)
        return group->kind == GROUP_TARGET || config->others;
    for (size_t i = 0; i < config->target.count; i++)
        if (strcmp(config->target.items[i], group->name) == 0)
            return true;
    return false;
}

static enum scope_code check_targets(const struct config *config,
                                     const struct costs *costs,
                                     struct scope_err *err)
{
    for (size_t i = 0; i < config->target.count; i++) {
        bool found = false;
        for (size_t g = 0; g < costs->group_count; g++)
            found = found ||
                    strcmp(config->target.items[i], costs->groups[g].name) == 0;
        if (found)
            continue;
        scope_fail(err, SCOPE_USAGE, 0, "cycles.target: nothing is called %s",
                   config->target.items[i]);
        return scope_hint(err, "the table of roles, without target, says what "
                               "there is");
    }
    return SCOPE_OK;
}

static void add_group(const struct config *config, struct scope_report *report,
                      const struct costs *costs, const struct group *group,
                      size_t baseline)
{
    size_t top = (size_t)config->top;
    categories_add(report, costs, group, top);
    uncategorised_add(report, costs, group, top);
    differences_add(report, costs, group, baseline);
    functions_add(report, costs, group, top);
    modules_add(report, costs, group, top);
}

static enum scope_code add_report(const struct config *config,
                                  struct scope_report *report,
                                  const struct costs *costs,
                                  struct scope_err *err)
{
    size_t baseline;
    enum scope_code code = find_baseline(config, costs, &baseline, err);
    if (!code)
        code = check_targets(config, costs, err);
    if (code)
        return code;
    if (costs->other_events)
        scope_report_warning(
            report, "%zu trial%s sampled another event than %s and %s left out",
            costs->other_events, costs->other_events > 1 ? "s" : "",
            costs->sampled[costs->first].event,
            costs->other_events > 1 ? "are" : "is");
    breakdown_add(report, costs);
    scope_report_text(report, "Sorted by: %s.",
                      scope_categories_title(costs->categories));
    for (size_t g = 0; g < costs->group_count; g++)
        if (wants(config, &costs->groups[g]) &&
            group_sampled(costs, &costs->groups[g]))
            add_group(config, report, costs, &costs->groups[g], baseline);
    sampling_add(report, costs);
    return SCOPE_OK;
}

static bool any_samples(const struct costs *costs)
{
    for (size_t i = 0; i < costs->trials; i++)
        if (costs->sampled[i].samples)
            return true;
    return false;
}

struct state {
    const struct config *config;
};

static enum scope_code open_cycles(const void *config, void **self,
                                   struct scope_err *err)
{
    (void)err;
    struct state *state = scope_alloc(1, sizeof *state);
    state->config = config;
    *self = state;
    return SCOPE_OK;
}

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    const struct state *state = self;
    struct costs costs;
    enum scope_code code =
        costs_read(dataset, state->config->categories, &costs, err);
    scope_report_heading(report, "Cycles");
    if (code == SCOPE_OK && costs.first == costs.trials)
        scope_report_text(report, "No profile was taken in these trials: "
                                  "collect one with -C cycles.");
    else if (code == SCOPE_OK && !any_samples(&costs))
        scope_report_text(
            report, "No sample was taken in the measured windows of these "
                    "trials: nothing ran, or the windows are shorter than a "
                    "sweep (-C cycles.interval).");
    else if (code == SCOPE_OK)
        code = add_report(state->config, report, &costs, err);
    costs_free(&costs);
    return code;
}

static void close_cycles(void *self)
{
    free(self);
}

static const struct scope_analyzer_ops ops = {
    .open = open_cycles,
    .run = run,
    .close = close_cycles,
};

SCOPE_PLUGIN(.kind = SCOPE_ANALYZER, .name = "cycles",
             .summary = "where CPU time goes: by role, category and function",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .analyzer = &ops);
