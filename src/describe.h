/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help as text for a terminal, from the tables. */
#ifndef SRC_DESCRIBE_H
#define SRC_DESCRIBE_H

#include "lib/base/text.h"
#include "src/command.h"

/* The program: every command with its summary. */
void scope_describe_program(struct scope_text *out);
void scope_describe_command(struct scope_text *out,
                            const struct scope_command *command);
void scope_describe_plugin(struct scope_text *out,
                           const struct scope_loaded *loaded);

/* "default 100ms, at least 10ms", what a row accepts beside its type; to
 * free(), "" when there is nothing to say. */
char *scope_option_bounds(const struct scope_option *row);
/* The command line of a command, without "Usage: ". To free(). */
char *scope_command_usage(const struct scope_command *command);
/* The words for a metric's semantics and value. */
const char *scope_semantics_word(enum scope_semantics semantics);

#endif
