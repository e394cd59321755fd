/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counting calls where there is no BPF: one perf event a thread on the
 * tracepoint of each call of a list, and one on that of all calls, so that
 * those that are not on the list are known in sum. Counts are exact; times,
 * results and errors cannot be had so.
 *
 * An event more costs a call nothing, but a thread that is switched to or from
 * 0.09 us (measured: 41 of them 4 us a sleep and wake-up), and a file of each
 * thread: hence a list, and not every call there is.
 */
#include "collectors/syscalls/anchors.h"
#include "collectors/syscalls/counter.h"
#include "collectors/syscalls/percpu.h"
#include "collectors/syscalls/tracefs.h"
#include "lib/perf/process.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What servers and proxies spend their requests on; an architecture that lacks
 * one does without it. */
static const char *const usual[] = {
    "read",       "write",       "readv",         "writev",    "pread64",
    "pwrite64",   "recvfrom",    "sendto",        "recvmsg",   "sendmsg",
    "sendfile",   "splice",      "accept4",       "socket",    "connect",
    "setsockopt", "getsockopt",  "shutdown",      "close",     "openat",
    "epoll_wait", "epoll_pwait", "epoll_pwait2",  "epoll_ctl", "poll",
    "futex",      "fdatasync",   "clock_gettime",
};

struct tracepoints {
    struct perf_events events; /* all calls, then the listed ones */
    uint32_t *numbers;         /* of the calls, as events has them */
    struct perf_opener opener;
    struct anchors anchors;
    struct perf_processes *processes;
    struct percpu *percpu;
    double cost_ns;
    uint32_t ids[SYSCALLS_TARGETS]; /* of the targets, by key; 0: free */
    uint64_t others[SYSCALLS_TARGETS];
    const struct syscalls_reader *reader; /* during read */
};

static enum scope_code fail_unknown(const char *name, struct scope_err *err)
{
    scope_fail(err, SCOPE_USAGE, 0, "syscalls.calls: no system call \"%s\"",
               name);
    return scope_hint(err, "ausyscall --dump lists the names, and man 2 "
                           "syscalls");
}

/* The kernel calls a few otherwise than the table of calls does: newfstat,
 * sendfile64, umount for umount2. */
static int find_id(int events, const char *name)
{
    size_t length = strlen(name);
    bool second = length && name[length - 1] == '2';
    const struct {
        const char *before;
        size_t kept;
        const char *after;
    } forms[] = {{"", length, ""},
                 {"new", length, ""},
                 {"", length, "64"},
                 {"", length - second, ""}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char path[96];
        snprintf(path, sizeof path, "syscalls/sys_enter_%s%.*s%s",
                 forms[i].before, (int)forms[i].kept, name, forms[i].after);
        int id = tracefs_id(events, path);
        if (id >= 0)
            return id;
    }
    return -1;
}

static enum scope_code add_event(struct tracepoints *self, int id,
                                 uint32_t number, const char *name,
                                 struct scope_err *err)
{
    struct perf_event *event = &self->events.items[self->events.count];
    self->numbers[self->events.count++] = number;
    event->attr = (struct perf_event_attr){
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof event->attr,
        .config = (unsigned)id,
    };
    return anchors_hold(&self->anchors, id, name, err);
}

static bool is_listed(const struct tracepoints *self, uint32_t number)
{
    for (size_t i = 0; i < self->events.count; i++)
        if (self->numbers[i] == number)
            return true;
    return false;
}

/* asked: by the user, so that it is an error when there is no such call. */
static enum scope_code add_call(struct tracepoints *self, int events,
                                const char *name, bool asked,
                                struct scope_err *err)
{
    int number = syscalls_number(name);
    if (number < 0)
        return asked ? fail_unknown(name, err) : SCOPE_OK;
    if (is_listed(self, (uint32_t)number))
        return SCOPE_OK;
    int id = find_id(events, name);
    if (id >= 0)
        return add_event(self, id, (uint32_t)number, name, err);
    if (!asked)
        return SCOPE_OK;
    return scope_fail(err, SCOPE_UNAVAILABLE, 0,
                      "syscalls.calls: this kernel has no tracepoint for %s",
                      name);
}

static enum scope_code add_calls(struct tracepoints *self, int events,
                                 const struct scope_list *calls,
                                 struct scope_err *err)
{
    bool asked = calls->count > 0;
    const char *const *names = asked ? calls->items : usual;
    size_t count = asked ? calls->count : sizeof usual / sizeof *usual;
    self->events.items = scope_alloc(1 + count, sizeof *self->events.items);
    self->numbers = scope_alloc(1 + count, sizeof *self->numbers);
    enum scope_code code =
        add_event(self, tracefs_id(events, "raw_syscalls/sys_enter"),
                  SYSCALLS_OTHER, "raw_syscalls:sys_enter", err);
    for (size_t i = 0; i < count && code == SCOPE_OK; i++)
        code = add_call(self, events, names[i], asked, err);
    return code;
}

static enum scope_code open_events(int *events, struct scope_err *err)
{
    *events = tracefs_events(err);
    if (*events < 0)
        return err ? err->code : SCOPE_UNAVAILABLE;
    enum scope_code code = tracefs_check(*events, err);
    if (code != SCOPE_OK) {
        close(*events);
        *events = -1;
    }
    return code;
}

/* An event that costs nothing to close, under the same rule as tracepoints. */
static enum scope_code try_perf(struct scope_err *err)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_SW_DUMMY,
        .disabled = 1,
    };
    int fd = perf_open(&attr, 0, -1, -1, 0);
    if (fd >= 0) {
        close(fd);
        return SCOPE_OK;
    }
    if (errno == EACCES || errno == EPERM) {
        scope_fail(err, SCOPE_PERM, errno,
                   "counting in the kernel (kernel.perf_event_paranoid is %d)",
                   perf_paranoid());
        return scope_hint(err, "run scope as root, give it CAP_PERFMON, or set "
                               "kernel.perf_event_paranoid to 1 or less");
    }
    scope_fail(err, SCOPE_UNAVAILABLE, errno, "perf_event_open");
    return scope_hint(err, "it needs a kernel with CONFIG_PERF_EVENTS");
}

static enum scope_code probe(const struct syscalls_config *config,
                             struct scope_err *err)
{
    int events;
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < config->calls.count; i++)
        if (syscalls_number(config->calls.items[i]) < 0)
            return fail_unknown(config->calls.items[i], err);
    code = open_events(&events, err);
    if (code != SCOPE_OK)
        return code;
    close(events);
    return try_perf(err);
}

static void close_way(void *state)
{
    struct tracepoints *self = state;
    perf_processes_free(self->processes);
    percpu_free(self->percpu);
    anchors_release(&self->anchors);
    free(self->events.items);
    free(self->numbers);
    free(self->opener.bytes);
    free(self);
}

/* --- what it costs -------------------------------------------------------- */

/* A call that does nothing on no file, and is listed where one of these is:
 * that takes two events and not one. */
static uint32_t idle_call(const struct scope_list *calls)
{
    static const uint32_t idle[] = {SYS_read, SYS_write, SYS_close};
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        for (size_t k = 0; k < calls->count; k++)
            if (syscalls_number(calls->items[k]) == (int)idle[i])
                return idle[i];
    return calls->count ? SYS_getppid : SYS_read;
}

static int64_t own_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A call in ns, the fastest of a few rounds: what disturbs only adds. */
static double time_calls(uint32_t number)
{
    enum { ROUNDS = 5, CALLS = 2000 };
    double best = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start_ns = own_ns();
        for (int i = 0; i < CALLS; i++)
            syscall(number, -1, NULL, 0L);
        best = fmin(best, (double)(own_ns() - start_ns) / CALLS);
    }
    return best;
}

/* alone_ns: the same call before any tracepoint was held, as then all calls
 * take a shorter way through the kernel. */
static void find_cost(struct tracepoints *self, uint32_t number,
                      double alone_ns)
{
    struct perf_group group;
    if (!perf_group_open(&group, &self->opener, 0, -1, false, 0, false))
        return;
    self->cost_ns = time_calls(number) - alone_ns;
    perf_group_close(&group);
}

static double cost(void *state)
{
    const struct tracepoints *self = state;
    return self->cost_ns;
}

static enum scope_code open_way(const struct syscalls_config *config,
                                void **state, struct scope_err *err)
{
    int events;
    enum scope_code code = open_events(&events, err);
    if (code != SCOPE_OK)
        return code;
    struct tracepoints *self = scope_alloc(1, sizeof *self);
    uint32_t idle = idle_call(&config->calls);
    double alone_ns = time_calls(idle);
    perf_raise_files();
    code = add_calls(self, events, &config->calls, err);
    close(events);
    if (code != SCOPE_OK) {
        close_way(self);
        return code;
    }
    self->opener = (struct perf_opener){
        .events = &self->events,
        .kernel = true,
        .bytes = scope_alloc(3 + self->events.count, sizeof(uint64_t)),
    };
    find_cost(self, idle, alone_ns);
    self->processes = perf_processes_new(&self->opener);
    self->percpu = percpu_new(&self->opener);
    *state = self;
    return SCOPE_OK;
}

static enum scope_code attach(void *state, const struct scope_target *target,
                              uint32_t key, struct scope_sink *sink,
                              struct scope_err *err)
{
    struct tracepoints *self = state;
    enum scope_code code;
    if (target->kind == SCOPE_TARGET_THREAD) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0,
                   "system calls of single threads, by tracepoints");
        return scope_hint(err, "it needs the way bpf; without "
                               "syscalls.threads all threads of a process are "
                               "counted together");
    }
    if (target->kind == SCOPE_TARGET_PROCESS)
        code = perf_processes_attach(self->processes, target, sink, err);
    else
        code = percpu_attach(self->percpu, target, err);
    if (code != SCOPE_OK && err && (err->sys == EMFILE || err->sys == ENFILE)) {
        scope_hint(err,
                   "each thread of a process, or CPU, needs %zu files: raise "
                   "the limit of open files (ulimit -n), or name fewer calls "
                   "(syscalls.calls)",
                   self->events.count);
    }
    if (code != SCOPE_OK)
        return code;
    self->ids[key] = target->id;
    self->others[key] = 0;
    return SCOPE_OK;
}

static void detach(void *state, const struct scope_target *target, uint32_t key)
{
    struct tracepoints *self = state;
    (void)key;
    if (target->kind == SCOPE_TARGET_PROCESS)
        perf_processes_detach(self->processes, target);
    else
        percpu_detach(self->percpu, target);
}

static void tell_row(const struct tracepoints *self, uint32_t key,
                     uint32_t number, uint64_t calls)
{
    if (calls)
        self->reader->row(self->reader->closure,
                          &(struct syscalls_row){
                              .target = key, .number = number, .calls = calls});
}

/* The total was read a moment before the listed ones, so that at times there
 * seem to be fewer others than before. */
static void tell(void *closure, const struct perf_reading *reading)
{
    struct tracepoints *self = closure;
    const uint64_t *values = reading->counts->values;
    uint64_t listed = 0;
    uint32_t key = 0;
    while (key < SYSCALLS_TARGETS && self->ids[key] != reading->target)
        key++;
    if (key == SYSCALLS_TARGETS)
        return;
    for (size_t i = 1; i < self->events.count; i++) {
        listed += values[i];
        tell_row(self, key, self->numbers[i], values[i]);
    }
    if (values[0] > listed && values[0] - listed > self->others[key])
        self->others[key] = values[0] - listed;
    tell_row(self, key, SYSCALLS_OTHER, self->others[key]);
    if (!reading->ended)
        return;
    self->ids[key] = 0;
    self->reader->ended(self->reader->closure, key);
}

static enum scope_code read_way(void *state,
                                const struct syscalls_reader *reader,
                                struct scope_err *err)
{
    struct tracepoints *self = state;
    (void)err;
    self->reader = reader;
    perf_processes_sample(self->processes, tell, self);
    percpu_sample(self->percpu, tell, self);
    self->reader = NULL;
    return SCOPE_OK;
}

static uint64_t lost(void *self, const char **why)
{
    (void)self;
    *why = "";
    return 0;
}

const struct syscalls_way syscalls_by_tracepoints = {
    .name = "tracepoints",
    .times = false,
    .errors = false,
    .probe = probe,
    .open = open_way,
    .attach = attach,
    .detach = detach,
    .read = read_way,
    .lost = lost,
    .cost = cost,
    .close = close_way,
};
