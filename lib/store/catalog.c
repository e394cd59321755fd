/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything of a store but the samples: trials and what belongs to them. */
#include "lib/base/text.h"
#include "lib/store/dataset_inside.h"
#include "lib/store/load.h"
#include "lib/store/tail.h"

#include <string.h>

/* The trial that is being loaded. */
struct loading {
    struct scope_dataset *dataset;
    struct scope_store_file *file;
    struct scope_trial *trial;
    struct scope_stored_trial *inside;
    struct scope_target *targets;
    size_t target_count;
    struct scope_err *err;
};

static const char *keep_text(struct loading *load, sqlite3_stmt *rows,
                             int column)
{
    return scope_dataset_keep(load->dataset,
                              scope_strdup(scope_db_text(rows, column)));
}

/* A number from the file that must be one of 1 to most. */
static enum scope_code number_of(struct loading *load, sqlite3_stmt *rows,
                                 int column, int most, const char *what,
                                 int *number)
{
    sqlite3_int64 value = sqlite3_column_int64(rows, column);
    if (value < 1 || value > most)
        return scope_db_corrupt(&load->file->db, load->err, "unknown %s %lld",
                                what, (long long)value);
    *number = (int)value;
    return SCOPE_OK;
}

/* Calls each() for every row of a query about `id`. */
static enum scope_code
for_rows(struct loading *load, const char *sql, int64_t id,
         enum scope_code (*each)(struct loading *load, sqlite3_stmt *rows,
                                 void *closure),
         void *closure)
{
    sqlite3_stmt *rows;
    enum scope_code code =
        scope_db_prepare(&load->file->db, sql, &rows, load->err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, id);
    bool row;
    while (!(code = scope_db_step(&load->file->db, rows, &row, load->err)) &&
           row && !(code = each(load, rows, closure)))
        ;
    sqlite3_finalize(rows);
    return code;
}

struct labels {
    struct scope_label *items;
    size_t count, room;
};

static enum scope_code each_label(struct loading *load, sqlite3_stmt *rows,
                                  void *closure)
{
    struct labels *labels = closure;
    labels->items = scope_grow(labels->items, &labels->room, labels->count,
                               sizeof *labels->items);
    labels->items[labels->count++] = (struct scope_label){
        .key = keep_text(load, rows, 0), .value = keep_text(load, rows, 1)};
    return SCOPE_OK;
}

struct checks {
    struct scope_check *items;
    size_t count, room;
};

static enum scope_code each_check(struct loading *load, sqlite3_stmt *rows,
                                  void *closure)
{
    struct checks *checks = closure;
    checks->items = scope_grow(checks->items, &checks->room, checks->count,
                               sizeof *checks->items);
    checks->items[checks->count++] =
        (struct scope_check){.name = keep_text(load, rows, 0),
                             .passed = sqlite3_column_int(rows, 1),
                             .reason = keep_text(load, rows, 2)};
    return SCOPE_OK;
}

static enum scope_code load_labels(struct loading *load)
{
    struct scope_trial *trial = load->trial;
    struct labels labels = {0};
    enum scope_code code =
        for_rows(load,
                 "SELECT key, value FROM label WHERE trial = ?1 "
                 "ORDER BY position",
                 trial->id, each_label, &labels);
    trial->labels = scope_dataset_keep(load->dataset, labels.items);
    trial->label_count = labels.count;
    if (code)
        return code;
    struct labels facts = {0};
    code = for_rows(load,
                    "SELECT key, value FROM fact WHERE trial = ?1 "
                    "ORDER BY position",
                    trial->id, each_label, &facts);
    trial->facts = scope_dataset_keep(load->dataset, facts.items);
    trial->fact_count = facts.count;
    if (code)
        return code;
    struct checks checks = {0};
    code = for_rows(load,
                    "SELECT name, passed, reason FROM verdict "
                    "WHERE trial = ?1 ORDER BY position",
                    trial->id, each_check, &checks);
    trial->checks = scope_dataset_keep(load->dataset, checks.items);
    trial->check_count = checks.count;
    trial->valid = trial->judged;
    for (size_t i = 0; i < checks.count; i++)
        trial->valid = trial->valid && checks.items[i].passed;
    return code;
}

static void name_trial(struct loading *load)
{
    struct scope_trial *trial = load->trial;
    struct scope_text text = {0};
    for (size_t i = 0; i < trial->label_count; i++)
        scope_text_add(&text, "%s%s=%s", i ? ", " : "", trial->labels[i].key,
                       trial->labels[i].value);
    if (!trial->label_count)
        scope_text_add(&text, "trial %lld", (long long)trial->id);
    trial->name = scope_dataset_keep(load->dataset, scope_text_take(&text));
}

static enum scope_code each_target(struct loading *load, sqlite3_stmt *rows,
                                   void *closure)
{
    size_t *room = closure;
    int kind = 0;
    enum scope_code code =
        number_of(load, rows, 1, SCOPE_TARGET_THREAD, "kind of target", &kind);
    if (code)
        return code;
    load->targets = scope_grow(load->targets, room, load->target_count,
                               sizeof *load->targets);
    load->targets[load->target_count++] = (struct scope_target){
        .id = (uint32_t)sqlite3_column_int64(rows, 0),
        .kind = (enum scope_target_kind)kind,
        .pid = sqlite3_column_int(rows, 2),
        .tid = sqlite3_column_int(rows, 3),
        .start_ticks = (uint64_t)sqlite3_column_int64(rows, 4),
        .process = (uint32_t)sqlite3_column_int64(rows, 5),
        .name = keep_text(load, rows, 6),
        .role = keep_text(load, rows, 7),
        .cgroup = sqlite3_column_type(rows, 8) == SQLITE_NULL
                      ? NULL
                      : keep_text(load, rows, 8),
    };
    return SCOPE_OK;
}

static const struct scope_target *find_target(struct loading *load, int64_t id)
{
    size_t low = 0;
    size_t high = load->target_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (load->targets[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < load->target_count && load->targets[low].id == id
               ? &load->targets[low]
               : NULL;
}

struct events {
    struct scope_trial_event *items;
    size_t count, room;
};

static enum scope_code each_event(struct loading *load, sqlite3_stmt *rows,
                                  void *closure)
{
    struct events *events = closure;
    int kind = 0;
    enum scope_code code =
        number_of(load, rows, 1, SCOPE_EVENT_NOTE, "kind of event", &kind);
    if (code)
        return code;
    events->items = scope_grow(events->items, &events->room, events->count,
                               sizeof *events->items);
    events->items[events->count++] = (struct scope_trial_event){
        .time_ns = sqlite3_column_int64(rows, 0),
        .kind = (enum scope_event_kind)kind,
        .target = find_target(load, sqlite3_column_int64(rows, 2)),
        .count = (uint64_t)sqlite3_column_int64(rows, 3),
        .text = keep_text(load, rows, 4),
    };
    return SCOPE_OK;
}

static enum scope_code each_source(struct loading *load, sqlite3_stmt *rows,
                                   void *closure)
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
                                     .name = keep_text(load, rows, 1),
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

static enum scope_code each_segment(struct loading *load, sqlite3_stmt *rows,
                                    void *closure)
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
static enum scope_code load_sweeps(struct loading *load,
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

static enum scope_code each_series(struct loading *load, sqlite3_stmt *rows,
                                   void *closure)
{
    struct gathering *all = closure;
    struct scope_stored_source *source = &load->inside->sources[all->source];
    int semantics = 0;
    int value = 0;
    int unit = 0;
    enum scope_code code = number_of(load, rows, 5, SCOPE_HISTOGRAM,
                                     "semantics of a metric", &semantics);
    if (!code)
        code = number_of(load, rows, 6, SCOPE_HIST, "type of a metric", &value);
    if (!code)
        code = number_of(load, rows, 7, SCOPE_UNIT_SECOND, "unit of a metric",
                         &unit);
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
                   .metric = {.name = keep_text(load, rows, 4),
                              .semantics = (enum scope_semantics)semantics,
                              .value = (enum scope_value)value,
                              .unit = (enum scope_unit)unit,
                              .domain =
                                  sqlite3_column_type(rows, 8) == SQLITE_NULL
                                      ? NULL
                                      : keep_text(load, rows, 8),
                              .help = keep_text(load, rows, 9)},
                   .target = find_target(load, sqlite3_column_int64(rows, 1)),
                   .instance = keep_text(load, rows, 2),
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

static void keep_series(struct loading *load, struct gathering *all)
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

static enum scope_code load_series(struct loading *load)
{
    struct gathering all = {0};
    enum scope_code code = SCOPE_OK;
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
            code = for_rows(load, series_sql, source->id, each_series, &all);
        free(counts);
    }
    keep_series(load, &all);
    free(all.items);
    return code;
}

/* A trial that did not end has no end yet: its last sample's time. */
static void end_trial(struct loading *load)
{
    struct scope_trial *trial = load->trial;
    for (size_t i = 0; i < load->inside->source_count; i++) {
        const struct scope_stored_source *source = &load->inside->sources[i];
        int64_t end = 0;
        if (source->tail.sweeps)
            end = source->tail.times[source->tail.sweeps - 1];
        else if (source->segment_count)
            end = source->segments[source->segment_count - 1].end_ns;
        if (end > trial->end_ns)
            trial->end_ns = end;
    }
    if (trial->end_ns < trial->start_ns)
        trial->end_ns = trial->start_ns;
}

static enum scope_code load_trial(struct loading *load)
{
    int64_t id = load->trial->id;
    size_t target_room = 0;
    size_t source_room = 0;
    struct events events = {0};
    enum scope_code code = load_labels(load);
    if (code)
        return code;
    name_trial(load);
    code = for_rows(load,
                    "SELECT id, kind, pid, tid, start_ticks, process, name, "
                    "role, cgroup FROM target WHERE trial = ?1 ORDER BY id",
                    id, each_target, &target_room);
    scope_dataset_keep(load->dataset, load->targets);
    if (!code)
        code = for_rows(load,
                        "SELECT time_ns, kind, target, count, text FROM event "
                        "WHERE trial = ?1 ORDER BY time_ns, id",
                        id, each_event, &events);
    load->trial->events = scope_dataset_keep(load->dataset, events.items);
    load->trial->event_count = events.count;
    if (!code)
        code = for_rows(load,
                        "SELECT id, name, driver FROM source WHERE trial = ?1 "
                        "ORDER BY id",
                        id, each_source, &source_room);
    if (!code)
        code = load_series(load);
    if (!code && load->trial->status == SCOPE_TRIAL_RUNNING)
        end_trial(load);
    return code;
}

static enum scope_code each_trial(struct loading *load, sqlite3_stmt *rows,
                                  void *closure)
{
    (void)closure;
    struct scope_dataset *dataset = load->dataset;
    int status = 0;
    enum scope_code code = number_of(load, rows, 1, SCOPE_TRIAL_INTERRUPTED,
                                     "status of a trial", &status);
    if (code)
        return code;
    size_t count = dataset->trial_count;
    dataset->trials = scope_grow(dataset->trials, &dataset->trial_room, count,
                                 sizeof *dataset->trials);
    dataset->inside = scope_grow(dataset->inside, &dataset->inside_room, count,
                                 sizeof *dataset->inside);
    dataset->trials[count] =
        (struct scope_trial){.store = load->file->db.path,
                             .id = sqlite3_column_int64(rows, 0),
                             .status = (enum scope_trial_status)status,
                             .start_ns = sqlite3_column_int64(rows, 2),
                             .end_ns = sqlite3_column_int64(rows, 3),
                             .realtime_ns = sqlite3_column_int64(rows, 4),
                             .judged = sqlite3_column_int(rows, 5)};
    dataset->inside[count] = (struct scope_stored_trial){.file = load->file};
    dataset->trial_count++;
    return SCOPE_OK;
}

enum scope_code scope_catalog_load(struct scope_dataset *dataset,
                                   struct scope_store_file *file,
                                   struct scope_err *err)
{
    size_t first = dataset->trial_count;
    struct loading load = {.dataset = dataset, .file = file, .err = err};
    enum scope_code code =
        for_rows(&load,
                 "SELECT id, status, start_ns, end_ns, realtime_ns, judged "
                 "FROM trial WHERE id > ?1 ORDER BY id",
                 0, each_trial, NULL);
    for (size_t i = first; i < dataset->trial_count && !code; i++) {
        load = (struct loading){.dataset = dataset,
                                .file = file,
                                .trial = &dataset->trials[i],
                                .inside = &dataset->inside[i],
                                .err = err};
        code = load_trial(&load);
    }
    return code;
}
