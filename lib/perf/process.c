/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes, their threads at the time of opening, and who covers whom. */
#include "lib/perf/process.h"

#include "lib/perf/tids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often opening is begun again because threads appeared meanwhile. */
#define ATTEMPTS 10

struct counted {
    uint32_t id;
    pid_t pid;
    uint32_t instance;
    bool ended;
    struct counted *cover;     /* whose counts include this one's, or NULL */
    uint64_t opened_ticks;     /* when its threads were open */
    pid_t first_pid, last_pid; /* the newest process ids before and after */
    struct perf_group *groups;
    size_t count, room;
    struct perf_counts *total;   /* as read in the present sweep */
    struct perf_counts *others;  /* of that, what ended children emitted */
    struct perf_counts *own;     /* total without all children */
    struct perf_counts *emitted; /* never falls */
};

struct perf_processes {
    const struct perf_opener *opener;
    struct counted **items; /* a cover is before whom it covers */
    size_t count, room;
};

struct perf_processes *perf_processes_new(const struct perf_opener *opener)
{
    struct perf_processes *processes = scope_alloc(1, sizeof *processes);
    processes->opener = opener;
    return processes;
}

static void close_groups(struct counted *counted)
{
    for (size_t i = 0; i < counted->count; i++)
        perf_group_close(&counted->groups[i]);
    counted->count = 0;
}

static void free_counted(struct counted *counted)
{
    close_groups(counted);
    free(counted->groups);
    free(counted->total);
    free(counted->others);
    free(counted->own);
    free(counted->emitted);
    free(counted);
}

void perf_processes_free(struct perf_processes *processes)
{
    if (!processes)
        return;
    for (size_t i = 0; i < processes->count; i++)
        free_counted(processes->items[i]);
    free(processes->items);
    free(processes);
}

static enum scope_code fail_open(const struct scope_target *target, int fault,
                                 struct scope_err *err)
{
    scope_fail(err, fault == EACCES || fault == EPERM ? SCOPE_PERM : SCOPE_IO,
               fault, "perf_event_open of process %d", target->pid);
    if (fault == EMFILE || fault == ENFILE)
        return scope_hint(err, "each thread needs a file for each event: raise "
                               "the limit of open files (ulimit -n)");
    return scope_hint(err, "another user's process: run scope as root, or give "
                           "it CAP_PERFMON and CAP_SYS_PTRACE");
}

/* Opens each thread; those that end meanwhile are left out. */
static int open_threads(const struct perf_processes *processes,
                        struct counted *counted, const struct perf_tids *tids)
{
    for (size_t i = 0; i < tids->count; i++) {
        struct perf_group group;
        if (!perf_group_open(&group, processes->opener, tids->items[i], -1,
                             true, 0, false)) {
            if (errno == ESRCH)
                continue;
            return errno;
        }
        counted->groups = scope_grow(counted->groups, &counted->room,
                                     counted->count, sizeof group);
        counted->groups[counted->count++] = group;
    }
    return 0;
}

/* The newest process id of this namespace: the last word of loadavg. */
static pid_t newest_pid(void)
{
    char text[128];
    int fd = open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    const char *word = strrchr(text, ' ');
    return word ? (pid_t)strtol(word, NULL, 10) : 0;
}

static uint64_t now_ticks(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    uint64_t hertz = (uint64_t)sysconf(_SC_CLK_TCK);
    return (uint64_t)now.tv_sec * hertz +
           (uint64_t)now.tv_nsec * hertz / UINT64_C(1000000000);
}

/*
 * A thread that began while the others were being opened may or may not be
 * covered by the one that made it. So everything is opened again, until no
 * thread began meanwhile: then each is counted exactly once.
 */
static int open_all(const struct perf_processes *processes,
                    struct counted *counted, bool *unsure)
{
    struct perf_tids before = {0};
    struct perf_tids after = {0};
    int fault = 0;
    bool again = true;
    for (int i = 0; i < ATTEMPTS && again && !fault; i++) {
        close_groups(counted);
        counted->first_pid = newest_pid();
        perf_tids_list(counted->pid, &before);
        fault = open_threads(processes, counted, &before);
        perf_tids_list(counted->pid, &after);
        again = perf_tids_grew(&before, &after);
    }
    counted->last_pid = newest_pid();
    counted->opened_ticks = now_ticks();
    *unsure |= again;
    free(before.items);
    free(after.items);
    return fault;
}

static bool read_stat(pid_t pid, pid_t *parent, uint64_t *start_ticks)
{
    char path[32];
    char text[2048];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return false;
    text[length] = '\0';
    const char *rest = strrchr(text, ')');
    return rest && sscanf(rest,
                          ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
                          "%*u %*d %*d %*d %*d %*d %*d %" SCNu64,
                          parent, start_ticks) == 2;
}

static struct counted *find_pid(const struct perf_processes *processes,
                                pid_t pid)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->items[i]->pid == pid && !processes->items[i]->ended)
            return processes->items[i];
    return NULL;
}

/* Whether a process that began at this time, under this id, was made after
 * the other was open. Ids decide within a clock tick; *unsure when it was made
 * while the other was being opened. */
static bool began_after(pid_t pid, uint64_t start_ticks,
                        const struct counted *other, bool *unsure)
{
    if (start_ticks > other->opened_ticks + 1)
        return true;
    if (start_ticks + 1 < other->opened_ticks || pid <= other->first_pid)
        return false;
    *unsure |= pid <= other->last_pid;
    return pid > other->last_pid;
}

/* The nearest process on the way up that was open when this one was made. */
static struct counted *find_cover(const struct perf_processes *processes,
                                  const struct scope_target *target,
                                  bool *unsure)
{
    pid_t pid = target->pid;
    for (int depth = 0; depth < 64; depth++) {
        pid_t parent;
        uint64_t start_ticks;
        if (!read_stat(pid, &parent, &start_ticks) || parent <= 0)
            return NULL;
        struct counted *cover = find_pid(processes, parent);
        if (cover && began_after(pid, start_ticks, cover, unsure))
            return cover;
        pid = parent;
    }
    return NULL;
}

static struct counted *new_counted(const struct perf_processes *processes,
                                   const struct scope_target *target)
{
    size_t events = processes->opener->events->count;
    struct counted *counted = scope_alloc(1, sizeof *counted);
    counted->id = target->id;
    counted->pid = target->pid;
    counted->total = perf_counts_new(events);
    counted->others = perf_counts_new(events);
    counted->own = perf_counts_new(events);
    counted->emitted = perf_counts_new(events);
    return counted;
}

enum scope_code perf_processes_attach(struct perf_processes *processes,
                                      const struct scope_target *target,
                                      struct scope_sink *sink,
                                      struct scope_err *err)
{
    pid_t parent;
    uint64_t start_ticks = 0;
    bool unsure = false;
    struct counted *counted = new_counted(processes, target);
    counted->cover = find_cover(processes, target, &unsure);
    int fault = open_all(processes, counted, &unsure);
    /* Opened by pid: the process must still be the one that was meant. */
    bool same = read_stat(target->pid, &parent, &start_ticks) &&
                start_ticks == target->start_ticks;
    if (fault || !counted->count || !same) {
        free_counted(counted);
        return fault && same ? fail_open(target, fault, err) : SCOPE_NOT_FOUND;
    }
    counted->instance = scope_instance(sink, target, "");
    if (unsure)
        scope_event(sink, SCOPE_EVENT_WARNING, target, 1,
                    "threads or children were made while process %d was being "
                    "opened: some may be missing or counted twice",
                    target->pid);
    processes->items = scope_grow(processes->items, &processes->room,
                                  processes->count, sizeof(struct counted *));
    processes->items[processes->count++] = counted;
    return SCOPE_OK;
}

void perf_processes_detach(struct perf_processes *processes,
                           const struct scope_target *target)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->items[i]->id == target->id)
            processes->items[i]->ended = true;
}

static void read_total(const struct perf_processes *processes,
                       struct counted *counted)
{
    perf_counts_clear(counted->total, processes->opener->events->count);
    /* One that cannot be read is left out of this sweep: what is emitted does
     * not fall for it (see keep_rising). */
    for (size_t i = 0; i < counted->count; i++)
        (void)perf_group_read(&counted->groups[i], processes->opener, false,
                              counted->total);
}

static void rise(uint64_t *emitted, uint64_t now)
{
    if ((int64_t)(now - *emitted) > 0)
        *emitted = now;
}

/* A child is read a moment before its cover: by what it did meanwhile, and
 * never more, the difference may be smaller than last time. */
static void keep_rising(struct counted *counted, size_t events)
{
    rise(&counted->emitted->enabled_ns, counted->own->enabled_ns);
    rise(&counted->emitted->running_ns, counted->own->running_ns);
    for (size_t i = 0; i < events; i++)
        rise(&counted->emitted->values[i], counted->own->values[i]);
}

/* Takes one that ended out: its children's cover is now its own cover, from
 * which what it counted stays taken off. */
static void forget(struct perf_processes *processes, size_t at)
{
    size_t events = processes->opener->events->count;
    struct counted *gone = processes->items[at];
    if (gone->cover)
        perf_counts_add(gone->cover->others, gone->total, events);
    for (size_t i = 0; i < processes->count; i++) {
        struct counted *child = processes->items[i];
        if (child->cover != gone)
            continue;
        child->cover = gone->cover;
        if (gone->cover)
            perf_counts_subtract(gone->cover->others, child->total, events);
    }
    free_counted(gone);
    processes->count--;
    memmove(processes->items + at, processes->items + at + 1,
            (processes->count - at) * sizeof(struct counted *));
}

void perf_processes_sample(struct perf_processes *processes,
                           void (*emit)(void *closure,
                                        const struct perf_reading *reading),
                           void *closure)
{
    size_t events = processes->opener->events->count;
    for (size_t i = processes->count; i-- > 0;) {
        struct counted *counted = processes->items[i];
        read_total(processes, counted);
        perf_counts_copy(counted->own, counted->total, events);
        perf_counts_subtract(counted->own, counted->others, events);
    }
    for (size_t i = 0; i < processes->count; i++)
        if (processes->items[i]->cover)
            perf_counts_subtract(processes->items[i]->cover->own,
                                 processes->items[i]->total, events);
    for (size_t i = 0; i < processes->count; i++) {
        struct counted *counted = processes->items[i];
        keep_rising(counted, events);
        emit(closure, &(struct perf_reading){.target = counted->id,
                                             .instance = counted->instance,
                                             .ended = counted->ended,
                                             .counts = counted->emitted});
    }
    for (size_t i = processes->count; i-- > 0;)
        if (processes->items[i]->ended)
            forget(processes, i);
}
