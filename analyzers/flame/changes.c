/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs, as a table: a graph has no width for what one side lacks. */
#include "analyzers/flame/changes.h"

#include <math.h>
#include <scope/stats.h>

enum {
    ROWS = 25,
};

struct change {
    uint32_t function;
    struct tree_cost cost;
    double error;  /* standard error of the difference */
    double chance; /* of one as large */
};

static double difference(const struct change *change)
{
    return change->cost.self[0] - change->cost.self[1];
}

static int by_size(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    double first = fabs(difference(a)), second = fabs(difference(b));
    int order = (first < second) - (first > second);
    return order ? order
                 : (a->function > b->function) - (a->function < b->function);
}

/* How likely a difference as large would be by chance. */
static double chance(const struct change *change)
{
    return erfc(fabs(difference(change) / change->error) / sqrt(2));
}

static int by_chance(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    return (a->chance > b->chance) - (a->chance < b->chance);
}

static size_t add_up(const struct tree *tree, struct change *changes)
{
    const struct scope_profile *frames = tree->frames;
    struct tree_cost whole = tree_whole(tree);
    double each[2];
    size_t sampled = 0;
    for (int side = 0; side < 2; side++)
        each[side] = whole.self[side] / (double)whole.samples[side];
    for (uint32_t i = 0; i < frames->function_count; i++)
        changes[i] = (struct change){.function = i};
    for (size_t i = 1; i < frames->stack_count; i++)
        for (int side = 0; side < 2; side++) {
            struct tree_cost *cost = &changes[frames->stacks[i].function].cost;
            cost->self[side] += tree->costs[i].self[side];
            cost->samples[side] += tree->costs[i].samples[side];
        }
    for (size_t i = 0; i < frames->function_count; i++) {
        struct change change = changes[i];
        const uint64_t *samples = change.cost.samples;
        if (!(samples[0] + samples[1]))
            continue;
        change.error =
            scope_counts_error(samples[0], each[0], samples[1], each[1]);
        change.chance = chance(&change);
        changes[sampled++] = change;
    }
    return sampled;
}

/*
 * Of many functions some differ by chance. Those that are kept are so many
 * that at most one in twenty of them is expected to (Benjamini and Hochberg,
 * 1995); the largest change first.
 */
static size_t keep_changed(struct change *changes, size_t count)
{
    size_t kept = 0;
    qsort(changes, count, sizeof *changes, by_chance);
    for (size_t i = 0; i < count; i++)
        if (changes[i].chance <= 0.05 * (double)(i + 1) / (double)count)
            kept = i + 1;
    qsort(changes, kept, sizeof *changes, by_size);
    return kept;
}

static void add_columns(struct scope_table *table, const char *side,
                        const char *against, enum scope_unit unit)
{
    scope_table_column(table, SCOPE_COLUMN_TEXT, "function", "function", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "module", "module", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "side", side, unit,
                       "cost of the function itself");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "against", against, unit,
                       "the same of the other side");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "difference", "difference",
                       unit, "more than 0: it costs more in the first");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "half_width",
                       "±\u00a02\u00a0SE", unit,
                       "two standard errors of the difference");
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "standard_errors",
                       "standard errors", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "samples", "samples", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "against_samples",
                       "samples against", 0, NULL);
}

void changes_report(struct scope_report *report, const struct tree *tree,
                    const char *id, const char *title, const char *side,
                    const char *against, enum scope_unit unit)
{
    const struct scope_profile *frames = tree->frames;
    struct change *changes =
        scope_alloc(frames->function_count + 1, sizeof *changes);
    size_t sampled = add_up(tree, changes);
    size_t count = keep_changed(changes, sampled);
    struct scope_table *table = scope_report_table(report, id, title);
    add_columns(table, side, against, unit);
    for (size_t i = 0; i < count && i < ROWS; i++) {
        const struct change *change = &changes[i];
        const struct scope_function *function =
            &frames->functions[change->function];
        scope_table_row(table);
        scope_cell_text(table, function->symbol);
        scope_cell_text(table, frames->modules[function->module].path);
        scope_cell_number(table, change->cost.self[0]);
        scope_cell_number(table, change->cost.self[1]);
        scope_cell_number(table, difference(change));
        scope_cell_number(table, 2 * change->error);
        scope_cell_number(table, difference(change) / change->error);
        scope_cell_number(table, (double)change->cost.samples[0]);
        scope_cell_number(table, (double)change->cost.samples[1]);
    }
    scope_report_text(
        report,
        "%zu of %zu functions differ, wherever they were called from, of which "
        "up to one in twenty by chance%s.",
        count, sampled, count > ROWS ? "; the largest changes are listed" : "");
    free(changes);
}
