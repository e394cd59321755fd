/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads a subcommand's arguments with getopt_long(3) from its option table:
 * `--name VALUE`, `--name=VALUE`, `-n VALUE`, bools alone, as `--no-name` or
 * with a value after '='; `--` ends the options.
 */
#ifndef SRC_ARGUMENTS_H
#define SRC_ARGUMENTS_H

#include "src/command.h"

struct scope_arguments {
    bool help; /* asked for: nothing else is complete */
    struct scope_settings *settings;
    struct scope_registry *registry; /* of a command that names a plugin */
    struct scope_picks *picks;
    const struct scope_pick *pick; /* NULL until the plugin is named */
    int count;
    char **operands; /* in argv, NULL at the end */
};

/* argv[0] is the command's name. Free also after a failure. */
enum scope_code scope_arguments_read(struct scope_arguments *arguments,
                                     const struct scope_command *command,
                                     int argc, char **argv,
                                     struct scope_err *err) SCOPE_MUST_CHECK;
void scope_arguments_free(struct scope_arguments *arguments);

#endif
