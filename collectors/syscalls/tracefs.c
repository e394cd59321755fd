/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finds tracefs. Where it is not mounted it is mounted for this process alone:
 * a mount made by fsmount(2) and attached nowhere changes nothing for others.
 */
#include "collectors/syscalls/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_mounted(int *fault)
{
    static const char *const places[] = {"/sys/kernel/tracing/events",
                                         "/sys/kernel/debug/tracing/events"};
    *fault = ENOENT;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
        if (errno != ENOENT)
            *fault = errno;
    }
    return -1;
}

/* glibc has no words for these calls before 2.36. */
static int open_private(void)
{
    int fd = -1;
    int mount = -1;
    int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (context < 0)
        return -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    if (mount >= 0)
        fd = openat(mount, "events", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fault = errno;
    if (mount >= 0)
        close(mount);
    close(context);
    errno = fault;
    return fd;
}

/* Its files are for their owner and group alone, whatever the mode. */
static enum scope_code hint_readable(struct scope_err *err)
{
    return scope_hint(err,
                      "run scope as root, give it CAP_DAC_READ_SEARCH, or as "
                      "root: mount -o remount,gid=GROUP,mode=750 "
                      "/sys/kernel/tracing, with a group that scope runs in");
}

int tracefs_events(struct scope_err *err)
{
    int fault;
    int fd = open_mounted(&fault);
    if (fd >= 0)
        return fd;
    fd = open_private();
    if (fd >= 0)
        return fd;
    if (errno == ENODEV) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0,
                   "this kernel has no tracefs, which numbers tracepoints");
        scope_hint(err, "it needs a kernel with CONFIG_FTRACE_SYSCALLS");
    } else if (fault == ENOENT) {
        scope_fail(err, SCOPE_PERM, errno,
                   "tracefs is not mounted, and to mount it for scope alone");
        scope_hint(err, "run scope as root, or have root mount it (mount -t "
                        "tracefs -o gid=GROUP,mode=750 tracefs "
                        "/sys/kernel/tracing) for a group that scope runs in");
    } else {
        scope_fail(err, SCOPE_PERM, fault, "read /sys/kernel/tracing/events");
        (void)hint_readable(err);
    }
    return -1;
}

int tracefs_id(int events, const char *name)
{
    char path[128];
    char text[32];
    if ((size_t)snprintf(path, sizeof path, "%s/id", name) >= sizeof path)
        return -1;
    int fd = openat(events, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return -1;
    text[length] = '\0';
    long id = strtol(text, NULL, 10);
    errno = ENOENT;
    return id > 0 && id <= 65535 ? (int)id : -1;
}

enum scope_code tracefs_check(int events, struct scope_err *err)
{
    if (tracefs_id(events, "raw_syscalls/sys_enter") > 0 &&
        faccessat(events, "syscalls", F_OK, 0) == 0)
        return SCOPE_OK;
    if (errno == EACCES || errno == EPERM) {
        scope_fail(err, SCOPE_PERM, errno,
                   "read the numbers of tracepoints in tracefs");
        return hint_readable(err);
    }
    scope_fail(err, SCOPE_UNAVAILABLE, 0,
               "this kernel has no tracepoints of system calls");
    return scope_hint(err, "it needs a kernel with CONFIG_FTRACE_SYSCALLS");
}
