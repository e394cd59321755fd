/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file only grows while its program runs, and lies where anybody may write:
 * it is read only when it belongs to the process's user or to root, is a
 * regular file, and no link; each line is checked. Code is replaced: a line
 * makes older ones void that its range meets.
 */
#include "collectors/cycles/perfmap.h"

#include "collectors/cycles/process.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 65536
#define AGAIN_NS INT64_C(200000000)
#define LARGEST (UINT64_C(512) << 20)
#define LONGEST_NAME 4096

static const char *hex(const char *at, const char *end, uint64_t *value)
{
    const char *from = at;
    if (end - at > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        from = at += 2;
    *value = 0;
    for (; at < end && at - from <= 16; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a' + 10)
                         : *at >= 'A' && *at <= 'F' ? (unsigned)(*at - 'A' + 10)
                                                    : 16;
        if (digit == 16)
            break;
        *value = *value << 4 | digit;
    }
    return at > from && at - from <= 16 && at < end && *at == ' ' ? at + 1
                                                                  : NULL;
}

static void line(struct perfmap *perfmap, const char *at, const char *end)
{
    uint64_t start, size;
    at = hex(at, end, &start);
    at = at ? hex(at, end, &size) : NULL;
    if (!at || at == end || !size || size > UINT32_MAX ||
        start > UINT64_MAX - size || memchr(at, '\0', (size_t)(end - at)))
        return;
    size_t length = (size_t)(end - at);
    table_add(&perfmap->table, start, size, at,
              length < LONGEST_NAME ? length : LONGEST_NAME, ++perfmap->lines);
}

void perfmap_lines(struct perfmap *perfmap, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        line(perfmap, at, newline ? newline : end);
        at = newline ? newline + 1 : end;
    }
}

static int newer(const struct table *table, const struct table_symbol *a,
                 const struct table_symbol *b)
{
    (void)table;
    return a->tag > b->tag ? 1 : -1;
}

/* Of those that meet, the newer stays. Sorted by start before and after. */
static void void_replaced(struct table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        struct table_symbol next = table->symbols[i];
        bool replaced = false;
        while (kept && !replaced &&
               next.start - table->symbols[kept - 1].start <
                   table->symbols[kept - 1].size) {
            replaced = table->symbols[kept - 1].tag > next.tag;
            kept -= !replaced;
        }
        if (!replaced)
            table->symbols[kept++] = next;
    }
    table->count = kept;
}

void perfmap_done(struct perfmap *perfmap)
{
    table_sort(&perfmap->table, newer);
    void_replaced(&perfmap->table);
    /* Nothing lies in anything any more. */
    for (size_t i = 0; i < perfmap->table.count; i++)
        perfmap->table.symbols[i].outer = TABLE_NONE;
}

static int open_map(pid_t pid, struct stat *st)
{
    struct process_status process;
    int root = process_root(pid);
    if (root < 0)
        return -1;
    int fd = -1;
    if (process_status(pid, &process)) {
        char path[64];
        snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)process.inner);
        fd = process_open(root, path, false);
    }
    close(root);
    if (fd >= 0 &&
        (fstat(fd, st) || (st->st_uid != process.user && st->st_uid != 0))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void read_on(struct perfmap *perfmap, int fd)
{
    char *chunk = scope_alloc(CHUNK, 1);
    ssize_t got;
    while (perfmap->size < LARGEST &&
           (got = pread(fd, chunk, CHUNK, (off_t)perfmap->size)) > 0) {
        /* The last line may not be whole yet. */
        const char *last = memrchr(chunk, '\n', (size_t)got);
        size_t whole = last ? (size_t)(last - chunk) + 1 : 0;
        if (!whole && got < CHUNK)
            break;
        perfmap_lines(perfmap, chunk, whole);
        perfmap->size += whole ? whole : (size_t)got;
    }
    free(chunk);
}

bool perfmap_read(struct perfmap *perfmap, pid_t pid)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
    if (now_ns < perfmap->due_ns)
        return false;
    perfmap->due_ns = now_ns + AGAIN_NS;
    struct stat st;
    int fd = open_map(pid, &st);
    if (fd < 0)
        return false;
    uint64_t before = perfmap->size;
    if ((uint64_t)st.st_size < before) {
        /* Another program's, or begun anew. */
        perfmap_free(perfmap);
        perfmap->due_ns = now_ns + AGAIN_NS;
        before = 0;
    }
    read_on(perfmap, fd);
    close(fd);
    if (perfmap->size == before)
        return false;
    perfmap_done(perfmap);
    return true;
}

void perfmap_free(struct perfmap *perfmap)
{
    table_free(&perfmap->table);
    *perfmap = (struct perfmap){0};
}
