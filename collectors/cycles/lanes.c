/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens and closes what is there once a CPU. */
#include "collectors/cycles/lanes.h"

#include "lib/perf/group.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* Below this a ring could not hold two deep samples. */
#define LEAST (UINT64_C(64) << 10)

static int open_owner(const struct cycles_event *event, int cpu)
{
    struct perf_event_attr attr = {
        .size = sizeof attr,
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_DUMMY,
        .sample_period = 1,
        .sample_type = CYCLES_SAMPLE_TYPE,
        .read_format = event->attr.read_format,
        .sample_id_all = 1,
        .exclude_kernel = !event->kernel,
        .exclude_hv = !event->kernel,
        .exclude_callchain_kernel = !event->kernel,
        .mmap = event->machine,
        .mmap2 = event->machine,
        .comm = event->machine,
        .comm_exec = event->machine,
        .task = event->machine,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
    return perf_open(&attr, event->machine ? -1 : 0, cpu, -1, 0);
}

int cycles_lane_add(const struct cycles_lane *lane,
                    const struct cycles_event *event, pid_t tid, bool disabled)
{
    struct perf_event_attr attr = event->attr;
    attr.disabled = disabled;
    int fd = perf_open(&attr, tid, lane->cpu, -1, 0);
    if (fd < 0)
        return -1;
    if (ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, lane->owner) == 0)
        return fd;
    int fault = errno;
    close(fd);
    errno = fault;
    return -1;
}

static enum scope_code fail(const struct cycles_event *event, const char *what,
                            int cpu, struct scope_err *err)
{
    int fault = errno;
    scope_fail(err, fault == EACCES || fault == EPERM ? SCOPE_PERM : SCOPE_IO,
               fault, "%s for sampling %s on CPU %d", what, event->name, cpu);
    if (fault == EMFILE || fault == ENFILE)
        return scope_hint(err, "each CPU needs two files: raise the limit of "
                               "open files (ulimit -n)");
    if (fault == EPERM || fault == ENOMEM)
        return scope_hint(err, "rings are locked memory: raise "
                               "kernel.perf_event_mlock_kb or ulimit -l, or "
                               "give scope CAP_IPC_LOCK");
    return err ? err->code : SCOPE_IO;
}

/* Rings as large as the kernel grants: what an unprivileged user may lock is
 * little, and shared by all that he runs. */
static bool map_ring(struct cycles_lanes *lanes, int fd)
{
    for (; lanes->ring_size >= LEAST; lanes->ring_size /= 2) {
        if (perf_rings_add(lanes->rings, fd, lanes->ring_size))
            return true;
        if (errno != EPERM && errno != ENOMEM)
            return false;
    }
    return false;
}

static enum scope_code open_lane(struct cycles_lanes *lanes,
                                 const struct cycles_event *event, int cpu,
                                 struct scope_err *err)
{
    struct cycles_lane *lane = &lanes->items[lanes->count];
    *lane = (struct cycles_lane){.cpu = cpu, .fd = -1};
    lane->owner = open_owner(event, cpu);
    if (lane->owner < 0)
        return errno == ENODEV ? SCOPE_OK : fail(event, "open", cpu, err);
    lanes->count++;
    if (!map_ring(lanes, lane->owner))
        return fail(event, "map a ring", cpu, err);
    if (!event->machine)
        return SCOPE_OK;
    lane->fd = cycles_lane_add(lane, event, -1, true);
    return lane->fd < 0 ? fail(event, "open", cpu, err) : SCOPE_OK;
}

static uint64_t record_time(const void *closure,
                            const struct perf_event_header *record)
{
    (void)closure;
    return cycles_record_time(record);
}

enum scope_code cycles_lanes_open(struct cycles_lanes *lanes,
                                  const struct cycles_event *event, size_t size,
                                  struct scope_err *err)
{
    size_t count;
    int *cpus = cycles_cpus(&count);
    enum scope_code code = SCOPE_OK;
    *lanes = (struct cycles_lanes){
        .rings = perf_rings_new(record_time, NULL),
        .ring_size = perf_ring_size(size < LEAST ? LEAST : size),
        .items = scope_alloc(count, sizeof *lanes->items),
    };
    for (size_t i = 0; i < count && !code; i++)
        code = open_lane(lanes, event, cpus[i], err);
    free(cpus);
    return code;
}

void cycles_lanes_close(struct cycles_lanes *lanes)
{
    perf_rings_free(lanes->rings);
    for (size_t i = 0; i < lanes->count; i++) {
        if (lanes->items[i].fd >= 0)
            close(lanes->items[i].fd);
        close(lanes->items[i].owner);
    }
    free(lanes->items);
    *lanes = (struct cycles_lanes){0};
}

void cycles_lanes_switch(const struct cycles_lanes *lanes, bool on)
{
    for (size_t i = 0; i < lanes->count; i++)
        if (lanes->items[i].fd >= 0)
            ioctl(lanes->items[i].fd,
                  on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}

static uint64_t read_lost(int fd)
{
    uint64_t values[2]; /* the count, and PERF_FORMAT_LOST */
    return read(fd, values, sizeof values) == sizeof values ? values[1] : 0;
}

void cycles_lanes_lost(const struct cycles_lanes *lanes, uint64_t *samples,
                       uint64_t *others)
{
    *samples = *others = 0;
    for (size_t i = 0; i < lanes->count; i++) {
        *samples += read_lost(lanes->items[i].fd);
        *others += read_lost(lanes->items[i].owner);
    }
}
