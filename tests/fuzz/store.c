/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libFuzzer on what the store decodes: tail rows, directories and series, by
 * the first byte. CRCs are made right first, so that what lies behind them is
 * reached; every buffer is exactly as large as the decoder may assume.
 */
#include "lib/store/directory.h"
#include "lib/store/tail.h"
#include "tests/fuzz/target.h"

#include <zlib.h>

#define COLUMNS 100

static void decode_tail(const uint8_t *bytes, size_t size)
{
    struct scope_window window = {0};
    bool f64[COLUMNS];
    uint8_t id[8] = {7};
    for (size_t i = 0; i < COLUMNS; i++)
        f64[i] = i % 2;
    /* Rows of 64 bytes, each on top of the ones before. */
    while (size) {
        size_t length = size < 64 ? size : 64;
        uint8_t *row = scope_alloc(length + 4, 1);
        uint32_t crc = (uint32_t)crc32_z(crc32_z(0, id, 8), bytes, length);
        for (unsigned i = 0; i < 4; i++)
            row[i] = (uint8_t)(crc >> (8 * i));
        memcpy(row + 4, bytes, length);
        size_t sweeps = window.sweeps;
        bool good = scope_tail_get(&window, 7, row, length + 4, COLUMNS, f64);
        TARGET_ASSERT(window.sweeps == sweeps + good);
        free(row);
        bytes += length;
        size -= length;
    }
    scope_window_free(&window);
}

static void decode_directory(const uint8_t *bytes, size_t size)
{
    struct scope_bytes directory = {0};
    struct scope_segment segment;
    scope_bytes_put(&directory, bytes, size);
    scope_directory_end(&directory, 7);
    if (scope_segment_open(&segment, 7, directory.at, directory.length, COLUMNS,
                           size * 3)) {
        int64_t *times = scope_alloc(segment.sweeps, sizeof *times);
        for (size_t i = 0; i < segment.series_count; i++)
            scope_presence_times(&segment.series[i].presence, segment.times,
                                 segment.sweeps, times);
        free(times);
    }
    scope_segment_free(&segment);
    free(directory.at);
}

static void decode_series(const uint8_t *bytes, size_t size)
{
    if (size < 3)
        return;
    size_t count = 1 + (bytes[0] | (size_t)bytes[1] << 8) % SCOPE_WINDOW_MOST;
    enum scope_coding coding = bytes[2] % SCOPE_CODINGS;
    size -= 3;
    uint8_t *group = scope_alloc(size + SCOPE_SLACK, 1);
    uint64_t *values = scope_alloc(count + 8, sizeof *values);
    memcpy(group, bytes + 3, size);
    struct scope_cursor in = {.at = group, .end = group + size};
    scope_series_get(&in, coding, values, count);
    TARGET_ASSERT(in.bad || in.at <= in.end);
    free(values);
    free(group);
}

static void unpack_group(const uint8_t *bytes, size_t size)
{
    struct scope_segment_group group = {
        .squeezed = true,
        .stored = size,
        .size = size * 4,
        .crc = (uint32_t)crc32_z(0, bytes, size),
    };
    uint8_t *out = scope_alloc(group.size + SCOPE_SLACK, 1);
    (void)!scope_group_get(&group, bytes, out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const decoders[])(const uint8_t *bytes, size_t size) = {
        decode_tail, decode_directory, decode_series, unpack_group};
    if (size)
        decoders[*bytes % 4](bytes + 1, size - 1);
    return 0;
}
