/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of the machine: one table, opened once, read when due. */
#include "collectors/proc/system.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Which group brings the file, its path, whether one read gives all of it,
 * whether it is one of the costly ones, and who understands it. */
static const struct row {
    const char *group, *path;
    bool whole, slow;
    system_parse *parse;
} rows[] = {
    {"stat", "stat", true, false, parse_stat},
    {"meminfo", "meminfo", true, false, parse_meminfo},
    {"loadavg", "loadavg", true, false, parse_loadavg},
    {"pressure", "pressure/cpu", true, false, parse_pressure},
    {"pressure", "pressure/memory", true, false, parse_pressure},
    {"pressure", "pressure/io", true, false, parse_pressure},
    {"pressure", "pressure/irq", true, false, parse_pressure},
    {"netdev", "net/dev", false, false, parse_netdev},
    {"diskstats", "diskstats", false, false, parse_diskstats},
    {"softirqs", "softirqs", true, true, parse_softirqs},
    {"snmp", "net/snmp", true, true, parse_snmp},
    {"netstat", "net/netstat", true, true, parse_netstat},
    {"vmstat", "vmstat", false, true, parse_vmstat},
    {"interrupts", "interrupts", false, true, parse_interrupts},
};
#define ROWS (sizeof rows / sizeof *rows)

static const char *const groups[] = {
    "stat",     "meminfo", "loadavg", "pressure", "netdev",     "diskstats",
    "softirqs", "snmp",    "netstat", "vmstat",   "interrupts", NULL,
};

static bool wanted(unsigned bits, const char *group)
{
    for (size_t i = 0; groups[i]; i++)
        if (strcmp(groups[i], group) == 0)
            return bits >> i & 1;
    return false;
}

enum scope_code system_open(struct reader *reader,
                            const struct scope_list *list, struct system **out,
                            struct scope_err *err)
{
    unsigned bits;
    enum scope_code code = groups_parse(list, "system", groups, &bits, err);
    if (code)
        return code;
    struct system *system = scope_alloc(1, sizeof *system);
    system->reader = reader;
    system->files = scope_alloc(ROWS, sizeof *system->files);
    system->count = ROWS;
    for (size_t i = 0; i < ROWS; i++)
        system->files[i].fd = wanted(bits, rows[i].group)
                                  ? file_open(reader->root, rows[i].path)
                                  : -1;
    *out = system;
    return SCOPE_OK;
}

void system_close(struct system *system)
{
    if (!system)
        return;
    for (size_t i = 0; i < system->count; i++) {
        struct system_file *file = &system->files[i];
        if (file->fd >= 0)
            close(file->fd);
        layout_free(&file->layout);
        free(file->cpus);
        free(file->sums);
        free(file->header);
    }
    free(system->files);
    free(system);
}

/* The instances that never change. */
static void prepare(struct system *system)
{
    system->self = system_instance(system, "");
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].parse == parse_pressure)
            system->files[i].fixed =
                system_instance(system, strchr(rows[i].path, '/') + 1);
    system->ready = true;
}

void system_sample(struct system *system)
{
    struct reader *reader = system->reader;
    if (!system->ready)
        prepare(system);
    for (size_t i = 0; i < ROWS; i++) {
        struct system_file *file = &system->files[i];
        size_t length;
        if (file->fd < 0 || (rows[i].slow && !reader_due(reader, i)))
            continue;
        const char *text =
            file_read(file->fd, &reader->room, rows[i].whole, &length);
        if (text)
            rows[i].parse(system, file, text);
    }
}
