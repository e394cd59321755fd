/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collector perf: what perf_event_open(2) counts of processes with all that
 * they make, of cgroups and of the machine. Software events so far.
 */
#include "collectors/perf/events.h"
#include "collectors/perf/machine.h"
#include "lib/perf/process.h"

#include <stdio.h>
#include <string.h>

struct config {
    struct scope_list events;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_LIST(struct config, events, "events",
                      .fallback = "task-clock,context-switches,cpu-migrations,"
                                  "page-faults,minor-faults,major-faults",
                      .value = "EVENT",
                      .help = "events to count, by the names of libpfm4"),
    SCOPE_OPTION_END,
};

enum {
    METRIC_ENABLED,
    METRIC_RUNNING,
    METRIC_TASK_CLOCK,
    METRIC_SWITCHES,
    METRIC_MIGRATIONS,
    METRIC_FAULTS,
    METRIC_MINOR,
    METRIC_MAJOR,
};

#define EVENT(text, base, words)                                               \
    {                                                                          \
        .name = (text), .semantics = SCOPE_COUNTER, .value = SCOPE_U64,        \
        .unit = SCOPE_UNIT_##base, .help = (words)                             \
    }

static const struct scope_metric metrics[] = {
    [METRIC_ENABLED] = EVENT(
        "enabled", NS, "time the counters were on, over all threads or CPUs"),
    [METRIC_RUNNING] =
        EVENT("running", NS,
              "time the counters counted; less than enabled when they had to "
              "share the hardware"),
    [METRIC_TASK_CLOCK] =
        EVENT("task_clock", NS,
              "CPU time as perf accounts it, seen up to a quarter below proc's "
              "process.cpu where tasks switch often; PERF_COUNT_SW_TASK_CLOCK"),
    [METRIC_SWITCHES] =
        EVENT("context_switches", COUNT,
              "switches to another task, PERF_COUNT_SW_CONTEXT_SWITCHES"),
    [METRIC_MIGRATIONS] =
        EVENT("cpu_migrations", COUNT,
              "moves to another CPU, PERF_COUNT_SW_CPU_MIGRATIONS"),
    [METRIC_FAULTS] =
        EVENT("page_faults", COUNT, "page faults, PERF_COUNT_SW_PAGE_FAULTS"),
    [METRIC_MINOR] =
        EVENT("minor_faults", COUNT,
              "page faults served from memory, PERF_COUNT_SW_PAGE_FAULTS_MIN"),
    [METRIC_MAJOR] =
        EVENT("major_faults", COUNT,
              "page faults that had to read, PERF_COUNT_SW_PAGE_FAULTS_MAJ"),
    SCOPE_METRIC_END,
};

struct perf {
    struct perf_events events;
    struct perf_opener opener;
    struct perf_processes *processes;
    struct perf_machines *machines;
    char dropped[128]; /* events that cannot be counted without the kernel */
    bool told;
    struct scope_sink *sink; /* during sample */
};

static enum scope_code probe(const void *settings, struct scope_err *err)
{
    const struct config *config = settings;
    struct perf_events events;
    bool kernel;
    enum scope_code code = perf_events_encode(&config->events, &events, err);
    perf_events_free(&events);
    return code ? code : perf_events_try(&kernel, err);
}

/* The metric of an event: a row of the table, or one added for it. */
static unsigned metric_of(struct scope_host *host,
                          const struct perf_event *event)
{
    for (unsigned i = METRIC_TASK_CLOCK; metrics[i].name; i++)
        if (strcmp(metrics[i].name, event->name) == 0)
            return i;
    const struct scope_metric metric = {
        .name = event->name,
        .semantics = SCOPE_COUNTER,
        .value = SCOPE_U64,
        .unit = event->clock ? SCOPE_UNIT_NS : SCOPE_UNIT_COUNT,
        .help = "an event that was asked for, perf_event_open(2)",
    };
    return scope_metric_add(host, &metric);
}

static void declare(struct scope_host *host, struct perf_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        struct perf_event *event = &events->items[i];
        event->metric = metric_of(host, event);
        if (event->clock)
            continue;
        char *name = scope_format("percpu.%s", event->name);
        const struct scope_metric metric = {
            .name = name,
            .semantics = SCOPE_COUNTER,
            .value = SCOPE_U64,
            .unit = SCOPE_UNIT_COUNT,
            .domain = "cpu",
            .help = "the same of each CPU, for the whole machine",
        };
        event->percpu = scope_metric_add(host, &metric);
        free(name);
    }
}

/* In user mode alone these would be counted as 0, which would be a lie. */
static void drop_kernelside(struct perf *perf)
{
    size_t kept = 0;
    for (size_t i = 0; i < perf->events.count; i++) {
        struct perf_event *event = &perf->events.items[i];
        if (!event->kernelside) {
            perf->events.items[kept++] = *event;
            continue;
        }
        size_t used = strlen(perf->dropped);
        snprintf(perf->dropped + used, sizeof perf->dropped - used, "%s%s",
                 used ? ", " : "", event->name);
        free(event->name);
    }
    perf->events.count = kept;
}

static void perf_close(void *self)
{
    struct perf *perf = self;
    perf_processes_free(perf->processes);
    perf_machines_free(perf->machines);
    perf_events_free(&perf->events);
    free(perf->opener.bytes);
    free(perf);
}

static enum scope_code perf_open_plugin(const void *settings,
                                        struct scope_host *host, void **self,
                                        struct scope_err *err)
{
    const struct config *config = settings;
    struct perf *perf = scope_alloc(1, sizeof *perf);
    perf_raise_files();
    enum scope_code code =
        perf_events_encode(&config->events, &perf->events, err);
    if (!code)
        code = perf_events_try(&perf->opener.kernel, err);
    if (!code && !perf->opener.kernel) {
        drop_kernelside(perf);
        if (!perf->events.count) {
            code = scope_fail(err, SCOPE_PERM, 0,
                              "%s: the kernel must not be counted "
                              "(kernel.perf_event_paranoid is %d)",
                              perf->dropped, perf_paranoid());
            scope_hint(err, "run scope as root, or give it CAP_PERFMON");
        }
    }
    if (code) {
        perf_close(perf);
        return code;
    }
    declare(host, &perf->events);
    perf->opener.events = &perf->events;
    perf->opener.bytes =
        scope_alloc(3 + perf->events.count, sizeof *perf->opener.bytes);
    perf->processes = perf_processes_new(&perf->opener);
    perf->machines = perf_machines_new(&perf->opener);
    *self = perf;
    return SCOPE_OK;
}

/* Once, where there is a sink: what the figures lack. */
static void tell_limits(struct perf *perf, struct scope_sink *sink)
{
    if (perf->told)
        return;
    perf->told = true;
    if (!perf_has_pmu())
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "no hardware counters (cycles, instructions, caches, "
                    "branches): this machine has no PMU");
    if (perf->opener.kernel)
        return;
    scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                "perf counts user mode only (kernel.perf_event_paranoid is %d, "
                "and scope lacks CAP_PERFMON)%s%s",
                perf_paranoid(), *perf->dropped ? "; not counted at all: " : "",
                perf->dropped);
}

static enum scope_code perf_attach(void *self,
                                   const struct scope_target *target,
                                   struct scope_sink *sink,
                                   struct scope_err *err)
{
    struct perf *perf = self;
    tell_limits(perf, sink);
    if (target->kind == SCOPE_TARGET_PROCESS)
        return perf_processes_attach(perf->processes, target, sink, err);
    return perf_machines_attach(perf->machines, target, sink, err);
}

static void perf_detach(void *self, const struct scope_target *target)
{
    struct perf *perf = self;
    if (target->kind == SCOPE_TARGET_PROCESS)
        perf_processes_detach(perf->processes, target);
    else
        perf_machines_detach(perf->machines, target);
}

static void emit_process(void *closure, const struct perf_reading *reading)
{
    const struct perf *perf = closure;
    const struct perf_counts *counts = reading->counts;
    uint32_t instance = reading->instance;
    scope_emit_u64(perf->sink, METRIC_ENABLED, instance, counts->enabled_ns);
    scope_emit_u64(perf->sink, METRIC_RUNNING, instance, counts->running_ns);
    for (size_t i = 0; i < perf->events.count; i++)
        scope_emit_u64(perf->sink, perf->events.items[i].metric, instance,
                       counts->values[i]);
}

static enum scope_code perf_sample(void *self, struct scope_sink *sink,
                                   struct scope_err *err)
{
    struct perf *perf = self;
    (void)err;
    perf->sink = sink;
    perf_processes_sample(perf->processes, emit_process, perf);
    perf_machines_sample(perf->machines, sink, METRIC_ENABLED, METRIC_RUNNING);
    perf->sink = NULL;
    return SCOPE_OK;
}

static const struct scope_collector_ops ops = {
    .targets =
        SCOPE_TARGETS_SYSTEM | SCOPE_TARGETS_CGROUP | SCOPE_TARGETS_PROCESS,
    .last_sweep = true,
    .probe = probe,
    .open = perf_open_plugin,
    .attach = perf_attach,
    .detach = perf_detach,
    .sample = perf_sample,
    .close = perf_close,
};

SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "perf",
             .summary = "software events counted by the kernel's perf",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .metrics = metrics,
             .collector = &ops);
