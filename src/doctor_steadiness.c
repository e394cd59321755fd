/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes the same measurement give another figure on this machine. */
#include "src/doctor.h"

#include <scope/alloc.h>
#include <stdlib.h>
#include <string.h>

/* One setting, read from a fact; good when its value begins with or contains
 * the good word. */
static const struct setting {
    const char *what, *fact;
    const char *good; /* words, separated by '|' */
    const char *why, *remedy;
} settings[] = {
    {"frequency governor", "cpu.governor", "performance",
     "the clock follows the load: idle windows cost more per request",
     "cpupower frequency-set -g performance"},
    {"turbo (intel_pstate)", "cpu.no_turbo", "1",
     "the clock depends on temperature and on how many cores are busy",
     "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"},
    {"turbo (cpufreq)", "cpu.boost", "0",
     "the clock depends on temperature and on how many cores are busy",
     "echo 0 > /sys/devices/system/cpu/cpufreq/boost"},
    {"SMT", "cpu.smt", "off|forceoff|notsupported|notimplemented",
     "siblings share a core: what one does slows the other",
     "echo off > /sys/devices/system/cpu/smt/control, or pin around siblings"},
    {"transparent huge pages", "memory.thp", "[madvise]|[never]",
     "khugepaged moves memory while measuring",
     "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"},
    {"NMI watchdog", "kernel.nmi_watchdog", "0",
     "it keeps one hardware counter for itself",
     "sysctl kernel.nmi_watchdog=0"},
    {"NUMA balancing", "kernel.numa_balancing", "0",
     "pages are unmapped and moved while measuring",
     "sysctl kernel.numa_balancing=0"},
    {"clock source", "clock.source", "tsc|arch_sys_counter|kvm-clock",
     "every reading of the clock is a slow access to a device",
     "boot with clocksource=tsc, if the TSC is stable"},
    {"virtual machine", "cpu.virtual", "no",
     "other guests take time (steal) that no setting here shows",
     "a machine of its own, or repeat and interleave"},
};

static bool is_good(const char *value, const char *words)
{
    char *copy = scope_strdup(words);
    char *rest = copy;
    bool good = false;
    for (const char *word; !good && (word = strsep(&rest, "|"));)
        good = *word == '[' ? strstr(value, word) != NULL
                            : strcmp(value, word) == 0;
    free(copy);
    return good;
}

static void add_load(struct scope_table *table)
{
    double loads[1];
    if (getloadavg(loads, 1) != 1)
        return;
    char *state = scope_format("%.2f", loads[0]);
    bool good = loads[0] < 0.5;
    doctor_row(table, good, "load in the last minute", state,
               good ? "" : "something else is running beside the measurement",
               good ? "" : "stop it, or measure it too with --all");
    free(state);
}

void doctor_steadiness(struct scope_report *report,
                       const struct scope_facts *facts)
{
    struct scope_table *table = doctor_table(
        report, "steadiness", "How steady figures are here", "Setting");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *setting = &settings[i];
        const char *value = scope_facts_get(facts, setting->fact);
        if (!value)
            continue;
        bool good = is_good(value, setting->good);
        doctor_row(table, good, setting->what, value, good ? "" : setting->why,
                   good ? "" : setting->remedy);
    }
    add_load(table);
}
