/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a policy adds to a proxy's configuration, by place: one text each. The
 * functions for plugins are in <scope/plugin.h>. */
#ifndef LIB_HOST_SNIPPETS_H
#define LIB_HOST_SNIPPETS_H

#include <scope/plugin.h>

struct scope_snippets *scope_snippets_new(void);
void scope_snippets_free(struct scope_snippets *snippets);

#endif
