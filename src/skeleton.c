/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes the files of data/skeleton, which the build has made into texts, with
 * the plugin's name and kind in their place. */
#include "src/skeleton.h"

#include "lib/base/text.h"
#include "lib/host/loader.h"
#include "src/skeleton_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const sources[] = {
    [SCOPE_COLLECTOR] = skeleton_collector_c,
    [SCOPE_DRIVER] = skeleton_driver_c,
    [SCOPE_BACKEND] = skeleton_backend_c,
    [SCOPE_PROXY] = skeleton_proxy_c,
    [SCOPE_POLICY] = skeleton_policy_c,
    [SCOPE_ANALYZER] = skeleton_analyzer_c,
};

/* What stands in the files for what. */
struct word {
    const char *from, *to;
};

static char *replace(const char *text, const struct word *words, size_t count)
{
    struct scope_text out = {0};
    while (*text) {
        const struct word *found = NULL;
        for (size_t i = 0; !found && i < count; i++)
            if (strncmp(text, words[i].from, strlen(words[i].from)) == 0)
                found = &words[i];
        if (found) {
            scope_text_add(&out, "%s", found->to);
            text += strlen(found->from);
        } else {
            scope_text_char(&out, *text++);
        }
    }
    return scope_text_take(&out);
}

static enum scope_code write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left;) {
        ssize_t wrote = write(fd, text, left);
        if (wrote < 0 && errno != EINTR)
            return SCOPE_IO;
        if (wrote > 0) {
            text += wrote;
            left -= (size_t)wrote;
        }
    }
    return SCOPE_OK;
}

static enum scope_code write_file(int folder_fd, const char *folder,
                                  const char *file, const char *text,
                                  struct scope_err *err)
{
    int fd =
        openat(folder_fd, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "create %s/%s", folder, file);
    enum scope_code code = write_all(fd, text);
    int sys = errno;
    if (close(fd) < 0 && !code) {
        code = SCOPE_IO;
        sys = errno;
    }
    return code ? scope_fail(err, code, sys, "write %s/%s", folder, file)
                : code;
}

enum scope_code scope_skeleton_write(enum scope_kind kind, const char *name,
                                     const char *folder, struct scope_err *err)
{
    if (mkdir(folder, 0755) < 0) {
        int sys = errno;
        enum scope_code code =
            scope_fail(err, SCOPE_USAGE, sys, "make the folder %s", folder);
        if (sys == EEXIST)
            scope_hint(err, "name another with --folder");
        return code;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "open %s", folder);
    const struct word words[] = {
        {"skeleton", name},
        {"@KIND@", scope_kind_word(kind)},
        {"@FOLDER@", scope_kind_folder(kind)},
    };
    char *c_file = scope_format("%s.c", name);
    const struct word files[] = {
        {sources[kind], c_file},
        {skeleton_Makefile_skeleton, "Makefile"},
        {skeleton_README_skeleton_md, "README.md"},
    };
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < 3; i++) {
        char *text = replace(files[i].from, words, 3);
        code = write_file(fd, folder, files[i].to, text, err);
        free(text);
    }
    free(c_file);
    close(fd);
    return code;
}
