/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registry: looks through the folders, loads what may be trusted and is
 * well made, and keeps one sentence for everything else.
 */
#include "lib/host/loader.h"

#include "lib/base/options.h"
#include "lib/host/absent.h"
#include "lib/host/plugin_file.h"
#include "lib/host/plugin_table.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

struct entry {
    struct scope_loaded loaded;
    char *path;
    void *handle;
};

struct scope_registry {
    struct entry **entries;
    size_t count, room;
    struct scope_refusal *refusals;
    size_t refusal_count, refusal_room;
};

static void refuse(struct scope_registry *registry, const char *path,
                   const char *reason)
{
    registry->refusals =
        scope_grow(registry->refusals, &registry->refusal_room,
                   registry->refusal_count, sizeof *registry->refusals);
    registry->refusals[registry->refusal_count++] = (struct scope_refusal){
        .path = scope_strdup(path), .reason = scope_strdup(reason)};
}

static const struct entry *find(const struct scope_registry *registry,
                                enum scope_kind kind, const char *name)
{
    for (size_t i = 0; i < registry->count; i++) {
        const struct scope_plugin *plugin = registry->entries[i]->loaded.plugin;
        if (plugin->kind == kind && strcmp(plugin->name, name) == 0)
            return registry->entries[i];
    }
    return NULL;
}

/* Loads one file, or refuses it. */
static void load(struct scope_registry *registry, const char *path)
{
    struct scope_err err = {0};
    void *handle = NULL;
    const struct scope_plugin *plugin = NULL;
    enum scope_code code = scope_plugin_open(path, &handle, &plugin, &err);
    const struct entry *other =
        code ? NULL : find(registry, plugin->kind, plugin->name);
    if (other) {
        code = scope_fail(&err, SCOPE_FAILED, 0, "another %s has that name: %s",
                          scope_kind_word(plugin->kind), other->path);
        dlclose(handle);
    }
    if (code) {
        refuse(registry, path, err.text);
        return;
    }
    struct entry *entry = scope_alloc(1, sizeof *entry);
    *entry = (struct entry){.path = scope_strdup(path), .handle = handle};
    entry->loaded.plugin = plugin;
    entry->loaded.path = entry->path;
    scope_plugin_fill_ops(&entry->loaded);
    scope_plugin_fill_options(&entry->loaded);
    registry->entries = scope_grow(registry->entries, &registry->room,
                                   registry->count, sizeof(struct entry *));
    registry->entries[registry->count++] = entry;
}

static int is_plugin_file(const struct dirent *file)
{
    size_t length = strlen(file->d_name);
    return file->d_name[0] != '.' && length > 3 &&
           strcmp(file->d_name + length - 3, ".so") == 0;
}

/* All of one folder, by name so that the order of a directory shows nowhere. */
static enum scope_code load_folder(struct scope_registry *registry,
                                   const char *folder, struct scope_err *err)
{
    struct dirent **files;
    int count = scandir(folder, &files, is_plugin_file, alphasort);
    if (count < 0)
        return scope_fail(err, SCOPE_USAGE, errno, "read the plugin folder %s",
                          folder);
    for (int i = 0; i < count; i++) {
        char *path = scope_format("%s/%s", folder, files[i]->d_name);
        load(registry, path);
        free(path);
        free(files[i]);
    }
    free(files);
    return SCOPE_OK;
}

/* The folders of the kinds below one; those that are absent are empty. */
static enum scope_code load_kinds(struct scope_registry *registry,
                                  const char *folder, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (enum scope_kind kind = SCOPE_COLLECTOR;
         !code && scope_kind_folder(kind); kind++) {
        char *below = scope_format("%s/%s", folder, scope_kind_folder(kind));
        if (access(below, F_OK) == 0)
            code = load_folder(registry, below, err);
        free(below);
    }
    return code;
}

static enum scope_code load_path(struct scope_registry *registry,
                                 const char *path, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    char *folders = scope_strdup(path);
    char *rest = folders;
    for (char *folder; !code && (folder = strsep(&rest, ":"));) {
        size_t length = strlen(folder);
        while (length > 1 && folder[length - 1] == '/')
            folder[--length] = '\0';
        if (!length)
            continue;
        code = load_folder(registry, folder, err);
        if (code) {
            scope_prefix(err, "SCOPE_PLUGIN_PATH");
            break;
        }
        code = load_kinds(registry, folder, err);
    }
    free(folders);
    return code;
}

static int by_kind_and_name(const void *a, const void *b)
{
    const struct scope_plugin *one =
        (*(const struct entry *const *)a)->loaded.plugin;
    const struct scope_plugin *two =
        (*(const struct entry *const *)b)->loaded.plugin;
    if (one->kind != two->kind)
        return one->kind < two->kind ? -1 : 1;
    return strcmp(one->name, two->name);
}

enum scope_code scope_registry_open(struct scope_registry **registry,
                                    struct scope_err *err)
{
    struct scope_registry *made = scope_alloc(1, sizeof *made);
    enum scope_code code = SCOPE_OK;
    /* Whoever raised the program's privileges did not choose the path. */
    const char *path =
        getauxval(AT_SECURE) ? NULL : getenv("SCOPE_PLUGIN_PATH");
    if (path)
        code = load_path(made, path, err);
    if (!code)
        code = load_kinds(made, PLUGINDIR, err);
    if (code) {
        scope_registry_close(made);
        return code;
    }
    if (made->count)
        qsort(made->entries, made->count, sizeof(struct entry *),
              by_kind_and_name);
    *registry = made;
    return SCOPE_OK;
}

void scope_registry_close(struct scope_registry *registry)
{
    if (!registry)
        return;
    for (size_t i = 0; i < registry->count; i++) {
        scope_plugin_free_options(&registry->entries[i]->loaded);
        dlclose(registry->entries[i]->handle);
        free(registry->entries[i]->path);
        free(registry->entries[i]);
    }
    for (size_t i = 0; i < registry->refusal_count; i++) {
        free((void *)(uintptr_t)registry->refusals[i].path);
        free((void *)(uintptr_t)registry->refusals[i].reason);
    }
    free(registry->entries);
    free(registry->refusals);
    free(registry);
}

size_t scope_registry_count(const struct scope_registry *registry)
{
    return registry->count;
}

const struct scope_loaded *
scope_registry_at(const struct scope_registry *registry, size_t index)
{
    return &registry->entries[index]->loaded;
}

size_t scope_registry_refusals(const struct scope_registry *registry,
                               const struct scope_refusal **refusals)
{
    *refusals = registry->refusals;
    return registry->refusal_count;
}

const struct scope_refusal *
scope_registry_refused(const struct scope_registry *registry, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < registry->refusal_count; i++) {
        const char *file = strrchr(registry->refusals[i].path, '/') + 1;
        if (strncmp(file, name, length) == 0 &&
            strcmp(file + length, ".so") == 0)
            return &registry->refusals[i];
    }
    return NULL;
}

/* All names of a kind: for the nearest, and as a text. */
static size_t names_of(const struct scope_registry *registry,
                       enum scope_kind kind, const char **names,
                       struct scope_text *text)
{
    size_t count = 0;
    for (size_t i = 0; i < registry->count; i++) {
        const struct scope_plugin *plugin = registry->entries[i]->loaded.plugin;
        if (plugin->kind != kind)
            continue;
        scope_text_add(text, "%s%s", count ? ", " : "", plugin->name);
        names[count++] = plugin->name;
    }
    return count;
}

enum scope_code scope_registry_find(const struct scope_registry *registry,
                                    enum scope_kind kind, const char *name,
                                    const struct scope_loaded **found,
                                    struct scope_err *err)
{
    const struct entry *entry = find(registry, kind, name);
    if (entry) {
        *found = &entry->loaded;
        return SCOPE_OK;
    }
    const struct scope_refusal *refusal =
        scope_registry_refused(registry, name);
    if (refusal)
        return scope_fail(err, SCOPE_USAGE, 0, "the plugin %s is refused: %s",
                          refusal->path, refusal->reason);
    const struct scope_absent *absent = scope_absent_find(kind, name);
    if (absent) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0, "the %s %s was not built",
                   absent->kind, absent->name);
        return scope_hint(err,
                          "install the package %s, configure and build again",
                          absent->package);
    }
    const char **names = scope_alloc(registry->count, sizeof *names);
    struct scope_text known = {0};
    size_t count = names_of(registry, kind, names, &known);
    scope_fail(err, SCOPE_USAGE, 0, "unknown %s '%s'", scope_kind_word(kind),
               name);
    const char *near = scope_nearest(name, names, count);
    if (near)
        scope_hint(err, "did you mean %s?", near);
    else if (count)
        scope_hint(err, "there are %s", known.bytes);
    else
        scope_hint(err,
                   "there is no %s: is scope installed, or does "
                   "SCOPE_PLUGIN_PATH name the folder?",
                   scope_kind_word(kind));
    scope_text_free(&known);
    free(names);
    return SCOPE_USAGE;
}
