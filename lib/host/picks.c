/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Picks: splits the texts and hands each option to the plugin's settings. */
#include "lib/host/picks.h"

#include <string.h>

struct scope_picks {
    const struct scope_registry *registry;
    enum scope_kind kind;
    struct scope_pick **items;
    size_t count, room;
};

struct scope_picks *scope_picks_new(const struct scope_registry *registry,
                                    enum scope_kind kind)
{
    struct scope_picks *picks = scope_alloc(1, sizeof *picks);
    picks->registry = registry;
    picks->kind = kind;
    return picks;
}

void scope_picks_free(struct scope_picks *picks)
{
    if (!picks)
        return;
    for (size_t i = 0; i < picks->count; i++) {
        scope_settings_free(picks->items[i]->settings);
        free(picks->items[i]);
    }
    free(picks->items);
    free(picks);
}

enum scope_code scope_picks_name(struct scope_picks *picks, const char *name,
                                 const char *prefix,
                                 const struct scope_place *place,
                                 const struct scope_pick **pick,
                                 struct scope_err *err)
{
    for (size_t i = 0; i < picks->count; i++) {
        if (strcmp(picks->items[i]->loaded->plugin->name, name) != 0)
            continue;
        *pick = picks->items[i];
        return SCOPE_OK;
    }
    const struct scope_loaded *loaded;
    enum scope_code code =
        scope_registry_find(picks->registry, picks->kind, name, &loaded, err);
    if (code != SCOPE_OK) {
        scope_at(place, err);
        return code;
    }
    struct scope_pick *made = scope_alloc(1, sizeof *made);
    char *own_prefix = scope_format("%s.", name);
    *made = (struct scope_pick){
        .loaded = loaded,
        .settings = scope_settings_new(loaded->options, loaded->config_size,
                                       prefix ? prefix : own_prefix),
    };
    free(own_prefix);
    picks->items = scope_grow(picks->items, &picks->room, picks->count,
                              sizeof(struct scope_pick *));
    picks->items[picks->count++] = made;
    *pick = made;
    return SCOPE_OK;
}

/* The comma that ends the part at text, or the end. */
static const char *part_end(const char *text)
{
    for (; *text && *text != ','; text++)
        if (*text == '\\' && text[1])
            text++;
    return text;
}

/* Length of the option name that the part begins with, 0: it begins no
 * option. */
static size_t option_name(const struct scope_settings *settings,
                          const char *part)
{
    size_t length =
        strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                     "0123456789-_");
    if (!length || part[length] == '=')
        return length;
    if (part + length != part_end(part))
        return 0;
    const struct scope_option *row = scope_settings_table(settings);
    for (; row && row->name; row++)
        if (row->type == SCOPE_TYPE_BOOL && strlen(row->name) == length &&
            strncmp(row->name, part, length) == 0)
            return length;
    return 0;
}

/* A copy of raw without the backslashes before commas and backslashes. */
static char *unescape(const char *raw)
{
    char *text = scope_strdup(raw);
    char *to = text;
    for (const char *from = raw; *from; from++) {
        if (*from == '\\' && (from[1] == ',' || from[1] == '\\'))
            from++;
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

static enum scope_code set(const struct scope_pick *pick, const char *name,
                           const char *raw, const struct scope_place *place,
                           struct scope_err *err)
{
    const struct scope_option *row =
        scope_options_find(scope_settings_table(pick->settings), name);
    if (!raw || (row && row->type == SCOPE_TYPE_LIST))
        return scope_settings_set(pick->settings, name, raw, place, err);
    char *value = unescape(raw);
    enum scope_code code =
        scope_settings_set(pick->settings, name, value, place, err);
    free(value);
    return code;
}

/* Reads the option that text begins with, and moves text behind it. */
static enum scope_code take_option(const struct scope_pick *pick,
                                   const char **text,
                                   const struct scope_place *place,
                                   struct scope_err *err)
{
    size_t length = option_name(pick->settings, *text);
    const char *end = part_end(*text);
    /* A first part that is no option is an unknown one, whole. */
    if (!length)
        length = (size_t)(end - *text);
    char *name = scope_format("%.*s", (int)length, *text);
    char *raw = NULL;
    if ((*text)[length] == '=') {
        while (*end && !option_name(pick->settings, end + 1))
            end = part_end(end + 1);
        const char *value = *text + length + 1;
        raw = scope_format("%.*s", (int)(end - value), value);
    }
    enum scope_code code = set(pick, name, raw, place, err);
    free(raw);
    free(name);
    *text = *end ? end + 1 : end;
    return code;
}

enum scope_code scope_picks_add(struct scope_picks *picks, const char *text,
                                const struct scope_place *place,
                                struct scope_err *err)
{
    size_t length = strcspn(text, ".");
    char *name = scope_format("%.*s", (int)length, text);
    const struct scope_pick *pick = NULL;
    enum scope_code code =
        scope_picks_name(picks, name, NULL, place, &pick, err);
    free(name);
    if (code || !text[length])
        return code;
    const char *rest = text + length + 1;
    if (!*rest) {
        scope_fail(err, SCOPE_USAGE, 0, "'%s' has no option after the dot",
                   text);
        return scope_at(place, err);
    }
    while (!code && *rest)
        code = take_option(pick, &rest, place, err);
    return code;
}

enum scope_code scope_picks_finish(const struct scope_picks *picks,
                                   struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < picks->count; i++)
        code = scope_settings_finish(picks->items[i]->settings, err);
    return code;
}

size_t scope_picks_count(const struct scope_picks *picks)
{
    return picks->count;
}

const struct scope_pick *scope_picks_at(const struct scope_picks *picks,
                                        size_t index)
{
    return picks->items[index];
}
