/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes segments from windows. */
#include "lib/store/segment.h"

#include "lib/store/bits.h"
#include "lib/store/directory.h"
#include "lib/store/ints.h"

#define ZLIB_CONST
#include <zlib.h>

/* Unpacked bytes after which a group ends: large enough for zlib to find its
 * feet, small enough that reading one series does not unpack much else. */
#define GROUP_SIZE 16384

/* A group is kept compressed when it shrinks below this many 1/64: the reader
 * pays for inflating it every time. Its beginning tells in advance. */
#define WORTHWHILE 52
#define BEGINNING 2048

struct entry {
    struct scope_segment_series series;
    bool dense; /* full of digits that nothing foretells: kept apart */
};

struct scope_packer {
    enum scope_squeeze squeeze;
    z_stream deflate;
    struct scope_bytes plain, dense; /* the series' bytes, by kind */
    struct scope_bytes squeezed;
    struct entry *entries;
    size_t entry_count, entry_room;
    uint32_t expected; /* column behind the one put into the directory last */
    uint64_t *tile;
    size_t tile_room;
    uint8_t (*bitmaps)[SCOPE_WINDOW_MOST / 8];
    size_t bitmap_room;
};

struct scope_packer *scope_packer_new(enum scope_squeeze squeeze)
{
    struct scope_packer *packer = scope_alloc(1, sizeof *packer);
    packer->squeeze = squeeze;
    /* Fails for want of memory only, and that ends the program. */
    if (squeeze != SCOPE_SQUEEZE_NONE &&
        deflateInit2(&packer->deflate, 1, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        scope_alloc(SIZE_MAX, SIZE_MAX);
    return packer;
}

void scope_packer_free(struct scope_packer *packer)
{
    if (!packer)
        return;
    if (packer->squeeze != SCOPE_SQUEEZE_NONE)
        deflateEnd(&packer->deflate);
    free(packer->plain.at);
    free(packer->dense.at);
    free(packer->squeezed.at);
    free(packer->entries);
    free(packer->tile);
    free(packer->bitmaps);
    free(packer);
}

/* Encodes one series behind those of its kind. */
static void put_series(struct scope_packer *packer,
                       const struct scope_window *window, size_t column,
                       const uint64_t *values, size_t count, bool f64)
{
    struct scope_bytes *plain = &packer->plain;
    size_t start = plain->length;
    enum scope_coding coding = scope_series_put(plain, values, count, f64);
    size_t length = plain->length - start;
    bool dense = length >= count;
    if (dense) {
        scope_bytes_put(&packer->dense, plain->at + start, length);
        plain->length = start;
    }
    size_t index = packer->entry_count;
    packer->entries = scope_grow(packer->entries, &packer->entry_room, index,
                                 sizeof *packer->entries);
    packer->bitmaps = scope_grow(packer->bitmaps, &packer->bitmap_room, index,
                                 sizeof *packer->bitmaps);
    struct scope_presence presence =
        scope_window_presence(window, column, count, packer->bitmaps[index]);
    packer->entries[packer->entry_count++] = (struct entry){
        .dense = dense,
        .series = {.column = (uint32_t)column,
                   .length = length,
                   .coding = coding,
                   .presence = presence},
    };
}

static void put_all_series(struct scope_packer *packer,
                           const struct scope_window *window, const bool *f64)
{
    size_t room = window->sweeps;
    if (packer->tile_room < room * SCOPE_TILE) {
        packer->tile_room = room * SCOPE_TILE;
        packer->tile = scope_realloc(packer->tile, packer->tile_room,
                                     sizeof *packer->tile);
    }
    packer->plain.length = packer->dense.length = 0;
    packer->entry_count = 0;
    packer->expected = 0;
    for (size_t first = 0; first < window->columns; first += SCOPE_TILE) {
        size_t counts[SCOPE_TILE];
        scope_window_tile(window, first, packer->tile, room, counts);
        for (size_t k = 0; k < SCOPE_TILE; k++)
            if (counts[k])
                put_series(packer, window, first + k, packer->tile + k * room,
                           counts[k], f64[first + k]);
    }
    /* scope_grow may have moved the bitmaps since. */
    for (size_t i = 0; i < packer->entry_count; i++)
        packer->entries[i].series.presence.bitmap = packer->bitmaps[i];
}

/* The length of bytes compressed, into packer->squeezed. */
static size_t deflated(struct scope_packer *packer, const uint8_t *bytes,
                       size_t size)
{
    z_stream *deflater = &packer->deflate;
    deflateReset(deflater);
    size_t most = deflateBound(deflater, size);
    packer->squeezed.length = 0;
    deflater->next_in = bytes;
    deflater->avail_in = (unsigned)size;
    deflater->next_out = scope_bytes_room(&packer->squeezed, most);
    deflater->avail_out = (unsigned)most;
    if (deflate(deflater, Z_FINISH) != Z_STREAM_END)
        return SIZE_MAX;
    return packer->squeezed.length = deflater->total_out;
}

static bool is_worthwhile(struct scope_packer *packer, const uint8_t *bytes,
                          size_t size)
{
    return deflated(packer, bytes, size) < size * WORTHWHILE / 64;
}

/* Compresses a group; whether the result, in packer->squeezed, is to be
 * kept. */
static bool squeeze(struct scope_packer *packer, const uint8_t *bytes,
                    size_t size, bool dense)
{
    if (size > UINT32_MAX / 2)
        return false;
    switch (packer->squeeze) {
    case SCOPE_SQUEEZE_ALL:
        return deflated(packer, bytes, size) < size;
    case SCOPE_SQUEEZE_WORTHWHILE:
        return !dense &&
               (size <= BEGINNING || is_worthwhile(packer, bytes, BEGINNING)) &&
               is_worthwhile(packer, bytes, size);
    default:
        return false;
    }
}

/* Puts the series of one kind into groups. */
static void put_groups(struct scope_packer *packer, bool dense, size_t sweeps,
                       struct scope_bytes *directory, struct scope_bytes *data)
{
    const uint8_t *at = dense ? packer->dense.at : packer->plain.at;
    for (size_t i = 0; i < packer->entry_count;) {
        size_t size = 0;
        size_t members = 0;
        size_t end = i;
        for (; end < packer->entry_count && size < GROUP_SIZE; end++) {
            if (packer->entries[end].dense != dense)
                continue;
            size += packer->entries[end].series.length;
            members++;
        }
        if (!members)
            break;
        struct scope_segment_group group = {.size = size, .stored = size};
        const uint8_t *stored = at;
        group.squeezed = squeeze(packer, at, size, dense);
        if (group.squeezed) {
            stored = packer->squeezed.at;
            group.stored = packer->squeezed.length;
        }
        group.crc = (uint32_t)crc32_z(0, stored, group.stored);
        scope_bytes_put(data, stored, group.stored);
        scope_directory_group(directory, &group, members);
        for (; i < end; i++) {
            const struct scope_segment_series *series =
                &packer->entries[i].series;
            if (packer->entries[i].dense != dense)
                continue;
            scope_directory_series(directory, series, packer->expected, sweeps);
            packer->expected = series->column + 1;
        }
        at += size;
    }
}

void scope_segment_put(struct scope_packer *packer,
                       const struct scope_window *window, int64_t id,
                       const bool *f64, struct scope_bytes *directory,
                       struct scope_bytes *data)
{
    directory->length = data->length = 0;
    put_all_series(packer, window, f64);
    scope_directory_begin(directory, window->times, window->sweeps);
    put_groups(packer, false, window->sweeps, directory, data);
    put_groups(packer, true, window->sweeps, directory, data);
    scope_directory_end(directory, id);
}
