/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Manual pages: what the help says, as scdoc(5) source. */
#include "src/manual.h"
#include "config.h"

#include "lib/base/options.h"
#include "lib/base/units.h"
#include "src/describe.h"

#include <string.h>

/* Adds text with everything that means something to scdoc escaped. */
static void add(struct scope_text *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\_*`#[]|~", *text))
            scope_text_char(out, '\\');
        scope_text_char(out, *text);
    }
}

/* Paragraphs, parted by empty lines. */
static void add_paragraphs(struct scope_text *out, const char *text)
{
    add(out, text);
    scope_text_add(out, "\n\n");
}

static void add_marked(struct scope_text *out, char mark, const char *before,
                       const char *text)
{
    scope_text_char(out, mark);
    add(out, before);
    add(out, text);
    scope_text_char(out, mark);
}

static void add_head(struct scope_text *out, const char *page, int section,
                     const char *summary)
{
    scope_text_add(out, "%s(%d) \"scope %s\" \"scope manual\"\n\n# NAME\n\n",
                   page, section, PACKAGE_VERSION);
    scope_text_add(out, "%s - ", page);
    add_paragraphs(out, summary);
}

/* A term and, indented below it, what it is. */
static void add_meaning(struct scope_text *out, const char *text)
{
    scope_text_add(out, "\n\t");
    add(out, text);
    scope_text_add(out, "\n\n");
}

static void add_option(struct scope_text *out, const struct scope_option *row,
                       const char *dashes)
{
    bool flag = row->type == SCOPE_TYPE_BOOL;
    if (row->letter) {
        const char letter[] = {row->letter, '\0'};
        add_marked(out, '*', "-", letter);
        scope_text_add(out, ", ");
    }
    add_marked(out, '*', dashes, row->name);
    if (!flag || !*dashes) {
        scope_text_add(out, *dashes ? " " : "=");
        add_marked(out, '_', "", scope_option_value(row));
    }
    char *bounds = scope_option_bounds(row);
    char *text = scope_format("%s%s%s%s", row->help, *bounds ? " (" : "",
                              bounds, *bounds ? ")" : "");
    add_meaning(out, text);
    free(text);
    free(bounds);
}

static void add_exit_status(struct scope_text *out)
{
    static const struct {
        int status;
        const char *text;
    } codes[] = {
#define X(name, number, words) {(number), (words)},
        SCOPE_CODES(X)
#undef X
    };
    scope_text_add(out, "# EXIT STATUS\n\n");
    int last = -1;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        /* Codes of one status follow each other; the first names it. */
        if (codes[i].status == last)
            continue;
        last = codes[i].status;
        scope_text_add(out, "*%d*", last);
        add_meaning(out, codes[i].text);
    }
    scope_text_add(out, "*128+n*");
    add_meaning(out, "ended by the signal n");
}

void scope_manual_program(struct scope_text *out)
{
    add_head(out, "scope", 1,
             "measures what a server or a sidecar proxy costs");
    scope_text_add(out, "# SYNOPSIS\n\n*scope* _COMMAND_ \\[_OPTION_\\]... "
                        "\\[_OPERAND_\\]...\n\n# COMMANDS\n\n");
    for (size_t i = 0; scope_commands[i]; i++) {
        scope_text_add(out, "*scope-%s*(1)", scope_commands[i]->name);
        add_meaning(out, scope_commands[i]->summary);
    }
    scope_text_add(out, "# ENVIRONMENT\n\n*SCOPE_PLUGIN_PATH*");
    add_meaning(out, "folders to look for plugins in, separated by ':', before "
                     "the installed one; ignored when the program runs with "
                     "raised privileges");
    scope_text_add(out, "*SCOPE_DATA_PATH*");
    add_meaning(out, "folders to look for data in, separated by ':', before "
                     "the installed ones: NAME in the folder categories is "
                     "categories/NAME.yaml; ignored when the program runs with "
                     "raised privileges");
    scope_text_add(out, "*NO_COLOR*");
    add_meaning(out, "set to anything: no colours");
    add_exit_status(out);
    scope_text_add(out, "# SEE ALSO\n\n*scope-plugins*(7)\n");
}

void scope_manual_command(struct scope_text *out,
                          const struct scope_command *command)
{
    char *page = scope_format("scope-%s", command->name);
    char *usage = scope_command_usage(command);
    add_head(out, page, 1, command->summary);
    scope_text_add(out, "# SYNOPSIS\n\n");
    add_paragraphs(out, usage);
    if (command->about && *command->about) {
        scope_text_add(out, "# DESCRIPTION\n\n");
        add_paragraphs(out, command->about);
    }
    scope_text_add(out, "# OPTIONS\n\n");
    const struct scope_option *row = command->options;
    for (; row && row->name; row++)
        add_option(out, row, "--");
    scope_text_add(out, "*-h*, *--help*");
    add_meaning(out, "show the options");
    if (command->plugin) {
        scope_text_add(out, "The options of the plugin that is named follow "
                            "its name; *scope-plugins*(7) has them.\n\n");
    }
    add_exit_status(out);
    scope_text_add(out, "# SEE ALSO\n\n*scope*(1), *scope-plugins*(7)\n");
    free(usage);
    free(page);
}

static void add_metric(struct scope_text *out, const struct scope_metric *row)
{
    add_marked(out, '*', "", row->name);
    char *text =
        scope_format("%s, %s%s%s: %s", scope_semantics_word(row->semantics),
                     scope_unit_word(row->unit), row->domain ? " per " : "",
                     row->domain ? row->domain : "", row->help);
    add_meaning(out, text);
    free(text);
}

static void add_plugin(struct scope_text *out,
                       const struct scope_loaded *loaded)
{
    const struct scope_plugin *plugin = loaded->plugin;
    bool alone = plugin->kind == SCOPE_DRIVER || plugin->kind == SCOPE_BACKEND;
    scope_text_add(out, "# %s ", scope_kind_word(plugin->kind));
    add(out, plugin->name);
    scope_text_add(out, "\n\n");
    add_paragraphs(out, plugin->summary);
    if (scope_options_count(loaded->options))
        scope_text_add(out, "## Options\n\n");
    for (const struct scope_option *row = loaded->options; row && row->name;
         row++)
        add_option(out, row, alone ? "--" : "");
    if (plugin->metrics && plugin->metrics->name)
        scope_text_add(out, "## Metrics\n\n");
    for (const struct scope_metric *row = plugin->metrics; row && row->name;
         row++)
        add_metric(out, row);
}

void scope_manual_plugins(struct scope_text *out,
                          const struct scope_registry *registry)
{
    add_head(out, "scope-plugins", 7, "options and metrics of the plugins");
    for (size_t i = 0; i < scope_registry_count(registry); i++)
        add_plugin(out, scope_registry_at(registry, i));
    scope_text_add(out, "# SEE ALSO\n\n*scope*(1)\n");
}
