/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What following targets has to know of one process: read from its folder in
 * proc, which may be a tree made for a test. */
#ifndef LIB_HOST_TARGETS_PROC_H
#define LIB_HOST_TARGETS_PROC_H

#include <scope/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's own limit is 16, 64 for its threads. */
#define PROC_COMM_SIZE 80

struct proc_stat {
    pid_t pid, parent;
    char state;
    uint64_t threads;
    uint64_t start_ticks;
    char comm[PROC_COMM_SIZE];
};

/* Parses the line of a stat file: comm ends at the last ')'. False when it is
 * not such a line. */
bool proc_stat_parse(const char *line, size_t length, struct proc_stat *stat);

/* Reads the stat file at path below the folder proc; false with errno set. */
bool proc_stat_read(int proc, const char *path, struct proc_stat *stat);
/* The same of a process. */
bool proc_stat_of(int proc, pid_t pid, struct proc_stat *stat);

/* Nothing runs under this pid any more: a zombie, and no thread outlived its
 * main thread. */
bool proc_stat_dead(const struct proc_stat *stat);

/* The numbers that name the entries of a folder. */
struct proc_numbers {
    pid_t *items;
    size_t count, room;
    bool partial; /* the limit came before the end: go on from there */
};

/* Lists them into numbers (reused, grown when needed), at most limit, from the
 * folder's present position; false with errno set. */
bool proc_numbers_list(int folder, struct proc_numbers *numbers, size_t limit);

/* The command line with its NULs as spaces, cut at size - 1; 0 when there is
 * none. Returns its length, or -1 with errno set. */
ssize_t proc_command(int proc, pid_t pid, char *text, size_t size);

/* The path of the executable, without " (deleted)"; false with errno set. */
bool proc_exe(int proc, pid_t pid, char *path, size_t size);

/* The whole file at path below folder, terminated by a NUL, to free(); NULL
 * with errno set. At most limit bytes are read. */
char *proc_file(int folder, const char *path, size_t limit);

#endif
