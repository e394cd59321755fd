/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the columns and the tail of a source. */
#include "lib/store/load.h"

#include "lib/store/tail.h"

#include <scope/metric.h>

enum scope_code scope_load_columns(const struct scope_db *db, int64_t source,
                                   bool **f64, size_t *columns,
                                   struct scope_err *err)
{
    static const char sql[] = "SELECT series.number, metric.value FROM series "
                              "JOIN metric ON metric.id = series.metric "
                              "WHERE series.source = ?1 ORDER BY series.number";
    *f64 = scope_alloc(1, sizeof **f64);
    *columns = 0;
    size_t room = 1;
    sqlite3_stmt *rows;
    enum scope_code code = scope_db_prepare(db, sql, &rows, err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, source);
    bool row;
    while (!(code = scope_db_step(db, rows, &row, err)) && row) {
        if (sqlite3_column_int64(rows, 0) != (int64_t)*columns) {
            code = scope_db_corrupt(db, err,
                                    "series %zu of source %lld is "
                                    "missing",
                                    *columns, (long long)source);
            break;
        }
        *f64 = scope_grow(*f64, &room, *columns, sizeof **f64);
        (*f64)[(*columns)++] = sqlite3_column_int64(rows, 1) == SCOPE_F64;
    }
    sqlite3_finalize(rows);
    return code;
}

static enum scope_code load_rows(const struct scope_db *db, sqlite3_stmt *rows,
                                 int64_t source, const bool *f64,
                                 size_t columns, struct scope_window *window,
                                 struct scope_err *err)
{
    enum scope_code code;
    bool row;
    while (!(code = scope_db_step(db, rows, &row, err)) && row) {
        int64_t id = sqlite3_column_int64(rows, 0);
        if (!window->sweeps)
            window->first = (uint64_t)id & UINT32_MAX;
        uint64_t sweep = window->first + window->sweeps;
        const uint8_t *bytes = sqlite3_column_blob(rows, 1);
        size_t size = (size_t)sqlite3_column_bytes(rows, 1);
        if (id != scope_sweep_id(source, sweep) || !bytes ||
            !scope_tail_get(window, id, bytes, size, columns, f64))
            return scope_db_corrupt(db, err,
                                    "the tail is damaged at sweep %llu of "
                                    "source %lld",
                                    (unsigned long long)sweep,
                                    (long long)source);
    }
    return code;
}

enum scope_code scope_load_tail(const struct scope_db *db, int64_t source,
                                const bool *f64, size_t columns,
                                struct scope_window *window,
                                struct scope_err *err)
{
    static const char sql[] =
        "SELECT id, sweep FROM tail WHERE id BETWEEN ?1 AND ?2 ORDER BY id";
    sqlite3_stmt *rows;
    enum scope_code code = scope_db_prepare(db, sql, &rows, err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, scope_sweep_id(source, 0));
    sqlite3_bind_int64(rows, 2, scope_sweep_id(source, UINT32_MAX));
    code = load_rows(db, rows, source, f64, columns, window, err);
    sqlite3_finalize(rows);
    return code;
}
