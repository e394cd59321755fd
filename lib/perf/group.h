/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perf_event_open(2), and groups of events on one thread or CPU, read in one
 * call. */
#ifndef LIB_PERF_GROUP_H
#define LIB_PERF_GROUP_H

#include <linux/perf_event.h>
#include <scope/plugin.h>
#include <sys/types.h>

/* perf_event_open(2), with close-on-exec. */
int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
              unsigned long flags);

struct perf_event {
    char *name; /* as metrics call it */
    struct perf_event_attr attr;
    bool clock;      /* a time, in ns; of a whole CPU it always runs */
    bool kernelside; /* happens in the kernel only: nothing is left of it when
                        the kernel must not be counted */
    unsigned metric, percpu; /* indices of its metrics */
};

struct perf_events {
    size_t count;
    struct perf_event *items;
};

/* The value of /proc/sys/kernel/perf_event_paranoid; 2 when unknown. */
int perf_paranoid(void);
/* Raises the limit of open files as far as it goes: each event of each thread
 * is one, and the usual limit is 1024. */
void perf_raise_files(void);

/* What a reading gives: times, and one value an event. */
struct perf_counts {
    uint64_t enabled_ns, running_ns;
    uint64_t values[]; /* as many as there are events */
};

struct perf_counts *perf_counts_new(size_t events);
void perf_counts_add(struct perf_counts *to, const struct perf_counts *from,
                     size_t events);
void perf_counts_subtract(struct perf_counts *from,
                          const struct perf_counts *what, size_t events);
void perf_counts_copy(struct perf_counts *to, const struct perf_counts *from,
                      size_t events);
void perf_counts_clear(struct perf_counts *counts, size_t events);

/* Descriptors of a group, the leader's first. */
struct perf_group {
    int *fds;
    size_t count;
};

/* How groups are opened, and a room to read one into. */
struct perf_opener {
    const struct perf_events *events;
    bool kernel;     /* count the kernel's part too */
    uint64_t *bytes; /* 3 + events */
};

/*
 * Opens all events on a thread (pid > 0, cpu -1; inherit: with all that it
 * makes from now on) or on a CPU (pid -1, or a cgroup's descriptor with
 * PERF_FLAG_PID_CGROUP). skip_clocks: not the events that are times. All begin
 * to count at once. False with errno set, and nothing open.
 */
bool perf_group_open(struct perf_group *group, const struct perf_opener *opener,
                     pid_t pid, int cpu, bool inherit, unsigned long flags,
                     bool skip_clocks);
void perf_group_close(struct perf_group *group);

/* Adds what the group counted so far; skipped events stay as they are. */
bool perf_group_read(const struct perf_group *group,
                     const struct perf_opener *opener, bool skip_clocks,
                     struct perf_counts *counts);

#endif
