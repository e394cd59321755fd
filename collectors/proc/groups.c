/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of file groups in the options. */
#include "collectors/proc/proc.h"

#include <stdio.h>
#include <string.h>

static enum scope_code fail(const char *option, const char *word,
                            const char *const *names, struct scope_err *err)
{
    char known[200] = "all, none";
    for (size_t i = 0; names[i]; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, ", %s", names[i]);
    }
    scope_fail(err, SCOPE_USAGE, 0, "proc.%s: no group of files is called '%s'",
               option, word);
    return scope_hint(err, "known are %s", known);
}

enum scope_code groups_parse(const struct scope_list *list, const char *option,
                             const char *const *names, unsigned *bits,
                             struct scope_err *err)
{
    *bits = 0;
    for (size_t i = 0; i < list->count; i++) {
        const char *word = list->items[i];
        size_t at = 0;
        if (strcmp(word, "all") == 0) {
            *bits = ~0U;
            continue;
        }
        if (strcmp(word, "none") == 0)
            continue;
        while (names[at] && strcmp(names[at], word) != 0)
            at++;
        if (!names[at])
            return fail(option, word, names, err);
        *bits |= 1U << at;
    }
    return SCOPE_OK;
}
