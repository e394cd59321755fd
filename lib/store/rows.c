/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer's plain rows: trials, sources, targets, series, events and what
 * else is not a sweep. */
#include "lib/base/sha256.h"
#include "lib/store/writer_inside.h"

#include <zlib.h>

static void bind_text(sqlite3_stmt *row, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(row, at, text, -1, SQLITE_STATIC);
}

static enum scope_code put_labels(struct scope_writer *writer,
                                  enum scope_row kind, int64_t owner,
                                  const struct scope_label *labels,
                                  size_t count, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < count && !code; i++) {
        sqlite3_stmt *row;
        code = scope_writer_row(writer, kind, &row, err);
        if (code)
            break;
        sqlite3_bind_int64(row, 1, owner);
        sqlite3_bind_int64(row, 2, (int64_t)i);
        bind_text(row, 3, labels[i].key);
        bind_text(row, 4, labels[i].value ? labels[i].value : "");
        code = scope_writer_run(writer, row, err);
    }
    return code;
}

enum scope_code
scope_writer_begin(struct scope_writer *writer, int64_t start_ns,
                   int64_t realtime_ns, const struct scope_label *labels,
                   size_t label_count, const struct scope_label *facts,
                   size_t fact_count, int64_t *id, struct scope_err *err)
{
    if (writer->trial)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "%s: trial %lld has not ended yet", writer->path,
                          (long long)writer->trial);
    sqlite3_stmt *row;
    enum scope_code code = scope_writer_row(writer, SCOPE_ROW_TRIAL, &row, err);
    if (code)
        return code;
    sqlite3_bind_int(row, 1, SCOPE_TRIAL_RUNNING);
    sqlite3_bind_int64(row, 2, start_ns);
    sqlite3_bind_int64(row, 3, realtime_ns);
    code = scope_writer_run(writer, row, err);
    if (code)
        return code;
    *id = writer->trial = sqlite3_last_insert_rowid(writer->db.sqlite);
    code = put_labels(writer, SCOPE_ROW_LABEL, *id, labels, label_count, err);
    if (!code)
        code = put_labels(writer, SCOPE_ROW_FACT, *id, facts, fact_count, err);
    if (!code)
        code = scope_writer_clock(writer, start_ns, realtime_ns, err);
    return code ? code : scope_writer_commit(writer, err);
}

static struct scope_writer_source *slot_of(struct scope_writer *writer,
                                           unsigned number)
{
    if (number >= writer->source_count) {
        writer->sources = scope_realloc(writer->sources, number + 1U,
                                        sizeof *writer->sources);
        for (size_t i = writer->source_count; i <= number; i++)
            writer->sources[i] = (struct scope_writer_source){0};
        writer->source_count = number + 1U;
    }
    return &writer->sources[number];
}

/* The source that was declared under a number, or NULL with err filled. */
static struct scope_writer_source *
find_source(struct scope_writer *writer, unsigned number, struct scope_err *err)
{
    if (number < writer->source_count && writer->sources[number].id)
        return &writer->sources[number];
    scope_fail(err, SCOPE_FAILED, 0, "%s: no source %u", writer->path, number);
    return NULL;
}

enum scope_code scope_writer_source(struct scope_writer *writer,
                                    unsigned number, const char *name,
                                    bool driver, const char *version,
                                    const struct scope_label *config,
                                    size_t config_count, int64_t interval_ns,
                                    struct scope_err *err)
{
    struct scope_writer_source *source = slot_of(writer, number);
    if (source->id)
        return scope_fail(err, SCOPE_FAILED, 0, "%s: source %u twice",
                          writer->path, number);
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_SOURCE, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, writer->trial);
    bind_text(row, 2, name);
    sqlite3_bind_int(row, 3, driver);
    bind_text(row, 4, version ? version : "");
    sqlite3_bind_int64(row, 5, interval_ns);
    code = scope_writer_run(writer, row, err);
    if (code)
        return code;
    source->id = sqlite3_last_insert_rowid(writer->db.sqlite);
    return put_labels(writer, SCOPE_ROW_SETTING, source->id, config,
                      config_count, err);
}

enum scope_code scope_writer_target(struct scope_writer *writer,
                                    const struct scope_target *target,
                                    int64_t time_ns, struct scope_err *err)
{
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_TARGET, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, writer->trial);
    sqlite3_bind_int64(row, 2, target->id);
    sqlite3_bind_int(row, 3, (int)target->kind);
    sqlite3_bind_int64(row, 4, target->pid);
    sqlite3_bind_int64(row, 5, target->tid);
    sqlite3_bind_int64(row, 6, (int64_t)target->start_ticks);
    sqlite3_bind_int64(row, 7, target->process);
    bind_text(row, 8, target->name ? target->name : "");
    bind_text(row, 9, target->role ? target->role : "");
    bind_text(row, 10, target->cgroup);
    sqlite3_bind_int64(row, 11, time_ns);
    return scope_writer_run(writer, row, err);
}

/* The row of a metric, made when it is new to the source. */
static enum scope_code metric_id(struct scope_writer *writer,
                                 struct scope_writer_source *source,
                                 const struct scope_metric *metric, int64_t *id,
                                 struct scope_err *err)
{
    for (size_t i = 0; i < source->metric_count; i++) {
        if (strcmp(source->metrics[i], metric->name) == 0) {
            *id = source->metric_ids[i];
            return SCOPE_OK;
        }
    }
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_METRIC, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, source->id);
    bind_text(row, 2, metric->name);
    sqlite3_bind_int(row, 3, (int)metric->semantics);
    sqlite3_bind_int(row, 4, (int)metric->value);
    sqlite3_bind_int(row, 5, (int)metric->unit);
    bind_text(row, 6, metric->domain);
    bind_text(row, 7, metric->help ? metric->help : "");
    code = scope_writer_run(writer, row, err);
    if (code)
        return code;
    *id = sqlite3_last_insert_rowid(writer->db.sqlite);
    size_t count = source->metric_count++;
    source->metrics = scope_grow(source->metrics, &source->metric_room, count,
                                 sizeof *source->metrics);
    source->metric_ids = scope_grow(source->metric_ids, &source->metric_id_room,
                                    count, sizeof *source->metric_ids);
    source->metrics[count] = scope_strdup(metric->name);
    source->metric_ids[count] = *id;
    return SCOPE_OK;
}

enum scope_code scope_writer_series(struct scope_writer *writer,
                                    unsigned number, unsigned column,
                                    const struct scope_metric *metric,
                                    uint32_t target, const char *instance,
                                    struct scope_err *err)
{
    struct scope_writer_source *source = find_source(writer, number, err);
    int64_t metric_row;
    if (!source)
        return SCOPE_FAILED;
    if (column != source->columns)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "%s: column %u declared where %zu is next",
                          writer->path, column, source->columns);
    sqlite3_stmt *row;
    enum scope_code code = metric_id(writer, source, metric, &metric_row, err);
    if (!code)
        code = scope_writer_row(writer, SCOPE_ROW_SERIES, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, source->id);
    sqlite3_bind_int64(row, 2, column);
    sqlite3_bind_int64(row, 3, metric_row);
    sqlite3_bind_int64(row, 4, target);
    bind_text(row, 5, instance ? instance : "");
    code = scope_writer_run(writer, row, err);
    if (code)
        return code;
    source->f64 = scope_grow(source->f64, &source->f64_room, source->columns,
                             sizeof *source->f64);
    source->f64[source->columns++] = metric->value == SCOPE_F64;
    return SCOPE_OK;
}

enum scope_code scope_writer_hist(struct scope_writer *writer, unsigned number,
                                  unsigned column, int64_t start_ns,
                                  int64_t end_ns, const uint8_t *bytes,
                                  size_t size, struct scope_err *err)
{
    struct scope_writer_source *source = find_source(writer, number, err);
    if (!source)
        return SCOPE_FAILED;
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_HISTOGRAM, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, source->id);
    sqlite3_bind_int64(row, 2, column);
    sqlite3_bind_int64(row, 3, start_ns);
    sqlite3_bind_int64(row, 4, end_ns);
    sqlite3_bind_blob64(row, 5, bytes, size, SQLITE_STATIC);
    return scope_writer_run(writer, row, err);
}

enum scope_code scope_writer_event(struct scope_writer *writer, int64_t time_ns,
                                   enum scope_event_kind kind, uint32_t target,
                                   uint64_t count, const char *text,
                                   struct scope_err *err)
{
    sqlite3_stmt *row;
    enum scope_code code = scope_writer_row(writer, SCOPE_ROW_EVENT, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, writer->trial);
    sqlite3_bind_int64(row, 2, time_ns);
    sqlite3_bind_int(row, 3, (int)kind);
    sqlite3_bind_int64(row, 4, target);
    sqlite3_bind_int64(row, 5, (int64_t)count);
    bind_text(row, 6, text ? text : "");
    return scope_writer_run(writer, row, err);
}

enum scope_code scope_writer_clock(struct scope_writer *writer, int64_t time_ns,
                                   int64_t realtime_ns, struct scope_err *err)
{
    sqlite3_stmt *row;
    enum scope_code code = scope_writer_row(writer, SCOPE_ROW_CLOCK, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, writer->trial);
    sqlite3_bind_int64(row, 2, time_ns);
    sqlite3_bind_int64(row, 3, realtime_ns);
    return scope_writer_run(writer, row, err);
}

enum scope_code scope_writer_artifact(struct scope_writer *writer,
                                      const char *name, const char *type,
                                      const void *bytes, size_t size,
                                      struct scope_err *err)
{
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_ARTIFACT, &row, err);
    if (code)
        return code;
    uint8_t digest[SCOPE_SHA256_SIZE];
    scope_sha256(bytes, size, digest);
    uLongf length = compressBound(size);
    uint8_t *content = scope_alloc(length, 1);
    if (compress2(content, &length, bytes, size, Z_BEST_COMPRESSION) != Z_OK) {
        free(content);
        return scope_fail(err, SCOPE_FAILED, 0, "%s: compress artifact %s",
                          writer->path, name);
    }
    sqlite3_bind_int64(row, 1, writer->trial);
    bind_text(row, 2, name);
    bind_text(row, 3, type);
    sqlite3_bind_int64(row, 4, (int64_t)size);
    sqlite3_bind_blob64(row, 5, digest, sizeof digest, SQLITE_STATIC);
    sqlite3_bind_blob64(row, 6, content, length, SQLITE_STATIC);
    code = scope_writer_run(writer, row, err);
    free(content);
    return code;
}

enum scope_code scope_writer_judge(struct scope_writer *writer, int64_t trial,
                                   const struct scope_check *checks,
                                   size_t count, struct scope_err *err)
{
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_VERDICT_GONE, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, trial);
    code = scope_writer_run(writer, row, err);
    for (size_t i = 0; i < count && !code; i++) {
        code = scope_writer_row(writer, SCOPE_ROW_VERDICT, &row, err);
        if (code)
            return code;
        sqlite3_bind_int64(row, 1, trial);
        sqlite3_bind_int64(row, 2, (int64_t)i);
        bind_text(row, 3, checks[i].name);
        sqlite3_bind_int(row, 4, checks[i].passed);
        bind_text(row, 5, checks[i].reason ? checks[i].reason : "");
        code = scope_writer_run(writer, row, err);
    }
    if (!code)
        code = scope_writer_row(writer, SCOPE_ROW_JUDGED, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, trial);
    code = scope_writer_run(writer, row, err);
    return code ? code : scope_writer_commit(writer, err);
}
