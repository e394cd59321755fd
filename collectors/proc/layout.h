/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order in which a file names its keys (lines of meminfo, devices of
 * net/dev, columns of netstat), learned once. As long as the file keeps it,
 * finding a key is one comparison; when keys come, go or move, they are looked
 * for.
 */
#ifndef PROC_LAYOUT_H
#define PROC_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slot {
    char *key;
    size_t length;
    uint32_t instance; /* of an open set: the key's own */
    unsigned metric;
    uint64_t scale; /* to the base unit */
    uint64_t seen;  /* the reading that had it last */
};

struct layout {
    struct slot *slots;
    size_t count, room;
    size_t next;      /* where the next key should be */
    uint64_t reading; /* number of the present one */
};

/* Before the keys of one reading. */
void layout_begin(struct layout *layout);

/*
 * The slot of a key. *fresh: it was not known; the caller fills it. The
 * pointer is valid until the next call.
 */
struct slot *layout_find(struct layout *layout, const char *key, size_t length,
                         bool *fresh);

/* After the keys of one reading: forgets what is gone, when it is much. */
void layout_end(struct layout *layout);

void layout_free(struct layout *layout);

#endif
