/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer's lock: flock(2), which readers do not heed. */
#include "lib/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

/* A writer that was killed may leave a child behind that is about to end and
 * still holds the lock: 2 s in steps of 20 ms. */
#define TRIES 100
#define STEP_NS 20000000

/* The process that holds the lock, from /proc/locks; 0 when it does not
 * say. */
static int holder_of(int fd)
{
    struct stat status;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks || fstat(fd, &status) != 0) {
        if (locks)
            fclose(locks);
        return 0;
    }
    char line[256];
    int holder = 0;
    while (!holder && fgets(line, sizeof line, locks)) {
        int pid;
        unsigned device_major;
        unsigned device_minor;
        unsigned long long inode;
        if (sscanf(line, "%*d: FLOCK %*s WRITE %d %x:%x:%llu", &pid,
                   &device_major, &device_minor, &inode) == 4 &&
            inode == status.st_ino && device_major == major(status.st_dev) &&
            device_minor == minor(status.st_dev))
            holder = pid;
    }
    fclose(locks);
    return holder;
}

static enum scope_code fail_busy(const char *path, int fd,
                                 struct scope_err *err)
{
    int pid = holder_of(fd);
    if (pid > 0)
        scope_fail(err, SCOPE_BUSY, 0, "%s: process %d is writing it", path,
                   pid);
    else
        scope_fail(err, SCOPE_BUSY, 0, "%s: another process is writing it",
                   path);
    return scope_hint(err, "wait until it has ended, or write to another file");
}

enum scope_code scope_lock_take(const char *path, int *fd,
                                struct scope_err *err)
{
    *fd =
        open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (*fd < 0) {
        int sys = errno;
        scope_fail(err, sys == ENOENT ? SCOPE_NOT_FOUND : SCOPE_IO, sys,
                   "open %s for writing", path);
        return sys == ENOENT
                   ? scope_hint(err, "the folder it should be in must exist")
               : err ? err->code
                     : SCOPE_IO;
    }
    for (int tries = TRIES; flock(*fd, LOCK_EX | LOCK_NB) != 0; tries--) {
        enum scope_code code = SCOPE_OK;
        if (errno != EWOULDBLOCK)
            code = scope_fail(err, SCOPE_IO, errno, "lock %s", path);
        else if (tries == 1)
            code = fail_busy(path, *fd, err);
        if (code) {
            close(*fd);
            *fd = -1;
            return code;
        }
        nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
    }
    return SCOPE_OK;
}
