/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The options that the host adds to those of a plugin: its fields lie behind
 * the plugin's own in one configuration struct, so that settings, help, schema
 * and completion know one table.
 */
#include "lib/host/plugin_table.h"

#include "lib/base/options.h"

#include <stdalign.h>
#include <string.h>

/* What follows the plugin's struct. */
struct hosted {
    int64_t interval_ns;
};

static const struct scope_option collector_rows[] = {
    SCOPE_OPTION_DURATION(struct hosted, interval_ns, "interval", .min = "10ms",
                          .help = "time between two sweeps, that of the whole "
                                  "collection unless given"),
    SCOPE_OPTION_END,
};

static const struct scope_option driver_rows[] = {
    SCOPE_OPTION_DURATION(struct hosted, interval_ns, "interval",
                          .fallback = "1s", .min = "100ms",
                          .help = "time between two reports of counts and "
                                  "latencies"),
    SCOPE_OPTION_END,
};

static const struct scope_option *rows_of(enum scope_kind kind)
{
    return kind == SCOPE_COLLECTOR ? collector_rows
           : kind == SCOPE_DRIVER  ? driver_rows
                                   : NULL;
}

static size_t hosted_offset(const struct scope_plugin *plugin)
{
    size_t align = alignof(struct hosted);
    return (plugin->config_size + align - 1) / align * align;
}

void scope_plugin_fill_options(struct scope_loaded *loaded)
{
    const struct scope_plugin *plugin = loaded->plugin;
    const struct scope_option *rows = rows_of(plugin->kind);
    size_t own = scope_options_count(plugin->options);
    size_t more = scope_options_count(rows);
    struct scope_option *table = scope_alloc(own + more + 1, sizeof *table);
    if (own)
        memcpy(table, plugin->options, own * sizeof *table);
    for (size_t i = 0; i < more; i++) {
        table[own + i] = rows[i];
        table[own + i].offset += hosted_offset(plugin);
    }
    loaded->options = table;
    loaded->config_size =
        hosted_offset(plugin) + (more ? sizeof(struct hosted) : 0);
}

void scope_plugin_free_options(struct scope_loaded *loaded)
{
    free((void *)(uintptr_t)loaded->options);
}

int64_t scope_loaded_interval_ns(const struct scope_loaded *loaded,
                                 const void *config)
{
    struct hosted hosted;
    if (!rows_of(loaded->plugin->kind))
        return 0;
    memcpy(&hosted, (const char *)config + hosted_offset(loaded->plugin),
           sizeof hosted);
    return hosted.interval_ns;
}

enum scope_code scope_plugin_check_hosted(const struct scope_plugin *plugin,
                                          struct scope_err *err)
{
    for (const struct scope_option *row = rows_of(plugin->kind);
         row && row->name; row++)
        if (scope_options_find(plugin->options, row->name))
            return scope_fail(err, SCOPE_FAILED, 0,
                              "its option '%s' is one that every %s has "
                              "already",
                              row->name, scope_kind_word(plugin->kind));
    return SCOPE_OK;
}
