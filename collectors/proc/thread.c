/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread: its own series, and its part of the process's sums. */
#include "collectors/proc/process.h"
#include "collectors/proc/scan.h"

#include <string.h>
#include <unistd.h>

static bool wants(const struct processes *processes, enum thread_group group)
{
    return processes->threads && (processes->thread_groups >> group & 1);
}

struct thread *thread_open(struct processes *processes,
                           const struct scope_target *target, int folder)
{
    struct thread *thread = scope_alloc(1, sizeof *thread);
    *thread = (struct thread){
        .id = target->id, .stat = -1, .schedstat = -1, .status = -1, .io = -1};
    if (wants(processes, THREAD_STAT))
        thread->stat = file_open(folder, "stat");
    if (wants(processes, THREAD_SCHEDSTAT) ||
        (processes->groups >> PROCESS_SCHEDSTAT & 1))
        thread->schedstat = file_open(folder, "schedstat");
    if (wants(processes, THREAD_STATUS) ||
        (processes->groups >> PROCESS_STATUS & 1))
        thread->status = file_open(folder, "status");
    if (wants(processes, THREAD_IO))
        thread->io = file_open(folder, "io");
    if (processes->threads)
        thread->instance = scope_instance(processes->reader->sink, target, "");
    return thread;
}

void thread_close(struct thread *thread)
{
    const int files[] = {thread->stat, thread->schedstat, thread->status,
                         thread->io};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0)
            close(files[i]);
    free(thread);
}

/* "CPU_NS WAIT_NS SLICES" */
static void sample_schedstat(struct processes *processes, struct thread *thread)
{
    struct reader *reader = processes->reader;
    uint64_t values[3];
    size_t length;
    const char *at = file_read(thread->schedstat, &reader->room, true, &length);
    if (!at || !scan_u64(&at, &values[0]) || !scan_u64(&at, &values[1]) ||
        !scan_u64(&at, &values[2]))
        return;
    thread->last.wait_ns = values[1];
    thread->last.slices = values[2];
    if (wants(processes, THREAD_SCHEDSTAT))
        for (unsigned i = 0; i < 3; i++)
            scope_emit_u64(reader->sink, METRIC_THREAD_CPU + i,
                           thread->instance, values[i]);
}

static bool value_of(const char *text, size_t length, const char *key,
                     uint64_t *value)
{
    const char *at = memmem(text, length, key, strlen(key));
    if (!at)
        return false;
    at += strlen(key);
    return scan_u64(&at, value);
}

static void sample_status(struct processes *processes, struct thread *thread)
{
    struct reader *reader = processes->reader;
    struct thread_sums *last = &thread->last;
    size_t length;
    const char *text = file_read(thread->status, &reader->room, true, &length);
    if (!text ||
        !value_of(text, length,
                  "\nvoluntary_ctxt_switches:", &last->voluntary) ||
        !value_of(text, length,
                  "\nnonvoluntary_ctxt_switches:", &last->involuntary) ||
        !wants(processes, THREAD_STATUS))
        return;
    scope_emit_u64(reader->sink, METRIC_THREAD_VOLUNTARY, thread->instance,
                   last->voluntary);
    scope_emit_u64(reader->sink, METRIC_THREAD_INVOLUNTARY, thread->instance,
                   last->involuntary);
}

void thread_sample(struct processes *processes, struct thread *thread, bool due)
{
    static const struct stat_row rows[] = {
        {10, METRIC_THREAD_MINOR, false},     {12, METRIC_THREAD_MAJOR, false},
        {14, METRIC_THREAD_USER, true},       {15, METRIC_THREAD_SYSTEM, true},
        {39, METRIC_THREAD_PROCESSOR, false},
    };
    if (thread->schedstat >= 0)
        sample_schedstat(processes, thread);
    if (thread->stat >= 0)
        stat_emit(processes->reader, thread->stat, rows,
                  sizeof rows / sizeof *rows, thread->instance);
    if (thread->status >= 0 && due)
        sample_status(processes, thread);
    if (thread->io >= 0 && due)
        io_sample(processes->reader, &processes->thread_io_keys, thread->io,
                  METRIC_THREAD_READ_CHARS, thread->instance);
}
