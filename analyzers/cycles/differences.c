/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a trial's categories differ from the baseline's, and whether by more
 * than chance. */
#include "analyzers/cycles/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <scope/stats.h>

enum {
    FEWEST = 10, /* samples on both sides together that a verdict wants */
};

/* A category on one side, or all of it. */
struct part {
    struct amount amount;
    double figure;
    double each; /* a sample's */
};

static struct part part_of(const struct costs *costs, const struct group *group,
                           size_t trial, size_t category)
{
    const struct cost *cost = &group->costs[trial];
    struct amount all = cost_all(cost);
    struct part part = {.amount = all};
    if (category < costs->category_count)
        part.amount = amount_sum(cost->exclusive[category][USER],
                                 cost->exclusive[category][KERNEL]);
    part.figure = costs_figure(costs, trial, part.amount.weight);
    if (all.samples)
        part.each =
            costs_figure(costs, trial, all.weight / (double)all.samples);
    return part;
}

static const char *verdict_of(double low, double high, uint64_t samples)
{
    if (isnan(low) || samples < FEWEST)
        return "too little data";
    if (low > 0)
        return "more";
    return high < 0 ? "less" : "no difference seen";
}

static void add_row(const struct costs *costs, struct scope_table *table,
                    const struct group *group, size_t category,
                    const size_t trials[2])
{
    static const double z = 1.959963984540054; /* normal, 97.5 % */
    struct part base = part_of(costs, group, trials[0], category);
    struct part here = part_of(costs, group, trials[1], category);
    double error = scope_counts_error(here.amount.samples, here.each,
                                      base.amount.samples, base.each);
    double difference = here.figure - base.figure, half = z * error;
    uint64_t samples = here.amount.samples + base.amount.samples;
    scope_table_row(table);
    scope_cell_text(table,
                    category < costs->category_count
                        ? scope_categories_name(costs->categories, category)
                        : "all");
    scope_cell_text(table, group->name);
    scope_cell_text(table, costs->sampled[trials[1]].name);
    scope_cell_text(table, costs->sampled[trials[0]].name);
    scope_cell_number(table, base.figure);
    scope_cell_number(table, here.figure);
    scope_cell_number(table, difference);
    scope_cell_number(table, half);
    scope_cell_number(table, difference - half);
    scope_cell_number(table, difference + half);
    scope_cell_number(table, base.figure > 0 ? difference / base.figure : NAN);
    scope_cell_text(table,
                    verdict_of(difference - half, difference + half, samples));
    if (costs_doubt(costs, trials[0]) || costs_doubt(costs, trials[1]))
        scope_table_doubt(table);
}

static void add_columns(const struct costs *costs, struct scope_table *table)
{
    enum scope_unit unit = costs_figure_unit(costs);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "category", "category", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "role", "role", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "against", "against", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "baseline", "baseline", unit,
                       costs_figure_name(costs));
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "here", "here", unit,
                       costs_figure_name(costs));
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "difference", "difference",
                       unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "half_width",
                       "±\u00a095\u00a0%", unit,
                       "half the 95 % interval of the difference, from the "
                       "number of samples");
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "low", "low", unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "high", "high", unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "change", "change",
                       SCOPE_UNIT_RATIO, "of the baseline");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "verdict", "verdict", 0,
                       "by the interval; of 20 such verdicts one may be "
                       "chance");
}

struct ranked {
    size_t category;
    double size;
};

static int by_size(const void *a, const void *b)
{
    const struct ranked *one = a, *two = b;
    if (one->size != two->size)
        return one->size < two->size ? 1 : -1;
    return one->category < two->category ? -1 : 1;
}

static void add_table(struct scope_report *report, const struct costs *costs,
                      const struct group *group, const size_t trials[2])
{
    char *id = group_id("difference", group);
    char *title = scope_format(
        "%s: %s, %s against %s", group->name, costs_figure_name(costs),
        costs->sampled[trials[1]].name, costs->sampled[trials[0]].name);
    struct scope_table *table = scope_report_table(report, id, title);
    struct ranked *ranked = scope_alloc(costs->category_count, sizeof *ranked);
    size_t count = 0;
    add_columns(costs, table);
    for (size_t c = 0; c < costs->category_count; c++) {
        struct part base = part_of(costs, group, trials[0], c);
        struct part here = part_of(costs, group, trials[1], c);
        if (base.amount.samples || here.amount.samples)
            ranked[count++] =
                (struct ranked){c, fabs(here.figure - base.figure)};
    }
    if (count)
        qsort(ranked, count, sizeof *ranked, by_size);
    for (size_t i = 0; i < count; i++)
        add_row(costs, table, group, ranked[i].category, trials);
    add_row(costs, table, group, costs->category_count, trials);
    free(ranked);
    free(title);
    free(id);
}

void differences_add(struct scope_report *report, const struct costs *costs,
                     const struct group *group, size_t baseline)
{
    if (!cost_all(&group->costs[baseline]).samples)
        return;
    for (size_t i = 0; i < costs->trials; i++)
        if (i != baseline && cost_all(&group->costs[i]).samples)
            add_table(report, costs, group, (const size_t[]){baseline, i});
}
