/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bit-packing kernels, one a width, so that every shift is a constant. */
#include "lib/store/bits.h"

#include "lib/base/bytes.h"

#define KERNEL static inline __attribute__((always_inline))

/* Every width from 0 to 64, by tens. */
#define TEN(X, tens)                                                           \
    X(tens##0)                                                                 \
    X(tens##1)                                                                 \
    X(tens##2)                                                                 \
    X(tens##3)                                                                 \
    X(tens##4)                                                                 \
    X(tens##5)                                                                 \
    X(tens##6)                                                                 \
    X(tens##7)                                                                 \
    X(tens##8)                                                                 \
    X(tens##9)
#define WIDTHS(X)                                                              \
    X(0)                                                                       \
    X(1)                                                                       \
    X(2)                                                                       \
    X(3)                                                                       \
    X(4)                                                                       \
    X(5)                                                                       \
    X(6)                                                                       \
    X(7)                                                                       \
    X(8)                                                                       \
    X(9)                                                                       \
    TEN(X, 1)                                                                  \
    TEN(X, 2)                                                                  \
    TEN(X, 3)                                                                  \
    TEN(X, 4)                                                                  \
    TEN(X, 5)                                                                  \
    X(60)                                                                      \
    X(61)                                                                      \
    X(62)                                                                      \
    X(63)                                                                      \
    X(64)

/* A group unrolled: -O2 would keep the loop and compute the shifts. */
#define EIGHT(STEP)                                                            \
    STEP(0)                                                                    \
    STEP(1)                                                                    \
    STEP(2)                                                                    \
    STEP(3)                                                                    \
    STEP(4)                                                                    \
    STEP(5)                                                                    \
    STEP(6)                                                                    \
    STEP(7)

/* Value k of the group that starts at `in`. */
KERNEL uint64_t extract(const uint8_t *in, size_t k, const unsigned width)
{
    const uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    const size_t shift = k * width % 8;
    const uint8_t *at = in + k * width / 8;
    uint64_t value = scope_load64(at) >> shift;
    if (shift + width > 64)
        value |= (uint64_t)at[8] << (64 - shift);
    return value & mask;
}

KERNEL void unpack(const uint8_t *in, uint64_t *out, size_t groups,
                   uint64_t base, const unsigned width)
{
    for (; groups; groups--, in += width, out += 8) {
#define STEP(k) out[k] = base + extract(in, k, width);
        EIGHT(STEP)
#undef STEP
    }
}

KERNEL void unpack_sum(const uint8_t *in, uint64_t *out, size_t groups,
                       uint64_t base, uint64_t carry, const unsigned width)
{
    for (; groups; groups--, in += width, out += 8) {
#define STEP(k) out[k] = carry += base + extract(in, k, width);
        EIGHT(STEP)
#undef STEP
    }
}

/* Adds value k to the word that bit k * width falls into; a full word is
 * written and what is left of the value begins the next. */
KERNEL uint64_t append(uint8_t *out, uint64_t word, uint64_t value, size_t k,
                       const unsigned width)
{
    const size_t used = k * width % 64;
    word |= value << used;
    if (used + width < 64)
        return word;
    scope_store64(out + k * width / 64 * 8, word);
    return used ? value >> (64 - used) : 0;
}

KERNEL void pack(uint8_t *out, const uint64_t *in, size_t groups,
                 const unsigned width)
{
    for (; groups; groups--, in += 8, out += width) {
        uint64_t word = 0;
#define STEP(k) word = append(out, word, in[k], k, width);
        EIGHT(STEP)
#undef STEP
        if (width % 8)
            scope_store64(out + (size_t)width / 8 * 8, word);
    }
}

#define FUNCTIONS(w)                                                           \
    static void unpack_##w(const uint8_t *in, uint64_t *out, size_t groups,    \
                           uint64_t base)                                      \
    {                                                                          \
        unpack(in, out, groups, base, w);                                      \
    }                                                                          \
    static void unpack_sum_##w(const uint8_t *in, uint64_t *out,               \
                               size_t groups, uint64_t base, uint64_t carry)   \
    {                                                                          \
        unpack_sum(in, out, groups, base, carry, w);                           \
    }                                                                          \
    static void pack_##w(uint8_t *out, const uint64_t *in, size_t groups)      \
    {                                                                          \
        pack(out, in, groups, w);                                              \
    }
WIDTHS(FUNCTIONS)

static const struct {
    void (*pack)(uint8_t *out, const uint64_t *in, size_t groups);
    void (*unpack)(const uint8_t *in, uint64_t *out, size_t groups,
                   uint64_t base);
    void (*unpack_sum)(const uint8_t *in, uint64_t *out, size_t groups,
                       uint64_t base, uint64_t carry);
} kernels[] = {
#define ROW(w)                                                                 \
    [w] = {                                                                    \
        .pack = pack_##w, .unpack = unpack_##w, .unpack_sum = unpack_sum_##w},
    WIDTHS(ROW)};

void scope_pack(uint8_t *out, const uint64_t *in, size_t count, unsigned width)
{
    kernels[width].pack(out, in, (count + 7) / 8);
}

void scope_unpack(const uint8_t *in, uint64_t *out, size_t count,
                  unsigned width, uint64_t base)
{
    kernels[width].unpack(in, out, (count + 7) / 8, base);
}

void scope_unpack_sum(const uint8_t *in, uint64_t *out, size_t count,
                      unsigned width, uint64_t base, uint64_t carry)
{
    kernels[width].unpack_sum(in, out, (count + 7) / 8, base, carry);
}
