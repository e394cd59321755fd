/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A YAML mapping as settings: the same names and texts as elsewhere, each
 * fault with its place. */
#include "lib/base/yaml.h"

#include <string.h>

bool scope_yaml_is_null(const struct scope_yaml *node)
{
    return node->kind == SCOPE_YAML_SCALAR && node->plain &&
           (!*node->scalar || strcmp(node->scalar, "~") == 0 ||
            strcmp(node->scalar, "null") == 0);
}

static enum scope_code set_items(struct scope_settings *settings,
                                 const char *name,
                                 const struct scope_yaml *sequence,
                                 struct scope_err *err)
{
    for (size_t i = 0; i < sequence->count; i++) {
        const struct scope_yaml *item = &sequence->items[i];
        if (item->kind != SCOPE_YAML_SCALAR)
            return scope_fail_at(err, &item->place,
                                 "%s: an item must be a plain value", name);
        enum scope_code code = scope_settings_item(settings, name, item->scalar,
                                                   &item->place, err);
        if (code)
            return code;
    }
    return SCOPE_OK;
}

enum scope_code scope_settings_pair(struct scope_settings *settings,
                                    const struct scope_yaml *key,
                                    const struct scope_yaml *value,
                                    struct scope_err *err)
{
    const char *name = key->scalar;
    if (!scope_options_find(scope_settings_table(settings), name))
        return scope_settings_set(settings, name, NULL, &key->place, err);
    if (value->kind == SCOPE_YAML_SEQUENCE)
        return set_items(settings, name, value, err);
    if (value->kind == SCOPE_YAML_MAPPING)
        return scope_fail_at(err, &value->place,
                             "%s takes a value, not a mapping", name);
    return scope_settings_set(settings, name,
                              scope_yaml_is_null(value) ? NULL : value->scalar,
                              &value->place, err);
}

enum scope_code scope_settings_yaml(struct scope_settings *settings,
                                    const struct scope_yaml *mapping,
                                    struct scope_err *err)
{
    if (scope_yaml_is_null(mapping))
        return SCOPE_OK;
    if (mapping->kind != SCOPE_YAML_MAPPING)
        return scope_fail_at(err, &mapping->place,
                             "a mapping of options is expected here");
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < mapping->count; i++)
        code = scope_settings_pair(settings, &mapping->items[i * 2],
                                   &mapping->items[i * 2 + 1], err);
    return code;
}
