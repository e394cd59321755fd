/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What could follow on a command line, for a shell's completion. */
#ifndef SRC_COMPLETE_H
#define SRC_COMPLETE_H

#include "lib/base/text.h"
#include "src/command.h"

/* words: what follows `scope`, the last of them begun (maybe ""). Adds one
 * candidate a line; a line "@file": files are wanted. */
void scope_complete(struct scope_text *out,
                    const struct scope_registry *registry, int count,
                    char *const *words);

#endif
