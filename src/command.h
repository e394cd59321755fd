/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A subcommand is one const descriptor in its own cmd_<name>.c. The option
 * table feeds parsing, help, man page and completion.
 */
#ifndef SRC_COMMAND_H
#define SRC_COMMAND_H

#include "lib/host/picks.h"

#include <scope/option.h>
#include <scope/plugin.h>

struct scope_command {
    const char *name;
    const char *operands; /* for the usage line: "STORE...", or "" */
    const char *summary;  /* one line, no full stop */
    const char *about;    /* paragraphs for the man page and help */
    const struct scope_option *options;
    size_t config_size;
    /* operands: what was left after the options; argv[argc] is NULL. A command
     * that prints its results itself returns what becomes the exit status; an
     * empty err->text prints nothing. */
    enum scope_code (*run)(const void *config, int argc, char **argv,
                           struct scope_err *err);
    /* Not 0: the first operand names a plugin of this kind, whose options
     * follow as --OPTION VALUE beside the command's own, and run_plugin is
     * called instead of run; argv begins behind the name. */
    enum scope_kind plugin;
    enum scope_code (*run_plugin)(const void *config,
                                  const struct scope_pick *pick, int argc,
                                  char **argv, struct scope_err *err);
};

/* Every command, once: scope_cmd_<name> in cmd_<name>.c. */
#define SCOPE_COMMANDS(X)                                                      \
    X(collect)                                                                 \
    X(analyze)                                                                 \
    X(drive)                                                                   \
    X(serve)                                                                   \
    X(export)                                                                  \
    X(store)                                                                   \
    X(list)                                                                    \
    X(doctor)                                                                  \
    X(plugin)                                                                  \
    X(help)

#define X(name) extern const struct scope_command scope_cmd_##name;
SCOPE_COMMANDS(X)
#undef X

/* In that order, NULL at the end. */
extern const struct scope_command *const scope_commands[];

#endif
