/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks a store from end to end, and measures its parts. */
#include "lib/store/inspect.h"

#include "lib/store/artifact.h"
#include "lib/store/load.h"
#include "lib/store/segment.h"
#include "lib/store/tail.h"

#include <inttypes.h>
#include <scope/hist.h>
#include <scope/metric.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

struct check {
    struct scope_db db;
    void (*found)(void *closure, const char *problem);
    void *closure;
    struct scope_store_tally *tally;
    int64_t source; /* the one being looked at */
    bool *f64;
    size_t columns;
    uint64_t next;  /* the sweep that must come next */
    int64_t end_ns; /* of the one before */
};

static void problem(struct check *check, const char *fmt, ...)
    SCOPE_PRINTF(2, 3);

static void problem(struct check *check, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    check->tally->problems++;
    check->found(check->closure, text);
}

/* Calls each() for every row, with ?1 and ?2 bound to a range of ids. What
 * stops the rows is a problem of its own. */
static void for_rows(struct check *check, const char *sql, int64_t from,
                     int64_t to,
                     void (*each)(struct check *check, sqlite3_stmt *rows))
{
    struct scope_err err = {0};
    sqlite3_stmt *rows;
    if (scope_db_prepare(&check->db, sql, &rows, &err)) {
        problem(check, "%s", err.text);
        return;
    }
    if (sqlite3_bind_parameter_count(rows)) {
        sqlite3_bind_int64(rows, 1, from);
        sqlite3_bind_int64(rows, 2, to);
    }
    bool row;
    enum scope_code code;
    while (!(code = scope_db_step(&check->db, rows, &row, &err)) && row)
        each(check, rows);
    if (code)
        problem(check, "%s", err.text);
    sqlite3_finalize(rows);
}

static void each_integrity(struct check *check, sqlite3_stmt *rows)
{
    const char *text = scope_db_text(rows, 0);
    if (strcmp(text, "ok") != 0)
        problem(check, "%s", text);
}

static void each_reference(struct check *check, sqlite3_stmt *rows)
{
    problem(check, "a row of '%s' refers to a missing row of '%s'",
            scope_db_text(rows, 0), scope_db_text(rows, 2));
}

static void each_orphan(struct check *check, sqlite3_stmt *rows)
{
    problem(check, "a %s of no source: id %lld", scope_db_text(rows, 0),
            sqlite3_column_int64(rows, 1));
}

/* Every group and series of a segment. */
static bool decode_segment(struct check *check,
                           const struct scope_segment *segment,
                           const uint8_t *data, uint64_t *values)
{
    uint8_t *group = NULL;
    size_t unpacked = SIZE_MAX;
    bool good = true;
    for (size_t i = 0; i < segment->series_count && good; i++) {
        const struct scope_segment_series *series = &segment->series[i];
        const struct scope_segment_group *in = &segment->groups[series->group];
        if (unpacked != series->group) {
            group = scope_realloc(group, in->size + SCOPE_SLACK, 1);
            good = scope_group_get(in, data + in->offset, group);
            unpacked = series->group;
        }
        good = good && scope_segment_values(series, group, values);
        check->tally->samples += series->presence.count;
    }
    free(group);
    return good;
}

static void each_segment(struct check *check, sqlite3_stmt *rows)
{
    int64_t id = sqlite3_column_int64(rows, 0);
    const uint8_t *data = sqlite3_column_blob(rows, 5);
    struct scope_segment segment;
    uint64_t *values = scope_alloc(SCOPE_WINDOW_MOST + 8, sizeof *values);
    bool good = scope_segment_open(&segment, id, sqlite3_column_blob(rows, 4),
                                   (size_t)sqlite3_column_bytes(rows, 4),
                                   check->columns,
                                   (size_t)sqlite3_column_bytes(rows, 5));
    if (!good || !decode_segment(check, &segment, data, values))
        problem(check, "segment %lld of source %lld is damaged",
                (long long)(id & UINT32_MAX), (long long)check->source);
    else if (id != scope_sweep_id(check->source, check->next) ||
             segment.times[0] <= check->end_ns ||
             (int64_t)segment.sweeps != sqlite3_column_int64(rows, 1) ||
             segment.times[0] != sqlite3_column_int64(rows, 2) ||
             segment.times[segment.sweeps - 1] != sqlite3_column_int64(rows, 3))
        problem(check,
                "segment %lld of source %lld is not where or when its "
                "row says",
                (long long)(id & UINT32_MAX), (long long)check->source);
    if (good) {
        check->next = ((uint64_t)id & UINT32_MAX) + segment.sweeps;
        check->end_ns = segment.times[segment.sweeps - 1];
        check->tally->sweeps += segment.sweeps;
    }
    check->tally->segments++;
    scope_segment_free(&segment);
    free(values);
}

static void check_tail(struct check *check)
{
    struct scope_window tail = {0};
    struct scope_err err = {0};
    if (scope_load_tail(&check->db, check->source, check->f64, check->columns,
                        &tail, &err))
        problem(check, "%s", err.text);
    else if (tail.sweeps &&
             (tail.first != check->next || tail.times[0] <= check->end_ns))
        problem(check, "the tail of source %lld does not follow its segments",
                (long long)check->source);
    check->tally->sweeps += tail.sweeps;
    for (size_t row = 0; row < tail.sweeps; row++)
        for (size_t i = 0; i < tail.columns; i++)
            check->tally->samples += scope_window_has(&tail, row, i);
    scope_window_free(&tail);
}

static void each_source(struct check *check, sqlite3_stmt *rows)
{
    struct scope_err err = {0};
    check->source = sqlite3_column_int64(rows, 0);
    check->next = 0;
    check->end_ns = -1;
    if (check->source < 1 || check->source > INT32_MAX) {
        problem(check, "source %lld has no possible number",
                (long long)check->source);
        return;
    }
    if (scope_load_columns(&check->db, check->source, &check->f64,
                           &check->columns, &err)) {
        problem(check, "%s", err.text);
    } else {
        for_rows(check,
                 "SELECT id, sweeps, start_ns, end_ns, directory, data "
                 "FROM segment WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
                 scope_sweep_id(check->source, 0),
                 scope_sweep_id(check->source, UINT32_MAX), each_segment);
        check_tail(check);
    }
    free(check->f64);
    check->f64 = NULL;
}

static void each_histogram(struct check *check, sqlite3_stmt *rows)
{
    struct scope_hist hist;
    struct scope_err err = {0};
    check->tally->histograms++;
    if (sqlite3_column_int64(rows, 1) > sqlite3_column_int64(rows, 2))
        problem(check, "histogram %lld ends before it begins",
                sqlite3_column_int64(rows, 0));
    if (sqlite3_column_int64(rows, 3) != SCOPE_HIST)
        problem(check, "histogram %lld belongs to no series of histograms",
                sqlite3_column_int64(rows, 0));
    if (scope_hist_decode(&hist, sqlite3_column_blob(rows, 4),
                          (size_t)sqlite3_column_bytes(rows, 4), &err))
        problem(check, "histogram %lld: %s", sqlite3_column_int64(rows, 0),
                err.text);
    else
        scope_hist_free(&hist);
}

static void each_artifact(struct check *check, sqlite3_stmt *rows)
{
    struct scope_err err = {0};
    uint8_t *content = NULL;
    check->tally->artifacts++;
    if (scope_artifact_unpack(&check->db, rows, &content, &err))
        problem(check, "%s", err.text);
    free(content);
}

static void check_all(struct check *check)
{
    for_rows(check, "PRAGMA integrity_check", 0, 0, each_integrity);
    for_rows(check, "PRAGMA foreign_key_check", 0, 0, each_reference);
    for_rows(check,
             "SELECT 'segment', id FROM segment WHERE id >> 32 NOT IN "
             "(SELECT id FROM source)",
             0, 0, each_orphan);
    for_rows(check,
             "SELECT 'sweep', id FROM tail WHERE id >> 32 NOT IN "
             "(SELECT id FROM source)",
             0, 0, each_orphan);
    for_rows(check, "SELECT id FROM source ORDER BY id", 0, 0, each_source);
    for_rows(check,
             "SELECT histogram.id, start_ns, end_ns, metric.value, content "
             "FROM histogram LEFT JOIN series ON series.source = "
             "histogram.source AND series.number = histogram.number "
             "LEFT JOIN metric ON metric.id = series.metric",
             0, 0, each_histogram);
    for_rows(check, "SELECT id, size, sha256, content FROM artifact", 0, 0,
             each_artifact);
}

enum scope_code scope_store_check(
    const char *path, void (*found)(void *closure, const char *problem),
    void *closure, struct scope_store_tally *tally, struct scope_err *err)
{
    struct check check = {.found = found, .closure = closure, .tally = tally};
    struct scope_err why = {0};
    *tally = (struct scope_store_tally){0};
    enum scope_code code = scope_db_open(&check.db, path, &why);
    if (code == SCOPE_CORRUPT)
        problem(&check, "%s", why.text);
    else if (code && err)
        *err = why;
    else if (!code)
        check_all(&check);
    scope_db_close(&check.db);
    return code == SCOPE_CORRUPT ? SCOPE_OK : code;
}

static enum scope_code sum_up(const struct scope_db *db, const char *sql,
                              uint64_t *rows, uint64_t *bytes,
                              struct scope_err *err)
{
    sqlite3_stmt *statement;
    bool row;
    enum scope_code code = scope_db_prepare(db, sql, &statement, err);
    if (code)
        return code;
    code = scope_db_step(db, statement, &row, err);
    *rows = (uint64_t)sqlite3_column_int64(statement, 0);
    *bytes = (uint64_t)sqlite3_column_int64(statement, 1);
    sqlite3_finalize(statement);
    return code;
}

static uint64_t file_size(const char *path, const char *suffix)
{
    struct stat status;
    char *name = scope_format("%s%s", path, suffix);
    int missing = stat(name, &status);
    free(name);
    return missing ? 0 : (uint64_t)status.st_size;
}

enum scope_code scope_store_measure(const char *path,
                                    struct scope_store_sizes *sizes,
                                    struct scope_err *err)
{
    *sizes = (struct scope_store_sizes){.file = file_size(path, ""),
                                        .log = file_size(path, "-wal")};
    const struct {
        const char *sql;
        uint64_t *rows, *bytes;
    } parts[] = {
        {"SELECT count(*), sum(length(directory) + length(data)) FROM segment",
         &sizes->segment_rows, &sizes->segments},
        {"SELECT count(*), sum(length(sweep)) FROM tail", &sizes->tail_rows,
         &sizes->tail},
        {"SELECT count(*), sum(length(content)) FROM histogram",
         &sizes->histogram_rows, &sizes->histograms},
        {"SELECT count(*), sum(length(content)) FROM artifact",
         &sizes->artifact_rows, &sizes->artifacts},
    };
    struct scope_db db;
    enum scope_code code = scope_db_open(&db, path, err);
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !code; i++)
        code = sum_up(&db, parts[i].sql, parts[i].rows, parts[i].bytes, err);
    scope_db_close(&db);
    return code;
}
