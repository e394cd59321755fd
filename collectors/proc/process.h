/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes and their threads: one set of held files each. */
#ifndef PROC_PROCESS_H
#define PROC_PROCESS_H

#include "collectors/proc/proc.h"

#include <time.h>

/* Bits of the process and thread groups, in the order of their names. */
enum process_group {
    PROCESS_STAT,
    PROCESS_STATM,
    PROCESS_STATUS,
    PROCESS_IO,
    PROCESS_SCHEDSTAT,
    PROCESS_FDS,
    PROCESS_SMAPS,
};
enum thread_group {
    THREAD_STAT,
    THREAD_SCHEDSTAT,
    THREAD_STATUS,
    THREAD_IO,
};

/* What only threads have in their files, to be added up. */
struct thread_sums {
    uint64_t wait_ns, slices, voluntary, involuntary;
};

struct thread {
    uint32_t id; /* of its target */
    uint32_t instance;
    int stat, schedstat, status, io; /* -1: not there, or not wanted */
    struct thread_sums last;
};

struct process {
    uint32_t id;
    uint32_t instance;
    int stat, statm, status, io, fds, smaps;
    bool sampled; /* once: then costly files wait for their turn */
    bool clocked;
    clockid_t clock; /* of its CPU time */
    struct thread **threads;
    size_t thread_count, thread_room;
    struct thread_sums ended; /* of threads that are gone */
};

struct processes {
    struct reader *reader;
    unsigned groups, thread_groups;
    bool threads; /* series of their own */
    struct process **items;
    size_t count, room;
    struct layout status_keys, smaps_keys, io_keys, thread_io_keys;
};

enum scope_code processes_open(struct reader *reader,
                               const struct config *config,
                               struct processes **processes,
                               struct scope_err *err) SCOPE_MUST_CHECK;
void processes_close(struct processes *processes);

/* A process or a thread; SCOPE_NOT_FOUND: gone already. */
enum scope_code processes_attach(struct processes *processes,
                                 const struct scope_target *target,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
void processes_detach(struct processes *processes,
                      const struct scope_target *target);
void processes_sample(struct processes *processes);

/* thread.c: one thread of a process. */
struct thread *thread_open(struct processes *processes,
                           const struct scope_target *target, int folder);
void thread_close(struct thread *thread);
/* due: the costly files too; for all of a process in the same sweep, so that
 * its sums are of one time. */
void thread_sample(struct processes *processes, struct thread *thread,
                   bool due);

/* The io file of a process or a thread; first is its READ_CHARS. */
void io_sample(struct reader *reader, struct layout *layout, int fd,
               unsigned first, uint32_t instance);

/* The numbers of a stat file from field 4 (proc_pid_stat(5)) on; returns how
 * many there were. */
#define STAT_FIRST 4
#define STAT_COUNT 36
size_t stat_fields(const char *text, size_t length,
                   uint64_t fields[STAT_COUNT]);

/* Emits fields of a stat file; false when it could not be read. */
struct stat_row {
    unsigned field, metric;
    bool ticks;
};
bool stat_emit(struct reader *reader, int fd, const struct stat_row *rows,
               size_t count, uint32_t instance);

#endif
