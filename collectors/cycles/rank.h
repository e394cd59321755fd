/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of several names of one function people know it by. */
#ifndef CYCLES_RANK_H
#define CYCLES_RANK_H

#include <string.h>

/* > 0: a is the better known one: fewer leading underscores, then shorter,
 * then first in the alphabet; 0: they are equal. */
static inline int rank_names(const char *a, const char *b)
{
    size_t x = strspn(a, "_"), y = strspn(b, "_");
    if (x != y)
        return x < y ? 1 : -1;
    x = strlen(a);
    y = strlen(b);
    if (x != y)
        return x < y ? 1 : -1;
    return -strcmp(a, b);
}

#endif
