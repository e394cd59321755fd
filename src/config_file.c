/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration file as settings. Plugins' sections are checked against
 * the plugins' own tables here, while the places are known, and then handed on
 * as the texts that the command line would have given.
 */
#include "src/config_file.h"

#include "lib/base/yaml.h"

#include <string.h>

struct section {
    const struct scope_command *command;
    struct scope_settings *settings;
    struct scope_registry *registry; /* opened when first needed */
    struct scope_err *err;
};

/* Adds text with a backslash before each comma and backslash. */
static void escape(struct scope_text *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ',' || *text == '\\')
            scope_text_char(out, '\\');
        scope_text_char(out, *text);
    }
}

static void write_option(struct scope_text *out, const char *name,
                         const char *value)
{
    scope_text_add(out, "%c%s", strchr(out->bytes, '.') ? ',' : '.', name);
    if (!value)
        return;
    scope_text_char(out, '=');
    escape(out, value);
}

/* {perf: {interval: 10ms, events: [a, b]}} as perf.interval=10ms,events=a,
 * events=b. The pick has accepted the pairs; its lists are split already. */
static char *write_pick(const struct scope_pick *pick,
                        const struct scope_yaml *options)
{
    const char *config = scope_settings_config(pick->settings);
    size_t count = options->kind == SCOPE_YAML_MAPPING ? options->count : 0;
    struct scope_text out = {0};
    scope_text_add(&out, "%s", pick->loaded->plugin->name);
    for (size_t i = 0; i < count; i++) {
        const struct scope_yaml *value = &options->items[i * 2 + 1];
        const struct scope_option *row = scope_options_find(
            pick->loaded->options, options->items[i * 2].scalar);
        if (row->type == SCOPE_TYPE_LIST || row->type == SCOPE_TYPE_REPEAT) {
            const struct scope_list *list =
                (const void *)(config + row->offset);
            for (size_t j = 0; j < list->count; j++)
                write_option(&out, row->name, list->items[j]);
        } else {
            bool alone = scope_yaml_is_null(value);
            write_option(&out, row->name, alone ? NULL : value->scalar);
        }
    }
    return scope_text_take(&out);
}

static enum scope_code apply_pick(struct section *section,
                                  const struct scope_option *row,
                                  struct scope_picks *picks,
                                  const struct scope_yaml *name,
                                  const struct scope_yaml *options)
{
    const struct scope_pick *pick;
    enum scope_code code = scope_picks_name(picks, name->scalar, NULL,
                                            &name->place, &pick, section->err);
    if (!code)
        code = scope_settings_yaml(pick->settings, options, section->err);
    if (code)
        return code;
    char *text = write_pick(pick, options);
    code = scope_settings_set(section->settings, row->name, text, &name->place,
                              section->err);
    free(text);
    return code;
}

/* collector: {perf: {...}, proc: } */
static enum scope_code apply_picks(struct section *section,
                                   const struct scope_option *row,
                                   const struct scope_yaml *value)
{
    if (row->type != SCOPE_TYPE_REPEAT && value->count > 1)
        return scope_fail_at(section->err, &value->items[2].place,
                             "%s takes one %s", row->name,
                             scope_kind_word((enum scope_kind)row->plugin));
    enum scope_code code = SCOPE_OK;
    if (!section->registry)
        code = scope_registry_open(&section->registry, section->err);
    if (code)
        return code;
    struct scope_picks *picks =
        scope_picks_new(section->registry, (enum scope_kind)row->plugin);
    for (size_t i = 0; !code && i < value->count; i++)
        code = apply_pick(section, row, picks, &value->items[i * 2],
                          &value->items[i * 2 + 1]);
    scope_picks_free(picks);
    return code;
}

/* label: {policy: none} as policy=none */
static enum scope_code apply_words(struct section *section,
                                   const struct scope_option *row,
                                   const struct scope_yaml *value)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < value->count; i++) {
        const struct scope_yaml *key = &value->items[i * 2];
        const struct scope_yaml *word = &value->items[i * 2 + 1];
        if (word->kind != SCOPE_YAML_SCALAR)
            return scope_fail_at(section->err, &word->place,
                                 "%s: a plain value is expected here",
                                 row->name);
        char *text = scope_format("%s=%s", key->scalar, word->scalar);
        code = scope_settings_item(section->settings, row->name, text,
                                   &word->place, section->err);
        free(text);
    }
    return code;
}

static enum scope_code apply_section(struct section *section,
                                     const struct scope_yaml *mapping)
{
    if (mapping->kind != SCOPE_YAML_MAPPING)
        return scope_settings_yaml(section->settings, mapping, section->err);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < mapping->count; i++) {
        const struct scope_yaml *key = &mapping->items[i * 2];
        const struct scope_yaml *value = &mapping->items[i * 2 + 1];
        const struct scope_option *row =
            scope_options_find(section->command->options, key->scalar);
        bool pairs = row && value->kind == SCOPE_YAML_MAPPING;
        if (row && strcmp(row->name, "config") == 0)
            code = scope_fail_at(section->err, &key->place,
                                 "a configuration file names no other");
        else if (pairs && row->plugin)
            code = apply_picks(section, row, value);
        else if (pairs && row->type == SCOPE_TYPE_REPEAT)
            code = apply_words(section, row, value);
        else
            code = scope_settings_pair(section->settings, key, value,
                                       section->err);
    }
    return code;
}

/* The top level: names of commands that take a file. */
static enum scope_code check_sections(const struct scope_yaml *root,
                                      struct scope_err *err)
{
    if (root->kind != SCOPE_YAML_MAPPING)
        return scope_fail_at(err, &root->place,
                             "a mapping from commands to their options is "
                             "expected here");
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; scope_commands[i] && count < 64; i++)
        if (scope_options_find(scope_commands[i]->options, "config"))
            names[count++] = scope_commands[i]->name;
    for (size_t i = 0; i < root->count; i++) {
        const struct scope_yaml *key = &root->items[i * 2];
        bool known = false;
        for (size_t j = 0; j < count; j++)
            known |= strcmp(names[j], key->scalar) == 0;
        if (known)
            continue;
        enum scope_code code = scope_fail_at(
            err, &key->place, "unknown section '%s'", key->scalar);
        const char *near = scope_nearest(key->scalar, names, count);
        if (near || count == 1)
            scope_hint(err, near ? "did you mean %s?" : "there is %s",
                       near ? near : names[0]);
        return code;
    }
    return SCOPE_OK;
}

enum scope_code scope_config_file(const char *path,
                                  const struct scope_command *command,
                                  struct scope_settings *settings,
                                  struct scope_err *err)
{
    struct scope_yaml_file *file;
    enum scope_code code = scope_yaml_read(path, &file, err);
    if (code)
        return code;
    const struct scope_yaml *root = scope_yaml_root(file);
    code = check_sections(root, err);
    const struct scope_yaml *mapping =
        code ? NULL : scope_yaml_get(root, command->name);
    struct section section = {
        .command = command, .settings = settings, .err = err};
    if (mapping)
        code = apply_section(&section, mapping);
    scope_registry_close(section.registry);
    scope_yaml_free(file);
    return code;
}
