/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of a workload file. */
#include "drivers/sql/reader.h"

#include "lib/base/units.h"

#include <scope/alloc.h>
#include <string.h>

void sql_table_free(struct sql_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].type);
        sql_generator_free(&table->columns[i].generator);
    }
    for (size_t i = 0; i < table->after_count; i++)
        free(table->after[i]);
    free(table->columns);
    free(table->after);
    free(table->constraints);
    free(table->name);
}

bool sql_table_rows(const void *closure, const char *name, int64_t *rows)
{
    const struct sql_workload *workload = closure;
    for (size_t i = 0; i < workload->table_count; i++) {
        if (strcmp(workload->tables[i].name, name) != 0)
            continue;
        *rows = workload->tables[i].rows;
        return true;
    }
    return false;
}

static enum scope_code check_word(struct sql_reader *reader,
                                  const struct scope_yaml *key,
                                  const char *what)
{
    if (sql_is_name(key->scalar))
        return SCOPE_OK;
    return scope_fail_at(reader->err, &key->place,
                         "%s is not a %s name: letters, digits and _, at most "
                         "63",
                         key->scalar, what);
}

static enum scope_code read_rows(struct sql_reader *reader,
                                 const struct scope_yaml *node, int64_t *rows)
{
    struct scope_err why;
    if (node->kind == SCOPE_YAML_SCALAR &&
        scope_parse_int(node->scalar, rows, &why) == SCOPE_OK && *rows >= 0 &&
        *rows <= SQL_MOST_ROWS)
        return SCOPE_OK;
    return scope_fail_at(reader->err, &node->place,
                         "rows wants a number from 0 to %d", SQL_MOST_ROWS);
}

static enum scope_code read_column(struct sql_reader *reader,
                                   const struct scope_yaml *key,
                                   const struct scope_yaml *node,
                                   struct sql_column *column)
{
    enum scope_code code = check_word(reader, key, "column");
    if (code != SCOPE_OK)
        return code;
    column->name = scope_strdup(key->scalar);
    if (node->kind != SCOPE_YAML_MAPPING)
        return sql_read_text(reader, node, "type", &column->type);
    const struct scope_yaml *type = scope_yaml_get(node, "type");
    /* Without a type it may be the type in each server's words. */
    if (!type)
        return sql_read_text(reader, node, "type", &column->type);
    code = sql_read_text(reader, type, "type", &column->type);
    if (code != SCOPE_OK || node->count == 1)
        return code;
    column->made = true;
    static const char *const also[] = {"type", "value", NULL};
    const struct sql_sizes sizes = {.closure = reader->workload,
                                    .rows = sql_table_rows};
    const struct scope_yaml *value = scope_yaml_get(node, "value");
    if (value && value->kind == SCOPE_YAML_SCALAR && node->count == 2)
        return sql_generator_read(&column->generator, value, &sizes, NULL,
                                  reader->err);
    if (value)
        return scope_fail_at(reader->err, &value->place,
                             "value is a constant, and there is nothing else "
                             "beside it");
    code =
        sql_generator_read(&column->generator, node, &sizes, also, reader->err);
    if (code == SCOPE_OK && column->generator.shape == SQL_CONNECTION)
        code =
            scope_fail_at(reader->err, &node->place, "a row has no connection");
    return code;
}

static enum scope_code read_columns(struct sql_reader *reader,
                                    const struct scope_yaml *node,
                                    struct sql_table *table)
{
    if (node->kind != SCOPE_YAML_MAPPING || !node->count ||
        node->count > SQL_MOST_COLUMNS)
        return scope_fail_at(reader->err, &node->place,
                             "columns wants 1 to %d columns by name",
                             SQL_MOST_COLUMNS);
    table->columns = scope_alloc(node->count, sizeof *table->columns);
    table->column_count = node->count;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++)
        code = read_column(reader, &node->items[i * 2], &node->items[i * 2 + 1],
                           &table->columns[i]);
    return code;
}

static enum scope_code read_table(struct sql_reader *reader,
                                  const struct scope_yaml *node,
                                  struct sql_table *table)
{
    static const char *const known[] = {"columns", "rows", "constraints",
                                        "after", NULL};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++)
        code = sql_known_key(reader, &node->items[i * 2], known);
    if (code != SCOPE_OK)
        return code;
    const struct scope_yaml *columns = scope_yaml_get(node, "columns");
    if (!columns)
        return scope_fail_at(reader->err, &node->place,
                             "table %s has no columns", table->name);
    code = read_columns(reader, columns, table);
    const struct scope_yaml *more = scope_yaml_get(node, "constraints");
    if (code == SCOPE_OK && more)
        code = sql_read_text(reader, more, "constraints", &table->constraints);
    more = scope_yaml_get(node, "after");
    if (code == SCOPE_OK && more)
        code = sql_read_texts(reader, more, "after", &table->after,
                              &table->after_count);
    return code;
}

/* Names and numbers of rows, for rows(TABLE) anywhere. */
static enum scope_code begin_table(struct sql_reader *reader,
                                   const struct scope_yaml *key,
                                   const struct scope_yaml *node)
{
    struct sql_workload *workload = reader->workload;
    enum scope_code code = check_word(reader, key, "table");
    if (code != SCOPE_OK)
        return code;
    int64_t rows;
    if (sql_table_rows(workload, key->scalar, &rows))
        return scope_fail_at(reader->err, &key->place,
                             "there is a table %s already", key->scalar);
    if (node->kind != SCOPE_YAML_MAPPING)
        return scope_fail_at(reader->err, &node->place,
                             "table %s: a mapping is expected here",
                             key->scalar);
    rows = reader->options->rows;
    const struct scope_yaml *said = scope_yaml_get(node, "rows");
    if (said)
        code = read_rows(reader, said, &rows);
    if (code != SCOPE_OK)
        return code;
    workload->tables =
        scope_grow(workload->tables, &workload->table_room,
                   workload->table_count, sizeof *workload->tables);
    workload->tables[workload->table_count++] =
        (struct sql_table){.name = scope_strdup(key->scalar),
                           .place = sql_keep_place(reader, &key->place),
                           .rows = rows};
    return SCOPE_OK;
}

enum scope_code sql_read_tables(struct sql_reader *reader,
                                const struct scope_yaml *node)
{
    if (scope_yaml_is_null(node))
        return SCOPE_OK;
    if (node->kind != SCOPE_YAML_MAPPING || node->count > SQL_MOST_TABLES)
        return scope_fail_at(reader->err, &node->place,
                             "tables wants at most %d tables by name",
                             SQL_MOST_TABLES);
    size_t first = reader->workload->table_count;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++)
        code =
            begin_table(reader, &node->items[i * 2], &node->items[i * 2 + 1]);
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++)
        code = read_table(reader, &node->items[i * 2 + 1],
                          &reader->workload->tables[first + i]);
    return code;
}
