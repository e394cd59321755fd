/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process has mapped. Told by the kernel's records as it happens, and
 * read from /proc/PID/maps at the start; read again when an address lies in
 * nothing that is known, to fill the gaps.
 */
#include "collectors/cycles/space.h"

#include "collectors/cycles/answers.h"
#include "collectors/cycles/maps.h"
#include "collectors/cycles/vdso.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_RANGES 65536
#define LONGEST_MAPS (UINT64_C(64) << 20)
#define AGAIN_NS INT64_C(1000000000)

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The number of ranges that end at or before the address. */
static size_t before(const struct cycles_space *space, uint64_t address)
{
    size_t low = 0, high = space->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (space->ranges[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void drop(struct cycles_space *space, struct range *range)
{
    if (range->module)
        module_drop(&space->symbols->modules, range->module);
}

static void insert(struct cycles_space *space, size_t at,
                   const struct range *range)
{
    space->ranges = scope_grow(space->ranges, &space->room, space->count,
                               sizeof *space->ranges);
    memmove(space->ranges + at + 1, space->ranges + at,
            (space->count - at) * sizeof *space->ranges);
    space->ranges[at] = *range;
    space->count++;
}

/* Makes room for start to end; what lies across an edge keeps the rest. */
static void clear(struct cycles_space *space, uint64_t start, uint64_t end)
{
    size_t at = before(space, start);
    if (at < space->count && space->ranges[at].start < start) {
        struct range left = space->ranges[at];
        if (left.module)
            module_share(left.module);
        left.end = start;
        insert(space, at++, &left);
        space->ranges[at].offset += start - space->ranges[at].start;
        space->ranges[at].start = start;
    }
    size_t behind = at;
    for (; behind < space->count && space->ranges[behind].end <= end; behind++)
        drop(space, &space->ranges[behind]);
    if (behind < space->count && space->ranges[behind].start < end) {
        space->ranges[behind].offset += end - space->ranges[behind].start;
        space->ranges[behind].start = end;
    }
    if (behind == at)
        return;
    memmove(space->ranges + at, space->ranges + behind,
            (space->count - behind) * sizeof *space->ranges);
    space->count -= behind - at;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Memory that only the process itself has written. */
static bool is_anonymous(const char *path)
{
    return !path[0] || begins(path, "//anon") || begins(path, "[heap]") ||
           begins(path, "[stack") || begins(path, "[anon") ||
           begins(path, "/dev/zero") || begins(path, "/anon_hugepage") ||
           begins(path, "/SYSV");
}

static struct module *hold_module(struct cycles_space *space,
                                  const struct cycles_map *map)
{
    struct modules *modules = &space->symbols->modules;
    if (is_anonymous(map->path))
        return NULL;
    if (strcmp(map->path, "[vdso]") == 0) {
        uint8_t *image = vdso_image(space->pid, map->start, map->size);
        if (image)
            return module_hold_image(modules, map->path, image, map->size);
    }
    return module_hold(modules, space->pid, map);
}

/* The path without what the kernel says of a file that has lost its name; to
 * free(). */
static char *plain_path(const char *path)
{
    static const char deleted[] = " (deleted)";
    size_t length = strlen(path), cut = sizeof deleted - 1;
    if (path[0] == '/' && length > cut &&
        strcmp(path + length - cut, deleted) == 0)
        length -= cut;
    return scope_format("%.*s", (int)length, path);
}

static void add_range(struct cycles_space *space, const struct cycles_map *map,
                      bool only_gap)
{
    uint64_t end = map->start + map->size;
    if (!map->size || end < map->start || space->count >= MOST_RANGES)
        return;
    size_t at = before(space, map->start);
    if (only_gap && at < space->count && space->ranges[at].start < end)
        return;
    char *path = plain_path(map->path);
    struct cycles_map plain = *map;
    plain.path = path;
    struct range range = {
        .start = map->start,
        .end = end,
        .offset = map->offset,
        .module = hold_module(space, &plain),
    };
    clear(space, map->start, end);
    insert(space, before(space, map->start), &range);
    free(path);
}

static void void_answers(struct cycles_space *space)
{
    space->serial = ++space->symbols->serials;
}

void cycles_space_map(struct cycles_space *space, const struct cycles_map *map)
{
    add_range(space, map, false);
    void_answers(space);
}

struct reading {
    struct cycles_space *space;
    char root[4096]; /* what paths begin with that the process does not see */
    size_t root_length;
};

static void take(void *closure, const struct cycles_map *map)
{
    struct reading *reading = closure;
    struct cycles_map inner = *map;
    if (reading->root_length &&
        strncmp(map->path, reading->root, reading->root_length) == 0 &&
        map->path[reading->root_length] == '/')
        inner.path += reading->root_length;
    add_range(reading->space, &inner, true);
}

/* Whether anything was found that was not known. */
static bool read_maps(struct cycles_space *space)
{
    char path[64];
    struct reading reading = {.space = space};
    /* Of a process in a chroot the file has paths from our root. */
    snprintf(path, sizeof path, "/proc/%d/root", (int)space->pid);
    ssize_t root = readlink(path, reading.root, sizeof reading.root - 1);
    reading.root_length = root > 1 ? (size_t)root : 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)space->pid);
    size_t length, count = space->count;
    char *text = maps_read(path, LONGEST_MAPS, &length);
    if (text)
        maps_parse(text, length, take, &reading);
    free(text);
    space->due_ns = now_ns() + AGAIN_NS;
    return space->count != count;
}

static struct cycles_space *empty(struct cycles_symbols *symbols, pid_t pid)
{
    struct cycles_space *space = scope_alloc(1, sizeof *space);
    space->symbols = symbols;
    space->pid = pid;
    void_answers(space);
    return space;
}

struct cycles_space *cycles_space_new(struct cycles_symbols *symbols, pid_t pid)
{
    struct cycles_space *space = empty(symbols, pid);
    read_maps(space);
    return space;
}

struct cycles_space *cycles_space_fork(const struct cycles_space *parent,
                                       pid_t pid)
{
    struct cycles_space *space = empty(parent->symbols, pid);
    space->count = space->room = parent->count;
    space->ranges =
        scope_realloc(NULL, parent->count + 1, sizeof *space->ranges);
    for (size_t i = 0; i < parent->count; i++) {
        space->ranges[i] = parent->ranges[i];
        if (space->ranges[i].module)
            module_share(space->ranges[i].module);
    }
    return space;
}

void cycles_space_exec(struct cycles_space *space)
{
    clear(space, 0, UINT64_MAX);
    perfmap_free(&space->perfmap);
    void_answers(space);
}

void cycles_space_free(struct cycles_space *space)
{
    if (!space)
        return;
    clear(space, 0, UINT64_MAX);
    perfmap_free(&space->perfmap);
    free(space->ranges);
    free(space);
}

static struct range *lookup(struct cycles_space *space, uint64_t address)
{
    size_t at = before(space, address);
    return at < space->count && space->ranges[at].start <= address
               ? &space->ranges[at]
               : NULL;
}

static void place(struct cycles_space *space, struct range *range)
{
    struct cycles_map map = {
        .start = range->start,
        .size = range->end - range->start,
        .offset = range->offset,
        .major = range->module->major,
        .minor = range->module->minor,
        .inode = range->module->inode,
        .path = range->module->path,
    };
    range->tried = true;
    module_load(&space->symbols->modules, range->module, space->pid, &map);
    range->placed = module_place(range->module, &map, &range->bias);
}

struct range *space_find(struct cycles_space *space, uint64_t address)
{
    struct range *range = lookup(space, address);
    if (range && range->module && !range->tried)
        place(space, range);
    return range;
}

static uint32_t bare(struct scope_profile *profile, const char *name)
{
    return scope_profile_function(
        profile, &(struct scope_function){
                     .symbol = name,
                     .module = scope_profile_module(profile, name, ""),
                 });
}

static uint32_t jit_function(struct cycles_space *space, uint64_t address)
{
    struct scope_profile *profile = space->symbols->profile;
    const struct table_symbol *symbol =
        table_find(&space->perfmap.table, address);
    if (!symbol && perfmap_read(&space->perfmap, space->pid)) {
        void_answers(space);
        symbol = table_find(&space->perfmap.table, address);
    }
    if (!symbol)
        return bare(profile, "[jit]");
    return scope_profile_function(
        profile, &(struct scope_function){
                     .symbol = table_name(&space->perfmap.table, symbol),
                     .module = scope_profile_module(profile, "[jit]", ""),
                     .named = true,
                 });
}

/* *known: the answer will not change. */
static uint32_t resolve(struct cycles_space *space, uint64_t address,
                        bool *known)
{
    struct scope_profile *profile = space->symbols->profile;
    struct range *range = space_find(space, address);
    *known = true;
    if (!range && now_ns() >= space->due_ns && read_maps(space))
        range = space_find(space, address);
    if (!range) {
        *known = false;
        return bare(profile, "[unknown]");
    }
    if (range->placed)
        return module_function(range->module, address - range->bias, profile);
    /* .NET's and others' compilers write to files in memory. */
    if (!range->module || begins(range->module->path, "/memfd:")) {
        uint32_t function = jit_function(space, address);
        *known = profile->functions[function].named;
        return function;
    }
    return module_function(range->module,
                           address - range->start + range->offset, profile);
}

uint32_t cycles_space_function(struct cycles_space *space, uint64_t ip,
                               bool caller)
{
    uint64_t address = ip - (caller ? 1 : 0);
    struct answer *answer =
        answer_place(space->symbols, space->serial, address);
    if (answer->address == address && answer->space == space->serial)
        return answer->function;
    bool known;
    uint32_t function = resolve(space, address, &known);
    if (known)
        *answer_place(space->symbols, space->serial, address) = (struct answer){
            .address = address,
            .space = space->serial,
            .function = function,
        };
    return function;
}
