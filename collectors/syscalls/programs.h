/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The BPF programs, loaded: their tables mapped into memory, what is put into
 * them from user space, and why they may not be had.
 */
#ifndef SYSCALLS_PROGRAMS_H
#define SYSCALLS_PROGRAMS_H

#include "collectors/syscalls/counter.h"
#include "collectors/syscalls/tables.h"

#include <stddef.h>

#define PROGRAMS_MAPS 7

struct bpf_object;
struct bpf_link;

struct programs {
    struct bpf_object *object;
    struct bpf_link *links[8];
    size_t link_count;
    bool times;
    bool cgroups; /* their moves are followed */
    bool pidns;   /* pids are those of a namespace */
    uint32_t capacity, cpus;
    size_t cell_size;
    int counter; /* the program that counts calls */
    int processes, threads, cgroup_array, leaf_of_place; /* maps */
    struct {
        void *memory;
        size_t size;
    } maps[PROGRAMS_MAPS];
    struct table_state *state;
    struct table_leaf *leaves;
    uint32_t (*rows)[TABLE_NUMBERS];
    uint64_t *free_leaves, *free_cells, *cell_users;
    uint8_t *cells;
};

/* Whether this process may and this kernel can: SCOPE_PERM, SCOPE_UNAVAILABLE.
 */
enum scope_code programs_allowed(struct scope_err *err) SCOPE_MUST_CHECK;

/* Loads them and fills the rings with what is free. Nothing is counted yet.
 * Close also after a failure. */
enum scope_code programs_load(struct programs *programs,
                              const struct syscalls_config *config,
                              struct scope_err *err) SCOPE_MUST_CHECK;
/* From now on every call on the machine passes through them. */
enum scope_code programs_start(struct programs *programs,
                               struct scope_err *err) SCOPE_MUST_CHECK;
void programs_close(struct programs *programs);

/* The tasks of a pid (map processes) or tid (threads) count for a target,
 * those made later with them, but for those that were made after this under
 * the same id. */
enum scope_code programs_point(struct programs *programs, int map, pid_t id,
                               uint32_t target,
                               struct scope_err *err) SCOPE_MUST_CHECK;
void programs_forget(int map, pid_t id);
/* Gives the cgroup the next bit of sets. */
enum scope_code programs_cgroup(struct programs *programs, const char *path,
                                uint32_t *bit,
                                struct scope_err *err) SCOPE_MUST_CHECK;
/* Every task looks itself up again at its next call. */
void programs_renew(struct programs *programs);

static inline struct table_cell *programs_cell(const struct programs *programs,
                                               uint32_t cpu, uint32_t cell)
{
    size_t at = (size_t)cpu * programs->capacity + cell - 1;
    return (struct table_cell *)(void *)(programs->cells +
                                         at * programs->cell_size);
}

/* Programs that did not run because one did already on that CPU. */
uint64_t programs_missed(const struct programs *programs);

/* Room for a leaf that is no longer used by the programs; for a cell, which is
 * cleared first. */
void programs_give_leaf(struct programs *programs, uint32_t leaf);
void programs_give_cell(struct programs *programs, uint32_t cell);

#endif
