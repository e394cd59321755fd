/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope help: everything it prints comes from the option and metric tables. */
#include "src/command.h"

#include "lib/host/absent.h"
#include "src/complete.h"
#include "src/describe.h"
#include "src/manual.h"
#include "src/schema.h"

#include <stdio.h>
#include <string.h>

enum form {
    FORM_TEXT,
    FORM_SCDOC,
    FORM_SCHEMA,
    FORM_WORDS,
};

static const char *const forms[] = {
    [FORM_TEXT] = "text",
    [FORM_SCDOC] = "scdoc",
    [FORM_SCHEMA] = "schema",
    [FORM_WORDS] = "words",
    NULL,
};

struct config {
    int format;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_CHOICE(struct config, format, "format", .choices = forms,
                        .fallback = "text", .help = "what is written"),
    SCOPE_OPTION_END,
};

/* Every plugin of the name, whatever its kind; false when there is none. */
static bool describe_plugins(struct scope_text *out,
                             const struct scope_registry *registry,
                             const char *name)
{
    bool found = false;
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = scope_registry_at(registry, i);
        if (strcmp(loaded->plugin->name, name) != 0)
            continue;
        if (found)
            scope_text_char(out, '\n');
        scope_describe_plugin(out, loaded);
        found = true;
    }
    return found;
}

static enum scope_code unknown(const struct scope_registry *registry,
                               const char *name, struct scope_err *err)
{
    const struct scope_refusal *refusal =
        scope_registry_refused(registry, name);
    if (refusal)
        return scope_fail(err, SCOPE_USAGE, 0, "the plugin %s is refused: %s",
                          refusal->path, refusal->reason);
    for (enum scope_kind kind = SCOPE_COLLECTOR; scope_kind_word(kind); kind++)
        if (scope_absent_find(kind, name)) {
            const struct scope_loaded *none;
            return scope_registry_find(registry, kind, name, &none, err);
        }
    size_t count = scope_registry_count(registry);
    size_t commands = 0;
    while (scope_commands[commands])
        commands++;
    const char **names = scope_alloc(count + commands, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = scope_registry_at(registry, i)->plugin->name;
    for (size_t i = 0; i < commands; i++)
        names[count + i] = scope_commands[i]->name;
    scope_fail(err, SCOPE_USAGE, 0, "'%s' is neither a command nor a plugin",
               name);
    const char *near = scope_nearest(name, names, count + commands);
    if (near)
        scope_hint(err, "did you mean %s?", near);
    else
        scope_hint(err, "scope help names the commands, scope list the "
                        "plugins");
    free(names);
    return SCOPE_USAGE;
}

static enum scope_code describe(struct scope_text *out, const char *name,
                                struct scope_err *err)
{
    for (size_t i = 0; scope_commands[i]; i++)
        if (strcmp(scope_commands[i]->name, name) == 0) {
            scope_describe_command(out, scope_commands[i]);
            return SCOPE_OK;
        }
    struct scope_registry *registry;
    enum scope_code code = scope_registry_open(&registry, err);
    if (code)
        return code;
    if (!describe_plugins(out, registry, name))
        code = unknown(registry, name, err);
    scope_registry_close(registry);
    return code;
}

/* What is asked for of each operand, or of the program without one. */
static enum scope_code explain(struct scope_text *out, int argc, char **argv,
                               struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    if (!argc)
        scope_describe_program(out);
    for (int i = 0; !code && i < argc; i++) {
        if (i)
            scope_text_char(out, '\n');
        code = describe(out, argv[i], err);
    }
    return code;
}

static enum scope_code write_manual(struct scope_text *out,
                                    const struct scope_registry *registry,
                                    const char *page, struct scope_err *err)
{
    if (!page) {
        scope_manual_program(out);
        return SCOPE_OK;
    }
    if (strcmp(page, "plugins") == 0) {
        scope_manual_plugins(out, registry);
        return SCOPE_OK;
    }
    for (size_t i = 0; scope_commands[i]; i++)
        if (strcmp(scope_commands[i]->name, page) == 0) {
            scope_manual_command(out, scope_commands[i]);
            return SCOPE_OK;
        }
    scope_fail(err, SCOPE_USAGE, 0, "there is no manual page of '%s'", page);
    return scope_hint(err, "name a command, or plugins");
}

static enum scope_code write_schema(struct scope_text *out,
                                    const struct scope_registry *registry,
                                    const char *name, struct scope_err *err)
{
    if (!name) {
        scope_schema_file(out, registry);
        return SCOPE_OK;
    }
    for (size_t i = 0; i < scope_registry_count(registry); i++) {
        const struct scope_loaded *loaded = scope_registry_at(registry, i);
        if (strcmp(loaded->plugin->name, name) == 0) {
            scope_schema_plugin(out, loaded);
            return SCOPE_OK;
        }
    }
    return unknown(registry, name, err);
}

static enum scope_code write_form(enum form form, struct scope_text *out,
                                  int argc, char **argv, struct scope_err *err)
{
    struct scope_registry *registry;
    enum scope_code code = scope_registry_open(&registry, err);
    if (code)
        return code;
    if (form == FORM_SCDOC)
        code = write_manual(out, registry, argv[0], err);
    else if (form == FORM_SCHEMA)
        code = write_schema(out, registry, argv[0], err);
    else
        scope_complete(out, registry, argc, argv);
    scope_registry_close(registry);
    return code;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    enum form form = (enum form)((const struct config *)config)->format;
    struct scope_text out = {0};
    enum scope_code code = form == FORM_TEXT
                               ? explain(&out, argc, argv, err)
                               : write_form(form, &out, argc, argv, err);
    if (!code && out.length)
        fwrite(out.bytes, 1, out.length, stdout);
    scope_text_free(&out);
    return code;
}

const struct scope_command scope_cmd_help = {
    .name = "help",
    .operands = "[COMMAND|PLUGIN]...",
    .summary = "explains a command or a plugin",
    .about =
        "Without an operand it names the commands. Of a plugin it shows the "
        "options with types, defaults and limits, and the metrics with "
        "semantics and unit.\n\n"
        "The same in other forms: scdoc is the source of the manual page of "
        "the program, of a COMMAND, or of all plugins (the operand plugins); "
        "schema is the JSON Schema of the configuration file, or of a "
        "PLUGIN's options; words are what could complete the command line "
        "that the operands begin.",
    .options = options,
    .config_size = sizeof(struct config),
    .run = run,
};
