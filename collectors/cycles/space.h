/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts that know symbols and spaces share. */
#ifndef CYCLES_SPACE_H
#define CYCLES_SPACE_H

#include "collectors/cycles/kallsyms.h"
#include "collectors/cycles/module.h"
#include "collectors/cycles/perfmap.h"
#include "collectors/cycles/symbols.h"

/* Addresses that were asked for lately: a sampled program comes back to the
 * same ones. Of fixed size, however many processes there are. */
struct answer {
    uint64_t address;
    uint32_t space; /* its serial number, or the kernel's */
    uint32_t function;
};
#define ANSWERS 65536

struct cycles_symbols {
    struct scope_profile *profile;
    struct kallsyms kernel;
    struct modules modules;
    struct answer *answers;
    uint32_t serials; /* given so far; 0 is of nobody */
    uint32_t kernel_serial;
};

/* A mapping of a space; sorted by start, they do not meet. */
struct range {
    uint64_t start, end, offset; /* offset of start in the file */
    struct module *module;       /* NULL: memory that no file is behind */
    uint64_t bias;      /* an address less this is the module's as linked */
    bool tried, placed; /* bias is tried for; is known */
};

struct cycles_space {
    struct cycles_symbols *symbols;
    pid_t pid;
    uint32_t serial; /* another one when what was answered is void */
    struct range *ranges;
    size_t count, room;
    struct perfmap perfmap;
    int64_t due_ns; /* until then its maps are not read again */
};

/* The mapping that has the address, its module read; NULL: none. */
struct range *space_find(struct cycles_space *space, uint64_t address);

#endif
