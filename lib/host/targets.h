/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Picks and follows targets. A selector says what to measure; scanning finds
 * the processes it means, their threads and children as they appear, their
 * exits, and does not take a reused pid for the process that had it before
 * (pid and start time together are the identity).
 *
 * Not thread-safe: one thread scans; what changed is handed on by callback.
 */
#ifndef LIB_HOST_TARGETS_H
#define LIB_HOST_TARGETS_H

#include <scope/err.h>
#include <scope/sink.h>
#include <scope/target.h>
#include <stdbool.h>
#include <stddef.h>

enum scope_selector_kind {
    SCOPE_SELECT_PID = 1,
    SCOPE_SELECT_COMM,   /* exact comm */
    SCOPE_SELECT_EXE,    /* path or base name of /proc/PID/exe */
    SCOPE_SELECT_MATCH,  /* POSIX extended regex over the command line */
    SCOPE_SELECT_CGROUP, /* path, absolute or below a cgroup mount */
    SCOPE_SELECT_PORT,   /* whoever listens there: TCP, v4 and v6 */
    SCOPE_SELECT_ALL,    /* the system as one target */
};

struct scope_selector {
    enum scope_selector_kind kind;
    const char *text; /* "8080", "nginx", "^/usr/sbin/haproxy" */
    const char *role; /* "" when none */
    char *storage;    /* of text and role, when scope_selector_parse made it */
};

/* Reads "[ROLE=]VALUE": ROLE is [a-z][a-z0-9_-]*, and "=VALUE" is a VALUE that
 * may begin like one. Free with scope_selector_free. */
enum scope_code scope_selector_parse(enum scope_selector_kind kind,
                                     const char *argument,
                                     struct scope_selector *selector,
                                     struct scope_err *err) SCOPE_MUST_CHECK;
void scope_selector_free(struct scope_selector *selector);

struct scope_targets;

/* What a scan found; called in the order things must be told (a process before
 * its threads, threads' exits before their process's). The target stays valid
 * until scope_targets_free. */
struct scope_target_listener {
    void *closure;
    void (*found)(void *closure, const struct scope_target *target);
    /* status: the exit code, 128+n for a signal, when it is known (of scope's
     * own children), else -1. */
    void (*gone)(void *closure, const struct scope_target *target, int status);
    /* One like it began: same selector, same name, after the other ended. Told
     * of what was selected itself, and of a child that was there from the
     * start, had lived a while, and was replaced by the same parent (a worker
     * that died); not of children that come and go. After its found. */
    void (*restarted)(void *closure, const struct scope_target *old,
                      const struct scope_target *target);
};

/*
 * Compiles the selectors. proc is "/proc" but in tests. follow_children: also
 * measure what the selected processes fork. never: pids (count of them) that
 * are never targets, with all their descendants: scope itself.
 */
enum scope_code scope_targets_new(const struct scope_selector *selectors,
                                  size_t count, const char *proc,
                                  bool follow_children, const pid_t *never,
                                  size_t never_count,
                                  struct scope_targets **targets,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
void scope_targets_free(struct scope_targets *targets);

/*
 * One look. Cheap part every time: exits (pidfd) and threads of known
 * processes; full = true also looks through all of /proc for new matches and
 * children. The first full one sees everything; later ones take on a bounded
 * number and go on where they stopped. Fails only when proc itself cannot be
 * read or no more files can be opened.
 */
enum scope_code scope_targets_scan(struct scope_targets *targets, bool full,
                                   const struct scope_target_listener *listener,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* After the first full scan: fails (SCOPE_NOT_FOUND; SCOPE_PERM when what would
 * tell must not be read) naming the first selector that matches nothing, with
 * a hint. */
enum scope_code scope_targets_matched(const struct scope_targets *targets,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

/* Process targets alive now. */
size_t scope_targets_alive(const struct scope_targets *targets);

#endif
