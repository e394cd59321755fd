/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens threads, and keeps who is sampled in a tree by tid (tsearch(3)). */
#include "collectors/cycles/threads.h"

#include "lib/perf/tids.h"

#include <errno.h>
#include <search.h>
#include <sys/resource.h>
#include <unistd.h>

/* How often opening is begun again because threads appeared meanwhile. */
#define ATTEMPTS 10

/* The events of one process, and how many threads live that have them or
 * inherited from them. */
struct root {
    int *fds;
    size_t count, room;
    size_t alive;
};

struct sampled {
    pid_t tid;
    struct root *root;
};

struct cycles_threads {
    const struct cycles_lanes *lanes;
    const struct cycles_event *event;
    void *tree; /* of struct sampled */
};

static int compare(const void *left, const void *right)
{
    const struct sampled *a = left;
    const struct sampled *b = right;
    return (a->tid > b->tid) - (a->tid < b->tid);
}

struct cycles_threads *cycles_threads_new(const struct cycles_lanes *lanes,
                                          const struct cycles_event *event)
{
    struct cycles_threads *threads = scope_alloc(1, sizeof *threads);
    threads->lanes = lanes;
    threads->event = event;
    return threads;
}

static struct sampled *look_up(const struct cycles_threads *threads, pid_t tid)
{
    const struct sampled key = {.tid = tid};
    void *node = tfind(&key, &threads->tree, compare);
    return node ? *(struct sampled **)node : NULL;
}

static void close_root(struct root *root)
{
    for (size_t i = 0; i < root->count; i++)
        close(root->fds[i]);
    free(root->fds);
    free(root);
}

static void leave(struct sampled *sampled)
{
    if (--sampled->root->alive == 0)
        close_root(sampled->root);
    free(sampled);
}

static void take_out(struct cycles_threads *threads, pid_t tid)
{
    struct sampled *sampled = look_up(threads, tid);
    if (!sampled)
        return;
    tdelete(sampled, &threads->tree, compare);
    leave(sampled);
}

/* A tid whose end was not seen may come again. */
static void put_in(struct cycles_threads *threads, pid_t tid, struct root *root)
{
    root->alive++;
    take_out(threads, tid);
    struct sampled *sampled = scope_alloc(1, sizeof *sampled);
    *sampled = (struct sampled){.tid = tid, .root = root};
    if (!tsearch(sampled, &threads->tree, compare))
        abort(); /* out of memory */
}

static void free_sampled(void *node)
{
    leave(node);
}

void cycles_threads_free(struct cycles_threads *threads)
{
    if (!threads)
        return;
    tdestroy(threads->tree, free_sampled);
    free(threads);
}

void cycles_threads_play(struct cycles_threads *threads,
                         const struct cycles_record *record)
{
    const struct sampled *maker;
    switch (record->type) {
    case PERF_RECORD_FORK:
        maker = look_up(threads, record->parent.tid);
        if (maker)
            put_in(threads, record->tid, maker->root);
        break;
    case PERF_RECORD_EXIT:
        take_out(threads, record->tid);
        break;
    default:
        break;
    }
}

/* One file for each thread and CPU; the usual soft limit is 1024. */
static bool raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur >= limit.rlim_max)
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* The thread on every CPU; 0, or the errno of the first that fails. */
static int open_thread(const struct cycles_threads *threads, struct root *root,
                       pid_t tid)
{
    for (size_t i = 0; i < threads->lanes->count; i++) {
        const struct cycles_lane *lane = &threads->lanes->items[i];
        int fd = cycles_lane_add(lane, threads->event, tid, false);
        if (fd < 0 && errno == EMFILE && raise_file_limit())
            fd = cycles_lane_add(lane, threads->event, tid, false);
        if (fd < 0)
            return errno;
        root->fds = scope_grow(root->fds, &root->room, root->count, sizeof fd);
        root->fds[root->count++] = fd;
    }
    return 0;
}

/* Those that are not sampled yet; the ones that end meanwhile are left out. */
static int open_threads(struct cycles_threads *threads, struct root *root,
                        const struct perf_tids *tids)
{
    for (size_t i = 0; i < tids->count; i++) {
        if (look_up(threads, tids->items[i]))
            continue;
        int fault = open_thread(threads, root, tids->items[i]);
        if (fault && fault != ESRCH)
            return fault;
        if (!fault)
            put_in(threads, tids->items[i], root);
    }
    return 0;
}

/* During a walk: who belongs to a root. */
struct members {
    const struct root *root;
    struct perf_tids tids;
};

static void collect(const void *node, VISIT visit, void *closure)
{
    const struct sampled *sampled = *(struct sampled *const *)node;
    struct members *members = closure;
    struct perf_tids *tids = &members->tids;
    if ((visit != postorder && visit != leaf) || sampled->root != members->root)
        return;
    tids->items =
        scope_grow(tids->items, &tids->room, tids->count, sizeof *tids->items);
    tids->items[tids->count++] = sampled->tid;
}

/* Takes all out that were put in with this root, and who inherited. */
static void undo(struct cycles_threads *threads, const struct root *root)
{
    struct members members = {.root = root};
    twalk_r(threads->tree, collect, &members);
    for (size_t i = 0; i < members.tids.count; i++)
        take_out(threads, members.tids.items[i]);
    free(members.tids.items);
}

static enum scope_code fail_open(const struct scope_target *target, int fault,
                                 struct scope_err *err)
{
    if (fault == ESRCH)
        return SCOPE_NOT_FOUND;
    scope_fail(err, fault == EACCES || fault == EPERM ? SCOPE_PERM : SCOPE_IO,
               fault, "sample process %d", target->pid);
    if (fault == EMFILE || fault == ENFILE)
        return scope_hint(err, "each thread needs a file for each CPU: raise "
                               "the limit of open files (ulimit -n)");
    return scope_hint(err, "another user's process: run scope as root, or give "
                           "it CAP_PERFMON and CAP_SYS_PTRACE");
}

/*
 * A thread that began while the others were being opened may have inherited
 * from some events of its maker and not from all. So everything is opened
 * again, until none began meanwhile.
 */
static int open_all(struct cycles_threads *threads, pid_t pid,
                    void (*drain)(void *closure), void *closure, bool *unsure)
{
    struct perf_tids before = {0};
    struct perf_tids after = {0};
    int fault = 0;
    bool again = true;
    for (int i = 0; i < ATTEMPTS && again && !fault; i++) {
        struct root *root = scope_alloc(1, sizeof *root);
        root->alive = 1; /* this function */
        drain(closure);
        perf_tids_list(pid, &before);
        fault = open_threads(threads, root, &before);
        perf_tids_list(pid, &after);
        drain(closure);
        again = root->count && perf_tids_grew(&before, &after);
        if (fault || (again && i < ATTEMPTS - 1))
            undo(threads, root);
        if (--root->alive == 0)
            close_root(root);
        if (!fault && !before.count)
            fault = ESRCH;
    }
    *unsure = again;
    free(before.items);
    free(after.items);
    return fault;
}

enum scope_code cycles_threads_attach(struct cycles_threads *threads,
                                      const struct scope_target *target,
                                      void (*drain)(void *closure),
                                      void *closure, struct scope_sink *sink,
                                      struct scope_err *err)
{
    bool unsure = false;
    int fault = open_all(threads, target->pid, drain, closure, &unsure);
    if (fault)
        return fail_open(target, fault, err);
    if (unsure)
        scope_event(sink, SCOPE_EVENT_WARNING, target, 1,
                    "threads were made while process %d was being opened: "
                    "some may be sampled in part only",
                    target->pid);
    return SCOPE_OK;
}
