/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for the kinds of plugins. */
#include "lib/host/loader.h"

#include <string.h>

static const struct {
    const char *one, *many;
} words[] = {
    [SCOPE_COLLECTOR] = {"collector", "collectors"},
    [SCOPE_DRIVER] = {"driver", "drivers"},
    [SCOPE_BACKEND] = {"backend", "backends"},
    [SCOPE_PROXY] = {"proxy", "proxies"},
    [SCOPE_POLICY] = {"policy", "policies"},
    [SCOPE_ANALYZER] = {"analyzer", "analyzers"},
};

#define KINDS (sizeof words / sizeof *words)

const char *scope_kind_word(enum scope_kind kind)
{
    return (size_t)kind < KINDS ? words[kind].one : NULL;
}

const char *scope_kind_folder(enum scope_kind kind)
{
    return (size_t)kind < KINDS ? words[kind].many : NULL;
}

enum scope_kind scope_kind_of(const char *word)
{
    for (size_t i = 1; i < KINDS; i++)
        if (strcmp(words[i].one, word) == 0 || strcmp(words[i].many, word) == 0)
            return (enum scope_kind)i;
    return 0;
}
