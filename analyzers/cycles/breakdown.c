/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPU time by role: application, sidecar, driver, and the machine's rest. */
#include "analyzers/cycles/tables.h"

#include <math.h>
#include <scope/alloc.h>

static double weight_of_all(const struct costs *costs, size_t trial)
{
    double all = 0;
    for (size_t g = 0; g < costs->group_count; g++)
        all += cost_all(&costs->groups[g].costs[trial]).weight;
    return all;
}

static void add_columns(const struct costs *costs, struct scope_table *table)
{
    enum scope_unit unit = costs_figure_unit(costs);
    bool time = costs->unit == SCOPE_UNIT_NS;
    scope_table_column(table, SCOPE_COLUMN_TEXT, "role", "role", 0, NULL);
    costs_trial_column(costs, table);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "user", "user", unit,
                       "in its own code");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "kernel", "kernel", unit,
                       "in the kernel");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "sum", "sum", unit, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "kernel_share", "in kernel",
                       SCOPE_UNIT_RATIO, "the kernel's part of the sum");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "of all",
                       SCOPE_UNIT_RATIO, "of all that was sampled");
    if (costs->driven)
        scope_table_column(
            table, SCOPE_COLUMN_NUMBER, "busy", time ? "CPUs" : "cycles",
            time ? SCOPE_UNIT_RATIO : SCOPE_UNIT_HERTZ,
            time ? "that were busy with it; 100 % is one" : "per second");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "samples", "samples",
                       SCOPE_UNIT_COUNT, NULL);
}

static void add_row(const struct costs *costs, struct scope_table *table,
                    const struct group *group, size_t trial)
{
    const struct sampled *sampled = &costs->sampled[trial];
    const struct cost *cost = &group->costs[trial];
    double all = cost_all(cost).weight;
    scope_cell_text(table, group->name);
    scope_cell_text(table, sampled->name);
    scope_cell_number(table,
                      costs_figure(costs, trial, cost->all[USER].weight));
    scope_cell_number(table,
                      costs_figure(costs, trial, cost->all[KERNEL].weight));
    scope_cell_number(table, costs_figure(costs, trial, all));
    scope_cell_number(table, cost_share(cost, cost->all[KERNEL].weight));
    scope_cell_number(table, all / weight_of_all(costs, trial));
    if (costs->driven)
        scope_cell_number(table, all / sampled->seconds /
                                     (costs->unit == SCOPE_UNIT_NS ? 1e9 : 1));
    scope_cell_number(table, (double)cost_all(cost).samples);
    if (costs_doubt(costs, trial))
        scope_table_doubt(table);
}

/* User code and the kernel of each group stand on each other. */
static void add_picture(struct scope_report *report, const struct costs *costs)
{
    double *x = scope_alloc(costs->trials, sizeof *x);
    double *y = scope_alloc(costs->trials, sizeof *y);
    const char **names = scope_alloc(costs->trials, sizeof *names);
    struct scope_plot *plot = scope_report_plot(
        report, "cycles-roles", "Where CPU time went, by role",
        &(struct scope_axis){.label = ""},
        &(struct scope_axis){.label = costs_figure_name(costs),
                             .unit = costs_figure_unit(costs),
                             .from_zero = true});
    for (size_t i = 0; i < costs->trials; i++) {
        x[i] = (double)i;
        names[i] = costs->sampled[i].name;
    }
    scope_plot_names(plot, names, costs->trials);
    for (size_t g = 0; g < costs->group_count; g++)
        for (enum side side = USER; side < SIDES; side++) {
            const struct group *group = &costs->groups[g];
            bool any = false;
            for (size_t i = 0; i < costs->trials; i++) {
                y[i] = costs_figure(costs, i, group->costs[i].all[side].weight);
                any = any || y[i] > 0;
            }
            char *label = scope_format("%s, %s", group->name,
                                       side == KERNEL ? "kernel" : "user");
            if (any)
                scope_plot_add(plot, SCOPE_MARK_STACK, label, x, y,
                               costs->trials);
            free(label);
        }
    free(names);
    free(x);
    free(y);
}

void breakdown_add(struct scope_report *report, const struct costs *costs)
{
    char *title = scope_format(
        "%s by role", costs->driven                  ? costs_figure_name(costs)
                      : costs->unit == SCOPE_UNIT_NS ? "CPUs that were busy"
                                                     : "Cycles per second");
    struct scope_table *table =
        scope_report_table(report, "cycles-roles-table", title);
    free(title);
    add_columns(costs, table);
    for (size_t g = 0; g < costs->group_count; g++) {
        bool first = true;
        for (size_t i = 0; i < costs->trials; i++) {
            if (!cost_all(&costs->groups[g].costs[i]).samples)
                continue;
            if (first)
                scope_table_group(table);
            else
                scope_table_row(table);
            first = false;
            add_row(costs, table, &costs->groups[g], i);
        }
    }
    add_picture(report, costs);
}
