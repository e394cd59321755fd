/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap of things that fall due. */
#include "lib/net/due.h"

#include <scope/alloc.h>

void scope_dues_free(struct scope_dues *dues)
{
    free(dues->items);
    *dues = (struct scope_dues){0};
}

static void put(struct scope_dues *dues, size_t at, struct scope_due *due)
{
    dues->items[at] = due;
    due->place = at + 1;
}

static void rise(struct scope_dues *dues, size_t at, struct scope_due *due)
{
    while (at) {
        size_t parent = (at - 1) / 2;
        if (dues->items[parent]->ns <= due->ns)
            break;
        put(dues, at, dues->items[parent]);
        at = parent;
    }
    put(dues, at, due);
}

static void sink(struct scope_dues *dues, size_t at, struct scope_due *due)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= dues->count)
            break;
        if (child + 1 < dues->count &&
            dues->items[child + 1]->ns < dues->items[child]->ns)
            child++;
        if (due->ns <= dues->items[child]->ns)
            break;
        put(dues, at, dues->items[child]);
        at = child;
    }
    put(dues, at, due);
}

void scope_due_add(struct scope_dues *dues, struct scope_due *due, int64_t ns)
{
    due->ns = ns;
    dues->items = scope_grow(dues->items, &dues->room, dues->count,
                             sizeof(struct scope_due *));
    rise(dues, dues->count++, due);
}

void scope_due_remove(struct scope_dues *dues, struct scope_due *due)
{
    if (!due->place)
        return;
    size_t at = due->place - 1;
    struct scope_due *last = dues->items[--dues->count];
    due->place = 0;
    if (last == due)
        return;
    if (at && dues->items[(at - 1) / 2]->ns > last->ns)
        rise(dues, at, last);
    else
        sink(dues, at, last);
}
