/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where files of data lie. */
#include "lib/base/data_files.h"

#include "lib/base/options.h"
#include "lib/base/text.h"

#include <dirent.h>
#include <errno.h>
#include <scope/alloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const char suffix[] = ".yaml";

static bool has_suffix(const char *name)
{
    size_t length = strlen(name), tail = sizeof suffix - 1;
    return length > tail && strcmp(name + length - tail, suffix) == 0;
}

static int is_data_file(const struct dirent *file)
{
    return file->d_name[0] != '.' && has_suffix(file->d_name);
}

static const struct scope_data_file *find(const struct scope_data_files *files,
                                          const char *name)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].name, name) == 0)
            return &files->items[i];
    return NULL;
}

/* One that is absent is empty. */
static enum scope_code add_folder(struct scope_data_files *files,
                                  const char *folder, struct scope_err *err)
{
    struct dirent **found;
    int count = scandir(folder, &found, is_data_file, alphasort);
    if (count < 0 && errno == ENOENT)
        return SCOPE_OK;
    if (count < 0)
        return scope_fail(err, SCOPE_USAGE, errno, "read the folder %s",
                          folder);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(found[i]->d_name) - (sizeof suffix - 1);
        char *name = scope_format("%.*s", (int)length, found[i]->d_name);
        if (find(files, name)) {
            free(name);
        } else {
            files->items = scope_grow(files->items, &files->room, files->count,
                                      sizeof *files->items);
            files->items[files->count++] = (struct scope_data_file){
                .name = name,
                .path = scope_format("%s/%s", folder, found[i]->d_name)};
        }
        free(found[i]);
    }
    free(found);
    return SCOPE_OK;
}

static enum scope_code add_path(struct scope_data_files *files,
                                const char *kind, const char *path,
                                struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    char *folders = scope_strdup(path), *rest = folders;
    for (char *folder; !code && (folder = strsep(&rest, ":"));) {
        if (!*folder)
            continue;
        char *below = scope_format("%s/%s", folder, kind);
        code = access(folder, R_OK) != 0
                   ? scope_fail(err, SCOPE_USAGE, errno, "read the folder %s",
                                folder)
                   : add_folder(files, below, err);
        if (code)
            scope_prefix(err, "SCOPE_DATA_PATH");
        free(below);
    }
    free(folders);
    return code;
}

static int by_name(const void *a, const void *b)
{
    const struct scope_data_file *one = a, *two = b;
    return strcmp(one->name, two->name);
}

enum scope_code scope_data_files_list(const char *kind,
                                      struct scope_data_files *files,
                                      struct scope_err *err)
{
    *files = (struct scope_data_files){0};
    /* Whoever raised the program's privileges did not choose the path. */
    const char *path = getauxval(AT_SECURE) ? NULL : getenv("SCOPE_DATA_PATH");
    enum scope_code code = path ? add_path(files, kind, path, err) : SCOPE_OK;
    char *installed = scope_format("%s/%s", PKGDATADIR, kind);
    if (!code)
        code = add_folder(files, installed, err);
    free(installed);
    if (files->count)
        qsort(files->items, files->count, sizeof *files->items, by_name);
    return code;
}

void scope_data_files_free(struct scope_data_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        free(files->items[i].name);
        free(files->items[i].path);
    }
    free(files->items);
    *files = (struct scope_data_files){0};
}

static enum scope_code not_found(const struct scope_data_files *files,
                                 const char *kind, const char *name,
                                 struct scope_err *err)
{
    scope_fail(err, SCOPE_NOT_FOUND, 0, "there are no %s named '%s'", kind,
               name);
    const char **names = scope_alloc(files->count + 1, sizeof *names);
    struct scope_text all = {0};
    for (size_t i = 0; i < files->count; i++) {
        names[i] = files->items[i].name;
        scope_text_add(&all, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = scope_nearest(name, names, files->count);
    if (near)
        scope_hint(err, "did you mean %s? There are %s", near, all.bytes);
    else if (files->count)
        scope_hint(err, "there are %s; of a file of your own say the path",
                   all.bytes);
    else
        scope_hint(err,
                   "none are installed in %s/%s; does SCOPE_DATA_PATH "
                   "name the folder above?",
                   PKGDATADIR, kind);
    scope_text_free(&all);
    free(names);
    return SCOPE_NOT_FOUND;
}

enum scope_code scope_data_file_find(const char *kind, const char *name,
                                     char **path, struct scope_err *err)
{
    *path = NULL;
    if (strchr(name, '/') || has_suffix(name)) {
        *path = scope_strdup(name);
        return SCOPE_OK;
    }
    struct scope_data_files files;
    enum scope_code code = scope_data_files_list(kind, &files, err);
    if (!code) {
        const struct scope_data_file *file = find(&files, name);
        if (file)
            *path = scope_strdup(file->path);
        else
            code = not_found(&files, kind, name, err);
    }
    scope_data_files_free(&files);
    return code;
}
