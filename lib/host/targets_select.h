/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selectors made ready, and the question whether one means a process. */
#ifndef LIB_HOST_TARGETS_SELECT_H
#define LIB_HOST_TARGETS_SELECT_H

#include "lib/host/targets.h"
#include "lib/host/targets_cgroup.h"
#include "lib/host/targets_port.h"
#include "lib/host/targets_proc.h"

#include <regex.h>

struct selector {
    enum scope_selector_kind kind;
    char *text, *role;
    pid_t pid;                 /* PID */
    uint16_t port;             /* PORT */
    regex_t regex;             /* MATCH */
    char *resolved;            /* EXE: text without symbolic links, or NULL */
    struct cgroup_place place; /* CGROUP: where it lies, when it is there */
    bool matched;              /* something, once */
    bool denied;               /* something could not be read that would tell */
};

/* Copies and compiles; on failure there is nothing to free. */
enum scope_code selector_init(struct selector *selector,
                              const struct scope_selector *from,
                              struct scope_err *err) SCOPE_MUST_CHECK;
void selector_clear(struct selector *selector);

/* What one scan knows of all processes. */
struct select_view {
    int proc;
    const struct port_sockets *sockets; /* NULL: do not look for holders */
    char *room; /* SELECT_ROOM bytes for what is read of a process */
};

/* Command lines are compared up to this length. */
#define SELECT_ROOM 65536

/* Whether the selector means the process. Sets denied. */
bool selector_means(struct selector *selector, const struct select_view *view,
                    const struct proc_stat *stat);

/* Says that the selector matches nothing, why, and what to do. */
enum scope_code selector_fail(const struct selector *selector, int proc,
                              struct scope_err *err);

#endif
