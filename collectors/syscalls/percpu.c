/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group of events on each CPU that is on, and their sum. */
#include "collectors/syscalls/percpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct place {
    uint32_t id;
    bool ended;
    struct perf_group *groups; /* a CPU each */
    size_t count, room;
    struct perf_counts *sum, *emitted;
};

struct percpu {
    const struct perf_opener *opener;
    struct place **items;
    size_t count, room;
};

struct percpu *percpu_new(const struct perf_opener *opener)
{
    struct percpu *percpu = scope_alloc(1, sizeof *percpu);
    percpu->opener = opener;
    return percpu;
}

static void free_place(struct place *place)
{
    for (size_t i = 0; i < place->count; i++)
        perf_group_close(&place->groups[i]);
    free(place->groups);
    free(place->sum);
    free(place->emitted);
    free(place);
}

void percpu_free(struct percpu *percpu)
{
    if (!percpu)
        return;
    for (size_t i = 0; i < percpu->count; i++)
        free_place(percpu->items[i]);
    free(percpu->items);
    free(percpu);
}

static enum scope_code fail_open(const struct scope_target *target, int fault,
                                 struct scope_err *err)
{
    bool denied = fault == EACCES || fault == EPERM;
    scope_fail(err, denied ? SCOPE_PERM : SCOPE_IO, fault,
               "perf_event_open of %s", target->name);
    if (denied)
        scope_hint(err, "run scope as root, give it CAP_PERFMON, or set "
                        "kernel.perf_event_paranoid to 0 or less");
    else if (target->kind == SCOPE_TARGET_CGROUP)
        scope_hint(err, "counting a cgroup needs cgroup v2 or the v1 "
                        "controller perf_event");
    return err ? err->code : SCOPE_IO;
}

/* The errno of the first CPU that fails; one that is off is left out. */
static int open_cpus(const struct percpu *percpu, struct place *place,
                     pid_t folder, unsigned long flags)
{
    long count = sysconf(_SC_NPROCESSORS_CONF);
    for (int cpu = 0; cpu < count; cpu++) {
        struct perf_group group;
        if (!perf_group_open(&group, percpu->opener, folder, cpu, false, flags,
                             false)) {
            if (errno == ENODEV)
                continue;
            return errno;
        }
        place->groups = scope_grow(place->groups, &place->room, place->count,
                                   sizeof *place->groups);
        place->groups[place->count++] = group;
    }
    return 0;
}

enum scope_code percpu_attach(struct percpu *percpu,
                              const struct scope_target *target,
                              struct scope_err *err)
{
    bool cgroup = target->kind == SCOPE_TARGET_CGROUP;
    int folder = -1;
    if (cgroup) {
        folder = open(target->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0)
            return errno == ENOENT ? SCOPE_NOT_FOUND
                                   : scope_fail(err, SCOPE_IO, errno, "open %s",
                                                target->cgroup);
    }
    struct place *place = scope_alloc(1, sizeof *place);
    place->id = target->id;
    place->sum = perf_counts_new(percpu->opener->events->count);
    place->emitted = perf_counts_new(percpu->opener->events->count);
    int fault =
        open_cpus(percpu, place, folder, cgroup ? PERF_FLAG_PID_CGROUP : 0);
    if (folder >= 0)
        close(folder);
    if (fault) {
        free_place(place);
        return fail_open(target, fault, err);
    }
    percpu->items = scope_grow(percpu->items, &percpu->room, percpu->count,
                               sizeof(struct place *));
    percpu->items[percpu->count++] = place;
    return SCOPE_OK;
}

void percpu_detach(struct percpu *percpu, const struct scope_target *target)
{
    for (size_t i = 0; i < percpu->count; i++)
        if (percpu->items[i]->id == target->id)
            percpu->items[i]->ended = true;
}

static void read_place(const struct percpu *percpu, struct place *place)
{
    size_t events = percpu->opener->events->count;
    perf_counts_clear(place->sum, events);
    for (size_t i = 0; i < place->count; i++)
        if (!perf_group_read(&place->groups[i], percpu->opener, false,
                             place->sum))
            return; /* a part of it would seem to be fewer */
    perf_counts_copy(place->emitted, place->sum, events);
}

void percpu_sample(struct percpu *percpu,
                   void (*emit)(void *closure,
                                const struct perf_reading *reading),
                   void *closure)
{
    size_t kept = 0;
    for (size_t i = 0; i < percpu->count; i++) {
        struct place *place = percpu->items[i];
        read_place(percpu, place);
        emit(closure, &(struct perf_reading){.target = place->id,
                                             .ended = place->ended,
                                             .counts = place->emitted});
        if (place->ended)
            free_place(place);
        else
            percpu->items[kept++] = place;
    }
    percpu->count = kept;
}
