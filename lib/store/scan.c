/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads all samples of a trial in the order they are stored: each segment
 * once, nothing kept. */
#include "lib/store/dataset_inside.h"
#include "lib/store/tail.h"

#include <inttypes.h>

struct scan {
    const struct scope_trial *trial;
    const struct scope_stored_source *source;
    const struct scope_db *db;
    const struct scope_series **at_column; /* of the source */
    scope_scan_each *each;
    void *closure;
    struct scope_err *err;
    uint64_t *values; /* one series of one segment */
    int64_t *times;
    uint8_t *group;
    size_t group_room;
};

static enum scope_code hand_over(const struct scan *scan, size_t column,
                                 size_t count, int64_t *times)
{
    const struct scope_series *series = scan->at_column[column];
    struct scope_samples samples = {.count = count,
                                    .time_ns = times,
                                    .value = series->metric.value,
                                    .u64 = scan->values};
    return scan->each(scan->closure, series, &samples);
}

static enum scope_code scan_series(const struct scan *scan,
                                   const struct scope_segment *segment,
                                   const struct scope_segment_series *series)
{
    int64_t *times = segment->times;
    if (!scope_segment_values(series, scan->group, scan->values))
        return SCOPE_CORRUPT;
    if (series->presence.form != SCOPE_PRESENT_ALL) {
        times = scan->times;
        scope_presence_times(&series->presence, segment->times, segment->sweeps,
                             times);
    }
    return hand_over(scan, series->column, series->presence.count, times);
}

/* SCOPE_CORRUPT without a text is for the caller to explain. */
static enum scope_code scan_segment(struct scan *scan, int64_t id,
                                    sqlite3_stmt *rows)
{
    struct scope_segment segment;
    const uint8_t *data = sqlite3_column_blob(rows, 2);
    enum scope_code code = SCOPE_OK;
    if (!scope_segment_open(&segment, id, sqlite3_column_blob(rows, 1),
                            (size_t)sqlite3_column_bytes(rows, 1),
                            scan->source->columns,
                            (size_t)sqlite3_column_bytes(rows, 2)))
        code = SCOPE_CORRUPT;
    size_t next = 0;
    for (size_t g = 0; g < segment.group_count && !code; g++) {
        const struct scope_segment_group *group = &segment.groups[g];
        if (scan->group_room < group->size + SCOPE_SLACK) {
            scan->group_room = group->size + SCOPE_SLACK;
            scan->group = scope_realloc(scan->group, scan->group_room, 1);
        }
        if (!scope_group_get(group, data + group->offset, scan->group))
            code = SCOPE_CORRUPT;
        for (; next < segment.series_count && !code; next++) {
            if (segment.series[next].group != g)
                break;
            code = scan_series(scan, &segment, &segment.series[next]);
        }
    }
    scope_segment_free(&segment);
    return code;
}

static enum scope_code scan_segments(struct scan *scan)
{
    sqlite3_stmt *rows;
    enum scope_code code =
        scope_db_prepare(scan->db,
                         "SELECT id, directory, data FROM segment "
                         "WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                         &rows, scan->err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, scope_sweep_id(scan->source->id, 0));
    sqlite3_bind_int64(rows, 2, scope_sweep_id(scan->source->id, UINT32_MAX));
    bool row;
    while (!(code = scope_db_step(scan->db, rows, &row, scan->err)) && row) {
        int64_t id = sqlite3_column_int64(rows, 0);
        if (scan->err)
            scan->err->text[0] = '\0';
        code = scan_segment(scan, id, rows);
        if (code == SCOPE_CORRUPT && scan->err && !scan->err->text[0])
            scope_db_corrupt(scan->db, scan->err,
                             "segment %" PRId64 " of source %" PRId64
                             " is damaged",
                             id & UINT32_MAX, scan->source->id);
        if (code)
            break;
    }
    sqlite3_finalize(rows);
    return code;
}

static enum scope_code scan_tail(const struct scan *scan)
{
    const struct scope_window *tail = &scan->source->tail;
    enum scope_code code = SCOPE_OK;
    for (size_t column = 0; column < tail->columns && !code; column++) {
        size_t count = 0;
        for (size_t row = 0; row < tail->sweeps; row++) {
            if (!scope_window_has(tail, row, column))
                continue;
            scan->times[count] = tail->times[row];
            scan->values[count++] = scope_window_values(tail, row)[column];
        }
        if (count)
            code = hand_over(scan, column, count, scan->times);
    }
    return code;
}

static void map_columns(struct scan *scan,
                        const struct scope_stored_trial *inside, size_t source)
{
    for (size_t i = 0; i < scan->trial->series_count; i++)
        if (inside->places[i].source == source)
            scan->at_column[inside->places[i].column] = &scan->trial->series[i];
}

enum scope_code scope_trial_scan(const struct scope_dataset *dataset,
                                 const struct scope_trial *trial,
                                 scope_scan_each *each, void *closure,
                                 struct scope_err *err)
{
    const struct scope_stored_trial *inside =
        &dataset->inside[trial - dataset->trials];
    struct scan scan = {.trial = trial,
                        .db = &inside->file->db,
                        .each = each,
                        .closure = closure,
                        .err = err};
    scan.values = scope_alloc(SCOPE_WINDOW_MOST + 8, sizeof *scan.values);
    scan.times = scope_alloc(SCOPE_WINDOW_MOST, sizeof *scan.times);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < inside->source_count && !code; i++) {
        scan.source = &inside->sources[i];
        scan.at_column =
            scope_alloc(scan.source->columns, sizeof(struct scope_series *));
        map_columns(&scan, inside, i);
        code = scan_segments(&scan);
        if (!code)
            code = scan_tail(&scan);
        free(scan.at_column);
    }
    free(scan.values);
    free(scan.times);
    free(scan.group);
    return code;
}
