/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments: the option tables as getopt_long(3) wants them, its answers as
 * settings. Settings of a file named by --config go first, so that the command
 * line has the last word.
 */
#include "src/arguments.h"

#include "src/config_file.h"

#include <getopt.h>
#include <string.h>

/* What one long option of getopt stands for. */
struct slot {
    const struct scope_option *row; /* NULL: --help */
    struct scope_settings *settings;
    bool negated; /* --no-row */
};

struct parser {
    struct slot *slots;
    struct option *longs; /* names are the parser's own */
    size_t count, slot_room, long_room;
    struct scope_text letters;
};

/* What was said, in order. */
struct said {
    const struct slot *slot;
    const char *value;
};

struct sayings {
    struct said *items;
    size_t count, room;
};

/* Above every letter. */
#define FIRST_LONG 256

static void add_long(struct parser *parser, const char *no, const char *name,
                     int has_value, struct slot slot)
{
    parser->slots = scope_grow(parser->slots, &parser->slot_room, parser->count,
                               sizeof *parser->slots);
    parser->longs = scope_grow(parser->longs, &parser->long_room,
                               parser->count + 1, sizeof *parser->longs);
    parser->slots[parser->count] = slot;
    parser->longs[parser->count] = (struct option){
        .name = scope_format("%s%s", no, name),
        .has_arg = has_value,
        .val = FIRST_LONG + (int)parser->count,
    };
    parser->longs[++parser->count] = (struct option){0};
}

static void add_table(struct parser *parser, struct scope_settings *settings)
{
    const struct scope_option *row = scope_settings_table(settings);
    for (; row && row->name; row++) {
        struct slot slot = {.row = row, .settings = settings};
        bool flag = row->type == SCOPE_TYPE_BOOL;
        add_long(parser, "", row->name,
                 flag ? optional_argument : required_argument, slot);
        if (row->letter)
            scope_text_add(&parser->letters, "%c%s", row->letter,
                           flag ? "" : ":");
        slot.negated = true;
        if (flag)
            add_long(parser, "no-", row->name, no_argument, slot);
    }
}

static void begin(struct parser *parser, const char *mode)
{
    *parser = (struct parser){0};
    scope_text_add(&parser->letters, "%s:h", mode);
    add_long(parser, "", "help", no_argument, (struct slot){0});
}

static void end(struct parser *parser)
{
    for (size_t i = 0; i < parser->count; i++)
        free((void *)(uintptr_t)parser->longs[i].name);
    free(parser->longs);
    free(parser->slots);
    scope_text_free(&parser->letters);
}

static const struct slot *slot_of(const struct parser *parser, int answer)
{
    if (answer >= FIRST_LONG)
        return &parser->slots[answer - FIRST_LONG];
    for (size_t i = 0; i < parser->count; i++) {
        const struct scope_option *row = parser->slots[i].row;
        if (row ? row->letter == answer : answer == 'h')
            return &parser->slots[i];
    }
    return NULL;
}

static enum scope_code unknown(const struct parser *parser, const char *command,
                               const char *typed, struct scope_err *err)
{
    char *name = scope_strdup(typed + strspn(typed, "-"));
    name[strcspn(name, "=")] = '\0';
    const char **names = scope_alloc(parser->count, sizeof *names);
    for (size_t i = 0; i < parser->count; i++)
        names[i] = parser->longs[i].name;
    scope_fail(err, SCOPE_USAGE, 0, "unknown option --%s", name);
    const char *near = scope_nearest(name, names, parser->count);
    if (near)
        scope_hint(err, "did you mean --%s?", near);
    else
        scope_hint(err, "see scope help %s", command);
    free(names);
    free(name);
    return SCOPE_USAGE;
}

/* What getopt's '?' and ':' mean; the argument is the one before optind. */
static enum scope_code complain(const struct parser *parser,
                                const char *command, int answer,
                                const char *typed, struct scope_err *err)
{
    const struct slot *slot = optopt ? slot_of(parser, optopt) : NULL;
    if (answer == ':' && slot) {
        scope_fail(err, SCOPE_USAGE, 0, "--%s needs a value", slot->row->name);
        return scope_hint(err, "write --%s %s", slot->row->name,
                          scope_option_value(slot->row));
    }
    if (slot)
        return scope_fail(err, SCOPE_USAGE, 0, "%s takes no value", typed);
    if (strncmp(typed, "--", 2) == 0)
        return unknown(parser, command, typed, err);
    scope_fail(err, SCOPE_USAGE, 0, "unknown option -%c", optopt);
    return scope_hint(err, "see scope help %s", command);
}

/* Lets getopt go through argv; stops at --help. */
static enum scope_code listen(const struct parser *parser, const char *command,
                              int argc, char **argv, struct sayings *sayings,
                              bool *help, struct scope_err *err)
{
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    for (;;) {
        int answer =
            getopt_long(argc, argv, parser->letters.bytes, parser->longs, NULL);
        if (answer < 0)
            return SCOPE_OK;
        if (answer == '?' || answer == ':')
            return complain(parser, command, answer, argv[optind - 1], err);
        const struct slot *slot = slot_of(parser, answer);
        if (!slot->row) {
            *help = true;
            return SCOPE_OK;
        }
        sayings->items = scope_grow(sayings->items, &sayings->room,
                                    sayings->count, sizeof *sayings->items);
        sayings->items[sayings->count++] =
            (struct said){.slot = slot, .value = slot->negated ? "no" : optarg};
    }
}

static enum scope_code apply(const struct sayings *sayings,
                             struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < sayings->count; i++) {
        const struct said *said = &sayings->items[i];
        code = scope_settings_set(said->slot->settings, said->slot->row->name,
                                  said->value, NULL, err);
    }
    return code;
}

/* The file of the last --config that was said. */
static enum scope_code apply_file(const struct scope_command *command,
                                  struct scope_settings *settings,
                                  const struct sayings *sayings,
                                  struct scope_err *err)
{
    const char *path = NULL;
    for (size_t i = 0; i < sayings->count; i++)
        if (sayings->items[i].slot->settings == settings &&
            strcmp(sayings->items[i].slot->row->name, "config") == 0)
            path = sayings->items[i].value;
    return path ? scope_config_file(path, command, settings, err) : SCOPE_OK;
}

/* What begins with the plugin's name: both tables count. */
static enum scope_code read_plugin(struct scope_arguments *arguments,
                                   const struct scope_command *command,
                                   int argc, char **argv, struct scope_err *err)
{
    enum scope_code code = scope_registry_open(&arguments->registry, err);
    if (code)
        return code;
    arguments->picks = scope_picks_new(arguments->registry, command->plugin);
    code = scope_picks_name(arguments->picks, argv[0], "--", NULL,
                            &arguments->pick, err);
    if (code)
        return code;
    struct parser parser;
    struct sayings sayings = {0};
    begin(&parser, "");
    /* The first of equal names is found: behind its name the plugin's own. */
    add_table(&parser, arguments->pick->settings);
    add_table(&parser, arguments->settings);
    code = listen(&parser, command->name, argc, argv, &sayings,
                  &arguments->help, err);
    if (!code)
        code = apply(&sayings, err);
    arguments->operands = argv + optind;
    arguments->count = argc - optind;
    if (!code && !arguments->help)
        code = scope_picks_finish(arguments->picks, err);
    free(sayings.items);
    end(&parser);
    return code;
}

static enum scope_code plugin_missing(const struct scope_command *command,
                                      struct scope_err *err)
{
    scope_fail(err, SCOPE_USAGE, 0, "no %s is named",
               scope_kind_word(command->plugin));
    return scope_hint(err, "write scope %s NAME, see scope list %s",
                      command->name, scope_kind_folder(command->plugin));
}

enum scope_code scope_arguments_read(struct scope_arguments *arguments,
                                     const struct scope_command *command,
                                     int argc, char **argv,
                                     struct scope_err *err)
{
    *arguments = (struct scope_arguments){
        .settings =
            scope_settings_new(command->options, command->config_size, "--"),
    };
    struct parser parser;
    struct sayings sayings = {0};
    begin(&parser, command->plugin ? "+" : "");
    add_table(&parser, arguments->settings);
    enum scope_code code = listen(&parser, command->name, argc, argv, &sayings,
                                  &arguments->help, err);
    arguments->operands = argv + optind;
    arguments->count = argc - optind;
    if (code || arguments->help)
        goto out;
    code = apply_file(command, arguments->settings, &sayings, err);
    if (!code)
        code = apply(&sayings, err);
    if (!code && command->plugin)
        code = arguments->count
                   ? read_plugin(arguments, command, arguments->count,
                                 arguments->operands, err)
                   : plugin_missing(command, err);
    if (!code && !arguments->help)
        code = scope_settings_finish(arguments->settings, err);
out:
    free(sayings.items);
    end(&parser);
    return code;
}

void scope_arguments_free(struct scope_arguments *arguments)
{
    scope_settings_free(arguments->settings);
    scope_picks_free(arguments->picks);
    scope_registry_close(arguments->registry);
}
