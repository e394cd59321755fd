/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As much of SQL's lexical rules as it takes to find the parameters (:name)
 * and ends (;) of statements, and not what looks like them within quotes and
 * comments.
 */
#ifndef DRIVERS_SQL_LEXER_H
#define DRIVERS_SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum sql_dialect {
    SQL_PGSQL,
    SQL_MYSQL,
};

/* "pgsql", "mysql": as a workload file says. */
extern const char *const sql_dialect_words[];

enum sql_token_kind {
    SQL_TOKEN_END,
    SQL_TOKEN_SPACE, /* white space or a comment */
    SQL_TOKEN_WORD,
    SQL_TOKEN_PARAMETER, /* :name */
    SQL_TOKEN_SEMICOLON,
    SQL_TOKEN_OTHER,
};

/* The token at the text's begin, and its length; what is not closed ends with
 * the text. */
enum sql_token_kind sql_token(enum sql_dialect dialect, const char *text,
                              size_t *length);

/* Letters, digits and _, not beginning with a digit: how many bytes. */
size_t sql_word_length(const char *text);

/* Whether a text is one word, as names of tables, columns and parameters
 * must be: such a name means the same to every server without quotes. */
bool sql_is_name(const char *text);

#endif
