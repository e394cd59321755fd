/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the colours of a flame graph mean. */
#include "analyzers/flame/tree.h"

#include <string.h>

static const char kernel_name[] = "kernel";
static const char rest_name[] = "other modules";

static const char *module_name(const struct scope_profile *profile,
                               const struct scope_function *function)
{
    if (function->kernel)
        return kernel_name;
    const char *path = profile->modules[function->module].path;
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static size_t find_name(const struct colours *colours, const char *name)
{
    size_t i = 0;
    while (i < colours->count && strcmp(colours->names[i], name) != 0)
        i++;
    return i;
}

static size_t add_name(struct colours *colours, const char *name)
{
    size_t at = find_name(colours, name);
    if (at < colours->count)
        return at;
    size_t room = colours->room;
    colours->weights =
        scope_grow(colours->weights, &room, at, sizeof *colours->weights);
    colours->names =
        scope_grow(colours->names, &colours->room, at, sizeof *colours->names);
    colours->names[at] = scope_strdup(name);
    colours->weights[at] = 0;
    colours->count++;
    return at;
}

/* The name that each stack counts for; NULL of the empty one where none is. */
static const char *name_of(const struct colours *colours,
                           const struct scope_profile *profile,
                           const uint32_t *sorted, uint32_t stack)
{
    if (sorted)
        return scope_categories_name(colours->categories, sorted[stack]);
    return stack ? module_name(
                       profile,
                       &profile->functions[profile->stacks[stack].function])
                 : NULL;
}

/* Weights are shares, so that long trials do not count for more. */
void colours_add(struct colours *colours, const struct flame_config *config,
                 const struct side *side)
{
    const struct scope_profile *profile = side->profile;
    double whole = 0;
    if (!profile)
        return;
    uint32_t *sorted = colours->categories
                           ? scope_categories_sort(colours->categories, profile)
                           : NULL;
    for (size_t i = 0; i < profile->count_count; i++)
        whole += (double)profile->counts[i].weight;
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        const char *name = name_of(colours, profile, sorted, count->stack);
        if (!name || !count->weight ||
            !tree_wants(config, side, &profile->owners[count->owner]))
            continue;
        size_t at = add_name(colours, name);
        colours->weights[at] += (double)count->weight / whole;
    }
    free(sorted);
}

/* What no rule matched is told last, and so are modules without a colour. */
static const char *last_name(const struct colours *colours)
{
    const struct scope_categories *categories = colours->categories;
    return categories ? scope_categories_name(
                            categories, scope_categories_count(categories) - 1)
                      : rest_name;
}

static void exchange(struct colours *colours, size_t a, size_t b)
{
    char *name = colours->names[a];
    double weight = colours->weights[a];
    colours->names[a] = colours->names[b];
    colours->weights[a] = colours->weights[b];
    colours->names[b] = name;
    colours->weights[b] = weight;
}

/* The kernel is first, for it is in every graph, and the last name last. */
static int place_of(const struct colours *colours, size_t at)
{
    if (strcmp(colours->names[at], last_name(colours)) == 0)
        return 2;
    return strcmp(colours->names[at], kernel_name) != 0;
}

static bool goes_before(const struct colours *colours, size_t a, size_t b)
{
    int first = place_of(colours, a), second = place_of(colours, b);
    if (first != second)
        return first < second;
    return colours->weights[a] > colours->weights[b];
}

void colours_choose(struct colours *colours)
{
    size_t chosen = colours->count;
    if (!colours->categories && chosen > MODULES)
        chosen = MODULES;
    for (size_t i = 0; i < chosen; i++)
        for (size_t j = i + 1; j < colours->count; j++)
            if (goes_before(colours, j, i))
                exchange(colours, i, j);
    while (colours->count > chosen)
        free(colours->names[--colours->count]);
    if (!colours->count || place_of(colours, colours->count - 1) != 2)
        add_name(colours, last_name(colours));
}

void colours_tell(const struct colours *colours, struct scope_flame *flame)
{
    for (size_t i = 0; i < colours->count; i++)
        scope_flame_group(flame, colours->names[i]);
}

/* The group of a name, or the last one. */
static uint32_t group_of(const struct colours *colours, const char *name)
{
    size_t at = find_name(colours, name);
    return (uint32_t)(at < colours->count ? at : colours->count - 1);
}

static void find_categories(const struct colours *colours,
                            const struct scope_profile *profile,
                            uint32_t *stacks)
{
    const struct scope_categories *categories = colours->categories;
    uint32_t *sorted = scope_categories_sort(categories, profile);
    for (size_t i = 1; i < profile->stack_count; i++)
        stacks[i] =
            group_of(colours, scope_categories_name(categories, sorted[i]));
    free(sorted);
}

static void find_modules(const struct colours *colours,
                         const struct scope_profile *profile, uint32_t *stacks)
{
    uint32_t *functions =
        scope_alloc(profile->function_count + 1, sizeof *functions);
    for (size_t i = 0; i < profile->function_count; i++)
        functions[i] =
            group_of(colours, module_name(profile, &profile->functions[i]));
    for (size_t i = 1; i < profile->stack_count; i++)
        stacks[i] = functions[profile->stacks[i].function];
    free(functions);
}

uint32_t *colours_of(const struct colours *colours, const struct side *side)
{
    const struct scope_profile *profile = side->profile;
    uint32_t *stacks = scope_alloc(profile->stack_count + 1, sizeof *stacks);
    if (colours->categories)
        find_categories(colours, profile, stacks);
    else
        find_modules(colours, profile, stacks);
    return stacks;
}

void colours_free(struct colours *colours)
{
    for (size_t i = 0; i < colours->count; i++)
        free(colours->names[i]);
    free(colours->names);
    free(colours->weights);
    scope_categories_free(colours->categories);
    *colours = (struct colours){0};
}
