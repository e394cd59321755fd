/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values within a statement's text. */
#include "drivers/sql/driver.h"

#include <string.h>

/* With a backslash PostgreSQL's E'' reads it the same whatever the server is
 * set to; MariaDB's plain quotes do as long as NO_BACKSLASH_ESCAPES is off. */
void sql_literal(enum sql_dialect dialect, struct scope_text *text,
                 const struct sql_value *value)
{
    if (value->kind == SQL_NULL) {
        scope_text_put(text, "NULL", 4);
        return;
    }
    if (value->kind != SQL_TEXT) {
        /* In brackets, lest 1-:x becomes a comment. */
        bool negative = value->text[0] == '-';
        if (negative)
            scope_text_char(text, '(');
        scope_text_put(text, value->text, value->length);
        if (negative)
            scope_text_char(text, ')');
        return;
    }
    if (dialect == SQL_PGSQL && memchr(value->text, '\\', value->length))
        scope_text_char(text, 'E');
    scope_text_char(text, '\'');
    const char *from = value->text;
    const char *end = from + value->length;
    for (const char *at = from; at < end; at++)
        if (*at == '\'' || *at == '\\') {
            scope_text_put(text, from, (size_t)(at + 1 - from));
            scope_text_char(text, *at);
            from = at + 1;
        }
    scope_text_put(text, from, (size_t)(end - from));
    scope_text_char(text, '\'');
}
