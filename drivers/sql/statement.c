/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One statement: its rules, and its text taken apart at its parameters. */
#include "drivers/sql/reader.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum scope_code read_mode(struct sql_reader *reader,
                                 const struct scope_yaml *node,
                                 enum sql_mode *mode)
{
    for (int i = 0; sql_mode_words[i]; i++)
        if (node->kind == SCOPE_YAML_SCALAR &&
            strcmp(sql_mode_words[i], node->scalar) == 0) {
            *mode = (enum sql_mode)i;
            return SCOPE_OK;
        }
    return scope_fail_at(reader->err, &node->place,
                         "mode is prepared, extended or simple");
}

static enum scope_code read_rules(struct sql_reader *reader,
                                  const struct scope_yaml *rules,
                                  struct sql_statement *statement,
                                  double *weight)
{
    static const char *const known[] = {"sql",  "weight", "parameters",
                                        "mode", "name",   NULL};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < rules->count; i++)
        code = sql_known_key(reader, &rules->items[i * 2], known);
    const struct scope_yaml *said;
    if (code == SCOPE_OK && (said = scope_yaml_get(rules, "weight")))
        code = sql_read_weight(reader, said, weight);
    if (code == SCOPE_OK && (said = scope_yaml_get(rules, "mode")))
        code = read_mode(reader, said, &statement->mode);
    if (code == SCOPE_OK && (said = scope_yaml_get(rules, "parameters"))) {
        struct sql_workload *workload = reader->workload;
        statement->first_own = workload->parameter_count;
        code = sql_read_parameters(reader, said, false);
        statement->own_count = workload->parameter_count - statement->first_own;
    }
    return code;
}

enum scope_code sql_add_statement(struct sql_reader *reader, const char *name,
                                  const struct scope_place *place, char *sql,
                                  const struct scope_yaml *rules,
                                  double *weight)
{
    struct sql_workload *workload = reader->workload;
    if (workload->statement_count == SQL_MOST_STATEMENTS) {
        free(sql);
        return scope_fail_at(reader->err, place,
                             "a workload has at most %d statements",
                             SQL_MOST_STATEMENTS);
    }
    workload->statements =
        scope_grow(workload->statements, &workload->statement_room,
                   workload->statement_count, sizeof *workload->statements);
    struct sql_statement *statement =
        &workload->statements[workload->statement_count++];
    *statement = (struct sql_statement){
        .name = scope_strdup(name),
        .place = sql_keep_place(reader, place),
        .sql = sql,
    };
    snprintf(statement->handle, sizeof statement->handle, "s%zu",
             workload->statement_count);
    *weight = -1;
    enum scope_code code =
        rules ? read_rules(reader, rules, statement, weight) : SCOPE_OK;
    if (reader->options->mode >= 0)
        statement->mode = (enum sql_mode)reader->options->mode;
    if (code == SCOPE_OK && statement->mode == SQL_EXTENDED &&
        reader->options->dialect == SQL_MYSQL)
        code = scope_fail_at(reader->err, place,
                             "statement %s: mode extended is PostgreSQL's "
                             "only",
                             name);
    return code;
}

static size_t find_parameter(const struct sql_workload *workload,
                             const struct sql_statement *statement,
                             const char *name, size_t length)
{
    for (size_t i = 0; i < statement->own_count; i++) {
        size_t at = statement->first_own + i;
        const char *own = workload->parameters[at].name;
        if (strlen(own) == length && strncmp(own, name, length) == 0)
            return at;
    }
    /* What was said last counts: the command line's before a file's. */
    for (size_t i = workload->parameter_count; i-- > 0;) {
        const struct sql_parameter *parameter = &workload->parameters[i];
        if (parameter->shared && strlen(parameter->name) == length &&
            strncmp(parameter->name, name, length) == 0)
            return i;
    }
    return SIZE_MAX;
}

static void add_piece(struct sql_statement *statement, size_t *room,
                      const char *from, const char *to, size_t parameter)
{
    statement->pieces =
        scope_grow(statement->pieces, room, statement->piece_count,
                   sizeof *statement->pieces);
    statement->pieces[statement->piece_count++] = (struct sql_piece){
        .text = from, .length = (size_t)(to - from), .parameter = parameter};
}

/* The placeholder's number, from 1: PostgreSQL's may come again. */
static size_t bind(enum sql_dialect dialect, struct sql_statement *statement,
                   size_t *room, size_t parameter)
{
    if (dialect == SQL_PGSQL)
        for (size_t i = 0; i < statement->binding_count; i++)
            if (statement->bindings[i] == parameter)
                return i + 1;
    statement->bindings =
        scope_grow(statement->bindings, room, statement->binding_count,
                   sizeof *statement->bindings);
    statement->bindings[statement->binding_count++] = parameter;
    return statement->binding_count;
}

/* White space, semicolons and comments at the end would only make a statement
 * look like two. */
static void cut_end(enum sql_dialect dialect, char *sql)
{
    size_t end = 0;
    size_t length;
    enum sql_token_kind kind;
    for (size_t at = 0;
         (kind = sql_token(dialect, sql + at, &length)) != SQL_TOKEN_END;
         at += length)
        if (kind != SQL_TOKEN_SPACE && kind != SQL_TOKEN_SEMICOLON)
            end = at + length;
    sql[end] = '\0';
}

static enum scope_code missing(struct sql_reader *reader,
                               const struct sql_statement *statement,
                               const char *name, size_t length)
{
    scope_fail_at(reader->err, &statement->place,
                  "statement %s: no parameter %.*s is defined", statement->name,
                  (int)length, name);
    return scope_hint(reader->err,
                      "say where its value comes from, under parameters: "
                      "%.*s: {uniform: 1..1000}",
                      (int)length, name);
}

static enum scope_code check_used(struct sql_reader *reader,
                                  const struct sql_statement *statement)
{
    const struct sql_parameter *parameters = reader->workload->parameters;
    for (size_t i = 0; i < statement->own_count; i++) {
        size_t at = statement->first_own + i;
        bool used = false;
        for (size_t j = 0; j < statement->binding_count; j++)
            used = used || statement->bindings[j] == at;
        if (!used)
            return scope_fail_at(reader->err, &statement->place,
                                 "statement %s has a parameter %s, but its "
                                 "text has no :%s",
                                 statement->name, parameters[at].name,
                                 parameters[at].name);
    }
    return SCOPE_OK;
}

static enum scope_code check_text(struct sql_reader *reader,
                                  const struct sql_statement *statement,
                                  bool several)
{
    if (!*statement->sql)
        return scope_fail_at(reader->err, &statement->place,
                             "statement %s is empty", statement->name);
    if (several && statement->mode != SQL_SIMPLE) {
        scope_fail_at(reader->err, &statement->place,
                      "statement %s holds several statements", statement->name);
        return scope_hint(reader->err, "only mode: simple can send them as "
                                       "one; or make it a transaction");
    }
    return check_used(reader, statement);
}

enum scope_code sql_place_parameters(struct sql_reader *reader,
                                     struct sql_statement *statement)
{
    enum sql_dialect dialect = reader->options->dialect;
    struct scope_text placed = {0};
    size_t piece_room = 0;
    size_t binding_room = 0;
    size_t length;
    bool several = false;
    enum sql_token_kind kind;
    enum scope_code code = SCOPE_OK;
    cut_end(dialect, statement->sql);
    const char *from = statement->sql;
    const char *at = from;
    for (; code == SCOPE_OK &&
           (kind = sql_token(dialect, at, &length)) != SQL_TOKEN_END;
         at += length) {
        several = several || kind == SQL_TOKEN_SEMICOLON;
        if (kind != SQL_TOKEN_PARAMETER) {
            scope_text_put(&placed, at, length);
            continue;
        }
        size_t found =
            find_parameter(reader->workload, statement, at + 1, length - 1);
        if (found == SIZE_MAX) {
            code = missing(reader, statement, at + 1, length - 1);
            break;
        }
        size_t number = bind(dialect, statement, &binding_room, found);
        add_piece(statement, &piece_room, from, at, found);
        from = at + length;
        if (dialect == SQL_PGSQL)
            scope_text_add(&placed, "$%zu", number);
        else
            scope_text_char(&placed, '?');
    }
    add_piece(statement, &piece_room, from, at, SIZE_MAX);
    statement->placed = scope_text_take(&placed);
    return code == SCOPE_OK ? check_text(reader, statement, several) : code;
}
