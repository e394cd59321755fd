/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions and modules that cost most, and those that no rule matched. */
#include "analyzers/cycles/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <string.h>

struct ranked {
    uint32_t index; /* of a function, or of a module */
    double most;
};

static int by_share(const void *a, const void *b)
{
    const struct ranked *one = a, *two = b;
    if (one->most != two->most)
        return one->most < two->most ? 1 : -1;
    return one->index < two->index ? -1 : one->index > two->index;
}

static double self_weight(const struct cost *cost, uint32_t function)
{
    return function < cost->functions ? cost->self[function].weight : 0;
}

/* Those with samples of their own, the largest share in any trial first. */
static struct ranked *rank(const struct costs *costs, const struct group *group,
                           size_t *count)
{
    size_t functions = costs->names->function_count;
    struct ranked *ranked = scope_alloc(functions + 1, sizeof *ranked);
    *count = 0;
    for (uint32_t f = 0; f < functions; f++) {
        struct ranked one = {.index = f};
        for (size_t i = 0; i < costs->trials; i++) {
            const struct cost *cost = &group->costs[i];
            one.most = fmax(one.most, cost_share(cost, self_weight(cost, f)));
        }
        if (one.most > 0)
            ranked[(*count)++] = one;
    }
    qsort(ranked, *count, sizeof *ranked, by_share);
    return ranked;
}

static const char *module_path(const struct costs *costs, uint32_t function)
{
    const struct scope_profile *names = costs->names;
    return names->modules[names->functions[function].module].path;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void add_share(struct scope_table *table, double share, uint64_t samples)
{
    double low, high;
    scope_share_interval(share, samples, &low, &high);
    scope_cell_number(table, share);
    scope_cell_number(table, low);
    scope_cell_number(table, high);
}

static void add_share_columns(struct scope_table *table, const char *hint)
{
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "self",
                       SCOPE_UNIT_RATIO, hint);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "low", "from",
                       SCOPE_UNIT_RATIO, "95 % interval of the share (Wilson)");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "high", "to",
                       SCOPE_UNIT_RATIO, "95 % interval of the share (Wilson)");
}

static void add_columns(const struct costs *costs, struct scope_table *table)
{
    enum scope_unit unit = costs_figure_unit(costs);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "function", "function", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "module", "module", 0, NULL);
    costs_trial_column(costs, table);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "role", "role", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "path", "path", 0, NULL);
    add_share_columns(table, "of the samples that ended in it");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, costs_figure_key(costs),
                       costs->driven ? "per request" : "cost", unit,
                       costs_figure_name(costs));
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "total", "total",
                       SCOPE_UNIT_RATIO,
                       "of the samples that it was in, with what it called");
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "samples", "samples", 0,
                       NULL);
}

static void add_row(const struct costs *costs, struct scope_table *table,
                    const struct group *group, uint32_t function, size_t trial)
{
    const struct cost *cost = &group->costs[trial];
    const char *path = module_path(costs, function);
    const struct amount *self = &cost->self[function];
    scope_cell_text(table, costs->names->functions[function].symbol);
    scope_cell_text(table, base_name(path));
    scope_cell_text(table, costs->sampled[trial].name);
    scope_cell_text(table, group->name);
    scope_cell_text(table, path);
    add_share(table, cost_share(cost, self->weight), cost_all(cost).samples);
    scope_cell_number(table, costs_figure(costs, trial, self->weight));
    scope_cell_number(table, cost_share(cost, cost->total[function].weight));
    scope_cell_number(table, (double)self->samples);
    if (costs_doubt(costs, trial))
        scope_table_doubt(table);
}

/* A row for each trial that has samples of the group. */
static void
add_rows(const struct costs *costs, struct scope_table *table,
         const struct group *group, uint32_t index,
         void (*add)(const struct costs *costs, struct scope_table *table,
                     const struct group *group, uint32_t index, size_t trial))
{
    bool first = true;
    for (size_t i = 0; i < costs->trials; i++) {
        if (!cost_all(&group->costs[i]).samples)
            continue;
        if (first)
            scope_table_group(table);
        else
            scope_table_row(table);
        first = false;
        add(costs, table, group, index, i);
    }
}

void functions_add(struct scope_report *report, const struct costs *costs,
                   const struct group *group, size_t top)
{
    size_t count;
    struct ranked *ranked = rank(costs, group, &count);
    char *id = group_id("functions", group);
    char *title = scope_format("%s: functions that cost most (%zu of %zu)",
                               group->name, count < top ? count : top, count);
    struct scope_table *table = scope_report_table(report, id, title);
    add_columns(costs, table);
    for (size_t i = 0; i < count && i < top; i++)
        add_rows(costs, table, group, ranked[i].index, add_row);
    free(title);
    free(id);
    free(ranked);
}

/* --- modules -------------------------------------------------------------- */

/* What a module cost in a trial, and of that what has no name. */
static struct amount module_amount(const struct costs *costs,
                                   const struct cost *cost, uint32_t module,
                                   struct amount *unnamed)
{
    struct amount sum = {0};
    *unnamed = (struct amount){0};
    for (size_t f = 0; f < cost->functions; f++) {
        const struct scope_function *function = &costs->names->functions[f];
        if (function->module != module)
            continue;
        sum = amount_sum(sum, cost->self[f]);
        if (!function->named)
            *unnamed = amount_sum(*unnamed, cost->self[f]);
    }
    return sum;
}

static void add_module(const struct costs *costs, struct scope_table *table,
                       const struct group *group, uint32_t module, size_t trial)
{
    const struct cost *cost = &group->costs[trial];
    struct amount unnamed;
    struct amount amount = module_amount(costs, cost, module, &unnamed);
    scope_cell_text(table, base_name(costs->names->modules[module].path));
    scope_cell_hint(table, costs->names->modules[module].path);
    scope_cell_text(table, costs->sampled[trial].name);
    scope_cell_text(table, group->name);
    scope_cell_text(table, costs->names->modules[module].path);
    add_share(table, cost_share(cost, amount.weight), cost_all(cost).samples);
    scope_cell_number(table, costs_figure(costs, trial, amount.weight));
    scope_cell_number(table, cost_share(cost, unnamed.weight));
    scope_cell_number(table, (double)amount.samples);
    if (costs_doubt(costs, trial))
        scope_table_doubt(table);
}

static struct ranked *rank_modules(const struct costs *costs,
                                   const struct group *group, size_t *count)
{
    size_t modules = costs->names->module_count;
    struct ranked *ranked = scope_alloc(modules + 1, sizeof *ranked);
    double *weights = scope_alloc(modules + 1, sizeof *weights);
    for (uint32_t m = 0; m < modules; m++)
        ranked[m].index = m;
    for (size_t i = 0; i < costs->trials; i++) {
        const struct cost *cost = &group->costs[i];
        memset(weights, 0, modules * sizeof *weights);
        for (size_t f = 0; f < cost->functions; f++)
            weights[costs->names->functions[f].module] += cost->self[f].weight;
        for (uint32_t m = 0; m < modules; m++)
            ranked[m].most = fmax(ranked[m].most, cost_share(cost, weights[m]));
    }
    free(weights);
    qsort(ranked, modules, sizeof *ranked, by_share);
    *count = 0;
    while (*count < modules && ranked[*count].most > 0)
        (*count)++;
    return ranked;
}

void modules_add(struct scope_report *report, const struct costs *costs,
                 const struct group *group, size_t top)
{
    size_t count;
    struct ranked *ranked = rank_modules(costs, group, &count);
    char *id = group_id("modules", group);
    char *title = scope_format("%s: modules", group->name);
    struct scope_table *table = scope_report_table(report, id, title);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "module", "module", 0, NULL);
    costs_trial_column(costs, table);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "role", "role", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "path", "path", 0, NULL);
    add_share_columns(table, "of the samples that ended in it");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, costs_figure_key(costs),
                       costs->driven ? "per request" : "cost",
                       costs_figure_unit(costs), costs_figure_name(costs));
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "unnamed", "unnamed",
                       SCOPE_UNIT_RATIO,
                       "of all the role's samples: in functions of this module "
                       "that nothing names, for it is stripped");
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "samples", "samples", 0,
                       NULL);
    for (size_t i = 0; i < count && i < top; i++)
        add_rows(costs, table, group, ranked[i].index, add_module);
    free(title);
    free(id);
    free(ranked);
}
