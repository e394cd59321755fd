/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A flame graph without a picture: all its frames, as a table for programs. */
#include "lib/present/flame.h"

static void add_columns(struct scope_table *table,
                        const struct scope_flame *flame)
{
    const struct {
        const char *name;
        enum scope_column_kind kind;
        enum scope_unit unit;
        bool both; /* only where there are two sides */
    } columns[] = {
        {"graph", SCOPE_COLUMN_TEXT, 0, false},
        {"frame", SCOPE_COLUMN_NUMBER, 0, false},
        {"parent", SCOPE_COLUMN_NUMBER, 0, false},
        {"depth", SCOPE_COLUMN_NUMBER, 0, false},
        {"name", SCOPE_COLUMN_TEXT, 0, false},
        {"module", SCOPE_COLUMN_TEXT, 0, false},
        {"group", SCOPE_COLUMN_TEXT, 0, false},
        {"self", SCOPE_COLUMN_NUMBER, flame->unit, false},
        {"total", SCOPE_COLUMN_NUMBER, flame->unit, false},
        {"share", SCOPE_COLUMN_NUMBER, 0, false},
        {"self_samples", SCOPE_COLUMN_NUMBER, 0, false},
        {"samples", SCOPE_COLUMN_NUMBER, 0, false},
        {"other_self", SCOPE_COLUMN_NUMBER, flame->unit, true},
        {"other_total", SCOPE_COLUMN_NUMBER, flame->unit, true},
        {"other_self_samples", SCOPE_COLUMN_NUMBER, 0, true},
        {"other_samples", SCOPE_COLUMN_NUMBER, 0, true},
        {"standard_errors", SCOPE_COLUMN_NUMBER, 0, true},
    };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (!columns[i].both || flame->against)
            scope_table_column(table, columns[i].kind, columns[i].name,
                               columns[i].name, columns[i].unit, NULL);
}

static void add_row(struct scope_table *table,
                    const struct scope_flame_shape *shape, unsigned number)
{
    const struct scope_flame *flame = shape->flame;
    const struct scope_flame_node *node = &flame->nodes[number];
    const struct scope_flame_sum *sum = &shape->sums[number];
    scope_table_row(table);
    scope_cell_text(table, flame->title);
    scope_cell_number(table, number);
    if (number)
        scope_cell_number(table, node->parent);
    else
        scope_cell_empty(table);
    scope_cell_number(table, sum->depth);
    scope_cell_text(table, node->name);
    scope_cell_text(table, node->detail ? node->detail : "");
    scope_cell_text(table, node->group < flame->group_count
                               ? flame->groups[node->group]
                               : "");
    scope_cell_number(table, node->self);
    scope_cell_number(table, sum->total);
    scope_cell_number(table, scope_flame_share(shape, number));
    scope_cell_number(table, (double)node->samples);
    scope_cell_number(table, (double)sum->samples);
    if (!flame->against)
        return;
    scope_cell_number(table, node->other);
    scope_cell_number(table, sum->other);
    scope_cell_number(table, (double)node->other_samples);
    scope_cell_number(table, (double)sum->other_samples);
    scope_cell_number(table, scope_flame_score(shape, number));
}

struct scope_table *scope_flame_rows(const struct scope_flame *flame)
{
    struct scope_table *table = scope_table_new(flame->id, flame->title);
    struct scope_flame_shape shape;
    scope_flame_shape_make(flame, &shape);
    add_columns(table, flame);
    for (size_t i = 0; i < flame->node_count; i++)
        add_row(table, &shape, shape.order[i]);
    scope_flame_shape_free(&shape);
    return table;
}
