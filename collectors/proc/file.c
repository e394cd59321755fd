/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a held file: one pread where the kernel gives it in one piece. */
#include "collectors/proc/file.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <unistd.h>

#define FIRST_SIZE 16384

int file_open(int folder, const char *path)
{
    return openat(folder, path, O_RDONLY | O_CLOEXEC);
}

static void grow(struct room *room)
{
    size_t size = room->size ? room->size * 2 : FIRST_SIZE;
    room->bytes = scope_realloc(room->bytes, size, 1);
    room->size = size;
}

const char *file_read(int fd, struct room *room, bool whole, size_t *length)
{
    size_t have = 0;
    for (;;) {
        if (room->size < have + 2)
            grow(room);
        size_t wanted = room->size - 1 - have;
        ssize_t got = pread(fd, room->bytes + have, wanted, (off_t)have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return NULL;
        have += (size_t)got;
        if (got == 0 || (whole && (size_t)got < wanted))
            break;
    }
    room->bytes[have] = '\0';
    *length = have;
    return room->bytes;
}
