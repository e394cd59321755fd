/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is sampled, and where: found by trying, since neither the kernel's
 * settings nor sysfs tell for certain what a perf_event_open(2) will say.
 */
#ifndef CYCLES_EVENT_H
#define CYCLES_EVENT_H

#include "collectors/cycles/records.h"

#include <scope/plugin.h>

enum cycles_kind { CYCLES_AUTO, CYCLES_HARDWARE, CYCLES_CLOCK };
enum cycles_scope { CYCLES_SCOPE_AUTO, CYCLES_MACHINE, CYCLES_TARGETS };
enum cycles_graph {
    CYCLES_GRAPH_AUTO,
    CYCLES_FRAME_POINTERS,
    CYCLES_DWARF,
    CYCLES_NO_GRAPH,
};

struct cycles_config {
    int event; /* enum cycles_kind */
    int scope; /* enum cycles_scope */
    int graph; /* enum cycles_graph */
    double frequency;
    bool kernel, user;
    uint64_t stack_size, buffer_size;
    int64_t max_stacks;
};

struct cycles_event {
    const char *name; /* as perf calls it: "cycles", "cpu-clock" */
    enum scope_unit unit;
    struct perf_event_attr attr; /* to be opened with */
    struct cycles_layout layout;
    bool machine;     /* all CPUs; else threads, with what they make */
    bool kernel;      /* the kernel's part is sampled, too */
    bool tells_lost;  /* a reading has the number of lost samples */
    bool clock_asked; /* not hardware cycles because that was asked for */
};

/* Opens events and closes them again until one is right. */
enum scope_code cycles_event_choose(const struct cycles_config *config,
                                    struct cycles_event *event,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* The longest record of a sample that is usual, in bytes. */
size_t cycles_event_record(const struct cycles_event *event);

/* The CPUs that are there: numbers, to free(). */
int *cycles_cpus(size_t *count);

#endif
