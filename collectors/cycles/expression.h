/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DWARF expressions as they occur in call frame information. */
#ifndef CYCLES_EXPRESSION_H
#define CYCLES_EXPRESSION_H

#include "collectors/cycles/registers.h"

#include <elfutils/libdw.h>

/* What an expression is evaluated over. */
struct machine {
    const struct registers *registers;
    uint64_t base; /* the frame's address, where known */
    const uint8_t *stack;
    uint64_t stack_address, stack_size;
    bool cut; /* something beyond the copy of the stack was asked for */
};

/* A word of the copy of the stack. */
bool machine_word(struct machine *machine, uint64_t address, uint64_t *word);
/* *location: the value is an address where what is meant lies, not that
 * itself. False: it cannot be evaluated. */
bool expression_evaluate(struct machine *machine, const Dwarf_Op *ops,
                         size_t count, uint64_t *value, bool *location);

#endif
