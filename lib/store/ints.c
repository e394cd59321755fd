/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks of integers: frame of reference with exceptions ("PFOR"), after
 * Zukowski et al., Super-Scalar RAM-CPU Cache Compression, ICDE 2006. */
#include "lib/store/ints.h"

#include "lib/store/bits.h"

#define WIDTHS 65 /* 0 to 64 */
/* With CHANGES: what the head's byte has room for. */
#define WIDEST_CHANGE (UINT8_MAX - CHANGES * WIDTHS)

/* What a block holds. */
enum order {
    VALUES,  /* above base + the value before the block */
    DELTAS,  /* above base */
    STEADY,  /* deltas of deltas, above base */
    CHANGES, /* deltas, zigzag: small whatever their sign */
    ORDERS,
};

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

/* How many low bits of every value are packed; the rest are exceptions. */
struct plan {
    unsigned width, exceptions;
    size_t bits; /* that all takes */
};

static unsigned spread_width(struct spread spread)
{
    return scope_width((uint64_t)spread.high - (uint64_t)spread.low);
}

SCOPE_VECTOR
static struct spread spread_of(const uint64_t *values, size_t count)
{
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        /* NOLINTNEXTLINE: what lies before count has been written */
        int64_t value = (int64_t)values[i];
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    return (struct spread){low, high};
}

SCOPE_VECTOR
static void differences(uint64_t *out, const uint64_t *values, size_t count,
                        uint64_t before)
{
    out[0] = values[0] - before;
    for (size_t i = 1; i < count; i++)
        out[i] = values[i] - values[i - 1];
}

SCOPE_VECTOR
static uint64_t zeros_of(const uint64_t *values, size_t count)
{
    uint64_t zeros = 0;
    for (size_t i = 0; i < count; i++)
        zeros += !values[i];
    return zeros;
}

SCOPE_VECTOR
static void subtract(uint64_t *out, const uint64_t *values, size_t count,
                     uint64_t base)
{
    for (size_t i = 0; i < count; i++)
        out[i] = values[i] - base;
}

SCOPE_VECTOR
static uint64_t zigzag_all(uint64_t *out, const uint64_t *values, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= out[i] = scope_zigzag(values[i]);
    return all;
}

/*
 * The width at which packing and exceptions together are smallest. Four
 * counters a width, because equal widths in a row would wait for each other's
 * increment.
 */
static struct plan plan_for(const uint64_t *values, size_t count,
                            unsigned widest)
{
    uint8_t counts[4][WIDTHS] = {{0}};
    for (size_t i = 0; i < count; i++)
        counts[i & 3][scope_width(values[i])]++;
    struct plan plan = {.width = widest, .bits = count * widest};
    unsigned above = 0;
    for (unsigned width = widest; width-- > 0;) {
        above += counts[0][width + 1];
        above += counts[1][width + 1];
        above += counts[2][width + 1];
        above += counts[3][width + 1];
        size_t each = 8 + 8 * ((widest - width + 6) / 7);
        size_t bits = count * width + above * each;
        if (bits < plan.bits)
            plan = (struct plan){width, above, bits};
        if (above * 4 > count)
            break;
    }
    return plan;
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

/* Packs values that are all above a base already, as planned. */
static uint8_t *put_packed(uint8_t *at, uint64_t *values, size_t count,
                           const struct plan *plan)
{
    if (!plan->exceptions) {
        scope_pack(at, values, count, plan->width);
        return at + scope_packed_size(count, plan->width);
    }
    uint64_t low[SCOPE_BLOCK + 8] = {0};
    for (size_t i = 0; i < count; i++)
        low[i] = values[i] & ((UINT64_C(1) << plan->width) - 1);
    scope_pack(at, low, count, plan->width);
    at += scope_packed_size(count, plan->width);
    return put_exceptions(at, values, count, plan->width);
}

static uint8_t *put_block(uint8_t *at, const uint64_t *values, size_t count,
                          const struct carry *carry, bool steady)
{
    uint64_t deltas[2][SCOPE_BLOCK];
    uint64_t above[2][SCOPE_BLOCK + 8] = {{0}};
    differences(deltas[0], values, count, carry->value);
    const uint64_t *input[] = {values, deltas[0], deltas[1]};
    struct spread spread[] = {
        spread_of(values, count), spread_of(deltas[0], count), {0, 0}};
    enum order order =
        spread_width(spread[DELTAS]) < spread_width(spread[VALUES]) ? DELTAS
                                                                    : VALUES;
    if (steady) {
        differences(deltas[1], deltas[0], count, carry->delta);
        spread[STEADY] = spread_of(deltas[1], count);
        if (spread_width(spread[STEADY]) < spread_width(spread[order]))
            order = STEADY;
    }
    uint64_t base = (uint64_t)spread[order].low;
    unsigned widest = spread_width(spread[order]);
    struct plan plan = {0};
    if (widest) {
        subtract(above[0], input[order], count, base);
        plan = plan_for(above[0], count, widest);
    }
    /* What seldom changes, up or down, is mostly zero this way. */
    uint64_t *packed = above[0];
    if (plan.width && zeros_of(deltas[0], count) * 2 > count) {
        uint64_t all = zigzag_all(above[1], deltas[0], count);
        struct plan other = plan_for(above[1], count, scope_width(all));
        if (other.bits < plan.bits && other.width <= WIDEST_CHANGE) {
            plan = other;
            packed = above[1];
            order = CHANGES;
            base = 0;
        }
    }
    *at++ = (uint8_t)(order * WIDTHS + plan.width);
    *at++ = (uint8_t)plan.exceptions;
    if (order != CHANGES)
        at = scope_varint_put(
            at, scope_zigzag(order == VALUES ? base - carry->value : base));
    return put_packed(at, packed, count, &plan);
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
    uint64_t base = 0;
    if (order != CHANGES)
        base = scope_unzigzag(scope_cursor_varint(in));
    const uint8_t *packed =
        scope_cursor_take(in, scope_packed_size(count, width));
    if (!packed || order >= ORDERS || exceptions > count ||
        (exceptions && width == 64)) {
        in->bad = true;
        return;
    }
    if (order == DELTAS && !exceptions) {
        scope_unpack_sum(packed, out, count, width, base, carry->value);
        return;
    }
    scope_unpack(packed, out, count, width,
                 order == VALUES ? base + carry->value : base);
    get_exceptions(in, out, count, exceptions, width);
    if (order == CHANGES)
        for (size_t i = 0; i < count; i++)
            out[i] = scope_unzigzag(out[i]);
    if (order == STEADY)
        running_sum(out, count, carry->delta);
    if (order != VALUES)
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
