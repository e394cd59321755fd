/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What keeps a CPU busy: arithmetic in registers, or a stream through memory
 * that pushes what others use out of the caches. */
#ifndef DRIVERS_CPU_WORK_H
#define DRIVERS_CPU_WORK_H

#include <stddef.h>
#include <stdint.h>

enum work_kind {
    WORK_SPIN,
    WORK_MEMORY,
};

struct work {
    enum work_kind kind;
    uint64_t state; /* of the arithmetic */
    size_t words;   /* of memory */
    size_t at;      /* where the stream goes on */
    uint64_t *memory;
};

/* bytes: of WORK_MEMORY. By the thread that works, so that the memory is near
 * its CPU; free with work_free. */
void work_init(struct work *work, enum work_kind kind, uint64_t bytes);
void work_free(struct work *work);
/* A few microseconds of it. */
void work_some(struct work *work);

#endif
