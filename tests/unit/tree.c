/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Temporary trees of small files. */
#include "tests/unit/tree.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

char *tree_new(void)
{
    char *tree = scope_strdup("/tmp/scope-tree.XXXXXX");
    assert_non_null(mkdtemp(tree));
    return tree;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void tree_drop(const char *tree, const char *path)
{
    char *full = scope_format("%s/%s", tree, path);
    assert_int_equal(nftw(full, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(full);
}

void tree_remove(char *tree)
{
    assert_int_equal(nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    free(tree);
}

/* Makes the folders above path. */
static char *place(const char *tree, const char *path)
{
    char *full = scope_format("%s/%s", tree, path);
    for (char *at = full + strlen(tree) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *at = '/';
    }
    return full;
}

void tree_bytes(const char *tree, const char *path, const void *bytes,
                size_t size)
{
    char *full = place(tree, path);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    free(full);
}

void tree_file(const char *tree, const char *path, const char *fmt, ...)
{
    char *text;
    va_list args;
    va_start(args, fmt);
    int length = vasprintf(&text, fmt, args);
    va_end(args);
    assert_true(length >= 0);
    tree_bytes(tree, path, text, (size_t)length);
    free(text);
}

void tree_link(const char *tree, const char *path, const char *target)
{
    char *full = place(tree, path);
    unlink(full);
    assert_int_equal(symlink(target, full), 0);
    free(full);
}
