/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A workload from anywhere is one error, or statements whose placeholders all
 * have values. The first byte says for which server, and YAML or SQL. */
#include "tests/fuzz/target.h"

#include "drivers/sql/driver.h"
#include "drivers/sql/reader.h"

#include <stdlib.h>
#include <string.h>

static enum scope_code read_script(const struct sql_source_options *options,
                                   const char *text, struct scope_err *err)
{
    struct sql_workload workload = {.dialect = options->dialect,
                                    .source = strdup("in")};
    struct sql_reader reader = {
        .workload = &workload, .options = options, .err = err};
    enum scope_code code = sql_read_script(&reader, text);
    sql_workload_free(&workload);
    return code;
}

static void draw_all(const struct sql_workload *workload)
{
    struct sql_source source = {.random = {1}};
    struct scope_text text = {0};
    for (size_t i = 0; i < workload->statement_count; i++) {
        const struct sql_statement *statement = &workload->statements[i];
        TARGET_ASSERT(statement->piece_count > 0);
        for (size_t j = 0; j < statement->binding_count; j++) {
            size_t bound = statement->bindings[j];
            struct sql_value value = {0};
            TARGET_ASSERT(bound < workload->parameter_count);
            sql_generator_draw(&workload->parameters[bound].generator, &source,
                               &value);
            TARGET_ASSERT(value.kind == SQL_NULL ||
                          strlen(value.text) == value.length);
            text.length = 0;
            sql_literal(workload->dialect, &text, &value);
            sql_value_free(&value);
        }
    }
    scope_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!size)
        return 0;
    char *text = malloc(size);
    memcpy(text, bytes + 1, size - 1);
    text[size - 1] = '\0';
    const struct sql_source_options options = {
        .dialect = bytes[0] & 1 ? SQL_MYSQL : SQL_PGSQL,
        .preset = text,
        .rows = 10,
        .mode = -1,
    };
    struct scope_err err = {0};
    struct sql_workload workload;
    if (bytes[0] & 2) {
        if (read_script(&options, text, &err) != SCOPE_OK)
            TARGET_ASSERT(err.code == SCOPE_USAGE && err.text[0]);
    } else {
        if (sql_workload_open(&workload, &options, &err) == SCOPE_OK)
            draw_all(&workload);
        else
            TARGET_ASSERT(err.code == SCOPE_USAGE && err.text[0]);
        sql_workload_free(&workload);
    }
    free(text);
    return 0;
}
