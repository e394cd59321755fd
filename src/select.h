/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which processes are measured: the options that say so, for every command
 * that measures some. */
#ifndef SRC_SELECT_H
#define SRC_SELECT_H

#include "src/session.h"

struct select_options {
    struct scope_list pid, comm, exe, match, cgroup, port;
};

#define SELECT_OPTION(config, field, text, what, words)                        \
    SCOPE_OPTION_REPEAT(config, field, text, .value = (what), .help = (words))

/* Rows for the struct select_options `field` of a command's configuration. */
#define SELECT_OPTIONS(config, field)                                          \
    SELECT_OPTION(config, field.pid, "pid", "[ROLE=]PID",                      \
                  "measure the process of this id"),                           \
        SELECT_OPTION(config, field.comm, "comm", "[ROLE=]NAME",               \
                      "measure the processes of this name, as /proc/PID/comm " \
                      "has it"),                                               \
        SELECT_OPTION(config, field.exe, "exe", "[ROLE=]FILE",                 \
                      "measure the processes that run this executable, by "    \
                      "path or base name"),                                    \
        SELECT_OPTION(config, field.match, "match", "[ROLE=]REGEX",            \
                      "measure the processes whose command line the POSIX "    \
                      "extended regular expression matches"),                  \
        SELECT_OPTION(config, field.cgroup, "cgroup", "[ROLE=]PATH",           \
                      "measure this cgroup and its processes"),                \
        SELECT_OPTION(config, field.port, "port", "[ROLE=]N",                  \
                      "measure the processes that listen on this TCP port")

/* The plan's selectors, made from the options; all: the whole system, too. To
 * be freed in any case. */
enum scope_code select_read(const struct select_options *options, bool all,
                            struct session_plan *plan,
                            struct scope_err *err) SCOPE_MUST_CHECK;
void select_free(struct session_plan *plan);

#endif
