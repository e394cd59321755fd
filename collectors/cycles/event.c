/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Builds events and tries them. */
#include "collectors/cycles/event.h"

#include "collectors/cycles/symbols.h"
#include "lib/perf/group.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SETTING "/proc/sys/kernel/perf_event_max_sample_rate"

static void describe(const struct cycles_config *config, bool hardware,
                     struct cycles_event *event)
{
    bool dwarf = config->graph == CYCLES_DWARF ||
                 (config->graph == CYCLES_GRAPH_AUTO && cycles_regs_mask);
    bool chains = config->graph != CYCLES_NO_GRAPH;
    *event = (struct cycles_event){
        .name = hardware ? "cycles" : "cpu-clock",
        .unit = hardware ? SCOPE_UNIT_COUNT : SCOPE_UNIT_NS,
        .kernel = config->kernel,
        .clock_asked = config->event == CYCLES_CLOCK,
        .layout = {.stack = dwarf,
                   .regs = (unsigned)__builtin_popcountll(cycles_regs_mask)},
    };
    event->attr = (struct perf_event_attr){
        .size = sizeof event->attr,
        .type = hardware ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE,
        .config = hardware ? PERF_COUNT_HW_CPU_CYCLES : PERF_COUNT_SW_CPU_CLOCK,
        .freq = 1,
        .sample_freq = (uint64_t)llround(config->frequency),
        .sample_type = CYCLES_SAMPLE_TYPE,
        .sample_id_all = 1,
        .disabled = 1,
        /* Counters stand still in an idle CPU, and some refuse to be asked. */
        .exclude_idle = !hardware,
        .exclude_user = !config->user,
        .exclude_kernel = !config->kernel,
        .exclude_hv = !config->kernel,
        .exclude_callchain_kernel = !chains,
        .exclude_callchain_user = !chains || dwarf,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
    if (dwarf) {
        event->attr.sample_type |=
            PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
        event->attr.sample_regs_user = cycles_regs_mask;
        event->attr.sample_stack_user = (uint32_t)config->stack_size;
    }
}

/* Of threads, the events themselves tell of maps, names, forks and exits. */
static void describe_scope(struct cycles_event *event, bool machine)
{
    struct perf_event_attr *attr = &event->attr;
    event->machine = machine;
    attr->inherit = !machine;
    attr->mmap = attr->mmap2 = attr->comm = attr->comm_exec = attr->task =
        !machine;
}

/* 0, or the errno. */
static int try_once(const struct cycles_event *event)
{
    struct perf_event_attr attr = event->attr;
    int fd = perf_open(&attr, event->machine ? -1 : 0, sched_getcpu(), -1, 0);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* With the least skid that can be had, and the count of losses if it can. */
static int try_variants(struct cycles_event *event)
{
    bool hardware = event->attr.type == PERF_TYPE_HARDWARE;
    int fault = 0;
    for (int lost = 1; lost >= 0; lost--)
        for (unsigned precise = hardware ? 4 : 1; precise-- > 0;) {
            event->attr.precise_ip = precise & 3;
            event->attr.read_format = lost ? PERF_FORMAT_LOST : 0;
            event->tells_lost = lost;
            fault = try_once(event);
            if (fault != EINVAL && fault != EOPNOTSUPP)
                return fault;
        }
    return fault;
}

/* The user's part may be permitted where the kernel's is not. */
static int try_scope(struct cycles_event *event, bool machine)
{
    describe_scope(event, machine);
    int fault = try_variants(event);
    if (machine || (fault != EACCES && fault != EPERM) ||
        event->attr.exclude_user || !event->kernel)
        return fault;
    event->kernel = false;
    event->attr.exclude_kernel = event->attr.exclude_hv = 1;
    event->attr.exclude_callchain_kernel = 1;
    return try_variants(event);
}

static int try_kind(const struct cycles_config *config, bool hardware,
                    struct cycles_event *event)
{
    int fault = 0;
    if (config->scope != CYCLES_TARGETS) {
        describe(config, hardware, event);
        fault = try_scope(event, true);
        if (config->scope == CYCLES_MACHINE ||
            (fault != EACCES && fault != EPERM))
            return fault;
    }
    describe(config, hardware, event);
    return try_scope(event, false);
}

static bool is_missing(int fault)
{
    return fault == ENOENT || fault == EOPNOTSUPP || fault == ENODEV ||
           fault == ENXIO || fault == EINVAL;
}

static enum scope_code refuse(const struct cycles_event *event, int fault,
                              struct scope_err *err)
{
    const char *what = event->machine ? "of all CPUs" : "of processes";
    if (fault == EACCES || fault == EPERM) {
        scope_fail(err, SCOPE_PERM, fault,
                   "sample %s %s (kernel.perf_event_paranoid is %d)",
                   event->name, what, perf_paranoid());
        if (fault == EPERM && geteuid() == 0)
            return scope_hint(err, "in a container, its seccomp profile must "
                                   "allow perf_event_open, and it needs "
                                   "CAP_PERFMON");
        if (event->machine)
            return scope_hint(err, "run scope as root, or give it CAP_PERFMON; "
                                   "processes of your own can be sampled with "
                                   "cycles.scope=targets");
        return scope_hint(err, "run scope as root, give it CAP_PERFMON, or set "
                               "kernel.perf_event_paranoid to 2 or less; in a "
                               "container, its seccomp profile must allow "
                               "perf_event_open");
    }
    scope_fail(err, SCOPE_UNAVAILABLE, fault, "sample %s %s", event->name,
               what);
    if (fault == ENOSYS)
        return scope_hint(err, "the kernel is built without CONFIG_PERF_EVENTS "
                               "or hides it (seccomp)");
    if (event->attr.type == PERF_TYPE_HARDWARE && is_missing(fault))
        return scope_hint(err, "this machine has no PMU that samples cycles, "
                               "as is usual of virtual machines: "
                               "cycles.event=cpu-clock works everywhere");
    return SCOPE_UNAVAILABLE;
}

static enum scope_code check_frequency(const struct cycles_config *config,
                                       struct scope_err *err)
{
    double most;
    FILE *file = fopen(SETTING, "re");
    if (!file)
        return SCOPE_OK;
    bool known = fscanf(file, "%lf", &most) == 1;
    fclose(file);
    if (!known || config->frequency <= most)
        return SCOPE_OK;
    scope_fail(err, SCOPE_UNAVAILABLE, 0,
               "cycles.frequency: the kernel samples %g times a second at "
               "most (kernel.perf_event_max_sample_rate)",
               most);
    return scope_hint(err, "99 is enough for most questions; the longer a "
                           "trial, the finer its shares");
}

enum scope_code cycles_event_choose(const struct cycles_config *config,
                                    struct cycles_event *event,
                                    struct scope_err *err)
{
    if (!config->kernel && !config->user)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "kernel=no and user=no leave nothing");
    if (config->graph == CYCLES_DWARF && !cycles_regs_mask)
        return scope_fail(err, SCOPE_UNAVAILABLE, 0,
                          "cycles.call-graph=dwarf: stacks of this "
                          "architecture cannot be unwound so");
    enum scope_code code = check_frequency(config, err);
    if (code)
        return code;
    int fault = ENOENT;
    if (config->event != CYCLES_CLOCK)
        fault = try_kind(config, true, event);
    if (config->event == CYCLES_CLOCK ||
        (config->event == CYCLES_AUTO && is_missing(fault)))
        fault = try_kind(config, false, event);
    return fault ? refuse(event, fault, err) : SCOPE_OK;
}

size_t cycles_event_record(const struct cycles_event *event)
{
    /* Fixed parts, and as many frames as a deep stack has. */
    size_t size = 64 + 64 * sizeof(uint64_t);
    if (event->layout.stack)
        size += (event->layout.regs + 3) * sizeof(uint64_t) +
                event->attr.sample_stack_user;
    return size;
}

int *cycles_cpus(size_t *count)
{
    long most = sysconf(_SC_NPROCESSORS_CONF);
    int *cpus = scope_alloc((size_t)most, sizeof *cpus);
    char path[64];
    *count = 0;
    for (int cpu = 0; cpu < most; cpu++) {
        char state = '1';
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/online",
                 cpu);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        /* One that cannot be switched off has no such file. */
        if (fd >= 0) {
            if (read(fd, &state, 1) != 1)
                state = '1';
            close(fd);
        }
        if (state == '1')
            cpus[(*count)++] = cpu;
    }
    return cpus;
}
