/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text has no sizes: a function ends where the next begins. Behind the
 * last one of a module or a BPF program nothing may follow for long, so these
 * end after at most LONGEST bytes: no name is better than a wrong one.
 */
#include "collectors/cycles/kallsyms.h"

#include "collectors/cycles/build_id.h"
#include "collectors/cycles/maps.h"
#include "collectors/cycles/rank.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 65536
#define LONGEST_CORE (1 << 20)
#define CHUNK 65536
#define AGAIN_NS INT64_C(5000000000)

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static uint32_t part(struct kallsyms *kernel, const char *name, size_t length)
{
    /* Lines of a module follow each other. */
    for (size_t i = kernel->part_count; i-- > 0;)
        if (strncmp(kernel->parts[i].name, name, length) == 0 &&
            kernel->parts[i].name[length] == '\0')
            return (uint32_t)i;
    kernel->parts = scope_grow(kernel->parts, &kernel->part_room,
                               kernel->part_count, sizeof *kernel->parts);
    kernel->parts[kernel->part_count] = (struct kallsyms_part){
        .name = scope_format("%.*s", (int)length, name),
        .module = TABLE_NONE,
    };
    return (uint32_t)kernel->part_count++;
}

/* "ffffffff81000000 T name\t[module]" */
static void line(struct kallsyms *kernel, const char *text, const char *end)
{
    uint64_t address = 0;
    const char *at = text;
    for (; at < end && at - text < 16; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a' + 10)
                                                    : 16;
        if (digit == 16)
            break;
        address = address << 4 | digit;
    }
    if (at == text || end - at < 4 || at[0] != ' ' || at[2] != ' ' ||
        memchr(at, '\0', (size_t)(end - at)))
        return;
    char type = at[1];
    if (type != 't' && type != 'T' && type != 'w' && type != 'W')
        return;
    if (!address) {
        kernel->zeros++;
        return;
    }
    at += 3;
    const char *tab = memchr(at, '\t', (size_t)(end - at));
    const char *name_end = tab ? tab : end;
    uint32_t tag = 0;
    if (tab && end - tab > 3 && end - tab < 256 && tab[1] == '[')
        tag = part(kernel, tab + 1, (size_t)(end - tab - 1));
    if (name_end > at)
        table_add(&kernel->table, address, 0, at, (size_t)(name_end - at), tag);
}

void kallsyms_lines(struct kallsyms *kernel, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    if (!kernel->part_count)
        part(kernel, "[kernel]", strlen("[kernel]"));
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        line(kernel, at, newline ? newline : end);
        at = newline ? newline + 1 : end;
    }
}

static int better(const struct table *table, const struct table_symbol *a,
                  const struct table_symbol *b)
{
    return rank_names(table_name(table, a), table_name(table, b));
}

void kallsyms_done(struct kallsyms *kernel)
{
    struct table *table = &kernel->table;
    table_sort(table, better);
    for (size_t i = 0; i < table->count; i++) {
        struct table_symbol *symbol = &table->symbols[i];
        uint64_t limit = symbol->tag ? LONGEST : LONGEST_CORE;
        uint64_t next = i + 1 < table->count ? symbol[1].start : UINT64_MAX;
        uint64_t size = next - symbol->start;
        symbol->size = (uint32_t)(size < limit ? size : limit);
    }
}

static char *why_hidden(void)
{
    size_t length;
    char *level = maps_read("/proc/sys/kernel/kptr_restrict", 16, &length);
    bool always = level && level[0] == '2';
    free(level);
    return scope_strdup(
        always ? "the kernel hides its addresses from everybody; sysctl "
                 "kernel.kptr_restrict=1 shows them to root"
               : "the kernel hides its addresses (/proc/kallsyms has none); "
                 "run as root or with CAP_SYSLOG");
}

/* Whole lines to kallsyms_lines; the rest of a chunk stays for the next. */
static int read_all(struct kallsyms *kernel, int fd)
{
    char *chunk = scope_alloc(CHUNK, 1);
    size_t have = 0;
    ssize_t got;
    while ((got = read(fd, chunk + have, CHUNK - have)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        have += (size_t)got;
        const char *last = memrchr(chunk, '\n', have);
        size_t whole = last ? (size_t)(last - chunk) + 1 : 0;
        if (!whole && have == CHUNK)
            whole = have;
        kallsyms_lines(kernel, chunk, whole);
        have -= whole;
        memmove(chunk, chunk + whole, have);
    }
    int error = got < 0 ? errno : 0;
    free(chunk);
    return error;
}

void kallsyms_read(struct kallsyms *kernel)
{
    int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
    int error = fd < 0 ? errno : read_all(kernel, fd);
    if (fd >= 0)
        close(fd);
    kallsyms_done(kernel);
    if (!kernel->table.count)
        kernel->hidden = error
                             ? scope_format("/proc/kallsyms cannot be read: %s",
                                            strerror(error))
                             : why_hidden();
    kernel->due_ns = now_ns() + AGAIN_NS;
    kernel->readings++;
}

void kallsyms_free(struct kallsyms *kernel)
{
    for (size_t i = 0; i < kernel->part_count; i++)
        free(kernel->parts[i].name);
    free(kernel->parts);
    free(kernel->hidden);
    table_free(&kernel->table);
    *kernel = (struct kallsyms){0};
}

static uint32_t module(struct kallsyms_part *part,
                       struct scope_profile *profile)
{
    if (part->module != TABLE_NONE)
        return part->module;
    char path[320], build_id[BUILD_ID_TEXT];
    if (strcmp(part->name, "[kernel]") == 0)
        snprintf(path, sizeof path, "/sys/kernel/notes");
    else
        snprintf(path, sizeof path, "/sys/module/%.*s/notes/.note.gnu.build-id",
                 (int)strcspn(part->name + 1, "]/"), part->name + 1);
    build_id_of_notes(path, build_id);
    part->module = scope_profile_module(profile, part->name, build_id);
    return part->module;
}

uint32_t kallsyms_function(struct kallsyms *kernel, uint64_t address,
                           struct scope_profile *profile)
{
    const struct table_symbol *found = table_find(&kernel->table, address);
    /* The kernel's own code stays; BPF programs and modules come and go. */
    if ((!found || found->tag != 0) && !kernel->hidden &&
        now_ns() >= kernel->due_ns) {
        unsigned readings = kernel->readings;
        kallsyms_free(kernel);
        kernel->readings = readings;
        kallsyms_read(kernel);
        found = table_find(&kernel->table, address);
    }
    if (!kernel->part_count)
        part(kernel, "[kernel]", strlen("[kernel]"));
    struct scope_function function = {.kernel = true, .named = found != NULL};
    if (found) {
        function.symbol = table_name(&kernel->table, found);
        function.module = module(&kernel->parts[found->tag], profile);
    } else {
        /* Never the address itself: the kernel hides where it lies. */
        function.symbol = "[kernel]";
        function.module = module(&kernel->parts[0], profile);
    }
    return scope_profile_function(profile, &function);
}
