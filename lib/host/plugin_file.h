/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One plugin file, opened or refused with one sentence. */
#ifndef LIB_HOST_PLUGIN_FILE_H
#define LIB_HOST_PLUGIN_FILE_H

#include "lib/host/loader.h"

/* Loads <path>, a file <name>.so; handle is for dlclose(). The text of a
 * failure says what is wrong with the file, without its path. */
enum scope_code scope_plugin_open(const char *path, void **handle,
                                  const struct scope_plugin **plugin,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

#endif
