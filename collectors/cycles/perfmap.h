/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a just-in-time compiler wrote down of its functions:
 * /tmp/perf-PID.map, "START SIZE name" in hex (the kernel's
 * tools/perf/Documentation/jit-interface.txt). */
#ifndef CYCLES_PERFMAP_H
#define CYCLES_PERFMAP_H

#include "collectors/cycles/table.h"

#include <sys/types.h>

struct perfmap {
    struct table table; /* tag: the line's number, later ones are newer */
    uint64_t size;      /* bytes of the file that were read */
    uint32_t lines;
    int64_t due_ns; /* until then it is not looked at again */
};

/* Whether it was read further. */
bool perfmap_read(struct perfmap *perfmap, pid_t pid);
/* Whole lines of its text, then perfmap_done. */
void perfmap_lines(struct perfmap *perfmap, const char *text, size_t length);
void perfmap_done(struct perfmap *perfmap);
void perfmap_free(struct perfmap *perfmap);

#endif
