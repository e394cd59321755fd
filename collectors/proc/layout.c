/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys in the order of their file. */
#include "collectors/proc/layout.h"

#include <scope/alloc.h>
#include <string.h>

/* Slots of vanished keys are kept while they are no more than this and no
 * more than those that are there. */
#define GONE_LIMIT 64

void layout_begin(struct layout *layout)
{
    layout->next = 0;
    layout->reading++;
}

static bool is_key(const struct slot *slot, const char *key, size_t length)
{
    return slot->length == length && memcmp(slot->key, key, length) == 0;
}

static struct slot *search(struct layout *layout, const char *key,
                           size_t length)
{
    for (size_t i = 0; layout->slots && i < layout->count; i++) {
        size_t at = (layout->next + i) % layout->count;
        if (is_key(&layout->slots[at], key, length))
            return &layout->slots[at];
    }
    return NULL;
}

static struct slot *insert(struct layout *layout, const char *key,
                           size_t length)
{
    layout->slots = scope_grow(layout->slots, &layout->room, layout->count,
                               sizeof *layout->slots);
    if (layout->next > layout->count)
        layout->next = layout->count;
    struct slot *slot = layout->slots + layout->next;
    memmove(slot + 1, slot, (layout->count - layout->next) * sizeof *slot);
    layout->count++;
    *slot = (struct slot){
        .key = scope_alloc(length + 1, 1), .length = length, .scale = 1};
    memcpy(slot->key, key, length);
    return slot;
}

struct slot *layout_find(struct layout *layout, const char *key, size_t length,
                         bool *fresh)
{
    struct slot *slot = NULL;
    *fresh = false;
    if (layout->slots && layout->next < layout->count)
        slot = &layout->slots[layout->next];
    if (!slot || !is_key(slot, key, length)) {
        slot = search(layout, key, length);
        *fresh = !slot;
        if (!slot)
            slot = insert(layout, key, length);
    }
    slot->seen = layout->reading;
    layout->next = (size_t)(slot - layout->slots) + 1;
    return slot;
}

void layout_end(struct layout *layout)
{
    size_t there = 0;
    for (size_t i = 0; i < layout->count; i++)
        there += layout->slots[i].seen == layout->reading;
    if (layout->count - there <= GONE_LIMIT || layout->count < 2 * there)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < layout->count; i++)
        if (layout->slots[i].seen == layout->reading)
            layout->slots[kept++] = layout->slots[i];
        else
            free(layout->slots[i].key);
    layout->count = kept;
}

void layout_free(struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++)
        free(layout->slots[i].key);
    free(layout->slots);
    *layout = (struct layout){0};
}
