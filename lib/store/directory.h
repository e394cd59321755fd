/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A segment's directory as bytes: what segment.c writes piece by piece;
 * scope_segment_open() of lib/store/segment.h reads it. */
#ifndef LIB_STORE_DIRECTORY_H
#define LIB_STORE_DIRECTORY_H

#include "lib/store/segment.h"

void scope_directory_begin(struct scope_bytes *out, const int64_t *times,
                           size_t sweeps);
void scope_directory_group(struct scope_bytes *out,
                           const struct scope_segment_group *group,
                           size_t members);
/* expected: the column behind the series put before, 0 at first. */
void scope_directory_series(struct scope_bytes *out,
                            const struct scope_segment_series *series,
                            uint32_t expected, size_t sweeps);
void scope_directory_end(struct scope_bytes *out, int64_t id);

#endif
