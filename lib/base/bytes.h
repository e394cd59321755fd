/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of blobs: little-endian words, LEB128 variable-length
 * integers, a buffer that grows, and a cursor that checks every length.
 */
#ifndef LIB_BASE_BYTES_H
#define LIB_BASE_BYTES_H

#include <scope/alloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The most bytes a 64-bit variable-length integer takes. */
#define SCOPE_VARINT_MAX 10

/* What must be readable behind the end of a buffer that is unpacked: the
 * kernels load whole words of whole groups. */
#define SCOPE_SLACK 80

/* Owned by whoever declared it; zero-initialise, free(at). */
struct scope_bytes {
    uint8_t *at;
    size_t length, room;
};

/* Where to write up to size more bytes; the writer then adds to length. */
static inline uint8_t *scope_bytes_room(struct scope_bytes *bytes, size_t size)
{
    bytes->at = scope_grow(bytes->at, &bytes->room, bytes->length + size, 1);
    return bytes->at + bytes->length;
}

static inline void scope_bytes_put(struct scope_bytes *bytes, const void *from,
                                   size_t size)
{
    uint8_t *to = scope_bytes_room(bytes, size);
    if (size)
        memcpy(to, from, size);
    bytes->length += size;
}

static inline uint64_t scope_zigzag(uint64_t value)
{
    return (value << 1) ^ (0 - (value >> 63));
}

static inline uint64_t scope_unzigzag(uint64_t value)
{
    return (value >> 1) ^ (0 - (value & 1));
}

static inline uint64_t scope_load64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline void scope_store64(uint8_t *at, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(at, &word, sizeof word);
}

/* Returns behind what it wrote: at most SCOPE_VARINT_MAX bytes. */
static inline uint8_t *scope_varint_put(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static inline void scope_bytes_varint(struct scope_bytes *bytes, uint64_t value)
{
    uint8_t *at = scope_bytes_room(bytes, SCOPE_VARINT_MAX);
    bytes->length += (size_t)(scope_varint_put(at, value) - at);
}

static inline void scope_bytes_u8(struct scope_bytes *bytes, uint8_t value)
{
    scope_bytes_put(bytes, &value, 1);
}

static inline void scope_bytes_u32(struct scope_bytes *bytes, uint32_t value)
{
    uint8_t word[4] = {(uint8_t)value, (uint8_t)(value >> 8),
                       (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    scope_bytes_put(bytes, word, sizeof word);
}

/* Reads forward; once something did not fit, bad stays set and reads give
 * 0. */
struct scope_cursor {
    const uint8_t *at, *end;
    bool bad;
};

static inline size_t scope_cursor_left(const struct scope_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* size bytes, or NULL. */
static inline const uint8_t *scope_cursor_take(struct scope_cursor *cursor,
                                               size_t size)
{
    if (cursor->bad || size > scope_cursor_left(cursor)) {
        cursor->bad = true;
        return NULL;
    }
    const uint8_t *at = cursor->at;
    cursor->at += size;
    return at;
}

static inline uint8_t scope_cursor_u8(struct scope_cursor *cursor)
{
    const uint8_t *at = scope_cursor_take(cursor, 1);
    return at ? *at : 0;
}

static inline uint32_t scope_cursor_u32(struct scope_cursor *cursor)
{
    const uint8_t *at = scope_cursor_take(cursor, 4);
    return at ? (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
                    (uint32_t)at[3] << 24
              : 0;
}

static inline uint64_t scope_cursor_u64(struct scope_cursor *cursor)
{
    const uint8_t *at = scope_cursor_take(cursor, 8);
    return at ? scope_load64(at) : 0;
}

/* More than 64 bits is bad. */
static inline uint64_t scope_cursor_varint(struct scope_cursor *cursor)
{
    if (!cursor->bad && cursor->at < cursor->end && *cursor->at < 0x80)
        return *cursor->at++;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = scope_cursor_u8(cursor);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    cursor->bad = true;
    return 0;
}

#endif
