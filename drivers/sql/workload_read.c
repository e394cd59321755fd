/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workloads as YAML files. */
#include "drivers/sql/reader.h"

#include "lib/base/units.h"

#include <scope/alloc.h>
#include <string.h>

static size_t count_words(const char *const *words)
{
    size_t count = 0;
    while (words[count])
        count++;
    return count;
}

enum scope_code sql_known_key(struct sql_reader *reader,
                              const struct scope_yaml *key,
                              const char *const *known)
{
    size_t count = count_words(known);
    for (size_t i = 0; i < count; i++)
        if (strcmp(known[i], key->scalar) == 0)
            return SCOPE_OK;
    scope_fail_at(reader->err, &key->place, "unknown key %s", key->scalar);
    const char *near = scope_nearest(key->scalar, known, count);
    if (near)
        return scope_hint(reader->err, "did you mean %s?", near);
    struct scope_text all = {0};
    for (size_t i = 0; i < count; i++)
        scope_text_add(&all, "%s%s", i ? ", " : "", known[i]);
    scope_hint(reader->err, "known here: %s", all.bytes);
    scope_text_free(&all);
    return SCOPE_USAGE;
}

enum scope_code sql_read_text(struct sql_reader *reader,
                              const struct scope_yaml *node, const char *what,
                              char **text)
{
    const char *word = sql_dialect_words[reader->options->dialect];
    if (node->kind == SCOPE_YAML_MAPPING) {
        for (size_t i = 0; i < node->count; i++) {
            enum scope_code code =
                sql_known_key(reader, &node->items[i * 2], sql_dialect_words);
            if (code != SCOPE_OK)
                return code;
        }
        const struct scope_yaml *mine = scope_yaml_get(node, word);
        if (!mine)
            return scope_fail_at(reader->err, &node->place,
                                 "%s says nothing for %s", what, word);
        node = mine;
    }
    if (node->kind != SCOPE_YAML_SCALAR || scope_yaml_is_null(node))
        return scope_fail_at(reader->err, &node->place, "%s wants a text",
                             what);
    if (strlen(node->scalar) > SQL_MOST_TEXT)
        return scope_fail_at(reader->err, &node->place,
                             "%s has more than %d bytes", what, SQL_MOST_TEXT);
    *text = scope_strdup(node->scalar);
    return SCOPE_OK;
}

enum scope_code sql_read_texts(struct sql_reader *reader,
                               const struct scope_yaml *node, const char *what,
                               char ***texts, size_t *count)
{
    if (scope_yaml_is_null(node))
        return SCOPE_OK;
    if (node->kind != SCOPE_YAML_SEQUENCE || node->count > SQL_MOST_STEPS)
        return scope_fail_at(reader->err, &node->place,
                             "%s wants a list of at most %d texts", what,
                             SQL_MOST_STEPS);
    *texts = scope_realloc(*texts, *count + node->count, sizeof **texts);
    for (size_t i = 0; i < node->count; i++) {
        char *text = NULL;
        enum scope_code code =
            sql_read_text(reader, &node->items[i], what, &text);
        if (code != SCOPE_OK)
            return code;
        (*texts)[(*count)++] = text;
    }
    return SCOPE_OK;
}

enum scope_code sql_read_weight(struct sql_reader *reader,
                                const struct scope_yaml *node, double *weight)
{
    struct scope_err why;
    if (node->kind == SCOPE_YAML_SCALAR &&
        scope_parse_number(node->scalar, weight, &why) == SCOPE_OK &&
        *weight >= 0 && *weight <= 1e9)
        return SCOPE_OK;
    return scope_fail_at(reader->err, &node->place,
                         "weight wants a number from 0 to 1e9");
}

static enum scope_code read_statement(struct sql_reader *reader,
                                      const struct scope_yaml *key,
                                      const struct scope_yaml *node,
                                      double *weight)
{
    const struct scope_yaml *rules = NULL;
    const struct scope_yaml *sql = node;
    if (node->kind == SCOPE_YAML_MAPPING && scope_yaml_get(node, "sql")) {
        rules = node;
        sql = scope_yaml_get(node, "sql");
    }
    enum scope_code code = sql_check_name(reader, key->scalar, &key->place);
    char *text = NULL;
    if (code == SCOPE_OK)
        code = sql_read_text(reader, sql, "sql", &text);
    if (code == SCOPE_OK)
        code = sql_add_statement(reader, key->scalar, &sql->place, text, rules,
                                 weight);
    return code;
}

static enum scope_code read_step(struct sql_reader *reader,
                                 const struct scope_yaml *node,
                                 struct sql_unit *unit)
{
    const struct scope_yaml *name = node;
    int64_t times = 1;
    struct scope_err why;
    if (node->kind == SCOPE_YAML_MAPPING && node->count == 1) {
        name = &node->items[0];
        const struct scope_yaml *said = &node->items[1];
        if (said->kind != SCOPE_YAML_SCALAR ||
            scope_parse_int(said->scalar, &times, &why) != SCOPE_OK ||
            times < 1 || times > SQL_MOST_TIMES)
            return scope_fail_at(reader->err, &said->place,
                                 "how often: a number from 1 to %d",
                                 SQL_MOST_TIMES);
    }
    if (name->kind != SCOPE_YAML_SCALAR)
        return scope_fail_at(reader->err, &node->place,
                             "a step is a statement's name, or NAME: TIMES");
    size_t found = sql_find_statement(reader->workload, name->scalar);
    if (found == SIZE_MAX)
        return scope_fail_at(reader->err, &name->place,
                             "there is no statement %s", name->scalar);
    return sql_add_step(reader, unit, found, times, &name->place);
}

static enum scope_code read_rollback(struct sql_reader *reader,
                                     const struct scope_yaml *node,
                                     double *share)
{
    struct scope_err why;
    if (node->kind == SCOPE_YAML_SCALAR &&
        scope_parse_ratio(node->scalar, share, &why) == SCOPE_OK &&
        *share >= 0 && *share <= 1)
        return SCOPE_OK;
    return scope_fail_at(reader->err, &node->place,
                         "rollback wants a share from 0%% to 100%%");
}

/* name is the key's, which the workload keeps as the unit's begin's owner. */
static enum scope_code read_transaction(struct sql_reader *reader,
                                        const struct scope_yaml *key,
                                        const struct scope_yaml *node)
{
    static const char *const known[] = {"steps", "weight", "rollback", "begin",
                                        NULL};
    enum scope_code code = sql_check_name(reader, key->scalar, &key->place);
    if (code != SCOPE_OK)
        return code;
    if (node->kind != SCOPE_YAML_MAPPING)
        return scope_fail_at(reader->err, &node->place,
                             "transaction %s: a mapping is expected here",
                             key->scalar);
    struct sql_unit *unit = sql_add_unit(reader->workload, key->scalar, 1);
    unit->transaction = true;
    for (size_t i = 0; code == SCOPE_OK && i < node->count; i++)
        code = sql_known_key(reader, &node->items[i * 2], known);
    const struct scope_yaml *said = scope_yaml_get(node, "weight");
    if (code == SCOPE_OK && said)
        code = sql_read_weight(reader, said, &unit->weight);
    said = scope_yaml_get(node, "rollback");
    if (code == SCOPE_OK && said)
        code = read_rollback(reader, said, &unit->rollback);
    said = scope_yaml_get(node, "begin");
    if (code == SCOPE_OK && said)
        code = sql_read_text(reader, said, "begin", &unit->begin);
    else
        unit->begin = scope_strdup("BEGIN");
    if (code != SCOPE_OK)
        return code;
    const struct scope_yaml *steps = scope_yaml_get(node, "steps");
    if (!steps || steps->kind != SCOPE_YAML_SEQUENCE || !steps->count)
        return scope_fail_at(reader->err, steps ? &steps->place : &node->place,
                             "transaction %s wants steps: a list of statements",
                             key->scalar);
    for (size_t i = 0; code == SCOPE_OK && i < steps->count; i++)
        code = read_step(reader, &steps->items[i], unit);
    return code;
}

static enum scope_code need_mapping(struct sql_reader *reader,
                                    const struct scope_yaml *node,
                                    const char *what)
{
    if (node->kind == SCOPE_YAML_MAPPING)
        return SCOPE_OK;
    return scope_fail_at(reader->err, &node->place,
                         "%s wants a mapping by name", what);
}

/* A statement that a transaction has comes by itself only when it says so. */
static enum scope_code read_requests(struct sql_reader *reader,
                                     const struct scope_yaml *statements,
                                     const struct scope_yaml *transactions)
{
    struct sql_workload *workload = reader->workload;
    enum scope_code code = SCOPE_OK;
    double *weights = NULL;
    size_t first = workload->statement_count;
    if (statements && !scope_yaml_is_null(statements)) {
        code = need_mapping(reader, statements, "statements");
        if (code == SCOPE_OK)
            weights = scope_alloc(statements->count, sizeof *weights);
        for (size_t i = 0; code == SCOPE_OK && i < statements->count; i++)
            code = read_statement(reader, &statements->items[i * 2],
                                  &statements->items[i * 2 + 1], &weights[i]);
    }
    if (code == SCOPE_OK && transactions && !scope_yaml_is_null(transactions)) {
        code = need_mapping(reader, transactions, "transactions");
        for (size_t i = 0; code == SCOPE_OK && i < transactions->count; i++)
            code = read_transaction(reader, &transactions->items[i * 2],
                                    &transactions->items[i * 2 + 1]);
    }
    for (size_t i = first; code == SCOPE_OK && i < workload->statement_count;
         i++) {
        const struct sql_statement *statement = &workload->statements[i];
        double weight = weights[i - first];
        if (weight < 0)
            weight = statement->used ? 0 : 1;
        if (weight <= 0)
            continue;
        struct sql_unit *unit = sql_add_unit(workload, statement->name, weight);
        code = sql_add_step(reader, unit, i, 1, &statement->place);
    }
    free(weights);
    return code;
}

enum scope_code sql_read_yaml(struct sql_reader *reader,
                              const struct scope_yaml *root)
{
    static const char *const known[] = {
        "description", "tables",       "parameters", "connect",
        "statements",  "transactions", NULL};
    enum scope_code code = need_mapping(reader, root, "a workload");
    for (size_t i = 0; code == SCOPE_OK && i < root->count; i++)
        code = sql_known_key(reader, &root->items[i * 2], known);
    const struct scope_yaml *said;
    if (code == SCOPE_OK && (said = scope_yaml_get(root, "tables")))
        code = sql_read_tables(reader, said);
    if (code == SCOPE_OK && (said = scope_yaml_get(root, "parameters")))
        code = sql_read_parameters(reader, said, true);
    if (code == SCOPE_OK && (said = scope_yaml_get(root, "connect")))
        code =
            sql_read_texts(reader, said, "connect", &reader->workload->connect,
                           &reader->workload->connect_count);
    if (code == SCOPE_OK)
        code = read_requests(reader, scope_yaml_get(root, "statements"),
                             scope_yaml_get(root, "transactions"));
    return code;
}
