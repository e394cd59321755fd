/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A heat map in memory, and the two tables it is where there are no colours. */
#include "lib/present/model.h"

#include <scope/alloc.h>
#include <string.h>

static char **copy_names(const char *const *names, size_t count)
{
    char **copy = scope_alloc(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = scope_strdup(names[i]);
    return copy;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static struct scope_table *make_grid(const struct scope_heat_map *map)
{
    char *id = scope_format("%s-table", map->id);
    char *title = *map->value_label
                      ? scope_format("%s (%s)", map->title, map->value_label)
                      : scope_strdup(map->title);
    struct scope_table *table = scope_table_new(id, title);
    free(id);
    free(title);
    table->one_scale = true;
    scope_table_column(table, SCOPE_COLUMN_TEXT, "row", map->row_label, 0,
                       NULL);
    for (size_t c = 0; c < map->column_count; c++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, map->columns[c],
                           map->columns[c], map->unit, map->value_label);
    for (size_t r = 0; r < map->row_count; r++) {
        scope_table_row(table);
        scope_cell_text(table, map->rows[r]);
        for (size_t c = 0; c < map->column_count; c++)
            scope_cell_number(table, map->values[r * map->column_count + c]);
    }
    return table;
}

static struct scope_table *make_list(const struct scope_heat_map *map)
{
    struct scope_table *table = scope_table_new(map->id, map->title);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "row", map->row_label, 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "column", map->column_label, 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "value", map->value_label,
                       map->unit, NULL);
    for (size_t r = 0; r < map->row_count; r++)
        for (size_t c = 0; c < map->column_count; c++) {
            scope_table_row(table);
            scope_cell_text(table, map->rows[r]);
            scope_cell_text(table, map->columns[c]);
            scope_cell_number(table, map->values[r * map->column_count + c]);
        }
    return table;
}

struct scope_heat_map *scope_heat_new(const char *id, const char *title,
                                      const struct scope_heat *heat)
{
    struct scope_heat_map *map = scope_alloc(1, sizeof *map);
    size_t count = heat->row_count * heat->column_count;
    *map = (struct scope_heat_map){
        .id = scope_strdup(id),
        .title = scope_strdup(title),
        .row_label = scope_strdup(heat->row_label),
        .column_label = scope_strdup(heat->column_label),
        .value_label = scope_strdup(heat->value_label),
        .rows = copy_names(heat->rows, heat->row_count),
        .columns = copy_names(heat->columns, heat->column_count),
        .row_count = heat->row_count,
        .column_count = heat->column_count,
        .values = scope_alloc(count + 1, sizeof *map->values),
        .unit = heat->unit,
        .log = heat->log,
    };
    if (count)
        memcpy(map->values, heat->values, count * sizeof *map->values);
    map->grid = make_grid(map);
    map->list = make_list(map);
    return map;
}

void scope_heat_free(struct scope_heat_map *map)
{
    if (!map)
        return;
    scope_table_free(map->grid);
    scope_table_free(map->list);
    free_names(map->rows, map->row_count);
    free_names(map->columns, map->column_count);
    free(map->values);
    free(map->row_label);
    free(map->column_label);
    free(map->value_label);
    free(map->id);
    free(map->title);
    free(map);
}
