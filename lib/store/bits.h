/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bit-packing: value i of a block lies in bits i * width to (i + 1) * width - 1
 * of a little-endian bit stream, lowest bit first. One kernel a width, eight
 * values (width bytes) a step.
 */
#ifndef LIB_STORE_BITS_H
#define LIB_STORE_BITS_H

#include <stddef.h>
#include <stdint.h>

/*
 * A loop over a block's values that the compiler makes vector code of, for
 * each kind of processor there is; the right one is picked when the program is
 * loaded. Compilers and builds that cannot do this take the plain loop.
 */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__OPTIMIZE__) &&  \
    !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define SCOPE_VECTOR                                                           \
    __attribute__((target_clones("avx512f", "avx2", "default"),                \
                   optimize("O"                                                \
                            "3")))
#else
#define SCOPE_VECTOR
#endif

/* Values a block. */
#define SCOPE_BLOCK 128

static inline size_t scope_packed_size(size_t count, unsigned width)
{
    return (count * width + 7) / 8;
}

/* The bits that value needs: 0 for 0. */
static inline unsigned scope_width(uint64_t value)
{
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

/* in holds count values rounded up to eight, each below 2^width; out has room
 * for as many, and SCOPE_SLACK more. */
void scope_pack(uint8_t *out, const uint64_t *in, size_t count, unsigned width);

/* out[i] = base + packed value i. in has SCOPE_SLACK bytes behind its end, out
 * room for count rounded up to eight. */
void scope_unpack(const uint8_t *in, uint64_t *out, size_t count,
                  unsigned width, uint64_t base);

/* out[i] = out[i - 1] + base + packed value i, beginning with carry. */
void scope_unpack_sum(const uint8_t *in, uint64_t *out, size_t count,
                      unsigned width, uint64_t base, uint64_t carry);

#endif
