/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of a thread that is not switched away, the wall clock is its CPU time with
 * that of the interrupts, which some kernels leave out of CPU clocks. */
#include "collectors/cycles/cost.h"

#include "lib/perf/group.h"
#include "lib/perf/ring.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FREQUENCY 20000
/* Short, so that a busy machine leaves many undisturbed. */
#define SLICE_NS 500000
#define PAIRS 51
#define TRIES 300 /* pairs, of which those that were not disturbed count */
#define ENOUGH 9
/* 10 samples a slice, with 8 KiB of stack each. */
#define RING (UINT64_C(256) << 10)
#define DEPTH 12 /* calls, so that there is a stack to be walked */
#define BATCH 64 /* steps of user code for a call of the kernel */

static __attribute__((noinline)) uint64_t work(unsigned depth, uint64_t rounds)
{
    volatile uint64_t sum = depth;
    if (depth)
        return work(depth - 1, rounds) + sum;
    for (uint64_t i = 0; i < rounds; i++) {
        for (unsigned step = 0; step < BATCH; step++)
            sum = sum * 3 + step;
        syscall(SYS_getppid);
    }
    return sum;
}

static long switches(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

/* How long the work takes; negative when it was interrupted. */
static int64_t time_work(uint64_t rounds)
{
    long before = switches();
    int64_t start = scope_now_ns();
    (void)work(DEPTH, rounds);
    int64_t took = scope_now_ns() - start;
    return switches() == before ? took : -1;
}

/* So many that they take a slice. */
static uint64_t find_rounds(void)
{
    uint64_t rounds = 64;
    for (int i = 0; i < TRIES; i++) {
        int64_t took = time_work(rounds);
        if (took >= SLICE_NS / 2)
            break;
        if (took >= 0)
            rounds *= 2;
    }
    return rounds;
}

static uint64_t count_samples(struct perf_rings *rings)
{
    uint64_t count = 0;
    for (const struct perf_event_header *record;
         (record = perf_rings_next(rings, UINT64_MAX));)
        count += record->type == PERF_RECORD_SAMPLE;
    return count;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double measure(int fd, struct perf_rings *rings)
{
    double readings[PAIRS];
    size_t count = 0;
    uint64_t rounds = find_rounds();
    for (int i = 0; i < TRIES && count < PAIRS; i++) {
        int64_t without = time_work(rounds);
        ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
        int64_t with = time_work(rounds);
        ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
        uint64_t samples = count_samples(rings);
        if (without >= 0 && with >= 0 && samples)
            readings[count++] = (double)(with - without) / (double)samples;
    }
    if (count < ENOUGH)
        return -1;
    qsort(readings, count, sizeof *readings, compare);
    return (readings[(count - 1) / 2] + readings[count / 2]) / 2;
}

static uint64_t no_time(const void *closure,
                        const struct perf_event_header *record)
{
    (void)closure;
    (void)record;
    return 0;
}

double cycles_cost(const struct cycles_event *event)
{
    struct perf_event_attr attr = event->attr;
    double cost = -1;
    attr.inherit = 0;
    attr.mmap = attr.mmap2 = attr.comm = attr.comm_exec = attr.task = 0;
    if (attr.sample_freq < FREQUENCY)
        attr.sample_freq = FREQUENCY;
    int fd = perf_open(&attr, 0, -1, -1, 0);
    if (fd < 0)
        return cost;
    struct perf_rings *rings = perf_rings_new(no_time, NULL);
    if (perf_rings_add(rings, fd, RING))
        cost = measure(fd, rings);
    perf_rings_free(rings);
    close(fd);
    return cost;
}
