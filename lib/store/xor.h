/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequences of doubles that are not short decimals, each as the exclusive or
 * with the one before, after Pelkonen et al., Gorilla: A Fast, Scalable,
 * In-Memory Time Series Database, VLDB 2015, section 4.1.2.
 *
 * A big-endian bit stream: the first value in 64 bits; then per value: 0 the
 * same again; 10 the bits between the last leading and trailing zeros; 11 six
 * bits of leading zeros, six bits of length - 1, and as many bits.
 */
#ifndef LIB_STORE_XOR_H
#define LIB_STORE_XOR_H

#include "lib/base/bytes.h"

void scope_xor_put(struct scope_bytes *out, const uint64_t *values,
                   size_t count);
/* The cursor must hold this sequence and nothing else. */
void scope_xor_get(struct scope_cursor *in, uint64_t *out, size_t count);

#endif
