/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Targets: what is measured. The host finds and follows them (threads and
 * children that appear later, exits, reused process ids) and tells a collector
 * between sweeps through its attach and detach ops.
 */
#ifndef SCOPE_TARGET_H
#define SCOPE_TARGET_H

#include <stdint.h>
#include <sys/types.h>

enum scope_target_kind {
    SCOPE_TARGET_SYSTEM = 1, /* the whole machine */
    SCOPE_TARGET_CGROUP,     /* one cgroup directory and all below it */
    SCOPE_TARGET_PROCESS,
    SCOPE_TARGET_THREAD, /* every thread of a process target, the main one too;
                            sent only to collectors that ask for threads */
};

/* Bits for struct scope_collector_ops.targets */
#define SCOPE_TARGETS_SYSTEM (1U << SCOPE_TARGET_SYSTEM)
#define SCOPE_TARGETS_CGROUP (1U << SCOPE_TARGET_CGROUP)
#define SCOPE_TARGETS_PROCESS (1U << SCOPE_TARGET_PROCESS)
#define SCOPE_TARGETS_THREAD (1U << SCOPE_TARGET_THREAD)

/* Owned by the host; valid from attach until detach has returned. */
struct scope_target {
    uint32_t id; /* unique in the trial, never reused */
    enum scope_target_kind kind;
    pid_t pid;            /* process and thread */
    pid_t tid;            /* thread; the process's pid for a process */
    uint64_t start_ticks; /* field 22 of /proc/PID/stat: with pid, the identity
                             that a reused pid does not share */
    uint32_t process;     /* thread: id of its process target, else 0 */
    const char *name;     /* comm, or the cgroup's path below its mount */
    const char *role;     /* as the user said: "sidecar"; "" when none */
    const char *cgroup;   /* cgroup: its v2 (or only) directory, absolute */
};

#endif
