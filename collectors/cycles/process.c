/* SPDX-License-Identifier: GPL-3.0-or-later */
/* openat2(2) with RESOLVE_IN_ROOT: the kernel itself keeps a hostile link in a
 * container from naming a file outside it. */
#include "collectors/cycles/process.h"

#include "collectors/cycles/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int process_root(pid_t pid)
{
    char path[64] = "/";
    if (pid)
        snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int process_open(int root, const char *path, bool follow)
{
    /* A FIFO must not block, a terminal not become ours. */
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
                 (follow ? 0U : O_NOFOLLOW),
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
    };
    long fd;
    int tries = 8;
    /* EAGAIN: something was renamed on the way. */
    do
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    while (fd < 0 && errno == EAGAIN && --tries > 0);
    struct stat st;
    if (fd >= 0 && (fstat((int)fd, &st) || !S_ISREG(st.st_mode))) {
        close((int)fd);
        errno = EINVAL;
        return -1;
    }
    return (int)fd;
}

bool process_memory(pid_t pid, uint64_t address, void *bytes, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, bytes, size, (off_t)address);
    close(fd);
    return got == (ssize_t)size;
}

/* The numbers of a line such as "NSpid:\t1234\t1". */
static size_t numbers(const char *text, const char *name, long *values,
                      size_t most)
{
    const char *at = strstr(text, name);
    if (!at)
        return 0;
    at += strlen(name);
    size_t count = 0;
    while (count < most && (*at == '\t' || *at == ' ')) {
        char *end;
        values[count++] = strtol(at, &end, 10);
        at = end;
    }
    return count;
}

bool process_status(pid_t pid, struct process_status *status)
{
    char path[64];
    size_t length;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    char *text = maps_read(path, 65536, &length);
    if (!text)
        return false;
    /* Namespaces nest 32 deep at most, pid_namespaces(7). */
    long users[4] = {0}, ids[33] = {0};
    bool known = numbers(text, "\nUid:", users, 4) == 4;
    size_t count = numbers(text, "\nNSpid:", ids, 33);
    free(text);
    *status = (struct process_status){
        .user = (uid_t)users[1],
        .inner = count ? (pid_t)ids[count - 1] : pid,
    };
    return known;
}
