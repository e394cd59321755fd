/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON Schema (draft 2020-12) from the option tables. */
#ifndef SRC_SCHEMA_H
#define SRC_SCHEMA_H

#include "lib/base/text.h"
#include "src/command.h"

/* Of the configuration file, with the options of every plugin found. */
void scope_schema_file(struct scope_text *out,
                       const struct scope_registry *registry);
/* Of one plugin's options. */
void scope_schema_plugin(struct scope_text *out,
                         const struct scope_loaded *loaded);

#endif
