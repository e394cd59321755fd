/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sorted array of symbols. Ranges may lie in each other (assembler labels
 * in a function): each knows the one around it, so a search looks back along
 * these links only. */
#include "collectors/cycles/table.h"

#include <scope/alloc.h>
#include <string.h>

#define MOST_SYMBOLS (UINT32_C(1) << 24)
#define MOST_NAMES (UINT32_C(1) << 30)

void table_add(struct table *table, uint64_t start, uint64_t size,
               const char *name, size_t length, uint32_t tag)
{
    if (table->count >= MOST_SYMBOLS || length >= MOST_NAMES ||
        table->names_size + length + 1 > MOST_NAMES)
        return;
    size_t needed = table->names_size + length + 1;
    if (needed > table->names_room) {
        size_t room = table->names_room ? table->names_room * 2 : 4096;
        table->names_room = room > needed ? room : needed;
        table->names = scope_realloc(table->names, table->names_room, 1);
    }
    table->symbols = scope_grow(table->symbols, &table->room, table->count,
                                sizeof *table->symbols);
    memcpy(table->names + table->names_size, name, length);
    table->names[table->names_size + length] = '\0';
    table->symbols[table->count++] = (struct table_symbol){
        .start = start,
        .size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size,
        .name = (uint32_t)table->names_size,
        .outer = TABLE_NONE,
        .tag = tag,
    };
    table->names_size = needed;
}

static int by_start(const void *a, const void *b)
{
    const struct table_symbol *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

static bool sorted(const struct table *table)
{
    for (size_t i = 1; i < table->count; i++)
        if (table->symbols[i].start < table->symbols[i - 1].start)
            return false;
    return true;
}

static bool reaches(const struct table_symbol *symbol, uint64_t address)
{
    return address - symbol->start < symbol->size;
}

static void link_outer(struct table *table)
{
    for (size_t i = 1; i < table->count; i++) {
        uint64_t start = table->symbols[i].start;
        uint32_t at = (uint32_t)(i - 1);
        while (at != TABLE_NONE && !reaches(&table->symbols[at], start))
            at = table->symbols[at].outer;
        table->symbols[i].outer = at;
    }
}

void table_sort(struct table *table, table_better better)
{
    if (!table->count)
        return;
    if (!sorted(table))
        qsort(table->symbols, table->count, sizeof *table->symbols, by_start);
    size_t kept = 0;
    for (size_t i = 1; i < table->count; i++) {
        struct table_symbol *last = &table->symbols[kept];
        const struct table_symbol *next = &table->symbols[i];
        if (next->start != last->start)
            table->symbols[++kept] = *next;
        else if (better(table, next, last) > 0)
            *last = *next;
    }
    table->count = kept + 1;
    table->symbols =
        scope_realloc(table->symbols, table->count, sizeof *table->symbols);
    table->room = table->count;
    link_outer(table);
}

const struct table_symbol *table_find(const struct table *table,
                                      uint64_t address)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->symbols[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    const struct table_symbol *at = &table->symbols[low - 1];
    if (!at->size || reaches(at, address))
        return at;
    while (at->outer != TABLE_NONE) {
        at = &table->symbols[at->outer];
        if (reaches(at, address))
            return at;
    }
    return NULL;
}

const char *table_name(const struct table *table,
                       const struct table_symbol *symbol)
{
    return table->names + symbol->name;
}

void table_free(struct table *table)
{
    free(table->symbols);
    free(table->names);
    *table = (struct table){0};
}
