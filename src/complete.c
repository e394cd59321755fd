/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Candidates from the option tables and the plugins that are there. */
#include "src/complete.h"

#include "lib/base/options.h"

#include <string.h>

struct line {
    struct scope_text *out;
    const struct scope_registry *registry;
    const struct scope_command *command;
    const struct scope_loaded *plugin; /* named by the first operand */
    const char *begun;                 /* the last word */
};

static void offer(const struct line *line, const char *before,
                  const char *candidate, const char *after)
{
    char *word = scope_format("%s%s%s", before, candidate, after);
    if (strncmp(word, line->begun, strlen(line->begun)) == 0)
        scope_text_add(line->out, "%s\n", word);
    free(word);
}

static void offer_options(const struct line *line,
                          const struct scope_option *row)
{
    for (; row && row->name; row++)
        offer(line, "--", row->name, "");
}

static void offer_plugins(const struct line *line, int kind)
{
    for (size_t i = 0; i < scope_registry_count(line->registry); i++) {
        const struct scope_plugin *plugin =
            scope_registry_at(line->registry, i)->plugin;
        if (!kind || (int)plugin->kind == kind)
            offer(line, "", plugin->name, "");
    }
}

/* perf.inter -> perf.interval= */
static void offer_pick(const struct line *line, int kind)
{
    const char *dot = strchr(line->begun, '.');
    if (!dot) {
        offer_plugins(line, kind);
        return;
    }
    for (size_t i = 0; i < scope_registry_count(line->registry); i++) {
        const struct scope_loaded *loaded =
            scope_registry_at(line->registry, i);
        size_t length = strlen(loaded->plugin->name);
        if ((int)loaded->plugin->kind != kind ||
            length != (size_t)(dot - line->begun) ||
            strncmp(loaded->plugin->name, line->begun, length) != 0)
            continue;
        char *before = scope_format("%s.", loaded->plugin->name);
        for (const struct scope_option *row = loaded->options; row->name; row++)
            offer(line, before, row->name,
                  row->type == SCOPE_TYPE_BOOL ? "" : "=");
        free(before);
    }
}

static void offer_values(const struct line *line,
                         const struct scope_option *row)
{
    if (row->plugin)
        offer_pick(line, row->plugin);
    else if (row->type == SCOPE_TYPE_PATH)
        scope_text_add(line->out, "@file\n");
    for (const char *const *word = row->choices; word && *word; word++)
        offer(line, "", *word, "");
}

/* The row whose value is expected after this word: -C, --format. */
static const struct scope_option *
expects_value(const struct scope_option *table, const char *word)
{
    const struct scope_option *row = NULL;
    if (strncmp(word, "--", 2) == 0 && !strchr(word, '='))
        row = scope_options_find(table, word + 2);
    else if (word[0] == '-' && word[1] && !word[2])
        for (row = table; row && row->name && row->letter != word[1]; row++)
            ;
    return row && row->name && row->type != SCOPE_TYPE_BOOL ? row : NULL;
}

static void offer_operands(const struct line *line)
{
    const struct scope_command *command = line->command;
    if (strcmp(command->name, "help") == 0) {
        for (size_t i = 0; scope_commands[i]; i++)
            offer(line, "", scope_commands[i]->name, "");
        offer_plugins(line, 0);
    } else if (strcmp(command->name, "list") == 0) {
        for (enum scope_kind kind = SCOPE_COLLECTOR; scope_kind_folder(kind);
             kind++)
            offer(line, "", scope_kind_folder(kind), "");
        offer(line, "", "categories", "");
    } else if (command->plugin && !line->plugin) {
        offer_plugins(line, (int)command->plugin);
    } else if (*command->operands) {
        scope_text_add(line->out, "@file\n");
    }
}

static const struct scope_loaded *named(const struct line *line,
                                        const char *word)
{
    for (size_t i = 0; i < scope_registry_count(line->registry); i++) {
        const struct scope_loaded *loaded =
            scope_registry_at(line->registry, i);
        if (loaded->plugin->kind == line->command->plugin &&
            strcmp(loaded->plugin->name, word) == 0)
            return loaded;
    }
    return NULL;
}

void scope_complete(struct scope_text *out,
                    const struct scope_registry *registry, int count,
                    char *const *words)
{
    struct line line = {.out = out,
                        .registry = registry,
                        .begun = count ? words[count - 1] : ""};
    if (count < 2) {
        for (size_t i = 0; scope_commands[i]; i++)
            offer(&line, "", scope_commands[i]->name, "");
        offer(&line, "--", "help", "");
        offer(&line, "--", "version", "");
        return;
    }
    for (size_t i = 0; scope_commands[i]; i++)
        if (strcmp(scope_commands[i]->name, words[0]) == 0)
            line.command = scope_commands[i];
    if (!line.command)
        return;
    for (int i = 1; i < count - 1 && line.command->plugin && !line.plugin; i++)
        line.plugin = named(&line, words[i]);
    const struct scope_option *more = line.plugin ? line.plugin->options : NULL;
    const struct scope_option *row =
        expects_value(line.command->options, words[count - 2]);
    if (!row)
        row = expects_value(more, words[count - 2]);
    if (row) {
        offer_values(&line, row);
    } else if (*line.begun == '-') {
        offer_options(&line, line.command->options);
        offer_options(&line, more);
        offer(&line, "--", "help", "");
    } else {
        offer_operands(&line);
    }
}
