/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading and summing up share. */
#ifndef ANALYZERS_SYSCALLS_COUNTS_INSIDE_H
#define ANALYZERS_SYSCALLS_COUNTS_INSIDE_H

#include "analyzers/syscalls/counts.h"

/* The sweeps of a trial's window. */
struct grid {
    int64_t *time_ns;
    size_t count, room;
};

enum scope_unit counter_unit(enum counter counter);
struct call new_call(const char *name, size_t trials);
/* A counter that did not grow, at these times. */
void make_zero(struct scope_track *track, const struct grid *grid,
               enum scope_unit unit);
/* Fills in what did not happen, and adds up. */
void finish_group(const struct counts *counts, struct group *group);

#endif
