/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table as people read it: scales are found over the cells that are to be
 * compared, then every cell becomes text. */
#include "lib/present/layout.h"

#include "lib/base/inert.h"
#include "lib/present/scale.h"

#include <scope/alloc.h>
#include <string.h>

struct extent {
    size_t first, end;
};

struct maker {
    const struct scope_table *table;
    struct extent *groups; /* of each row */
    bool fold;
    bool has_unit; /* a unit column */
};

/* A rectangle of cells: those of one unit in it share a scale. */
struct span {
    const struct scope_table *table;
    size_t row, row_end;
    size_t column, column_end;
    enum scope_column_kind kind;
    bool own; /* cells with a unit of their own, or those with the column's */
    enum scope_unit unit;
};

static bool in_span(const struct span *span, size_t row, size_t column)
{
    const struct scope_table *table = span->table;
    const struct scope_cell *cell =
        scope_cell_at(table, &table->rows[row], column);
    if (!cell || cell->kind != SCOPE_CELL_NUMBER ||
        table->columns[column].kind != span->kind)
        return false;
    return span->own ? cell->unit == span->unit
                     : !cell->unit && table->columns[column].unit == span->unit;
}

static struct scope_scale scale_of(const struct span *span)
{
    size_t room =
        (span->row_end - span->row) * (span->column_end - span->column);
    double *values = scope_alloc(room ? room : 1, sizeof *values);
    size_t count = 0;
    for (size_t row = span->row; row < span->row_end; row++)
        for (size_t c = span->column; c < span->column_end; c++)
            if (in_span(span, row, c))
                values[count++] =
                    scope_cell_at(span->table, &span->table->rows[row], c)
                        ->number;
    struct scope_scale scale =
        scope_scale_find(values, count, span->unit, !span->own);
    free(values);
    return scale;
}

/* Times compare across columns (percentiles); other units mean something else
 * in each column. */
static struct scope_scale column_scale(const struct scope_table *table,
                                       size_t column)
{
    struct span span = {.table = table,
                        .row_end = table->row_count,
                        .column_end = table->column_count,
                        .kind = table->columns[column].kind,
                        .unit = table->columns[column].unit};
    bool times = span.unit == SCOPE_UNIT_NS && span.kind == SCOPE_COLUMN_NUMBER;
    if (times || table->one_scale) {
        struct scope_scale scale = scale_of(&span);
        if (scale.shared || table->one_scale)
            return scale;
    }
    span.column = column;
    span.column_end = column + 1;
    return scale_of(&span);
}

/* Row by row where its group begins and ends; rows before the first group are
 * each their own. To free(). */
static struct extent *find_groups(const struct scope_table *table)
{
    struct extent *groups = scope_alloc(table->row_count + 1, sizeof *groups);
    bool grouped = false;
    size_t first = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        grouped = grouped || table->rows[row].group;
        if (!grouped || table->rows[row].group)
            first = row;
        groups[row].first = first;
    }
    for (size_t row = table->row_count; row-- > 0;)
        groups[row].end = row + 1 < table->row_count &&
                                  groups[row + 1].first == groups[row].first
                              ? groups[row + 1].end
                              : row + 1;
    return groups;
}

/* Of the cells that have this unit for themselves, in the row's group: all
 * columns together, or one that stands apart. */
static struct scope_scale own_scale(const struct maker *maker, size_t row,
                                    size_t column, enum scope_unit unit)
{
    bool apart = maker->table->columns[column].kind == SCOPE_COLUMN_APART;
    struct span span = {.table = maker->table,
                        .row = maker->groups[row].first,
                        .row_end = maker->groups[row].end,
                        .column = apart ? column : 0,
                        .column_end =
                            apart ? column + 1 : maker->table->column_count,
                        .kind = maker->table->columns[column].kind,
                        .own = true,
                        .unit = unit};
    struct scope_scale scale = scale_of(&span);
    if (scale.shared)
        return scale;
    span.row = row;
    span.row_end = row + 1;
    return scale_of(&span);
}

/* The column of the row's first number that has its own unit, or the number
 * of columns. */
static size_t first_own(const struct scope_table *table,
                        const struct scope_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct scope_cell *cell = scope_cell_at(table, row, i);
        if (cell->kind == SCOPE_CELL_NUMBER && cell->unit &&
            table->columns[i].kind == SCOPE_COLUMN_NUMBER)
            return i;
    }
    return table->column_count;
}

/* What every cell of one row needs to know. */
struct line {
    const struct maker *maker;
    size_t row;
    struct scope_scale unit; /* of the unit column; unit 0 without one */
};

static char *number_text(const struct line *line, size_t column,
                         const struct scope_scale *shared, bool in_heading)
{
    const struct scope_table *table = line->maker->table;
    const struct scope_cell *cell =
        scope_cell_at(table, &table->rows[line->row], column);
    struct scope_text out = {0};
    if (!cell->unit) {
        scope_scale_add(&out, shared, cell->number, !in_heading);
    } else {
        bool apart = table->columns[column].kind == SCOPE_COLUMN_APART;
        struct scope_scale scale =
            own_scale(line->maker, line->row, column, cell->unit);
        scope_scale_add(&out, &scale, cell->number,
                        apart || cell->unit != line->unit.unit);
    }
    return scope_text_take(&out);
}

/* The text and those to its left are the ones of the row above. */
static bool repeats_above(const struct scope_table *table, size_t row,
                          size_t column)
{
    for (size_t i = 0; i <= column; i++) {
        if (table->columns[i].kind != SCOPE_COLUMN_TEXT)
            continue;
        const struct scope_cell *cell =
            scope_cell_at(table, &table->rows[row], i);
        const struct scope_cell *above =
            scope_cell_at(table, &table->rows[row - 1], i);
        if (!cell || !above || cell->kind != SCOPE_CELL_TEXT ||
            above->kind != SCOPE_CELL_TEXT ||
            strcmp(cell->text, above->text) != 0)
            return false;
    }
    return true;
}

static char *plain_text(const struct line *line, size_t column)
{
    const struct scope_table *table = line->maker->table;
    const struct scope_cell *cell =
        scope_cell_at(table, &table->rows[line->row], column);
    if (table->columns[column].kind == SCOPE_COLUMN_UNIT)
        return scope_strdup(
            line->unit.unit && line->unit.shared ? line->unit.symbol : "");
    if (!cell || cell->kind != SCOPE_CELL_TEXT)
        return scope_strdup("");
    if (line->maker->fold && line->maker->groups[line->row].first < line->row &&
        repeats_above(table, line->row, column))
        return scope_strdup("");
    return scope_inert(cell->text);
}

/* Whether times in this table are shown in several units: then each cell must
 * say its own, for a glance would mislead. */
static bool times_differ(const struct scope_table *table)
{
    struct span span = {.table = table,
                        .row_end = table->row_count,
                        .column_end = table->column_count,
                        .kind = SCOPE_COLUMN_NUMBER,
                        .unit = SCOPE_UNIT_NS};
    return !scale_of(&span).shared;
}

static void choose_columns(struct scope_layout *layout)
{
    const struct scope_table *table = layout->table;
    layout->column =
        scope_alloc(table->column_count + 1, sizeof *layout->column);
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].kind != SCOPE_COLUMN_MACHINE)
            layout->column[layout->columns++] = i;
}

static bool all_own(const struct scope_table *table, size_t column)
{
    struct span span = {.table = table,
                        .kind = table->columns[column].kind,
                        .unit = table->columns[column].unit};
    for (size_t row = 0; row < table->row_count; row++)
        if (in_span(&span, row, column))
            return false;
    return true;
}

static void fill_column(const struct maker *maker, struct scope_layout *layout,
                        size_t at)
{
    const struct scope_table *table = maker->table;
    size_t column = layout->column[at];
    const struct scope_column *spec = &table->columns[column];
    bool number = scope_layout_right(layout, at);
    struct scope_scale shared = {0};
    bool in_heading = false;
    if (number && !all_own(table, column)) {
        shared = column_scale(table, column);
        in_heading = shared.shared &&
                     !(spec->unit == SCOPE_UNIT_NS && times_differ(table));
    }
    layout->heading[at] = scope_inert(spec->heading);
    layout->symbol[at] = scope_strdup(in_heading ? shared.symbol : "");
    for (size_t row = 0; row < table->row_count; row++) {
        struct line line = {.maker = maker, .row = row};
        const struct scope_row *cells = &table->rows[row];
        size_t own = first_own(table, cells);
        if (maker->has_unit && own < table->column_count)
            line.unit = own_scale(maker, row, own,
                                  scope_cell_at(table, cells, own)->unit);
        const struct scope_cell *cell = scope_cell_at(table, cells, column);
        layout->cell[row * layout->columns + at] =
            number && cell && cell->kind == SCOPE_CELL_NUMBER
                ? number_text(&line, column, &shared, in_heading)
                : plain_text(&line, column);
    }
}

void scope_layout_make(const struct scope_table *table, bool fold,
                       struct scope_layout *layout)
{
    *layout = (struct scope_layout){.table = table, .rows = table->row_count};
    struct maker maker = {
        .table = table, .groups = find_groups(table), .fold = fold};
    for (size_t i = 0; i < table->column_count; i++)
        maker.has_unit =
            maker.has_unit || table->columns[i].kind == SCOPE_COLUMN_UNIT;
    choose_columns(layout);
    size_t columns = layout->columns;
    layout->heading = scope_alloc(columns + 1, sizeof *layout->heading);
    layout->symbol = scope_alloc(columns + 1, sizeof *layout->symbol);
    layout->cell =
        scope_alloc(columns * layout->rows + 1, sizeof *layout->cell);
    for (size_t i = 0; i < columns; i++)
        fill_column(&maker, layout, i);
    free(maker.groups);
}

void scope_layout_free(struct scope_layout *layout)
{
    for (size_t i = 0; i < layout->columns; i++) {
        free(layout->heading[i]);
        free(layout->symbol[i]);
    }
    for (size_t i = 0; i < layout->columns * layout->rows; i++)
        free(layout->cell[i]);
    free(layout->column);
    free(layout->heading);
    free(layout->symbol);
    free(layout->cell);
    *layout = (struct scope_layout){0};
}
