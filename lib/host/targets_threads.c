/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The threads of one process target. A tid that comes back in the same process
 * within a second would be taken for the thread that had it: the kernel hands
 * out all other ids first. */
#include "lib/host/targets_set.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int by_number(const void *left, const void *right)
{
    pid_t a = *(const pid_t *)left;
    pid_t b = *(const pid_t *)right;
    return (a > b) - (a < b);
}

/* The listing is mostly sorted already. */
static void sort(struct proc_numbers *numbers)
{
    for (size_t i = 1; i < numbers->count; i++)
        if (numbers->items[i - 1] > numbers->items[i]) {
            qsort(numbers->items, numbers->count, sizeof *numbers->items,
                  by_number);
            return;
        }
}

/* Takes the thread in at place at; false when it is gone already. */
static bool take(struct scope_targets *targets, struct process *process,
                 size_t at, pid_t tid,
                 const struct scope_target_listener *listener)
{
    char path[64];
    struct proc_stat stat;
    const struct scope_target *owner = &process->told->target;
    snprintf(path, sizeof path, "%d/task/%d/stat", owner->pid, tid);
    if (!proc_stat_read(targets->proc, path, &stat) ||
        (stat.state == 'X' || stat.state == 'x'))
        return false;
    struct owned_target *told = targets_tell_new(targets, SCOPE_TARGET_THREAD,
                                                 owner->role, stat.comm, NULL);
    told->target.pid = owner->pid;
    told->target.tid = tid;
    told->target.start_ticks = stat.start_ticks;
    told->target.process = owner->id;
    process->threads =
        scope_grow(process->threads, &process->thread_room,
                   process->thread_count, sizeof *process->threads);
    memmove(process->threads + at + 1, process->threads + at,
            (process->thread_count - at) * sizeof *process->threads);
    process->threads[at] = told;
    process->thread_count++;
    listener->found(listener->closure, &told->target);
    return true;
}

static void drop(struct process *process, size_t at,
                 const struct scope_target_listener *listener)
{
    listener->gone(listener->closure, &process->threads[at]->target, -1);
    process->thread_count--;
    memmove(process->threads + at, process->threads + at + 1,
            (process->thread_count - at) * sizeof *process->threads);
}

/* Both lists are sorted: what is only in the old one is gone, what is only in
 * the new one has come. */
static void merge(struct scope_targets *targets, struct process *process,
                  size_t *budget, const struct scope_target_listener *listener)
{
    const struct proc_numbers *now = &targets->tids;
    size_t at = 0;
    for (size_t i = 0; i < now->count;) {
        pid_t known =
            at < process->thread_count ? process->threads[at]->target.tid : 0;
        if (known == now->items[i]) {
            at++;
            i++;
        } else if (known && known < now->items[i]) {
            drop(process, at, listener);
        } else {
            if (*budget &&
                take(targets, process, at, now->items[i], listener)) {
                at++;
                (*budget)--;
            }
            i++;
        }
    }
    while (process->thread_count > at)
        drop(process, process->thread_count - 1, listener);
}

enum scope_code targets_threads(struct scope_targets *targets,
                                struct process *process, bool always,
                                size_t *budget,
                                const struct scope_target_listener *listener,
                                struct scope_err *err)
{
    struct stat status;
    if (process->tasks < 0)
        return SCOPE_OK;
    if (fstat(process->tasks, &status) < 0) /* it has just ended */
        return SCOPE_OK;
    /* procfs counts the threads in the number of links. */
    if (!always && status.st_nlink == process->links)
        return SCOPE_OK;
    lseek(process->tasks, 0, SEEK_SET);
    if (!proc_numbers_list(process->tasks, &targets->tids, SIZE_MAX)) {
        if (errno == ENOENT || errno == ESRCH)
            return SCOPE_OK;
        return scope_fail(err, SCOPE_IO, errno, "list the threads of %d",
                          process->told->target.pid);
    }
    sort(&targets->tids);
    merge(targets, process, budget, listener);
    process->links = status.st_nlink;
    return SCOPE_OK;
}
