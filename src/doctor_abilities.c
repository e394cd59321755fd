/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be measured here. Each is tried rather than derived from settings,
 * since a container's seccomp filter or a module may forbid what those allow;
 * nothing that is tried outlives its row.
 */
#include "src/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A perf event opened and closed again: 0, or why it cannot be had. */
static int try_perf(uint32_t type, uint64_t event, pid_t pid, int cpu,
                    bool kernel)
{
    struct perf_event_attr attr = {
        .type = type,
        .size = sizeof attr,
        .config = event,
        .disabled = 1,
        .exclude_kernel = !kernel,
        .exclude_hv = 1,
    };
    long fd =
        syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        return errno;
    close((int)fd);
    return 0;
}

/* Whether the kernel has a PMU for the cores: "cpu" on x86, "cpu_core" on
 * hybrids, "armv8_..." on Arm. */
static bool has_core_pmu(char *name, size_t size)
{
    DIR *folder = opendir("/sys/bus/event_source/devices");
    bool found = false;
    for (const struct dirent *entry;
         folder && !found && (entry = readdir(folder));) {
        found = strcmp(entry->d_name, "cpu") == 0 ||
                strcmp(entry->d_name, "cpu_core") == 0 ||
                strncmp(entry->d_name, "armv", 4) == 0;
        if (found)
            snprintf(name, size, "%s", entry->d_name);
    }
    if (folder)
        closedir(folder);
    return found;
}

static void hardware(struct scope_table *table, const struct scope_facts *facts)
{
    char name[256] = "";
    const char *virtual = scope_facts_get(facts, "cpu.virtual");
    bool guest = virtual && strcmp(virtual, "yes") == 0;
    static const char what[] = "hardware counters";
    if (!has_core_pmu(name, sizeof name)) {
        doctor_row(table, false, what, "no",
                   guest ? "the hypervisor gives this machine no PMU"
                         : "the kernel has no PMU for this CPU",
                   guest
                       ? "a guest with a virtual PMU (KVM: -cpu host,pmu=on), "
                         "or a machine of its own"
                       : "a kernel that supports the CPU");
        return;
    }
    int sys =
        try_perf(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0, -1, false);
    doctor_row(
        table, !sys, what, sys ? "no" : "yes", sys ? strerror(sys) : name,
        sys ? "sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON" : "");
}

static void perf(struct scope_table *table)
{
    static const struct {
        const char *what;
        pid_t pid;
        int cpu;
        bool kernel;
        const char *means, *remedy;
    } tries[] = {
        {"perf events of own processes", 0, -1, false, "software events",
         "sysctl kernel.perf_event_paranoid=2; in a container, a seccomp "
         "profile that allows perf_event_open"},
        {"perf events in the kernel", 0, -1, true, "user and kernel mode",
         "sysctl kernel.perf_event_paranoid=1, or CAP_PERFMON"},
        {"perf events of the whole system", -1, 0, true, "every process",
         "sysctl kernel.perf_event_paranoid=0, or CAP_PERFMON"},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        int sys = try_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK,
                           tries[i].pid, tries[i].cpu, tries[i].kernel);
        doctor_row(table, !sys, tries[i].what, sys ? "no" : "yes",
                   sys ? strerror(sys) : tries[i].means,
                   sys ? tries[i].remedy : "");
    }
}

/* The first bytes of a file: how many, or -1 with errno. */
static ssize_t read_some(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, bytes, size - 1);
    int sys = errno;
    close(fd);
    errno = sys;
    bytes[got > 0 ? got : 0] = '\0';
    return got;
}

static void bpf(struct scope_table *table)
{
    union bpf_attr attr = {.map_type = BPF_MAP_TYPE_HASH,
                           .key_size = 4,
                           .value_size = 8,
                           .max_entries = 1};
    long fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr);
    int sys = fd < 0 ? errno : 0;
    if (fd >= 0)
        close((int)fd);
    bool types = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    bool may_trace = doctor_capable(CAP_SYS_ADMIN) ||
                     (doctor_capable(CAP_BPF) && doctor_capable(CAP_PERFMON));
    if (!sys && !may_trace)
        sys = EPERM;
    const char *state = sys ? "no" : types ? "yes" : "partly";
    doctor_row(table, !sys && types, "BPF programs on system calls", state,
               sys     ? strerror(sys)
               : types ? "with the kernel's types (BTF)"
                       : "the kernel has no /sys/kernel/btf/vmlinux",
               sys     ? "CAP_BPF and CAP_PERFMON, or root"
               : types ? ""
                       : "a kernel with CONFIG_DEBUG_INFO_BTF");
}

static void others(struct scope_table *table)
{
    bool allowed = doctor_capable(CAP_SYS_PTRACE);
    doctor_row(
        table, allowed, "processes of other users", allowed ? "yes" : "partly",
        allowed ? "all of /proc/PID" : "without io, smaps and open files",
        allowed ? "" : "CAP_SYS_PTRACE, or root");
}

static void symbols(struct scope_table *table)
{
    char bytes[64];
    /* Addresses read as zeros when they are hidden. */
    bool shown = read_some("/proc/kallsyms", bytes, sizeof bytes) > 0 &&
                 strspn(bytes, "0") < 8;
    doctor_row(table, shown, "names of kernel functions", shown ? "yes" : "no",
               shown ? "/proc/kallsyms" : "/proc/kallsyms hides the addresses",
               shown ? ""
                     : "sysctl kernel.kptr_restrict=0, and CAP_SYSLOG or "
                       "root");
}

static void pressure(struct scope_table *table)
{
    char bytes[256];
    bool there = read_some("/proc/pressure/cpu", bytes, sizeof bytes) > 0;
    doctor_row(table, there, "pressure (PSI)", there ? "yes" : "no",
               there ? "/proc/pressure" : strerror(errno),
               there ? "" : "boot with psi=1 (CONFIG_PSI)");
}

/* Mount points by type: "/sys/fs/cgroup" and, of v1, the controllers. */
static void cgroups(struct scope_table *table)
{
    char v2[256] = "";
    struct scope_text v1 = {0};
    FILE *mounts = fopen("/proc/self/mounts", "re");
    char line[4096];
    while (mounts && fgets(line, sizeof line, mounts)) {
        char point[256];
        char type[32];
        if (sscanf(line, "%*s %255s %31s", point, type) != 2)
            continue;
        if (strcmp(type, "cgroup2") == 0 && !*v2)
            snprintf(v2, sizeof v2, "%s", point);
        const char *slash = strrchr(point, '/');
        if (strcmp(type, "cgroup") == 0 && slash)
            scope_text_add(&v1, "%s%s", v1.length ? ", " : "", slash + 1);
    }
    if (mounts)
        fclose(mounts);
    doctor_row(table, *v2, "cgroup v2", *v2 ? "yes" : "no",
               *v2 ? v2 : "not mounted",
               *v2 ? "" : "mount -t cgroup2 none /sys/fs/cgroup/unified");
    if (v1.length)
        doctor_row(table, true, "cgroup v1", "yes", v1.bytes, "");
    scope_text_free(&v1);
}

static void files(struct scope_table *table)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    /* A collector holds some ten files open for each thread it follows. */
    bool enough = limit.rlim_cur >= 4096;
    char means[128];
    snprintf(
        means, sizeof means, "%llu of at most %llu: for about %llu threads",
        (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max,
        (unsigned long long)limit.rlim_cur / 10);
    doctor_row(table, enough, "open files", enough ? "yes" : "few", means,
               enough ? "" : "ulimit -n 65536");
}

static void plots(struct scope_table *table)
{
    bool found = false;
    const char *path = getenv("PATH");
    char *folders = scope_strdup(path ? path : "");
    char *rest = folders;
    char *program = NULL;
    for (const char *folder; !found && (folder = strsep(&rest, ":"));) {
        free(program);
        program = scope_format("%s/gnuplot", *folder ? folder : ".");
        found = access(program, X_OK) == 0;
    }
    doctor_row(table, found, "plots in reports", found ? "yes" : "no",
               found ? program : "gnuplot is not installed",
               found ? "" : "apt-get install gnuplot-nox");
    free(program);
    free(folders);
}

void doctor_abilities(struct scope_report *report,
                      const struct scope_facts *facts)
{
    struct scope_table *table = doctor_table(
        report, "abilities", "What can be measured here", "Ability");
    hardware(table, facts);
    perf(table);
    bpf(table);
    others(table);
    symbols(table);
    pressure(table);
    cgroups(table);
    files(table);
    plots(table);
}
