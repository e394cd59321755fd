/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sorting a profile's stacks by rules. What rules say of a function is found
 * once for each function; then a stack is a walk over small numbers.
 */
#include "lib/base/categories.h"

#include "lib/base/glob.h"

#include <scope/alloc.h>
#include <string.h>

static const char uncategorised[] = "uncategorised";
static const char uncategorised_help[] = "no rule of the file matches it";

const char *scope_categories_title(const struct scope_categories *categories)
{
    return categories->title;
}

size_t scope_categories_count(const struct scope_categories *categories)
{
    return categories->count + 1;
}

const char *scope_categories_name(const struct scope_categories *categories,
                                  size_t index)
{
    return index < categories->count ? categories->items[index].name
                                     : uncategorised;
}

const char *scope_categories_help(const struct scope_categories *categories,
                                  size_t index)
{
    return index < categories->count ? categories->items[index].help
                                     : uncategorised_help;
}

static bool any_matches(const struct scope_patterns *patterns, const char *name,
                        size_t length)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (scope_glob(patterns->items[i], name, length))
            return true;
    return false;
}

/* As it is written, or without what a compiler added. */
static bool symbol_matches(const struct scope_patterns *patterns,
                           const char *symbol)
{
    size_t length = strnlen(symbol, SCOPE_MOST_MATCHED);
    size_t base = scope_symbol_base(symbol, length);
    return any_matches(patterns, symbol, length) ||
           (base < length && any_matches(patterns, symbol, base));
}

/* A pattern with a '/' is of the path, others of its last part. */
static bool module_matches(const struct scope_patterns *patterns,
                           const char *path)
{
    static const char deleted[] = " (deleted)";
    size_t length = strnlen(path, SCOPE_MOST_MATCHED);
    size_t tail = sizeof deleted - 1;
    if (length > tail && memcmp(path + length - tail, deleted, tail) == 0)
        length -= tail;
    const char *slash = memrchr(path, '/', length);
    const char *base = slash ? slash + 1 : path;
    for (size_t i = 0; i < patterns->count; i++) {
        bool whole = strchr(patterns->items[i], '/');
        if (scope_glob(patterns->items[i], whole ? path : base,
                       whole ? length : length - (size_t)(base - path)))
            return true;
    }
    return false;
}

bool scope_rule_matches(const struct scope_rule *rule,
                        const struct scope_profile *profile,
                        const struct scope_function *function)
{
    if (rule->side != SCOPE_SIDE_ANY &&
        (rule->side == SCOPE_SIDE_KERNEL) != function->kernel)
        return false;
    if (rule->module.count &&
        !module_matches(&rule->module, profile->modules[function->module].path))
        return false;
    return !rule->symbol.count ||
           symbol_matches(&rule->symbol, function->symbol);
}

bool scope_rule_surrounds(const struct scope_rule *rule,
                          const struct scope_function *function)
{
    return symbol_matches(&rule->within, function->symbol);
}

/* What a list of rules says of one function: the first rules that match it
 * without `within`, or as many as there are, and the bits of those with it. */
struct verdict {
    uint32_t leaf;  /* where the sample ended */
    uint32_t outer; /* further out: rules of leaves do not count */
    uint64_t depends;
};

struct judged {
    struct verdict rules, otherwise;
    uint64_t surrounds; /* bits of rules whose `within` it is */
};

static struct verdict judge_list(const struct scope_rules *rules,
                                 const struct scope_profile *profile,
                                 const struct scope_function *function)
{
    uint32_t none = (uint32_t)rules->count;
    struct verdict verdict = {.leaf = none, .outer = none};
    for (uint32_t i = 0; i < none && verdict.outer == none; i++) {
        const struct scope_rule *rule = &rules->items[i];
        if (!scope_rule_matches(rule, profile, function))
            continue;
        if (rule->within.count)
            verdict.depends |= UINT64_C(1) << rule->bit;
        else if (verdict.leaf == none)
            verdict.leaf = i;
        if (!rule->within.count && !rule->leaf)
            verdict.outer = i;
    }
    return verdict;
}

static uint64_t surrounds(const struct scope_rules *rules,
                          const struct scope_function *function)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < rules->count; i++)
        if (rules->items[i].within.count &&
            scope_rule_surrounds(&rules->items[i], function))
            bits |= UINT64_C(1) << rules->items[i].bit;
    return bits;
}

static struct judged *judge(const struct scope_categories *categories,
                            const struct scope_profile *profile)
{
    struct judged *judged =
        scope_alloc(profile->function_count + 1, sizeof *judged);
    for (size_t i = 0; i < profile->function_count; i++) {
        const struct scope_function *function = &profile->functions[i];
        judged[i] = (struct judged){
            .rules = judge_list(&categories->rules, profile, function),
            .otherwise = judge_list(&categories->otherwise, profile, function),
            .surrounds = surrounds(&categories->rules, function) |
                         surrounds(&categories->otherwise, function),
        };
    }
    return judged;
}

/* Of each stack the rules whose `within` any of its frames is. */
static uint64_t *find_surroundings(const struct scope_profile *profile,
                                   const struct judged *judged)
{
    uint64_t *bits = scope_alloc(profile->stack_count + 1, sizeof *bits);
    for (size_t s = 1; s < profile->stack_count; s++)
        bits[s] = bits[profile->stacks[s].parent] |
                  judged[profile->stacks[s].function].surrounds;
    return bits;
}

/* The first rule of the list that matches a frame in a stack, or as many as
 * there are. */
static uint32_t first_rule(const struct scope_rules *rules,
                           const struct verdict *verdict, uint64_t surroundings,
                           bool leaf)
{
    uint32_t first = leaf ? verdict->leaf : verdict->outer;
    uint64_t bits = verdict->depends & surroundings;
    for (uint32_t i = 0; bits && i < first; i++) {
        const struct scope_rule *rule = &rules->items[i];
        if (rule->within.count && (bits & UINT64_C(1) << rule->bit) &&
            (leaf || !rule->leaf))
            return i;
    }
    return first;
}

/* From the innermost frame outwards, while it is on the side where the sample
 * ended: what ran in the kernel is not given to whoever called it. */
static uint32_t sort_stack(const struct scope_categories *categories,
                           const struct scope_profile *profile,
                           const struct judged *judged, size_t stack,
                           uint64_t surroundings)
{
    bool kernel = profile->functions[profile->stacks[stack].function].kernel;
    for (int pass = 0; pass < 2; pass++) {
        const struct scope_rules *rules =
            pass ? &categories->otherwise : &categories->rules;
        for (size_t s = stack; rules->count && s > 0;
             s = profile->stacks[s].parent) {
            uint32_t function = profile->stacks[s].function;
            if (profile->functions[function].kernel != kernel)
                break;
            const struct judged *one = &judged[function];
            uint32_t rule =
                first_rule(rules, pass ? &one->otherwise : &one->rules,
                           surroundings, s == stack);
            if (rule < rules->count)
                return rules->items[rule].category;
        }
    }
    return (uint32_t)categories->count;
}

uint32_t *scope_categories_sort(const struct scope_categories *categories,
                                const struct scope_profile *profile)
{
    uint32_t *sorted = scope_alloc(profile->stack_count + 1, sizeof *sorted);
    struct judged *judged = judge(categories, profile);
    uint64_t *surroundings = find_surroundings(profile, judged);
    sorted[0] = (uint32_t)categories->count;
    for (size_t s = 1; s < profile->stack_count; s++)
        sorted[s] = sort_stack(categories, profile, judged, s, surroundings[s]);
    free(surroundings);
    free(judged);
    return sorted;
}

/* Of each function: the categories of all rules that match it wherever it
 * stands, those with `within` apart. */
static uint64_t *cover_functions(const struct scope_categories *categories,
                                 const struct scope_profile *profile,
                                 size_t words, uint64_t *depends)
{
    uint64_t *cover =
        scope_alloc(profile->function_count * words + 1, sizeof *cover);
    for (size_t f = 0; f < profile->function_count; f++)
        for (size_t i = 0; i < categories->rules.count; i++) {
            const struct scope_rule *rule = &categories->rules.items[i];
            uint64_t *word = &cover[f * words + rule->category / 64];
            uint64_t bit = UINT64_C(1) << rule->category % 64;
            bool known = !rule->within.count && (*word & bit);
            if (known || rule->leaf ||
                !scope_rule_matches(rule, profile, &profile->functions[f]))
                continue;
            if (rule->within.count)
                depends[f] |= UINT64_C(1) << rule->bit;
            else
                *word |= bit;
        }
    return cover;
}

static void add_within(const struct scope_rules *rules, uint64_t bits,
                       uint64_t *cover)
{
    for (size_t i = 0; bits && i < rules->count; i++)
        if (rules->items[i].within.count &&
            (bits & UINT64_C(1) << rules->items[i].bit))
            cover[rules->items[i].category / 64] |=
                UINT64_C(1) << rules->items[i].category % 64;
}

uint64_t *scope_categories_cover(const struct scope_categories *categories,
                                 const struct scope_profile *profile,
                                 size_t *words)
{
    size_t width = categories->count / 64 + 1;
    uint64_t *of_function =
        scope_alloc(profile->function_count + 1, sizeof *of_function);
    uint64_t *functions =
        cover_functions(categories, profile, width, of_function);
    struct judged *judged = judge(categories, profile);
    uint64_t *surroundings = find_surroundings(profile, judged);
    uint64_t *depends = scope_alloc(profile->stack_count + 1, sizeof *depends);
    uint64_t *cover =
        scope_alloc(profile->stack_count * width + 1, sizeof *cover);
    for (size_t s = 1; s < profile->stack_count; s++) {
        const struct scope_stack *stack = &profile->stacks[s];
        const uint64_t *parent = &cover[stack->parent * width];
        uint64_t *own = &cover[s * width];
        for (size_t w = 0; w < width; w++)
            own[w] = parent[w] | functions[stack->function * width + w];
        depends[s] = depends[stack->parent] | of_function[stack->function];
    }
    /* Apart, for what one sample's stack makes of `within` is not so for those
     * that go on from it. */
    for (size_t s = 1; s < profile->stack_count; s++) {
        add_within(&categories->rules, depends[s] & surroundings[s],
                   &cover[s * width]);
        uint32_t own =
            sort_stack(categories, profile, judged, s, surroundings[s]);
        cover[s * width + own / 64] |= UINT64_C(1) << own % 64;
    }
    free(depends);
    free(surroundings);
    free(judged);
    free(functions);
    free(of_function);
    *words = width;
    return cover;
}
