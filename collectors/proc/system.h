/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine as a whole: which files of proc are read for it, and how. */
#ifndef PROC_SYSTEM_H
#define PROC_SYSTEM_H

#include "collectors/proc/proc.h"

/* What one file remembers between sweeps. */
struct system_file {
    int fd; /* -1: not there, or not wanted */
    struct layout layout;
    uint32_t *cpus; /* by column of its header: the CPU's instance */
    size_t cpu_count, cpu_room;
    uint64_t *sums; /* by column */
    char *header;   /* that cpus was made from */
    uint32_t fixed; /* pressure: the instance of the file */
};

struct system {
    struct reader *reader;
    const struct scope_target *target; /* NULL: the collector itself */
    bool ready;
    uint32_t self; /* instance of what has no domain */
    size_t count;
    struct system_file *files; /* one a row of the table */
};

enum scope_code system_open(struct reader *reader,
                            const struct scope_list *groups,
                            struct system **system,
                            struct scope_err *err) SCOPE_MUST_CHECK;
void system_close(struct system *system);
void system_sample(struct system *system);

/* Each emits the text of one file. */
typedef void system_parse(struct system *system, struct system_file *file,
                          const char *text);
system_parse parse_stat, parse_loadavg, parse_softirqs, parse_interrupts;
system_parse parse_meminfo, parse_vmstat, parse_pressure;
system_parse parse_netdev, parse_snmp, parse_netstat, parse_diskstats;

/* The instance of a thing of the machine. */
static inline uint32_t system_instance(const struct system *system,
                                       const char *name)
{
    return scope_instance(system->reader->sink, system->target, name);
}

static inline void system_emit(const struct system *system, unsigned metric,
                               uint32_t instance, uint64_t value)
{
    scope_emit_u64(system->reader->sink, metric, instance, value);
}

#endif
