/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diskstats, Documentation/admin-guide/iostats.rst. */
#include "collectors/proc/scan.h"
#include "collectors/proc/system.h"

#define SECTOR 512
#define MS UINT64_C(1000000)

/* To base units, in the order of the metrics. */
static const uint64_t scales[] = {
    1, 1, SECTOR, MS, 1, 1, SECTOR, MS, 1, MS, MS, 1, 1, SECTOR, MS, 1, MS,
};
_Static_assert(sizeof scales / sizeof *scales ==
                   METRIC_DISK_FLUSH_TIME - METRIC_DISK_READS + 1,
               "a scale for each field");

/* "8 0 sda 1 2 3 ...", more fields with later kernels. */
void parse_diskstats(struct system *system, struct system_file *file,
                     const char *text)
{
    layout_begin(&file->layout);
    for (const char *line = text; *line; line = scan_line(line)) {
        const char *name = scan_blanks(scan_skip(line, 2));
        size_t length = scan_word(name);
        const char *at = name + length;
        uint64_t value;
        bool fresh;
        if (!length)
            continue;
        struct slot *slot = layout_find(&file->layout, name, length, &fresh);
        if (fresh)
            slot->instance = system_instance(system, slot->key);
        for (unsigned i = 0;
             i < sizeof scales / sizeof *scales && scan_u64(&at, &value); i++)
            system_emit(system, METRIC_DISK_READS + i, slot->instance,
                        value * scales[i]);
    }
    layout_end(&file->layout);
}
