/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts a workload together from what its readers found. */
#include "drivers/sql/workload.h"

#include "drivers/sql/reader.h"
#include "lib/net/tally.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

const char *const sql_mode_words[] = {"prepared", "extended", "simple", NULL};

void sql_workload_free(struct sql_workload *workload)
{
    for (size_t i = 0; i < workload->parameter_count; i++) {
        free(workload->parameters[i].name);
        sql_generator_free(&workload->parameters[i].generator);
    }
    for (size_t i = 0; i < workload->statement_count; i++) {
        free(workload->statements[i].name);
        free(workload->statements[i].sql);
        free(workload->statements[i].placed);
        free(workload->statements[i].bindings);
        free(workload->statements[i].pieces);
    }
    for (size_t i = 0; i < workload->unit_count; i++) {
        free(workload->units[i].name);
        free(workload->units[i].begin);
        free(workload->units[i].steps);
    }
    for (size_t i = 0; i < workload->table_count; i++)
        sql_table_free(&workload->tables[i]);
    for (size_t i = 0; i < workload->connect_count; i++)
        free(workload->connect[i]);
    free(workload->parameters);
    free(workload->statements);
    free(workload->units);
    free(workload->tables);
    free(workload->connect);
    for (size_t i = 0; i < workload->kind_count; i++)
        free(workload->kinds[i]);
    free(workload->kinds);
    free(workload->source);
    *workload = (struct sql_workload){0};
}

size_t sql_find_statement(const struct sql_workload *workload, const char *name)
{
    for (size_t i = 0; i < workload->statement_count; i++)
        if (strcmp(workload->statements[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

enum scope_code sql_check_name(struct sql_reader *reader, const char *name,
                               const struct scope_place *place)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const struct sql_workload *workload = reader->workload;
    size_t length = strlen(name);
    if (!length || length > 40 || strspn(name, letters) != length)
        return scope_fail_at(reader->err, place,
                             "'%s' is no name: letters, digits, _ - and ., at "
                             "most 40",
                             name);
    bool taken = sql_find_statement(workload, name) != SIZE_MAX;
    for (size_t i = 0; i < workload->unit_count; i++)
        taken = taken || strcmp(workload->units[i].name, name) == 0;
    if (!taken)
        return SCOPE_OK;
    return scope_fail_at(reader->err, place,
                         "there is a statement or transaction %s already",
                         name);
}

struct sql_unit *sql_add_unit(struct sql_workload *workload, const char *name,
                              double weight)
{
    workload->units = scope_grow(workload->units, &workload->unit_room,
                                 workload->unit_count, sizeof *workload->units);
    struct sql_unit *unit = &workload->units[workload->unit_count++];
    *unit = (struct sql_unit){.name = scope_strdup(name), .weight = weight};
    return unit;
}

enum scope_code sql_add_step(struct sql_reader *reader, struct sql_unit *unit,
                             size_t statement, int64_t times,
                             const struct scope_place *place)
{
    if (unit->step_count == SQL_MOST_STEPS)
        return scope_fail_at(reader->err, place,
                             "a transaction has at most %d steps",
                             SQL_MOST_STEPS);
    unit->steps =
        scope_realloc(unit->steps, unit->step_count + 1, sizeof *unit->steps);
    unit->steps[unit->step_count++] =
        (struct sql_step){.statement = statement, .times = (uint64_t)times};
    if (unit->transaction)
        reader->workload->statements[statement].used = true;
    return SCOPE_OK;
}

enum scope_code sql_read_parameters(struct sql_reader *reader,
                                    const struct scope_yaml *node, bool shared)
{
    struct sql_workload *workload = reader->workload;
    if (scope_yaml_is_null(node))
        return SCOPE_OK;
    if (node->kind != SCOPE_YAML_MAPPING ||
        node->count + workload->parameter_count > SQL_MOST_PARAMETERS)
        return scope_fail_at(reader->err, &node->place,
                             "parameters wants a mapping by name, of at most "
                             "%d",
                             SQL_MOST_PARAMETERS);
    const struct sql_sizes sizes = {.closure = workload,
                                    .rows = sql_table_rows};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++) {
        const struct scope_yaml *key = &node->items[i * 2];
        if (!sql_is_name(key->scalar))
            return scope_fail_at(reader->err, &key->place,
                                 "%s is no name of a parameter: letters, "
                                 "digits and _",
                                 key->scalar);
        workload->parameters =
            scope_grow(workload->parameters, &workload->parameter_room,
                       workload->parameter_count, sizeof *workload->parameters);
        struct sql_parameter *parameter =
            &workload->parameters[workload->parameter_count++];
        *parameter = (struct sql_parameter){.name = scope_strdup(key->scalar),
                                            .shared = shared};
        code =
            sql_generator_read(&parameter->generator, &node->items[i * 2 + 1],
                               &sizes, NULL, reader->err);
    }
    return code;
}

/* The whole file, as text without NULs. To free(). */
static enum scope_code read_file(const char *path, char **text,
                                 struct scope_err *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return scope_fail(err, SCOPE_USAGE, errno, "open workload %s", path);
    const size_t most = (size_t)16 * SQL_MOST_TEXT;
    char *bytes = scope_alloc(most + 1, 1);
    size_t size = fread(bytes, 1, most + 1, file);
    enum scope_code code = SCOPE_OK;
    if (ferror(file))
        code = scope_fail(err, SCOPE_IO, errno, "read workload %s", path);
    else if (size > most)
        code = scope_fail(err, SCOPE_USAGE, 0,
                          "workload %s has more than "
                          "16 MiB",
                          path);
    else if (memchr(bytes, '\0', size))
        code = scope_fail(err, SCOPE_USAGE, 0,
                          "workload %s is no text: it "
                          "holds a NUL",
                          path);
    fclose(file);
    if (code == SCOPE_OK) {
        bytes[size] = '\0';
        *text = scope_strdup(bytes);
    }
    free(bytes);
    return code;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    size_t wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static enum scope_code parse_yaml(struct sql_reader *reader, const char *text)
{
    const char *name = reader->workload->source;
    struct scope_yaml_file *file = NULL;
    enum scope_code code =
        scope_yaml_parse(name, text, strlen(text), &file, reader->err);
    if (code == SCOPE_OK)
        code = sql_read_yaml(reader, scope_yaml_root(file));
    scope_yaml_free(file);
    return code;
}

static enum scope_code read_source(struct sql_reader *reader)
{
    const struct sql_source_options *options = reader->options;
    if (options->preset)
        return parse_yaml(reader, options->preset);
    if (!options->file)
        return SCOPE_OK;
    char *text = NULL;
    enum scope_code code = read_file(options->file, &text, reader->err);
    if (code == SCOPE_OK && ends_with(options->file, ".sql"))
        code = sql_read_script(reader, text);
    else if (code == SCOPE_OK)
        code = parse_yaml(reader, text);
    free(text);
    return code;
}

/* What the command line adds: NAME: SQL, or SQL. */
static enum scope_code read_statements(struct sql_reader *reader)
{
    const struct scope_list *list = &reader->options->statements;
    const struct scope_place nowhere = {.file = NULL};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < list->count; i++) {
        const char *sql = list->items[i];
        size_t length = sql_word_length(sql);
        char *name = NULL;
        if (length && sql[length] == ':' && sql[length + 1] == ' ') {
            name = scope_format("%.*s", (int)length, sql);
            sql += length + 2;
        } else {
            name = scope_format("statement-%zu", i + 1);
        }
        double weight;
        code = sql_check_name(reader, name, &nowhere);
        if (code == SCOPE_OK)
            code = sql_add_statement(reader, name, &nowhere, scope_strdup(sql),
                                     NULL, &weight);
        if (code == SCOPE_OK)
            code = sql_add_step(reader, sql_add_unit(reader->workload, name, 1),
                                reader->workload->statement_count - 1, 1,
                                &nowhere);
        free(name);
    }
    return code;
}

static enum scope_code read_parameters(struct sql_reader *reader)
{
    const struct scope_list *list = &reader->options->parameters;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < list->count; i++) {
        struct scope_yaml_file *file = NULL;
        code = scope_yaml_parse("parameter", list->items[i],
                                strlen(list->items[i]), &file, reader->err);
        if (code == SCOPE_OK)
            code = sql_read_parameters(reader, scope_yaml_root(file), true);
        scope_yaml_free(file);
    }
    return code;
}

static enum scope_code set_shares(struct sql_reader *reader)
{
    struct sql_workload *workload = reader->workload;
    double sum = 0;
    for (size_t i = 0; i < workload->unit_count; i++)
        sum += workload->units[i].weight;
    if (sum <= 0) {
        scope_fail(reader->err, SCOPE_USAGE, 0,
                   "no statement and no transaction is to be run");
        return scope_hint(reader->err, "say preset=NAME, workload=FILE or "
                                       "statement=SQL");
    }
    double before = 0;
    for (size_t i = 0; i < workload->unit_count; i++) {
        before += workload->units[i].weight;
        workload->units[i].until = before / sum;
    }
    return SCOPE_OK;
}

static void name_kind(struct sql_workload *workload, size_t *room, char *name)
{
    /* Room for the NULL at the end, too. */
    workload->kinds =
        scope_grow(workload->kinds, room, workload->kind_count + 1,
                   sizeof *workload->kinds);
    workload->kinds[workload->kind_count++] = name;
    workload->kinds[workload->kind_count] = NULL;
}

/* A statement that a transaction has at several places is one part of it. */
static void name_parts(struct sql_workload *workload, size_t *room,
                       struct sql_unit *unit)
{
    for (size_t i = 0; i < unit->step_count; i++) {
        struct sql_step *step = &unit->steps[i];
        size_t before = 0;
        while (unit->steps[before].statement != step->statement)
            before++;
        step->part = unit->steps[before].part;
        if (before < i)
            continue;
        step->part = (unsigned)workload->kind_count;
        name_kind(workload, room,
                  scope_format("%s/%s", unit->name,
                               workload->statements[step->statement].name));
    }
}

static enum scope_code name_kinds(struct sql_reader *reader)
{
    struct sql_workload *workload = reader->workload;
    size_t room = 0;
    for (size_t i = 0; i < workload->unit_count; i++)
        name_kind(workload, &room, scope_strdup(workload->units[i].name));
    for (size_t i = 0; i < workload->unit_count; i++)
        if (workload->units[i].transaction)
            name_parts(workload, &room, &workload->units[i]);
    if (workload->kind_count <= SCOPE_KINDS_MAX)
        return SCOPE_OK;
    return scope_fail(reader->err, SCOPE_USAGE, 0,
                      "the workload has %zu statements and transactions: more "
                      "than %d",
                      workload->kind_count, SCOPE_KINDS_MAX);
}

enum scope_code sql_workload_open(struct sql_workload *workload,
                                  const struct sql_source_options *options,
                                  struct scope_err *err)
{
    *workload = (struct sql_workload){.dialect = options->dialect};
    workload->source = scope_strdup(options->file ? options->file : "preset");
    struct sql_reader reader = {
        .workload = workload, .options = options, .err = err};
    if (options->file && options->preset)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "workload and preset exclude each other");
    enum scope_code code = read_source(&reader);
    if (code == SCOPE_OK)
        code = read_parameters(&reader);
    if (code == SCOPE_OK)
        code = read_statements(&reader);
    for (size_t i = 0; code == SCOPE_OK && i < workload->statement_count; i++)
        code = sql_place_parameters(&reader, &workload->statements[i]);
    if (code == SCOPE_OK)
        code = set_shares(&reader);
    if (code == SCOPE_OK)
        code = name_kinds(&reader);
    return code;
}
