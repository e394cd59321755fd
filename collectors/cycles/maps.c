/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proc_pid_maps(5). A newline in a path is written "\012" there. */
#include "collectors/cycles/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <string.h>
#include <unistd.h>

/* A number to the base that ends in the character; *at goes behind that. */
static bool number(char **at, unsigned base, char end, uint64_t *value)
{
    uint64_t sum = 0;
    char *c = *at;
    for (;; c++) {
        unsigned digit = *c >= '0' && *c <= '9'   ? (unsigned)(*c - '0')
                         : *c >= 'a' && *c <= 'f' ? (unsigned)(*c - 'a' + 10)
                                                  : 16;
        if (digit >= base)
            break;
        if (sum > (UINT64_MAX - digit) / base)
            return false;
        sum = sum * base + digit;
    }
    if (c == *at || *c != end)
        return false;
    *at = c + 1;
    *value = sum;
    return true;
}

static void unescape(char *path)
{
    char *to = path;
    for (const char *from = path; *from;) {
        if (strncmp(from, "\\012", 4) == 0) {
            *to++ = '\n';
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = '\0';
}

/* "start-end perms offset major:minor inode     path" */
static bool parse_line(char *line, struct cycles_map *map)
{
    uint64_t end, major, minor;
    char *at = line;
    if (!number(&at, 16, '-', &map->start) || !number(&at, 16, ' ', &end) ||
        end <= map->start || strnlen(at, 5) < 5 || at[4] != ' ')
        return false;
    bool executable = at[2] == 'x';
    at += 5;
    if (!executable || !number(&at, 16, ' ', &map->offset) ||
        !number(&at, 16, ':', &major) || !number(&at, 16, ' ', &minor) ||
        major > UINT32_MAX || minor > UINT32_MAX)
        return false;
    /* A space follows the inode also where no path does. */
    if (!number(&at, 10, ' ', &map->inode))
        return false;
    map->size = end - map->start;
    map->major = (uint32_t)major;
    map->minor = (uint32_t)minor;
    at += strspn(at, " ");
    unescape(at);
    map->path = at;
    return true;
}

void maps_parse(char *text, size_t length, maps_found found, void *closure)
{
    char *at = text, *end = text + length;
    while (at < end) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        char *next = newline ? newline + 1 : end;
        if (newline)
            *newline = '\0';
        struct cycles_map map;
        if (parse_line(at, &map))
            found(closure, &map);
        at = next;
    }
}

char *maps_read(const char *path, size_t limit, size_t *length)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t have = 0, room = 0;
    char *text = NULL;
    ssize_t got = 0;
    do {
        if (room - have < 2) {
            room = room ? room * 2 : 16384;
            text = scope_realloc(text, room, 1);
        }
        got = read(fd, text + have, room - have - 1);
        have += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && have < limit) || (got < 0 && errno == EINTR));
    int error = errno;
    close(fd);
    if (got < 0) {
        free(text);
        errno = error;
        return NULL;
    }
    text[have] = '\0';
    *length = have;
    return text;
}
