/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings: a configuration struct that is filled row by row from texts, and
 * read back as texts. Knows how each option type looks in C and in words.
 */
#include "lib/base/options.h"

#include "lib/base/units.h"

#include <string.h>

struct row_state {
    bool given;
    size_t item_room; /* of a list's items */
};

struct scope_settings {
    const struct scope_option *table;
    char *prefix;
    void *config;
    struct row_state *rows;
    char **strings; /* everything the configuration points to */
    size_t string_count, string_room;
};

/* A value of any type, before it goes to its field. */
union value {
    bool flag;
    int choice;
    int64_t integer;
    uint64_t size;
    double real;
};

static bool is_list(const struct scope_option *row)
{
    return row->type == SCOPE_TYPE_LIST || row->type == SCOPE_TYPE_REPEAT;
}

static bool is_text(const struct scope_option *row)
{
    return row->type == SCOPE_TYPE_STRING || row->type == SCOPE_TYPE_PATH;
}

static enum scope_code parse_bool(const char *text, bool *flag,
                                  struct scope_err *err)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"false", "true"}, {"off", "on"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        for (size_t j = 0; j < 2; j++)
            if (strcmp(words[i][j], text) == 0) {
                *flag = j;
                return SCOPE_OK;
            }
    enum scope_code code =
        scope_fail(err, SCOPE_USAGE, 0, "'%s' is neither yes nor no", text);
    scope_hint(err, "write yes, no, true, false, on or off");
    return code;
}

static enum scope_code parse_choice(const struct scope_option *row,
                                    const char *text, int *choice,
                                    struct scope_err *err)
{
    struct scope_text known = {0};
    size_t count = 0;
    for (; row->choices[count]; count++) {
        if (strcmp(row->choices[count], text) == 0) {
            *choice = (int)count;
            scope_text_free(&known);
            return SCOPE_OK;
        }
        scope_text_add(&known, "%s%s", count ? ", " : "", row->choices[count]);
    }
    enum scope_code code = scope_fail(
        err, SCOPE_USAGE, 0, "'%s' is not one of %s", text, known.bytes);
    const char *near = scope_nearest(text, row->choices, count);
    if (near)
        scope_hint(err, "did you mean %s?", near);
    scope_text_free(&known);
    return code;
}

/* Reads what is neither a text nor a list. */
static enum scope_code parse(const struct scope_option *row, const char *text,
                             union value *value, struct scope_err *err)
{
    switch (row->type) {
    case SCOPE_TYPE_BOOL:
        return parse_bool(text, &value->flag, err);
    case SCOPE_TYPE_INT:
        return scope_parse_int(text, &value->integer, err);
    case SCOPE_TYPE_SIZE:
        return scope_parse_size(text, &value->size, err);
    case SCOPE_TYPE_DURATION:
        return scope_parse_duration(text, &value->integer, err);
    case SCOPE_TYPE_RATE:
        return scope_parse_rate(text, &value->real, err);
    case SCOPE_TYPE_RATIO:
        return scope_parse_ratio(text, &value->real, err);
    case SCOPE_TYPE_NUMBER:
        return scope_parse_number(text, &value->real, err);
    case SCOPE_TYPE_CHOICE:
        return parse_choice(row, text, &value->choice, err);
    case SCOPE_TYPE_NONE:
    case SCOPE_TYPE_STRING:
    case SCOPE_TYPE_PATH:
    case SCOPE_TYPE_LIST:
    case SCOPE_TYPE_REPEAT:
        break;
    }
    return scope_fail(err, SCOPE_FAILED, 0, "read the option %s", row->name);
}

/* Below 0, 0 or above, as for strcmp. */
static int compare(enum scope_type type, const union value *a,
                   const union value *b)
{
    switch (type) {
    case SCOPE_TYPE_INT:
    case SCOPE_TYPE_DURATION:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case SCOPE_TYPE_SIZE:
        return (a->size > b->size) - (a->size < b->size);
    case SCOPE_TYPE_RATE:
    case SCOPE_TYPE_RATIO:
    case SCOPE_TYPE_NUMBER:
        return (a->real > b->real) - (a->real < b->real);
    default:
        return 0;
    }
}

static enum scope_code check_limits(const struct scope_option *row,
                                    const char *text, const union value *value,
                                    struct scope_err *err)
{
    union value limit;
    if (row->min) {
        enum scope_code code = parse(row, row->min, &limit, err);
        if (code)
            return code;
        if (compare(row->type, value, &limit) < 0)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "'%s' is below the minimum of %s", text,
                              row->min);
    }
    if (row->max) {
        enum scope_code code = parse(row, row->max, &limit, err);
        if (code)
            return code;
        if (compare(row->type, value, &limit) > 0)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "'%s' is above the maximum of %s", text,
                              row->max);
    }
    return SCOPE_OK;
}

static void *field(const struct scope_settings *settings,
                   const struct scope_option *row)
{
    return (char *)settings->config + row->offset;
}

static void store(void *to, enum scope_type type, const union value *value)
{
    switch (type) {
    case SCOPE_TYPE_BOOL:
        *(bool *)to = value->flag;
        break;
    case SCOPE_TYPE_CHOICE:
        *(int *)to = value->choice;
        break;
    case SCOPE_TYPE_INT:
    case SCOPE_TYPE_DURATION:
        *(int64_t *)to = value->integer;
        break;
    case SCOPE_TYPE_SIZE:
        *(uint64_t *)to = value->size;
        break;
    default:
        *(double *)to = value->real;
        break;
    }
}

/* Takes text over; it lives as long as the settings. */
static const char *keep(struct scope_settings *settings, char *text)
{
    settings->strings =
        scope_grow(settings->strings, &settings->string_room,
                   settings->string_count, sizeof *settings->strings);
    return settings->strings[settings->string_count++] = text;
}

static struct row_state *state_of(const struct scope_settings *settings,
                                  const struct scope_option *row)
{
    return &settings->rows[row - settings->table];
}

/* Takes text over. */
static void append_item(struct scope_settings *settings,
                        const struct scope_option *row, char *text)
{
    struct scope_list *list = field(settings, row);
    const char **items = scope_grow((void *)(uintptr_t)list->items,
                                    &state_of(settings, row)->item_room,
                                    list->count, sizeof *items);
    items[list->count++] = keep(settings, text);
    list->items = items;
}

/* a,b,c; "\," is a comma and "\\" a backslash within an item. */
static enum scope_code split(struct scope_settings *settings,
                             const struct scope_option *row, const char *text,
                             struct scope_err *err)
{
    if (!*text)
        return SCOPE_OK;
    struct scope_text item = {0};
    for (const char *at = text;; at++) {
        if (*at == '\\' && (at[1] == ',' || at[1] == '\\')) {
            scope_text_char(&item, *++at);
            continue;
        }
        if (*at && *at != ',') {
            scope_text_char(&item, *at);
            continue;
        }
        if (!item.length)
            return scope_fail(err, SCOPE_USAGE, 0, "'%s' has an empty item",
                              text);
        append_item(settings, row, scope_text_take(&item));
        if (!*at)
            return SCOPE_OK;
    }
}

static enum scope_code set_value(struct scope_settings *settings,
                                 const struct scope_option *row,
                                 const char *text, struct scope_err *err)
{
    union value value = {0};
    enum scope_code code = parse(row, text, &value, err);
    if (!code)
        code = check_limits(row, text, &value, err);
    if (!code)
        store(field(settings, row), row->type, &value);
    return code;
}

static enum scope_code set_row(struct scope_settings *settings,
                               const struct scope_option *row, const char *text,
                               struct scope_err *err)
{
    if (is_text(row)) {
        *(const char **)field(settings, row) =
            keep(settings, scope_strdup(text));
        return SCOPE_OK;
    }
    if (row->type == SCOPE_TYPE_LIST)
        return split(settings, row, text, err);
    if (row->type == SCOPE_TYPE_REPEAT) {
        append_item(settings, row, scope_strdup(text));
        return SCOPE_OK;
    }
    return set_value(settings, row, text, err);
}

size_t scope_options_count(const struct scope_option *table)
{
    size_t count = 0;
    while (table && table[count].name)
        count++;
    return count;
}

const struct scope_option *scope_options_find(const struct scope_option *table,
                                              const char *name)
{
    for (; table && table->name; table++)
        if (strcmp(table->name, name) == 0)
            return table;
    return NULL;
}

struct scope_settings *scope_settings_new(const struct scope_option *table,
                                          size_t config_size,
                                          const char *prefix)
{
    struct scope_settings *settings = scope_alloc(1, sizeof *settings);
    settings->table = table;
    settings->prefix = scope_strdup(prefix);
    settings->config = scope_alloc(1, config_size);
    settings->rows =
        scope_alloc(scope_options_count(table), sizeof *settings->rows);
    for (const struct scope_option *row = table; row && row->name; row++)
        if (row->fallback && set_row(settings, row, row->fallback, NULL))
            /* Only a table that scope_options_check() refuses. */
            abort();
    return settings;
}

void scope_settings_free(struct scope_settings *settings)
{
    if (!settings)
        return;
    for (const struct scope_option *row = settings->table; row && row->name;
         row++)
        if (is_list(row))
            free((void *)(uintptr_t)((struct scope_list *)field(settings, row))
                     ->items);
    for (size_t i = 0; i < settings->string_count; i++)
        free(settings->strings[i]);
    free(settings->strings);
    free(settings->rows);
    free(settings->config);
    free(settings->prefix);
    free(settings);
}

enum scope_code scope_at(const struct scope_place *place, struct scope_err *err)
{
    if (place && place->file && err)
        scope_prefix(err, "%s:%d:%d", place->file, place->line, place->column);
    return err ? err->code : SCOPE_USAGE;
}

static enum scope_code unknown(const struct scope_settings *settings,
                               const char *name,
                               const struct scope_place *place,
                               struct scope_err *err)
{
    size_t count = scope_options_count(settings->table);
    const char **names = scope_alloc(count, sizeof *names);
    struct scope_text known = {0};
    for (size_t i = 0; i < count; i++) {
        names[i] = settings->table[i].name;
        scope_text_add(&known, "%s%s%s", i ? ", " : "", settings->prefix,
                       names[i]);
    }
    scope_fail(err, SCOPE_USAGE, 0, "unknown option %s%s", settings->prefix,
               name);
    const char *near = scope_nearest(name, names, count);
    if (near)
        scope_hint(err, "did you mean %s%s?", settings->prefix, near);
    else
        scope_hint(err, count ? "there are %s" : "there are none%s",
                   count ? known.bytes : "");
    scope_text_free(&known);
    free(names);
    return scope_at(place, err);
}

/* The row to be set, its default forgotten if this is its first setting. */
static enum scope_code row_to_set(struct scope_settings *settings,
                                  const char *name,
                                  const struct scope_place *place,
                                  const struct scope_option **row,
                                  struct scope_err *err)
{
    *row = scope_options_find(settings->table, name);
    if (!*row)
        return unknown(settings, name, place, err);
    struct row_state *state = state_of(settings, *row);
    if (is_list(*row) && !state->given)
        ((struct scope_list *)field(settings, *row))->count = 0;
    state->given = true;
    return SCOPE_OK;
}

enum scope_code scope_settings_set(struct scope_settings *settings,
                                   const char *name, const char *value,
                                   const struct scope_place *place,
                                   struct scope_err *err)
{
    const struct scope_option *row;
    enum scope_code code = row_to_set(settings, name, place, &row, err);
    if (code)
        return code;
    if (!value && row->type != SCOPE_TYPE_BOOL) {
        scope_fail(err, SCOPE_USAGE, 0, "%s%s needs a value", settings->prefix,
                   name);
        scope_hint(err, "write %s%s=%s", settings->prefix, name,
                   scope_option_value(row));
        return scope_at(place, err);
    }
    if (!set_row(settings, row, value ? value : "yes", err))
        return SCOPE_OK;
    if (row->secret)
        scope_fail(err, SCOPE_USAGE, 0, "the value is not accepted");
    scope_prefix(err, "%s%s", settings->prefix, name);
    return scope_at(place, err);
}

enum scope_code scope_settings_item(struct scope_settings *settings,
                                    const char *name, const char *item,
                                    const struct scope_place *place,
                                    struct scope_err *err)
{
    const struct scope_option *row;
    enum scope_code code = row_to_set(settings, name, place, &row, err);
    if (code)
        return code;
    if (!is_list(row)) {
        scope_fail(err, SCOPE_USAGE, 0, "%s%s takes one value, not a list",
                   settings->prefix, name);
        return scope_at(place, err);
    }
    append_item(settings, row, scope_strdup(item));
    return SCOPE_OK;
}

enum scope_code scope_settings_finish(struct scope_settings *settings,
                                      struct scope_err *err)
{
    for (const struct scope_option *row = settings->table; row && row->name;
         row++) {
        if (!row->required || state_of(settings, row)->given)
            continue;
        enum scope_code code =
            scope_fail(err, SCOPE_USAGE, 0, "%s%s is required",
                       settings->prefix, row->name);
        scope_hint(err, "write %s%s=%s: %s", settings->prefix, row->name,
                   scope_option_value(row), row->help);
        return code;
    }
    return SCOPE_OK;
}

const void *scope_settings_config(const struct scope_settings *settings)
{
    return settings->config;
}

const struct scope_option *
scope_settings_table(const struct scope_settings *settings)
{
    return settings->table;
}

bool scope_settings_given(const struct scope_settings *settings,
                          const char *name)
{
    const struct scope_option *row = scope_options_find(settings->table, name);
    return row && state_of(settings, row)->given;
}

static char *list_text(const struct scope_list *list, bool escape)
{
    struct scope_text text = {0};
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            scope_text_char(&text, ',');
        for (const char *at = list->items[i]; *at; at++) {
            if (escape && (*at == ',' || *at == '\\'))
                scope_text_char(&text, '\\');
            scope_text_char(&text, *at);
        }
    }
    return scope_text_take(&text);
}

/* The shortest decimal that reads back as the same double. */
static char *real_text(double value)
{
    for (int digits = 6; digits < 17; digits++) {
        char *text = scope_format("%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return text;
        free(text);
    }
    return scope_format("%.17g", value);
}

char *scope_settings_text(const struct scope_settings *settings,
                          const struct scope_option *row)
{
    const void *from = field(settings, row);
    bool set = row->fallback || state_of(settings, row)->given;
    if (!set || (is_text(row) && !*(const char *const *)from))
        return NULL;
    if (row->secret)
        return scope_strdup("***");
    char text[64];
    switch (row->type) {
    case SCOPE_TYPE_BOOL:
        return scope_strdup(*(const bool *)from ? "yes" : "no");
    case SCOPE_TYPE_INT:
        return scope_format("%lld", (long long)*(const int64_t *)from);
    case SCOPE_TYPE_SIZE:
        return scope_format("%llu",
                            (unsigned long long)*(const uint64_t *)from);
    case SCOPE_TYPE_DURATION:
        return scope_strdup(
            scope_format_duration(text, sizeof text, *(const int64_t *)from));
    case SCOPE_TYPE_RATE:
    case SCOPE_TYPE_RATIO:
    case SCOPE_TYPE_NUMBER:
        return real_text(*(const double *)from);
    case SCOPE_TYPE_STRING:
    case SCOPE_TYPE_PATH:
        return scope_strdup(*(const char *const *)from);
    case SCOPE_TYPE_CHOICE:
        return scope_strdup(row->choices[*(const int *)from]);
    case SCOPE_TYPE_LIST:
    case SCOPE_TYPE_REPEAT:
        return list_text(from, row->type == SCOPE_TYPE_LIST);
    case SCOPE_TYPE_NONE:
        break;
    }
    return NULL;
}
