/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process: its files, the sums over its threads, and how it comes and
 * goes. */
#include "collectors/proc/process.h"

#include "collectors/proc/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const group_names[] = {
    "stat", "statm", "status", "io", "schedstat", "fds", "smaps", NULL,
};
static const char *const thread_group_names[] = {
    "stat", "schedstat", "status", "io", NULL,
};

enum scope_code processes_open(struct reader *reader,
                               const struct config *config,
                               struct processes **out, struct scope_err *err)
{
    unsigned groups;
    unsigned thread_groups;
    enum scope_code code =
        groups_parse(&config->process, "process", group_names, &groups, err);
    if (!code)
        code = groups_parse(&config->thread, "thread", thread_group_names,
                            &thread_groups, err);
    if (code)
        return code;
    struct processes *processes = scope_alloc(1, sizeof *processes);
    processes->reader = reader;
    processes->groups = groups;
    processes->thread_groups = thread_groups;
    processes->threads = config->threads;
    *out = processes;
    return SCOPE_OK;
}

static void close_process(struct process *process)
{
    const int files[] = {process->stat, process->statm, process->status,
                         process->io,   process->fds,   process->smaps};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0)
            close(files[i]);
    for (size_t i = 0; i < process->thread_count; i++)
        thread_close(process->threads[i]);
    free(process->threads);
    free(process);
}

void processes_close(struct processes *processes)
{
    if (!processes)
        return;
    for (size_t i = 0; i < processes->count; i++)
        close_process(processes->items[i]);
    layout_free(&processes->status_keys);
    layout_free(&processes->smaps_keys);
    layout_free(&processes->io_keys);
    layout_free(&processes->thread_io_keys);
    free(processes->items);
    free(processes);
}

/* The folder of the target in proc, surely of this one: an open folder stays
 * with its process, and its stat file shows the start time. */
static enum scope_code open_folder(struct reader *reader,
                                   const struct scope_target *target,
                                   int *folder, struct scope_err *err)
{
    char path[64];
    uint64_t fields[STAT_COUNT];
    size_t length;
    if (target->kind == SCOPE_TARGET_THREAD)
        snprintf(path, sizeof path, "%d/task/%d", target->pid, target->tid);
    else
        snprintf(path, sizeof path, "%d", target->pid);
    *folder = openat(reader->root, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = *folder < 0 ? -1 : file_open(*folder, "stat");
    const char *text =
        fd < 0 ? NULL : file_read(fd, &reader->room, true, &length);
    int saved = errno;
    if (fd >= 0)
        close(fd);
    if (text && stat_fields(text, length, fields) > 22 - STAT_FIRST &&
        fields[22 - STAT_FIRST] == target->start_ticks)
        return SCOPE_OK;
    if (*folder >= 0)
        close(*folder);
    if (!text && (saved == EMFILE || saved == ENFILE)) {
        scope_fail(err, SCOPE_IO, saved, "open the files of process %d",
                   target->pid);
        return scope_hint(err, "raise the limit of open files (ulimit -n)");
    }
    return SCOPE_NOT_FOUND;
}

/* Opens a file if its group is wanted; notes what must not be read, and
 * whether files have run out. */
struct opening {
    int folder;
    unsigned groups;
    char denied[64];
    int fault;
};

static int open_wanted(struct opening *opening, enum process_group group,
                       const char *path)
{
    if (!(opening->groups >> group & 1))
        return -1;
    int fd = file_open(opening->folder, path);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        opening->fault = errno;
    if (fd < 0 && (errno == EACCES || errno == EPERM)) {
        size_t used = strlen(opening->denied);
        snprintf(opening->denied + used, sizeof opening->denied - used, "%s%s",
                 used ? ", " : "", path);
    }
    return fd;
}

static enum scope_code attach_process(struct processes *processes,
                                      const struct scope_target *target,
                                      int folder, struct scope_err *err)
{
    struct reader *reader = processes->reader;
    struct opening opening = {.folder = folder, .groups = processes->groups};
    struct process *process = scope_alloc(1, sizeof *process);
    process->id = target->id;
    process->stat = open_wanted(&opening, PROCESS_STAT, "stat");
    process->statm = open_wanted(&opening, PROCESS_STATM, "statm");
    process->status = open_wanted(&opening, PROCESS_STATUS, "status");
    process->io = open_wanted(&opening, PROCESS_IO, "io");
    process->fds = open_wanted(&opening, PROCESS_FDS, "fd");
    process->smaps = open_wanted(&opening, PROCESS_SMAPS, "smaps_rollup");
    if (opening.fault) {
        close_process(process);
        scope_fail(err, SCOPE_IO, opening.fault, "open the files of process %d",
                   target->pid);
        return scope_hint(err, "raise the limit of open files (ulimit -n)");
    }
    process->clocked = reader->real && process->stat >= 0 &&
                       clock_getcpuclockid(target->pid, &process->clock) == 0;
    process->instance = scope_instance(reader->sink, target, "");
    if (*opening.denied)
        scope_event(reader->sink, SCOPE_EVENT_WARNING, target, 1,
                    "%s of process %d must not be read and is missing: run "
                    "scope as root, or give it CAP_SYS_PTRACE",
                    opening.denied, target->pid);
    processes->items = scope_grow(processes->items, &processes->room,
                                  processes->count, sizeof *processes->items);
    processes->items[processes->count++] = process;
    return SCOPE_OK;
}

static struct process *find(const struct processes *processes, uint32_t id,
                            size_t *at)
{
    for (*at = 0; *at < processes->count; ++*at)
        if (processes->items[*at]->id == id)
            return processes->items[*at];
    return NULL;
}

static enum scope_code attach_thread(struct processes *processes,
                                     const struct scope_target *target,
                                     int folder)
{
    size_t at;
    struct process *process = find(processes, target->process, &at);
    if (!process)
        return SCOPE_NOT_FOUND;
    process->threads =
        scope_grow(process->threads, &process->thread_room,
                   process->thread_count, sizeof *process->threads);
    process->threads[process->thread_count++] =
        thread_open(processes, target, folder);
    return SCOPE_OK;
}

enum scope_code processes_attach(struct processes *processes,
                                 const struct scope_target *target,
                                 struct scope_err *err)
{
    int folder;
    enum scope_code code = open_folder(processes->reader, target, &folder, err);
    if (code)
        return code;
    code = target->kind == SCOPE_TARGET_THREAD
               ? attach_thread(processes, target, folder)
               : attach_process(processes, target, folder, err);
    close(folder);
    return code;
}

static void add(struct thread_sums *sums, const struct thread_sums *more)
{
    sums->wait_ns += more->wait_ns;
    sums->slices += more->slices;
    sums->voluntary += more->voluntary;
    sums->involuntary += more->involuntary;
}

void processes_detach(struct processes *processes,
                      const struct scope_target *target)
{
    size_t at;
    bool is_thread = target->kind == SCOPE_TARGET_THREAD;
    struct process *process =
        find(processes, is_thread ? target->process : target->id, &at);
    if (!process)
        return;
    if (!is_thread) {
        close_process(process);
        processes->items[at] = processes->items[--processes->count];
        return;
    }
    for (size_t i = 0; i < process->thread_count; i++) {
        if (process->threads[i]->id != target->id)
            continue;
        add(&process->ended, &process->threads[i]->last);
        thread_close(process->threads[i]);
        process->threads[i] = process->threads[--process->thread_count];
        return;
    }
}

static void sample_stat(struct processes *processes, struct process *process)
{
    static const struct stat_row rows[] = {
        {10, METRIC_PROCESS_MINOR, false},
        {12, METRIC_PROCESS_MAJOR, false},
        {14, METRIC_PROCESS_USER, true},
        {15, METRIC_PROCESS_SYSTEM, true},
        {16, METRIC_PROCESS_REAPED_USER, true},
        {17, METRIC_PROCESS_REAPED_SYSTEM, true},
        {20, METRIC_PROCESS_THREADS, false},
    };
    struct timespec time;
    /* The clock goes by the pid; that the held file can be read afterwards
     * shows that the pid was still this process's. */
    bool clocked =
        process->clocked && clock_gettime(process->clock, &time) == 0;
    if (stat_emit(processes->reader, process->stat, rows,
                  sizeof rows / sizeof *rows, process->instance) &&
        clocked)
        scope_emit_u64(processes->reader->sink, METRIC_PROCESS_CPU,
                       process->instance,
                       (uint64_t)time.tv_sec * UINT64_C(1000000000) +
                           (uint64_t)time.tv_nsec);
}

static void sample_statm(struct processes *processes, struct process *process)
{
    static const unsigned metrics[] = {
        METRIC_PROCESS_VIRTUAL,
        METRIC_PROCESS_RESIDENT,
        METRIC_PROCESS_SHARED,
        METRIC_NONE,
        METRIC_NONE,
        METRIC_PROCESS_DATA,
    };
    struct reader *reader = processes->reader;
    uint64_t pages;
    size_t length;
    const char *at = file_read(process->statm, &reader->room, true, &length);
    if (!at)
        return;
    for (size_t i = 0; i < 6 && scan_u64(&at, &pages); i++)
        if (metrics[i] != METRIC_NONE)
            scope_emit_u64(reader->sink, metrics[i], process->instance,
                           pages * reader->page);
}

void io_sample(struct reader *reader, struct layout *layout, int fd,
               unsigned first, uint32_t instance)
{
    size_t length;
    const char *text = file_read(fd, &reader->room, true, &length);
#define KEY(at, text)                                                          \
    {                                                                          \
        text, first + (at), 1                                                  \
    }
    const struct known_key keys[] = {
        KEY(0, "rchar"),
        KEY(1, "wchar"),
        KEY(2, "syscr"),
        KEY(3, "syscw"),
        KEY(4, "read_bytes"),
        KEY(5, "write_bytes"),
        KEY(6, "cancelled_write_bytes"),
    };
#undef KEY
    if (text)
        keys_emit(reader, layout, keys, sizeof keys / sizeof *keys, text,
                  instance);
}

static void sample_status(struct processes *processes, struct process *process)
{
    static const struct known_key keys[] = {
        {"VmHWM", METRIC_PROCESS_PEAK, 1},
        {"RssAnon", METRIC_PROCESS_ANON, 1},
        {"RssFile", METRIC_PROCESS_FILE, 1},
        {"RssShmem", METRIC_PROCESS_SHMEM, 1},
        {"VmSwap", METRIC_PROCESS_SWAP, 1},
        {"VmPTE", METRIC_PROCESS_PAGETABLES, 1},
    };
    struct reader *reader = processes->reader;
    size_t length;
    const char *text = file_read(process->status, &reader->room, true, &length);
    if (text)
        keys_emit(reader, &processes->status_keys, keys,
                  sizeof keys / sizeof *keys, text, process->instance);
}

static void sample_smaps(struct processes *processes, struct process *process)
{
    static const struct known_key keys[] = {
#define KEY(id, text) {text, METRIC_PROCESS_SMAPS_##id, 1}
        KEY(RSS, "Rss"),
        KEY(PSS, "Pss"),
        KEY(PSS_DIRTY, "Pss_Dirty"),
        KEY(PSS_ANON, "Pss_Anon"),
        KEY(PSS_FILE, "Pss_File"),
        KEY(PSS_SHMEM, "Pss_Shmem"),
        KEY(SHARED_CLEAN, "Shared_Clean"),
        KEY(SHARED_DIRTY, "Shared_Dirty"),
        KEY(PRIVATE_CLEAN, "Private_Clean"),
        KEY(PRIVATE_DIRTY, "Private_Dirty"),
        KEY(REFERENCED, "Referenced"),
        KEY(ANON, "Anonymous"),
        KEY(HUGE, "AnonHugePages"),
        KEY(SWAP, "Swap"),
        KEY(SWAP_PSS, "SwapPss"),
        KEY(LOCKED, "Locked"),
#undef KEY
    };
    struct reader *reader = processes->reader;
    size_t length;
    const char *text = file_read(process->smaps, &reader->room, true, &length);
    if (text) /* behind the first line, which gives the range of addresses */
        keys_emit(reader, &processes->smaps_keys, keys,
                  sizeof keys / sizeof *keys, scan_line(text),
                  process->instance);
}

static size_t count_entries(int folder)
{
    char page[4096];
    size_t count = 0;
    ssize_t have;
    lseek(folder, 0, SEEK_SET);
    while ((have = getdents64(folder, page, sizeof page)) > 0)
        for (ssize_t at = 0; at < have; count++) {
            unsigned short size;
            memcpy(&size, page + at + offsetof(struct dirent64, d_reclen),
                   sizeof size);
            at += size;
        }
    return count < 2 ? 0 : count - 2; /* "." and ".." */
}

static void sample_fds(struct processes *processes, struct process *process)
{
    struct reader *reader = processes->reader;
    struct stat status;
    if (fstat(process->fds, &status) < 0)
        return;
    /* Since 6.2 the size of the folder is the number. */
    uint64_t count = reader->real && status.st_size > 0
                         ? (uint64_t)status.st_size
                         : count_entries(process->fds);
    scope_emit_u64(reader->sink, METRIC_PROCESS_FDS, process->instance, count);
}

static void emit_sums(struct processes *processes, struct process *process,
                      bool due)
{
    struct scope_sink *sink = processes->reader->sink;
    struct thread_sums sums = process->ended;
    for (size_t i = 0; i < process->thread_count; i++)
        add(&sums, &process->threads[i]->last);
    if (processes->groups >> PROCESS_SCHEDSTAT & 1) {
        scope_emit_u64(sink, METRIC_PROCESS_WAIT, process->instance,
                       sums.wait_ns);
        scope_emit_u64(sink, METRIC_PROCESS_SLICES, process->instance,
                       sums.slices);
    }
    if (process->status >= 0 && due) {
        scope_emit_u64(sink, METRIC_PROCESS_VOLUNTARY, process->instance,
                       sums.voluntary);
        scope_emit_u64(sink, METRIC_PROCESS_INVOLUNTARY, process->instance,
                       sums.involuntary);
    }
}

static void sample_process(struct processes *processes, struct process *process)
{
    bool due = !process->sampled || reader_due(processes->reader, process->id);
    process->sampled = true;
    for (size_t i = 0; i < process->thread_count; i++)
        thread_sample(processes, process->threads[i], due);
    if (process->thread_count)
        emit_sums(processes, process, due);
    if (process->stat >= 0)
        sample_stat(processes, process);
    if (process->statm >= 0)
        sample_statm(processes, process);
    if (process->io >= 0)
        io_sample(processes->reader, &processes->io_keys, process->io,
                  METRIC_PROCESS_READ_CHARS, process->instance);
    if (process->status >= 0 && due)
        sample_status(processes, process);
    if (process->fds >= 0 && due)
        sample_fds(processes, process);
    if (process->smaps >= 0 && due)
        sample_smaps(processes, process);
}

void processes_sample(struct processes *processes)
{
    for (size_t i = 0; i < processes->count; i++)
        sample_process(processes, processes->items[i]);
}
