/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quotas of CPU time by the kernel (cgroups(7)): a folder of our own beside
 * (v2) or below (v1) the cgroup we are in, and in it one cgroup a CPU for the
 * thread that loads it. Closing removes them.
 */
#ifndef DRIVERS_CPU_QUOTA_H
#define DRIVERS_CPU_QUOTA_H

#include <scope/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct quota {
    bool unified;
    char *parent; /* where our folder goes */
    char *home;   /* v2: the cgroup that the process was in */
    char *folder; /* NULL until it is made */
    size_t count; /* cgroups in it */
    char **cpus;
};

/* Whether it would work; no side effects. */
enum scope_code quota_probe(struct scope_err *err) SCOPE_MUST_CHECK;
/* Close with quota_close, also after a failure. */
enum scope_code quota_open(struct quota *quota,
                           struct scope_err *err) SCOPE_MUST_CHECK;
/* One more cgroup, for a CPU; so much time in every period. */
enum scope_code quota_add(struct quota *quota, int cpu, int64_t quota_ns,
                          int64_t period_ns,
                          struct scope_err *err) SCOPE_MUST_CHECK;
/* Moves the calling thread into cgroup number `index`. */
enum scope_code quota_enter(const struct quota *quota, size_t index,
                            struct scope_err *err) SCOPE_MUST_CHECK;
/* When the threads have ended. */
void quota_close(struct quota *quota);

/* Where cgroups with a cpu controller can be made: fills unified, parent and
 * home from /proc/self/mountinfo and /proc/self/cgroup. */
enum scope_code quota_find(struct quota *quota, const char *mountinfo,
                           const char *cgroup,
                           struct scope_err *err) SCOPE_MUST_CHECK;

#endif
