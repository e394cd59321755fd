/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory that is always there: running out of it ends the program with exit
 * status 1 and one line, so no caller checks for NULL. Free with free().
 * Sizes are checked for overflow. Nothing allocated on one side of the plugin
 * contract is freed on the other.
 */
#ifndef SCOPE_ALLOC_H
#define SCOPE_ALLOC_H

#include <scope/err.h>
#include <stddef.h>
#include <stdlib.h>

/* Zeroed memory for count objects of size bytes; never NULL. */
SCOPE_API void *scope_alloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));

/* Resizes to count objects of size bytes; new bytes are not zeroed. */
SCOPE_API void *scope_realloc(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull));

SCOPE_API char *scope_strdup(const char *text)
    __attribute__((malloc, returns_nonnull));

/* A formatted string, freed with free(). */
SCOPE_API char *scope_format(const char *fmt, ...)
    __attribute__((malloc, returns_nonnull)) SCOPE_PRINTF(1, 2);

/*
 * Makes room in a growing array: returns items, moved if needed, with room
 * for at least count + 1 objects; *room is the allocated number of objects.
 */
SCOPE_API void *scope_grow(void *items, size_t *room, size_t count, size_t size)
    __attribute__((returns_nonnull));

#endif
