/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope's own metrics: an honest tool shows its own cost beside the rest. */
#include "src/self.h"

#include "lib/base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    CPU_USER,
    CPU_SYSTEM,
    MEMORY_RESIDENT,
    TARGETS,
    COLLECTOR_CPU,
    COLLECTOR_SWEEPS,
    COLLECTOR_MISSED,
    COLLECTOR_FAILED,
    COLLECTOR_LOST,
    COLLECTOR_MISUSED,
    COLLECTOR_LATENESS,
};

#define COUNTER(index, text, base, of, words)                                  \
    [index] = {.name = (text),                                                 \
               .semantics = SCOPE_COUNTER,                                     \
               .value = SCOPE_U64,                                             \
               .unit = SCOPE_UNIT_##base,                                      \
               .domain = (of),                                                 \
               .help = (words)}
#define GAUGE(index, text, base, words)                                        \
    [index] = {.name = (text),                                                 \
               .semantics = SCOPE_GAUGE,                                       \
               .value = SCOPE_U64,                                             \
               .unit = SCOPE_UNIT_##base,                                      \
               .help = (words)}

const struct scope_metric self_metrics[] = {
    COUNTER(CPU_USER, "cpu.user", NS, NULL,
            "user CPU time of scope itself, its drivers apart, getrusage(2)"),
    COUNTER(CPU_SYSTEM, "cpu.system", NS, NULL,
            "system CPU time of scope itself, its drivers apart, "
            "getrusage(2)"),
    GAUGE(MEMORY_RESIDENT, "memory.resident", BYTES,
          "resident memory of scope itself, /proc/self/statm"),
    GAUGE(TARGETS, "targets", COUNT, "processes that are measured"),
    COUNTER(COLLECTOR_CPU, "collector.cpu", NS, "collector",
            "CPU time of a collector's thread"),
    COUNTER(COLLECTOR_SWEEPS, "collector.sweeps", COUNT, "collector",
            "sweeps taken"),
    COUNTER(COLLECTOR_MISSED, "collector.missed", COUNT, "collector",
            "ticks at which no sweep could be taken in time"),
    COUNTER(COLLECTOR_FAILED, "collector.failed", COUNT, "collector",
            "sweeps that could not read everything"),
    COUNTER(COLLECTOR_LOST, "collector.lost", COUNT, "collector",
            "frames that had no room on their way to the store"),
    COUNTER(COLLECTOR_MISUSED, "collector.misused", COUNT, "collector",
            "values refused because they were not as the collector declared "
            "them"),
    [COLLECTOR_LATENESS] = {.name = "collector.lateness",
                            .semantics = SCOPE_HISTOGRAM,
                            .value = SCOPE_HIST,
                            .unit = SCOPE_UNIT_NS,
                            .domain = "collector",
                            .help = "time by which sweeps began after their "
                                    "deadline"},
    SCOPE_METRIC_END,
};

static uint64_t timeval_ns(struct timeval time)
{
    return (uint64_t)(time.tv_sec * NS_PER_S + time.tv_usec * NS_PER_US);
}

/* 0 when it cannot be read. */
static uint64_t resident_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    unsigned long long pages = 0;
    if (sscanf(text, "%*u %llu", &pages) != 1)
        return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void self_sample(struct scope_sink *sink, struct scope_sampler *sampler,
                 size_t targets)
{
    struct rusage usage;
    uint32_t self = scope_instance(sink, NULL, "");
    scope_sink_begin(sink, scope_now_ns());
    getrusage(RUSAGE_SELF, &usage);
    scope_emit_u64(sink, CPU_USER, self, timeval_ns(usage.ru_utime));
    scope_emit_u64(sink, CPU_SYSTEM, self, timeval_ns(usage.ru_stime));
    scope_emit_u64(sink, MEMORY_RESIDENT, self, resident_bytes());
    scope_emit_u64(sink, TARGETS, self, targets);
    for (size_t i = 0; i < scope_sampler_count(sampler); i++) {
        struct scope_sampler_report report;
        scope_sampler_report(sampler, i, &report);
        uint32_t one = scope_instance(sink, NULL, report.name);
        scope_emit_u64(sink, COLLECTOR_CPU, one, report.cpu_ns);
        scope_emit_u64(sink, COLLECTOR_SWEEPS, one, report.sweeps);
        scope_emit_u64(sink, COLLECTOR_MISSED, one, report.missed);
        scope_emit_u64(sink, COLLECTOR_FAILED, one, report.failed);
        scope_emit_u64(sink, COLLECTOR_LOST, one, report.lost);
        scope_emit_u64(sink, COLLECTOR_MISUSED, one, report.misused);
        scope_emit_hist(sink, COLLECTOR_LATENESS, one, &report.lateness);
        scope_hist_free(&report.lateness);
    }
    scope_sink_end(sink);
}
