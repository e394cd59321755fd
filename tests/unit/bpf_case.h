/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tests of counting by BPF begin with: a collector of either mode, and two
 * kinds of processes whose calls are known.
 */
#ifndef TESTS_UNIT_BPF_CASE_H
#define TESTS_UNIT_BPF_CASE_H

#include "tests/unit/host.h"

#include <stdio.h>
#include <sys/types.h>

extern const char *const bpf_modes[2];
struct host *bpf_open(const char *mode);
/* Without BPF nothing can be shown: says so. */
bool bpf_may_be_tested(void);

/* Fails the test when it cannot be. */
void attach(struct host *host, const struct scope_target *target);
struct scope_target target_of(pid_t pid, uint32_t id);
/* How often it was called; 0 when nothing says. */
uint64_t calls_of(const struct host *host, const struct scope_target *target,
                  const char *name);

/* A process that makes calls when it is told. Its own end and answers have
 * pipes of their own. */
struct actor {
    pid_t pid;
    int to, from;
};

enum { ACTOR_MORE, ACTOR_LAST };

#define ACTS 101 /* calls of getppid that actor_calls() makes */
void actor_calls(void);

struct actor actor_start(void (*what)(void));
/* The same under a pid, 0: any; its own is below 0 when that cannot be. */
struct actor actor_start_as(pid_t pid, void (*what)(void));
/* What an actor is: does it for each byte until the last. */
_Noreturn void actor_serve(int from, int to, void (*what)(void));
void actor_tell(const struct actor *actor);
/* Others may have its pipes, too: it must be told. */
void actor_end(struct actor *actor);

/* The program calls, which says what it did. */
struct caller {
    pid_t pid;
    FILE *to, *from;
};

struct figure {
    char metric[16], instance[64];
    uint64_t value;
};

struct caller caller_start(const char *const *words);
/* Lets it work; returns what it says it did, and how many figures. */
size_t caller_finish(struct caller *caller, struct figure *figures);
void caller_end(struct caller *caller);

#endif
