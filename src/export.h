/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exports into files: what `scope export` and `--export` share. */
#ifndef SRC_EXPORT_H
#define SRC_EXPORT_H

#include "lib/present/load_export.h"

#include <scope/option.h>

/* scope_exports, for people. */
#define EXPORT_WORDS "hdr, hgrm, fortio, json, folded and speedscope"

/* FORMAT of FORMAT=FILE; SCOPE_USAGE with the nearest as the hint. */
enum scope_code export_format(const char *word, enum scope_export *format,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* Whether all texts are FORMAT=FILE, before anything is measured for them. */
enum scope_code export_check(const struct scope_list *texts,
                             struct scope_err *err) SCOPE_MUST_CHECK;
/* Writes the trials of a dataset as the texts ask. Formats that hold one trial
 * are given the last one. */
enum scope_code export_all(const struct scope_list *texts,
                           const struct scope_dataset *dataset,
                           const struct scope_trial *const *trials,
                           size_t count,
                           struct scope_err *err) SCOPE_MUST_CHECK;

/* The text into a file, or to standard output when path is NULL or "-". */
enum scope_code export_save(const char *path, const struct scope_text *text,
                            struct scope_err *err) SCOPE_MUST_CHECK;

#endif
