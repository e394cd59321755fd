/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exclusive-or coding of doubles. */
#include "lib/store/xor.h"

/* The most bits a value takes. */
#define MOST_BITS (2 + 6 + 6 + 64)

struct bit_writer {
    uint8_t *at;
    uint64_t word; /* filled from the top */
    unsigned used;
};

static void put_bits(struct bit_writer *out, uint64_t bits, unsigned count)
{
    if (!count)
        return;
    bits <<= 64 - count;
    out->word |= bits >> out->used;
    if (out->used + count < 64) {
        out->used += count;
        return;
    }
    scope_store64(out->at, __builtin_bswap64(out->word));
    out->at += 8;
    unsigned taken = 64 - out->used;
    out->used = count - taken;
    out->word = taken < 64 ? bits << taken : 0;
}

void scope_xor_put(struct scope_bytes *out, const uint64_t *values,
                   size_t count)
{
    uint8_t *start = scope_bytes_room(out, (count * MOST_BITS + 7) / 8 + 16);
    struct bit_writer bits = {.at = start};
    unsigned lead = 64;
    unsigned length = 0;
    put_bits(&bits, values[0], 64);
    for (size_t i = 1; i < count; i++) {
        uint64_t x = values[i] ^ values[i - 1];
        if (!x) {
            put_bits(&bits, 0, 1);
            continue;
        }
        unsigned zeros = (unsigned)__builtin_clzll(x);
        unsigned trail = (unsigned)__builtin_ctzll(x);
        bool fits = zeros >= lead && trail >= 64 - lead - length;
        /* Twelve bits of a new window pay off when it is much narrower. */
        if (fits && length <= 64 - zeros - trail + 12) {
            put_bits(&bits, 2, 2);
        } else {
            lead = zeros;
            length = 64 - zeros - trail;
            put_bits(&bits, 3U << 12 | lead << 6 | (length - 1), 14);
        }
        put_bits(&bits, x >> (64 - lead - length), length);
    }
    scope_store64(bits.at, __builtin_bswap64(bits.word));
    bits.at += (bits.used + 7) / 8;
    out->length += (size_t)(bits.at - start);
}

struct bit_reader {
    const uint8_t *at;
    size_t bit, end;
    bool bad;
};

/* Up to 57 bits at once can be loaded; longer ones in two. */
static uint64_t get_bits(struct bit_reader *in, unsigned count)
{
    if (count > in->end - in->bit) {
        in->bad = true;
        return 0;
    }
    if (count > 32) {
        uint64_t high = get_bits(in, count - 32);
        return high << 32 | get_bits(in, 32);
    }
    uint64_t word = __builtin_bswap64(scope_load64(in->at + in->bit / 8));
    word <<= in->bit % 8;
    in->bit += count;
    return count ? word >> (64 - count) : 0;
}

void scope_xor_get(struct scope_cursor *in, uint64_t *out, size_t count)
{
    struct bit_reader bits = {.at = in->at, .end = scope_cursor_left(in) * 8};
    unsigned lead = 64;
    unsigned length = 0;
    uint64_t value = out[0] = get_bits(&bits, 64);
    for (size_t i = 1; i < count && !bits.bad; i++) {
        if (get_bits(&bits, 1)) {
            if (get_bits(&bits, 1)) {
                lead = (unsigned)get_bits(&bits, 6);
                length = (unsigned)get_bits(&bits, 6) + 1;
            }
            if (!length || lead + length > 64) {
                bits.bad = true;
                break;
            }
            value ^= get_bits(&bits, length) << (64 - lead - length);
        }
        out[i] = value;
    }
    in->at += (bits.bit + 7) / 8;
    in->bad = in->bad || bits.bad;
}
