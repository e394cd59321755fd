/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The set of targets: made from selectors, and who comes into it, leaves it
 * and stands for one that left. */
#include "lib/host/targets.h"

#include "lib/host/targets_set.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* A child that ended counts as one to be replaced when it had lived so long:
 * a worker does, what a shell script runs mostly does not. */
#define WORKER_AGE_NS UINT64_C(2000000000)

/* Of those that ended, so many of the last may still be replaced. */
#define ENDED_LIMIT 1024

static bool is_real(int proc)
{
    struct statfs fs;
    char self[32];
    char pid[32];
    ssize_t length = readlinkat(proc, "self", self, sizeof self - 1);
    if (fstatfs(proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC || length <= 0)
        return false;
    self[length] = '\0';
    snprintf(pid, sizeof pid, "%d", getpid());
    return strcmp(self, pid) == 0;
}

/* The way up from each never pid, so that `sudo scope collect --match X` does
 * not measure sudo. */
static void find_ancestors(struct scope_targets *targets)
{
    struct proc_stat stat;
    for (size_t i = 0; i < targets->never_count; i++) {
        pid_t pid = targets->never[i];
        for (int depth = 0; depth < 64 && pid > 0; depth++) {
            if (!proc_stat_of(targets->proc, pid, &stat))
                break;
            pid = stat.parent;
            targets->ancestors =
                scope_grow(targets->ancestors, &targets->ancestor_room,
                           targets->ancestor_count, sizeof(pid_t));
            targets->ancestors[targets->ancestor_count++] = pid;
        }
    }
}

static enum scope_code take_selectors(struct scope_targets *targets,
                                      const struct scope_selector *selectors,
                                      size_t count, struct scope_err *err)
{
    targets->selectors = scope_alloc(count, sizeof *targets->selectors);
    targets->places = scope_alloc(count, sizeof *targets->places);
    targets->ports = scope_alloc(count, sizeof *targets->ports);
    for (size_t i = 0; i < count; i++) {
        struct selector *selector = &targets->selectors[i];
        enum scope_code code = selector_init(selector, &selectors[i], err);
        if (code)
            return code;
        targets->selector_count++;
        if (selector->kind == SCOPE_SELECT_PORT)
            targets->ports[targets->port_count++] = selector->port;
    }
    return SCOPE_OK;
}

enum scope_code scope_targets_new(const struct scope_selector *selectors,
                                  size_t count, const char *proc,
                                  bool follow_children, const pid_t *never,
                                  size_t never_count,
                                  struct scope_targets **out,
                                  struct scope_err *err)
{
    struct scope_targets *targets = scope_alloc(1, sizeof *targets);
    *out = NULL;
    targets->epoll = -1;
    targets->follow = follow_children;
    targets->next_id = 1;
    targets->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum scope_code code =
        targets->proc < 0 ? scope_fail(err, SCOPE_IO, errno, "open %s", proc)
                          : take_selectors(targets, selectors, count, err);
    if (!code) {
        targets->epoll = epoll_create1(EPOLL_CLOEXEC);
        if (targets->epoll < 0)
            code = scope_fail(err, SCOPE_IO, errno, "epoll_create1");
    }
    if (code) {
        scope_targets_free(targets);
        return code;
    }
    targets->real = is_real(targets->proc);
    targets->never = scope_alloc(never_count, sizeof *never);
    targets->never_count = never_count;
    for (size_t i = 0; i < never_count; i++)
        targets->never[i] = never[i];
    find_ancestors(targets);
    *out = targets;
    return SCOPE_OK;
}

static void close_process(struct process *process)
{
    if (process->pidfd >= 0)
        close(process->pidfd);
    if (process->tasks >= 0)
        close(process->tasks);
    process->pidfd = process->tasks = -1;
    free(process->threads);
    process->threads = NULL;
    process->thread_count = process->thread_room = 0;
}

void scope_targets_free(struct scope_targets *targets)
{
    if (!targets)
        return;
    for (size_t i = 0; i < targets->selector_count; i++)
        selector_clear(&targets->selectors[i]);
    for (size_t i = 0; i < targets->live_count; i++) {
        close_process(targets->live[i]);
        free(targets->live[i]);
    }
    for (size_t i = 0; i < targets->ended_count; i++)
        free(targets->ended[i]);
    while (targets->all) {
        struct owned_target *next = targets->all->next;
        free(targets->all->name);
        free(targets->all->cgroup);
        free(targets->all);
        targets->all = next;
    }
    if (targets->epoll >= 0)
        close(targets->epoll);
    if (targets->proc >= 0)
        close(targets->proc);
    free(targets->selectors);
    free(targets->places);
    free(targets->ports);
    free(targets->sockets.items);
    free(targets->never);
    free(targets->ancestors);
    free(targets->live);
    free(targets->ended);
    free(targets->fresh);
    free(targets->candidates);
    free(targets->pids.items);
    free(targets->tids.items);
    free(targets);
}

/* Where pid is among the live ones, or would be put. */
static size_t live_place(const struct scope_targets *targets, pid_t pid)
{
    size_t low = 0;
    size_t high = targets->live_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (targets->live[middle]->told->target.pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct process *targets_live(const struct scope_targets *targets, pid_t pid)
{
    size_t at = live_place(targets, pid);
    return at < targets->live_count &&
                   targets->live[at]->told->target.pid == pid
               ? targets->live[at]
               : NULL;
}

static bool has_pid(const pid_t *pids, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (pids[i] == pid)
            return true;
    return false;
}

bool targets_never(const struct scope_targets *targets, pid_t pid)
{
    return has_pid(targets->never, targets->never_count, pid);
}

bool targets_ancestor(const struct scope_targets *targets, pid_t pid)
{
    return has_pid(targets->ancestors, targets->ancestor_count, pid);
}

struct owned_target *targets_tell_new(struct scope_targets *targets,
                                      enum scope_target_kind kind,
                                      const char *role, const char *name,
                                      const char *cgroup)
{
    struct owned_target *told = scope_alloc(1, sizeof *told);
    told->name = scope_strdup(name);
    told->cgroup = cgroup ? scope_strdup(cgroup) : NULL;
    told->target = (struct scope_target){
        .id = targets->next_id++,
        .kind = kind,
        .name = told->name,
        .role = role,
        .cgroup = told->cgroup,
    };
    told->next = targets->all;
    targets->all = told;
    return told;
}

/* A pidfd that is surely of this process, and its end in the epoll set. */
static enum scope_code open_pidfd(struct scope_targets *targets,
                                  struct process *process,
                                  const struct proc_stat *stat,
                                  struct scope_err *err)
{
    struct proc_stat again;
    if (!targets->real)
        return SCOPE_OK;
    process->pidfd = pidfd_open(stat->pid, 0);
    if (process->pidfd < 0) {
        if (errno == EMFILE || errno == ENFILE)
            return scope_fail(err, SCOPE_IO, errno, "pidfd_open of process %d",
                              stat->pid);
        return errno == ESRCH ? SCOPE_NOT_FOUND : SCOPE_OK;
    }
    if (!proc_stat_of(targets->proc, stat->pid, &again) ||
        again.start_ticks != stat->start_ticks)
        return SCOPE_NOT_FOUND;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = process};
    if (epoll_ctl(targets->epoll, EPOLL_CTL_ADD, process->pidfd, &event) < 0)
        return scope_fail(err, SCOPE_IO, errno, "epoll_ctl of process %d",
                          stat->pid);
    return SCOPE_OK;
}

static enum scope_code open_process(struct scope_targets *targets,
                                    struct process *process,
                                    const struct proc_stat *stat,
                                    struct scope_err *err)
{
    char path[32];
    enum scope_code code = open_pidfd(targets, process, stat, err);
    if (code)
        return code;
    snprintf(path, sizeof path, "%d/task", stat->pid);
    process->tasks =
        openat(targets->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process->tasks < 0 && (errno == EMFILE || errno == ENFILE))
        return scope_fail(err, SCOPE_IO, errno, "open the threads of %d",
                          stat->pid);
    return SCOPE_OK;
}

static void insert(struct scope_targets *targets, struct process *process)
{
    size_t at = live_place(targets, process->told->target.pid);
    targets->live = scope_grow(targets->live, &targets->live_room,
                               targets->live_count, sizeof *targets->live);
    memmove(targets->live + at + 1, targets->live + at,
            (targets->live_count - at) * sizeof *targets->live);
    targets->live[at] = process;
    targets->live_count++;
}

enum scope_code targets_found(struct scope_targets *targets,
                              const struct proc_stat *stat, size_t selector,
                              const struct scope_target_listener *listener,
                              struct scope_err *err)
{
    struct process *process = scope_alloc(1, sizeof *process);
    *process = (struct process){
        .selector = selector,
        .parent = stat->parent,
        .pidfd = -1,
        .tasks = -1,
        .founder = !targets->founded,
    };
    enum scope_code code = open_process(targets, process, stat, err);
    if (code) {
        close_process(process);
        free(process);
        if (code != SCOPE_NOT_FOUND)
            scope_hint(err, "raise the limit of open files (ulimit -n)");
        return code;
    }
    process->told =
        targets_tell_new(targets, SCOPE_TARGET_PROCESS,
                         targets->selectors[selector].role, stat->comm, NULL);
    process->told->target.pid = process->told->target.tid = stat->pid;
    process->told->target.start_ticks = stat->start_ticks;
    insert(targets, process);
    targets->fresh = scope_grow(targets->fresh, &targets->fresh_room,
                                targets->fresh_count, sizeof *targets->fresh);
    targets->fresh[targets->fresh_count++] = process;
    listener->found(listener->closure, &process->told->target);
    return SCOPE_OK;
}

static uint64_t age_ns(const struct scope_target *target)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t now_ns =
        (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    uint64_t tick = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t start = target->start_ticks * tick;
    return now_ns > start ? now_ns - start : 0;
}

/* Keeps one that a later one may stand for, or frees it. */
static void put_ended(struct scope_targets *targets, struct process *process)
{
    bool worker =
        process->founder && age_ns(&process->told->target) >= WORKER_AGE_NS;
    if (!process->root && !worker) {
        free(process);
        return;
    }
    if (targets->ended_count == ENDED_LIMIT) {
        free(targets->ended[0]);
        memmove(targets->ended, targets->ended + 1,
                --targets->ended_count * sizeof *targets->ended);
    }
    targets->ended = scope_grow(targets->ended, &targets->ended_room,
                                targets->ended_count, sizeof *targets->ended);
    targets->ended[targets->ended_count++] = process;
}

void targets_gone(struct scope_targets *targets, struct process *process,
                  int status, const struct scope_target_listener *listener)
{
    for (size_t i = 0; i < process->thread_count; i++)
        listener->gone(listener->closure, &process->threads[i]->target, -1);
    listener->gone(listener->closure, &process->told->target, status);
    size_t at = live_place(targets, process->told->target.pid);
    targets->live_count--;
    memmove(targets->live + at, targets->live + at + 1,
            (targets->live_count - at) * sizeof *targets->live);
    for (size_t i = 0; i < targets->fresh_count; i++)
        if (targets->fresh[i] == process)
            targets->fresh[i] = targets->fresh[--targets->fresh_count];
    close_process(process);
    put_ended(targets, process);
}

/* Whether the new process stands for the one that ended. */
static bool replaces(const struct process *process, const struct process *ended)
{
    return process->selector == ended->selector &&
           process->root == ended->root &&
           (process->root || process->parent == ended->parent) &&
           strcmp(process->told->name, ended->told->name) == 0;
}

void targets_restarts(struct scope_targets *targets,
                      const struct scope_target_listener *listener)
{
    for (size_t i = 0; i < targets->fresh_count; i++)
        targets->fresh[i]->root =
            !targets_live(targets, targets->fresh[i]->parent);
    for (size_t i = 0; i < targets->fresh_count; i++) {
        const struct process *process = targets->fresh[i];
        size_t at = 0;
        while (at < targets->ended_count &&
               !replaces(process, targets->ended[at]))
            at++;
        if (at == targets->ended_count)
            continue;
        struct process *ended = targets->ended[at];
        listener->restarted(listener->closure, &ended->told->target,
                            &process->told->target);
        targets->ended_count--;
        memmove(targets->ended + at, targets->ended + at + 1,
                (targets->ended_count - at) * sizeof *targets->ended);
        free(ended);
    }
    targets->fresh_count = 0;
}

enum scope_code scope_targets_matched(const struct scope_targets *targets,
                                      struct scope_err *err)
{
    for (size_t i = 0; i < targets->selector_count; i++)
        if (!targets->selectors[i].matched)
            return selector_fail(&targets->selectors[i], targets->proc, err);
    return SCOPE_OK;
}

size_t scope_targets_alive(const struct scope_targets *targets)
{
    return targets->live_count;
}
