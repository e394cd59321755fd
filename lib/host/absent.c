/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list that configure wrote into config.h. */
#include "lib/host/absent.h"

#include "lib/host/loader.h"

#include "config.h"
#include <string.h>

static const struct scope_absent rows[] = {SCOPE_ABSENT{NULL, NULL, NULL}};

const struct scope_absent *scope_absent_at(size_t index)
{
    return index + 1 < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

const struct scope_absent *scope_absent_find(enum scope_kind kind,
                                             const char *name)
{
    const struct scope_absent *row;
    for (size_t i = 0; (row = scope_absent_at(i)); i++)
        if (strcmp(row->kind, scope_kind_word(kind)) == 0 &&
            strcmp(row->name, name) == 0)
            return row;
    return NULL;
}
