/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command of `scope collect -- COMMAND`: forked first and held, so that
 * everything is in place before its first instruction, then released.
 */
#ifndef SRC_CHILD_H
#define SRC_CHILD_H

#include <scope/err.h>
#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    int gate;    /* closing it or writing to it releases the command */
    int failure; /* says why exec failed */
    bool ended;
    int status; /* wait status, when ended */
};

enum scope_code child_hold(char *const *argv, struct child *child,
                           struct scope_err *err) SCOPE_MUST_CHECK;
/* Fails when the command cannot be executed. */
enum scope_code child_release(struct child *child, const char *name,
                              struct scope_err *err) SCOPE_MUST_CHECK;
/* Looks whether it has ended; does not wait. */
bool child_ended(struct child *child);
/* Ends it: SIGTERM, and SIGKILL after two seconds. */
void child_end(struct child *child);

#endif
