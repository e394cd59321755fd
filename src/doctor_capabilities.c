/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The capabilities that make a difference to scope, capabilities(7). */
#include "src/doctor.h"

#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>

static uint64_t effective(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    unsigned long long bits = 0;
    char line[256];
    while (status && fgets(line, sizeof line, status))
        if (sscanf(line, "CapEff: %llx", &bits) == 1)
            break;
    if (status)
        fclose(status);
    return bits;
}

bool doctor_capable(int capability)
{
    return effective() >> capability & 1;
}

void doctor_capabilities(struct scope_report *report)
{
    static const struct {
        int capability;
        const char *name, *what_for;
    } rows[] = {
        {CAP_PERFMON, "CAP_PERFMON", "perf events of any process"},
        {CAP_BPF, "CAP_BPF", "BPF programs"},
        {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "/proc/PID of other users"},
        {CAP_SYSLOG, "CAP_SYSLOG", "kernel addresses"},
        {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
         "files of other users and of tracefs"},
        {CAP_SYS_NICE, "CAP_SYS_NICE",
         "priority and CPU affinity of others' processes"},
        {CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", "limits above the hard ones"},
        {CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
         "all of perf and BPF on kernels before 5.8"},
    };
    struct scope_table *table =
        doctor_table(report, "capabilities", "Capabilities held", "Capability");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool held = doctor_capable(rows[i].capability);
        doctor_row(table, true, rows[i].name, held ? "yes" : "no",
                   rows[i].what_for, "");
    }
}
