/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as the texts that addresses are named by: the first says whether
 * they are a perf map, /proc/kallsyms, /proc/PID/maps or a mangled name. What
 * was taken must be found again.
 */
#include "collectors/cycles/demangle.h"
#include "collectors/cycles/kallsyms.h"
#include "collectors/cycles/maps.h"
#include "collectors/cycles/perfmap.h"
#include "tests/fuzz/target.h"

#include <string.h>

static void check_table(const struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct table_symbol *symbol = &table->symbols[i];
        TARGET_ASSERT(!i || symbol->start > symbol[-1].start);
        TARGET_ASSERT(symbol->name < table->names_size);
        TARGET_ASSERT(table_find(table, symbol->start) == symbol);
        const struct table_symbol *last =
            symbol->size ? table_find(table, symbol->start + symbol->size - 1)
                         : NULL;
        TARGET_ASSERT(!symbol->size || last);
    }
}

static void as_perfmap(const char *text, size_t size)
{
    struct perfmap perfmap = {.size = 0};
    /* In two readings, as it grows. */
    perfmap_lines(&perfmap, text, size / 2);
    perfmap_done(&perfmap);
    perfmap_lines(&perfmap, text + size / 2, size - size / 2);
    perfmap_done(&perfmap);
    check_table(&perfmap.table);
    for (size_t i = 1; i < perfmap.table.count; i++)
        TARGET_ASSERT(perfmap.table.symbols[i].start -
                          perfmap.table.symbols[i - 1].start >=
                      perfmap.table.symbols[i - 1].size);
    perfmap_free(&perfmap);
}

static void as_kallsyms(const char *text, size_t size)
{
    struct kallsyms kernel = {.due_ns = INT64_MAX};
    kallsyms_lines(&kernel, text, size);
    kallsyms_done(&kernel);
    check_table(&kernel.table);
    for (size_t i = 0; i < kernel.table.count; i++)
        TARGET_ASSERT(kernel.table.symbols[i].tag < kernel.part_count);
    kallsyms_free(&kernel);
}

static void take(void *closure, const struct cycles_map *map)
{
    size_t *bytes = closure;
    TARGET_ASSERT(map->size && map->start + map->size > map->start);
    *bytes += strlen(map->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!size)
        return 0;
    char *text = target_text(bytes + 1, size - 1);
    size_t length = 0;
    switch (bytes[0]) {
    case 'p':
        as_perfmap(text, size - 1);
        break;
    case 'k':
        as_kallsyms(text, size - 1);
        break;
    case 'm':
        maps_parse(text, size - 1, take, &length);
        break;
    default:
        free(demangle(text));
        break;
    }
    TARGET_ASSERT(length < size);
    free(text);
    return 0;
}
