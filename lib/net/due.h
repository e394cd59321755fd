/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Things that fall due, the earliest first: a binary heap whose members know
 * their place, so that one can be taken out again. */
#ifndef LIB_NET_DUE_H
#define LIB_NET_DUE_H

#include <stddef.h>
#include <stdint.h>

/* A member of the struct that falls due; zeroed at first. */
struct scope_due {
    int64_t ns;
    size_t place; /* in the heap, from 1; 0: in none */
    void (*fire)(struct scope_due *due);
};

/* Zeroed at first; the things are not owned. */
struct scope_dues {
    struct scope_due **items;
    size_t count, room;
};

void scope_dues_free(struct scope_dues *dues);
/* due must be in no heap. */
void scope_due_add(struct scope_dues *dues, struct scope_due *due, int64_t ns);
/* No harm when it is in none. */
void scope_due_remove(struct scope_dues *dues, struct scope_due *due);

/* The earliest, or NULL. */
static inline struct scope_due *scope_due_first(const struct scope_dues *dues)
{
    return dues->count ? dues->items[0] : NULL;
}

#endif
