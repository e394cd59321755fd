/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Schema: what an editor needs to complete and check a configuration
 * file. Values are texts with units, so most types are patterns. */
#include "src/schema.h"

#include "lib/base/options.h"
#include "src/describe.h"

#include <jansson.h>

/* new must not be NULL: jansson fails for want of memory or for invalid UTF-8,
 * which a plugin's help may hold. */
static json_t *sure(json_t *new)
{
    return new ? new : json_string("?");
}

static json_t *pattern(const char *expression)
{
    return json_pack("{s:[s,s], s:s}", "type", "string", "number", "pattern",
                     expression);
}

static json_t *words(const char *const *from)
{
    json_t *array = json_array();
    for (; *from; from++)
        json_array_append_new(array, sure(json_string(*from)));
    return json_pack("{s:o}", "enum", array);
}

static json_t *list_of_texts(void)
{
    return json_pack("{s:[s,s], s:{s:[s,s,s]}}", "type", "array", "string",
                     "items", "type", "string", "number", "boolean");
}

static json_t *type_of(const struct scope_option *row)
{
    switch (row->type) {
    case SCOPE_TYPE_BOOL:
        return json_pack("{s:[b,b,s,s,s,s,s,s,n]}", "enum", 1, 0, "yes", "no",
                         "true", "false", "on", "off");
    case SCOPE_TYPE_INT:
        return pattern("^[-+]?[0-9.]+(e[-+]?[0-9]+)?[kMGT]?$");
    case SCOPE_TYPE_SIZE:
        return pattern("^[0-9.]+(e[-+]?[0-9]+)?([kKMGT]?B|[KMGT]iB)?$");
    case SCOPE_TYPE_DURATION:
        return pattern("^(0|[0-9.]+(e[-+]?[0-9]+)?(ns|us|ms|s|m|h|d))$");
    case SCOPE_TYPE_RATE:
        return pattern("^[0-9.]+(e[-+]?[0-9]+)?[kMGT]?(/[smh])?$");
    case SCOPE_TYPE_RATIO:
        return pattern("^[-+]?[0-9.]+(e[-+]?[0-9]+)?%?$");
    case SCOPE_TYPE_NUMBER:
        return pattern("^[-+]?[0-9.]+(e[-+]?[0-9]+)?$");
    case SCOPE_TYPE_STRING:
    case SCOPE_TYPE_PATH:
        return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
    case SCOPE_TYPE_CHOICE:
        return words(row->choices);
    case SCOPE_TYPE_LIST:
        return list_of_texts();
    case SCOPE_TYPE_REPEAT:
        return json_pack("{s:[s,s,s]}", "type", "string", "array", "object");
    case SCOPE_TYPE_NONE:
        break;
    }
    return json_object();
}

static json_t *object_of(const struct scope_option *table);

/* {"perf": {options or nothing}, ...} or the text of the command line. */
static json_t *plugins_of(const struct scope_registry *registry, int kind)
{
    json_t *named = json_object();
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = scope_registry_at(registry, i);
        if ((int)loaded->plugin->kind != kind)
            continue;
        json_t *schema = json_pack("{s:[{s:s},o]}", "anyOf", "type", "null",
                                   object_of(loaded->options));
        json_object_set_new(named, loaded->plugin->name, sure(schema));
    }
    return json_pack("{s:[{s:s},o,{s:s, s:b, s:o}]}", "anyOf", "type", "string",
                     list_of_texts(), "type", "object", "additionalProperties",
                     0, "properties", named);
}

static void describe(json_t *schema, const struct scope_option *row)
{
    char *bounds = scope_option_bounds(row);
    char *text = scope_format("%s%s%s%s", row->help, *bounds ? " (" : "",
                              bounds, *bounds ? ")" : "");
    json_object_set_new(schema, "description", sure(json_string(text)));
    if (row->fallback && !row->secret)
        json_object_set_new(schema, "default",
                            sure(json_string(row->fallback)));
    free(text);
    free(bounds);
}

static json_t *table_schema(const struct scope_option *table,
                            const struct scope_registry *registry)
{
    json_t *properties = json_object();
    for (const struct scope_option *row = table; row && row->name; row++) {
        json_t *schema = registry && row->plugin
                             ? plugins_of(registry, row->plugin)
                             : type_of(row);
        schema = sure(schema);
        describe(schema, row);
        json_object_set_new(properties, row->name, schema);
    }
    return json_pack("{s:s, s:b, s:o}", "type", "object",
                     "additionalProperties", 0, "properties", properties);
}

static json_t *object_of(const struct scope_option *table)
{
    return table_schema(table, NULL);
}

static void write(struct scope_text *out, json_t *schema, const char *title)
{
    json_object_set_new(
        schema, "$schema",
        json_string("https://json-schema.org/draft/2020-12/schema"));
    json_object_set_new(schema, "title", sure(json_string(title)));
    char *text = json_dumps(schema, JSON_INDENT(1) | JSON_SORT_KEYS);
    scope_text_add(out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(schema);
}

void scope_schema_file(struct scope_text *out,
                       const struct scope_registry *registry)
{
    json_t *sections = json_object();
    for (size_t i = 0; scope_commands[i]; i++)
        if (scope_options_find(scope_commands[i]->options, "config"))
            json_object_set_new(
                sections, scope_commands[i]->name,
                table_schema(scope_commands[i]->options, registry));
    write(out,
          json_pack("{s:s, s:b, s:o}", "type", "object", "additionalProperties",
                    0, "properties", sections),
          "configuration file of scope");
}

void scope_schema_plugin(struct scope_text *out,
                         const struct scope_loaded *loaded)
{
    const struct scope_plugin *plugin = loaded->plugin;
    char *title = scope_format("options of the %s %s",
                               scope_kind_word(plugin->kind), plugin->name);
    write(out, object_of(loaded->options), title);
    free(title);
}
