/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments: a window of one source with all its series. The directory says
 * when the sweeps were and where each series lies; the data hold the series in
 * groups, each compressed or not, with a CRC, so that one series is read
 * without the others. docs/store-format.md describes every byte.
 */
#ifndef LIB_STORE_SEGMENT_H
#define LIB_STORE_SEGMENT_H

#include "lib/base/bytes.h"
#include "lib/store/series.h"
#include "lib/store/window.h"

/* What is compressed with zlib. */
enum scope_squeeze {
    SCOPE_SQUEEZE_WORTHWHILE, /* groups where it pays: the default */
    SCOPE_SQUEEZE_NONE,
    SCOPE_SQUEEZE_ALL, /* every group that gets smaller */
};

/* Scratch for making segments; reused from one to the next. */
struct scope_packer;
struct scope_packer *scope_packer_new(enum scope_squeeze squeeze);
void scope_packer_free(struct scope_packer *packer);

/* Makes the segment of a window with at least one sweep. directory and data
 * are emptied first. */
void scope_segment_put(struct scope_packer *packer,
                       const struct scope_window *window, int64_t id,
                       const bool *f64, struct scope_bytes *directory,
                       struct scope_bytes *data);

struct scope_segment_group {
    bool squeezed;
    size_t offset, stored, size; /* in data; size when unpacked */
    uint32_t crc;                /* of the stored bytes */
};

struct scope_segment_series {
    uint32_t column, group;
    size_t offset, length; /* in its unpacked group */
    enum scope_coding coding;
    struct scope_presence presence; /* bitmap points into the directory */
};

struct scope_segment {
    size_t sweeps;
    int64_t *times; /* room for 8 more */
    size_t group_count, series_count;
    struct scope_segment_group *groups;
    struct scope_segment_series *series;
    uint32_t *at_column; /* [columns] 1 + index into series, 0: none */
    size_t columns;
    uint8_t *bytes; /* the directory's */
};

/* Reads a directory of a source with `columns` series whose data are
 * data_size bytes; false when it is damaged. Free with scope_segment_free,
 * whatever was returned. */
bool scope_segment_open(struct scope_segment *segment, int64_t id,
                        const uint8_t *directory, size_t size, size_t columns,
                        size_t data_size);
void scope_segment_free(struct scope_segment *segment);

/* The series of a column, or NULL when the segment has none. */
const struct scope_segment_series *
scope_segment_find(const struct scope_segment *segment, size_t column);

/* Unpacks a group from its stored bytes to out, which has room for group->size
 * and SCOPE_SLACK bytes; false when it is damaged. */
bool scope_group_get(const struct scope_segment_group *group,
                     const uint8_t *stored, uint8_t *out);

/* The values of a series from its unpacked group; out has room for
 * presence.count + 8. False when damaged. */
bool scope_segment_values(const struct scope_segment_series *series,
                          const uint8_t *group, uint64_t *out);

/* The times of a series' values: out has room for presence.count. */
void scope_presence_times(const struct scope_presence *presence,
                          const int64_t *times, size_t sweeps, int64_t *out);

#endif
