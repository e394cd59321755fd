/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adds up profiles. */
#include "analyzers/cycles/costs.h"

#include <ctype.h>
#include <math.h>
#include <scope/alloc.h>
#include <string.h>

static enum group_kind kind_of(const struct scope_owner *owner)
{
    static const enum group_kind kinds[SCOPE_OWNER_KINDS] = {
        [SCOPE_OWNER_TARGET] = GROUP_TARGET, [SCOPE_OWNER_OTHER] = GROUP_OTHER,
        [SCOPE_OWNER_KERNEL] = GROUP_KERNEL, [SCOPE_OWNER_SCOPE] = GROUP_SCOPE,
        [SCOPE_OWNER_DRIVER] = GROUP_DRIVER,
    };
    return kinds[owner->kind];
}

/* The role of an owner's target, or its name; of others a name for all. */
static const char *name_of(const struct scope_trial *trial,
                           const struct scope_owner *owner)
{
    static const char *const names[] = {
        [GROUP_DRIVER] = "[driver]",
        [GROUP_SCOPE] = "[scope]",
        [GROUP_OTHER] = "[other processes]",
        [GROUP_KERNEL] = "[kernel threads]",
    };
    enum group_kind kind = kind_of(owner);
    if (kind != GROUP_TARGET)
        return names[kind];
    for (size_t i = 0; i < trial->series_count; i++) {
        const struct scope_target *target = trial->series[i].target;
        if (target && target->id == owner->target && *target->role)
            return target->role;
    }
    return *owner->name ? owner->name : "[unnamed]";
}

static struct group *find_group(struct costs *costs, enum group_kind kind,
                                const char *name)
{
    for (size_t i = 0; i < costs->group_count; i++)
        if (costs->groups[i].kind == kind &&
            strcmp(costs->groups[i].name, name) == 0)
            return &costs->groups[i];
    costs->groups = scope_grow(costs->groups, &costs->group_room,
                               costs->group_count, sizeof *costs->groups);
    struct group *group = &costs->groups[costs->group_count++];
    *group = (struct group){
        .kind = kind,
        .name = scope_strdup(name),
        .costs = scope_alloc(costs->trials, sizeof *group->costs),
    };
    for (size_t i = 0; i < costs->trials; i++) {
        struct cost *cost = &group->costs[i];
        cost->exclusive =
            scope_alloc(costs->category_count, sizeof *cost->exclusive);
        cost->inclusive =
            scope_alloc(costs->category_count, sizeof *cost->inclusive);
    }
    return group;
}

/* What is needed to add up one profile. */
struct adding {
    struct costs *costs;
    const struct scope_profile *profile;
    size_t trial;
    uint32_t *functions; /* their numbers in costs->names */
    uint32_t *sorted;
    uint64_t *cover;
    size_t words;
    size_t *groups; /* of each owner */
    uint32_t *seen; /* of each function the last count that met it */
};

static void note_functions(struct adding *adding)
{
    const struct scope_profile *profile = adding->profile;
    struct scope_profile *names = adding->costs->names;
    for (size_t i = 0; i < profile->function_count; i++) {
        struct scope_function function = profile->functions[i];
        const struct scope_module *module = &profile->modules[function.module];
        /* Builds of one program are one program here. */
        function.module = scope_profile_module(names, module->path, "");
        adding->functions[i] = scope_profile_function(names, &function);
    }
}

static void make_room(struct cost *cost, size_t functions)
{
    if (cost->functions >= functions)
        return;
    cost->self = scope_realloc(cost->self, functions, sizeof *cost->self);
    cost->total = scope_realloc(cost->total, functions, sizeof *cost->total);
    cost->unmatched =
        scope_realloc(cost->unmatched, functions, sizeof *cost->unmatched);
    size_t more = functions - cost->functions;
    memset(cost->self + cost->functions, 0, more * sizeof *cost->self);
    memset(cost->total + cost->functions, 0, more * sizeof *cost->total);
    memset(cost->unmatched + cost->functions, 0,
           more * sizeof *cost->unmatched);
    cost->functions = functions;
}

static void add_amount(struct amount *sum, struct amount amount)
{
    *sum = amount_sum(*sum, amount);
}

static void add_functions(struct adding *adding, struct cost *cost,
                          uint32_t count, uint32_t stack, struct amount amount)
{
    const struct scope_profile *profile = adding->profile;
    bool innermost = true;
    bool unmatched = adding->sorted[stack] == adding->costs->category_count - 1;
    for (; stack; stack = profile->stacks[stack].parent) {
        uint32_t function = profile->stacks[stack].function;
        uint32_t name = adding->functions[function];
        if (innermost)
            add_amount(&cost->self[name], amount);
        if (innermost && unmatched)
            add_amount(&cost->unmatched[name], amount);
        innermost = false;
        /* One that calls itself costs once. */
        if (adding->seen[name] == count + 1)
            continue;
        adding->seen[name] = count + 1;
        add_amount(&cost->total[name], amount);
    }
}

static void add_count(struct adding *adding, uint32_t index)
{
    struct costs *costs = adding->costs;
    const struct scope_profile *profile = adding->profile;
    const struct scope_profile_count *count = &profile->counts[index];
    struct sampled *sampled = &costs->sampled[adding->trial];
    struct group *group = &costs->groups[adding->groups[count->owner]];
    struct cost *cost = &group->costs[adding->trial];
    struct amount amount = {count->samples, (double)count->weight};
    uint32_t stack = count->stack;
    const struct scope_function *leaf =
        stack ? &profile->functions[profile->stacks[stack].function] : NULL;
    enum side side = leaf && leaf->kernel ? KERNEL : USER;
    sampled->samples += amount.samples;
    if (side == KERNEL)
        add_amount(&sampled->kernel, amount);
    if (side == KERNEL && !leaf->named)
        add_amount(&sampled->unnamed_kernel, amount);
    add_amount(&cost->all[side], amount);
    add_amount(&cost->exclusive[adding->sorted[stack]][side], amount);
    const uint64_t *cover = &adding->cover[stack * adding->words];
    for (size_t c = 0; c < costs->category_count; c++)
        if (cover[c / 64] & UINT64_C(1) << c % 64)
            add_amount(&cost->inclusive[c], amount);
    make_room(cost, costs->names->function_count);
    add_functions(adding, cost, index, stack, amount);
}

static void add_profile(struct costs *costs, size_t trial,
                        const struct scope_profile *profile)
{
    struct adding adding = {
        .costs = costs,
        .profile = profile,
        .trial = trial,
        .functions = scope_alloc(profile->function_count + 1, sizeof(uint32_t)),
        .groups = scope_alloc(profile->owner_count + 1, sizeof(size_t)),
        .sorted = scope_categories_sort(costs->categories, profile),
    };
    adding.cover =
        scope_categories_cover(costs->categories, profile, &adding.words);
    note_functions(&adding);
    adding.seen =
        scope_alloc(costs->names->function_count + 1, sizeof(uint32_t));
    for (size_t i = 0; i < profile->owner_count; i++) {
        const struct scope_owner *owner = &profile->owners[i];
        struct group *group = find_group(
            costs, kind_of(owner), name_of(costs->sampled[trial].trial, owner));
        adding.groups[i] = (size_t)(group - costs->groups);
    }
    for (uint32_t i = 0; i < profile->count_count; i++)
        add_count(&adding, i);
    free(adding.functions);
    free(adding.groups);
    free(adding.sorted);
    free(adding.cover);
    free(adding.seen);
}

static enum scope_code read_trial(struct costs *costs, size_t trial,
                                  struct scope_err *err)
{
    struct sampled *sampled = &costs->sampled[trial];
    struct scope_profile *profile = NULL;
    enum scope_code code =
        sampled_read(costs->dataset, trial, sampled, &profile, err);
    if (code != SCOPE_OK)
        scope_prefix(err, "trial %s", sampled->name);
    if (code == SCOPE_OK && profile && costs->first < costs->trials &&
        strcmp(costs->sampled[costs->first].event, profile->event) != 0) {
        costs->other_events++;
        sampled->there = false;
    } else if (code == SCOPE_OK && profile) {
        if (costs->first == costs->trials) {
            costs->first = trial;
            costs->unit = profile->unit;
        }
        costs->driven = costs->driven && sampled->requests > 0;
        add_profile(costs, trial, profile);
    }
    scope_profile_free(profile);
    return code;
}

static int by_kind(const void *a, const void *b)
{
    const struct group *one = a, *two = b;
    if (one->kind != two->kind)
        return one->kind < two->kind ? -1 : 1;
    return strcmp(one->name, two->name);
}

enum scope_code costs_read(const struct scope_dataset *dataset,
                           const char *categories, struct costs *costs,
                           struct scope_err *err)
{
    size_t trials = scope_dataset_trials(dataset);
    *costs = (struct costs){
        .dataset = dataset,
        .trials = trials,
        .first = trials,
        .driven = true,
        .sampled = scope_alloc(trials + 1, sizeof *costs->sampled),
        .names = scope_profile_new("", SCOPE_UNIT_COUNT, 0),
    };
    enum scope_code code =
        scope_categories_load(categories, &costs->categories, err);
    if (code != SCOPE_OK)
        return code;
    costs->category_count = scope_categories_count(costs->categories);
    for (size_t i = 0; i < trials && code == SCOPE_OK; i++)
        code = read_trial(costs, i, err);
    if (costs->group_count)
        qsort(costs->groups, costs->group_count, sizeof *costs->groups,
              by_kind);
    /* Functions that later trials brought cost nothing in earlier ones. */
    for (size_t g = 0; g < costs->group_count; g++)
        for (size_t i = 0; i < trials; i++)
            make_room(&costs->groups[g].costs[i], costs->names->function_count);
    return code;
}

void costs_free(struct costs *costs)
{
    for (size_t g = 0; g < costs->group_count; g++) {
        for (size_t i = 0; i < costs->trials; i++) {
            struct cost *cost = &costs->groups[g].costs[i];
            free(cost->exclusive);
            free(cost->inclusive);
            free(cost->self);
            free(cost->total);
            free(cost->unmatched);
        }
        free(costs->groups[g].costs);
        free(costs->groups[g].name);
    }
    for (size_t i = 0; i < costs->trials; i++) {
        free(costs->sampled[i].name);
        free(costs->sampled[i].event);
    }
    free(costs->groups);
    free(costs->sampled);
    scope_profile_free(costs->names);
    scope_categories_free(costs->categories);
}

double costs_figure(const struct costs *costs, size_t trial, double weight)
{
    const struct sampled *sampled = &costs->sampled[trial];
    if (!sampled->there || !(sampled->seconds > 0))
        return NAN;
    if (costs->driven)
        return weight / sampled->requests;
    return weight / sampled->seconds / (costs->unit == SCOPE_UNIT_NS ? 1e9 : 1);
}

enum scope_unit costs_figure_unit(const struct costs *costs)
{
    if (costs->driven)
        return costs->unit;
    return costs->unit == SCOPE_UNIT_NS ? SCOPE_UNIT_RATIO : SCOPE_UNIT_HERTZ;
}

const char *costs_figure_name(const struct costs *costs)
{
    bool time = costs->unit == SCOPE_UNIT_NS;
    if (costs->driven)
        return time ? "CPU time per request" : "cycles per request";
    return time ? "CPU" : "cycles per second";
}

const char *costs_figure_key(const struct costs *costs)
{
    return costs->driven ? "per_request" : "cost";
}

struct amount amount_sum(struct amount a, struct amount b)
{
    return (struct amount){a.samples + b.samples, a.weight + b.weight};
}

struct amount cost_all(const struct cost *cost)
{
    return amount_sum(cost->all[USER], cost->all[KERNEL]);
}

double cost_share(const struct cost *cost, double weight)
{
    double all = cost_all(cost).weight;
    return all > 0 ? weight / all : NAN;
}

bool group_sampled(const struct costs *costs, const struct group *group)
{
    for (size_t i = 0; i < costs->trials; i++)
        if (cost_all(&group->costs[i]).samples)
            return true;
    return false;
}

char *group_id(const char *what, const struct group *group)
{
    char *id = scope_format("cycles-%s-%s", what, group->name);
    for (char *at = id; *at; at++)
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at)
                                          : '-';
    return id;
}

bool costs_doubt(const struct costs *costs, size_t trial)
{
    const struct scope_trial *of = costs->sampled[trial].trial;
    return of->judged && !of->valid;
}

void costs_trial_column(const struct costs *costs, struct scope_table *table)
{
    scope_table_column(
        table, costs->trials > 1 ? SCOPE_COLUMN_TEXT : SCOPE_COLUMN_MACHINE,
        "trial", "trial", 0, NULL);
}
