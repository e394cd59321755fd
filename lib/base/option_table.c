/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an option table must be before anybody reads it: each fault of a
 * plugin's author is one sentence that names the row.
 */
#include "lib/base/options.h"

#include <stdalign.h>
#include <string.h>

static const struct type {
    const char *word;
    const char *value; /* what help calls a value of the type */
    size_t size, alignment;
    bool limits; /* has an order, so min and max mean something */
} types[] = {
#define TYPE(name, text, shown, ctype, ordered)                                \
    [SCOPE_TYPE_##name] = {.word = (text),                                     \
                           .value = (shown),                                   \
                           .size = sizeof(ctype),                              \
                           .alignment = alignof(ctype),                        \
                           .limits = (ordered)}
    TYPE(BOOL, "bool", "yes|no", bool, false),
    TYPE(INT, "integer", "N", int64_t, true),
    TYPE(SIZE, "size", "SIZE", uint64_t, true),
    TYPE(DURATION, "duration", "DURATION", int64_t, true),
    TYPE(RATE, "rate", "RATE", double, true),
    TYPE(RATIO, "ratio", "RATIO", double, true),
    TYPE(NUMBER, "number", "NUMBER", double, true),
    TYPE(STRING, "text", "TEXT", const char *, false),
    TYPE(PATH, "path", "PATH", const char *, false),
    TYPE(CHOICE, "choice", "WORD", int, false),
    TYPE(LIST, "list", "A,B,...", struct scope_list, false),
    TYPE(REPEAT, "repeated", "TEXT", struct scope_list, false),
#undef TYPE
};

const char *scope_type_word(enum scope_type type)
{
    return (size_t)type < sizeof types / sizeof *types ? types[type].word
                                                       : NULL;
}

const char *scope_option_value(const struct scope_option *row)
{
    return row->value ? row->value : types[row->type].value;
}

static bool good_name(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    return *name && strchr(first, *name) && !name[strspn(name, rest)];
}

static enum scope_code check_name(const struct scope_option *table,
                                  const struct scope_option *row,
                                  struct scope_err *err)
{
    if (!good_name(row->name))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "option '%s': a name is a lower-case letter, then "
                          "letters, digits, '-' and '_'",
                          row->name);
    for (const struct scope_option *other = table; other < row; other++) {
        if (strcmp(other->name, row->name) == 0)
            return scope_fail(err, SCOPE_FAILED, 0,
                              "option '%s' is in the table twice", row->name);
        if (row->letter && other->letter == row->letter)
            return scope_fail(err, SCOPE_FAILED, 0,
                              "options '%s' and '%s' share the letter '%c'",
                              other->name, row->name, row->letter);
    }
    if (!row->help || !*row->help)
        return scope_fail(err, SCOPE_FAILED, 0, "option '%s' has no help",
                          row->name);
    return SCOPE_OK;
}

static enum scope_code check_type(const struct scope_option *row,
                                  size_t config_size, struct scope_err *err)
{
    if (!scope_type_word(row->type))
        return scope_fail(err, SCOPE_FAILED, 0, "option '%s' has no known type",
                          row->name);
    const struct type *type = &types[row->type];
    if (row->offset > config_size || config_size - row->offset < type->size ||
        row->offset % type->alignment)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "option '%s' lies outside the configuration struct",
                          row->name);
    if ((row->type == SCOPE_TYPE_CHOICE) != (row->choices != NULL) ||
        (row->choices && !row->choices[0]))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "option '%s': a choice, and nothing else, has "
                          "choices",
                          row->name);
    if ((row->min || row->max) && !type->limits)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "option '%s': a %s has no limits", row->name,
                          type->word);
    return SCOPE_OK;
}

/* Whether text sets the row, by setting a table of this row alone. */
static enum scope_code check_text(const struct scope_option *row,
                                  const char *what, const char *text,
                                  struct scope_err *err)
{
    struct scope_option alone[] = {*row, SCOPE_OPTION_END};
    alone[0].offset = 0;
    alone[0].fallback = NULL;
    struct scope_settings *settings =
        scope_settings_new(alone, types[row->type].size, "");
    struct scope_err why = {0};
    enum scope_code code =
        scope_settings_set(settings, row->name, text, NULL, &why);
    scope_settings_free(settings);
    if (code)
        return scope_fail(err, SCOPE_FAILED, 0, "option '%s': the %s: %s",
                          row->name, what, why.text);
    return SCOPE_OK;
}

static enum scope_code check_texts(const struct scope_option *row,
                                   struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    if (row->required && row->fallback)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "option '%s' is required and has a default",
                          row->name);
    /* Each limit lies within both, so min <= max too. */
    if (row->min)
        code = check_text(row, "minimum", row->min, err);
    if (!code && row->max)
        code = check_text(row, "maximum", row->max, err);
    if (!code && row->fallback)
        code = check_text(row, "default", row->fallback, err);
    return code;
}

enum scope_code scope_options_check(const struct scope_option *table,
                                    size_t config_size, struct scope_err *err)
{
    for (const struct scope_option *row = table; row && row->name; row++) {
        enum scope_code code = check_name(table, row, err);
        if (!code)
            code = check_type(row, config_size, err);
        if (!code)
            code = check_texts(row, err);
        if (code)
            return code;
    }
    return SCOPE_OK;
}
