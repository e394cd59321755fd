/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A segment's directory, and reading what it points to. */
#include "lib/store/directory.h"

#include "lib/store/ints.h"

#define ZLIB_CONST
#include <zlib.h>

/* No group that a writer makes comes near it. */
#define GROUP_MOST (64U << 20)

static uint32_t directory_crc(int64_t id, const uint8_t *bytes, size_t size)
{
    uint8_t word[8];
    scope_store64(word, (uint64_t)id);
    return (uint32_t)crc32_z(crc32_z(0, word, sizeof word), bytes, size);
}

void scope_directory_begin(struct scope_bytes *out, const int64_t *times,
                           size_t sweeps)
{
    uint64_t *values = scope_alloc(sweeps, sizeof *values);
    for (size_t i = 0; i < sweeps; i++)
        values[i] = (uint64_t)times[i];
    scope_bytes_varint(out, sweeps);
    scope_ints_put(out, values, sweeps, true);
    free(values);
}

void scope_directory_group(struct scope_bytes *out,
                           const struct scope_segment_group *group,
                           size_t members)
{
    scope_bytes_varint(out, (uint64_t)members << 1 | group->squeezed);
    scope_bytes_varint(out, group->stored);
    scope_bytes_u32(out, group->crc);
}

void scope_directory_series(struct scope_bytes *out,
                            const struct scope_segment_series *series,
                            uint32_t expected, size_t sweeps)
{
    const struct scope_presence *presence = &series->presence;
    scope_bytes_varint(out, scope_zigzag((uint64_t)series->column - expected));
    scope_bytes_u8(out, (uint8_t)(series->coding | presence->form << 4));
    scope_bytes_varint(out, series->length);
    if (presence->form == SCOPE_PRESENT_EVERY) {
        scope_bytes_varint(out, presence->first);
        scope_bytes_varint(out, presence->step);
        scope_bytes_varint(out, presence->count);
    } else if (presence->form == SCOPE_PRESENT_BITMAP) {
        scope_bytes_put(out, presence->bitmap, (sweeps + 7) / 8);
    }
}

void scope_directory_end(struct scope_bytes *out, int64_t id)
{
    scope_bytes_u32(out, directory_crc(id, out->at, out->length));
}

static bool get_times(struct scope_segment *segment, struct scope_cursor *in)
{
    uint64_t sweeps = scope_cursor_varint(in);
    if (in->bad || !sweeps || sweeps > SCOPE_WINDOW_MOST)
        return false;
    uint64_t *times = scope_alloc(sweeps + 8, sizeof *times);
    segment->sweeps = sweeps;
    segment->times = (int64_t *)times;
    scope_ints_get(in, times, sweeps);
    if (in->bad || segment->times[0] < 0)
        return false;
    for (size_t i = 1; i < sweeps; i++)
        if (segment->times[i] <= segment->times[i - 1])
            return false;
    return true;
}

static bool get_presence(struct scope_presence *presence, unsigned form,
                         size_t sweeps, struct scope_cursor *in)
{
    *presence = (struct scope_presence){.form = form, .step = 1};
    if (form == SCOPE_PRESENT_ALL) {
        presence->count = sweeps;
    } else if (form == SCOPE_PRESENT_EVERY) {
        presence->first = scope_cursor_varint(in);
        presence->step = scope_cursor_varint(in);
        presence->count = scope_cursor_varint(in);
        return !in->bad && presence->first < sweeps && presence->step &&
               presence->count &&
               presence->count - 1 <=
                   (sweeps - 1 - presence->first) / presence->step;
    } else if (form == SCOPE_PRESENT_BITMAP) {
        presence->bitmap = scope_cursor_take(in, (sweeps + 7) / 8);
        if (!presence->bitmap)
            return false;
        for (size_t i = 0; i < (sweeps + 7) / 8; i++)
            presence->count += (size_t)__builtin_popcount(presence->bitmap[i]);
        bool beyond =
            sweeps % 8 && presence->bitmap[sweeps / 8] >> (sweeps % 8);
        return presence->count && !beyond;
    }
    return form < SCOPE_PRESENT_FORMS;
}

/* One entry; *expected is the column it is relative to. */
static bool get_series(struct scope_segment *segment, size_t *room,
                       uint64_t *expected, struct scope_segment_group *group,
                       struct scope_cursor *in)
{
    uint64_t column = *expected + scope_unzigzag(scope_cursor_varint(in));
    unsigned tag = scope_cursor_u8(in);
    uint64_t length = scope_cursor_varint(in);
    struct scope_segment_series series = {
        .column = (uint32_t)column,
        .group = (uint32_t)segment->group_count,
        .offset = group->size,
        .length = length,
        .coding = tag & 15,
    };
    if (in->bad || column >= segment->columns || segment->at_column[column] ||
        series.coding >= SCOPE_CODINGS || length > GROUP_MOST ||
        group->size + length > GROUP_MOST ||
        !get_presence(&series.presence, tag >> 4, segment->sweeps, in))
        return false;
    group->size += length;
    segment->series = scope_grow(segment->series, room, segment->series_count,
                                 sizeof *segment->series);
    segment->series[segment->series_count++] = series;
    segment->at_column[column] = (uint32_t)segment->series_count;
    *expected = column + 1;
    return true;
}

static bool get_groups(struct scope_segment *segment, struct scope_cursor *in,
                       size_t data_size)
{
    size_t group_room = 0;
    size_t series_room = 0;
    size_t offset = 0;
    uint64_t expected = 0;
    while (in->at < in->end) {
        uint64_t head = scope_cursor_varint(in);
        struct scope_segment_group group = {.squeezed = head & 1,
                                            .offset = offset};
        group.stored = scope_cursor_varint(in);
        group.crc = scope_cursor_u32(in);
        if (in->bad || group.stored > data_size - offset || head < 2)
            return false;
        for (uint64_t left = head >> 1; left; left--)
            if (!get_series(segment, &series_room, &expected, &group, in))
                return false;
        if (!group.squeezed && group.stored != group.size)
            return false;
        offset += group.stored;
        segment->groups = scope_grow(segment->groups, &group_room,
                                     segment->group_count, sizeof group);
        segment->groups[segment->group_count++] = group;
    }
    return offset == data_size;
}

bool scope_segment_open(struct scope_segment *segment, int64_t id,
                        const uint8_t *directory, size_t size, size_t columns,
                        size_t data_size)
{
    *segment = (struct scope_segment){.columns = columns};
    if (size < 4)
        return false;
    segment->at_column = scope_alloc(columns, sizeof *segment->at_column);
    segment->bytes = scope_alloc(size + SCOPE_SLACK, 1);
    memcpy(segment->bytes, directory, size);
    struct scope_cursor crc = {.at = segment->bytes + size - 4,
                               .end = segment->bytes + size};
    struct scope_cursor in = {.at = segment->bytes, .end = crc.at};
    return directory_crc(id, segment->bytes, size - 4) ==
               scope_cursor_u32(&crc) &&
           get_times(segment, &in) && get_groups(segment, &in, data_size);
}

void scope_segment_free(struct scope_segment *segment)
{
    free(segment->times);
    free(segment->groups);
    free(segment->series);
    free(segment->at_column);
    free(segment->bytes);
    *segment = (struct scope_segment){0};
}

const struct scope_segment_series *
scope_segment_find(const struct scope_segment *segment, size_t column)
{
    if (column >= segment->columns || !segment->at_column[column])
        return NULL;
    return &segment->series[segment->at_column[column] - 1];
}

bool scope_group_get(const struct scope_segment_group *group,
                     const uint8_t *stored, uint8_t *out)
{
    if ((uint32_t)crc32_z(0, stored, group->stored) != group->crc)
        return false;
    memset(out + group->size, 0, SCOPE_SLACK);
    if (!group->squeezed) {
        memcpy(out, stored, group->size);
        return true;
    }
    /* Not longer than zlib can make it: no byte of room is wasted on a lie. */
    z_stream inflater = {.next_in = stored,
                         .avail_in = (unsigned)group->stored,
                         .next_out = out,
                         .avail_out = (unsigned)group->size};
    if (inflateInit2(&inflater, -MAX_WBITS) != Z_OK)
        return false;
    int result = inflate(&inflater, Z_FINISH);
    bool whole = result == Z_STREAM_END && inflater.total_out == group->size &&
                 inflater.avail_in == 0;
    inflateEnd(&inflater);
    return whole;
}

bool scope_segment_values(const struct scope_segment_series *series,
                          const uint8_t *group, uint64_t *out)
{
    const uint8_t *at = group + series->offset;
    struct scope_cursor in = {.at = at, .end = at + series->length};
    scope_series_get(&in, series->coding, out, series->presence.count);
    return !in.bad && in.at == in.end;
}

void scope_presence_times(const struct scope_presence *presence,
                          const int64_t *times, size_t sweeps, int64_t *out)
{
    if (presence->form == SCOPE_PRESENT_ALL) {
        memcpy(out, times, sweeps * sizeof *out);
    } else if (presence->form == SCOPE_PRESENT_EVERY) {
        const int64_t *from = times + presence->first;
        for (size_t i = 0; i < presence->count; i++)
            out[i] = from[i * presence->step];
    } else {
        for (size_t i = 0; i < sweeps; i++)
            if (presence->bitmap[i / 8] >> (i % 8) & 1)
                *out++ = times[i];
    }
}
