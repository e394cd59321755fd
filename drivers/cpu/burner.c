/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/cpu/burner.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <scope/plugin.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
/* Time that others took is made up for, but no more of it at once: a load that
 * has starved for a minute must not fill its CPU for the next. */
#define DEBT_NS NS_PER_S

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now))
        return 0;
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* False when the thread is to leave. */
static bool sleep_until(struct burner *burner, int64_t time_ns)
{
    const struct timespec until = {.tv_sec = time_ns / NS_PER_S,
                                   .tv_nsec = time_ns % NS_PER_S};
    while (!burner->orders->leave) {
        if (time_ns == INT64_MAX)
            sem_wait(&burner->wakeup);
        else if (sem_clockwait(&burner->wakeup, CLOCK_MONOTONIC, &until) &&
                 errno == ETIMEDOUT)
            return true;
    }
    return false;
}

/* False when the load is over. */
static bool goes_on(const struct burner *burner, int64_t now_ns)
{
    return !burner->orders->leave && now_ns < burner->orders->end_ns;
}

static int64_t used_ns(const struct burner *burner)
{
    return clock_ns(CLOCK_THREAD_CPUTIME_ID) - burner->base_ns;
}

/* xorshift64*, to [0, 1). */
static double draw(struct burner *burner)
{
    uint64_t x = burner->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    burner->random = x;
    return (double)((x * UINT64_C(0x2545F4914F6CDD1D)) >> 11) * 0x1p-53;
}

/* Where in its period this thread begins to work. */
static int64_t shift_ns(struct burner *burner)
{
    const struct orders *orders = burner->orders;
    double period = (double)orders->period_ns;
    if (orders->phase == PHASE_RANDOM)
        return (int64_t)(draw(burner) * (1 - orders->utilisation) * period);
    if (orders->phase == PHASE_SPREAD)
        return (int64_t)(period * (double)burner->index /
                         (double)orders->count);
    return 0;
}

/* Works until the CPU time is used that is due by the time given. */
static void work_until(struct burner *burner, int64_t time_ns)
{
    const struct orders *orders = burner->orders;
    if (time_ns > orders->end_ns)
        time_ns = orders->end_ns;
    int64_t due_ns =
        (int64_t)(orders->utilisation * (double)(time_ns - orders->start_ns));
    int64_t used = used_ns(burner) + burner->forgone_ns;
    if (due_ns - used > DEBT_NS) {
        burner->forgone_ns += due_ns - used - DEBT_NS;
        used = due_ns - DEBT_NS;
    }
    while (used < due_ns) {
        work_some(&burner->work);
        int64_t now_ns = scope_now_ns();
        if (now_ns >= time_ns || !goes_on(burner, now_ns))
            return;
        used = used_ns(burner) + burner->forgone_ns;
    }
}

/* Busy, then idle, once in every period. */
static void work_by_turns(struct burner *burner)
{
    const struct orders *orders = burner->orders;
    int64_t period_ns = orders->period_ns;
    int64_t fixed_ns = orders->phase == PHASE_SPREAD ? shift_ns(burner) : 0;
    int64_t begin_ns = orders->start_ns + fixed_ns;
    for (;;) {
        int64_t shift = orders->phase == PHASE_RANDOM ? shift_ns(burner) : 0;
        if (!sleep_until(burner, begin_ns + shift))
            return;
        int64_t now_ns = scope_now_ns();
        if (!goes_on(burner, now_ns))
            return;
        int64_t missed = (now_ns - begin_ns) / period_ns;
        begin_ns += missed * period_ns;
        work_until(burner, begin_ns + period_ns);
        begin_ns += period_ns;
    }
}

/* Without a pause: the kernel takes the CPU away when the quota is used. */
static void work_flat_out(struct burner *burner)
{
    do
        work_some(&burner->work);
    while (goes_on(burner, scope_now_ns()));
}

static enum scope_code take_place(struct burner *burner)
{
    const struct orders *orders = burner->orders;
    struct scope_err *err = &burner->err;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET((size_t)burner->cpu, &only);
    if (sched_setaffinity(0, sizeof only, &only))
        return scope_fail(err, SCOPE_FAILED, errno, "bind a thread to CPU %d",
                          burner->cpu);
    const struct sched_param param = {.sched_priority = orders->priority};
    if (sched_setscheduler(0, orders->policy, &param)) {
        scope_fail(err, errno == EPERM ? SCOPE_PERM : SCOPE_FAILED, errno,
                   "set the scheduling policy");
        return scope_hint(err, "run as root, or use policy=other");
    }
    if (orders->nice &&
        setpriority(PRIO_PROCESS, (id_t)gettid(), orders->nice)) {
        scope_fail(
            err, errno == EACCES || errno == EPERM ? SCOPE_PERM : SCOPE_FAILED,
            errno, "set nice to %d", orders->nice);
        return scope_hint(err, "a user may only raise it");
    }
    work_init(&burner->work, orders->work, orders->memory);
    return orders->mode == MODE_QUOTA
               ? quota_enter(orders->quota, burner->index, err)
               : SCOPE_OK;
}

static void *run(void *closure)
{
    struct burner *burner = closure;
    const struct orders *orders = burner->orders;
    prctl(PR_SET_TIMERSLACK, 1UL);
    burner->code = take_place(burner);
    sem_post(&burner->ready);
    if (burner->code != SCOPE_OK)
        return NULL;
    /* The start becomes known, then comes; each ends one wait. */
    while (!orders->leave && orders->start_ns == INT64_MAX)
        sem_wait(&burner->wakeup);
    if (!orders->leave && sleep_until(burner, orders->start_ns)) {
        burner->base_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        if (orders->utilisation > 0 && orders->mode == MODE_DUTY)
            work_by_turns(burner);
        else if (orders->utilisation > 0)
            work_flat_out(burner);
    }
    /* Its clock can be read as long as it is there. */
    sleep_until(burner, INT64_MAX);
    if (burner->base_ns != INT64_MAX)
        burner->busy_ns = used_ns(burner);
    return NULL;
}

enum scope_code burner_open(struct burner *burner, const struct orders *orders,
                            size_t index, int cpu, struct scope_err *err)
{
    *burner = (struct burner){
        .orders = orders,
        .index = index,
        .cpu = cpu,
        .base_ns = INT64_MAX,
        .random = (orders->seed + index + 1) * UINT64_C(0x9E3779B97F4A7C15),
    };
    if (!burner->random)
        burner->random = 1;
    sem_init(&burner->ready, 0, 0);
    sem_init(&burner->wakeup, 0, 0);
    int error = pthread_create(&burner->thread, NULL, run, burner);
    if (error)
        return scope_fail(err, SCOPE_FAILED, error, "start a thread for CPU %d",
                          cpu);
    burner->running = true;
    while (sem_wait(&burner->ready) && errno == EINTR)
        ;
    if (burner->code != SCOPE_OK)
        *err = burner->err;
    return burner->code;
}

void burner_wake(struct burner *burner)
{
    sem_post(&burner->wakeup);
}

void burner_join(struct burner *burner)
{
    if (burner->running)
        pthread_join(burner->thread, NULL);
    burner->running = false;
}

void burner_close(struct burner *burner)
{
    work_free(&burner->work);
    sem_destroy(&burner->ready);
    sem_destroy(&burner->wakeup);
}

int64_t burner_busy_ns(const struct burner *burner)
{
    clockid_t clock;
    if (!burner->running)
        return burner->busy_ns;
    int64_t base_ns = burner->base_ns;
    if (base_ns == INT64_MAX || pthread_getcpuclockid(burner->thread, &clock))
        return 0;
    return clock_ns(clock) - base_ns;
}
