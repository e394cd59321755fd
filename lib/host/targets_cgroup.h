/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a cgroup lies among the mounted hierarchies, and who is in it. */
#ifndef LIB_HOST_TARGETS_CGROUP_H
#define LIB_HOST_TARGETS_CGROUP_H

#include <scope/err.h>
#include <stdbool.h>

/* All owned by whoever has the struct; zeroed when there is nothing. */
struct cgroup_place {
    char *directory; /* absolute */
    char *below;     /* its path below the mount, with '/' in front */
    char *inside;    /* its path as a /proc/PID/cgroup file gives it */
    char *options;   /* v1: the mount's options, which name its controllers;
                        v2: NULL */
};

/* Finds text, a directory or a path below one of the mounts that proc's
 * self/mountinfo lists; the v2 hierarchy first. False when there is none. */
bool cgroup_find(int proc, const char *text, struct cgroup_place *place);
void cgroup_place_free(struct cgroup_place *place);

/* Whether a process whose cgroup file holds this text is in it or below. */
bool cgroup_holds(const struct cgroup_place *place, const char *file);

#endif
