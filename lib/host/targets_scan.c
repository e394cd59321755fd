/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking: who ended, which threads came and went, and, when asked for, who
 * else in proc is meant. */
#include "lib/host/targets.h"
#include "lib/host/targets_set.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* After the first full scan, one takes on at most so many processes of proc,
 * and so many new targets: a storm of forks must not become one of scans. */
#define PASS_LIMIT 8192
#define NEW_LIMIT 4096

/* Holders of an unchanged set of listening sockets are looked for again after
 * so many full scans (the socket may have been passed on). */
#define PORT_PASSES 10

/* The exit status of an own child, left for whoever waits for it; else -1. */
static int exit_status(int pidfd)
{
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
        !info.si_pid)
        return -1;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

static void reap_pidfds(struct scope_targets *targets,
                        const struct scope_target_listener *listener)
{
    struct epoll_event events[64];
    int count;
    do {
        count = epoll_wait(targets->epoll, events, 64, 0);
        for (int i = 0; i < count; i++) {
            struct process *process = events[i].data.ptr;
            targets_gone(targets, process, exit_status(process->pidfd),
                         listener);
        }
    } while (count == 64);
}

/* Without a pidfd the stat file must still show the same, living process. */
static void reap_others(struct scope_targets *targets,
                        const struct scope_target_listener *listener)
{
    for (size_t i = targets->live_count; i-- > 0;) {
        struct process *process = targets->live[i];
        struct proc_stat stat;
        if (process->pidfd >= 0)
            continue;
        if (!proc_stat_of(targets->proc, process->told->target.pid, &stat) ||
            stat.start_ticks != process->told->target.start_ticks ||
            proc_stat_dead(&stat))
            targets_gone(targets, process, -1, listener);
    }
}

static void tell_system(struct scope_targets *targets, size_t index,
                        const struct scope_target_listener *listener)
{
    struct place *place = &targets->places[index];
    if (place->told)
        return;
    place->told =
        targets_tell_new(targets, SCOPE_TARGET_SYSTEM,
                         targets->selectors[index].role, "system", NULL);
    targets->selectors[index].matched = true;
    listener->found(listener->closure, &place->told->target);
}

static void look_at_cgroup(struct scope_targets *targets, size_t index,
                           const struct scope_target_listener *listener)
{
    struct selector *selector = &targets->selectors[index];
    struct place *place = &targets->places[index];
    struct stat status;
    if (place->told && (stat(selector->place.directory, &status) < 0 ||
                        status.st_ino != place->inode)) {
        listener->gone(listener->closure, &place->told->target, -1);
        place->last = place->told;
        place->told = NULL;
    }
    if (place->told ||
        !cgroup_find(targets->proc, selector->text, &selector->place) ||
        stat(selector->place.directory, &status) < 0)
        return;
    place->inode = status.st_ino;
    place->told =
        targets_tell_new(targets, SCOPE_TARGET_CGROUP, selector->role,
                         selector->place.below, selector->place.directory);
    selector->matched = true;
    listener->found(listener->closure, &place->told->target);
    if (place->last)
        listener->restarted(listener->closure, &place->last->target,
                            &place->told->target);
}

static void look_at_places(struct scope_targets *targets,
                           const struct scope_target_listener *listener)
{
    for (size_t i = 0; i < targets->selector_count; i++) {
        if (targets->selectors[i].kind == SCOPE_SELECT_ALL)
            tell_system(targets, i, listener);
        else if (targets->selectors[i].kind == SCOPE_SELECT_CGROUP)
            look_at_cgroup(targets, i, listener);
    }
}

/* Whether holders must be looked for: the listening sockets changed, or it is
 * long ago. */
static bool look_at_ports(struct scope_targets *targets)
{
    if (!targets->port_count)
        return false;
    port_sockets_read(targets->proc, targets->ports, targets->port_count,
                      &targets->sockets);
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < targets->sockets.count; i++)
        hash =
            (hash ^ targets->sockets.items[i].inode) * UINT64_C(1099511628211);
    bool due = hash != targets->sockets_hash ||
               ++targets->port_passes >= PORT_PASSES || !targets->founded;
    targets->sockets_hash = hash;
    if (due)
        targets->port_passes = 0;
    return due;
}

static bool selected_by_pid(const struct scope_targets *targets, pid_t pid)
{
    for (size_t i = 0; i < targets->selector_count; i++)
        if (targets->selectors[i].kind == SCOPE_SELECT_PID &&
            targets->selectors[i].pid == pid)
            return true;
    return false;
}

/* The nearest on the way up that is a target or must never be one decides: so
 * the command that scope started is measured, and its drivers are not. */
static bool excluded(const struct scope_targets *targets,
                     const struct proc_stat *stat)
{
    struct proc_stat up = *stat;
    for (int depth = 0; depth < 64; depth++) {
        if (targets_never(targets, up.pid))
            return true;
        if (selected_by_pid(targets, up.pid) || targets_live(targets, up.pid))
            return false;
        if (up.parent <= 0 || !proc_stat_of(targets->proc, up.parent, &up))
            return false;
    }
    return false;
}

/* The first selector that means the process, or selector_count. All are
 * asked, so that each knows whether it means something. */
static size_t select_process(struct scope_targets *targets,
                             const struct select_view *view,
                             const struct proc_stat *stat)
{
    size_t chosen = targets->selector_count;
    for (size_t i = 0; i < targets->selector_count; i++) {
        struct selector *selector = &targets->selectors[i];
        if (chosen < targets->selector_count && selector->matched)
            continue;
        if (selector->kind == SCOPE_SELECT_MATCH &&
            targets_ancestor(targets, stat->pid))
            continue;
        if (!selector_means(selector, view, stat) || excluded(targets, stat))
            continue;
        selector->matched = true;
        if (chosen == targets->selector_count)
            chosen = i;
    }
    return chosen;
}

/* Takes the process in, unless it ended meanwhile. */
static enum scope_code take(struct scope_targets *targets,
                            const struct proc_stat *stat, size_t selector,
                            const struct scope_target_listener *listener,
                            struct scope_err *err)
{
    enum scope_code code =
        targets_found(targets, stat, selector, listener, err);
    return code == SCOPE_NOT_FOUND ? SCOPE_OK : code;
}

/* One process of the listing: a target still, a new one, or a candidate that
 * may be the child of one. */
static enum scope_code consider(struct scope_targets *targets,
                                const struct select_view *view, pid_t pid,
                                const struct scope_target_listener *listener,
                                struct scope_err *err)
{
    struct proc_stat stat;
    struct process *known = targets_live(targets, pid);
    if (!proc_stat_of(targets->proc, pid, &stat) || proc_stat_dead(&stat))
        return SCOPE_OK;
    if (known && known->told->target.start_ticks == stat.start_ticks)
        return SCOPE_OK;
    if (known)
        targets_gone(targets, known, -1, listener);
    size_t selector = select_process(targets, view, &stat);
    if (selector < targets->selector_count)
        return take(targets, &stat, selector, listener, err);
    if (targets->follow && stat.parent > 0 && !targets_never(targets, pid)) {
        targets->candidates =
            scope_grow(targets->candidates, &targets->candidate_room,
                       targets->candidate_count, sizeof stat);
        targets->candidates[targets->candidate_count++] = stat;
    }
    return SCOPE_OK;
}

/* Children of targets, and theirs, until nobody is left. */
static enum scope_code
take_children(struct scope_targets *targets, size_t limit,
              const struct scope_target_listener *listener,
              struct scope_err *err)
{
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < targets->candidate_count; i++) {
            struct proc_stat *stat = &targets->candidates[i];
            const struct process *parent =
                stat->pid ? targets_live(targets, stat->parent) : NULL;
            if (!parent || targets->fresh_count >= limit)
                continue;
            enum scope_code code =
                take(targets, stat, parent->selector, listener, err);
            if (code)
                return code;
            stat->pid = 0;
            changed = true;
        }
    }
    return SCOPE_OK;
}

static enum scope_code full_scan(struct scope_targets *targets,
                                 const struct scope_target_listener *listener,
                                 struct scope_err *err)
{
    size_t limit = targets->founded ? NEW_LIMIT : SIZE_MAX;
    struct select_view view = {.proc = targets->proc, .room = targets->room};
    look_at_places(targets, listener);
    if (look_at_ports(targets))
        view.sockets = &targets->sockets;
    if (!targets->pids.partial)
        lseek(targets->proc, 0, SEEK_SET);
    if (!proc_numbers_list(targets->proc, &targets->pids,
                           targets->founded ? PASS_LIMIT : SIZE_MAX))
        return scope_fail(err, SCOPE_IO, errno, "list the processes");
    targets->candidate_count = 0;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < targets->pids.count; i++)
        if (targets->fresh_count < limit)
            code =
                consider(targets, &view, targets->pids.items[i], listener, err);
    if (!code)
        code = take_children(targets, limit, listener, err);
    targets_restarts(targets, listener);
    return code;
}

enum scope_code scope_targets_scan(struct scope_targets *targets, bool full,
                                   const struct scope_target_listener *listener,
                                   struct scope_err *err)
{
    size_t budget = targets->founded ? NEW_LIMIT : SIZE_MAX;
    enum scope_code code = SCOPE_OK;
    reap_pidfds(targets, listener);
    reap_others(targets, listener);
    if (full)
        code = full_scan(targets, listener, err);
    for (size_t i = 0; !code && i < targets->live_count; i++)
        code = targets_threads(targets, targets->live[i], full, &budget,
                               listener, err);
    targets->founded |= full && !code;
    return code;
}
