/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workloads as SQL files: statements that end with ;, those between BEGIN and
 * COMMIT (or ROLLBACK) one transaction, and before each, if wanted, its rules
 * in comment lines that are YAML:
 *
 *   -- name: pay
 *   -- weight: 3
 *   -- parameters: {id: {uniform: 1..1000}}
 *   UPDATE accounts SET paid = paid + 1 WHERE id = :id;
 */
#include "drivers/sql/reader.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct script {
    struct sql_reader *reader;
    const char *name; /* of the file */
    const char *text;
    /* A transaction that has begun: its place among the units. */
    bool inside;
    size_t unit;
    struct scope_place begun;
    size_t count; /* of statements and transactions, for their names */
};

static struct scope_place place_of(const struct script *script, const char *at)
{
    struct scope_place place = {.file = script->name, .line = 1, .column = 1};
    for (const char *c = script->text; c < at; c++) {
        place.line += *c == '\n';
        place.column = *c == '\n' ? 1 : place.column + 1;
    }
    return place;
}

/* The first token that is no space; `from` is where it begins. */
static enum sql_token_kind first_token(const struct script *script,
                                       const char *text, const char **from,
                                       size_t *length)
{
    enum sql_token_kind kind;
    while ((kind = sql_token(script->reader->options->dialect, text, length)) ==
           SQL_TOKEN_SPACE)
        text += *length;
    *from = text;
    return kind;
}

/* To the semicolon, or the end. */
static const char *statement_end(const struct script *script, const char *at)
{
    size_t length;
    enum sql_token_kind kind;
    while ((kind = sql_token(script->reader->options->dialect, at, &length)) !=
               SQL_TOKEN_END &&
           kind != SQL_TOKEN_SEMICOLON)
        at += length;
    return at;
}

static bool is_rule(const char *line)
{
    if (strncmp(line, "-- ", 3) != 0)
        return false;
    size_t word = sql_word_length(line + 3);
    const char *after = line + 3 + word;
    return word && *after == ':' &&
           (after[1] == ' ' || after[1] == '\n' || !after[1]);
}

/*
 * The YAML in the comment lines before a statement, each with spaces for its
 * dashes and as many empty lines before as the file has: so its places are the
 * file's. It begins with the first line that looks like `-- key: `; what is
 * before is a comment.
 */
static char *rules_text(const struct script *script, const char *from,
                        const char *to)
{
    struct scope_text yaml = {0};
    bool begun = false;
    for (const char *line = script->text; line < to;) {
        const char *end = strchr(line, '\n');
        end = end && end < to ? end : to;
        if (line >= from && !begun)
            begun = is_rule(line);
        if (begun && line >= from && strncmp(line, "--", 2) == 0) {
            scope_text_put(&yaml, "  ", 2);
            scope_text_put(&yaml, line + 2, (size_t)(end - line) - 2);
        }
        scope_text_char(&yaml, '\n');
        line = end + 1;
    }
    if (!begun)
        scope_text_free(&yaml);
    return begun ? scope_text_take(&yaml) : NULL;
}

static char *name_of(struct script *script, const struct scope_yaml *rules,
                     const char *what)
{
    const struct scope_yaml *name =
        rules ? scope_yaml_get(rules, "name") : NULL;
    script->count++;
    if (name && name->kind == SCOPE_YAML_SCALAR)
        return scope_strdup(name->scalar);
    return scope_format("%s-%zu", what, script->count);
}

static enum scope_code begin(struct script *script,
                             const struct scope_yaml *rules,
                             const struct scope_place *place, char *sql)
{
    static const char *const known[] = {"name", "weight", NULL};
    struct sql_reader *reader = script->reader;
    if (script->inside) {
        free(sql);
        return scope_fail_at(reader->err, place,
                             "the transaction before is not ended");
    }
    char *name = name_of(script, rules, "transaction");
    enum scope_code code = sql_check_name(reader, name, place);
    script->unit = reader->workload->unit_count;
    struct sql_unit *unit = sql_add_unit(reader->workload, name, 1);
    free(name);
    unit->transaction = true;
    unit->begin = sql;
    script->inside = true;
    script->begun = *place;
    for (size_t i = 0; code == SCOPE_OK && rules && i < rules->count; i++)
        code = sql_known_key(reader, &rules->items[i * 2], known);
    const struct scope_yaml *weight =
        rules ? scope_yaml_get(rules, "weight") : NULL;
    if (code == SCOPE_OK && weight)
        code = sql_read_weight(reader, weight, &unit->weight);
    return code;
}

static enum scope_code end(struct script *script, bool rollback,
                           const struct scope_place *place)
{
    struct sql_reader *reader = script->reader;
    if (!script->inside)
        return scope_fail_at(reader->err, place, "no transaction has begun");
    struct sql_unit *unit = &reader->workload->units[script->unit];
    unit->rollback = rollback ? 1 : 0;
    script->inside = false;
    if (unit->step_count)
        return SCOPE_OK;
    return scope_fail_at(reader->err, place, "the transaction is empty");
}

static enum scope_code add(struct script *script,
                           const struct scope_yaml *rules,
                           const struct scope_place *place, char *sql)
{
    struct sql_reader *reader = script->reader;
    struct sql_workload *workload = reader->workload;
    char *name = name_of(script, rules, "statement");
    double weight = -1;
    enum scope_code code = sql_check_name(reader, name, place);
    if (code == SCOPE_OK)
        code = sql_add_statement(reader, name, place, sql, rules, &weight);
    else
        free(sql);
    size_t last = workload->statement_count - 1;
    if (code == SCOPE_OK && script->inside)
        code = sql_add_step(reader, &workload->units[script->unit], last, 1,
                            place);
    if (code == SCOPE_OK && (!script->inside || weight > 0))
        code = sql_add_step(
            reader, sql_add_unit(workload, name, weight < 0 ? 1 : weight), last,
            1, place);
    free(name);
    return code;
}

static bool begins_with(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && strncasecmp(text, word, length) == 0;
}

static enum scope_code read_one(struct script *script, const char *from,
                                const char *at, size_t length, const char *to)
{
    const struct scope_place place = place_of(script, at);
    struct scope_yaml_file *file = NULL;
    const struct scope_yaml *rules = NULL;
    enum scope_code code = SCOPE_OK;
    char *yaml = rules_text(script, from, at);
    if (yaml) {
        code = scope_yaml_parse(script->name, yaml, strlen(yaml), &file,
                                script->reader->err);
        rules = code == SCOPE_OK ? scope_yaml_root(file) : NULL;
    }
    if (rules && rules->kind != SCOPE_YAML_MAPPING)
        code = scope_fail_at(script->reader->err, &rules->place,
                             "rules are lines like -- weight: 3");
    char *sql = NULL;
    if (code == SCOPE_OK)
        sql = scope_format("%.*s", (int)(to - at), at);
    if (code != SCOPE_OK)
        sql = NULL;
    else if (begins_with(at, length, "begin") ||
             begins_with(at, length, "start"))
        code = begin(script, rules, &place, sql);
    else if (begins_with(at, length, "commit") ||
             begins_with(at, length, "rollback")) {
        free(sql);
        code = end(script, begins_with(at, length, "rollback"), &place);
    } else
        code = add(script, rules, &place, sql);
    scope_yaml_free(file);
    free(yaml);
    return code;
}

enum scope_code sql_read_script(struct sql_reader *reader, const char *text)
{
    struct script script = {
        .reader = reader, .name = reader->workload->source, .text = text};
    enum scope_code code = SCOPE_OK;
    const char *from = text;
    const char *at;
    size_t length;
    enum sql_token_kind kind;
    while (code == SCOPE_OK &&
           (kind = first_token(&script, from, &at, &length)) != SQL_TOKEN_END) {
        const char *to = statement_end(&script, at);
        if (kind != SQL_TOKEN_SEMICOLON)
            code = read_one(&script, from, at, length, to);
        from = to + (*to == ';');
    }
    if (code == SCOPE_OK && script.inside)
        code = scope_fail_at(reader->err, &script.begun,
                             "the transaction is not ended: COMMIT or "
                             "ROLLBACK is missing");
    return code;
}
