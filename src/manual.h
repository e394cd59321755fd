/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual pages as scdoc(5), from the tables. */
#ifndef SRC_MANUAL_H
#define SRC_MANUAL_H

#include "lib/base/text.h"
#include "src/command.h"

/* scope(1) */
void scope_manual_program(struct scope_text *out);
/* scope-COMMAND(1) */
void scope_manual_command(struct scope_text *out,
                          const struct scope_command *command);
/* scope-plugins(7): every plugin that was found. */
void scope_manual_plugins(struct scope_text *out,
                          const struct scope_registry *registry);

#endif
