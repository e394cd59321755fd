/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A lane is a CPU with its ring. All events that sample there, of the whole CPU
 * or of one thread while it runs there, write into the one ring.
 */
#ifndef CYCLES_LANES_H
#define CYCLES_LANES_H

#include "collectors/cycles/event.h"
#include "lib/perf/ring.h"

struct cycles_lanes {
    struct perf_rings *rings;
    size_t ring_size;
    size_t count;
    struct cycles_lane {
        int cpu;
        int owner; /* the event whose ring it is; it samples nothing */
        int fd;    /* of the whole machine: what samples the CPU; else -1 */
    } * items;
};

/*
 * Opens a lane for each CPU, with rings of at most size bytes (less where the
 * kernel does not grant it). Of the whole machine the owners tell of all
 * processes from now on, and each CPU is ready to be sampled.
 */
enum scope_code cycles_lanes_open(struct cycles_lanes *lanes,
                                  const struct cycles_event *event, size_t size,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
void cycles_lanes_close(struct cycles_lanes *lanes);

/* Opens an event of a thread, or of the whole CPU (-1), whose records go to
 * this lane. -1 with errno set. */
int cycles_lane_add(const struct cycles_lane *lane,
                    const struct cycles_event *event, pid_t tid, bool disabled);

/* Of the whole machine: switches sampling on or off. */
void cycles_lanes_switch(const struct cycles_lanes *lanes, bool on);

/* Of the whole machine, where the event tells: samples that were lost, and
 * other records. */
void cycles_lanes_lost(const struct cycles_lanes *lanes, uint64_t *samples,
                       uint64_t *others);

#endif
