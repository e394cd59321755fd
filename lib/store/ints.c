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

/* Returns the spread of what it puts out. */
SCOPE_VECTOR
static struct spread differences(uint64_t *out, const uint64_t *values,
                                 size_t count, uint64_t before)
{
    int64_t low = (int64_t)(values[0] - before);
    int64_t high = low;
    out[0] = values[0] - before;
    for (size_t i = 1; i < count; i++) {
        int64_t step = (int64_t)(values[i] - values[i - 1]);
        out[i] = (uint64_t)step;
        low = step < low ? step : low;
        high = step > high ? step : high;
    }
    return (struct spread){low, high};
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
        size_t each = 8 + (size_t)8 * ((widest - width + 6) / 7);
        size_t bits = count * width + above * each;
        if (bits < plan.bits)
            plan = (struct plan){width, above, bits};
        if (above > count / 4)
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

struct block {
    enum order order;
    uint64_t base;
    struct plan plan;
    uint64_t packed[SCOPE_BLOCK + 8];
};

/* What seldom changes, up or down, is mostly zero as zigzag deltas. */
static void try_changes(struct block *block, const uint64_t *deltas,
                        size_t count)
{
    uint64_t changes[SCOPE_BLOCK + 8] = {0};
    uint64_t all = zigzag_all(changes, deltas, count);
    struct plan plan = plan_for(changes, count, scope_width(all));
    if (plan.bits >= block->plan.bits || plan.width > WIDEST_CHANGE)
        return;
    block->order = CHANGES;
    block->plan = plan;
    memcpy(block->packed, changes, sizeof changes);
}

static void choose(struct block *block, const uint64_t *values, size_t count,
                   const struct carry *carry, bool steady)
{
    uint64_t deltas[SCOPE_BLOCK];
    uint64_t second[SCOPE_BLOCK];
    const uint64_t *input = values;
    struct spread best = spread_of(values, count);
    struct spread spread = differences(deltas, values, count, carry->value);
    block->order = VALUES;
    if (spread_width(spread) < spread_width(best)) {
        block->order = DELTAS;
        input = deltas;
        best = spread;
    }
    if (steady) {
        spread = differences(second, deltas, count, carry->delta);
        if (spread_width(spread) < spread_width(best)) {
            block->order = STEADY;
            input = second;
            best = spread;
        }
    }
    block->base = (uint64_t)best.low;
    block->plan = (struct plan){0};
    subtract(block->packed, input, count, block->base);
    memset(block->packed + count, 0, 8 * sizeof *block->packed);
    if (!spread_width(best))
        return;
    block->plan = plan_for(block->packed, count, spread_width(best));
    if (zeros_of(deltas, count) * 2 > count)
        try_changes(block, deltas, count);
}

static uint8_t *put_block(uint8_t *at, struct block *block, size_t count,
                          const struct carry *carry)
{
    const struct plan *plan = &block->plan;
    uint64_t base = block->base;
    *at++ = (uint8_t)(block->order * WIDTHS + plan->width);
    *at++ = (uint8_t)plan->exceptions;
    if (block->order == VALUES)
        base -= carry->value;
    if (block->order != CHANGES)
        at = scope_varint_put(at, scope_zigzag(base));
    uint8_t *exceptions = at + scope_packed_size(count, plan->width);
    if (!plan->exceptions) {
        scope_pack(at, block->packed, count, plan->width);
        return exceptions;
    }
    uint64_t low[SCOPE_BLOCK + 8] = {0};
    for (size_t i = 0; i < count; i++)
        low[i] = block->packed[i] & ((UINT64_C(1) << plan->width) - 1);
    scope_pack(at, low, count, plan->width);
    return put_exceptions(exceptions, block->packed, count, plan->width);
}

void scope_ints_put(struct scope_bytes *out, const uint64_t *values,
                    size_t count, bool steady)
{
    struct carry carry = {.value = values[0]};
    struct block block;
    scope_bytes_varint(out, scope_zigzag(values[0]));
    for (size_t done = 1; done < count;) {
        size_t some = count - done < SCOPE_BLOCK ? count - done : SCOPE_BLOCK;
        uint8_t *at = scope_bytes_room(out, BLOCK_ROOM);
        choose(&block, values + done, some, &carry, steady);
        uint8_t *end = put_block(at, &block, some, &carry);
        out->length += (size_t)(end - at);
        done += some;
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
        size_t some = count - done < SCOPE_BLOCK ? count - done : SCOPE_BLOCK;
        get_block(in, out + done, some, &carry);
        done += some;
        carry.value = out[done - 1];
        carry.delta = carry.value - out[done - 2];
    }
}
