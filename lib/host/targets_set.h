/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of targets: what targets.c keeps (who is in it, what was told) and
 * targets_scan.c fills by looking. Nothing else includes this. */
#ifndef LIB_HOST_TARGETS_SET_H
#define LIB_HOST_TARGETS_SET_H

#include "lib/host/targets_select.h"

#include <sys/stat.h>

/* A target with the memory of its strings; lives until the set is freed. */
struct owned_target {
    struct scope_target target;
    struct owned_target *next; /* of all, for freeing */
    char *name, *cgroup;       /* or NULL when borrowed */
};

struct process {
    struct owned_target *told;
    size_t selector;
    pid_t parent;
    int pidfd; /* -1: not to be had; then its stat file is asked */
    int tasks; /* its task folder */
    nlink_t links;
    bool founder;                  /* there at the first scan */
    bool root;                     /* its parent is no target */
    struct owned_target **threads; /* by tid */
    size_t thread_count, thread_room;
};

/* What a cgroup selector or --all made. */
struct place {
    struct owned_target *told; /* NULL: not there */
    struct owned_target *last; /* the one before, when it is gone */
    ino_t inode;
};

struct scope_targets {
    int proc;
    bool real; /* proc is this machine's, its pids are ours: pidfds work */
    bool follow;
    struct selector *selectors;
    size_t selector_count;
    struct place *places; /* one a selector */
    uint16_t *ports;
    size_t port_count;
    struct port_sockets sockets;
    uint64_t sockets_hash;
    unsigned port_passes; /* full scans since holders were looked for */
    pid_t *never;
    size_t never_count;
    pid_t *ancestors; /* of never: --match does not mean them */
    size_t ancestor_count, ancestor_room;
    int epoll;
    bool founded; /* the first full scan is over */
    uint32_t next_id;
    struct owned_target *all;
    struct process **live; /* by pid */
    size_t live_count, live_room;
    struct process **ended; /* that a new one may replace */
    size_t ended_count, ended_room;
    struct process **fresh; /* found by the present scan */
    size_t fresh_count, fresh_room;
    struct proc_stat *candidates; /* seen by the present scan, no targets */
    size_t candidate_count, candidate_room;
    struct proc_numbers pids, tids; /* as last listed */
    char room[SELECT_ROOM];
};

/* The live process target with this pid, or NULL. */
struct process *targets_live(const struct scope_targets *targets, pid_t pid);
bool targets_never(const struct scope_targets *targets, pid_t pid);
bool targets_ancestor(const struct scope_targets *targets, pid_t pid);

/* A target of its own id; name and cgroup are copied, cgroup may be NULL. */
struct owned_target *targets_tell_new(struct scope_targets *targets,
                                      enum scope_target_kind kind,
                                      const char *role, const char *name,
                                      const char *cgroup);

/*
 * Takes the process in and tells of it. SCOPE_NOT_FOUND: it is gone already;
 * another code: no more files can be opened.
 */
enum scope_code targets_found(struct scope_targets *targets,
                              const struct proc_stat *stat, size_t selector,
                              const struct scope_target_listener *listener,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* Tells that its threads and the process itself ended, and takes it out. */
void targets_gone(struct scope_targets *targets, struct process *process,
                  int status, const struct scope_target_listener *listener);

/* Among those just found, tells which stand for one that ended. */
void targets_restarts(struct scope_targets *targets,
                      const struct scope_target_listener *listener);

/* Brings the threads of a process up to date; always: also when their number
 * is what it was. At most *budget new ones are taken in. */
enum scope_code targets_threads(struct scope_targets *targets,
                                struct process *process, bool always,
                                size_t *budget,
                                const struct scope_target_listener *listener,
                                struct scope_err *err) SCOPE_MUST_CHECK;

#endif
