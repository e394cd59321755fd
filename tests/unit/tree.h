/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folders made for one test: a fake /proc or /sys, removed again. */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include <scope/err.h>
#include <stddef.h>

/* A new temporary folder; free() its name after tree_remove(). */
char *tree_new(void);
void tree_remove(char *tree);

/* Writes a file, with the folders above it; an old one is truncated, so that
 * who holds it open sees the new text. */
void tree_file(const char *tree, const char *path, const char *fmt, ...)
    SCOPE_PRINTF(3, 4);
void tree_bytes(const char *tree, const char *path, const void *bytes,
                size_t size);
void tree_link(const char *tree, const char *path, const char *target);
/* Removes a file or a folder with all that is in it. */
void tree_drop(const char *tree, const char *path);

#endif
