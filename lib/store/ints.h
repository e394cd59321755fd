/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequences of 64-bit integers: the first value, then blocks of SCOPE_BLOCK,
 * each as values or deltas, whichever spreads less, above its smallest (frame
 * of reference), bit-packed; the few that need more bits than most are
 * exceptions. Arithmetic is modulo 2^64, so nothing overflows and counters
 * that wrap cost no more.
 */
#ifndef LIB_STORE_INTS_H
#define LIB_STORE_INTS_H

#include "lib/base/bytes.h"

/* Appends count >= 1 values. steady: also try deltas of deltas, which suit
 * timestamps. */
void scope_ints_put(struct scope_bytes *out, const uint64_t *values,
                    size_t count, bool steady);

/* Reads count >= 1 values; out has room for count + 8. The cursor is bad
 * afterwards when they were not there. SCOPE_SLACK bytes behind the cursor's
 * end can be read. */
void scope_ints_get(struct scope_cursor *in, uint64_t *out, size_t count);

#endif
