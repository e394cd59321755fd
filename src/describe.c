/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help for a terminal: two columns, folded at 79. */
#include "src/describe.h"

#include "lib/base/units.h"

#include <stdio.h>
#include <string.h>

#define WIDTH 79
#define COLUMN 26

/* Adds text folded at WIDTH; at is where the line stands, indent where the
 * following ones begin. Newlines in text are kept. */
static void fold(struct scope_text *out, const char *text, int at, int indent)
{
    while (*text) {
        if (*text == '\n') {
            scope_text_add(out, "\n%*s",
                           text[1] && text[1] != '\n' ? indent : 0, "");
            at = indent;
            text++;
            continue;
        }
        int length = (int)strcspn(text, " \n");
        if (at > indent && at + 1 + length > WIDTH) {
            scope_text_add(out, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            scope_text_char(out, ' ');
            at++;
        }
        scope_text_put(out, text, (size_t)length);
        at += length;
        text += length;
        text += *text == ' ';
    }
    scope_text_char(out, '\n');
}

/* One row of two columns. */
static void row_of(struct scope_text *out, const char *left, const char *right)
{
    int length = (int)strlen(left);
    scope_text_add(out, "  %s", left);
    if (length + 4 > COLUMN)
        scope_text_add(out, "\n%*s", COLUMN, "");
    else
        scope_text_add(out, "%*s", COLUMN - 2 - length, "");
    fold(out, right, COLUMN, COLUMN);
}

char *scope_option_bounds(const struct scope_option *row)
{
    struct scope_text text = {0};
    const char *gap = "";
    if (row->choices) {
        scope_text_add(&text, "one of ");
        for (size_t i = 0; row->choices[i]; i++)
            scope_text_add(&text, "%s%s", i ? ", " : "", row->choices[i]);
        gap = "; ";
    }
    if (row->required) {
        scope_text_add(&text, "%srequired", gap);
        gap = "; ";
    } else if (row->fallback && *row->fallback) {
        scope_text_add(&text, "%sdefault %s", gap, row->fallback);
        gap = "; ";
    }
    if (row->min && row->max) {
        scope_text_add(&text, "%s%s to %s", gap, row->min, row->max);
    } else if (row->min) {
        scope_text_add(&text, "%sat least %s", gap, row->min);
    } else if (row->max) {
        scope_text_add(&text, "%sat most %s", gap, row->max);
    }
    if (row->type == SCOPE_TYPE_REPEAT)
        scope_text_add(&text, "%smay be repeated", text.length ? "; " : "");
    return scope_text_take(&text);
}

const char *scope_semantics_word(enum scope_semantics semantics)
{
    switch (semantics) {
    case SCOPE_COUNTER:
        return "counter";
    case SCOPE_GAUGE:
        return "gauge";
    case SCOPE_HISTOGRAM:
        return "histogram";
    }
    return "?";
}

static void describe_option(struct scope_text *out,
                            const struct scope_option *row, const char *dashes)
{
    struct scope_text left = {0};
    bool flag = row->type == SCOPE_TYPE_BOOL;
    if (row->letter)
        scope_text_add(&left, "-%c, ", row->letter);
    else if (*dashes)
        scope_text_add(&left, "    ");
    scope_text_add(&left, "%s%s", dashes, row->name);
    if (!flag || !*dashes)
        scope_text_add(&left, "%s%s", *dashes ? " " : "=",
                       scope_option_value(row));
    char *bounds = scope_option_bounds(row);
    char *right = scope_format("%s%s%s%s", row->help, *bounds ? " (" : "",
                               bounds, *bounds ? ")" : "");
    row_of(out, left.bytes, right);
    free(right);
    free(bounds);
    scope_text_free(&left);
}

char *scope_command_usage(const struct scope_command *command)
{
    return scope_format("scope %s%s [OPTION]...%s%s", command->name,
                        command->plugin ? " NAME" : "",
                        *command->operands ? " " : "", command->operands);
}

void scope_describe_command(struct scope_text *out,
                            const struct scope_command *command)
{
    char *usage = scope_command_usage(command);
    scope_text_add(out, "Usage: %s\n\n", usage);
    free(usage);
    char *line = scope_format("scope %s %s.", command->name, command->summary);
    fold(out, line, 0, 0);
    free(line);
    if (command->about && *command->about) {
        scope_text_char(out, '\n');
        fold(out, command->about, 0, 0);
    }
    scope_text_add(out, "\nOptions:\n");
    const struct scope_option *row = command->options;
    for (; row && row->name; row++)
        describe_option(out, row, "--");
    row_of(out, "-h, --help", "show this help");
    if (command->plugin)
        scope_text_add(out,
                       "\nThe options of the %s NAME follow its name: see "
                       "scope help NAME.\n",
                       scope_kind_word(command->plugin));
}

void scope_describe_program(struct scope_text *out)
{
    scope_text_add(out, "Usage: scope COMMAND [OPTION]... [OPERAND]...\n\n"
                        "Measures what a server or a sidecar proxy costs.\n\n"
                        "Commands:\n");
    for (size_t i = 0; scope_commands[i]; i++)
        row_of(out, scope_commands[i]->name, scope_commands[i]->summary);
    scope_text_add(out, "\nscope help COMMAND or PLUGIN says more. "
                        "scope --version prints the version.\n");
}

static void describe_metric(struct scope_text *out,
                            const struct scope_metric *row)
{
    char *right =
        scope_format("%s, %s%s%s: %s", scope_semantics_word(row->semantics),
                     scope_unit_word(row->unit), row->domain ? " per " : "",
                     row->domain ? row->domain : "", row->help);
    row_of(out, row->name, right);
    free(right);
}

/* How the options of a plugin are written, around its name. */
static void describe_usage(struct scope_text *out,
                           const struct scope_plugin *plugin)
{
    static const struct {
        const char *before, *after;
    } usages[] = {
        [SCOPE_COLLECTOR] = {"collect -C ", "[.OPTION=VALUE,...]"},
        [SCOPE_DRIVER] = {"drive ", " [--OPTION VALUE]..."},
        [SCOPE_BACKEND] = {"serve ", " [--OPTION VALUE]..."},
        [SCOPE_ANALYZER] = {"analyze -A ", "[.OPTION=VALUE,...] STORE..."},
    };
    if ((size_t)plugin->kind < sizeof usages / sizeof *usages &&
        usages[plugin->kind].before)
        scope_text_add(out, "\nUsage: scope %s%s%s\n",
                       usages[plugin->kind].before, plugin->name,
                       usages[plugin->kind].after);
}

void scope_describe_plugin(struct scope_text *out,
                           const struct scope_loaded *loaded)
{
    const struct scope_plugin *plugin = loaded->plugin;
    char *line =
        scope_format("%s %s, version %s: %s", scope_kind_word(plugin->kind),
                     plugin->name, plugin->version, plugin->summary);
    fold(out, line, 0, 0);
    free(line);
    describe_usage(out, plugin);
    bool alone = plugin->kind == SCOPE_DRIVER || plugin->kind == SCOPE_BACKEND;
    if (scope_options_count(loaded->options)) {
        scope_text_add(out, "\nOptions:\n");
        for (const struct scope_option *row = loaded->options; row->name; row++)
            describe_option(out, row, alone ? "--" : "");
    }
    if (plugin->metrics && plugin->metrics->name) {
        scope_text_add(out, "\nMetrics:\n");
        for (const struct scope_metric *row = plugin->metrics; row->name; row++)
            describe_metric(out, row);
    }
}
