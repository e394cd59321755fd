/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of integers: frame of reference with exceptions ("PFOR"), after
 * Zukowski et al., Super-Scalar RAM-CPU Cache Compression, ICDE 2006. */
#include "lib/store/ints.h"

#include "lib/store/bits.h"

#define WIDTHS 65 /* 0 to 64 */
#define ORDERS 3  /* values, deltas, deltas of deltas */

/* The most bytes an encoded block takes: header, base, packed values and the
 * kernels' overrun; exceptions only ever make it smaller. */
#define BLOCK_ROOM (2 + SCOPE_VARINT_MAX + SCOPE_BLOCK * 8 + SCOPE_SLACK)

/* The two values before a block, as what deltas refer to. */
struct carry {
    uint64_t value, delta;
};

struct spread {
    int64_t low, high;
};

static unsigned spread_width(struct spread spread)
{
    return scope_width((uint64_t)spread.high - (uint64_t)spread.low);
}

static struct spread spread_of(const uint64_t *values, size_t count)
{
    struct spread spread = {.low = INT64_MAX, .high = INT64_MIN};
    for (size_t i = 0; i < count; i++) {
        int64_t value = (int64_t)values[i];
        spread.low = value < spread.low ? value : spread.low;
        spread.high = value > spread.high ? value : spread.high;
    }
    return spread;
}

static void differences(uint64_t *out, const uint64_t *values, size_t count,
                        uint64_t before)
{
    out[0] = values[0] - before;
    for (size_t i = 1; i < count; i++)
        out[i] = values[i] - values[i - 1];
}

/*
 * The width at which packing and exceptions together are smallest, at most
 * `widest`; *exceptions is how many values need more. Four counters a width,
 * because equal widths in a row would wait for each other's increment.
 */
static unsigned choose_width(const uint64_t *values, size_t count,
                             unsigned widest, unsigned *exceptions)
{
    uint8_t counts[4][WIDTHS] = {{0}};
    for (size_t i = 0; i < count; i++)
        counts[i & 3][scope_width(values[i])]++;
    unsigned best = widest;
    size_t best_bits = count * widest;
    unsigned above = 0;
    *exceptions = 0;
    for (unsigned width = widest; width-- > 0;) {
        above += counts[0][width + 1];
        above += counts[1][width + 1];
        above += counts[2][width + 1];
        above += counts[3][width + 1];
        size_t each = 8 + 8 * ((widest - width + 6) / 7);
        size_t bits = count * width + above * each;
        if (bits < best_bits) {
            best = width;
            best_bits = bits;
            *exceptions = above;
        }
        if (above * 4 > count)
            break;
    }
    return best;
}

/* Position and the bits above width of every value that has some. */
static uint8_t *put_exceptions(uint8_t *at, const uint64_t *values,
                               size_t count, unsigned width)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t above = values[i] >> width;
        if (above) {
            *at++ = (uint8_t)i;
            at = scope_varint_put(at, above);
        }
    }
    return at;
}

static uint8_t *put_block(uint8_t *at, const uint64_t *values, size_t count,
                          const struct carry *carry, bool steady)
{
    uint64_t deltas[2][SCOPE_BLOCK];
    uint64_t above[SCOPE_BLOCK + 8] = {0};
    differences(deltas[0], values, count, carry->value);
    const uint64_t *input[ORDERS] = {values, deltas[0], deltas[1]};
    struct spread spread[ORDERS] = {spread_of(values, count),
                                    spread_of(deltas[0], count)};
    unsigned order = spread_width(spread[1]) < spread_width(spread[0]);
    if (steady) {
        differences(deltas[1], deltas[0], count, carry->delta);
        spread[2] = spread_of(deltas[1], count);
        if (spread_width(spread[2]) < spread_width(spread[order]))
            order = 2;
    }
    uint64_t base = (uint64_t)spread[order].low;
    for (size_t i = 0; i < count; i++)
        above[i] = input[order][i] - base;
    unsigned widest = spread_width(spread[order]);
    unsigned exceptions = 0;
    unsigned width =
        widest ? choose_width(above, count, widest, &exceptions) : 0;

    *at++ = (uint8_t)(order * WIDTHS + width);
    *at++ = (uint8_t)exceptions;
    at = scope_varint_put(at, scope_zigzag(order ? base : base - carry->value));
    if (!exceptions) {
        scope_pack(at, above, count, width);
        return at + scope_packed_size(count, width);
    }
    uint64_t low[SCOPE_BLOCK + 8] = {0};
    for (size_t i = 0; i < count; i++)
        low[i] = above[i] & ((UINT64_C(1) << width) - 1);
    scope_pack(at, low, count, width);
    at += scope_packed_size(count, width);
    return put_exceptions(at, above, count, width);
}

void scope_ints_put(struct scope_bytes *out, const uint64_t *values,
                    size_t count, bool steady)
{
    struct carry carry = {.value = values[0]};
    scope_bytes_varint(out, scope_zigzag(values[0]));
    for (size_t done = 1; done < count;) {
        size_t block = count - done < SCOPE_BLOCK ? count - done : SCOPE_BLOCK;
        uint8_t *at = scope_bytes_room(out, BLOCK_ROOM);
        uint8_t *end = put_block(at, values + done, block, &carry, steady);
        out->length += (size_t)(end - at);
        done += block;
        carry.value = values[done - 1];
        carry.delta = carry.value - values[done - 2];
    }
}

static void running_sum(uint64_t *values, size_t count, uint64_t carry)
{
    for (size_t i = 0; i < count; i++)
        values[i] = carry += values[i];
}

static void get_exceptions(struct scope_cursor *in, uint64_t *values,
                           size_t count, unsigned exceptions, unsigned width)
{
    for (; exceptions; exceptions--) {
        size_t at = scope_cursor_u8(in);
        uint64_t above = scope_cursor_varint(in);
        if (in->bad || at >= count) {
            in->bad = true;
            return;
        }
        values[at] += above << width;
    }
}

static void get_block(struct scope_cursor *in, uint64_t *out, size_t count,
                      const struct carry *carry)
{
    unsigned head = scope_cursor_u8(in);
    unsigned order = head / WIDTHS;
    unsigned width = head % WIDTHS;
    unsigned exceptions = scope_cursor_u8(in);
    uint64_t base = scope_unzigzag(scope_cursor_varint(in));
    const uint8_t *packed =
        scope_cursor_take(in, scope_packed_size(count, width));
    if (!packed || order >= ORDERS || exceptions > count ||
        (exceptions && width == 64)) {
        in->bad = true;
        return;
    }
    if (order == 1 && !exceptions) {
        scope_unpack_sum(packed, out, count, width, base, carry->value);
        return;
    }
    scope_unpack(packed, out, count, width, order ? base : base + carry->value);
    get_exceptions(in, out, count, exceptions, width);
    if (order == 2)
        running_sum(out, count, carry->delta);
    if (order)
        running_sum(out, count, carry->value);
}

void scope_ints_get(struct scope_cursor *in, uint64_t *out, size_t count)
{
    out[0] = scope_unzigzag(scope_cursor_varint(in));
    struct carry carry = {.value = out[0]};
    for (size_t done = 1; done < count && !in->bad;) {
        size_t block = count - done < SCOPE_BLOCK ? count - done : SCOPE_BLOCK;
        get_block(in, out + done, block, &carry);
        done += block;
        carry.value = out[done - 1];
        carry.delta = carry.value - out[done - 2];
    }
}
