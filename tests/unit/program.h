/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A running tests/programs/functions, which says where its functions are. */
#ifndef TESTS_UNIT_PROGRAM_H
#define TESTS_UNIT_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct program {
    pid_t pid;
    FILE *to, *from;
    struct {
        char name[32];
        uint64_t address;
    } places[48];
    unsigned count;
    pid_t child;
};

/* The path of a program that make built beside the tests; to free(). */
char *program_path(const char *name);
/* Starts the file; jail: in a mount and pid namespace of its own with that
 * folder as its root, which path is in. */
struct program *program_start(const char *path, const char *jail);
/* Has it obey a line, whose answer says more places. */
void program_obey(struct program *program, const char *line);
/* The same with one that makes it stop, and waits for that. It is then
 * traced, and runs on with program_go_on. */
void program_stop(struct program *program, const char *line);
void program_go_on(struct program *program);
void program_end(struct program *program);

/* Where it said that the function is. */
uint64_t program_at(const struct program *program, const char *name);

/* Copies a file, to run and replace the copy. */
void program_copy(const char *from, const char *to);

#endif
