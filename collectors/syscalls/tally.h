/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Figures of one call, summed: what a cell had when it was last read, and what
 * a target has had since it was attached.
 */
#ifndef SYSCALLS_TALLY_H
#define SYSCALLS_TALLY_H

#include "collectors/syscalls/programs.h"

struct tally_error {
    int code; /* 0: those that were not told apart */
    uint64_t calls;
};

struct tally {
    uint64_t calls, bytes, time_ns, max_ns;
    struct tally_error *errors;
    size_t error_count, error_room;
    uint32_t latency[SYSCALLS_BUCKETS];
};

void tally_free(struct tally *tally);
/* Sums a cell over all CPUs. Takes its maximum: the next reading has that of
 * what ended after this one. */
void tally_read(struct tally *tally, const struct programs *programs,
                uint32_t cell);
/* Adds what was counted between two readings. */
void tally_add(struct tally *sum, const struct tally *now,
               const struct tally *before);
/* Makes one as the other is; its memory is used again. */
void tally_copy(struct tally *to, const struct tally *from);

#endif
