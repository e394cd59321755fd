/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events that are never enabled, and the process that closes them. */
#include "collectors/syscalls/anchors.h"

#include "lib/perf/group.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static enum scope_code fail_hold(const char *name, struct scope_err *err)
{
    int fault = errno;
    bool denied = fault == EACCES || fault == EPERM;
    scope_fail(err, denied ? SCOPE_PERM : SCOPE_UNAVAILABLE, fault,
               "perf_event_open of the tracepoint %s", name);
    if (denied)
        scope_hint(err,
                   "run scope as root, or give it CAP_PERFMON "
                   "(kernel.perf_event_paranoid is %d)",
                   perf_paranoid());
    else if (fault == EMFILE || fault == ENFILE)
        scope_hint(err, "raise the limit of open files (ulimit -n), or name "
                        "fewer calls (syscalls.calls)");
    return err ? err->code : SCOPE_UNAVAILABLE;
}

enum scope_code anchors_hold(struct anchors *anchors, int id, const char *name,
                             struct scope_err *err)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof attr,
        .config = (unsigned)id,
        .disabled = 1,
    };
    int fd = perf_open(&attr, 0, -1, -1, 0);
    if (fd < 0)
        return fail_hold(name, err);
    anchors->fds = scope_grow(anchors->fds, &anchors->room, anchors->count,
                              sizeof *anchors->fds);
    anchors->fds[anchors->count++] = fd;
    return SCOPE_OK;
}

static int by_number(const void *a, const void *b)
{
    const int *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Only system calls: other threads of scope may hold any lock. */
static _Noreturn void close_apart(const struct anchors *anchors)
{
    unsigned from = 0;
    setsid();
    for (size_t i = 0; i < anchors->count; i++) {
        unsigned fd = (unsigned)anchors->fds[i];
        if (fd > from)
            syscall(SYS_close_range, from, fd - 1, 0);
        from = fd + 1;
    }
    syscall(SYS_close_range, from, ~0U, 0);
    /* The caller waits for this process, so that nothing of its is held any
     * more when it goes on; the one that is left ends by closing the rest. */
    (void)!fork();
    _exit(0);
}

void anchors_release(struct anchors *anchors)
{
    if (anchors->count) {
        qsort(anchors->fds, anchors->count, sizeof *anchors->fds, by_number);
        pid_t child = fork();
        if (child == 0)
            close_apart(anchors);
        while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
        for (size_t i = 0; i < anchors->count; i++)
            close(anchors->fds[i]);
    }
    free(anchors->fds);
    *anchors = (struct anchors){0};
}
