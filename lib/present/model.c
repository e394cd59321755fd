/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A report in memory: what analyzers put together. */
#include "lib/present/model.h"

#include "lib/base/units.h"
#include "lib/present/flame.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

struct scope_report *scope_report_new(const char *title)
{
    struct scope_report *report = scope_alloc(1, sizeof *report);
    report->title = scope_strdup(title);
    return report;
}

void scope_table_free(struct scope_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].heading);
        free(table->columns[i].hint);
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        free(table->cells[i].text);
        free(table->cells[i].hint);
    }
    free(table->columns);
    free(table->rows);
    free(table->cells);
    free(table->id);
    free(table->title);
    free(table->legend);
    free(table);
}

static void free_names(struct scope_plot *plot)
{
    for (size_t i = 0; i < plot->name_count; i++)
        free(plot->names[i]);
    free(plot->names);
    plot->names = NULL;
    plot->name_count = 0;
}

static void free_plot(struct scope_plot *plot)
{
    if (!plot)
        return;
    for (size_t i = 0; i < plot->curve_count; i++) {
        free(plot->curves[i].label);
        free(plot->curves[i].x);
        free(plot->curves[i].y);
    }
    free_names(plot);
    free(plot->curves);
    free((char *)(uintptr_t)plot->x.label);
    free((char *)(uintptr_t)plot->y.label);
    free(plot->id);
    free(plot->title);
    free(plot);
}

void scope_report_free(struct scope_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->item_count; i++) {
        free(report->items[i].text);
        scope_table_free(report->items[i].table);
        free_plot(report->items[i].plot);
        scope_heat_free(report->items[i].heat);
        scope_flame_free(report->items[i].flame);
    }
    free(report->items);
    free(report->title);
    free(report);
}

static struct scope_item *add_item(struct scope_report *report,
                                   enum scope_item_kind kind)
{
    report->items = scope_grow(report->items, &report->item_room,
                               report->item_count, sizeof *report->items);
    struct scope_item *item = &report->items[report->item_count++];
    *item = (struct scope_item){.kind = kind};
    return item;
}

void scope_report_heading(struct scope_report *report, const char *text)
{
    add_item(report, SCOPE_ITEM_HEADING)->text = scope_strdup(text);
}

__attribute__((format(printf, 3, 0))) static void
add_formatted(struct scope_report *report, enum scope_item_kind kind,
              const char *fmt, va_list args)
{
    char *text = NULL;
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    struct scope_item *item = add_item(report, kind);
    item->text = scope_strdup(text ? text : "");
    free(text);
}

void scope_report_text(struct scope_report *report, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_formatted(report, SCOPE_ITEM_TEXT, fmt, args);
    va_end(args);
}

void scope_report_warning(struct scope_report *report, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    add_formatted(report, SCOPE_ITEM_WARNING, fmt, args);
    va_end(args);
}

static bool id_is_taken(const struct scope_report *report, const char *id)
{
    for (size_t i = 0; i < report->item_count; i++) {
        const struct scope_item *item = &report->items[i];
        if (item->table && strcmp(item->table->id, id) == 0)
            return true;
        if (item->plot && strcmp(item->plot->id, id) == 0)
            return true;
        if (item->heat && strcmp(item->heat->id, id) == 0)
            return true;
        if (item->flame && strcmp(item->flame->id, id) == 0)
            return true;
    }
    return false;
}

/* An id names files, so it holds nothing but a-z, 0-9 and '-', and is unique:
 * an analyzer may run twice. */
static char *make_id(const struct scope_report *report, const char *wanted)
{
    char *id = scope_strdup(*wanted ? wanted : "unnamed");
    for (char *at = id; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-", *at))
            *at = '-';
    char *unique = scope_strdup(id);
    for (unsigned n = 2; id_is_taken(report, unique); n++) {
        free(unique);
        unique = scope_format("%s-%u", id, n);
    }
    free(id);
    return unique;
}

struct scope_table *scope_table_new(const char *id, const char *title)
{
    struct scope_table *table = scope_alloc(1, sizeof *table);
    table->id = scope_strdup(id);
    table->title = scope_strdup(title);
    table->legend = scope_strdup("to be doubted: see the verdict");
    return table;
}

struct scope_table *scope_report_table(struct scope_report *report,
                                       const char *id, const char *title)
{
    char *unique = make_id(report, id);
    struct scope_table *table = scope_table_new(unique, title);
    free(unique);
    add_item(report, SCOPE_ITEM_TABLE)->table = table;
    return table;
}

void scope_report_heat(struct scope_report *report, const char *id,
                       const char *title, const struct scope_heat *heat)
{
    char *unique = make_id(report, id);
    struct scope_heat_map *map = scope_heat_new(unique, title, heat);
    free(unique);
    add_item(report, SCOPE_ITEM_HEAT)->heat = map;
}

void scope_table_column(struct scope_table *table, enum scope_column_kind kind,
                        const char *name, const char *heading,
                        enum scope_unit unit, const char *hint)
{
    table->columns = scope_grow(table->columns, &table->column_room,
                                table->column_count, sizeof *table->columns);
    table->columns[table->column_count++] = (struct scope_column){
        .kind = kind,
        .name = scope_strdup(name),
        .heading = scope_strdup(heading),
        .unit = unit,
        .hint = hint ? scope_strdup(hint) : NULL,
    };
}

void scope_table_row(struct scope_table *table)
{
    table->rows = scope_grow(table->rows, &table->row_room, table->row_count,
                             sizeof *table->rows);
    table->rows[table->row_count++] =
        (struct scope_row){.first = table->cell_count};
}

void scope_table_group(struct scope_table *table)
{
    scope_table_row(table);
    table->rows[table->row_count - 1].group = true;
}

void scope_table_doubt(struct scope_table *table)
{
    if (table->row_count)
        table->rows[table->row_count - 1].doubt = true;
}

void scope_table_legend(struct scope_table *table, const char *text)
{
    free(table->legend);
    table->legend = scope_strdup(text);
}

/* Cells beyond the last column, or before the first row, go nowhere. */
static void add_cell(struct scope_table *table, struct scope_cell cell)
{
    struct scope_row *row =
        table->row_count ? &table->rows[table->row_count - 1] : NULL;
    if (!row || row->count == table->column_count) {
        free(cell.text);
        return;
    }
    table->cells = scope_grow(table->cells, &table->cell_room,
                              table->cell_count, sizeof *table->cells);
    table->cells[table->cell_count++] = cell;
    row->count++;
}

void scope_cell_text(struct scope_table *table, const char *text)
{
    add_cell(table, (struct scope_cell){.kind = SCOPE_CELL_TEXT,
                                        .text = scope_strdup(text)});
}

void scope_cell_number(struct scope_table *table, double value)
{
    scope_cell_unit(table, value, 0);
}

void scope_cell_unit(struct scope_table *table, double value,
                     enum scope_unit unit)
{
    add_cell(table, (struct scope_cell){.kind = SCOPE_CELL_NUMBER,
                                        .number = value,
                                        .unit = unit});
}

void scope_cell_empty(struct scope_table *table)
{
    add_cell(table, (struct scope_cell){.kind = SCOPE_CELL_EMPTY});
}

void scope_cell_hint(struct scope_table *table, const char *hint)
{
    if (!table->cell_count)
        return;
    struct scope_cell *cell = &table->cells[table->cell_count - 1];
    free(cell->hint);
    cell->hint = scope_strdup(hint);
}

static struct scope_axis copy_axis(const struct scope_axis *axis)
{
    struct scope_axis copy = *axis;
    copy.label = scope_strdup(axis->label ? axis->label : "");
    return copy;
}

struct scope_plot *scope_report_plot(struct scope_report *report,
                                     const char *id, const char *title,
                                     const struct scope_axis *x,
                                     const struct scope_axis *y)
{
    struct scope_plot *plot = scope_alloc(1, sizeof *plot);
    plot->id = make_id(report, id);
    plot->title = scope_strdup(title);
    plot->x = copy_axis(x);
    plot->y = copy_axis(y);
    add_item(report, SCOPE_ITEM_PLOT)->plot = plot;
    return plot;
}

static double *copy_values(const double *values, size_t count)
{
    double *copy = scope_alloc(count ? count : 1, sizeof *copy);
    if (count)
        memcpy(copy, values, count * sizeof *copy);
    return copy;
}

void scope_plot_add(struct scope_plot *plot, enum scope_mark mark,
                    const char *label, const double *x, const double *y,
                    size_t count)
{
    plot->curves = scope_grow(plot->curves, &plot->curve_room,
                              plot->curve_count, sizeof *plot->curves);
    plot->curves[plot->curve_count++] = (struct scope_curve){
        .mark = mark,
        .label = scope_strdup(label),
        .x = copy_values(x, count),
        .y = copy_values(y, count),
        .count = count,
    };
}

void scope_plot_names(struct scope_plot *plot, const char *const *names,
                      size_t count)
{
    free_names(plot);
    plot->names = scope_alloc(count ? count : 1, sizeof *plot->names);
    for (size_t i = 0; i < count; i++)
        plot->names[i] = scope_strdup(names[i]);
    plot->name_count = count;
}

struct scope_flame *scope_report_flame(struct scope_report *report,
                                       const char *id, const char *title,
                                       const struct scope_flame_spec *spec)
{
    char *unique = make_id(report, id);
    struct scope_flame *flame = scope_flame_new(unique, title, spec);
    free(unique);
    add_item(report, SCOPE_ITEM_FLAME)->flame = flame;
    return flame;
}

const char *scope_row_unit(const struct scope_table *table,
                           const struct scope_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        const struct scope_cell *cell = scope_cell_at(table, row, i);
        if (cell->kind == SCOPE_CELL_NUMBER && cell->unit &&
            table->columns[i].kind == SCOPE_COLUMN_NUMBER)
            return scope_unit_word(cell->unit);
    }
    return "";
}

const char *scope_cell_word(const struct scope_table *table,
                            const struct scope_row *row, size_t column)
{
    const struct scope_cell *cell = scope_cell_at(table, row, column);
    if (!cell || cell->kind != SCOPE_CELL_NUMBER)
        return "";
    enum scope_unit unit =
        cell->unit ? cell->unit : table->columns[column].unit;
    return unit ? scope_unit_word(unit) : "";
}

/* Units of single cells would make the column's unit a lie. */
static bool has_own_units(const struct scope_table *table, size_t column)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct scope_cell *cell =
            scope_cell_at(table, &table->rows[i], column);
        if (cell && cell->unit)
            return true;
    }
    return false;
}

char *scope_column_key(const struct scope_table *table, size_t column)
{
    const struct scope_column *spec = &table->columns[column];
    if (!spec->unit || spec->unit == SCOPE_UNIT_COUNT ||
        has_own_units(table, column))
        return scope_strdup(spec->name);
    return scope_format("%s_%s", spec->name, scope_unit_word(spec->unit));
}

void scope_exact_number(char *out, size_t size, double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}
