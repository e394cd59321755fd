/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer's life: opening, sweeps, commits, segments, closing. */
#include "lib/store/writer.h"

#include "lib/store/lock.h"
#include "lib/store/tail.h"
#include "lib/store/writer_inside.h"

#include <errno.h>
#include <unistd.h>

static const char *const statements[SCOPE_ROWS] = {
    [SCOPE_ROW_TRIAL] = "INSERT INTO trial(status, start_ns, end_ns, "
                        "realtime_ns, judged) VALUES(?1, ?2, 0, ?3, 0)",
    [SCOPE_ROW_LABEL] = "INSERT INTO label VALUES(?1, ?2, ?3, ?4)",
    [SCOPE_ROW_FACT] = "INSERT INTO fact VALUES(?1, ?2, ?3, ?4)",
    [SCOPE_ROW_SOURCE] = "INSERT INTO source(trial, name, driver, version, "
                         "interval_ns) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SCOPE_ROW_SETTING] = "INSERT INTO setting VALUES(?1, ?2, ?3, ?4)",
    [SCOPE_ROW_TARGET] = "INSERT INTO target VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
                         "?7, ?8, ?9, ?10, ?11)",
    [SCOPE_ROW_METRIC] = "INSERT INTO metric(source, name, semantics, value, "
                         "unit, domain, help) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
                         "?7)",
    [SCOPE_ROW_SERIES] = "INSERT INTO series VALUES(?1, ?2, ?3, ?4, ?5)",
    [SCOPE_ROW_EVENT] = "INSERT INTO event(trial, time_ns, kind, target, "
                        "count, text) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SCOPE_ROW_CLOCK] = "INSERT INTO clock(trial, time_ns, realtime_ns) "
                        "VALUES(?1, ?2, ?3)",
    [SCOPE_ROW_ARTIFACT] = "INSERT INTO artifact(trial, name, type, size, "
                           "sha256, content) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SCOPE_ROW_TAIL] = "INSERT INTO tail VALUES(?1, ?2)",
    [SCOPE_ROW_TAIL_GONE] = "DELETE FROM tail WHERE id BETWEEN ?1 AND ?2",
    [SCOPE_ROW_SEGMENT] = "INSERT INTO segment VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [SCOPE_ROW_HISTOGRAM] = "INSERT INTO histogram(source, number, start_ns, "
                            "end_ns, content) VALUES(?1, ?2, ?3, ?4, ?5)",
    [SCOPE_ROW_VERDICT] = "INSERT INTO verdict VALUES(?1, ?2, ?3, ?4, ?5)",
    [SCOPE_ROW_VERDICT_GONE] = "DELETE FROM verdict WHERE trial = ?1",
    [SCOPE_ROW_END] = "UPDATE trial SET status = ?2, start_ns = ?3, "
                      "end_ns = ?4, realtime_ns = realtime_ns + ?3 - start_ns "
                      "WHERE id = ?1",
    [SCOPE_ROW_JUDGED] = "UPDATE trial SET judged = 1 WHERE id = ?1",
};

/* Once something could not be written, nothing more is: the transaction may
 * be gone, and what follows would not fit to what is missing. */
static enum scope_code remember(struct scope_writer *writer,
                                enum scope_code code, struct scope_err *err)
{
    if (code && !writer->failure.code) {
        if (err)
            writer->failure = *err;
        writer->failure.code = code;
    }
    return code;
}

static enum scope_code still_good(const struct scope_writer *writer,
                                  struct scope_err *err)
{
    if (writer->failure.code && err)
        *err = writer->failure;
    return writer->failure.code;
}

static enum scope_code begin(struct scope_writer *writer, struct scope_err *err)
{
    if (writer->writing)
        return SCOPE_OK;
    enum scope_code code = scope_db_exec(&writer->db, "BEGIN IMMEDIATE", err);
    writer->writing = !code;
    return remember(writer, code, err);
}

enum scope_code scope_writer_row(struct scope_writer *writer,
                                 enum scope_row kind, sqlite3_stmt **statement,
                                 struct scope_err *err)
{
    enum scope_code code = still_good(writer, err);
    if (!code)
        code = begin(writer, err);
    if (!code && !writer->statements[kind])
        code = remember(writer,
                        scope_db_prepare(&writer->db, statements[kind],
                                         &writer->statements[kind], err),
                        err);
    *statement = writer->statements[kind];
    if (!code)
        sqlite3_clear_bindings(*statement);
    return code;
}

enum scope_code scope_writer_run(struct scope_writer *writer,
                                 sqlite3_stmt *statement, struct scope_err *err)
{
    return remember(writer, scope_db_run(&writer->db, statement, err), err);
}

enum scope_code scope_writer_commit(struct scope_writer *writer,
                                    struct scope_err *err)
{
    enum scope_code code = still_good(writer, err);
    if (code || !writer->writing)
        return code;
    code = scope_db_exec(&writer->db, "COMMIT", err);
    writer->writing = code != SCOPE_OK;
    return remember(writer, code, err);
}

/* A private file of its own, for a run whose samples nobody wants to keep. */
static enum scope_code make_temporary(struct scope_writer *writer,
                                      struct scope_err *err)
{
    const char *place = getenv("TMPDIR");
    writer->path =
        scope_format("%s/scope-XXXXXX.scope", place && *place ? place : "/tmp");
    int fd = mkstemps(writer->path, 6);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "create %s", writer->path);
    close(fd);
    writer->temporary = true;
    return SCOPE_OK;
}

enum scope_code scope_writer_open(const char *path,
                                  struct scope_writer **opened,
                                  struct scope_err *err)
{
    struct scope_writer *writer = scope_alloc(1, sizeof *writer);
    enum scope_code code = SCOPE_OK;
    writer->lock = -1;
    writer->packer = scope_packer_new(SCOPE_SQUEEZE_WORTHWHILE);
    if (*path)
        writer->path = scope_strdup(path);
    else
        code = make_temporary(writer, err);
    if (!code)
        code = scope_lock_take(writer->path, &writer->lock, err);
    if (!code)
        code = scope_db_create(&writer->db, writer->path, err);
    if (!code)
        code = scope_writer_recover(writer, err);
    *opened = code ? NULL : writer;
    if (code) {
        remember(writer, code, err);
        code = scope_writer_close(writer, err);
    }
    return code;
}

static void free_source(struct scope_writer_source *source)
{
    free(source->f64);
    for (size_t i = 0; i < source->metric_count; i++)
        free(source->metrics[i]);
    free(source->metrics);
    free(source->metric_ids);
    scope_window_free(&source->window);
}

static void forget_sources(struct scope_writer *writer)
{
    for (size_t i = 0; i < writer->source_count; i++)
        free_source(&writer->sources[i]);
    free(writer->sources);
    writer->sources = NULL;
    writer->source_count = 0;
}

static enum scope_code seal_all(struct scope_writer *writer,
                                struct scope_err *err)
{
    enum scope_code code = still_good(writer, err);
    for (size_t i = 0; i < writer->source_count && !code; i++) {
        struct scope_writer_source *source = &writer->sources[i];
        code = scope_writer_seal(writer, source->id, source->f64,
                                 &source->window, err);
    }
    return code;
}

/* Gives the pages that the tail had back to the file system. */
static enum scope_code shrink(struct scope_writer *writer,
                              struct scope_err *err)
{
    enum scope_code code = scope_writer_commit(writer, err);
    if (!code)
        code = remember(
            writer,
            scope_db_exec(&writer->db, "PRAGMA incremental_vacuum", err), err);
    return code;
}

static void remove_temporary(const struct scope_writer *writer)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char *path = scope_format("%s%s", writer->path, suffixes[i]);
        unlink(path);
        free(path);
    }
}

/* A store at rest is one file, which can lie where nobody may write, and
 * whose readers leave no log beside it. While somebody reads it SQLite refuses,
 * and the log stays until the next writer. */
static void leave_log(const struct scope_db *db)
{
    sqlite3_exec(db->sqlite, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
}

enum scope_code scope_writer_close(struct scope_writer *writer,
                                   struct scope_err *err)
{
    enum scope_code code = seal_all(writer, err);
    if (!code)
        code = shrink(writer, err);
    for (size_t i = 0; i < SCOPE_ROWS; i++)
        sqlite3_finalize(writer->statements[i]);
    if (!code)
        leave_log(&writer->db);
    scope_db_close(&writer->db);
    if (writer->temporary)
        remove_temporary(writer);
    if (writer->lock >= 0)
        close(writer->lock);
    forget_sources(writer);
    scope_packer_free(writer->packer);
    free(writer->row.at);
    free(writer->directory.at);
    free(writer->data.at);
    free(writer->path);
    free(writer);
    return code;
}

enum scope_code scope_writer_seal(struct scope_writer *writer, int64_t source,
                                  const bool *f64, struct scope_window *window,
                                  struct scope_err *err)
{
    if (!window->sweeps)
        return SCOPE_OK;
    int64_t id = scope_sweep_id(source, window->first);
    int64_t last = id + (int64_t)window->sweeps - 1;
    scope_segment_put(writer->packer, window, id, f64, &writer->directory,
                      &writer->data);
    sqlite3_stmt *row;
    enum scope_code code =
        scope_writer_row(writer, SCOPE_ROW_TAIL_GONE, &row, err);
    if (code)
        return code;
    /* First, so that the segment takes the pages that become free. */
    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_int64(row, 2, last);
    code = scope_writer_run(writer, row, err);
    if (!code)
        code = scope_writer_row(writer, SCOPE_ROW_SEGMENT, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_int64(row, 2, (int64_t)window->sweeps);
    sqlite3_bind_int64(row, 3, window->times[0]);
    sqlite3_bind_int64(row, 4, window->times[window->sweeps - 1]);
    sqlite3_bind_blob64(row, 5, writer->directory.at, writer->directory.length,
                        SQLITE_STATIC);
    sqlite3_bind_blob64(row, 6, writer->data.at ? (void *)writer->data.at : "",
                        writer->data.length, SQLITE_STATIC);
    scope_window_next(window);
    return scope_writer_run(writer, row, err);
}

enum scope_code scope_writer_sweep(struct scope_writer *writer, unsigned number,
                                   int64_t time_ns, const uint64_t *values,
                                   const uint64_t *present, size_t columns,
                                   struct scope_err *err)
{
    enum scope_code code = still_good(writer, err);
    if (code)
        return code;
    if (number >= writer->source_count ||
        columns > writer->sources[number].columns)
        return scope_fail(err, SCOPE_FAILED, 0,
                          "%s: a sweep of undeclared series", writer->path);
    struct scope_writer_source *source = &writer->sources[number];
    struct scope_window *window = &source->window;
    if (time_ns < 0 ||
        (window->sweeps && time_ns <= window->times[window->sweeps - 1]))
        return scope_fail(err, SCOPE_FAILED, 0,
                          "%s: a sweep that is not later than the one before",
                          writer->path);
    if (scope_window_full(window, columns))
        code = scope_writer_seal(writer, source->id, source->f64, window, err);
    sqlite3_stmt *row;
    if (!code)
        code = scope_writer_row(writer, SCOPE_ROW_TAIL, &row, err);
    if (code)
        return code;
    int64_t id = scope_sweep_id(source->id, window->first + window->sweeps);
    scope_tail_put(&writer->row, window, id, time_ns, values, present, columns,
                   source->f64);
    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_blob64(row, 2, writer->row.at, writer->row.length,
                        SQLITE_STATIC);
    return scope_writer_run(writer, row, err);
}

enum scope_code scope_writer_end(struct scope_writer *writer, int64_t start_ns,
                                 int64_t end_ns, enum scope_trial_status status,
                                 struct scope_err *err)
{
    sqlite3_stmt *row;
    enum scope_code code = seal_all(writer, err);
    if (!code)
        code = scope_writer_row(writer, SCOPE_ROW_END, &row, err);
    if (code)
        return code;
    sqlite3_bind_int64(row, 1, writer->trial);
    sqlite3_bind_int(row, 2, (int)status);
    sqlite3_bind_int64(row, 3, start_ns);
    sqlite3_bind_int64(row, 4, end_ns);
    code = scope_writer_run(writer, row, err);
    if (!code)
        code = shrink(writer, err);
    forget_sources(writer);
    writer->trial = 0;
    return code;
}

const char *scope_writer_path(const struct scope_writer *writer)
{
    return writer->path;
}
