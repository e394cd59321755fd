/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder that `scope plugin new` writes: a plugin that builds and works. */
#ifndef SRC_SKELETON_H
#define SRC_SKELETON_H

#include <scope/plugin.h>

/* Makes folder and fills it with NAME.c, Makefile and README.md. */
enum scope_code scope_skeleton_write(enum scope_kind kind, const char *name,
                                     const char *folder,
                                     struct scope_err *err) SCOPE_MUST_CHECK;

#endif
