/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps tracepoints registered, so that opening and closing an event on one is
 * quick. When the last event on a tracepoint is closed, the kernel waits until
 * nobody can be using it any more: 38 ms each as measured, and 41 of them
 * 1.5 s. So one disabled event on each is held for the whole run, and in the
 * end left to a process of its own that waits in scope's place.
 */
#ifndef SYSCALLS_ANCHORS_H
#define SYSCALLS_ANCHORS_H

#include <scope/err.h>
#include <stddef.h>

struct anchors {
    int *fds;
    size_t count, room;
};

/* Holds the tracepoint with this number; name is for the message. */
enum scope_code anchors_hold(struct anchors *anchors, int id, const char *name,
                             struct scope_err *err) SCOPE_MUST_CHECK;
/* Lets go of all. Does not wait, unless no process can be made. */
void anchors_release(struct anchors *anchors);

#endif
