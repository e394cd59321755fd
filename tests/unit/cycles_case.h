/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What tests of collector cycles begin with: a program whose functions' shares
 * are known, what was sampled of it, and what may be said of chance.
 */
#ifndef TESTS_UNIT_CYCLES_CASE_H
#define TESTS_UNIT_CYCLES_CASE_H

#include "tests/unit/host.h"

#include <sys/types.h>

/* Not in step with the kernel's ticks, at which it switches between tasks. */
#define FREQUENCY "997"
#define PERIOD_NS 1003009

/* Settings: of all CPUs, or of the targets alone. */
extern const char *const every_ms[], *const alone[];

/* Below 0 without perf (a container's seccomp profile), and says so: nothing
 * can be shown then. */
int cycles_need_perf(void);

/* The program burn, which waits until it is told to begin. */
struct burn {
    pid_t pid;
    int gate, output;
};

/* The program's file, to free(). */
char *burn_path(void);

/* user: whose it is, 0 the test's. */
struct burn burn_start(uid_t user, const char *mode, const char *first,
                       const char *second);
void burn_release(struct burn *burn);
/* Waits for its end; the CPU time that it and its children took. steps: to
 * what its three functions came, or NULL. */
int64_t burn_await(struct burn *burn, uint64_t steps[3]);

struct scope_target target_of(pid_t pid, uint32_t id);
/* Fails the test when it cannot be. */
void attach(struct host *host, const struct scope_target *target);

/* Samples of the target (0: of all) with the frame at the top or anywhere. */
uint64_t samples_of(const struct scope_profile *profile, uint32_t target,
                    const char *function, bool anywhere);
uint64_t total_of(const struct scope_profile *profile, uint32_t target);

/* Whether p lies in the exact interval (Clopper, Pearson 1934) of k of n. */
void assert_share(uint64_t k, uint64_t n, double p);
/* A timer's samples and the CPU time that is accounted. What a virtual
 * machine's host takes away is accounted all the same, and the timer does not
 * make up for it: there may be less samples on a busy one. And there may be
 * more, for the accounts leave out what interrupts took of a process's time, by
 * no more than a few times. Samples that were lost may have been its. */
void assert_agrees(const struct host *host, uint64_t weight_ns, int64_t cpu_ns,
                   int64_t period_ns);

#endif
