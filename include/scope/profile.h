/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Profiles: how much was sampled on which call stack, for whom. A collector
 * gathers one and stores it in pieces, each with what is new and what was
 * counted since the last one; an analyzer gets the pieces of a trial's
 * measured window added up.
 *
 * All tables only grow; a number is an index into its table and stays valid.
 * Names may hold anything. Owner: whoever called scope_profile_new or was
 * given it by scope_trial_profile; free with scope_profile_free.
 */
#ifndef SCOPE_PROFILE_H
#define SCOPE_PROFILE_H

#include <scope/dataset.h>
#include <scope/err.h>
#include <scope/metric.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A file that code was mapped from, or what stands for one. */
struct scope_module {
    const char *path;     /* as the process saw it: "/usr/sbin/haproxy",
                             "[kernel]", "[vdso]", "[jit]"; "[unknown]" */
    const char *build_id; /* lower case hex; "" when it has none */
};

struct scope_function {
    const char *symbol; /* demangled; of what nothing names the module's base
                           name and the offset of the function or address:
                           "haproxy+0x1a2b0" */
    uint32_t module;
    bool kernel; /* ran in the kernel */
    bool named;  /* false: symbol is an offset */
};

/* A node of the tree of stacks. Stack 0 is the empty one; parent < own number.
 * The function is the innermost frame, parents are its callers. */
struct scope_stack {
    uint32_t parent, function;
    uint32_t depth; /* of frames; 0 of the empty one */
};

enum scope_owner_kind {
    SCOPE_OWNER_TARGET = 1, /* a process that is measured */
    SCOPE_OWNER_OTHER,      /* another process of the machine */
    SCOPE_OWNER_KERNEL,     /* a kernel thread */
    SCOPE_OWNER_SCOPE,      /* the scope that samples */
    SCOPE_OWNER_DRIVER,     /* a driver of it */
};
#define SCOPE_OWNER_KINDS (SCOPE_OWNER_DRIVER + 1)

/* Whose samples they are. */
struct scope_owner {
    enum scope_owner_kind kind;
    uint32_t target;  /* id of the process target; 0 of the other kinds */
    pid_t pid;        /* of a target; 0: all that have the name */
    const char *name; /* its comm */
};

struct scope_profile_count {
    uint32_t owner, stack;
    uint64_t samples;
    uint64_t weight; /* what the samples stand for, in the profile's unit */
};

struct scope_profile {
    char *event;          /* what was sampled: "cpu-clock", "cycles" */
    enum scope_unit unit; /* of weights: NS of CPU time, or COUNT of events */
    double frequency;     /* samples a second of each CPU that were asked for */

    size_t module_count, function_count, stack_count, owner_count;
    struct scope_module *modules;
    struct scope_function *functions;
    struct scope_stack *stacks;
    struct scope_owner *owners;
    size_t count_count; /* one for each pair of owner and stack */
    struct scope_profile_count *counts;

    struct scope_profile_index *index; /* how names are found again */
};

SCOPE_API struct scope_profile *
scope_profile_new(const char *event, enum scope_unit unit, double frequency);
SCOPE_API void scope_profile_free(struct scope_profile *profile);

/* The number of what is described, which is added when it is new. Strings are
 * copied; one beyond 64 KiB is cut. */
SCOPE_API uint32_t scope_profile_module(struct scope_profile *profile,
                                        const char *path, const char *build_id);
SCOPE_API uint32_t scope_profile_function(
    struct scope_profile *profile, const struct scope_function *function);
/* The stack with this frame called from parent. */
SCOPE_API uint32_t scope_profile_stack(struct scope_profile *profile,
                                       uint32_t parent, uint32_t function);
/* Whether there is that stack already, and its number. */
SCOPE_API bool scope_profile_has_stack(const struct scope_profile *profile,
                                       uint32_t parent, uint32_t function,
                                       uint32_t *stack);
SCOPE_API uint32_t scope_profile_owner(struct scope_profile *profile,
                                       const struct scope_owner *owner);
SCOPE_API void scope_profile_add(struct scope_profile *profile, uint32_t owner,
                                 uint32_t stack, uint64_t samples,
                                 uint64_t weight);

/*
 * A piece that covers start_ns to end_ns: what is new in the tables and what
 * was added to counts since the last piece that was kept. Bytes to free(). A
 * piece that was stored is then kept; one that was not is left out and its
 * content comes with the next.
 */
SCOPE_API uint8_t *scope_profile_piece(const struct scope_profile *profile,
                                       int64_t start_ns, int64_t end_ns,
                                       size_t *size);
SCOPE_API void scope_profile_kept(struct scope_profile *profile);

/*
 * Adds a piece to what the ones before it made (*profile NULL: it is the
 * first). Its counts are added only when it lies in from_ns to to_ns. Every
 * length and number is checked: SCOPE_CORRUPT, and the profile is then to be
 * freed only.
 */
SCOPE_API enum scope_code
scope_profile_join(struct scope_profile **profile, const uint8_t *bytes,
                   size_t size, int64_t from_ns, int64_t to_ns,
                   struct scope_err *err) SCOPE_MUST_CHECK;

/* The type of the artifacts that hold pieces; a source calls each of its own
 * "<source>.profile". */
#define SCOPE_PROFILE_TYPE "application/x-scope-profile"

/* A source's profile of the range of time (0, INT64_MAX: all), from its pieces
 * in the store. SCOPE_NOT_FOUND when the trial has none. */
SCOPE_API enum scope_code scope_trial_profile(
    const struct scope_dataset *dataset, const struct scope_trial *trial,
    const char *source, int64_t from_ns, int64_t to_ns,
    struct scope_profile **profile, struct scope_err *err) SCOPE_MUST_CHECK;

#endif
