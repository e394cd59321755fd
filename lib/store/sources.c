/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sources of a trial: their series, their segments' directories and their
 * tails, but not yet what is in the segments. */
#include "lib/store/catalog.h"
#include "lib/store/load.h"
#include "lib/store/tail.h"

static enum scope_code each_source(struct scope_loading *load,
                                   sqlite3_stmt *rows, void *closure)
{
    size_t *room = closure;
    struct scope_stored_trial *inside = load->inside;
    int64_t id = sqlite3_column_int64(rows, 0);
    if (id < 1 || id > INT32_MAX)
        return scope_db_corrupt(&load->file->db, load->err,
                                "source %lld has no possible number",
                                (long long)id);
    inside->sources = scope_grow(inside->sources, room, inside->source_count,
                                 sizeof *inside->sources);
    inside->sources[inside->source_count++] =
        (struct scope_stored_source){.id = id,
                                     .name = scope_loading_text(load, rows, 1),
                                     .driver = sqlite3_column_int(rows, 2)};
    return SCOPE_OK;
}

/* Counts what a segment holds of each column. */
struct counting {
    struct scope_stored_source *source;
    uint64_t *counts;
    size_t room;
    uint64_t next; /* the sweep that must come next */
};

static enum scope_code each_segment(struct scope_loading *load,
                                    sqlite3_stmt *rows, void *closure)
{
    struct counting *counting = closure;
    struct scope_stored_source *source = counting->source;
    struct scope_stored_segment stored = {
        .id = sqlite3_column_int64(rows, 0),
        .data_size = (size_t)sqlite3_column_int64(rows, 3),
    };
    int64_t before = source->segment_count
                         ? source->segments[source->segment_count - 1].end_ns
                         : -1;
    struct scope_segment segment;
    const void *directory = sqlite3_column_blob(rows, 2);
    bool good = scope_segment_open(&segment, stored.id, directory,
                                   (size_t)sqlite3_column_bytes(rows, 2),
                                   source->columns, stored.data_size) &&
                stored.id == scope_sweep_id(source->id, counting->next) &&
                sqlite3_column_int64(rows, 1) == (int64_t)segment.sweeps &&
                segment.times[0] > before;
    for (size_t i = 0; good && i < segment.series_count; i++)
        counting->counts[segment.series[i].column] +=
            segment.series[i].presence.count;
    if (good) {
        stored.start_ns = segment.times[0];
        stored.end_ns = segment.times[segment.sweeps - 1];
        counting->next += segment.sweeps;
    }
    scope_segment_free(&segment);
    if (!good)
        return scope_db_corrupt(&load->file->db, load->err,
                                "segment %lld of source %lld is damaged",
                                (long long)(stored.id & UINT32_MAX),
                                (long long)source->id);
    source->segments =
        scope_grow(source->segments, &counting->room, source->segment_count,
                   sizeof *source->segments);
    source->segments[source->segment_count++] = stored;
    return SCOPE_OK;
}

static void count_tail(const struct scope_window *tail, uint64_t *counts)
{
    for (size_t row = 0; row < tail->sweeps; row++) {
        for (size_t i = 0; i < tail->columns; i++)
            counts[i] += scope_window_has(tail, row, i);
    }
}

/* The segments and the tail of a source; counts has one entry a column. */
static enum scope_code load_sweeps(struct scope_loading *load,
                                   struct scope_stored_source *source,
                                   uint64_t *counts)
{
    struct counting counting = {.source = source, .counts = counts};
    sqlite3_stmt *rows;
    enum scope_code code =
        scope_db_prepare(&load->file->db,
                         "SELECT id, sweeps, directory, length(data) "
                         "FROM segment WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                         &rows, load->err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, scope_sweep_id(source->id, 0));
    sqlite3_bind_int64(rows, 2, scope_sweep_id(source->id, UINT32_MAX));
    bool row;
    while (!(code = scope_db_step(&load->file->db, rows, &row, load->err)) &&
           row && !(code = each_segment(load, rows, &counting)))
        ;
    sqlite3_finalize(rows);
    if (!code)
        code = scope_load_tail(&load->file->db, source->id, source->f64,
                               source->columns, &source->tail, load->err);
    if (code || !source->tail.sweeps)
        return code;
    if (source->tail.first != counting.next ||
        (source->segment_count &&
         source->tail.times[0] <=
             source->segments[source->segment_count - 1].end_ns))
        return scope_db_corrupt(&load->file->db, load->err,
                                "the tail of source %lld does not follow its "
                                "segments",
                                (long long)source->id);
    count_tail(&source->tail, counts);
    return SCOPE_OK;
}

/* The series of a trial while they are gathered and sorted. */
struct gathering {
    struct gathered {
        struct scope_series series;
        struct scope_series_place place;
        int64_t target, metric;
    } * items;
    size_t count, room;
    size_t source;
    const uint64_t *counts;
};

static enum scope_code each_series(struct scope_loading *load,
                                   sqlite3_stmt *rows, void *closure)
{
    struct gathering *all = closure;
    struct scope_stored_source *source = &load->inside->sources[all->source];
    int semantics = 0;
    int value = 0;
    int unit = 0;
    enum scope_code code = scope_loading_number(
        load, rows, 5, SCOPE_HISTOGRAM, "semantics of a metric", &semantics);
    if (!code)
        code = scope_loading_number(load, rows, 6, SCOPE_HIST,
                                    "type of a metric", &value);
    if (!code)
        code = scope_loading_number(load, rows, 7, SCOPE_UNIT_SECOND,
                                    "unit of a metric", &unit);
    if (code)
        return code;
    size_t column = (size_t)sqlite3_column_int64(rows, 0);
    all->items =
        scope_grow(all->items, &all->room, all->count, sizeof *all->items);
    all->items[all->count++] = (struct gathered){
        .place = {.source = all->source, .column = column},
        .target = sqlite3_column_int64(rows, 1),
        .metric = sqlite3_column_int64(rows, 3),
        .series = {.source = source->name,
                   .driver = source->driver,
                   .metric = {.name = scope_loading_text(load, rows, 4),
                              .semantics = (enum scope_semantics)semantics,
                              .value = (enum scope_value)value,
                              .unit = (enum scope_unit)unit,
                              .domain =
                                  sqlite3_column_type(rows, 8) == SQLITE_NULL
                                      ? NULL
                                      : scope_loading_text(load, rows, 8),
                              .help = scope_loading_text(load, rows, 9)},
                   .target = scope_loading_target(
                       load, sqlite3_column_int64(rows, 1)),
                   .instance = scope_loading_text(load, rows, 2),
                   .count = value == SCOPE_HIST
                                ? (uint64_t)sqlite3_column_int64(rows, 10)
                                : all->counts[column]},
    };
    return SCOPE_OK;
}

static int by_place(const void *left, const void *right)
{
    const struct gathered *a = left;
    const struct gathered *b = right;
    if (a->place.source != b->place.source)
        return a->place.source < b->place.source ? -1 : 1;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    if (a->metric != b->metric)
        return a->metric < b->metric ? -1 : 1;
    return a->place.column < b->place.column ? -1 : 1;
}

static void keep_series(struct scope_loading *load, struct gathering *all)
{
    if (all->count)
        qsort(all->items, all->count, sizeof *all->items, by_place);
    struct scope_series *series = scope_dataset_keep(
        load->dataset, scope_alloc(all->count, sizeof *series));
    load->inside->places =
        scope_alloc(all->count, sizeof *load->inside->places);
    for (size_t i = 0; i < all->count; i++) {
        series[i] = all->items[i].series;
        load->inside->places[i] = all->items[i].place;
    }
    load->inside->series = series;
    load->trial->series = series;
    load->trial->series_count = all->count;
}

static const char series_sql[] =
    "SELECT series.number, series.target, series.instance, metric.id, "
    "metric.name, metric.semantics, metric.value, metric.unit, metric.domain, "
    "metric.help, (SELECT count(*) FROM histogram WHERE metric.value = 4 AND "
    "histogram.source = series.source AND histogram.number = series.number) "
    "FROM series JOIN metric ON metric.id = series.metric "
    "WHERE series.source = ?1 ORDER BY series.number";

enum scope_code scope_loading_sources(struct scope_loading *load)
{
    struct gathering all = {0};
    size_t room = 0;
    enum scope_code code =
        scope_loading_rows(load,
                           "SELECT id, name, driver FROM source "
                           "WHERE trial = ?1 ORDER BY id",
                           load->trial->id, each_source, &room);
    for (; all.source < load->inside->source_count && !code; all.source++) {
        struct scope_stored_source *source = &load->inside->sources[all.source];
        code = scope_load_columns(&load->file->db, source->id, &source->f64,
                                  &source->columns, load->err);
        if (code)
            break;
        uint64_t *counts = scope_alloc(source->columns, sizeof *counts);
        all.counts = counts;
        code = load_sweeps(load, source, counts);
        if (!code)
            code = scope_loading_rows(load, series_sql, source->id, each_series,
                                      &all);
        free(counts);
    }
    keep_series(load, &all);
    free(all.items);
    return code;
}
