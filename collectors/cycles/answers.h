/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where an answer is kept: one place for each address of a space. */
#ifndef CYCLES_ANSWERS_H
#define CYCLES_ANSWERS_H

#include "collectors/cycles/space.h"

static inline struct answer *answer_place(const struct cycles_symbols *symbols,
                                          uint32_t space, uint64_t address)
{
    uint64_t hash =
        (address ^ (uint64_t)space << 40) * UINT64_C(0x9e3779b97f4a7c15);
    return &symbols->answers[(hash >> 32) % ANSWERS];
}

#endif
