/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of ranges of addresses, for many: an array that is sorted once and
 * then searched, names in one pool. Zero-initialise, add, sort, find, free.
 */
#ifndef CYCLES_TABLE_H
#define CYCLES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_symbol {
    uint64_t start;
    uint32_t size;  /* 0: it is not known where it ends */
    uint32_t name;  /* offset in the pool */
    uint32_t outer; /* of the sorted: the nearest one before it that reaches
                       beyond its start, or TABLE_NONE */
    uint32_t tag;   /* what the owner of the table keeps with it */
};
#define TABLE_NONE UINT32_MAX

struct table {
    struct table_symbol *symbols;
    size_t count, room;
    char *names;
    size_t names_size, names_room;
};

/* length bytes of name; one that cannot be held (millions of symbols, a pool
 * of a GiB) is left out. */
void table_add(struct table *table, uint64_t start, uint64_t size,
               const char *name, size_t length, uint32_t tag);

/* Which of two at the same address stays; > 0: a is better. */
typedef int (*table_better)(const struct table *table,
                            const struct table_symbol *a,
                            const struct table_symbol *b);
/* Then at most one symbol begins at an address. */
void table_sort(struct table *table, table_better better);
/* The innermost one that the address lies in; one of unknown end reaches to
 * where the next one begins. NULL: none. */
const struct table_symbol *table_find(const struct table *table,
                                      uint64_t address);
const char *table_name(const struct table *table,
                       const struct table_symbol *symbol);
void table_free(struct table *table);

#endif
