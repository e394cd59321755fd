/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workloads: what files, scripts and the command line become, and the place of
 * each fault. */
#include "drivers/sql/driver.h"
#include "drivers/sql/reader.h"
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static char folder[] = "/tmp/scope-workload-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

/* Reads a text as a file of that name. */
static enum scope_code read_as(const char *name, enum sql_dialect dialect,
                               const char *text, struct sql_workload *workload,
                               struct scope_err *err)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    const struct sql_source_options options = {
        .dialect = dialect, .file = path, .rows = 500, .mode = -1};
    enum scope_code code = sql_workload_open(workload, &options, err);
    unlink(path);
    return code;
}

static void must_read(const char *name, enum sql_dialect dialect,
                      const char *text, struct sql_workload *workload)
{
    struct scope_err err = {0};
    if (read_as(name, dialect, text, workload, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
}

static const char bank[] = "tables:\n"
                           "  account:\n"
                           "    rows: 20\n"
                           "    columns:\n"
                           "      id: {type: int, sequence: 1}\n"
                           "      note: text\n"
                           "    after: [SELECT 1]\n"
                           "parameters:\n"
                           "  id: {uniform: 1..rows(account)}\n"
                           "statements:\n"
                           "  get: SELECT * FROM account WHERE id = :id\n"
                           "  put:\n"
                           "    sql: UPDATE account SET a = :a, b = :a "
                           "WHERE id = :id\n"
                           "    mode: simple\n"
                           "    weight: 3\n"
                           "    parameters: {a: {string: 4}}\n"
                           "transactions:\n"
                           "  pay:\n"
                           "    weight: 4\n"
                           "    rollback: 25%\n"
                           "    steps: [get, put: 2, get]\n";

static void a_file_says_what_is_asked(void **state)
{
    (void)state;
    struct sql_workload workload;
    must_read("a.yaml", SQL_PGSQL, bank, &workload);
    assert_int_equal(workload.table_count, 1);
    assert_string_equal(workload.tables[0].name, "account");
    assert_int_equal(workload.tables[0].rows, 20);
    assert_true(workload.tables[0].columns[0].made);
    assert_false(workload.tables[0].columns[1].made);
    assert_string_equal(workload.tables[0].columns[1].type, "text");
    assert_string_equal(workload.tables[0].after[0], "SELECT 1");
    assert_int_equal(workload.statement_count, 2);
    assert_string_equal(workload.statements[0].placed,
                        "SELECT * FROM account WHERE id = $1");
    assert_string_equal(workload.statements[1].placed,
                        "UPDATE account SET a = $1, b = $1 WHERE id = $2");
    assert_int_equal(workload.statements[1].binding_count, 2);
    assert_int_equal(workload.statements[0].mode, SQL_PREPARED);
    assert_int_equal(workload.statements[1].mode, SQL_SIMPLE);
    assert_int_equal(workload.statements[1].place.line, 13);
    /* get comes only within the transaction, as it says no weight. */
    assert_int_equal(workload.unit_count, 2);
    assert_string_equal(workload.units[0].name, "pay");
    assert_true(fabs(workload.units[0].until - 4.0 / 7) < 1e-12);
    assert_true(fabs(workload.units[0].rollback - 0.25) < 1e-12);
    assert_string_equal(workload.units[0].begin, "BEGIN");
    assert_int_equal(workload.units[0].step_count, 3);
    assert_int_equal(workload.units[0].steps[1].times, 2);
    assert_string_equal(workload.units[1].name, "put");
    static const char *const kinds[] = {"pay", "put", "pay/get", "pay/put"};
    assert_int_equal(workload.kind_count, COUNT_OF(kinds));
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        assert_string_equal(workload.kinds[i], kinds[i]);
    assert_null(workload.kinds[COUNT_OF(kinds)]);
    assert_int_equal(workload.units[0].steps[0].part, 2);
    assert_int_equal(workload.units[0].steps[2].part, 2);
    sql_workload_free(&workload);
    must_read("a.yaml", SQL_MYSQL, bank, &workload);
    assert_string_equal(workload.statements[1].placed,
                        "UPDATE account SET a = ?, b = ? WHERE id = ?");
    assert_int_equal(workload.statements[1].binding_count, 3);
    assert_int_equal(workload.statements[1].bindings[0],
                     workload.statements[1].bindings[1]);
    sql_workload_free(&workload);
}

static void each_server_has_its_own_words(void **state)
{
    (void)state;
    static const char text[] =
        "statements:\n"
        "  now: {sql: {pgsql: SELECT 1, mysql: SELECT 2}}\n"
        "  more: {pgsql: SELECT 3, mysql: SELECT 4}\n";
    struct sql_workload workload;
    must_read("a.yaml", SQL_PGSQL, text, &workload);
    assert_string_equal(workload.statements[0].sql, "SELECT 1");
    assert_string_equal(workload.statements[1].sql, "SELECT 3");
    sql_workload_free(&workload);
    must_read("a.yaml", SQL_MYSQL, text, &workload);
    assert_string_equal(workload.statements[0].sql, "SELECT 2");
    assert_string_equal(workload.statements[1].sql, "SELECT 4");
    sql_workload_free(&workload);
}

static void a_script_is_a_workload(void **state)
{
    (void)state;
    static const char text[] = "-- A note.\n"
                               "SELECT 1;\n"
                               "\n"
                               "-- Looks one up.\n"
                               "-- name: get\n"
                               "-- weight: 3\n"
                               "-- parameters:\n"
                               "--   id: {uniform: 1..9}\n"
                               "SELECT ';' FROM t WHERE id = :id; -- the end\n"
                               "-- name: pay\n"
                               "-- weight: 2\n"
                               "BEGIN;\n"
                               "UPDATE t SET a = 1;\n"
                               "-- name: note\n"
                               "INSERT INTO t VALUES (2);\n"
                               "ROLLBACK;;\n"
                               "/* no ; more */";
    struct sql_workload workload;
    must_read("a.sql", SQL_PGSQL, text, &workload);
    assert_int_equal(workload.unit_count, 3);
    assert_string_equal(workload.units[0].name, "statement-1");
    assert_string_equal(workload.units[1].name, "get");
    assert_string_equal(workload.units[2].name, "pay");
    assert_true(workload.units[2].transaction);
    assert_true(workload.units[2].rollback >= 1);
    assert_int_equal(workload.units[2].step_count, 2);
    assert_true(fabs(workload.units[1].until - 4.0 / 6) < 1e-12);
    assert_int_equal(workload.statement_count, 4);
    assert_string_equal(workload.statements[1].placed,
                        "SELECT ';' FROM t WHERE id = $1");
    assert_int_equal(workload.statements[1].place.line, 9);
    assert_int_equal(workload.statements[1].place.column, 1);
    assert_string_equal(workload.statements[3].name, "note");
    sql_workload_free(&workload);
}

static void the_command_line_comes_first(void **state)
{
    (void)state;
    static const char *const statements[] = {"get: SELECT :id", "SELECT 2"};
    static const char *const parameters[] = {"id: 7"};
    const struct sql_source_options options = {
        .dialect = SQL_MYSQL,
        .preset = "parameters: {id: 5}\nstatements: {one: 'SELECT :id'}\n",
        .statements = {2, statements},
        .parameters = {1, parameters},
        .rows = 10,
        .mode = SQL_SIMPLE,
    };
    struct sql_workload workload;
    struct scope_err err = {0};
    assert_int_equal(sql_workload_open(&workload, &options, &err), SCOPE_OK);
    assert_int_equal(workload.unit_count, 3);
    assert_string_equal(workload.units[1].name, "get");
    assert_string_equal(workload.units[2].name, "statement-2");
    for (size_t i = 0; i < 2; i++) {
        const struct sql_statement *statement = &workload.statements[i];
        assert_int_equal(statement->mode, SQL_SIMPLE);
        size_t bound = statement->bindings[0];
        assert_int_equal(
            workload.parameters[bound].generator.constants[0].integer, 7);
    }
    sql_workload_free(&workload);
}

static void every_preset_is_good(void **state)
{
    (void)state;
    for (int dialect = 0; sql_dialect_words[dialect]; dialect++)
        for (int i = 1; sql_preset_words[i]; i++) {
            const struct sql_source_options options = {
                .dialect = (enum sql_dialect)dialect,
                .preset = sql_preset_text(i),
                .rows = 1000,
                .mode = -1,
            };
            struct sql_workload workload;
            struct scope_err err = {0};
            if (sql_workload_open(&workload, &options, &err) != SCOPE_OK)
                fail_msg("%s: %s", sql_preset_words[i], err.text);
            assert_true(workload.unit_count > 0);
            assert_true(workload.table_count > 0);
            sql_workload_free(&workload);
        }
}

static void parameters_are_not_what_looks_like_them(void **state)
{
    (void)state;
    static const struct {
        enum sql_dialect dialect;
        const char *sql, *placed;
    } cases[] = {
        {SQL_PGSQL, "SELECT ':a', \":a\", :a::int",
         "SELECT ':a', \":a\", $1::int"},
        {SQL_PGSQL, "SELECT 'it''s :a', :a", "SELECT 'it''s :a', $1"},
        {SQL_PGSQL, "SELECT E'\\':a', :a", "SELECT E'\\':a', $1"},
        {SQL_PGSQL, "SELECT '\\', :a", "SELECT '\\', $1"},
        {SQL_PGSQL, "SELECT $$:a$$, $x$ :a $$ $x$, :a",
         "SELECT $$:a$$, $x$ :a $$ $x$, $1"},
        {SQL_PGSQL, "SELECT :a /* :a /* :a */ :a */ -- :a\n, :a",
         "SELECT $1 /* :a /* :a */ :a */ -- :a\n, $1"},
        {SQL_PGSQL, "SELECT x[1 : 2] # :a", "SELECT x[1 : 2] # $1"},
        {SQL_MYSQL, "SELECT '\\':a', `:a`, :a", "SELECT '\\':a', `:a`, ?"},
        {SQL_MYSQL, "SELECT @x := :a # :a", "SELECT @x := ?"},
        {SQL_MYSQL, "SELECT 1--:a", "SELECT 1--?"},
        {SQL_MYSQL, "SELECT /* /* :a */ :a -- :a", "SELECT /* /* :a */ ?"},
        {SQL_PGSQL, "SELECT :a ; -- end\n ;", "SELECT $1"},
        {SQL_PGSQL, "SELECT :a, 'never closed :a",
         "SELECT $1, 'never closed :a"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *const statements[] = {cases[i].sql};
        static const char *const parameters[] = {"a: 1"};
        const struct sql_source_options options = {
            .dialect = cases[i].dialect,
            .statements = {1, statements},
            .parameters = {1, parameters},
            .mode = -1,
        };
        struct sql_workload workload;
        struct scope_err err = {0};
        if (sql_workload_open(&workload, &options, &err) != SCOPE_OK)
            fail_msg("%s: %s", cases[i].sql, err.text);
        assert_string_equal(workload.statements[0].placed, cases[i].placed);
        sql_workload_free(&workload);
    }
}

static void faults_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"", "no statement and no transaction is to be run"},
        {"x: 1", "1:1: unknown key x"},
        {"statement: {}", "1:1: unknown key statement"},
        {"statements: {a: SELECT :b}",
         "1:17: statement a: no parameter b is defined"},
        {"statements: {a: {sql: SELECT 1, parameters: {b: 1}}}",
         "1:23: statement a has a parameter b, but its text has no :b"},
        {"statements:\n  a: ''", "2:6: statement a is empty"},
        {"statements: {a: SELECT 1; SELECT 2}",
         "1:17: statement a holds several statements"},
        {"statements: {a b: SELECT 1}",
         "1:14: 'a b' is no name: letters, digits, _ - and ., at most 40"},
        {"statements: {a: {sql: SELECT 1, weight: -1}}",
         "1:41: weight wants a number from 0 to 1e9"},
        {"statements: {a: {sql: SELECT 1, weight: 0}}",
         "no statement and no transaction is to be run"},
        {"statements: {a: {sql: SELECT 1, mode: fast}}",
         "1:39: mode is prepared, extended or simple"},
        {"statements: [a]", "1:13: statements wants a mapping by name"},
        {"parameters: {a-b: 1}",
         "1:14: a-b is no name of a parameter: letters, digits and _"},
        {"parameters: {a: {uniform: 5..1}}",
         "1:27: uniform: the range 5..1 is empty"},
        {"parameters: {a: {uniform: 1..rows(t)}}", "1:27: there is no table t"},
        {"parameters: {a: {uniform: 1}}",
         "1:27: uniform wants a range like 1..1000"},
        {"parameters: {a: {uniform: 1..x}}",
         "1:27: x is neither an integer nor rows(TABLE)"},
        {"parameters: {a: {uniforn: 1..2}}", "1:18: unknown key uniforn"},
        {"parameters: {a: {uniform: 1..2, string: 3}}",
         "1:33: string: the value comes from uniform already"},
        {"parameters: {a: {}}",
         "1:17: it does not say where the value comes from"},
        {"parameters: {a: {zipf: 1..9, skew: 0}}",
         "1:36: skew wants a number from 0.01 to 100"},
        {"parameters: {a: {skew: 1}}", "1:18: unknown key skew"},
        {"parameters: {a: {string: -1}}",
         "1:26: string: a length is 0 to 1048576"},
        {"parameters: {a: {string: 9999999}}",
         "1:26: string: a length is 0 to 1048576"},
        {"parameters: {a: {choice: []}}",
         "1:26: choice wants a list of 1 to 10000 values"},
        {"parameters: {a: [1]}", "1:17: a value is expected here"},
        {"tables: {t: {rows: 1}}", "1:13: table t has no columns"},
        {"tables: {t: {rows: -1, columns: {a: int}}}",
         "1:20: rows wants a number from 0 to 1000000000"},
        {"tables: {\"t; DROP TABLE u\": {columns: {a: int}}}",
         "1:10: t; DROP TABLE u is not a table name: letters, digits and _, "
         "at most 63"},
        {"tables: {t: {columns: {a: {type: int, connection: 1}}}}",
         "1:27: a row has no connection"},
        {"tables: {t: {columns: {a: {type: int, value: 1, string: 2}}}}",
         "1:46: value is a constant, and there is nothing else beside it"},
        {"statements: {a: SELECT 1}\ntransactions: {b: {steps: [c]}}",
         "2:28: there is no statement c"},
        {"statements: {a: SELECT 1}\ntransactions: {a: {steps: [a]}}",
         "2:16: there is a statement or transaction a already"},
        {"statements: {a: SELECT 1}\ntransactions: {b: {}}",
         "2:19: transaction b wants steps: a list of statements"},
        {"statements: {a: SELECT 1}\ntransactions: {b: {steps: [{a: 0}]}}",
         "2:32: how often: a number from 1 to 10000"},
        {"statements: {a: SELECT 1}\n"
         "transactions: {b: {steps: [a], rollback: 2}}",
         "2:42: rollback wants a share from 0% to 100%"},
        {"statements: {a: {sql: {mysql: SELECT 1}}}",
         "1:23: sql says nothing for pgsql"},
        {"statements: {a: {sql: {oracle: SELECT 1}}}",
         "1:24: unknown key oracle"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sql_workload workload;
        struct scope_err err = {0};
        assert_int_equal(
            read_as("a.yaml", SQL_PGSQL, cases[i].text, &workload, &err),
            SCOPE_USAGE);
        const char *text = err.text;
        if (strncmp(text, path, strlen(path)) == 0)
            text += strlen(path) + 1;
        assert_string_equal(text, cases[i].fault);
        sql_workload_free(&workload);
    }
}

static void faults_of_scripts_have_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"SELECT 1;\n  COMMIT;", "2:3: no transaction has begun"},
        {"BEGIN;\nSELECT 1;",
         "1:1: the transaction is not ended: COMMIT or ROLLBACK is missing"},
        {"BEGIN;\nCOMMIT;", "2:1: the transaction is empty"},
        {"BEGIN;\nSELECT 1;\nBEGIN;",
         "3:1: the transaction before is not ended"},
        {"\n-- weight: x\nSELECT 1;",
         "2:12: weight wants a number from 0 to 1e9"},
        {"-- weight: 1\n--   wieght: 2\nSELECT 1;",
         "2:12: mapping values are not allowed in this context"},
        {"-- name: a\nSELECT 1;\n-- name: a\nSELECT 2",
         "4:1: there is a statement or transaction a already"},
        {"SELECT 1;\nSELECT :x",
         "2:1: statement statement-2: no parameter x is "
         "defined"},
        {"-- name: a\n-- steps: 1\nBEGIN;", "2:4: unknown key steps"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct sql_workload workload;
        struct scope_err err = {0};
        assert_int_equal(
            read_as("a.sql", SQL_PGSQL, cases[i].text, &workload, &err),
            SCOPE_USAGE);
        assert_memory_equal(err.text, path, strlen(path));
        assert_string_equal(err.text + strlen(path) + 1, cases[i].fault);
        sql_workload_free(&workload);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_says_what_is_asked),
        cmocka_unit_test(each_server_has_its_own_words),
        cmocka_unit_test(a_script_is_a_workload),
        cmocka_unit_test(the_command_line_comes_first),
        cmocka_unit_test(every_preset_is_good),
        cmocka_unit_test(parameters_are_not_what_looks_like_them),
        cmocka_unit_test(faults_have_their_place),
        cmocka_unit_test(faults_of_scripts_have_their_place),
    };
    return cmocka_run_group_tests_name("sql workload", tests, make_folder,
                                       remove_folder);
}
