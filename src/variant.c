/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plans made from another by changing drivers' options. */
#include "src/variant.h"

#include <scope/alloc.h>
#include <string.h>

static const struct scope_option *row_of(const struct session_plugin *driver,
                                         const char *name)
{
    return scope_options_find(driver->loaded->options, name);
}

enum scope_type variant_type(const void *closure, const char *name)
{
    const struct session_plan *plan = closure;
    for (size_t i = 0; i < plan->driver_count; i++) {
        const struct scope_option *row = row_of(&plan->drivers[i], name);
        if (row)
            return row->type;
    }
    return SCOPE_TYPE_NONE;
}

static bool is_text(const struct scope_option *row)
{
    return row->type == SCOPE_TYPE_STRING || row->type == SCOPE_TYPE_PATH;
}

static bool is_list(const struct scope_option *row)
{
    return row->type == SCOPE_TYPE_LIST || row->type == SCOPE_TYPE_REPEAT;
}

static const void *field(const struct scope_settings *settings,
                         const struct scope_option *row)
{
    return (const char *)scope_settings_config(settings) + row->offset;
}

/* Where {name} stands in a text, or NULL. */
static const char *find_place(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = text; (at = strchr(at, '{')); at++)
        if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '}')
            return at;
    return NULL;
}

static bool has_place(const struct session_plugin *driver, const char *name)
{
    for (const struct scope_option *row = driver->loaded->options;
         row && row->name; row++) {
        const void *from = field(driver->settings, row);
        if (is_text(row) && *(const char *const *)from &&
            find_place(*(const char *const *)from, name))
            return true;
        const struct scope_list *list = from;
        for (size_t i = 0; is_list(row) && i < list->count; i++)
            if (find_place(list->items[i], name))
                return true;
    }
    return false;
}

enum scope_code variant_check(const struct session_plan *plan, const char *name,
                              struct scope_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->driver_count; i++) {
        count += scope_options_count(plan->drivers[i].loaded->options);
        if (row_of(&plan->drivers[i], name) ||
            has_place(&plan->drivers[i], name))
            return SCOPE_OK;
    }
    if (!plan->driver_count)
        return scope_fail(err, SCOPE_USAGE, 0, "there is no driver to sweep");
    scope_fail(err, SCOPE_USAGE, 0,
               "--sweep %s: driver %s has no such option, and none of its "
               "values holds {%s}",
               name, plan->drivers[0].loaded->plugin->name, name);
    const char **names = scope_alloc(count, sizeof *names);
    size_t known = 0;
    for (size_t i = 0; i < plan->driver_count; i++)
        for (const struct scope_option *row = plan->drivers[i].loaded->options;
             row && row->name; row++)
            names[known++] = row->name;
    const char *near = scope_nearest(name, names, known);
    if (near)
        scope_hint(err, "did you mean %s?", near);
    else
        scope_hint(err, "see scope help %s",
                   plan->drivers[0].loaded->plugin->name);
    free(names);
    return SCOPE_USAGE;
}

/* The text with every placeholder filled in; to free(). */
static char *fill(const char *text, const struct variant_set *sets,
                  size_t count)
{
    char *filled = scope_strdup(text);
    for (size_t i = 0; i < count; i++) {
        char *at = filled;
        for (const char *place; (place = find_place(at, sets[i].name));) {
            size_t before = (size_t)(place - filled);
            char *longer =
                scope_format("%.*s%s%s", (int)before, filled, sets[i].value,
                             place + strlen(sets[i].name) + 2);
            free(filled);
            filled = longer;
            at = filled + before + strlen(sets[i].value);
        }
    }
    return filled;
}

static bool is_set(const char *name, const struct variant_set *sets,
                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(sets[i].name, name) == 0)
            return true;
    return false;
}

static enum scope_code copy_text(struct scope_settings *to,
                                 const struct scope_option *row,
                                 const char *text,
                                 const struct variant_set *sets, size_t count,
                                 struct scope_err *err)
{
    char *filled = fill(text, sets, count);
    enum scope_code code =
        is_list(row) ? scope_settings_item(to, row->name, filled, NULL, err)
                     : scope_settings_set(to, row->name, filled, NULL, err);
    free(filled);
    return code;
}

/* What was given, so that the copy is as it was but for the placeholders. */
static enum scope_code copy_row(struct scope_settings *to,
                                const struct scope_settings *from,
                                const struct scope_option *row,
                                const struct variant_set *sets, size_t count,
                                struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    if (is_text(row)) {
        const char *text = *(const char *const *)field(from, row);
        return text ? copy_text(to, row, text, sets, count, err) : SCOPE_OK;
    }
    if (is_list(row)) {
        const struct scope_list *list = field(from, row);
        for (size_t i = 0; i < list->count && code == SCOPE_OK; i++)
            code = copy_text(to, row, list->items[i], sets, count, err);
        return code;
    }
    char *text = scope_settings_text(from, row);
    code = text ? scope_settings_set(to, row->name, text, NULL, err) : SCOPE_OK;
    free(text);
    return code;
}

static enum scope_code make_driver(const struct session_plugin *base,
                                   const struct variant_set *sets, size_t count,
                                   struct session_plugin *made,
                                   struct scope_err *err)
{
    const struct scope_loaded *loaded = base->loaded;
    char *prefix = scope_format("%s.", loaded->plugin->name);
    *made = *base;
    made->settings =
        scope_settings_new(loaded->options, loaded->config_size, prefix);
    free(prefix);
    enum scope_code code = SCOPE_OK;
    for (const struct scope_option *row = loaded->options;
         row && row->name && code == SCOPE_OK; row++)
        if (scope_settings_given(base->settings, row->name) &&
            !is_set(row->name, sets, count))
            code =
                copy_row(made->settings, base->settings, row, sets, count, err);
    for (size_t i = 0; i < count && code == SCOPE_OK; i++)
        if (row_of(base, sets[i].name))
            code = scope_settings_set(made->settings, sets[i].name,
                                      sets[i].value, NULL, err);
    int64_t own_ns =
        scope_loaded_interval_ns(loaded, scope_settings_config(made->settings));
    if (own_ns)
        made->interval_ns = own_ns;
    return code;
}

static bool is_secret(const struct session_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->driver_count; i++) {
        const struct scope_option *row = row_of(&plan->drivers[i], name);
        if (row && row->secret)
            return true;
    }
    return false;
}

static void add_label(struct variant *variant, const struct variant_set *label)
{
    struct session_plan *plan = &variant->plan;
    size_t at = 0;
    while (at < plan->label_count &&
           strcmp(variant->labels[at].key, label->name) != 0)
        at++;
    plan->label_count += at == plan->label_count;
    variant->labels[at] =
        (struct scope_label){.key = label->name, .value = label->value};
}

enum scope_code variant_make(const struct session_plan *base,
                             const struct variant_set *sets, size_t set_count,
                             const struct variant_set *labels,
                             size_t label_count, struct variant *variant,
                             struct scope_err *err)
{
    *variant = (struct variant){
        .plan = *base,
        .drivers = scope_alloc(base->driver_count, sizeof *variant->drivers),
        .labels = scope_alloc(base->label_count + set_count + label_count,
                              sizeof *variant->labels),
    };
    enum scope_code code = SCOPE_OK;
    variant->plan.drivers = variant->drivers;
    for (size_t i = 0; i < base->driver_count && code == SCOPE_OK; i++)
        code = make_driver(&base->drivers[i], sets, set_count,
                           &variant->drivers[i], err);
    variant->plan.labels = variant->labels;
    for (size_t i = 0; i < base->label_count; i++)
        variant->labels[i] = base->labels[i];
    for (size_t i = 0; i < set_count; i++)
        if (!is_secret(base, sets[i].name))
            add_label(variant, &sets[i]);
    for (size_t i = 0; i < label_count; i++)
        add_label(variant, &labels[i]);
    return code;
}

void variant_free(struct variant *variant)
{
    for (size_t i = 0; i < variant->plan.driver_count; i++)
        scope_settings_free(variant->drivers[i].settings);
    free(variant->drivers);
    free(variant->labels);
    *variant = (struct variant){0};
}
