/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Facts about the node: most are the first line of one file, so they are a
 * table; the rest is counted or cut out below.
 */
#include "lib/host/facts.h"
#include "config.h"

#include <fcntl.h>
#include <scope/alloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CPU_FOLDER "/sys/devices/system/cpu/"

static const struct {
    const char *key, *path;
} files[] = {
    {"cpu.online", CPU_FOLDER "online"},
    {"cpu.isolated", CPU_FOLDER "isolated"},
    {"cpu.smt", CPU_FOLDER "smt/control"},
    {"cpu.governor", CPU_FOLDER "cpu0/cpufreq/scaling_governor"},
    {"cpu.driver", CPU_FOLDER "cpu0/cpufreq/scaling_driver"},
    {"cpu.max_khz", CPU_FOLDER "cpu0/cpufreq/scaling_max_freq"},
    {"cpu.no_turbo", CPU_FOLDER "intel_pstate/no_turbo"},
    {"cpu.boost", CPU_FOLDER "cpufreq/boost"},
    {"cpu.idle_driver", CPU_FOLDER "cpuidle/current_driver"},
    {"clock.source",
     "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
    {"kernel.cmdline", "/proc/cmdline"},
    {"kernel.nmi_watchdog", "/proc/sys/kernel/nmi_watchdog"},
    {"kernel.numa_balancing", "/proc/sys/kernel/numa_balancing"},
    {"kernel.randomize_va_space", "/proc/sys/kernel/randomize_va_space"},
    {"kernel.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid"},
    {"memory.thp", "/sys/kernel/mm/transparent_hugepage/enabled"},
    {"memory.swappiness", "/proc/sys/vm/swappiness"},
    {"net.congestion_control", "/proc/sys/net/ipv4/tcp_congestion_control"},
    {"product", "/sys/class/dmi/id/product_name"},
    {"hypervisor", "/sys/hypervisor/type"},
};

static const char *const mitigations[] = {
    "meltdown",
    "spectre_v1",
    "spectre_v2",
    "spec_store_bypass",
    "l1tf",
    "mds",
    "retbleed",
    "srbds",
    "mmio_stale_data",
    "gather_data_sampling",
    "reg_file_data_sampling",
};

void scope_facts_add(struct scope_facts *facts, const char *key,
                     const char *fmt, ...)
{
    char value[4096];
    va_list args;
    va_start(args, fmt);
    vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    facts->items = scope_grow(facts->items, &facts->room, facts->count,
                              sizeof *facts->items);
    facts->items[facts->count++] = (struct scope_label){
        .key = scope_strdup(key), .value = scope_strdup(value)};
}

const char *scope_facts_get(const struct scope_facts *facts, const char *key)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->items[i].key, key) == 0)
            return facts->items[i].value;
    return NULL;
}

void scope_facts_free(struct scope_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        free((void *)(uintptr_t)facts->items[i].key);
        free((void *)(uintptr_t)facts->items[i].value);
    }
    free(facts->items);
    *facts = (struct scope_facts){0};
}

/* Up to size - 1 bytes of a file; the number read, 0 when it cannot be. */
static size_t slurp(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    size_t used = 0;
    ssize_t got;
    while (used < size - 1 &&
           (got = read(fd, bytes + used, size - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    bytes[used] = '\0';
    return used;
}

/* The first line of a file, when it has one. */
static void add_file(struct scope_facts *facts, const char *key,
                     const char *path)
{
    char line[4096];
    if (!slurp(path, line, sizeof line))
        return;
    line[strcspn(line, "\n")] = '\0';
    if (*line)
        scope_facts_add(facts, key, "%s", line);
}

/* "model name : Xeon" of the first CPU; bytes is /proc/cpuinfo. */
static void add_cpuinfo(struct scope_facts *facts, const char *bytes,
                        const char *field, const char *key)
{
    for (const char *line = bytes; line && *line;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        size_t length = strlen(field);
        if (strncmp(line, field, length) != 0)
            continue;
        const char *at = line + length + strspn(line + length, " \t");
        if (*at != ':')
            continue;
        at += 1 + strspn(at + 1, " \t");
        scope_facts_add(facts, key, "%.*s", (int)strcspn(at, "\n"), at);
        return;
    }
}

static void add_cpu(struct scope_facts *facts)
{
    static char bytes[16384]; /* the first CPU's paragraph is enough */
    if (slurp("/proc/cpuinfo", bytes, sizeof bytes)) {
        add_cpuinfo(facts, bytes, "model name", "cpu.model");
        add_cpuinfo(facts, bytes, "CPU implementer", "cpu.implementer");
        add_cpuinfo(facts, bytes, "CPU part", "cpu.part");
        add_cpuinfo(facts, bytes, "cpu family", "cpu.family");
        add_cpuinfo(facts, bytes, "model", "cpu.number");
        add_cpuinfo(facts, bytes, "stepping", "cpu.stepping");
        add_cpuinfo(facts, bytes, "microcode", "cpu.microcode");
        const char *flags = strstr(bytes, "\nflags");
        const char *end = flags ? strchr(flags + 1, '\n') : NULL;
        const char *found = flags ? strstr(flags, " hypervisor") : NULL;
        scope_facts_add(facts, "cpu.virtual", "%s",
                        found && end && found < end ? "yes" : "no");
    }
    scope_facts_add(facts, "cpu.count", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
}

static void add_system(struct scope_facts *facts)
{
    struct utsname name;
    if (uname(&name) == 0) {
        scope_facts_add(facts, "host.name", "%s", name.nodename);
        scope_facts_add(facts, "kernel.release", "%s", name.release);
        scope_facts_add(facts, "kernel.version", "%s", name.version);
        scope_facts_add(facts, "machine", "%s", name.machine);
    }
    struct sysinfo info;
    if (sysinfo(&info) == 0)
        scope_facts_add(facts, "memory.bytes", "%llu",
                        (unsigned long long)info.totalram * info.mem_unit);
    char text[4096];
    const char *pretty = slurp("/etc/os-release", text, sizeof text)
                             ? strstr(text, "PRETTY_NAME=\"")
                             : NULL;
    if (pretty)
        scope_facts_add(facts, "os", "%.*s", (int)strcspn(pretty + 13, "\"\n"),
                        pretty + 13);
}

/* The limits of scope's own cgroup, which a container shares with all in it. */
static void add_cgroup(struct scope_facts *facts)
{
    char text[4096];
    if (!slurp("/proc/self/cgroup", text, sizeof text))
        return;
    const char *v2 =
        strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
    if (!v2)
        return;
    v2 = strstr(v2, "::") + 2;
    int length = (int)strcspn(v2, "\n");
    static const char *const limits[] = {"cpu.max",    "cpu.weight",
                                         "memory.max", "memory.high",
                                         "pids.max",   "cpuset.cpus.effective"};
    scope_facts_add(facts, "cgroup.path", "%.*s", length, v2);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char path[4400];
        char key[64];
        snprintf(path, sizeof path, "/sys/fs/cgroup%.*s/%s", length, v2,
                 limits[i]);
        snprintf(key, sizeof key, "cgroup.%s", limits[i]);
        add_file(facts, key, path);
    }
}

void scope_facts_node(struct scope_facts *facts)
{
    scope_facts_add(facts, "scope.version", "%s", PACKAGE_VERSION);
    add_system(facts);
    add_cpu(facts);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        add_file(facts, files[i].key, files[i].path);
    for (size_t i = 0; i < sizeof mitigations / sizeof *mitigations; i++) {
        char path[128];
        char key[64];
        snprintf(path, sizeof path, CPU_FOLDER "vulnerabilities/%s",
                 mitigations[i]);
        snprintf(key, sizeof key, "mitigation.%s", mitigations[i]);
        add_file(facts, key, path);
    }
    add_cgroup(facts);
}

void scope_facts_process(struct scope_facts *facts, const char *prefix,
                         pid_t pid, bool command)
{
    char path[64];
    char key[128];
    char text[4096];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length > 0) {
        text[length] = '\0';
        snprintf(key, sizeof key, "%s.exe", prefix);
        scope_facts_add(facts, key, "%s", text);
    }
    if (!command)
        return;
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    size_t used = slurp(path, text, sizeof text);
    while (used && text[used - 1] == '\0')
        used--;
    for (size_t i = 0; i < used; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    snprintf(key, sizeof key, "%s.command", prefix);
    if (used)
        scope_facts_add(facts, key, "%.*s", (int)used, text);
}
