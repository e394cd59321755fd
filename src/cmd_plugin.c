/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope plugin: what the author of a plugin needs besides the header. */
#include "src/command.h"

#include "lib/base/options.h"
#include "lib/host/plugin_file.h"
#include "src/skeleton.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

struct config {
    const char *folder;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_PATH(struct config, folder, "folder", .letter = 'o',
                      .value = "FOLDER",
                      .help = "where new writes to, else a folder NAME here"),
    SCOPE_OPTION_END,
};

static enum scope_code good_name(const char *name, struct scope_err *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (*name >= 'a' && *name <= 'z' && !name[strspn(name, letters)] &&
        strlen(name) <= 64)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0, "'%s' is no name for a plugin", name);
    return scope_hint(err, "write a lower-case letter, then letters, digits "
                           "and '_', 64 at most");
}

static enum scope_code unknown_kind(const char *word, struct scope_err *err)
{
    const char *words[16];
    size_t count = 0;
    struct scope_text text = {0};
    for (enum scope_kind kind = SCOPE_COLLECTOR; scope_kind_word(kind);
         kind++) {
        words[count++] = scope_kind_word(kind);
        scope_text_add(&text, "%s%s", count > 1 ? ", " : "",
                       scope_kind_word(kind));
    }
    scope_fail(err, SCOPE_USAGE, 0, "'%s' is no kind of plugin", word);
    const char *near = scope_nearest(word, words, count);
    if (near)
        scope_hint(err, "did you mean %s?", near);
    else
        scope_hint(err, "there are %s", text.bytes);
    scope_text_free(&text);
    return SCOPE_USAGE;
}

static enum scope_code make_new(const struct config *config, char **operands,
                                struct scope_err *err)
{
    enum scope_kind kind = scope_kind_of(operands[0]);
    const char *name = operands[1];
    if (!kind)
        return unknown_kind(operands[0], err);
    enum scope_code code = good_name(name, err);
    if (code)
        return code;
    const char *folder = config->folder ? config->folder : name;
    code = scope_skeleton_write(kind, name, folder, err);
    if (!code)
        printf("%s holds the %s %s: build it with make -C %s\n", folder,
               scope_kind_word(kind), name, folder);
    return code;
}

static enum scope_code check(const char *path, struct scope_err *err)
{
    void *handle;
    const struct scope_plugin *plugin;
    if (scope_plugin_open(path, &handle, &plugin, err)) {
        err->code = SCOPE_FAILED;
        return scope_prefix(err, "%s is refused", path);
    }
    printf("%s: %s %s, version %s: good\n", path, scope_kind_word(plugin->kind),
           plugin->name, plugin->version);
    dlclose(handle);
    return SCOPE_OK;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    if (argc == 3 && strcmp(argv[0], "new") == 0)
        return make_new(config, argv + 1, err);
    if (argc > 1 && strcmp(argv[0], "check") == 0) {
        enum scope_code code = SCOPE_OK;
        for (int i = 1; !code && i < argc; i++)
            code = check(argv[i], err);
        return code;
    }
    scope_fail(err, SCOPE_USAGE, 0, "what to do with a plugin is not said");
    return scope_hint(err, "write scope plugin new KIND NAME, or scope plugin "
                           "check FILE");
}

const struct scope_command scope_cmd_plugin = {
    .name = "plugin",
    .operands = "new KIND NAME | check FILE...",
    .summary = "begins a new plugin, or checks a built one",
    .about =
        "new writes a folder with a plugin that works, and a Makefile that "
        "builds it with nothing but the installed headers. KIND is collector, "
        "driver, backend, proxy, policy or analyzer.\n\n"
        "check loads a built plugin as the other commands do and says why it "
        "would be refused.\n\n"
        "Set SCOPE_PLUGIN_PATH to the folder of the built plugin to use it.",
    .options = options,
    .config_size = sizeof(struct config),
    .run = run,
};
