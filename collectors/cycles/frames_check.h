/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether a file's call frame information can be given to libdw. */
#ifndef CYCLES_FRAMES_CHECK_H
#define CYCLES_FRAMES_CHECK_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* .eh_frame_hdr: pairs of 32-bit offsets from address, of a function and of its
 * entry in .eh_frame, sorted. */
struct frames_index {
    const uint8_t *entries; /* count times 8 bytes */
    size_t count;
    uint64_t address;
};

/* Whether all of .eh_frame is sound, and its index, if it has one (which lives
 * as long as elf). */
bool frames_check(Elf *elf, struct frames_index *index);
/* The two offsets of an index's entry, as addresses. */
uint64_t frames_index_function(const struct frames_index *index, size_t entry);
uint64_t frames_index_record(const struct frames_index *index, size_t entry);

#endif
