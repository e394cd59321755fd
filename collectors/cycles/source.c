/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a mapped file can be opened: /proc/PID/map_files (the file itself, even
 * one without a name; wants CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE), its path
 * below the process's root, /proc/PID/exe, and for a process that is gone its
 * path here.
 *
 * What is found is used when its device and inode are those that the mapping
 * has. Overlay file systems and btrfs show another device (or inode) in a
 * mapping than to stat(2): then it is used when the code in the process's
 * memory is the file's, byte for byte. Else a function would be given the name
 * of another build's.
 */
#include "collectors/cycles/source.h"

#include "collectors/cycles/process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define CHUNK (UINT64_C(256) << 10)

static bool is_same(int fd, const struct cycles_map *map)
{
    struct stat st;
    return fstat(fd, &st) == 0 && map->inode && st.st_ino == map->inode &&
           st.st_dev == makedev(map->major, map->minor);
}

static bool has_same_code(int fd, pid_t pid, const struct cycles_map *map)
{
    struct stat st;
    if (fstat(fd, &st) || st.st_size < 0 || map->offset >= (uint64_t)st.st_size)
        return false;
    uint64_t size = (uint64_t)st.st_size - map->offset;
    size = size < map->size ? size : map->size;
    uint8_t *here = scope_alloc(CHUNK, 1), *there = scope_alloc(CHUNK, 1);
    bool same = true;
    for (uint64_t at = 0, step; same && at < size; at += step) {
        step = size - at < CHUNK ? size - at : CHUNK;
        same =
            pread(fd, here, step, (off_t)(map->offset + at)) == (ssize_t)step &&
            process_memory(pid, map->start + at, there, step) &&
            memcmp(here, there, step) == 0;
    }
    free(here);
    free(there);
    return same;
}

/* fd when it is the mapped file, else closes it. */
static int proved(int fd, pid_t pid, const struct cycles_map *map)
{
    if (fd < 0 || is_same(fd, map) || (pid && has_same_code(fd, pid, map)))
        return fd;
    close(fd);
    return -1;
}

/* A link of /proc to a file; only a regular one is opened. */
static int link_open(const char *path)
{
    struct stat st;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static int below_root(pid_t pid, const char *path)
{
    int root = process_root(pid);
    if (root < 0)
        return -1;
    int fd = process_open(root, path, true);
    close(root);
    return fd;
}

int source_open(pid_t pid, const struct cycles_map *map)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/map_files/%" PRIx64 "-%" PRIx64,
             (int)pid, map->start, map->start + map->size);
    int fd = proved(link_open(path), pid, map);
    if (fd < 0)
        fd = proved(below_root(pid, map->path), pid, map);
    if (fd < 0) {
        snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
        fd = proved(link_open(path), pid, map);
    }
    if (fd < 0)
        fd = proved(below_root(0, map->path), 0, map);
    return fd;
}
