/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope list: the plugins that are there, those that cannot work here with the
 * reason, and those that were refused. */
#include "src/command.h"

#include "src/output.h"

#include <string.h>

struct config {
    int format;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_FORMAT(struct config, format),
    SCOPE_OPTION_END,
};

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

static void add_plugins(struct scope_report *report,
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
    struct scope_table *table = scope_report_table(report, "plugins", "");
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        scope_table_column(table, SCOPE_COLUMN_TEXT, columns[i].name,
                           columns[i].heading, 0, columns[i].hint);
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = scope_registry_at(registry, i);
        if (!kind || loaded->plugin->kind == kind)
            add_plugin(table, loaded);
    }
}

static void add_refusals(struct scope_report *report,
                         const struct scope_registry *registry)
{
    const struct scope_refusal *refusals;
    size_t count = scope_registry_refusals(registry, &refusals);
    if (!count)
        return;
    struct scope_table *table =
        scope_report_table(report, "refused", "Refused");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "file", "File", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "reason", "Why", 0, NULL);
    for (size_t i = 0; i < count; i++) {
        scope_table_row(table);
        scope_cell_text(table, refusals[i].path);
        scope_cell_text(table, refusals[i].reason);
        scope_table_doubt(table);
    }
}

static enum scope_code read_kind(int argc, char **argv, enum scope_kind *kind,
                                 struct scope_err *err)
{
    *kind = 0;
    if (!argc)
        return SCOPE_OK;
    *kind = scope_kind_of(argv[0]);
    if (argc == 1 && *kind)
        return SCOPE_OK;
    if (argc > 1)
        return scope_fail(err, SCOPE_USAGE, 0, "unexpected operand '%s'",
                          argv[1]);
    struct scope_text known = {0};
    for (enum scope_kind each = SCOPE_COLLECTOR; scope_kind_word(each); each++)
        scope_text_add(&known, "%s%s", known.length ? ", " : "",
                       scope_kind_folder(each));
    scope_fail(err, SCOPE_USAGE, 0, "'%s' is no kind of plugin", argv[0]);
    scope_hint(err, "there are %s", known.bytes);
    scope_text_free(&known);
    return SCOPE_USAGE;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    const struct config *wanted = config;
    enum scope_kind kind;
    struct scope_registry *registry;
    enum scope_code code = read_kind(argc, argv, &kind, err);
    if (!code)
        code = scope_registry_open(&registry, err);
    if (code)
        return code;
    struct scope_report *report = scope_report_new("Plugins");
    add_plugins(report, registry, kind);
    add_refusals(report, registry);
    code = scope_output_print(report, wanted->format, err);
    scope_report_free(report);
    scope_registry_close(registry);
    return code;
}

const struct scope_command scope_cmd_list = {
    .name = "list",
    .operands = "[KIND]",
    .summary = "lists the plugins, and why some cannot work here",
    .about = "KIND is collectors, drivers, backends, proxies, policies or "
             "analyzers. A plugin that cannot work on this machine is listed "
             "with the reason and what would help; a file that was refused, "
             "with the sentence that says why.",
    .options = options,
    .config_size = sizeof(struct config),
    .run = run,
};
