/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name that was probably meant: the least edit distance (Damerau's, with
 * neighbours swapped as one edit) within a third of what was typed. */
#include "lib/base/options.h"

#include <string.h>

#define LONGEST 64

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance of texts up to LONGEST. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST + 1];
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *now = rows[i % 3];
        const size_t *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            bool same = a[i - 1] == b[j - 1];
            now[j] =
                least(last[j - 1] + !same, least(last[j] + 1, now[j - 1] + 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *scope_nearest(const char *typed, const char *const *names,
                          size_t count)
{
    size_t length = strnlen(typed, LONGEST + 1);
    if (length > LONGEST)
        return NULL;
    const char *nearest = NULL;
    size_t best = length / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        if (strnlen(names[i], LONGEST + 1) > LONGEST)
            continue;
        size_t edits = distance(typed, names[i]);
        /* Something must be left of the name that is proposed. */
        if (edits <= best && edits < strlen(names[i]) &&
            (!nearest || edits < best)) {
            best = edits;
            nearest = names[i];
        }
    }
    /* "dur" for "duration": the beginning of exactly one name. */
    if (!nearest && length > 1)
        for (size_t i = 0; i < count; i++)
            if (strncmp(names[i], typed, length) == 0) {
                if (nearest)
                    return NULL;
                nearest = names[i];
            }
    return nearest;
}
