/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a process as it sees them: paths are resolved below its root, and
 * links in them cannot lead out of it. */
#ifndef CYCLES_PROCESS_H
#define CYCLES_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A folder that is a root: of the process; of scope itself with pid 0. -1 with
 * errno set. */
int process_root(pid_t pid);
/* Opens a regular file below it to read; follow: it may be a link. -1 with
 * errno set. */
int process_open(int root, const char *path, bool follow);
/* Bytes of its memory; false: they cannot be read. */
bool process_memory(pid_t pid, uint64_t address, void *bytes, size_t size);

struct process_status {
    uid_t user;  /* effective */
    pid_t inner; /* its id in its innermost namespace */
};
bool process_status(pid_t pid, struct process_status *status);

#endif
