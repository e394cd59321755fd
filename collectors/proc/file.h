/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file held open and read again and again from its start. */
#ifndef PROC_FILE_H
#define PROC_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The room all files are read into: grows when a file does not fit, and stays.
 */
struct room {
    char *bytes;
    size_t size;
};

/* Opens folder/path (folder a descriptor, or AT_FDCWD); -1 with errno set. */
int file_open(int folder, const char *path);

/*
 * Reads it whole into the room and ends it with a NUL; NULL with errno set
 * when it cannot be read (ESRCH: its process ended). whole: the kernel gives
 * all of it in one read, so a short one is the end; else it is read until
 * nothing comes.
 */
const char *file_read(int fd, struct room *room, bool whole, size_t *length);

#endif
