/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbered names, as app00000 to app04999: written from a number, and read
 * back only if they are exactly what is written. */
#ifndef LIB_NET_NAMES_H
#define LIB_NET_NAMES_H

#include <scope/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCOPE_NAME_MAX = 64 }; /* bytes of a name, at most */

struct scope_names {
    uint64_t count; /* the numbers are 0 to count - 1 */
    unsigned width; /* digits at least, with leading zeros */
    size_t before, after;
    char prefix[SCOPE_NAME_MAX], suffix[SCOPE_NAME_MAX];
};

/*
 * The pattern is letters, digits and "-._~" (which a URL holds as they are)
 * with one %d, or %05d for five digits at least; with a width, all names get
 * the digits that the last one needs.
 */
enum scope_code scope_names_parse(struct scope_names *names,
                                  const char *pattern, uint64_t count,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* Writes a name of at most SCOPE_NAME_MAX bytes and a NUL; its length. */
size_t scope_names_put(const struct scope_names *names, uint64_t number,
                       char *out);

/* The number of a name; false when it is none of them. */
bool scope_names_find(const struct scope_names *names, const char *text,
                      size_t size, uint64_t *number);

#endif
