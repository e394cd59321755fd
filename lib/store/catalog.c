/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything of a store but the samples: trials and what belongs to them. */
#include "lib/store/catalog.h"

#include "lib/base/text.h"

#include <string.h>

const char *scope_loading_text(struct scope_loading *load, sqlite3_stmt *rows,
                               int column)
{
    return scope_dataset_keep(load->dataset,
                              scope_strdup(scope_db_text(rows, column)));
}

/* A number from the file that must be one of 1 to most. */
enum scope_code scope_loading_number(struct scope_loading *load,
                                     sqlite3_stmt *rows, int column, int most,
                                     const char *what, int *number)
{
    sqlite3_int64 value = sqlite3_column_int64(rows, column);
    if (value < 1 || value > most)
        return scope_db_corrupt(&load->file->db, load->err, "unknown %s %lld",
                                what, (long long)value);
    *number = (int)value;
    return SCOPE_OK;
}

/* Calls each() for every row of a query about `id`. */
enum scope_code
scope_loading_rows(struct scope_loading *load, const char *sql, int64_t id,
                   enum scope_code (*each)(struct scope_loading *load,
                                           sqlite3_stmt *rows, void *closure),
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

static enum scope_code each_label(struct scope_loading *load,
                                  sqlite3_stmt *rows, void *closure)
{
    struct labels *labels = closure;
    labels->items = scope_grow(labels->items, &labels->room, labels->count,
                               sizeof *labels->items);
    labels->items[labels->count++] =
        (struct scope_label){.key = scope_loading_text(load, rows, 0),
                             .value = scope_loading_text(load, rows, 1)};
    return SCOPE_OK;
}

struct checks {
    struct scope_check *items;
    size_t count, room;
};

static enum scope_code each_check(struct scope_loading *load,
                                  sqlite3_stmt *rows, void *closure)
{
    struct checks *checks = closure;
    checks->items = scope_grow(checks->items, &checks->room, checks->count,
                               sizeof *checks->items);
    checks->items[checks->count++] =
        (struct scope_check){.name = scope_loading_text(load, rows, 0),
                             .passed = sqlite3_column_int(rows, 1),
                             .reason = scope_loading_text(load, rows, 2)};
    return SCOPE_OK;
}

static enum scope_code load_labels(struct scope_loading *load)
{
    struct scope_trial *trial = load->trial;
    struct labels labels = {0};
    enum scope_code code =
        scope_loading_rows(load,
                           "SELECT key, value FROM label WHERE trial = ?1 "
                           "ORDER BY position",
                           trial->id, each_label, &labels);
    trial->labels = scope_dataset_keep(load->dataset, labels.items);
    trial->label_count = labels.count;
    if (code)
        return code;
    struct labels facts = {0};
    code = scope_loading_rows(load,
                              "SELECT key, value FROM fact WHERE trial = ?1 "
                              "ORDER BY position",
                              trial->id, each_label, &facts);
    trial->facts = scope_dataset_keep(load->dataset, facts.items);
    trial->fact_count = facts.count;
    if (code)
        return code;
    struct checks checks = {0};
    code = scope_loading_rows(load,
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

static void name_trial(struct scope_loading *load)
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

static enum scope_code each_target(struct scope_loading *load,
                                   sqlite3_stmt *rows, void *closure)
{
    size_t *room = closure;
    int kind = 0;
    enum scope_code code = scope_loading_number(
        load, rows, 1, SCOPE_TARGET_THREAD, "kind of target", &kind);
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
        .name = scope_loading_text(load, rows, 6),
        .role = scope_loading_text(load, rows, 7),
        .cgroup = sqlite3_column_type(rows, 8) == SQLITE_NULL
                      ? NULL
                      : scope_loading_text(load, rows, 8),
    };
    return SCOPE_OK;
}

const struct scope_target *
scope_loading_target(const struct scope_loading *load, int64_t id)
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

static enum scope_code each_event(struct scope_loading *load,
                                  sqlite3_stmt *rows, void *closure)
{
    struct events *events = closure;
    int kind = 0;
    enum scope_code code = scope_loading_number(load, rows, 1, SCOPE_EVENT_NOTE,
                                                "kind of event", &kind);
    if (code)
        return code;
    events->items = scope_grow(events->items, &events->room, events->count,
                               sizeof *events->items);
    events->items[events->count++] = (struct scope_trial_event){
        .time_ns = sqlite3_column_int64(rows, 0),
        .kind = (enum scope_event_kind)kind,
        .target = scope_loading_target(load, sqlite3_column_int64(rows, 2)),
        .count = (uint64_t)sqlite3_column_int64(rows, 3),
        .text = scope_loading_text(load, rows, 4),
    };
    return SCOPE_OK;
}

struct artifacts {
    struct scope_artifact *items;
    size_t count, room;
};

static enum scope_code each_artifact(struct scope_loading *load,
                                     sqlite3_stmt *rows, void *closure)
{
    struct artifacts *artifacts = closure;
    artifacts->items = scope_grow(artifacts->items, &artifacts->room,
                                  artifacts->count, sizeof *artifacts->items);
    artifacts->items[artifacts->count++] = (struct scope_artifact){
        .name = scope_loading_text(load, rows, 1),
        .type = scope_loading_text(load, rows, 2),
        .size = (uint64_t)sqlite3_column_int64(rows, 3),
        .id = sqlite3_column_int64(rows, 0),
    };
    return SCOPE_OK;
}

static enum scope_code load_artifacts(struct scope_loading *load)
{
    struct artifacts artifacts = {0};
    enum scope_code code = scope_loading_rows(
        load,
        "SELECT id, name, type, size FROM artifact WHERE trial = ?1 "
        "ORDER BY id",
        load->trial->id, each_artifact, &artifacts);
    load->trial->artifacts = scope_dataset_keep(load->dataset, artifacts.items);
    load->trial->artifact_count = artifacts.count;
    return code;
}

/* A trial that did not end has no end yet: its last sample's time. */
static void end_trial(struct scope_loading *load)
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

static enum scope_code load_trial(struct scope_loading *load)
{
    int64_t id = load->trial->id;
    size_t target_room = 0;
    struct events events = {0};
    enum scope_code code = load_labels(load);
    if (code)
        return code;
    name_trial(load);
    code = scope_loading_rows(
        load,
        "SELECT id, kind, pid, tid, start_ticks, process, name, "
        "role, cgroup FROM target WHERE trial = ?1 ORDER BY id",
        id, each_target, &target_room);
    scope_dataset_keep(load->dataset, load->targets);
    if (!code)
        code = scope_loading_rows(
            load,
            "SELECT time_ns, kind, target, count, text FROM event "
            "WHERE trial = ?1 ORDER BY time_ns, id",
            id, each_event, &events);
    load->trial->events = scope_dataset_keep(load->dataset, events.items);
    load->trial->event_count = events.count;
    if (!code)
        code = load_artifacts(load);
    if (!code)
        code = scope_loading_sources(load);
    if (!code && load->trial->status == SCOPE_TRIAL_RUNNING)
        end_trial(load);
    return code;
}

static enum scope_code each_trial(struct scope_loading *load,
                                  sqlite3_stmt *rows, void *closure)
{
    (void)closure;
    struct scope_dataset *dataset = load->dataset;
    int status = 0;
    enum scope_code code = scope_loading_number(
        load, rows, 1, SCOPE_TRIAL_INTERRUPTED, "status of a trial", &status);
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
    struct scope_loading load = {.dataset = dataset, .file = file, .err = err};
    enum scope_code code = scope_loading_rows(
        &load,
        "SELECT id, status, start_ns, end_ns, realtime_ns, judged "
        "FROM trial WHERE id > ?1 ORDER BY id",
        0, each_trial, NULL);
    for (size_t i = first; i < dataset->trial_count && !code; i++) {
        load = (struct scope_loading){.dataset = dataset,
                                      .file = file,
                                      .trial = &dataset->trials[i],
                                      .inside = &dataset->inside[i],
                                      .err = err};
        code = load_trial(&load);
    }
    return code;
}
