/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What no rule matched, so that a rule can be written for it. */
#include "analyzers/cycles/tables.h"

#include <scope/alloc.h>

struct ranked {
    uint32_t function;
    struct amount amount; /* of all trials */
};

static int by_weight(const void *a, const void *b)
{
    const struct ranked *one = a, *two = b;
    if (one->amount.weight != two->amount.weight)
        return one->amount.weight < two->amount.weight ? 1 : -1;
    return one->function < two->function ? -1 : 1;
}

static struct ranked *rank(const struct costs *costs, const struct group *group,
                           size_t *count)
{
    size_t functions = costs->names->function_count;
    struct ranked *ranked = scope_alloc(functions + 1, sizeof *ranked);
    *count = 0;
    for (uint32_t f = 0; f < functions; f++) {
        struct ranked one = {.function = f};
        for (size_t i = 0; i < costs->trials; i++)
            one.amount = amount_sum(one.amount, group->costs[i].unmatched[f]);
        if (one.amount.samples)
            ranked[(*count)++] = one;
    }
    qsort(ranked, *count, sizeof *ranked, by_weight);
    return ranked;
}

void uncategorised_add(struct scope_report *report, const struct costs *costs,
                       const struct group *group, size_t top)
{
    size_t count;
    struct ranked *ranked = rank(costs, group, &count);
    double all = 0;
    for (size_t i = 0; i < costs->trials; i++)
        all += cost_all(&group->costs[i]).weight;
    char *id = group_id("uncategorised", group);
    char *title =
        scope_format("%s: what no rule matches (%zu of %zu functions)",
                     group->name, count < top ? count : top, count);
    if (count) {
        struct scope_table *table = scope_report_table(report, id, title);
        scope_table_column(table, SCOPE_COLUMN_TEXT, "function", "function", 0,
                           NULL);
        scope_table_column(table, SCOPE_COLUMN_TEXT, "module", "module", 0,
                           NULL);
        scope_table_column(table, SCOPE_COLUMN_MACHINE, "role", "role", 0,
                           NULL);
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "share", "share",
                           SCOPE_UNIT_RATIO, "of all trials' samples");
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "samples", "samples",
                           SCOPE_UNIT_COUNT, NULL);
        for (size_t i = 0; i < count && i < top; i++) {
            const struct scope_function *function =
                &costs->names->functions[ranked[i].function];
            scope_table_row(table);
            scope_cell_text(table, function->symbol);
            scope_cell_text(table,
                            costs->names->modules[function->module].path);
            scope_cell_text(table, group->name);
            scope_cell_number(table, ranked[i].amount.weight / all);
            scope_cell_number(table, (double)ranked[i].amount.samples);
        }
    }
    free(title);
    free(id);
    free(ranked);
}
