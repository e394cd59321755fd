/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every sample of a dataset as text, however many there are. */
#ifndef SRC_DUMP_H
#define SRC_DUMP_H

#include <scope/dataset.h>
#include <stdio.h>

/* As CSV with a header, or as one JSON document {"format": "scope-dump",
 * "version": 1, "samples": [...]}, an object a line. */
enum scope_code scope_dump(const struct scope_dataset *dataset, bool json,
                           FILE *out, struct scope_err *err) SCOPE_MUST_CHECK;

#endif
