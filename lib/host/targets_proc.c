/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One process as its folder in proc shows it. */
#include "lib/host/targets_proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Fields of a stat file after comm, by their numbers in proc_pid_stat(5). */
enum {
    FIELD_STATE = 3,
    FIELD_PARENT = 4,
    FIELD_THREADS = 20,
    FIELD_START = 22,
};

static const char *skip_fields(const char *at, int count)
{
    while (count-- > 0) {
        at = strchr(at, ' ');
        if (!at)
            return NULL;
        at++;
    }
    return at;
}

/* The fields behind comm; at points to the state. */
static bool parse_fields(const char *at, struct proc_stat *stat)
{
    if (!isalpha((unsigned char)*at))
        return false;
    stat->state = *at;
    at = skip_fields(at, FIELD_PARENT - FIELD_STATE);
    if (!at)
        return false;
    stat->parent = (pid_t)strtol(at, NULL, 10);
    at = skip_fields(at, FIELD_THREADS - FIELD_PARENT);
    if (!at)
        return false;
    stat->threads = strtoull(at, NULL, 10);
    at = skip_fields(at, FIELD_START - FIELD_THREADS);
    if (!at || !isdigit((unsigned char)*at))
        return false;
    stat->start_ticks = strtoull(at, NULL, 10);
    return true;
}

bool proc_stat_parse(const char *line, size_t length, struct proc_stat *stat)
{
    *stat = (struct proc_stat){0};
    const char *open = memchr(line, '(', length);
    const char *close = memrchr(line, ')', length);
    if (!open || !close || close < open || close + 2 >= line + length)
        return false;
    stat->pid = (pid_t)strtol(line, NULL, 10);
    size_t size = (size_t)(close - open - 1);
    if (size >= sizeof stat->comm)
        size = sizeof stat->comm - 1;
    memcpy(stat->comm, open + 1, size);
    return stat->pid > 0 && parse_fields(close + 2, stat);
}

/* As much of the file as fits, terminated by a NUL; -1 with errno set. */
static ssize_t read_file(int folder, const char *path, char *bytes, size_t size)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t have = 0;
    ssize_t got = 0;
    while (have < size - 1) {
        got = read(fd, bytes + have, size - 1 - have);
        if (got <= 0)
            break;
        have += (size_t)got;
    }
    int saved = errno;
    close(fd);
    errno = saved;
    bytes[have] = '\0';
    return got < 0 ? -1 : (ssize_t)have;
}

bool proc_stat_read(int proc, const char *path, struct proc_stat *stat)
{
    char line[2048];
    ssize_t length = read_file(proc, path, line, sizeof line);
    if (length < 0)
        return false;
    errno = EPROTO;
    return proc_stat_parse(line, (size_t)length, stat);
}

bool proc_stat_of(int proc, pid_t pid, struct proc_stat *stat)
{
    char path[32];
    snprintf(path, sizeof path, "%d/stat", pid);
    return proc_stat_read(proc, path, stat);
}

bool proc_stat_dead(const struct proc_stat *stat)
{
    bool ended = stat->state == 'Z' || stat->state == 'X' || stat->state == 'x';
    return ended && stat->threads < 2;
}

static pid_t number_of(const char *name)
{
    int64_t number = 0;
    for (const char *at = name; *at; at++) {
        if (!isdigit((unsigned char)*at))
            return 0;
        number = number * 10 + (*at - '0');
        if (number > INT_MAX)
            return 0;
    }
    return (pid_t)number;
}

bool proc_numbers_list(int folder, struct proc_numbers *numbers, size_t limit)
{
    union {
        struct dirent64 align;
        char bytes[16384];
    } page;
    numbers->count = 0;
    numbers->partial = false;
    for (;;) {
        if (numbers->count >= limit) {
            numbers->partial = true;
            return true;
        }
        ssize_t have = getdents64(folder, page.bytes, sizeof page.bytes);
        if (have <= 0)
            return have == 0;
        for (ssize_t at = 0; at < have;) {
            const struct dirent64 *entry =
                (const struct dirent64 *)(const void *)(page.bytes + at);
            at += entry->d_reclen;
            pid_t number = number_of(entry->d_name);
            if (!number)
                continue;
            numbers->items = scope_grow(numbers->items, &numbers->room,
                                        numbers->count, sizeof(pid_t));
            numbers->items[numbers->count++] = number;
        }
    }
}

ssize_t proc_command(int proc, pid_t pid, char *text, size_t size)
{
    char path[32];
    snprintf(path, sizeof path, "%d/cmdline", pid);
    ssize_t length = read_file(proc, path, text, size);
    if (length < 0)
        return -1;
    while (length > 0 && text[length - 1] == '\0')
        length--;
    for (ssize_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    text[length] = '\0';
    return length;
}

bool proc_exe(int proc, pid_t pid, char *path, size_t size)
{
    static const char deleted[] = " (deleted)";
    char link[32];
    snprintf(link, sizeof link, "%d/exe", pid);
    ssize_t length = readlinkat(proc, link, path, size - 1);
    if (length < 0)
        return false;
    path[length] = '\0';
    size_t tail = sizeof deleted - 1;
    if ((size_t)length > tail &&
        strcmp(path + (size_t)length - tail, deleted) == 0)
        path[(size_t)length - tail] = '\0';
    return true;
}

char *proc_file(int folder, const char *path, size_t limit)
{
    int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *bytes = NULL;
    size_t have = 0;
    size_t room = 0;
    ssize_t got = 0;
    do {
        bytes = scope_grow(bytes, &room, have + 4096, 1);
        size_t wanted = room - 1 - have;
        if (wanted > limit - have)
            wanted = limit - have;
        got = read(fd, bytes + have, wanted);
        if (got > 0)
            have += (size_t)got;
    } while (got > 0 && have < limit);
    int saved = errno;
    close(fd);
    errno = saved;
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    bytes[have] = '\0';
    return bytes;
}
