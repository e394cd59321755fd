/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps what the applications are at in a file, so that after a restart no
 * servo has to begin anew. The file is always whole: a new one is written
 * beside it and takes its place. It is locked as long as it is in use.
 */
#ifndef PLUGINS_BACKENDS_OCO_SAVE_H
#define PLUGINS_BACKENDS_OCO_SAVE_H

#include "lib/net/names.h"
#include "plugins/backends/oco/apps.h"

struct oco_save;

/* Restores the applications from the file, if there is one, and writes it
 * anew, which proves that it can be. A file that is not whole or not of these
 * applications is refused and left as it is. apps and names outlive it. */
enum scope_code oco_save_open(struct oco_save **save, const char *path,
                              struct oco_apps *apps,
                              const struct scope_names *names,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* From now on saves what has changed every interval, in a thread of its own.
 */
enum scope_code oco_save_start(struct oco_save *save, int64_t interval_ns,
                               struct scope_err *err) SCOPE_MUST_CHECK;
/* Saves for the last time; fails when that did. */
enum scope_code oco_save_stop(struct oco_save *save,
                              struct scope_err *err) SCOPE_MUST_CHECK;
/* NULL is accepted. */
void oco_save_close(struct oco_save *save);

/* The two sides of the file, for themselves: what is written is read back. */
char *oco_save_write(struct oco_apps *apps, const struct scope_names *names,
                     size_t *size);
enum scope_code oco_save_read(const char *text, size_t size,
                              struct oco_apps *apps,
                              const struct scope_names *names,
                              struct scope_err *err) SCOPE_MUST_CHECK;

#endif
