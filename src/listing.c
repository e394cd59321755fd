/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of plugins that `scope list` and `scope doctor` share. */
#include "src/listing.h"

#include "lib/host/absent.h"

#include <string.h>

static void add_plugin(struct scope_table *table,
                       const struct scope_loaded *loaded)
{
    const struct scope_plugin *plugin = loaded->plugin;
    struct scope_err why = {0};
    enum scope_code code = scope_loaded_works(loaded, &why);
    scope_table_row(table);
    scope_cell_text(table, scope_kind_word(plugin->kind));
    scope_cell_text(table, plugin->name);
    scope_cell_text(table, plugin->version);
    scope_cell_text(table, plugin->summary);
    scope_cell_text(table, code ? "no" : "yes");
    scope_cell_text(table, code ? why.text : "");
    scope_cell_text(table, code ? why.hint : "");
    if (code)
        scope_table_doubt(table);
}

void listing_plugins(struct scope_report *report, const char *title,
                     const struct scope_registry *registry,
                     enum scope_kind kind)
{
    static const struct {
        const char *name, *heading, *hint;
    } columns[] = {
        {"kind", "Kind", NULL},
        {"name", "Name", NULL},
        {"version", "Version", NULL},
        {"summary", "Summary", NULL},
        {"works", "Works", "as its probe says on this machine"},
        {"reason", "Why not", NULL},
        {"remedy", "What would help", NULL},
    };
    struct scope_table *table = scope_report_table(report, "plugins", title);
    scope_table_legend(table, "cannot work here");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        scope_table_column(table, SCOPE_COLUMN_TEXT, columns[i].name,
                           columns[i].heading, 0, columns[i].hint);
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = scope_registry_at(registry, i);
        if (!kind || loaded->plugin->kind == kind)
            add_plugin(table, loaded);
    }
}

void listing_absent(struct scope_report *report, enum scope_kind kind)
{
    struct scope_table *table = NULL;
    const struct scope_absent *row;
    for (size_t i = 0; (row = scope_absent_at(i)); i++) {
        if (kind && strcmp(row->kind, scope_kind_word(kind)) != 0)
            continue;
        if (!table) {
            table = scope_report_table(report, "absent", "Not built");
            scope_table_column(table, SCOPE_COLUMN_TEXT, "kind", "Kind", 0,
                               NULL);
            scope_table_column(table, SCOPE_COLUMN_TEXT, "name", "Name", 0,
                               NULL);
            scope_table_column(table, SCOPE_COLUMN_TEXT, "package",
                               "Debian package that brings it", 0,
                               "to be installed before scope is configured "
                               "and built");
        }
        scope_table_row(table);
        scope_cell_text(table, row->kind);
        scope_cell_text(table, row->name);
        scope_cell_text(table, row->package);
    }
}

void listing_refusals(struct scope_report *report,
                      const struct scope_registry *registry)
{
    const struct scope_refusal *refusals;
    size_t count = scope_registry_refusals(registry, &refusals);
    if (!count)
        return;
    struct scope_table *table =
        scope_report_table(report, "refused", "Refused");
    scope_table_legend(table, "not loaded");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "file", "File", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "reason", "Why", 0, NULL);
    for (size_t i = 0; i < count; i++) {
        scope_table_row(table);
        scope_cell_text(table, refusals[i].path);
        scope_cell_text(table, refusals[i].reason);
        scope_table_doubt(table);
    }
}
