/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kinds of work a group's CPU time was. */
#include "analyzers/cycles/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>
#include <string.h>

static double weight_of(const struct cost *cost, size_t category)
{
    return cost->exclusive[category][USER].weight +
           cost->exclusive[category][KERNEL].weight;
}

struct ranked {
    size_t category;
    double most, inclusive; /* the greatest share in any trial */
};

static int by_share(const void *a, const void *b)
{
    const struct ranked *one = a, *two = b;
    if (one->most != two->most)
        return one->most < two->most ? 1 : -1;
    if (one->inclusive != two->inclusive)
        return one->inclusive < two->inclusive ? 1 : -1;
    return one->category < two->category ? -1 : 1;
}

/* Those that have any samples, the largest first; what no rule matched is not
 * among them. To free(). */
static struct ranked *rank(const struct costs *costs, const struct group *group,
                           size_t *count)
{
    size_t last = costs->category_count - 1;
    struct ranked *ranked = scope_alloc(last + 1, sizeof *ranked);
    *count = 0;
    for (size_t c = 0; c < last; c++) {
        struct ranked one = {.category = c};
        for (size_t i = 0; i < costs->trials; i++) {
            const struct cost *cost = &group->costs[i];
            one.most = fmax(one.most, cost_share(cost, weight_of(cost, c)));
            one.inclusive = fmax(one.inclusive,
                                 cost_share(cost, cost->inclusive[c].weight));
        }
        if (one.inclusive > 0)
            ranked[(*count)++] = one;
    }
    qsort(ranked, *count, sizeof *ranked, by_share);
    return ranked;
}

static void add_columns(const struct costs *costs, struct scope_table *table)
{
    enum scope_unit unit = costs_figure_unit(costs);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "category", "category", 0,
                       NULL);
    costs_trial_column(costs, table);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "role", "role", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "share",
                       SCOPE_UNIT_RATIO,
                       "of the samples that ended in it: shares add up to all");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "low", "from",
                       SCOPE_UNIT_RATIO, "95 % interval of the share (Wilson)");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "high", "to",
                       SCOPE_UNIT_RATIO, "95 % interval of the share (Wilson)");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, costs_figure_key(costs),
                       costs->driven ? "per request" : "cost", unit,
                       costs_figure_name(costs));
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "kernel", "in kernel", unit,
                       "the part of it that ran in the kernel");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "inclusive", "inclusive",
                       SCOPE_UNIT_RATIO,
                       "of the samples with any frame in it: what it called "
                       "is in it, too, so these do not add up");
    scope_table_column(table, SCOPE_COLUMN_NUMBER,
                       costs->driven ? "inclusive_per_request"
                                     : "inclusive_cost",
                       "inclusive", unit, costs_figure_name(costs));
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "samples", "samples", 0,
                       NULL);
}

static void add_row(const struct costs *costs, struct scope_table *table,
                    const struct group *group, size_t category, size_t trial)
{
    const struct cost *cost = &group->costs[trial];
    struct amount amount = amount_sum(cost->exclusive[category][USER],
                                      cost->exclusive[category][KERNEL]);
    double share = cost_share(cost, amount.weight), low, high;
    scope_share_interval(share, cost_all(cost).samples, &low, &high);
    scope_cell_text(table, scope_categories_name(costs->categories, category));
    scope_cell_hint(table, scope_categories_help(costs->categories, category));
    scope_cell_text(table, costs->sampled[trial].name);
    scope_cell_text(table, group->name);
    scope_cell_number(table, share);
    scope_cell_number(table, low);
    scope_cell_number(table, high);
    scope_cell_number(table, costs_figure(costs, trial, amount.weight));
    scope_cell_number(
        table,
        costs_figure(costs, trial, cost->exclusive[category][KERNEL].weight));
    scope_cell_number(table,
                      cost_share(cost, cost->inclusive[category].weight));
    scope_cell_number(
        table, costs_figure(costs, trial, cost->inclusive[category].weight));
    scope_cell_number(table, (double)amount.samples);
    if (costs_doubt(costs, trial))
        scope_table_doubt(table);
}

static void add_category(const struct costs *costs, struct scope_table *table,
                         const struct group *group, size_t category)
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
        add_row(costs, table, group, category, i);
    }
}

/* One curve: a category, or all from `from` on. */
static void add_curve(const struct costs *costs, struct scope_plot *plot,
                      const struct group *group, const size_t *categories,
                      size_t count, const char *label)
{
    double *x = scope_alloc(costs->trials, sizeof *x);
    double *y = scope_alloc(costs->trials, sizeof *y);
    for (size_t i = 0; i < costs->trials; i++) {
        double weight = 0;
        for (size_t c = 0; c < count; c++)
            weight += weight_of(&group->costs[i], categories[c]);
        x[i] = (double)i;
        y[i] = costs_figure(costs, i, weight);
    }
    scope_plot_add(plot, SCOPE_MARK_STACK, label, x, y, costs->trials);
    free(x);
    free(y);
}

static void add_picture(struct scope_report *report, const struct costs *costs,
                        const struct group *group, const struct ranked *ranked,
                        size_t count, size_t top)
{
    char *id = group_id("categories", group);
    char *title = scope_format("%s: %s by category", group->name,
                               costs_figure_name(costs));
    const char **names = scope_alloc(costs->trials, sizeof *names);
    size_t *rest = scope_alloc(count + 1, sizeof *rest);
    struct scope_plot *plot = scope_report_plot(
        report, id, title, &(struct scope_axis){.label = ""},
        &(struct scope_axis){.label = costs_figure_name(costs),
                             .unit = costs_figure_unit(costs),
                             .from_zero = true});
    for (size_t i = 0; i < costs->trials; i++)
        names[i] = costs->sampled[i].name;
    scope_plot_names(plot, names, costs->trials);
    size_t last = costs->category_count - 1, others = 0;
    for (size_t i = 0; i < count; i++) {
        if (i < top)
            add_curve(
                costs, plot, group, &ranked[i].category, 1,
                scope_categories_name(costs->categories, ranked[i].category));
        else
            rest[others++] = ranked[i].category;
    }
    if (others)
        add_curve(costs, plot, group, rest, others, "other categories");
    add_curve(costs, plot, group, &last, 1,
              scope_categories_name(costs->categories, last));
    free(rest);
    free(names);
    free(title);
    free(id);
}

void categories_add(struct scope_report *report, const struct costs *costs,
                    const struct group *group, size_t top)
{
    size_t count;
    struct ranked *ranked = rank(costs, group, &count);
    char *id = group_id("category", group);
    char *title = scope_format("%s by category", group->name);
    add_picture(report, costs, group, ranked, count, top);
    struct scope_table *table = scope_report_table(report, id, title);
    add_columns(costs, table);
    for (size_t i = 0; i < count; i++)
        add_category(costs, table, group, ranked[i].category);
    /* Always there, be it 0: that is worth knowing. */
    add_category(costs, table, group, costs->category_count - 1);
    free(title);
    free(id);
    free(ranked);
}
