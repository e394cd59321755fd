/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real process that does what it is told and says what the kernel accounted
 * to it: so that a collector's figures can be checked to the last one.
 */
#ifndef TESTS_UNIT_WORKER_H
#define TESTS_UNIT_WORKER_H

#include <scope/target.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STAYER_PAGES 11

enum work {
    WORK_NOTHING,
    WORK_TOUCH,      /* pages, once each */
    WORK_WRITE,      /* bytes to /dev/null, 1 a call */
    WORK_SLEEP,      /* times, a moment each */
    WORK_SPIN,       /* milliseconds of CPU time */
    WORK_THREAD,     /* a thread that touches pages and ends */
    WORK_STAY,       /* threads that wait until WORK_LEAVE */
    WORK_LEAVE,      /* these threads end */
    WORK_FORK,       /* a child that touches pages and ends */
    WORK_CHILD,      /* a child that is a worker itself: worker_child() */
    WORK_CHILD_ENDS, /* waits for it */
};

/* From getrusage(2). */
struct work_done {
    pid_t pid; /* the child that WORK_CHILD made, else the worker */
    uint64_t minor, minor_of_children;
    uint64_t voluntary;
};

struct worker {
    pid_t pid;
    int to, from;
    int child_to, child_from;
};

struct worker worker_start(void);
struct work_done worker_do(const struct worker *worker, enum work work,
                           uint32_t amount);
/* The worker that WORK_CHILD made. */
struct worker worker_child(const struct worker *worker, pid_t pid);
void worker_end(struct worker *worker);

/* A target for it, with its start time. */
struct scope_target worker_target(const struct worker *worker, uint32_t id);
struct scope_target worker_thread_target(pid_t pid, pid_t tid, uint32_t id,
                                         uint32_t process);

#endif
