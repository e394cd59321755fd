/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One group a CPU. Of a whole CPU the software clocks run always, so they say
 * nothing and are left out for the machine; of a cgroup they run while it does.
 */
#include "collectors/perf/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct machine {
    uint32_t id;
    bool whole; /* not a cgroup */
    uint32_t instance;
    size_t count, room;
    struct cpu {
        struct perf_group group;
        uint32_t instance;
    } * cpus;
};

struct perf_machines {
    const struct perf_opener *opener;
    struct perf_counts *sum, *one;
    struct machine **items;
    size_t count, room;
};

struct perf_machines *perf_machines_new(const struct perf_opener *opener)
{
    struct perf_machines *machines = scope_alloc(1, sizeof *machines);
    machines->opener = opener;
    machines->sum = perf_counts_new(opener->events->count);
    machines->one = perf_counts_new(opener->events->count);
    return machines;
}

static void free_machine(struct machine *machine)
{
    for (size_t i = 0; i < machine->count; i++)
        perf_group_close(&machine->cpus[i].group);
    free(machine->cpus);
    free(machine);
}

void perf_machines_free(struct perf_machines *machines)
{
    if (!machines)
        return;
    for (size_t i = 0; i < machines->count; i++)
        free_machine(machines->items[i]);
    free(machines->items);
    free(machines->sum);
    free(machines->one);
    free(machines);
}

static enum scope_code fail_open(const struct scope_target *target, int fault,
                                 struct scope_err *err)
{
    if (fault == EACCES || fault == EPERM) {
        scope_fail(err, SCOPE_PERM, fault,
                   "perf_event_open of all CPUs (kernel.perf_event_paranoid is "
                   "%d)",
                   perf_paranoid());
        return scope_hint(err, "run scope as root, give it CAP_PERFMON, or set "
                               "kernel.perf_event_paranoid to 0 or less");
    }
    if (target->kind == SCOPE_TARGET_CGROUP &&
        (fault == EBADF || fault == EINVAL || fault == ENOENT)) {
        scope_fail(err, SCOPE_UNAVAILABLE, fault,
                   "perf_event_open of cgroup %s", target->name);
        return scope_hint(err, "counting a cgroup needs cgroup v2 or the v1 "
                               "controller perf_event");
    }
    scope_fail(err, SCOPE_IO, fault, "perf_event_open of %s", target->name);
    if (fault == EMFILE || fault == ENFILE)
        scope_hint(err, "each CPU needs a file for each event: raise the limit "
                        "of open files (ulimit -n)");
    return err ? err->code : SCOPE_IO;
}

static bool add_cpu(struct perf_machines *machines, struct machine *machine,
                    int cpu, pid_t pid, unsigned long flags)
{
    struct perf_group group;
    if (!perf_group_open(&group, machines->opener, pid, cpu, false, flags,
                         machine->whole))
        return errno == ENODEV; /* the CPU is off */
    machine->cpus = scope_grow(machine->cpus, &machine->room, machine->count,
                               sizeof *machine->cpus);
    machine->cpus[machine->count++] =
        (struct cpu){.group = group, .instance = (uint32_t)cpu};
    return true;
}

/* Opens every CPU that is there; the errno of the first that fails. */
static int open_cpus(struct perf_machines *machines, struct machine *machine,
                     const struct scope_target *target)
{
    int folder = -1;
    int fault = 0;
    long count = sysconf(_SC_NPROCESSORS_CONF);
    if (!machine->whole) {
        folder = open(target->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            return errno;
    }
    for (int cpu = 0; cpu < count && !fault; cpu++)
        if (!add_cpu(machines, machine, cpu, folder,
                     machine->whole ? 0 : PERF_FLAG_PID_CGROUP))
            fault = errno;
    if (folder >= 0)
        close(folder);
    return fault;
}

static void name_cpus(struct machine *machine,
                      const struct scope_target *target,
                      struct scope_sink *sink)
{
    machine->instance = scope_instance(sink, target, "");
    for (size_t i = 0; i < machine->count && machine->whole; i++) {
        char name[32];
        snprintf(name, sizeof name, "cpu%u", machine->cpus[i].instance);
        machine->cpus[i].instance = scope_instance(sink, target, name);
    }
}

static bool only_clocks(const struct perf_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        if (!events->items[i].clock)
            return false;
    return true;
}

enum scope_code perf_machines_attach(struct perf_machines *machines,
                                     const struct scope_target *target,
                                     struct scope_sink *sink,
                                     struct scope_err *err)
{
    bool whole = target->kind == SCOPE_TARGET_SYSTEM;
    if (whole && only_clocks(machines->opener->events)) {
        scope_event(sink, SCOPE_EVENT_NOTE, target, 1,
                    "clock events say nothing of a whole machine and are "
                    "counted for processes and cgroups only");
        return SCOPE_OK;
    }
    struct machine *machine = scope_alloc(1, sizeof *machine);
    machine->id = target->id;
    machine->whole = whole;
    int fault = open_cpus(machines, machine, target);
    if (fault) {
        free_machine(machine);
        return fail_open(target, fault, err);
    }
    name_cpus(machine, target, sink);
    machines->items = scope_grow(machines->items, &machines->room,
                                 machines->count, sizeof *machines->items);
    machines->items[machines->count++] = machine;
    return SCOPE_OK;
}

void perf_machines_detach(struct perf_machines *machines,
                          const struct scope_target *target)
{
    for (size_t i = 0; i < machines->count; i++) {
        if (machines->items[i]->id != target->id)
            continue;
        free_machine(machines->items[i]);
        machines->items[i] = machines->items[--machines->count];
        return;
    }
}

static void sample_machine(struct perf_machines *machines,
                           const struct machine *machine,
                           struct scope_sink *sink)
{
    const struct perf_events *events = machines->opener->events;
    perf_counts_clear(machines->sum, events->count);
    for (size_t i = 0; i < machine->count; i++) {
        const struct cpu *cpu = &machine->cpus[i];
        perf_counts_clear(machines->one, events->count);
        if (!perf_group_read(&cpu->group, machines->opener, machine->whole,
                             machines->one))
            continue;
        perf_counts_add(machines->sum, machines->one, events->count);
        for (size_t j = 0; j < events->count && machine->whole; j++)
            if (!events->items[j].clock)
                scope_emit_u64(sink, events->items[j].percpu, cpu->instance,
                               machines->one->values[j]);
    }
    for (size_t j = 0; j < events->count; j++)
        if (!machine->whole || !events->items[j].clock)
            scope_emit_u64(sink, events->items[j].metric, machine->instance,
                           machines->sum->values[j]);
}

void perf_machines_sample(struct perf_machines *machines,
                          struct scope_sink *sink, unsigned enabled,
                          unsigned running)
{
    for (size_t i = 0; i < machines->count; i++) {
        sample_machine(machines, machines->items[i], sink);
        scope_emit_u64(sink, enabled, machines->items[i]->instance,
                       machines->sum->enabled_ns);
        scope_emit_u64(sink, running, machines->items[i]->instance,
                       machines->sum->running_ns);
    }
}
