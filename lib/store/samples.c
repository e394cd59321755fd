/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads samples: one series without the others, or all of a trial. */
#include "lib/store/dataset_inside.h"

#include <inttypes.h>
#include <math.h>

/* What is kept of segments that were looked into, so that reading one series
 * after another does not read every segment as often. */
#define CACHE_SIZE (256U << 20)

struct reading {
    struct scope_dataset *dataset;
    struct scope_store_file *file;
    struct scope_stored_source *source;
    struct scope_err *err;
};

static enum scope_code fail_segment(const struct reading *reading,
                                    const struct scope_stored_segment *stored)
{
    return scope_db_corrupt(&reading->file->db, reading->err,
                            "segment %" PRId64 " of source %" PRId64
                            " is damaged",
                            stored->id & UINT32_MAX, reading->source->id);
}

static enum scope_code load_directory(const struct reading *reading,
                                      struct scope_stored_segment *stored)
{
    sqlite3_stmt *rows;
    bool row;
    enum scope_code code = scope_db_prepare(
        &reading->file->db, "SELECT directory FROM segment WHERE id = ?1",
        &rows, reading->err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, stored->id);
    code = scope_db_step(&reading->file->db, rows, &row, reading->err);
    if (!code && !row)
        code = fail_segment(reading, stored);
    if (code) {
        sqlite3_finalize(rows);
        return code;
    }
    struct scope_loaded_segment *loaded = scope_alloc(1, sizeof *loaded);
    struct scope_segment *segment = &loaded->segment;
    const void *directory = sqlite3_column_blob(rows, 0);
    stored->loaded = loaded;
    if (!scope_segment_open(segment, stored->id, directory,
                            (size_t)sqlite3_column_bytes(rows, 0),
                            reading->source->columns, stored->data_size))
        code = fail_segment(reading, stored);
    loaded->group_count = segment->group_count;
    loaded->groups = scope_alloc(segment->group_count, sizeof *loaded->groups);
    reading->dataset->loaded_bytes +=
        segment->sweeps * 8 + segment->series_count * 96 + segment->columns * 4;
    sqlite3_finalize(rows);
    return code;
}

/* Reads length bytes at offset of a segment's data. */
static enum scope_code read_data(const struct reading *reading,
                                 const struct scope_stored_segment *stored,
                                 size_t offset, size_t length, uint8_t *out)
{
    struct scope_store_file *file = reading->file;
    int result;
    if (file->blob)
        result = sqlite3_blob_reopen(file->blob, stored->id);
    else
        result = sqlite3_blob_open(file->db.sqlite, "main", "segment", "data",
                                   stored->id, 0, &file->blob);
    if (result == SQLITE_OK &&
        (size_t)sqlite3_blob_bytes(file->blob) != stored->data_size)
        return fail_segment(reading, stored);
    if (result == SQLITE_OK && length)
        result = sqlite3_blob_read(file->blob, out, (int)length, (int)offset);
    if (result != SQLITE_OK)
        return scope_db_fail(&file->db, "read", reading->err);
    return SCOPE_OK;
}

static enum scope_code unpack_group(const struct reading *reading,
                                    const struct scope_stored_segment *stored,
                                    size_t index, const uint8_t *bytes)
{
    struct scope_loaded_segment *loaded = stored->loaded;
    const struct scope_segment_group *group = &loaded->segment.groups[index];
    if (loaded->groups[index])
        return SCOPE_OK;
    uint8_t *out = scope_alloc(group->size + SCOPE_SLACK, 1);
    if (!scope_group_get(group, bytes, out)) {
        free(out);
        return fail_segment(reading, stored);
    }
    loaded->groups[index] = out;
    reading->dataset->loaded_bytes += group->size;
    return SCOPE_OK;
}

/* Who wants a second group of a segment wants them all, as a rule: then one
 * read gets the rest. */
static enum scope_code load_group(const struct reading *reading,
                                  const struct scope_stored_segment *stored,
                                  size_t wanted)
{
    struct scope_loaded_segment *loaded = stored->loaded;
    bool first = true;
    for (size_t i = 0; i < loaded->group_count; i++)
        first = first && !loaded->groups[i];
    const struct scope_segment_group *group = &loaded->segment.groups[wanted];
    size_t offset = first ? group->offset : 0;
    size_t length = first ? group->stored : stored->data_size;
    uint8_t *bytes = scope_alloc(length, 1);
    enum scope_code code = read_data(reading, stored, offset, length, bytes);
    for (size_t i = 0; i < loaded->group_count && !code; i++)
        if (!first || i == wanted)
            code =
                unpack_group(reading, stored, i,
                             bytes + loaded->segment.groups[i].offset - offset);
    free(bytes);
    return code;
}

/* The segment's directory, read if need be. */
static enum scope_code look_into(const struct reading *reading,
                                 struct scope_stored_segment *stored)
{
    if (stored->loaded)
        return SCOPE_OK;
    if (reading->dataset->loaded_bytes > CACHE_SIZE)
        scope_dataset_forget(reading->dataset, NULL);
    return load_directory(reading, stored);
}

static enum scope_code values_of(const struct reading *reading,
                                 const struct scope_stored_segment *stored,
                                 const struct scope_segment_series *series,
                                 uint64_t *out)
{
    enum scope_code code = SCOPE_OK;
    if (!stored->loaded->groups[series->group])
        code = load_group(reading, stored, series->group);
    if (!code && !scope_segment_values(
                     series, stored->loaded->groups[series->group], out))
        code = fail_segment(reading, stored);
    return code;
}

static void allocate(struct scope_samples *samples, enum scope_value value,
                     size_t count)
{
    *samples = (struct scope_samples){.value = value};
    samples->time_ns = scope_realloc(NULL, count + 8, sizeof *samples->time_ns);
    samples->u64 = scope_realloc(NULL, count + 8, sizeof *samples->u64);
}

void scope_samples_free(struct scope_samples *samples)
{
    free(samples->time_ns);
    free(samples->u64);
    *samples = (struct scope_samples){0};
}

/* Drops what was added from `start` on and is outside of the range. */
static void clip(struct scope_samples *samples, size_t start, int64_t from_ns,
                 int64_t to_ns)
{
    size_t kept = start;
    for (size_t i = start; i < samples->count; i++) {
        if (samples->time_ns[i] < from_ns || samples->time_ns[i] > to_ns)
            continue;
        samples->time_ns[kept] = samples->time_ns[i];
        samples->u64[kept++] = samples->u64[i];
    }
    samples->count = kept;
}

static void add_tail(const struct scope_window *tail, size_t column,
                     struct scope_samples *samples)
{
    for (size_t row = 0; row < tail->sweeps && column < tail->columns; row++) {
        if (!scope_window_has(tail, row, column))
            continue;
        samples->time_ns[samples->count] = tail->times[row];
        samples->u64[samples->count++] = scope_window_values(tail, row)[column];
    }
}

static enum scope_code read_segments(const struct reading *reading,
                                     size_t column, size_t most,
                                     int64_t from_ns, int64_t to_ns,
                                     struct scope_samples *samples)
{
    for (size_t i = 0; i < reading->source->segment_count; i++) {
        struct scope_stored_segment *stored = &reading->source->segments[i];
        if (stored->end_ns < from_ns || stored->start_ns > to_ns)
            continue;
        enum scope_code code = look_into(reading, stored);
        if (code)
            return code;
        const struct scope_segment *segment = &stored->loaded->segment;
        const struct scope_segment_series *series =
            scope_segment_find(segment, column);
        if (!series)
            continue;
        size_t start = samples->count;
        size_t count = series->presence.count;
        if (count > most - start)
            return fail_segment(reading, stored);
        code = values_of(reading, stored, series, samples->u64 + start);
        if (code)
            return code;
        scope_presence_times(&series->presence, segment->times, segment->sweeps,
                             samples->time_ns + start);
        samples->count += count;
        if (stored->start_ns < from_ns || stored->end_ns > to_ns)
            clip(samples, start, from_ns, to_ns);
    }
    return SCOPE_OK;
}

/* Where a series of this dataset is stored. */
static const struct scope_series_place *
place_of(const struct scope_dataset *dataset, const struct scope_series *series,
         const struct scope_stored_trial **inside)
{
    *inside = &dataset->inside[series->trial - dataset->trials];
    return &(*inside)->places[series - series->trial->series];
}

/* The cache is the only thing that reading changes. */
static struct reading reading_of(const struct scope_dataset *dataset,
                                 const struct scope_stored_trial *inside,
                                 size_t source, struct scope_err *err)
{
    return (struct reading){.dataset =
                                (struct scope_dataset *)(uintptr_t)dataset,
                            .file = inside->file,
                            .source = &inside->sources[source],
                            .err = err};
}

enum scope_code scope_series_read(const struct scope_dataset *dataset,
                                  const struct scope_series *series,
                                  int64_t from_ns, int64_t to_ns,
                                  struct scope_samples *samples,
                                  struct scope_err *err)
{
    const struct scope_stored_trial *inside;
    const struct scope_series_place *place = place_of(dataset, series, &inside);
    *samples = (struct scope_samples){.value = series->metric.value};
    if (series->metric.value == SCOPE_HIST)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "%s.%s holds histograms, not samples", series->source,
                          series->metric.name);
    struct reading reading = reading_of(dataset, inside, place->source, err);
    size_t most = series->count;
    allocate(samples, series->metric.value, most);
    enum scope_code code =
        read_segments(&reading, place->column, most, from_ns, to_ns, samples);
    if (!code) {
        size_t start = samples->count;
        add_tail(&reading.source->tail, place->column, samples);
        clip(samples, start, from_ns, to_ns);
    } else {
        scope_samples_free(samples);
    }
    return code;
}

double scope_sample_value(const struct scope_samples *samples, size_t index)
{
    switch (samples->value) {
    case SCOPE_U64:
        return (double)samples->u64[index];
    case SCOPE_I64:
        return (double)samples->i64[index];
    case SCOPE_F64:
        return samples->f64[index];
    default:
        return NAN;
    }
}
