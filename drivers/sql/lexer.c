/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PostgreSQL's rules (its manual, 4.1) and MariaDB's, where they differ. */
#include "drivers/sql/lexer.h"

#include <string.h>

const char *const sql_dialect_words[] = {"pgsql", "mysql", NULL};

static bool begins_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (c & 0x80);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t sql_word_length(const char *text)
{
    size_t length = 0;
    if (begins_word(*text))
        while (begins_word(text[length]) || is_digit(text[length]))
            length++;
    return length;
}

bool sql_is_name(const char *text)
{
    size_t length = strlen(text);
    if (!length || length > 63 || sql_word_length(text) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] & 0x80)
            return false;
    return true;
}

/* To behind the closing quote; a doubled one does not close. */
static size_t quoted(const char *text, bool backslash)
{
    char quote = *text;
    size_t at = 1;
    for (; text[at]; at++) {
        bool escape = backslash && text[at] == '\\' && text[at + 1];
        bool doubled = text[at] == quote && text[at + 1] == quote;
        if (escape || doubled)
            at++;
        else if (text[at] == quote)
            return at + 1;
    }
    return at;
}

static size_t line_comment(const char *text)
{
    return strcspn(text, "\n");
}

static size_t block_comment(const char *text, bool nests)
{
    size_t depth = 1;
    size_t at = 2;
    while (text[at] && depth) {
        if (text[at] == '*' && text[at + 1] == '/') {
            depth--;
            at += 2;
        } else if (nests && text[at] == '/' && text[at + 1] == '*') {
            depth++;
            at += 2;
        } else {
            at++;
        }
    }
    return at;
}

/* $tag$ ... $tag$; 0 when it is something else. */
static size_t dollar_quoted(const char *text)
{
    size_t tag = 1 + sql_word_length(text + 1);
    if (text[tag] != '$')
        return 0;
    tag++;
    for (size_t at = tag; text[at]; at++)
        if (strncmp(text + at, text, tag) == 0)
            return at + tag;
    return strlen(text);
}

/* 0: it is none. */
static size_t space(enum sql_dialect dialect, const char *text)
{
    size_t length = 0;
    while (is_space(text[length]))
        length++;
    if (length)
        return length;
    bool dashes = text[0] == '-' && text[1] == '-';
    if (dialect == SQL_MYSQL)
        dashes = dashes && (!text[2] || is_space(text[2]));
    if (dashes || (dialect == SQL_MYSQL && text[0] == '#'))
        return line_comment(text);
    if (text[0] == '/' && text[1] == '*')
        return block_comment(text, dialect == SQL_PGSQL);
    return 0;
}

/* 0: it is none. */
static size_t literal(enum sql_dialect dialect, const char *text)
{
    bool mysql = dialect == SQL_MYSQL;
    if (*text == '\'' || *text == '"')
        return quoted(text, mysql);
    if (*text == '`' && mysql)
        return quoted(text, false);
    if ((*text == 'E' || *text == 'e') && text[1] == '\'' && !mysql)
        return 1 + quoted(text + 1, true);
    if (*text == '$' && !mysql)
        return dollar_quoted(text);
    return 0;
}

enum sql_token_kind sql_token(enum sql_dialect dialect, const char *text,
                              size_t *length)
{
    *length = 0;
    if (!*text)
        return SQL_TOKEN_END;
    *length = space(dialect, text);
    if (*length)
        return SQL_TOKEN_SPACE;
    *length = literal(dialect, text);
    if (*length)
        return SQL_TOKEN_OTHER;
    *length = sql_word_length(text);
    if (*length)
        return SQL_TOKEN_WORD;
    *length = 1;
    if (*text == ';')
        return SQL_TOKEN_SEMICOLON;
    if (*text != ':')
        return SQL_TOKEN_OTHER;
    /* A cast (::int), or an assignment (:=). */
    if (text[1] == ':' || text[1] == '=') {
        *length = 2;
        return SQL_TOKEN_OTHER;
    }
    size_t name = sql_word_length(text + 1);
    *length += name;
    return name ? SQL_TOKEN_PARAMETER : SQL_TOKEN_OTHER;
}
