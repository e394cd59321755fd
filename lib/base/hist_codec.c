/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HdrHistogram's V2 encoding, as AbstractHistogram.java's
 * encodeIntoByteBuffer and encodeIntoCompressedByteBuffer write it: a
 * big-endian header, then one ZigZag LEB128 number a slot, where -n stands for
 * n slots that count nothing; all of it deflated behind a cookie and a length.
 */
#include "lib/base/hist_codec.h"

#include <scope/alloc.h>
#include <string.h>
#include <zlib.h>

enum {
    COOKIE = 0x1c849303,
    COOKIE_COMPRESSED = 0x1c849304,
    /* Part of a cookie says how wide a count is; V2 writes 1: variable. */
    COOKIE_WORD_SIZE = 0xf0,
    COOKIE_VARIABLE = 0x10,
    HEADER_SIZE = 40,
    WRAPPER_SIZE = 8,
    NUMBER_SIZE = 9, /* of the longest number */
};

static void put_be32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_be64(uint8_t *to, uint64_t value)
{
    put_be32(to, (uint32_t)(value >> 32));
    put_be32(to + 4, (uint32_t)value);
}

static uint32_t get_be32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
           (uint32_t)from[2] << 8 | from[3];
}

static uint64_t get_be64(const uint8_t *from)
{
    return (uint64_t)get_be32(from) << 32 | get_be32(from + 4);
}

/* LEB128-64b9B: eight groups of seven bits, then a whole byte. */
static uint8_t *put_number(uint8_t *to, int64_t number)
{
    uint64_t bits = (uint64_t)number << 1;
    bits = number < 0 ? ~bits : bits;
    for (int i = 0; i < NUMBER_SIZE - 1; i++) {
        if (bits < 0x80) {
            *to++ = (uint8_t)bits;
            return to;
        }
        *to++ = (uint8_t)(bits | 0x80);
        bits >>= 7;
    }
    *to++ = (uint8_t)bits;
    return to;
}

/* NULL when the bytes end within the number. */
static const uint8_t *get_number(const uint8_t *from, const uint8_t *end,
                                 int64_t *number)
{
    uint64_t bits = 0;
    for (int i = 0; i < NUMBER_SIZE; i++) {
        if (from == end)
            return NULL;
        uint8_t byte = *from++;
        bool last = i == NUMBER_SIZE - 1 || byte < 0x80;
        bits |= (uint64_t)(i == NUMBER_SIZE - 1 ? byte : byte & 0x7f)
                << (7 * i);
        if (last)
            break;
    }
    *number = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
    return from;
}

static uint8_t *put_counts(uint8_t *to, const struct scope_hist *hist)
{
    size_t used = scope_hist_used(hist);
    for (size_t slot = 0; slot < used;) {
        uint64_t count = hist->counts[slot];
        size_t first = slot++;
        if (!count)
            while (slot < used && !hist->counts[slot])
                slot++;
        int64_t zeros = (int64_t)(slot - first);
        to = put_number(to, !count && zeros > 1 ? -zeros : (int64_t)count);
    }
    return to;
}

static void *zlib_alloc(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return scope_alloc(count, size);
}

static void zlib_free(void *unused, void *memory)
{
    (void)unused;
    free(memory);
}

uint8_t *scope_hist_encode(const struct scope_hist *hist, size_t *size)
{
    size_t room = HEADER_SIZE + scope_hist_used(hist) * NUMBER_SIZE;
    uint8_t *plain = scope_alloc(room, 1);
    uint8_t *end = put_counts(plain + HEADER_SIZE, hist);
    size_t length = (size_t)(end - plain);
    double ratio = 1;
    uint64_t ratio_bits;
    memcpy(&ratio_bits, &ratio, sizeof ratio_bits);
    put_be32(plain, COOKIE | COOKIE_VARIABLE);
    put_be32(plain + 4, (uint32_t)(length - HEADER_SIZE));
    put_be32(plain + 12, (uint32_t)hist->digits);
    put_be64(plain + 16, (uint64_t)hist->lowest);
    put_be64(plain + 24, (uint64_t)hist->highest);
    put_be64(plain + 32, ratio_bits);

    /* Cannot fail: the memory is there, and so is the room. */
    z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free};
    deflateInit(&stream, Z_DEFAULT_COMPRESSION);
    size_t bound = deflateBound(&stream, length);
    uint8_t *bytes = scope_alloc(WRAPPER_SIZE + bound, 1);
    stream.next_in = plain;
    stream.avail_in = (uInt)length;
    stream.next_out = bytes + WRAPPER_SIZE;
    stream.avail_out = (uInt)bound;
    deflate(&stream, Z_FINISH);
    size_t packed = stream.total_out;
    deflateEnd(&stream);
    put_be32(bytes, COOKIE_COMPRESSED | COOKIE_VARIABLE);
    put_be32(bytes + 4, (uint32_t)packed);
    free(plain);
    *size = WRAPPER_SIZE + packed;
    return bytes;
}

static enum scope_code corrupt(struct scope_err *err, const char *why)
{
    return scope_fail(err, SCOPE_CORRUPT, 0, "decode histogram: %s", why);
}

/* Checks the plain header and lays hist out; *payload is the length that the
 * header says follows. */
static enum scope_code read_header(struct scope_hist *hist,
                                   const uint8_t *header, size_t *payload,
                                   struct scope_err *err)
{
    if ((get_be32(header) & ~(uint32_t)COOKIE_WORD_SIZE) != COOKIE)
        return corrupt(err, "the inner cookie is not V2's");
    if (get_be32(header + 8) != 0)
        return corrupt(err, "a shifted histogram is not supported");
    double ratio;
    uint64_t ratio_bits = get_be64(header + 32);
    memcpy(&ratio, &ratio_bits, sizeof ratio);
    if (!(ratio >= 1 && ratio <= 1))
        return corrupt(err, "a histogram of doubles is not supported");
    uint32_t digits = get_be32(header + 12);
    struct scope_err why;
    if (scope_hist_layout(hist, (int64_t)get_be64(header + 16),
                          (int64_t)get_be64(header + 24),
                          digits > 5 ? 0 : (int)digits, &why) != SCOPE_OK)
        return corrupt(err, why.text);
    *payload = get_be32(header + 4);
    if (*payload > hist->count_slots * NUMBER_SIZE)
        return corrupt(err, "its counts are longer than its range allows");
    return SCOPE_OK;
}

static void count_slot(struct scope_hist *hist, size_t slot, uint64_t count)
{
    hist->counts[slot] = count;
    if (!hist->total)
        hist->min = scope_hist_slot_low(hist, slot);
    hist->max = scope_hist_slot_high(hist, slot);
    hist->total += count;
}

static enum scope_code read_counts(struct scope_hist *hist, const uint8_t *from,
                                   const uint8_t *end, struct scope_err *err)
{
    size_t slot = 0;
    while (from < end) {
        int64_t number;
        from = get_number(from, end, &number);
        if (!from)
            return corrupt(err, "a count is cut off");
        size_t left = hist->count_slots - slot;
        if (number < 0 && (uint64_t)0 - (uint64_t)number > left)
            return corrupt(err, "zeros beyond its range");
        if (number < 0) {
            slot += (size_t)-number;
            continue;
        }
        if (!left)
            return corrupt(err, "counts beyond its range");
        if ((uint64_t)number > (uint64_t)INT64_MAX - hist->total)
            return corrupt(err, "its counts overflow");
        if (number)
            count_slot(hist, slot, (uint64_t)number);
        slot++;
    }
    return SCOPE_OK;
}

/* Inflates exactly size bytes. */
static bool inflate_exactly(z_stream *stream, uint8_t *to, size_t size)
{
    if (!size)
        return true;
    stream->next_out = to;
    stream->avail_out = (uInt)size;
    int status = inflate(stream, Z_SYNC_FLUSH);
    return (status == Z_OK || status == Z_STREAM_END) && !stream->avail_out;
}

static enum scope_code inflate_hist(struct scope_hist *hist, z_stream *stream,
                                    struct scope_err *err)
{
    uint8_t header[HEADER_SIZE];
    if (!inflate_exactly(stream, header, sizeof header))
        return corrupt(err, "its header does not inflate");
    size_t size = 0;
    struct scope_hist made = {0};
    enum scope_code code = read_header(&made, header, &size, err);
    if (code != SCOPE_OK)
        return code;
    uint8_t *counts = scope_alloc(size, 1);
    made.counts = scope_alloc(made.count_slots, sizeof *made.counts);
    if (!inflate_exactly(stream, counts, size))
        code = corrupt(err, "its counts do not inflate");
    else
        code = read_counts(&made, counts, counts + size, err);
    free(counts);
    if (code == SCOPE_OK)
        *hist = made;
    else
        scope_hist_free(&made);
    return code;
}

enum scope_code scope_hist_decode(struct scope_hist *hist, const uint8_t *bytes,
                                  size_t size, struct scope_err *err)
{
    if (size < WRAPPER_SIZE)
        return corrupt(err, "shorter than its wrapper");
    if ((get_be32(bytes) & ~(uint32_t)COOKIE_WORD_SIZE) != COOKIE_COMPRESSED)
        return corrupt(err, "the cookie is not compressed V2's");
    uint32_t packed = get_be32(bytes + 4);
    if (packed > size - WRAPPER_SIZE)
        return corrupt(err, "cut off");
    z_stream stream = {.zalloc = zlib_alloc, .zfree = zlib_free};
    union {
        const uint8_t *in;
        Bytef *zlib; /* next_in is not written through */
    } source = {.in = bytes + WRAPPER_SIZE};
    stream.next_in = source.zlib;
    stream.avail_in = packed;
    inflateInit(&stream);
    enum scope_code code = inflate_hist(hist, &stream, err);
    inflateEnd(&stream);
    return code;
}
