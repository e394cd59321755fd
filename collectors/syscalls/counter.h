/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ways of counting system calls. Each is a const table of functions over its
 * own state, and the collector reads all of them alike: by BPF programs
 * (bpf.c), or by perf's tracepoints (tracepoints.c).
 *
 * Counts begin at 0 when a target is attached and only rise. Every call of a
 * process is counted once: what a child does before it is a target of its own
 * counts for the process that made it. A thread is a part of its process, from
 * when it is attached; a cgroup has all processes in it, the system all.
 */
#ifndef SYSCALLS_COUNTER_H
#define SYSCALLS_COUNTER_H

#include <scope/plugin.h>

enum { SYSCALLS_COUNT, SYSCALLS_LATENCY };

/* The collector's options. */
struct syscalls_config {
    int mode; /* SYSCALLS_COUNT: no times */
    int way;
    bool threads;            /* targets of kind thread are attached, too */
    struct scope_list calls; /* names: only these; none: all */
    int64_t capacity;        /* pairs of a target and a call */
};

/* Latencies in ns, four buckets an octave from 2^6 ns on; the first holds
 * what is shorter, the last what is longer. */
#define SYSCALLS_FIRST_OCTAVE 6
#define SYSCALLS_OCTAVES 30
#define SYSCALLS_BUCKETS (4 * SYSCALLS_OCTAVES)

/* What is known of one call of one target, since it was attached. */
struct syscalls_row {
    uint32_t target;  /* key the target was attached with */
    uint32_t number;  /* of the call; SYSCALLS_OTHER: those without a name */
    uint64_t calls;   /* begun */
    uint64_t bytes;   /* what calls that move bytes returned */
    uint64_t time_ns; /* of calls that ended, from entry to exit */
    uint64_t max_ns;  /* the longest since the last reading */
    const uint32_t *latency; /* SYSCALLS_BUCKETS counts modulo 2^32, or NULL
                                where this way does not time */
};
#define SYSCALLS_OTHER UINT32_MAX

struct syscalls_error {
    uint32_t target, number;
    int code; /* errno, 1 to 4095; 0: several that were not told apart */
    uint64_t calls;
};

/* Where a reading goes. */
struct syscalls_reader {
    void *closure;
    void (*row)(void *closure, const struct syscalls_row *row);
    void (*error)(void *closure, const struct syscalls_error *error);
    /* Of a target that was detached: it has had its last row, and its key is
     * free. */
    void (*ended)(void *closure, uint32_t key);
};

struct syscalls_way {
    const char *name;   /* "bpf", "tracepoints" */
    bool times, errors; /* what it can tell beside calls */
    /* As a plugin's probe: no side effects. */
    enum scope_code (*probe)(const struct syscalls_config *config,
                             struct scope_err *err);
    enum scope_code (*open)(const struct syscalls_config *config, void **self,
                            struct scope_err *err);
    /* key: the caller's, below SYSCALLS_TARGETS, not in use. Errors as a
     * collector's attach. */
    enum scope_code (*attach)(void *self, const struct scope_target *target,
                              uint32_t key, struct scope_sink *sink,
                              struct scope_err *err);
    /* The target has ended. Its rows go on, with the next reading's at least,
     * while something that it made runs and counts for it; then a reading says
     * ended. */
    void (*detach)(void *self, const struct scope_target *target, uint32_t key);
    enum scope_code (*read)(void *self, const struct syscalls_reader *reader,
                            struct scope_err *err);
    /* Calls that were made by targets and not counted, so far; *why says for
     * want of what. */
    uint64_t (*lost)(void *self, const char **why);
    /* What it adds to a call, in ns, found when it was opened by calls of the
     * opening process that are in no count; NULL: it does not know. */
    double (*cost)(void *self);
    void (*close)(void *self);
};
#define SYSCALLS_TARGETS 4096

extern const struct syscalls_way syscalls_by_bpf, syscalls_by_tracepoints;

/* The name of a call on this machine ("read"), or NULL. */
const char *syscalls_name(uint32_t number);
/* Its number, or -1. */
int syscalls_number(const char *name);
/* Whether what it returns is a number of bytes that were moved. */
bool syscalls_moves_bytes(uint32_t number);
/* "EAGAIN"; also of the kernel's own codes ("ERESTARTSYS"); NULL: none known.
 */
const char *syscalls_error_name(int code);

#endif
