/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Encodes and tries events. */
#include "collectors/perf/events.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/event_source/devices"

/* x86, s390: cpu, cpum_cf; hybrids: cpu_core; arm: armv8_pmuv3_0, ... */
bool perf_has_pmu(void)
{
    DIR *folder = opendir(DEVICES);
    bool found = false;
    if (!folder)
        return false;
    for (const struct dirent *entry; !found && (entry = readdir(folder));)
        found = strncmp(entry->d_name, "cpu", 3) == 0 ||
                strncmp(entry->d_name, "armv", 4) == 0;
    closedir(folder);
    return found;
}

static enum scope_code refuse(const char *name, struct scope_err *err)
{
    if (!perf_has_pmu()) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0,
                   "event %s: this machine has no hardware PMU: " DEVICES
                   "/cpu is missing",
                   name);
        return scope_hint(err, "virtual machines often have none; software "
                               "events (task-clock, page-faults, ...) work "
                               "everywhere");
    }
    scope_fail(err, SCOPE_UNAVAILABLE, 0,
               "event %s: only software events can be counted so far", name);
    return scope_hint(err, "software events are task-clock, cpu-clock, "
                           "context-switches, cpu-migrations, page-faults, "
                           "minor-faults, major-faults");
}

static void describe(struct perf_event *event)
{
    uint64_t which = event->attr.config;
    event->clock =
        which == PERF_COUNT_SW_TASK_CLOCK || which == PERF_COUNT_SW_CPU_CLOCK;
    event->kernelside = which == PERF_COUNT_SW_CONTEXT_SWITCHES ||
                        which == PERF_COUNT_SW_CPU_MIGRATIONS ||
                        which == PERF_COUNT_SW_CGROUP_SWITCHES;
}

static enum scope_code encode(const char *name, struct perf_event *event,
                              struct scope_err *err)
{
    char *text = NULL;
    *event = (struct perf_event){.attr = {.size = sizeof event->attr}};
    pfm_perf_encode_arg_t arg = {
        .attr = &event->attr, .fstr = &text, .size = sizeof arg};
    int fault = pfm_get_os_event_encoding(name, PFM_PLM0 | PFM_PLM3,
                                          PFM_OS_PERF_EVENT_EXT, &arg);
    free(text);
    if (fault != PFM_SUCCESS) {
        scope_fail(err, SCOPE_USAGE, 0, "perf.events: '%s': %s", name,
                   pfm_strerror(fault));
        return scope_hint(err, "software events are task-clock, cpu-clock, "
                               "context-switches, cpu-migrations, "
                               "page-faults, minor-faults, major-faults");
    }
    if (event->attr.type != PERF_TYPE_SOFTWARE)
        return refuse(name, err);
    event->name = scope_strdup(name);
    for (char *at = event->name; *at; at++)
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at)
                                          : '_';
    describe(event);
    return SCOPE_OK;
}

static bool has_event(const struct perf_events *events,
                      const struct perf_event *event)
{
    for (size_t i = 0; i < events->count; i++)
        if (events->items[i].attr.type == event->attr.type &&
            events->items[i].attr.config == event->attr.config)
            return true;
    return false;
}

enum scope_code perf_events_encode(const struct scope_list *names,
                                   struct perf_events *events,
                                   struct scope_err *err)
{
    *events = (struct perf_events){
        .items = scope_alloc(names->count, sizeof *events->items)};
    if (!names->count)
        return scope_fail(err, SCOPE_USAGE, 0, "perf.events: none given");
    int fault = pfm_initialize();
    if (fault != PFM_SUCCESS)
        return scope_fail(err, SCOPE_UNAVAILABLE, 0, "start libpfm4: %s",
                          pfm_strerror(fault));
    for (size_t i = 0; i < names->count; i++) {
        struct perf_event event;
        enum scope_code code = encode(names->items[i], &event, err);
        if (code)
            return code;
        if (has_event(events, &event))
            free(event.name);
        else
            events->items[events->count++] = event;
    }
    return SCOPE_OK;
}

void perf_events_free(struct perf_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        free(events->items[i].name);
    free(events->items);
    *events = (struct perf_events){0};
}

static int try_one(bool kernel)
{
    struct perf_event_attr attr = {
        .size = sizeof attr,
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_DUMMY,
        .exclude_kernel = !kernel,
        .exclude_hv = !kernel,
    };
    int fd = perf_open(&attr, 0, -1, -1, 0);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

enum scope_code perf_events_try(bool *kernel, struct scope_err *err)
{
    *kernel = true;
    int fault = try_one(true);
    if (fault == EACCES || fault == EPERM) {
        *kernel = false;
        fault = try_one(false);
    }
    if (!fault)
        return SCOPE_OK;
    if (fault == ENOSYS) {
        scope_fail(err, SCOPE_UNAVAILABLE, fault, "perf_event_open");
        return scope_hint(err, "the kernel is built without CONFIG_PERF_EVENTS "
                               "or hides it (seccomp)");
    }
    if (fault != EACCES && fault != EPERM)
        return scope_fail(err, SCOPE_UNAVAILABLE, fault, "perf_event_open");
    scope_fail(err, SCOPE_PERM, fault,
               "perf_event_open (kernel.perf_event_paranoid is %d)",
               perf_paranoid());
    return scope_hint(err, "run scope as root, give it CAP_PERFMON, or set "
                           "kernel.perf_event_paranoid to 2 or less; in a "
                           "container, its seccomp profile must allow "
                           "perf_event_open");
}
