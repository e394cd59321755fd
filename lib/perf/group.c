/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups of events. They count from the moment they are open. */
#include "lib/perf/group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int perf_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
              unsigned long flags)
{
    return (int)syscall(SYS_perf_event_open, attr, pid, cpu, group,
                        flags | PERF_FLAG_FD_CLOEXEC);
}

int perf_paranoid(void)
{
    int level = 2;
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (!file)
        return level;
    if (fscanf(file, "%d", &level) != 1)
        level = 2;
    fclose(file);
    return level;
}

void perf_raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

struct perf_counts *perf_counts_new(size_t events)
{
    return scope_alloc(1,
                       sizeof(struct perf_counts) + events * sizeof(uint64_t));
}

void perf_counts_add(struct perf_counts *to, const struct perf_counts *from,
                     size_t events)
{
    to->enabled_ns += from->enabled_ns;
    to->running_ns += from->running_ns;
    for (size_t i = 0; i < events; i++)
        to->values[i] += from->values[i];
}

void perf_counts_subtract(struct perf_counts *from,
                          const struct perf_counts *what, size_t events)
{
    from->enabled_ns -= what->enabled_ns;
    from->running_ns -= what->running_ns;
    for (size_t i = 0; i < events; i++)
        from->values[i] -= what->values[i];
}

void perf_counts_copy(struct perf_counts *to, const struct perf_counts *from,
                      size_t events)
{
    memcpy(to, from, sizeof *to + events * sizeof(uint64_t));
}

void perf_counts_clear(struct perf_counts *counts, size_t events)
{
    memset(counts, 0, sizeof *counts + events * sizeof(uint64_t));
}

bool perf_group_open(struct perf_group *group, const struct perf_opener *opener,
                     pid_t pid, int cpu, bool inherit, unsigned long flags,
                     bool skip_clocks)
{
    const struct perf_events *events = opener->events;
    *group =
        (struct perf_group){.fds = scope_alloc(events->count, sizeof(int))};
    for (size_t i = 0; i < events->count; i++) {
        struct perf_event_attr attr = events->items[i].attr;
        if (skip_clocks && events->items[i].clock)
            continue;
        attr.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
                           PERF_FORMAT_TOTAL_TIME_RUNNING;
        attr.inherit = inherit;
        attr.exclude_kernel = !opener->kernel;
        attr.exclude_hv = !opener->kernel;
        attr.disabled = !group->count;
        int fd = perf_open(&attr, pid, cpu, group->count ? group->fds[0] : -1,
                           flags);
        if (fd < 0) {
            int saved = errno;
            perf_group_close(group);
            errno = saved;
            return false;
        }
        group->fds[group->count++] = fd;
    }
    /* All at once, or what happens meanwhile counts for the first alone. */
    if (group->count)
        ioctl(group->fds[0], PERF_EVENT_IOC_ENABLE, 0);
    return true;
}

void perf_group_close(struct perf_group *group)
{
    for (size_t i = group->count; i-- > 0;)
        close(group->fds[i]);
    free(group->fds);
    *group = (struct perf_group){0};
}

bool perf_group_read(const struct perf_group *group,
                     const struct perf_opener *opener, bool skip_clocks,
                     struct perf_counts *counts)
{
    const struct perf_events *events = opener->events;
    size_t size = (3 + group->count) * sizeof(uint64_t);
    if (!group->count ||
        read(group->fds[0], opener->bytes, size) != (ssize_t)size ||
        opener->bytes[0] != group->count)
        return false;
    counts->enabled_ns += opener->bytes[1];
    counts->running_ns += opener->bytes[2];
    const uint64_t *value = opener->bytes + 3;
    for (size_t i = 0; i < events->count; i++)
        if (!skip_clocks || !events->items[i].clock)
            counts->values[i] += *value++;
    return true;
}
