/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processes that samples may come from, by pid: what they are called, what
 * they have mapped, and whose samples theirs are. Kept up by the kernel's
 * records, played in order, so that it is right for each sample even when the
 * process has changed or ended since.
 *
 * A process that is a target owns its samples. What a target makes, and what
 * that makes, counts for it until it is a target of its own, or the target has
 * ended. All others are owned by what they are called.
 */
#ifndef CYCLES_TASKS_H
#define CYCLES_TASKS_H

#include "collectors/cycles/records.h"
#include "collectors/cycles/symbols.h"

#include <scope/plugin.h>

struct cycles_tasks;

/* What is counted of a target. */
struct cycles_target {
    uint32_t id;
    uint32_t instance;
    uint32_t owner; /* in the profile */
    uint64_t samples, weight;
    bool ended;
};

struct cycles_task {
    pid_t pid;
    pid_t parent; /* who made it, if that was seen; else 0 */
    char name[16];
    bool kernel; /* a thread of the kernel */
    bool own;    /* this program, or a copy of it that it made: a driver */
    bool ended;  /* its main thread did */
    int64_t ended_ns;
    struct cycles_space *space;   /* NULL until it is needed */
    struct cycles_target *target; /* for which its samples count, or NULL */
    bool owned;                   /* else owner is not known yet */
    uint32_t owner;               /* when there is no target */
};

/* The profile and symbols must live longer. */
struct cycles_tasks *cycles_tasks_new(struct scope_profile *profile,
                                      struct cycles_symbols *symbols);
void cycles_tasks_free(struct cycles_tasks *tasks);

/* Notes all processes that there are. */
void cycles_tasks_scan(struct cycles_tasks *tasks);

/* SCOPE_NOT_FOUND: it is gone. */
enum scope_code cycles_tasks_attach(struct cycles_tasks *tasks,
                                    const struct scope_target *target,
                                    uint32_t instance);
void cycles_tasks_detach(struct cycles_tasks *tasks, uint32_t id);

/* Plays COMM, FORK, EXIT or MMAP2. */
void cycles_tasks_play(struct cycles_tasks *tasks,
                       const struct cycles_record *record);

/* The process that has the pid now, by the records' time. */
struct cycles_task *cycles_tasks_find(struct cycles_tasks *tasks, pid_t pid);
/* Whose its samples are, in the profile. */
uint32_t cycles_task_owner(struct cycles_tasks *tasks,
                           struct cycles_task *task);
/* What it has mapped. */
struct cycles_space *cycles_task_space(struct cycles_tasks *tasks,
                                       struct cycles_task *task);

/* Calls each for every target, then forgets those that ended, and processes
 * that ended a while ago. */
void cycles_tasks_sweep(struct cycles_tasks *tasks, int64_t now_ns,
                        void (*each)(void *closure,
                                     const struct cycles_target *target),
                        void *closure);

/* A process whose maps must not be read, the first that was met; 0: none.
 * *target: it belongs to a target. */
pid_t cycles_tasks_hidden(const struct cycles_tasks *tasks, bool *target);

#endif
