/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of a profile. Each finds its entries by a hash with linear
 * probing; entries keep their order and their numbers.
 */
#include "lib/base/profile_tables.h"

#include <scope/alloc.h>
#include <string.h>

#define SEED UINT64_C(0xcbf29ce484222325)

/* FNV-1a, 64 bit; its upper half is folded in when a place is chosen. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

/* Two numbers (splitmix64's finisher). */
static uint64_t hash_pair(uint32_t first, uint32_t second)
{
    uint64_t hash = (uint64_t)first << 32 | second;
    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

/* The place of the entry that equals what is looked for, or the empty one
 * where it belongs. */
static uint32_t *find_place(const struct scope_profile_table *table,
                            uint64_t hash,
                            bool (*equal)(const struct scope_profile *profile,
                                          uint32_t entry, const void *what),
                            const struct scope_profile *profile,
                            const void *what)
{
    size_t mask = table->place_count - 1;
    for (size_t i = (size_t)(hash ^ hash >> 32) & mask;; i = (i + 1) & mask) {
        uint32_t *place = &table->places[i];
        if (!*place || (table->hashes[*place - 1] == hash &&
                        equal(profile, *place - 1, what)))
            return place;
    }
}

static void grow_places(struct scope_profile_table *table, size_t entries)
{
    free(table->places);
    table->place_count = table->place_count ? table->place_count * 2 : 64;
    table->places = scope_alloc(table->place_count, sizeof *table->places);
    size_t mask = table->place_count - 1;
    for (size_t entry = 0; entry < entries; entry++) {
        uint64_t hash = table->hashes[entry];
        size_t i = (size_t)(hash ^ hash >> 32) & mask;
        while (table->places[i])
            i = (i + 1) & mask;
        table->places[i] = (uint32_t)entry + 1;
    }
}

/* The place of an entry; when it is empty, hash and place are noted and the
 * caller appends the entry. A full table gives its last entry for all. */
static bool is_known(struct scope_profile_table *table, size_t entries,
                     uint64_t hash,
                     bool (*equal)(const struct scope_profile *profile,
                                   uint32_t entry, const void *what),
                     const struct scope_profile *profile, const void *what,
                     uint32_t *entry)
{
    if (table->place_count < 2 * (entries + 1))
        grow_places(table, entries);
    uint32_t *place = find_place(table, hash, equal, profile, what);
    bool full = entries >= SCOPE_PROFILE_ENTRIES;
    if (*place || full) {
        *entry = *place ? *place - 1 : (uint32_t)entries - 1;
        return true;
    }
    table->hashes = scope_grow(table->hashes, &table->hash_room, entries,
                               sizeof *table->hashes);
    table->hashes[entries] = hash;
    *entry = (uint32_t)entries;
    *place = *entry + 1;
    return false;
}

struct scope_profile *scope_profile_new(const char *event, enum scope_unit unit,
                                        double frequency)
{
    struct scope_profile *profile = scope_alloc(1, sizeof *profile);
    profile->event = scope_strdup(event);
    profile->unit = unit;
    profile->frequency = frequency;
    profile->index = scope_alloc(1, sizeof *profile->index);
    scope_profile_stack(profile, 0, 0);
    profile->stacks[0].depth = 0;
    profile->index->kept_stacks = 1;
    return profile;
}

static void free_table(struct scope_profile_table *table)
{
    free(table->hashes);
    free(table->places);
}

/* The tables' strings are copies of their own, const only to others. */
static void free_text(const char *text)
{
    free((void *)(uintptr_t)text);
}

void scope_profile_free(struct scope_profile *profile)
{
    if (!profile)
        return;
    for (size_t i = 0; i < profile->module_count; i++) {
        free_text(profile->modules[i].path);
        free_text(profile->modules[i].build_id);
    }
    for (size_t i = 0; i < profile->function_count; i++)
        free_text(profile->functions[i].symbol);
    for (size_t i = 0; i < profile->owner_count; i++)
        free_text(profile->owners[i].name);
    free(profile->event);
    free(profile->modules);
    free(profile->functions);
    free(profile->stacks);
    free(profile->owners);
    free(profile->counts);
    free_table(&profile->index->modules);
    free_table(&profile->index->functions);
    free_table(&profile->index->stacks);
    free_table(&profile->index->owners);
    free_table(&profile->index->counts);
    free(profile->index->stored);
    free(profile->index);
    free(profile);
}

/* A copy, cut to what a piece can hold. */
static char *copy_name(const char *text)
{
    size_t length = strnlen(text, SCOPE_PROFILE_NAME);
    char *copy = scope_alloc(length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

static bool same_name(const char *kept, const char *text)
{
    return strncmp(kept, text, SCOPE_PROFILE_NAME) == 0;
}

static bool same_module(const struct scope_profile *profile, uint32_t entry,
                        const void *what)
{
    const struct scope_module *module = what;
    return same_name(profile->modules[entry].path, module->path) &&
           same_name(profile->modules[entry].build_id, module->build_id);
}

uint32_t scope_profile_module(struct scope_profile *profile, const char *path,
                              const char *build_id)
{
    struct scope_profile_table *table = &profile->index->modules;
    struct scope_module module = {.path = path, .build_id = build_id};
    uint32_t entry;
    if (is_known(table, profile->module_count,
                 hash_text(hash_text(SEED, path), build_id), same_module,
                 profile, &module, &entry))
        return entry;
    profile->modules = scope_grow(profile->modules, &table->room, entry,
                                  sizeof *profile->modules);
    profile->modules[profile->module_count++] = (struct scope_module){
        .path = copy_name(path), .build_id = copy_name(build_id)};
    return entry;
}

static bool same_function(const struct scope_profile *profile, uint32_t entry,
                          const void *what)
{
    const struct scope_function *function = what;
    const struct scope_function *kept = &profile->functions[entry];
    return kept->module == function->module &&
           kept->kernel == function->kernel && kept->named == function->named &&
           same_name(kept->symbol, function->symbol);
}

uint32_t scope_profile_function(struct scope_profile *profile,
                                const struct scope_function *function)
{
    struct scope_profile_table *table = &profile->index->functions;
    uint64_t hash = hash_text(SEED ^ function->module, function->symbol);
    uint32_t entry;
    if (is_known(table, profile->function_count, hash, same_function, profile,
                 function, &entry))
        return entry;
    profile->functions = scope_grow(profile->functions, &table->room, entry,
                                    sizeof *profile->functions);
    struct scope_function *added =
        &profile->functions[profile->function_count++];
    *added = *function;
    added->symbol = copy_name(function->symbol);
    return entry;
}

static bool same_stack(const struct scope_profile *profile, uint32_t entry,
                       const void *what)
{
    const struct scope_stack *stack = what;
    return entry > 0 && profile->stacks[entry].parent == stack->parent &&
           profile->stacks[entry].function == stack->function;
}

uint32_t scope_profile_stack(struct scope_profile *profile, uint32_t parent,
                             uint32_t function)
{
    struct scope_profile_table *table = &profile->index->stacks;
    struct scope_stack stack = {.parent = parent, .function = function};
    uint32_t entry;
    if (is_known(table, profile->stack_count, hash_pair(parent, function),
                 same_stack, profile, &stack, &entry))
        return entry;
    profile->stacks = scope_grow(profile->stacks, &table->room, entry,
                                 sizeof *profile->stacks);
    stack.depth = entry ? profile->stacks[parent].depth + 1 : 0;
    profile->stacks[profile->stack_count++] = stack;
    return entry;
}

bool scope_profile_has_stack(const struct scope_profile *profile,
                             uint32_t parent, uint32_t function,
                             uint32_t *stack)
{
    const struct scope_stack wanted = {.parent = parent, .function = function};
    const uint32_t *place =
        find_place(&profile->index->stacks, hash_pair(parent, function),
                   same_stack, profile, &wanted);
    if (*place)
        *stack = *place - 1;
    return *place;
}

static bool same_owner(const struct scope_profile *profile, uint32_t entry,
                       const void *what)
{
    const struct scope_owner *owner = what;
    const struct scope_owner *kept = &profile->owners[entry];
    return kept->kind == owner->kind && kept->target == owner->target &&
           kept->pid == owner->pid && same_name(kept->name, owner->name);
}

uint32_t scope_profile_owner(struct scope_profile *profile,
                             const struct scope_owner *owner)
{
    struct scope_profile_table *table = &profile->index->owners;
    uint64_t hash =
        hash_text(hash_pair(owner->target, (uint32_t)owner->pid), owner->name);
    uint32_t entry;
    if (is_known(table, profile->owner_count, hash, same_owner, profile, owner,
                 &entry))
        return entry;
    profile->owners = scope_grow(profile->owners, &table->room, entry,
                                 sizeof *profile->owners);
    struct scope_owner *added = &profile->owners[profile->owner_count++];
    *added = *owner;
    added->name = copy_name(owner->name);
    return entry;
}

static bool same_count(const struct scope_profile *profile, uint32_t entry,
                       const void *what)
{
    const struct scope_profile_count *count = what;
    return profile->counts[entry].owner == count->owner &&
           profile->counts[entry].stack == count->stack;
}

void scope_profile_add(struct scope_profile *profile, uint32_t owner,
                       uint32_t stack, uint64_t samples, uint64_t weight)
{
    struct scope_profile_index *index = profile->index;
    struct scope_profile_table *table = &index->counts;
    struct scope_profile_count count = {.owner = owner, .stack = stack};
    uint32_t entry;
    if (!is_known(table, profile->count_count, hash_pair(owner, stack),
                  same_count, profile, &count, &entry)) {
        profile->counts = scope_grow(profile->counts, &table->room, entry,
                                     sizeof *profile->counts);
        index->stored = scope_grow(index->stored, &index->stored_room, entry,
                                   sizeof *index->stored);
        profile->counts[entry] = count;
        index->stored[entry] = (struct scope_profile_stored){0};
        profile->count_count++;
    }
    profile->counts[entry].samples += samples;
    profile->counts[entry].weight += weight;
}
