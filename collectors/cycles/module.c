/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A module is known by device, inode and path. While its descriptor is open the
 * inode cannot become another file's; a file that was written to since is
 * another module.
 */
#include "collectors/cycles/module.h"

#include "collectors/cycles/debug_file.h"
#include "collectors/cycles/demangle.h"
#include "collectors/cycles/elf_names.h"
#include "collectors/cycles/frames.h"
#include "collectors/cycles/linkage.h"
#include "collectors/cycles/process.h"
#include "collectors/cycles/source.h"

#include <elf.h>
#include <gelf.h>
#include <scope/alloc.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUCKETS 1024
#define MOST_UNHELD 256

void modules_init(struct modules *modules)
{
    struct rlimit limit = {.rlim_cur = 256};
    getrlimit(RLIMIT_NOFILE, &limit);
    *modules = (struct modules){
        .buckets = scope_alloc(BUCKETS, sizeof *modules->buckets),
        .most_open =
            limit.rlim_cur > 8192 ? 4096 : (unsigned)limit.rlim_cur / 2,
    };
}

static struct module **bucket(const struct modules *modules,
                              const struct cycles_map *map)
{
    uint64_t hash = map->inode * UINT64_C(0x9e3779b97f4a7c15);
    for (const char *c = map->inode ? "" : map->path; *c; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return &modules->buckets[(hash >> 32) % BUCKETS];
}

static void close_file(struct modules *modules, struct module *module)
{
    if (module->fd < 0)
        return;
    close(module->fd);
    module->fd = -1;
    modules->open--;
}

static void module_free(struct modules *modules, struct module *module)
{
    frames_free(module->frames);
    close_file(modules, module);
    table_free(&module->table);
    free(module->segments);
    free(module->image);
    free(module->path);
    free(module);
}

static void free_unheld(struct modules *modules, bool all)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct module **at = &modules->buckets[i]; *at;) {
            struct module *module = *at;
            if (module->holders && !all) {
                at = &module->next;
                continue;
            }
            *at = module->next;
            module_free(modules, module);
        }
    modules->unheld = 0;
}

void modules_free(struct modules *modules)
{
    free_unheld(modules, true);
    free(modules->buckets);
}

static void open_file(struct modules *modules, struct module *module, pid_t pid,
                      const struct cycles_map *map)
{
    struct stat st;
    module->fd = source_open(pid, map);
    if (module->fd < 0)
        return;
    modules->open++;
    if (fstat(module->fd, &st) == 0)
        module->changed = st.st_mtim;
}

/* Whether its file was written to since it was opened. */
static bool has_changed(const struct module *module)
{
    struct stat st;
    return module->fd >= 0 && fstat(module->fd, &st) == 0 &&
           (st.st_mtim.tv_sec != module->changed.tv_sec ||
            st.st_mtim.tv_nsec != module->changed.tv_nsec);
}

struct module *module_share(struct module *module)
{
    module->holders++;
    return module;
}

static struct module *hold(struct modules *modules, struct module *module)
{
    if (!module->holders)
        modules->unheld--;
    return module_share(module);
}

static struct module *add(struct modules *modules, struct module **at,
                          const struct cycles_map *map)
{
    struct module *module = scope_alloc(1, sizeof *module);
    *module = (struct module){
        .next = *at,
        .holders = 1,
        .major = map->major,
        .minor = map->minor,
        .inode = map->inode,
        .path = scope_strdup(map->path),
        .fd = -1,
        .number = TABLE_NONE,
    };
    modules->count++;
    return *at = module;
}

struct module *module_hold(struct modules *modules, pid_t pid,
                           const struct cycles_map *map)
{
    struct module **first = bucket(modules, map);
    for (struct module *at = *first; at; at = at->next) {
        if (at->inode != map->inode || at->major != map->major ||
            at->minor != map->minor || at->image ||
            strcmp(at->path, map->path) != 0 || has_changed(at))
            continue;
        /* What one process did not give another may. */
        if (at->inode && at->fd < 0 && !at->is_elf &&
            modules->open < modules->most_open) {
            open_file(modules, at, pid, map);
            at->loaded = at->fd < 0 && at->loaded;
        }
        return hold(modules, at);
    }
    struct module *module = add(modules, first, map);
    if (module->inode && modules->open < modules->most_open)
        open_file(modules, module, pid, map);
    return module;
}

struct module *module_hold_image(struct modules *modules, const char *name,
                                 uint8_t *image, size_t size)
{
    struct cycles_map map = {.path = name};
    struct module **first = bucket(modules, &map);
    for (struct module *at = *first; at; at = at->next)
        if (at->image && strcmp(at->path, name) == 0 &&
            at->image_size == size && memcmp(at->image, image, size) == 0) {
            free(image);
            return hold(modules, at);
        }
    struct module *module = add(modules, first, &map);
    module->image = image;
    module->image_size = size;
    return module;
}

void module_drop(struct modules *modules, struct module *module)
{
    if (--module->holders)
        return;
    if (++modules->unheld > MOST_UNHELD)
        free_unheld(modules, false);
}

static Elf *open_elf(const struct module *module)
{
    /* Not mapped: a file that is cut short meanwhile would end scope. */
    Elf *elf = module->image
                   ? elf_memory((char *)module->image, module->image_size)
                   : elf_begin(module->fd, ELF_C_READ, NULL);
    if (elf && elf_kind(elf) != ELF_K_ELF) {
        elf_end(elf);
        elf = NULL;
    }
    return elf;
}

static void read_segments(struct module *module, Elf *elf)
{
    size_t count, room = 0;
    if (elf_getphdrnum(elf, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
            !(header.p_flags & PF_X))
            continue;
        module->segments =
            scope_grow(module->segments, &room, module->segment_count,
                       sizeof *module->segments);
        module->segments[module->segment_count++] = (struct module_segment){
            .offset = header.p_offset,
            .address = header.p_vaddr,
            .size = header.p_filesz,
        };
    }
}

static uint64_t first_address(Elf *elf)
{
    size_t count;
    GElf_Phdr header;
    if (elf_getphdrnum(elf, &count))
        return 0;
    for (size_t i = 0; i < count; i++)
        if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD)
            return header.p_vaddr;
    return 0;
}

/* From the separate debug file, as the process would find it or else here. */
static bool read_debug_file(struct module *module, Elf *elf, pid_t pid)
{
    int fd = -1;
    const pid_t roots[] = {pid, 0};
    for (size_t i = 0; i < 2 && fd < 0; i++) {
        int root = process_root(roots[i]);
        if (root < 0)
            continue;
        fd = debug_file_open(root, module->path, elf, module->build_id);
        close(root);
    }
    if (fd < 0)
        return false;
    Elf *debug = elf_begin(fd, ELF_C_READ, NULL);
    /* A prelinked program was moved after its symbols were split off. */
    bool found =
        debug && elf_names_add(&module->table, debug, SHT_SYMTAB,
                               first_address(elf) - first_address(debug));
    elf_end(debug);
    close(fd);
    return found;
}

static void read_names(struct module *module, Elf *elf, pid_t pid)
{
    if (!elf_names_add(&module->table, elf, SHT_SYMTAB, 0) &&
        (module->image || !read_debug_file(module, elf, pid))) {
        elf_names_add(&module->table, elf, SHT_DYNSYM, 0);
        elf_names_add_embedded(&module->table, elf);
    }
    linkage_add(&module->table, elf, 0);
    elf_names_sort(&module->table);
}

void module_load(struct modules *modules, struct module *module, pid_t pid,
                 const struct cycles_map *map)
{
    if (module->loaded)
        return;
    module->loaded = true;
    if (module->fd < 0 && !module->image && module->inode)
        open_file(modules, module, pid, map);
    if (module->fd < 0 && !module->image)
        return;
    elf_version(EV_CURRENT);
    Elf *elf = open_elf(module);
    if (elf) {
        module->is_elf = true;
        build_id_of_elf(elf, module->build_id);
        read_segments(module, elf);
        read_names(module, elf, pid);
        elf_end(elf);
        module->frames = frames_new(open_elf(module));
    }
    if (modules->open > modules->most_open) {
        frames_read(module->frames);
        close_file(modules, module);
    }
}

bool module_place(const struct module *module, const struct cycles_map *map,
                  uint64_t *bias)
{
    /* The mapping begins at a page, the segment anywhere in one; two segments
     * may share a page of the file. */
    const struct module_segment *found = NULL;
    for (size_t i = 0; i < module->segment_count; i++) {
        const struct module_segment *at = &module->segments[i];
        uint64_t end = at->offset + at->size;
        if (map->offset < end && map->offset + map->size > at->offset &&
            (!found || at->offset <= map->offset))
            found = at;
    }
    if (!found)
        return false;
    *bias = map->start - map->offset + found->offset - found->address;
    return true;
}

uint32_t module_number(struct module *module, struct scope_profile *profile)
{
    if (module->number == TABLE_NONE)
        module->number =
            scope_profile_module(profile, module->path, module->build_id);
    return module->number;
}

static uint32_t unnamed(struct module *module, uint64_t address,
                        struct scope_profile *profile)
{
    const char *slash = strrchr(module->path, '/');
    char *symbol = scope_format("%s+0x%llx", slash ? slash + 1 : module->path,
                                (unsigned long long)address);
    uint32_t number = scope_profile_function(
        profile, &(struct scope_function){
                     .symbol = symbol,
                     .module = module_number(module, profile),
                 });
    free(symbol);
    return number;
}

uint32_t module_function(struct module *module, uint64_t address,
                         struct scope_profile *profile)
{
    uint64_t start = address;
    bool framed = frames_function(module->frames, address, &start);
    const struct table_symbol *symbol = table_find(&module->table, address);
    /* A label of unknown size ends where another function begins. */
    if (!symbol || (!symbol->size && framed && start > symbol->start))
        return unnamed(module, start, profile);
    const char *name = table_name(&module->table, symbol);
    char *readable = demangle(name);
    uint32_t number = scope_profile_function(
        profile, &(struct scope_function){
                     .symbol = readable ? readable : name,
                     .module = module_number(module, profile),
                     .named = true,
                 });
    free(readable);
    return number;
}
