/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The values of one series in one segment: picks the smallest of the codings
 * that fit. Values are the 64 bits of their type and come back bit by bit,
 * NAN payloads and -0.0 too.
 */
#ifndef LIB_STORE_SERIES_H
#define LIB_STORE_SERIES_H

#include "lib/base/bytes.h"

enum scope_coding {
    SCOPE_CODING_CONSTANT,  /* all the same: its bits, zigzag */
    SCOPE_CODING_INTS,      /* lib/store/ints.h */
    SCOPE_CODING_MULTIPLES, /* the first, the factor that the distance of all
                               others to it has, and how often, as integers */
    SCOPE_CODING_DECIMAL, /* doubles as integers times 10^-n, and exceptions */
    SCOPE_CODING_XOR,     /* lib/store/xor.h */
    SCOPE_CODING_BITS,    /* doubles' bits in sortable order as integers */
    SCOPE_CODINGS,
};

/* Appends count >= 1 values. */
enum scope_coding scope_series_put(struct scope_bytes *out,
                                   const uint64_t *values, size_t count,
                                   bool f64);

/* out has room for count + 8; the cursor holds this series and nothing else
 * and has SCOPE_SLACK bytes behind it. It is bad afterwards, or not at its
 * end, when the bytes are not count such values. */
void scope_series_get(struct scope_cursor *in, enum scope_coding coding,
                      uint64_t *out, size_t count);

#endif
