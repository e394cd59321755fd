/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From addresses to functions of a profile. Knows the files that code comes
 * from (ELF symbols, separate debug files, the kernel's, what a JIT wrote
 * down) and what each process has mapped where. One thread uses it.
 *
 * A file is opened when it is first needed and then kept, so one that is
 * renamed or deleted meanwhile still gives names; of a process in another
 * mount namespace through /proc/PID/root or /proc/PID/map_files.
 */
#ifndef CYCLES_SYMBOLS_H
#define CYCLES_SYMBOLS_H

#include <scope/profile.h>

struct cycles_symbols;

/* Functions are added to profile, which must live longer. */
struct cycles_symbols *cycles_symbols_new(struct scope_profile *profile);
void cycles_symbols_free(struct cycles_symbols *symbols);
/* Why the kernel's own functions have no names, or NULL when they have. */
const char *cycles_symbols_no_kernel(const struct cycles_symbols *symbols);

/* The function of the profile that an address in the kernel belongs to. */
uint32_t cycles_symbols_kernel(struct cycles_symbols *symbols, uint64_t ip);

/* The address space of one process. */
struct cycles_space;

/* Of a running process: what /proc/PID/maps says now. Of one that cannot be
 * read, or is gone, an empty one: its addresses are "[unknown]". */
struct cycles_space *cycles_space_new(struct cycles_symbols *symbols,
                                      pid_t pid);
/* Of a child that was just forked, with what its parent has mapped. */
struct cycles_space *cycles_space_fork(const struct cycles_space *parent,
                                       pid_t pid);
/* A program was executed: nothing is mapped. */
void cycles_space_exec(struct cycles_space *space);
void cycles_space_free(struct cycles_space *space);

/* PERF_RECORD_MMAP2's content: executable memory was mapped. */
struct cycles_map {
    uint64_t start, size, offset;
    uint32_t major, minor;
    uint64_t inode;
    const char *path;
};
void cycles_space_map(struct cycles_space *space, const struct cycles_map *map);

/* caller: the address is where a call returns to, so that the call itself
 * lies just before it. */
uint32_t cycles_space_function(struct cycles_space *space, uint64_t ip,
                               bool caller);

/*
 * Unwinds by the files' call frame information (.eh_frame).
 * regs: user registers of the sample in the order of CYCLES_REGS_MASK; stack:
 * a copy of its top, from the stack pointer on. Writes up to max addresses,
 * innermost first, and returns their number: 1 when nothing could be unwound.
 * All but the first are to be looked up as callers', also those that a signal
 * interrupted. *cut: the copy ended before the stack did.
 */
size_t cycles_space_unwind(struct cycles_space *space, const uint64_t *regs,
                           const uint8_t *stack, size_t stack_size,
                           uint64_t *ips, size_t max, bool *cut);
/* perf_event_attr.sample_regs_user that unwind wants; 0: this architecture
 * cannot be unwound so. */
extern const uint64_t cycles_regs_mask;

#endif
