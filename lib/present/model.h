/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A report in memory: what <scope/report.h> builds and the writers read. All
 * of it belongs to the report.
 */
#ifndef LIB_PRESENT_MODEL_H
#define LIB_PRESENT_MODEL_H

#include "lib/present/present.h"

#include <stdint.h>

struct scope_column {
    enum scope_column_kind kind;
    char *name, *heading;
    enum scope_unit unit;
    char *hint; /* or NULL */
};

enum scope_cell_kind {
    SCOPE_CELL_EMPTY,
    SCOPE_CELL_TEXT,
    SCOPE_CELL_NUMBER,
};

struct scope_cell {
    enum scope_cell_kind kind;
    char *text;
    double number;
    enum scope_unit unit; /* 0: its column's */
    char *hint;           /* or NULL */
};

struct scope_row {
    size_t first, count; /* of cells */
    bool doubt;
    bool group; /* a new group of rows begins here */
};

struct scope_table {
    char *id, *title;
    char *legend; /* of the rows to be doubted */
    struct scope_column *columns;
    size_t column_count, column_room;
    struct scope_row *rows;
    size_t row_count, row_room;
    struct scope_cell *cells;
    size_t cell_count, cell_room;
    bool one_scale; /* all its numbers, whatever their unit */
};

struct scope_curve {
    enum scope_mark mark;
    char *label;
    double *x, *y;
    size_t count;
};

struct scope_plot {
    char *id, *title;
    struct scope_axis x, y; /* labels are copies */
    struct scope_curve *curves;
    size_t curve_count, curve_room;
    char **names;
    size_t name_count;
};

struct scope_heat_map {
    char *id, *title;
    char *row_label, *column_label, *value_label;
    char **rows, **columns;
    size_t row_count, column_count;
    double *values; /* row by row */
    enum scope_unit unit;
    bool log;
    struct scope_table *grid; /* as people read it */
    struct scope_table *list; /* row, column, value: as programs do */
};

enum scope_item_kind {
    SCOPE_ITEM_HEADING = 1,
    SCOPE_ITEM_TEXT,
    SCOPE_ITEM_WARNING,
    SCOPE_ITEM_TABLE,
    SCOPE_ITEM_PLOT,
    SCOPE_ITEM_HEAT,
    SCOPE_ITEM_FLAME,
};

struct scope_item {
    enum scope_item_kind kind;
    char *text; /* heading, text, warning */
    struct scope_table *table;
    struct scope_plot *plot;
    struct scope_heat_map *heat;
    struct scope_flame *flame; /* "lib/present/flame.h" */
};

struct scope_report {
    char *title;
    struct scope_item *items;
    size_t item_count, item_room;
};

/* Of the parts that a report owns. */
struct scope_table *scope_table_new(const char *id, const char *title);
void scope_table_free(struct scope_table *table);
struct scope_heat_map *scope_heat_new(const char *id, const char *title,
                                      const struct scope_heat *heat);
void scope_heat_free(struct scope_heat_map *map);

/* The cell of a row below a column, or NULL where the row ended earlier. */
static inline const struct scope_cell *
scope_cell_at(const struct scope_table *table, const struct scope_row *row,
              size_t column)
{
    return column < row->count ? &table->cells[row->first + column] : NULL;
}

/* The machine's name of a column: its name and, for a number, the base unit:
 * "p99_ns". To free(). */
char *scope_column_key(const struct scope_table *table, size_t column);

/* The base unit's word of a row whose numbers have one of their own: that of
 * the first such number, else "". */
const char *scope_row_unit(const struct scope_table *table,
                           const struct scope_row *row);

/* The base unit's word of one number, "" for other cells. */
const char *scope_cell_word(const struct scope_table *table,
                            const struct scope_row *row, size_t column);

/* The shortest decimal text that reads back as the same double; value is
 * finite. */
void scope_exact_number(char *out, size_t size, double value);

/* The writers, one a format: append to out. */
void scope_write_table(const struct scope_report *report,
                       const struct scope_style *style, struct scope_text *out);
void scope_write_csv(const struct scope_report *report, struct scope_text *out);
void scope_write_json(const struct scope_report *report,
                      struct scope_text *out);
void scope_write_markdown(const struct scope_report *report,
                          const struct scope_style *style,
                          struct scope_text *out);
void scope_write_html(const struct scope_report *report,
                      struct scope_text *out);

#endif
