/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads option tables (<scope/option.h>): defaults, one setting after another
 * from the command line or a YAML file, limits, and the values as text again.
 *
 * A struct scope_settings owns the configuration struct and every string in
 * it; the table must outlive it.
 */
#ifndef LIB_BASE_OPTIONS_H
#define LIB_BASE_OPTIONS_H

#include "lib/base/text.h"

#include <scope/option.h>

/* Where a setting was written: for messages "file:line:column: ...". */
struct scope_place {
    const char *file; /* NULL: the command line */
    int line, column; /* from 1 */
};

struct scope_settings;

/* Checks the table itself: names, fallbacks, limits and choices that parse,
 * no duplicates. The loader and a test call it. */
enum scope_code scope_options_check(const struct scope_option *table,
                                    size_t config_size,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* Rows before the end; table may be NULL. */
size_t scope_options_count(const struct scope_option *table);
/* The row of a name, or NULL. */
const struct scope_option *scope_options_find(const struct scope_option *table,
                                              const char *name);
/* "duration", "size", ...; NULL when unknown. */
const char *scope_type_word(enum scope_type type);
/* What help calls the value: the row's own word or its type's ("DURATION"). */
const char *scope_option_value(const struct scope_option *row);

/* Puts "file:line:column: " before the text when place is in a file; returns
 * the code. place may be NULL. */
enum scope_code scope_at(const struct scope_place *place,
                         struct scope_err *err);

/* A configuration struct with every default applied. The table is known to be
 * good. prefix ("perf.", "") names the options in messages; it is copied. */
struct scope_settings *scope_settings_new(const struct scope_option *table,
                                          size_t config_size,
                                          const char *prefix);
void scope_settings_free(struct scope_settings *settings);

/* Sets one option from text. Unknown names fail with the nearest name as the
 * hint; a value of the wrong type or beyond a limit says what is accepted.
 * value NULL: the option alone ("--threads"), which only bools take. A list
 * given again is appended to; the first setting replaces the default. In the
 * text of a list "\," stands for a comma and "\\" for a backslash. */
enum scope_code scope_settings_set(struct scope_settings *settings,
                                   const char *name, const char *value,
                                   const struct scope_place *place,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* Adds one item to a list, commas and all; fails for other types. */
enum scope_code scope_settings_item(struct scope_settings *settings,
                                    const char *name, const char *item,
                                    const struct scope_place *place,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* Fails for a required option that was never set. */
enum scope_code scope_settings_finish(struct scope_settings *settings,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

/* The configuration struct; owned by settings. */
const void *scope_settings_config(const struct scope_settings *settings);
const struct scope_option *
scope_settings_table(const struct scope_settings *settings);
/* Whether the user set the option, by name. */
bool scope_settings_given(const struct scope_settings *settings,
                          const char *name);
/* The effective value of a row as canonical text that sets it again ("10ms");
 * to free(). Secrets come as "***". NULL when unset. */
char *scope_settings_text(const struct scope_settings *settings,
                          const struct scope_option *row);

/* The name in names that is nearest to what was typed, or NULL when none is
 * near: for "did you mean". */
const char *scope_nearest(const char *typed, const char *const *names,
                          size_t count);

#endif
