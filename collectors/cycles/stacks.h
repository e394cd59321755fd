/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a sample to a count in the profile: its stack's functions, and whose it
 * is. */
#ifndef CYCLES_STACKS_H
#define CYCLES_STACKS_H

#include "collectors/cycles/records.h"
#include "collectors/cycles/symbols.h"
#include "collectors/cycles/tasks.h"

struct cycles_stacks {
    struct scope_profile *profile;
    struct cycles_symbols *symbols;
    struct cycles_tasks *tasks;
    size_t most;              /* stacks to be kept apart */
    uint64_t samples, weight; /* all of them */
    uint64_t cut;     /* of these, whose stack was longer than its copy */
    uint64_t spilled; /* of these, whose stack was one too many */
};

/* Counts a sample. */
void cycles_stacks_add(struct cycles_stacks *stacks,
                       const struct cycles_record *record);

#endif
