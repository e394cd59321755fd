/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts by place; a handful, so a list. */
#include "lib/host/snippets.h"

#include "lib/base/text.h"

#include <string.h>

struct snippet {
    char *place;
    struct scope_text text;
};

struct scope_snippets {
    struct snippet **items; /* each by itself: a policy keeps the texts */
    size_t count, room;
};

struct scope_snippets *scope_snippets_new(void)
{
    return scope_alloc(1, sizeof(struct scope_snippets));
}

void scope_snippets_free(struct scope_snippets *snippets)
{
    if (!snippets)
        return;
    for (size_t i = 0; i < snippets->count; i++) {
        scope_text_free(&snippets->items[i]->text);
        free(snippets->items[i]->place);
        free(snippets->items[i]);
    }
    free(snippets->items);
    free(snippets);
}

static struct snippet *find(const struct scope_snippets *snippets,
                            const char *place)
{
    for (size_t i = 0; i < snippets->count; i++)
        if (strcmp(snippets->items[i]->place, place) == 0)
            return snippets->items[i];
    return NULL;
}

struct scope_text *scope_snippet(struct scope_snippets *snippets,
                                 const char *place)
{
    struct snippet *snippet = find(snippets, place);
    if (!snippet) {
        snippet = scope_alloc(1, sizeof *snippet);
        snippet->place = scope_strdup(place);
        snippets->items = scope_grow(snippets->items, &snippets->room,
                                     snippets->count, sizeof snippet);
        snippets->items[snippets->count++] = snippet;
    }
    return &snippet->text;
}

const char *scope_snippet_text(const struct scope_snippets *snippets,
                               const char *place)
{
    const struct snippet *snippet = find(snippets, place);
    return snippet && snippet->text.bytes ? snippet->text.bytes : "";
}
