/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of the tail. */
#include "lib/store/tail.h"

#include <zlib.h>

enum presence {
    ALL,    /* every column */
    BITMAP, /* a bit a column */
};

static uint32_t row_crc(int64_t id, const uint8_t *bytes, size_t size)
{
    uint8_t word[8];
    scope_store64(word, (uint64_t)id);
    return (uint32_t)crc32_z(crc32_z(0, word, sizeof word), bytes, size);
}

/* The bits that column i may have in presence word `word`. */
static uint64_t word_mask(size_t word, size_t columns)
{
    size_t left = columns - word * 64;
    return left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
}

/* Doubles differ in their high bytes first, so those become the low ones. */
static uint64_t difference(uint64_t value, uint64_t last, bool f64)
{
    return f64 ? __builtin_bswap64(value ^ last) : scope_zigzag(value - last);
}

static uint64_t undo_difference(uint64_t code, uint64_t last, bool f64)
{
    return f64 ? __builtin_bswap64(code) ^ last : last + scope_unzigzag(code);
}

/* Copies the presence bits; whether all are set. */
static bool copy_presence(uint64_t *to, const uint64_t *from, size_t columns)
{
    bool all = true;
    for (size_t word = 0; word * 64 < columns; word++) {
        uint64_t mask = word_mask(word, columns);
        to[word] = from[word] & mask;
        all = all && to[word] == mask;
    }
    return all;
}

static void put_presence(struct scope_bytes *out, const uint64_t *present,
                         size_t columns, bool all)
{
    scope_bytes_u8(out, all ? ALL : BITMAP);
    for (size_t i = 0; !all && i < columns; i += 8)
        scope_bytes_u8(out, (uint8_t)(present[i / 64] >> (i % 64)));
}

/* A varint; most are of one or two bytes, in no order that could be
 * foretold, so these take no jump. */
static uint8_t *put_code(uint8_t *at, uint64_t code)
{
    if (code >= 1 << 14)
        return scope_varint_put(at, code);
    unsigned two = code >= 1 << 7;
    at[0] = (uint8_t)(code | two << 7);
    at[1] = (uint8_t)(code >> 7);
    return at + 1 + two;
}

void scope_tail_put(struct scope_bytes *out, struct scope_window *window,
                    int64_t id, int64_t time_ns, const uint64_t *values,
                    const uint64_t *present, size_t columns, const bool *f64)
{
    size_t row = scope_window_row(window, columns);
    int64_t before = row ? window->times[row - 1] : 0;
    out->length = 0;
    scope_bytes_u32(out, 0);
    scope_bytes_varint(out, scope_zigzag((uint64_t)(time_ns - before)));
    scope_bytes_varint(out, columns);
    uint64_t *bits = scope_window_present(window, row);
    put_presence(out, bits, columns, copy_presence(bits, present, columns));

    uint64_t *kept = scope_window_values(window, row);
    uint8_t *start = scope_bytes_room(out, columns * SCOPE_VARINT_MAX);
    uint8_t *at = start;
    for (size_t first = 0; first < columns; first += 64) {
        size_t count = columns - first < 64 ? columns - first : 64;
        uint64_t codes[64];
        uint64_t here = bits[first / 64];
        uint64_t *last = window->last + first;
        for (size_t i = 0; i < count; i++)
            codes[i] = difference(values[first + i], last[i], f64[first + i]);
        if (here == word_mask(first / 64, columns)) {
            for (size_t i = 0; i < count; i++)
                at = put_code(at, codes[i]);
            memcpy(last, values + first, count * sizeof *last);
            memcpy(kept + first, last, count * sizeof *last);
            continue;
        }
        for (uint64_t left = here; left; left &= left - 1) {
            size_t i = (size_t)__builtin_ctzll(left);
            at = put_code(at, codes[i]);
            kept[first + i] = last[i] = values[first + i];
        }
    }
    out->length += (size_t)(at - start);
    window->times[row] = time_ns;
    window->sweeps++;
    uint32_t crc = row_crc(id, out->at + 4, out->length - 4);
    for (unsigned i = 0; i < 4; i++)
        out->at[i] = (uint8_t)(crc >> (8 * i));
}

static bool get_presence(struct scope_cursor *in, uint64_t *present,
                         size_t columns)
{
    uint8_t form = scope_cursor_u8(in);
    if (form > BITMAP)
        return false;
    const uint8_t *bitmap = NULL;
    if (form == BITMAP)
        bitmap = scope_cursor_take(in, (columns + 7) / 8);
    if (in->bad)
        return false;
    for (size_t i = 0; i < columns; i += 8)
        present[i / 64] |= (uint64_t)(bitmap ? bitmap[i / 8] : 0xff)
                           << (i % 64);
    if (columns % 64) {
        size_t word = columns / 64;
        uint64_t mask = word_mask(word, columns);
        if (bitmap && present[word] & ~mask)
            return false;
        present[word] &= mask;
    }
    return true;
}

static bool get_row(struct scope_window *window, size_t row, size_t columns,
                    struct scope_cursor *in, const bool *f64)
{
    uint64_t *bits = scope_window_present(window, row);
    uint64_t *values = scope_window_values(window, row);
    if (!get_presence(in, bits, columns))
        return false;
    for (size_t word = 0; word * 64 < columns; word++) {
        for (uint64_t left = bits[word]; left; left &= left - 1) {
            size_t i = word * 64 + (size_t)__builtin_ctzll(left);
            uint64_t code = scope_cursor_varint(in);
            values[i] = undo_difference(code, window->last[i], f64[i]);
        }
    }
    return !in->bad && in->at == in->end;
}

bool scope_tail_get(struct scope_window *window, int64_t id,
                    const uint8_t *bytes, size_t size, size_t columns,
                    const bool *f64)
{
    struct scope_cursor in = {.at = bytes, .end = bytes + size};
    uint32_t crc = scope_cursor_u32(&in);
    if (in.bad || row_crc(id, in.at, scope_cursor_left(&in)) != crc ||
        window->sweeps >= SCOPE_WINDOW_MOST)
        return false;
    uint64_t step = scope_unzigzag(scope_cursor_varint(&in));
    uint64_t here = scope_cursor_varint(&in);
    if (in.bad || here > columns)
        return false;
    int64_t before = window->sweeps ? window->times[window->sweeps - 1] : 0;
    int64_t time_ns = (int64_t)((uint64_t)before + step);
    if (time_ns < 0 || (window->sweeps && time_ns <= before))
        return false;
    size_t widest = window->columns;
    size_t row = scope_window_row(window, here);
    if (!get_row(window, row, here, &in, f64)) {
        window->columns = widest;
        return false;
    }
    uint64_t *values = scope_window_values(window, row);
    for (size_t i = 0; i < here; i++)
        if (scope_window_present(window, row)[i / 64] >> (i % 64) & 1)
            window->last[i] = values[i];
    window->times[row] = time_ns;
    window->sweeps++;
    return true;
}
