/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that code is mapped from, each once however many processes map it, and
 * what stands for one ([vdso]). They are counted: who keeps one holds it.
 */
#ifndef CYCLES_MODULE_H
#define CYCLES_MODULE_H

#include "collectors/cycles/build_id.h"
#include "collectors/cycles/symbols.h"
#include "collectors/cycles/table.h"

#include <libelf.h>
#include <time.h>

/* A part of a file that is to be loaded as code. */
struct module_segment {
    uint64_t offset, address, size; /* in the file; as linked; bytes */
};

struct module {
    struct module *next; /* of the same bucket */
    unsigned holders;
    /* What it is known by. */
    uint32_t major, minor;
    uint64_t inode;
    char *path; /* as the process saw it, without " (deleted)" */

    int fd;                  /* of the file, or -1 */
    struct timespec changed; /* its contents' last change, when opened */
    uint8_t *image;          /* instead of a file: its bytes */
    size_t image_size;

    bool loaded, is_elf;
    char build_id[BUILD_ID_TEXT];
    struct module_segment *segments;
    size_t segment_count;
    struct table table;
    struct frames *frames; /* call frame information, or NULL */
    uint32_t number;       /* of the profile, or TABLE_NONE */
};

struct modules {
    struct module **buckets;
    size_t count, unheld;
    unsigned open, most_open; /* descriptors */
};

void modules_init(struct modules *modules);
void modules_free(struct modules *modules);

/* The module that this process has mapped so; held. It is opened at once, as
 * long as descriptors last: later its file may be gone. */
struct module *module_hold(struct modules *modules, pid_t pid,
                           const struct cycles_map *map);
/* One whose bytes are in memory (taken), known by name and content; held. */
struct module *module_hold_image(struct modules *modules, const char *name,
                                 uint8_t *image, size_t size);
void module_drop(struct modules *modules, struct module *module);
/* One more holder. */
struct module *module_share(struct module *module);

/* Reads the symbols, once. pid and map: a mapping of it, should it have to be
 * opened. */
void module_load(struct modules *modules, struct module *module, pid_t pid,
                 const struct cycles_map *map);
/* Where an address that was mapped so lies in the file as linked; false: in no
 * code that the file has. */
bool module_place(const struct module *module, const struct cycles_map *map,
                  uint64_t *bias);
/* Its number in the profile. */
uint32_t module_number(struct module *module, struct scope_profile *profile);
/* The function there of the profile; the address is as linked, or of a module
 * that is no ELF file the offset in it. */
uint32_t module_function(struct module *module, uint64_t address,
                         struct scope_profile *profile);

#endif
