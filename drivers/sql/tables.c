/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes a workload's tables and fills them. What scope made says so in the
 * table's own comment, with a sum of what it was made from: a table without
 * that comment is somebody's and never touched; one with another sum, or one
 * whose filling was broken off, is made anew.
 */
#include "drivers/sql/driver.h"

#include <inttypes.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

#define MARK "made by scope: "
#define MARK_LOADING MARK "unfinished"
enum { BATCH = 1 << 19 };

/* Of FNV-1a, over everything that decides what is in a table. */
static uint64_t sum_text(uint64_t sum, const char *text)
{
    do {
        sum = (sum ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    } while (*text++);
    return sum;
}

static uint64_t sum_number(uint64_t sum, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIx64, number);
    return sum_text(sum, text);
}

static uint64_t sum_generator(uint64_t sum,
                              const struct sql_generator *generator)
{
    uint64_t skew;
    memcpy(&skew, &generator->zipf.skew, sizeof skew);
    sum = sum_number(sum, generator->shape);
    sum = sum_number(sum, (uint64_t)generator->low);
    sum = sum_number(sum, (uint64_t)generator->high);
    sum = sum_number(sum, skew);
    sum = sum_text(sum, generator->pattern ? generator->pattern : "");
    for (size_t i = 0; i < generator->count; i++) {
        const char *text = generator->constants[i].text;
        sum = sum_text(sum, text ? text : "");
        sum = sum_number(sum, generator->constants[i].kind);
    }
    return sum;
}

static char *mark_of(const struct sql_driver *driver,
                     const struct sql_table *table)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    sum = sum_number(sum, (uint64_t)driver->options.load.seed);
    sum = sum_number(sum, (uint64_t)table->rows);
    sum = sum_text(sum, table->constraints ? table->constraints : "");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct sql_column *column = &table->columns[i];
        sum = sum_text(sum, column->name);
        sum = sum_text(sum, column->type);
        if (column->made)
            sum = sum_generator(sum, &column->generator);
    }
    for (size_t i = 0; i < table->after_count; i++)
        sum = sum_text(sum, table->after[i]);
    return scope_format(MARK "%016" PRIx64, sum);
}

/* The comment of a table as far as it is ours: NULL when there is no table, ""
 * when it is not ours. To free(). */
static enum scope_code read_mark(const struct sql_driver *driver, void *session,
                                 const char *table, char **mark,
                                 struct scope_err *err)
{
    bool pgsql = driver->server->dialect == SQL_PGSQL;
    char *sql = pgsql ? scope_format("SELECT coalesce(obj_description(c.oid, "
                                     "'pg_class'), '') FROM pg_class c "
                                     "WHERE c.oid = to_regclass('%s')",
                                     table)
                      : scope_format("SELECT table_comment FROM "
                                     "information_schema.tables WHERE "
                                     "table_schema = database() AND "
                                     "table_name = '%s'",
                                     table);
    enum scope_code code = driver->server->ask(session, sql, mark, err);
    free(sql);
    if (code == SCOPE_OK && *mark && strncmp(*mark, MARK, sizeof MARK - 1) != 0)
        **mark = '\0';
    return code;
}

static enum scope_code set_mark(const struct sql_driver *driver, void *session,
                                const char *table, const char *mark,
                                struct scope_err *err)
{
    char *sql =
        driver->server->dialect == SQL_PGSQL
            ? scope_format("COMMENT ON TABLE %s IS '%s'", table, mark)
            : scope_format("ALTER TABLE %s COMMENT = '%s'", table, mark);
    enum scope_code code = driver->server->ask(session, sql, NULL, err);
    free(sql);
    return code;
}

static enum scope_code drop(const struct sql_driver *driver, void *session,
                            const char *table, struct scope_err *err)
{
    char *sql = scope_format("DROP TABLE %s", table);
    enum scope_code code = driver->server->ask(session, sql, NULL, err);
    free(sql);
    return code;
}

/* The table and the mark that says that it is not finished, both or neither. */
static enum scope_code create(const struct sql_driver *driver, void *session,
                              const struct sql_table *table,
                              struct scope_err *err)
{
    struct scope_text sql = {0};
    bool pgsql = driver->server->dialect == SQL_PGSQL;
    scope_text_add(&sql, "CREATE TABLE %s (", table->name);
    for (size_t i = 0; i < table->column_count; i++)
        scope_text_add(&sql, "%s%s %s", i ? ", " : "", table->columns[i].name,
                       table->columns[i].type);
    if (table->constraints)
        scope_text_add(&sql, ", %s", table->constraints);
    scope_text_add(&sql, ")");
    if (pgsql)
        scope_text_add(&sql, "; COMMENT ON TABLE %s IS '" MARK_LOADING "'",
                       table->name);
    else
        scope_text_add(&sql, " COMMENT = '" MARK_LOADING "'");
    enum scope_code code = driver->server->ask(session, sql.bytes, NULL, err);
    scope_text_free(&sql);
    return code;
}

static void add_columns(const struct sql_table *table, struct scope_text *text)
{
    bool more = false;
    scope_text_add(text, "%s (", table->name);
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].made)
            continue;
        scope_text_add(text, "%s%s", more ? ", " : "", table->columns[i].name);
        more = true;
    }
    scope_text_char(text, ')');
}

/* COPY's text format: tabs, newlines and backslashes are written out. */
static void add_field(struct scope_text *text, const struct sql_value *value)
{
    if (value->kind == SQL_NULL) {
        scope_text_put(text, "\\N", 2);
        return;
    }
    for (size_t i = 0; i < value->length; i++) {
        static const char escapes[] = "\bb\tt\nn\vv\ff\rr\\\\";
        char c = value->text[i];
        for (const char *at = escapes; *at; at += 2)
            if (at[0] == c) {
                scope_text_char(text, '\\');
                c = at[1];
                break;
            }
        scope_text_char(text, c);
    }
}

struct filling {
    const struct sql_driver *driver;
    void *session;
    const struct sql_table *table;
    struct sql_source source;
    struct sql_value *values;
    struct scope_text text;
};

static void add_row(struct filling *filling)
{
    enum sql_dialect dialect = filling->driver->server->dialect;
    struct scope_text *text = &filling->text;
    bool more = false;
    if (dialect == SQL_MYSQL)
        scope_text_char(text, '(');
    for (size_t i = 0; i < filling->table->column_count; i++) {
        const struct sql_column *column = &filling->table->columns[i];
        struct sql_value *value = &filling->values[i];
        if (!column->made)
            continue;
        sql_generator_draw(&column->generator, &filling->source, value);
        if (more)
            scope_text_char(text, dialect == SQL_MYSQL ? ',' : '\t');
        if (dialect == SQL_MYSQL)
            sql_literal(dialect, text, value);
        else
            add_field(text, value);
        more = true;
    }
    scope_text_char(text, dialect == SQL_MYSQL ? ')' : '\n');
    filling->source.row++;
}

static enum scope_code fill_by_copy(struct filling *filling,
                                    struct scope_err *err)
{
    const struct sql_server *server = filling->driver->server;
    struct scope_text sql = {0};
    scope_text_add(&sql, "COPY ");
    add_columns(filling->table, &sql);
    scope_text_add(&sql, " FROM STDIN");
    enum scope_code code = server->copy_begin(filling->session, sql.bytes, err);
    scope_text_free(&sql);
    int64_t rows = filling->table->rows;
    while (code == SCOPE_OK && (int64_t)filling->source.row < rows) {
        filling->text.length = 0;
        while ((int64_t)filling->source.row < rows &&
               filling->text.length < BATCH)
            add_row(filling);
        code = server->copy(filling->session, filling->text.bytes,
                            filling->text.length, err);
    }
    return code == SCOPE_OK ? server->copy_end(filling->session, err) : code;
}

static enum scope_code fill_by_insert(struct filling *filling,
                                      struct scope_err *err)
{
    const struct sql_server *server = filling->driver->server;
    int64_t rows = filling->table->rows;
    enum scope_code code = SCOPE_OK;
    while (code == SCOPE_OK && (int64_t)filling->source.row < rows) {
        filling->text.length = 0;
        scope_text_add(&filling->text, "INSERT INTO ");
        add_columns(filling->table, &filling->text);
        scope_text_add(&filling->text, " VALUES ");
        add_row(filling);
        while ((int64_t)filling->source.row < rows &&
               filling->text.length < BATCH) {
            scope_text_char(&filling->text, ',');
            add_row(filling);
        }
        code = server->ask(filling->session, filling->text.bytes, NULL, err);
    }
    return code;
}

static enum scope_code fill(const struct sql_driver *driver, void *session,
                            const struct sql_table *table,
                            struct scope_err *err)
{
    size_t place = (size_t)(table - driver->workload.tables);
    struct filling filling = {
        .driver = driver,
        .session = session,
        .table = table,
        .source = {.random = sql_random_stream(
                       (uint64_t)driver->options.load.seed, UINT64_MAX - place),
                   .rows = true},
        .values = scope_alloc(table->column_count, sizeof(struct sql_value)),
    };
    bool made = false;
    for (size_t i = 0; i < table->column_count; i++)
        made = made || table->columns[i].made;
    enum scope_code code = SCOPE_OK;
    if (made)
        code = driver->server->copy_begin ? fill_by_copy(&filling, err)
                                          : fill_by_insert(&filling, err);
    for (size_t i = 0; i < table->column_count; i++)
        sql_value_free(&filling.values[i]);
    free(filling.values);
    scope_text_free(&filling.text);
    for (size_t i = 0; code == SCOPE_OK && i < table->after_count; i++)
        code = driver->server->ask(session, table->after[i], NULL, err);
    return code;
}

static enum scope_code make(const struct sql_driver *driver, void *session,
                            const struct sql_table *table,
                            struct scope_err *err)
{
    char *there = NULL;
    char *wanted = mark_of(driver, table);
    enum scope_code code = read_mark(driver, session, table->name, &there, err);
    bool ours = there && *there;
    if (code == SCOPE_OK && there && !ours) {
        scope_fail(err, SCOPE_FAILED, 0,
                   "there is a table %s already, and scope did not make it",
                   table->name);
        code = scope_hint(err, "use it as it is without prepare, or say "
                               "another database");
    }
    bool good = ours && strcmp(there, wanted) == 0 &&
                driver->options.prepare != SQL_PREPARE_FRESH;
    if (code == SCOPE_OK && ours && !good)
        code = drop(driver, session, table->name, err);
    if (code == SCOPE_OK && !good)
        code = create(driver, session, table, err);
    if (code == SCOPE_OK && !good)
        code = fill(driver, session, table, err);
    if (code == SCOPE_OK && !good)
        code = set_mark(driver, session, table->name, wanted, err);
    free(there);
    free(wanted);
    if (code != SCOPE_OK) {
        scope_prefix(err, "prepare table %s", table->name);
        scope_at(&table->place, err);
    }
    return code;
}

enum scope_code sql_tables_make(const struct sql_driver *driver, void *session,
                                struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; code == SCOPE_OK && i < driver->workload.table_count;
         i++)
        code = make(driver, session, &driver->workload.tables[i], err);
    /* Plans are as good as what the server knows of the rows. */
    if (code == SCOPE_OK && driver->server->dialect == SQL_PGSQL)
        for (size_t i = 0; code == SCOPE_OK && i < driver->workload.table_count;
             i++) {
            char *sql =
                scope_format("ANALYZE %s", driver->workload.tables[i].name);
            code = driver->server->ask(session, sql, NULL, err);
            free(sql);
        }
    return code;
}

void sql_tables_drop(const struct sql_driver *driver, void *session)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = driver->workload.table_count;
         code == SCOPE_OK && i-- > 0;) {
        const char *table = driver->workload.tables[i].name;
        char *mark = NULL;
        code = read_mark(driver, session, table, &mark, NULL);
        if (code == SCOPE_OK && mark && *mark)
            code = drop(driver, session, table, NULL);
        free(mark);
    }
}
