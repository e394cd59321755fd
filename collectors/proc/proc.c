/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collector proc: what the kernel tells of the machine, of processes and their
 * threads and of control groups in the files of proc and the cgroup mounts.
 * All are held open and read at each sweep, the costly ones at a tenth of the
 * rate.
 */
#include "collectors/proc/proc.h"

#include "collectors/proc/cgroup.h"
#include "collectors/proc/process.h"
#include "collectors/proc/system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

static const struct scope_option options[] = {
    SCOPE_OPTION_LIST(struct config, system, "system", .fallback = "all",
                      .value = "GROUP",
                      .help = "files read of the machine: stat, meminfo, "
                              "loadavg, pressure, netdev, diskstats, "
                              "softirqs, snmp, netstat, vmstat, interrupts; "
                              "all, none"),
    SCOPE_OPTION_LIST(struct config, process, "process", .fallback = "all",
                      .value = "GROUP",
                      .help = "files read of each process: stat, statm, "
                              "status, io, schedstat, fds, smaps; all, none"),
    SCOPE_OPTION_LIST(struct config, thread, "thread", .fallback = "all",
                      .value = "GROUP",
                      .help = "files read of each thread: stat, schedstat, "
                              "status, io; all, none"),
    SCOPE_OPTION_LIST(struct config, cgroup, "cgroup", .fallback = "all",
                      .value = "GROUP",
                      .help = "files read of each cgroup: cpu, memory, io, "
                              "pids, pressure; all, none"),
    SCOPE_OPTION_BOOL(struct config, threads, "threads", .fallback = "yes",
                      .help = "keep series of each thread, not only their "
                              "sums"),
    SCOPE_OPTION_INT(struct config, slow, "slow", .fallback = "10", .min = "1",
                     .max = "1000000", .value = "N",
                     .help = "read the costly files (vmstat, snmp, netstat, "
                             "interrupts, softirqs; status, fds and smaps of "
                             "processes; status and io of threads; most of "
                             "cgroups) only once in N sweeps"),
    SCOPE_OPTION_PATH(struct config, root, "root", .fallback = "/proc",
                      .help = "where proc is mounted"),
    SCOPE_OPTION_PATH(struct config, cgroups, "cgroups",
                      .fallback = "/sys/fs/cgroup",
                      .help = "where the hierarchies of cgroup v1 are "
                              "mounted"),
    SCOPE_OPTION_END,
};

static enum scope_code probe(const void *settings, struct scope_err *err)
{
    const struct config *config = settings;
    char *path = scope_format("%s/stat", config->root);
    enum scope_code code = SCOPE_OK;
    if (access(path, R_OK) < 0) {
        code = scope_fail(err, SCOPE_UNAVAILABLE, errno, "read %s", path);
        scope_hint(err, "mount proc there, or say where it is with "
                        "proc.root");
    }
    free(path);
    return code;
}

/* Whether the pids in this proc are the ones that system calls here take. */
static bool is_real(int root)
{
    struct statfs fs;
    char self[32];
    char pid[32];
    ssize_t length = readlinkat(root, "self", self, sizeof self - 1);
    if (fstatfs(root, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC || length <= 0)
        return false;
    self[length] = '\0';
    snprintf(pid, sizeof pid, "%d", getpid());
    return strcmp(self, pid) == 0;
}

/* Each thread holds up to four files; the usual soft limit is 1024. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void proc_close(void *self)
{
    struct proc *proc = self;
    system_close(proc->system);
    processes_close(proc->processes);
    cgroups_close(proc->cgroups);
    if (proc->reader.root >= 0)
        close(proc->reader.root);
    free(proc->reader.room.bytes);
    free(proc);
}

static enum scope_code proc_open(const void *settings, struct scope_host *host,
                                 void **self, struct scope_err *err)
{
    const struct config *config = settings;
    struct proc *proc = scope_alloc(1, sizeof *proc);
    struct reader *reader = &proc->reader;
    enum scope_code code = SCOPE_OK;
    (void)host;
    raise_file_limit();
    reader->root = open(config->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (reader->root < 0)
        code = scope_fail(err, SCOPE_IO, errno, "open %s", config->root);
    reader->tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
    reader->page = (uint64_t)sysconf(_SC_PAGESIZE);
    reader->slow = (uint64_t)config->slow;
    if (!code) {
        reader->real = is_real(reader->root);
        code = system_open(reader, &config->system, &proc->system, err);
    }
    if (!code)
        code = processes_open(reader, config, &proc->processes, err);
    if (!code)
        code = cgroups_open(reader, config, &proc->cgroups, err);
    if (code)
        proc_close(proc);
    else
        *self = proc;
    return code;
}

static enum scope_code proc_attach(void *self,
                                   const struct scope_target *target,
                                   struct scope_sink *sink,
                                   struct scope_err *err)
{
    struct proc *proc = self;
    enum scope_code code = SCOPE_OK;
    proc->reader.sink = sink;
    if (target->kind == SCOPE_TARGET_SYSTEM)
        proc->system->target = target;
    else if (target->kind == SCOPE_TARGET_CGROUP)
        cgroups_attach(proc->cgroups, target);
    else
        code = processes_attach(proc->processes, target, err);
    proc->reader.sink = NULL;
    return code;
}

static void proc_detach(void *self, const struct scope_target *target)
{
    struct proc *proc = self;
    if (target->kind == SCOPE_TARGET_CGROUP)
        cgroups_detach(proc->cgroups, target);
    else if (target->kind != SCOPE_TARGET_SYSTEM)
        processes_detach(proc->processes, target);
}

static enum scope_code proc_sample(void *self, struct scope_sink *sink,
                                   struct scope_err *err)
{
    struct proc *proc = self;
    (void)err;
    proc->reader.sink = sink;
    processes_sample(proc->processes);
    cgroups_sample(proc->cgroups);
    system_sample(proc->system);
    proc->reader.sink = NULL;
    proc->reader.sweep++;
    return SCOPE_OK;
}

static const struct scope_collector_ops ops = {
    .targets = SCOPE_TARGETS_SYSTEM | SCOPE_TARGETS_CGROUP |
               SCOPE_TARGETS_PROCESS | SCOPE_TARGETS_THREAD,
    .probe = probe,
    .open = proc_open,
    .attach = proc_attach,
    .detach = proc_detach,
    .sample = proc_sample,
    .close = proc_close,
};

SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "proc",
             .summary = "system, process, thread and cgroup figures of /proc",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .metrics = proc_metrics,
             .collector = &ops);
