/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reports as JSON, for programs: {"format": "scope-report", "version": 1,
 * "title", "items": [...]}, an item being a heading, text, warning, table,
 * plot, heat map (a table of row, column, value) or flame graph (a table of
 * its frames) by its "type". Rows are objects by column key; numbers have all
 * their digits and are in base units; what is not finite is null. The version
 * rises when the meaning of a key changes.
 */
#include "lib/base/inert.h"
#include "lib/present/flame.h"
#include "lib/present/json_value.h"
#include "lib/present/model.h"

#include "lib/base/units.h"

#include <jansson.h>
#include <math.h>

void scope_json_text(struct scope_text *out, const char *text)
{
    json_t *json = scope_json_string(text);
    char *quoted = json_dumps(json, JSON_ENCODE_ANY);
    scope_text_add(out, "%s", quoted);
    free(quoted);
    json_decref(json);
}

static const char *unit_word(enum scope_unit unit)
{
    const char *word = unit ? scope_unit_word(unit) : NULL;
    return word ? word : "";
}

static json_t *json_columns(const struct scope_table *table)
{
    static const char *const kinds[] = {
        [SCOPE_COLUMN_TEXT] = "text",       [SCOPE_COLUMN_NUMBER] = "number",
        [SCOPE_COLUMN_APART] = "number",    [SCOPE_COLUMN_UNIT] = "unit",
        [SCOPE_COLUMN_MACHINE] = "machine",
    };
    json_t *columns = json_array();
    for (size_t i = 0; i < table->column_count; i++) {
        const struct scope_column *spec = &table->columns[i];
        json_t *column = json_object();
        char *key = scope_column_key(table, i);
        json_object_set_new(column, "key", scope_json_string(key));
        free(key);
        json_object_set_new(column, "heading",
                            scope_json_string(spec->heading));
        json_object_set_new(column, "kind",
                            scope_json_string(kinds[spec->kind]));
        if (spec->unit)
            json_object_set_new(column, "unit",
                                scope_json_string(unit_word(spec->unit)));
        if (spec->hint)
            json_object_set_new(column, "hint", scope_json_string(spec->hint));
        json_array_append_new(columns, column);
    }
    return columns;
}

static json_t *json_cell(const struct scope_table *table,
                         const struct scope_row *row, size_t column)
{
    const struct scope_cell *cell = scope_cell_at(table, row, column);
    if (table->columns[column].kind == SCOPE_COLUMN_UNIT)
        return scope_json_string(scope_row_unit(table, row));
    if (cell && cell->kind == SCOPE_CELL_TEXT)
        return scope_json_string(cell->text);
    if (cell && cell->kind == SCOPE_CELL_NUMBER)
        return scope_json_number(cell->number);
    return json_null();
}

static json_t *json_row(const struct scope_table *table,
                        const struct scope_row *row)
{
    json_t *json = json_object();
    for (size_t i = 0; i < table->column_count; i++) {
        char *key = scope_column_key(table, i);
        char *valid = scope_valid_utf8(key);
        json_object_set_new(json, valid, json_cell(table, row, i));
        if (table->columns[i].kind == SCOPE_COLUMN_APART) {
            char *unit = scope_format("%s_unit", valid);
            json_object_set_new(
                json, unit, scope_json_string(scope_cell_word(table, row, i)));
            free(unit);
        }
        free(valid);
        free(key);
    }
    json_object_set_new(json, "doubt", json_boolean(row->doubt));
    return json;
}

static json_t *json_table(const struct scope_table *table)
{
    json_t *json = json_object(), *rows = json_array();
    json_object_set_new(json, "type", json_string("table"));
    json_object_set_new(json, "id", scope_json_string(table->id));
    json_object_set_new(json, "title", scope_json_string(table->title));
    json_object_set_new(json, "columns", json_columns(table));
    for (size_t r = 0; r < table->row_count; r++)
        json_array_append_new(rows, json_row(table, &table->rows[r]));
    json_object_set_new(json, "rows", rows);
    return json;
}

/* A table of its values that knows how it is drawn. */
static json_t *json_heat(const struct scope_heat_map *map)
{
    json_t *json = json_table(map->list);
    json_object_set_new(json, "type", json_string("heat"));
    json_object_set_new(json, "log", json_boolean(map->log));
    return json;
}

/* A table of its frames that knows what they are. */
static json_t *json_flame(const struct scope_flame *flame)
{
    struct scope_table *rows = scope_flame_rows(flame);
    json_t *json = json_table(rows);
    scope_table_free(rows);
    json_object_set_new(json, "type", json_string("flame"));
    json_object_set_new(json, "unit",
                        scope_json_string(unit_word(flame->unit)));
    json_object_set_new(json, "cost", scope_json_string(flame->cost));
    json_object_set_new(json, "inverted", json_boolean(flame->inverted));
    if (flame->requests > 0)
        json_object_set_new(json, "requests",
                            scope_json_number(flame->requests));
    if (flame->against) {
        json_object_set_new(json, "side", scope_json_string(flame->side));
        json_object_set_new(json, "against", scope_json_string(flame->against));
    }
    return json;
}

static json_t *json_axis(const struct scope_axis *axis)
{
    static const char *const scales[] = {
        [SCOPE_AXIS_LINEAR] = "linear",
        [SCOPE_AXIS_LOG] = "log",
        [SCOPE_AXIS_PERCENTILE] = "percentile",
    };
    json_t *json = json_object();
    json_object_set_new(json, "label", scope_json_string(axis->label));
    json_object_set_new(json, "unit", scope_json_string(unit_word(axis->unit)));
    json_object_set_new(json, "scale", scope_json_string(scales[axis->scale]));
    return json;
}

static json_t *json_values(const double *values, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, scope_json_number(values[i]));
    return array;
}

static json_t *json_plot(const struct scope_plot *plot)
{
    json_t *json = json_object(), *curves = json_array();
    json_object_set_new(json, "type", json_string("plot"));
    json_object_set_new(json, "id", scope_json_string(plot->id));
    json_object_set_new(json, "title", scope_json_string(plot->title));
    json_object_set_new(json, "x", json_axis(&plot->x));
    json_object_set_new(json, "y", json_axis(&plot->y));
    for (size_t i = 0; i < plot->curve_count; i++) {
        const struct scope_curve *curve = &plot->curves[i];
        json_t *one = json_object();
        json_object_set_new(one, "label", scope_json_string(curve->label));
        json_object_set_new(one, "x", json_values(curve->x, curve->count));
        json_object_set_new(one, "y", json_values(curve->y, curve->count));
        json_array_append_new(curves, one);
    }
    json_object_set_new(json, "curves", curves);
    if (plot->name_count) {
        json_t *names = json_array();
        for (size_t i = 0; i < plot->name_count; i++)
            json_array_append_new(names, scope_json_string(plot->names[i]));
        json_object_set_new(json, "names", names);
    }
    return json;
}

static json_t *json_item(const struct scope_item *item)
{
    static const char *const types[] = {
        [SCOPE_ITEM_HEADING] = "heading",
        [SCOPE_ITEM_TEXT] = "text",
        [SCOPE_ITEM_WARNING] = "warning",
    };
    if (item->kind == SCOPE_ITEM_TABLE)
        return json_table(item->table);
    if (item->kind == SCOPE_ITEM_PLOT)
        return json_plot(item->plot);
    if (item->kind == SCOPE_ITEM_HEAT)
        return json_heat(item->heat);
    if (item->kind == SCOPE_ITEM_FLAME)
        return json_flame(item->flame);
    json_t *json = json_object();
    json_object_set_new(json, "type", json_string(types[item->kind]));
    json_object_set_new(json, "text", scope_json_string(item->text));
    return json;
}

static int put(const char *bytes, size_t size, void *closure)
{
    scope_text_put(closure, bytes, size);
    return 0;
}

void scope_write_json(const struct scope_report *report, struct scope_text *out)
{
    json_t *root = json_object(), *items = json_array();
    json_object_set_new(root, "format", json_string("scope-report"));
    json_object_set_new(root, "version", json_integer(1));
    json_object_set_new(root, "title", scope_json_string(report->title));
    for (size_t i = 0; i < report->item_count; i++)
        json_array_append_new(items, json_item(&report->items[i]));
    json_object_set_new(root, "items", items);
    /* ASCII only: what acts on a terminal stays an escape. */
    json_dump_callback(root, put, out,
                       JSON_INDENT(1) | JSON_ENSURE_ASCII |
                           JSON_REAL_PRECISION(17));
    scope_text_char(out, '\n');
    json_decref(root);
}
