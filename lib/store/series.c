/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chooses and applies the coding of one series in one segment. */
#include "lib/store/series.h"

#include "lib/store/ints.h"
#include "lib/store/xor.h"

#include <math.h>

/* 10^15 takes a double's every digit; each power is exact. */
#define EXPONENTS 16
/* Adding it rounds a double below 2^51 to the integer in its low bits. */
#define ROUNDING 0x1.8p52
#define LARGEST 0x1p51

static const double powers[EXPONENTS] = {1e0,  1e1,  1e2,  1e3, 1e4,  1e5,
                                         1e6,  1e7,  1e8,  1e9, 1e10, 1e11,
                                         1e12, 1e13, 1e14, 1e15};

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Whether the double is integer / power, to the bit. */
static bool to_decimal(uint64_t bits, double power, uint64_t *integer)
{
    double scaled = double_of(bits) * power;
    if (!(fabs(scaled) < LARGEST))
        return false;
    double rounded = scaled + ROUNDING;
    *integer = bits_of(rounded) - bits_of(ROUNDING);
    return bits_of((rounded - ROUNDING) / power) == bits;
}

static bool all_same(const uint64_t *values, size_t count)
{
    uint64_t differs = 0;
    for (size_t i = 0; i < count && !differs; i++)
        differs = values[i] ^ values[0];
    return !differs;
}

/* The first exponent from `from` on at which nearly all of a spread of values
 * are decimals, or EXPONENTS. */
static unsigned guess_exponent(const uint64_t *values, size_t count,
                               unsigned from)
{
    size_t step = count / 16 + 1;
    for (unsigned exponent = from; exponent < EXPONENTS; exponent++) {
        unsigned failed = 0;
        uint64_t integer;
        for (size_t i = 0; i < count && failed < 2; i += step)
            failed += !to_decimal(values[i], powers[exponent], &integer);
        if (failed < 2)
            return exponent;
    }
    return EXPONENTS;
}

/* The number of values that are not decimals with this exponent; they get the
 * integer before them. */
static size_t convert(const uint64_t *values, size_t count, double power,
                      uint64_t *integers)
{
    size_t failed = 0;
    uint64_t before = 0;
    for (size_t i = 0; i < count; i++) {
        if (to_decimal(values[i], power, &integers[i])) {
            before = integers[i];
        } else {
            integers[i] = before;
            failed++;
        }
    }
    return failed;
}

static void put_decimals(struct scope_bytes *out, const uint64_t *values,
                         const uint64_t *integers, size_t count,
                         unsigned exponent, size_t failed)
{
    scope_bytes_u8(out, (uint8_t)exponent);
    scope_bytes_varint(out, failed);
    for (size_t i = 0; failed && i < count; i++) {
        uint64_t integer;
        if (to_decimal(values[i], powers[exponent], &integer))
            continue;
        uint8_t word[8];
        scope_store64(word, values[i]);
        scope_bytes_varint(out, i);
        scope_bytes_put(out, word, sizeof word);
        failed--;
    }
    scope_ints_put(out, integers, count, false);
}

static uint64_t to_sortable(uint64_t bits)
{
    return bits >> 63 ? bits ^ (UINT64_MAX >> 1) : bits;
}

static enum scope_coding put_doubles(struct scope_bytes *out,
                                     const uint64_t *values, size_t count,
                                     uint64_t *scratch)
{
    for (unsigned exponent = 0;; exponent++) {
        exponent = guess_exponent(values, count, exponent);
        if (exponent == EXPONENTS)
            break;
        size_t failed = convert(values, count, powers[exponent], scratch);
        if (failed <= count / 16) {
            put_decimals(out, values, scratch, count, exponent, failed);
            return SCOPE_CODING_DECIMAL;
        }
    }
    size_t start = out->length;
    for (size_t i = 0; i < count; i++)
        scratch[i] = to_sortable(values[i]);
    scope_ints_put(out, scratch, count, false);
    size_t middle = out->length;
    scope_xor_put(out, values, count);
    size_t xor_size = out->length - middle;
    /* Unpacking is several times faster: XOR must be worth it. */
    if (xor_size + xor_size / 16 < middle - start) {
        memmove(out->at + start, out->at + middle, xor_size);
        out->length = start + xor_size;
        return SCOPE_CODING_XOR;
    }
    out->length = middle;
    return SCOPE_CODING_BITS;
}

static uint64_t common_factor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/*
 * Sizes are multiples of pages and times of clock ticks: the factor that all
 * distances to the first value have, 1 when there is none. Distances of more
 * than half the range are not looked at: signs would have to be kept apart.
 */
static uint64_t factor_of(const uint64_t *values, size_t count)
{
    uint64_t factor = 0;
    for (size_t i = 1; i < count && factor != 1; i++) {
        int64_t distance = (int64_t)(values[i] - values[0]);
        uint64_t size =
            distance < 0 ? 0 - (uint64_t)distance : (uint64_t)distance;
        if (size > INT64_MAX)
            return 1;
        if (!factor || size % factor)
            factor = common_factor(size, factor);
    }
    return factor;
}

static void put_multiples(struct scope_bytes *out, const uint64_t *values,
                          size_t count, uint64_t factor)
{
    uint64_t *times = scope_alloc(count, sizeof *times);
    for (size_t i = 0; i < count; i++)
        times[i] =
            (uint64_t)((int64_t)(values[i] - values[0]) / (int64_t)factor);
    scope_bytes_varint(out, scope_zigzag(values[0]));
    scope_bytes_varint(out, factor);
    scope_ints_put(out, times, count, false);
    free(times);
}

static enum scope_coding put_integers(struct scope_bytes *out,
                                      const uint64_t *values, size_t count)
{
    uint64_t factor = factor_of(values, count);
    if (factor > 1) {
        put_multiples(out, values, count, factor);
        return SCOPE_CODING_MULTIPLES;
    }
    scope_ints_put(out, values, count, false);
    return SCOPE_CODING_INTS;
}

enum scope_coding scope_series_put(struct scope_bytes *out,
                                   const uint64_t *values, size_t count,
                                   bool f64)
{
    if (all_same(values, count)) {
        scope_bytes_varint(out, scope_zigzag(values[0]));
        return SCOPE_CODING_CONSTANT;
    }
    if (!f64)
        return put_integers(out, values, count);
    uint64_t *scratch = scope_alloc(count, sizeof *scratch);
    enum scope_coding coding = put_doubles(out, values, count, scratch);
    free(scratch);
    return coding;
}

static void get_constant(struct scope_cursor *in, uint64_t *out, size_t count)
{
    uint64_t value = scope_unzigzag(scope_cursor_varint(in));
    for (size_t i = 0; i < count; i++)
        out[i] = value;
}

static void get_multiples(struct scope_cursor *in, uint64_t *out, size_t count)
{
    uint64_t first = scope_unzigzag(scope_cursor_varint(in));
    uint64_t factor = scope_cursor_varint(in);
    scope_ints_get(in, out, count);
    for (size_t i = 0; i < count && !in->bad; i++)
        out[i] = first + factor * out[i];
}

static void get_decimals(struct scope_cursor *in, uint64_t *out, size_t count)
{
    unsigned exponent = scope_cursor_u8(in);
    uint64_t failed = scope_cursor_varint(in);
    struct scope_cursor exceptions = *in;
    for (uint64_t i = 0; i < failed && !in->bad; i++) {
        in->bad = scope_cursor_varint(in) >= count;
        scope_cursor_take(in, 8);
    }
    if (in->bad || exponent >= EXPONENTS) {
        in->bad = true;
        return;
    }
    scope_ints_get(in, out, count);
    if (in->bad)
        return;
    double power = powers[exponent];
    for (size_t i = 0; i < count; i++)
        out[i] = bits_of((double)(int64_t)out[i] / power);
    for (; failed; failed--) {
        size_t at = scope_cursor_varint(&exceptions);
        out[at] = scope_cursor_u64(&exceptions);
    }
}

static void get_sortable(struct scope_cursor *in, uint64_t *out, size_t count)
{
    scope_ints_get(in, out, count);
    for (size_t i = 0; i < count && !in->bad; i++)
        out[i] = to_sortable(out[i]);
}

void scope_series_get(struct scope_cursor *in, enum scope_coding coding,
                      uint64_t *out, size_t count)
{
    switch (coding) {
    case SCOPE_CODING_CONSTANT:
        get_constant(in, out, count);
        break;
    case SCOPE_CODING_INTS:
        scope_ints_get(in, out, count);
        break;
    case SCOPE_CODING_MULTIPLES:
        get_multiples(in, out, count);
        break;
    case SCOPE_CODING_DECIMAL:
        get_decimals(in, out, count);
        break;
    case SCOPE_CODING_XOR:
        scope_xor_get(in, out, count);
        break;
    case SCOPE_CODING_BITS:
        get_sortable(in, out, count);
        break;
    default:
        in->bad = true;
    }
}
