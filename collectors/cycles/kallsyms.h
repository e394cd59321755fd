/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel's own functions, those of its modules and of BPF programs, from
 * /proc/kallsyms. */
#ifndef CYCLES_KALLSYMS_H
#define CYCLES_KALLSYMS_H

#include "collectors/cycles/table.h"

#include <scope/profile.h>

struct kallsyms_part {
    char *name;      /* "[kernel]", "[nf_tables]", "[bpf]" */
    uint32_t module; /* of the profile, or TABLE_NONE when not yet there */
};

struct kallsyms {
    struct table table;          /* tag: the part */
    struct kallsyms_part *parts; /* the first is the kernel itself */
    size_t part_count, part_room;
    size_t zeros;   /* lines without an address */
    char *hidden;   /* why there are no names, or NULL */
    int64_t due_ns; /* until then it is not read again */
    unsigned readings;
};

void kallsyms_read(struct kallsyms *kernel);
/* Lines of its text; kallsyms_done after the last. */
void kallsyms_lines(struct kallsyms *kernel, const char *text, size_t length);
void kallsyms_done(struct kallsyms *kernel);
void kallsyms_free(struct kallsyms *kernel);

/* The function at the address; code that came after the last reading (modules,
 * BPF programs) makes it read again, now and then. */
uint32_t kallsyms_function(struct kallsyms *kernel, uint64_t address,
                           struct scope_profile *profile);

#endif
