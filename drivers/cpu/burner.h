/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread that keeps one CPU busy for a share of the time. It counts the time
 * that it was really given, by its own CPU clock, and works until that is what
 * it should be by then: being held up makes it work longer, not less.
 */
#ifndef DRIVERS_CPU_BURNER_H
#define DRIVERS_CPU_BURNER_H

#include "drivers/cpu/quota.h"
#include "drivers/cpu/work.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum mode {
    MODE_DUTY,
    MODE_QUOTA,
};

enum phase {
    PHASE_RANDOM,  /* anew in every period */
    PHASE_SPREAD,  /* evenly shifted from CPU to CPU */
    PHASE_ALIGNED, /* all at once */
};

/* What all threads are told; written before they start. */
struct orders {
    double utilisation;
    enum mode mode;
    int64_t period_ns;
    enum phase phase;
    enum work_kind work;
    uint64_t memory;
    int policy, priority, nice; /* of sched_setscheduler(2), setpriority(2) */
    uint64_t seed;
    size_t count; /* of threads */
    const struct quota *quota;
    _Atomic int64_t start_ns; /* INT64_MAX: not yet known */
    _Atomic int64_t end_ns;   /* INT64_MAX: until told to leave */
    atomic_bool leave;
};

struct burner {
    const struct orders *orders;
    size_t index;
    int cpu;
    pthread_t thread;
    bool running;
    sem_t ready;  /* opened, or failed */
    sem_t wakeup; /* ends a wait before its time */
    enum scope_code code;
    struct scope_err err;
    struct work work;
    uint64_t random;
    int64_t forgone_ns;      /* what will not be made up any more */
    _Atomic int64_t base_ns; /* CPU time used when the load began; INT64_MAX:
                                it has not */
    int64_t busy_ns;         /* once it has ended */
};

/* Starts the thread, which takes its place and waits for start_ns. Close with
 * burner_close, also after a failure. */
enum scope_code burner_open(struct burner *burner, const struct orders *orders,
                            size_t index, int cpu,
                            struct scope_err *err) SCOPE_MUST_CHECK;
/* The thread is to look at its orders again. */
void burner_wake(struct burner *burner);
/* After orders->leave and burner_wake. */
void burner_join(struct burner *burner);
void burner_close(struct burner *burner);

/* CPU time that it has used for the load so far. */
int64_t burner_busy_ns(const struct burner *burner);

#endif
