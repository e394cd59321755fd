/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A subcommand is one const descriptor in its own cmd_<name>.c; main.c lists
 * them. The option table feeds parsing, help, man page and completion.
 */
#ifndef SRC_COMMAND_H
#define SRC_COMMAND_H

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
     * that prints its results itself returns what becomes the exit status. */
    enum scope_code (*run)(const void *config, int argc, char **argv,
                           struct scope_err *err);
};

/* NULL at the end. */
extern const struct scope_command *const scope_commands[];

#endif
