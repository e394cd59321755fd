/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of a store. docs/store-format.md explains them. */
#include "lib/store/schema.h"

#include <string.h>

/* SQLite keeps the texts as they are here, so they can be compared. */
static const struct {
    const char *name, *sql;
} schema[] = {
    {"trial", "CREATE TABLE trial("
              "id INTEGER PRIMARY KEY, status INTEGER NOT NULL, "
              "start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, "
              "realtime_ns INTEGER NOT NULL, judged INTEGER NOT NULL) STRICT"},
    {"label", "CREATE TABLE label("
              "trial INTEGER NOT NULL REFERENCES trial, "
              "position INTEGER NOT NULL, key TEXT NOT NULL, "
              "value TEXT NOT NULL, PRIMARY KEY(trial, position)) "
              "STRICT, WITHOUT ROWID"},
    {"fact", "CREATE TABLE fact("
             "trial INTEGER NOT NULL REFERENCES trial, "
             "position INTEGER NOT NULL, key TEXT NOT NULL, "
             "value TEXT NOT NULL, PRIMARY KEY(trial, position)) "
             "STRICT, WITHOUT ROWID"},
    {"verdict", "CREATE TABLE verdict("
                "trial INTEGER NOT NULL REFERENCES trial, "
                "position INTEGER NOT NULL, name TEXT NOT NULL, "
                "passed INTEGER NOT NULL, reason TEXT NOT NULL, "
                "PRIMARY KEY(trial, position)) STRICT, WITHOUT ROWID"},
    {"source", "CREATE TABLE source("
               "id INTEGER PRIMARY KEY, "
               "trial INTEGER NOT NULL REFERENCES trial, "
               "name TEXT NOT NULL, driver INTEGER NOT NULL, "
               "version TEXT NOT NULL, interval_ns INTEGER NOT NULL) STRICT"},
    {"setting", "CREATE TABLE setting("
                "source INTEGER NOT NULL REFERENCES source, "
                "position INTEGER NOT NULL, key TEXT NOT NULL, "
                "value TEXT NOT NULL, PRIMARY KEY(source, position)) "
                "STRICT, WITHOUT ROWID"},
    {"target", "CREATE TABLE target("
               "trial INTEGER NOT NULL REFERENCES trial, "
               "id INTEGER NOT NULL, kind INTEGER NOT NULL, "
               "pid INTEGER NOT NULL, tid INTEGER NOT NULL, "
               "start_ticks INTEGER NOT NULL, process INTEGER NOT NULL, "
               "name TEXT NOT NULL, role TEXT NOT NULL, cgroup TEXT, "
               "time_ns INTEGER NOT NULL, PRIMARY KEY(trial, id)) "
               "STRICT, WITHOUT ROWID"},
    {"metric", "CREATE TABLE metric("
               "id INTEGER PRIMARY KEY, "
               "source INTEGER NOT NULL REFERENCES source, "
               "name TEXT NOT NULL, semantics INTEGER NOT NULL, "
               "value INTEGER NOT NULL, unit INTEGER NOT NULL, "
               "domain TEXT, help TEXT NOT NULL) STRICT"},
    {"series", "CREATE TABLE series("
               "source INTEGER NOT NULL REFERENCES source, "
               "number INTEGER NOT NULL, "
               "metric INTEGER NOT NULL REFERENCES metric, "
               "target INTEGER NOT NULL, instance TEXT NOT NULL, "
               "PRIMARY KEY(source, number)) STRICT, WITHOUT ROWID"},
    {"event", "CREATE TABLE event("
              "id INTEGER PRIMARY KEY, "
              "trial INTEGER NOT NULL REFERENCES trial, "
              "time_ns INTEGER NOT NULL, kind INTEGER NOT NULL, "
              "target INTEGER NOT NULL, count INTEGER NOT NULL, "
              "text TEXT NOT NULL) STRICT"},
    {"clock", "CREATE TABLE clock("
              "id INTEGER PRIMARY KEY, "
              "trial INTEGER NOT NULL REFERENCES trial, "
              "time_ns INTEGER NOT NULL, realtime_ns INTEGER NOT NULL) STRICT"},
    {"artifact", "CREATE TABLE artifact("
                 "id INTEGER PRIMARY KEY, "
                 "trial INTEGER NOT NULL REFERENCES trial, "
                 "name TEXT NOT NULL, type TEXT NOT NULL, "
                 "size INTEGER NOT NULL, sha256 BLOB NOT NULL, "
                 "content BLOB NOT NULL) STRICT"},
    {"tail", "CREATE TABLE tail("
             "id INTEGER PRIMARY KEY, sweep BLOB NOT NULL) STRICT"},
    {"segment", "CREATE TABLE segment("
                "id INTEGER PRIMARY KEY, sweeps INTEGER NOT NULL, "
                "start_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, "
                "directory BLOB NOT NULL, data BLOB NOT NULL) STRICT"},
    {"histogram", "CREATE TABLE histogram("
                  "id INTEGER PRIMARY KEY, "
                  "source INTEGER NOT NULL REFERENCES source, "
                  "number INTEGER NOT NULL, start_ns INTEGER NOT NULL, "
                  "end_ns INTEGER NOT NULL, content BLOB NOT NULL) STRICT"},
    {"source_of", "CREATE INDEX source_of ON source(trial)"},
    {"metric_of", "CREATE INDEX metric_of ON metric(source)"},
    {"event_of", "CREATE INDEX event_of ON event(trial, time_ns)"},
    {"histogram_of",
     "CREATE INDEX histogram_of ON histogram(source, number, start_ns)"},
};

#define COUNT (sizeof schema / sizeof *schema)

enum scope_code scope_schema_create(const struct scope_db *db,
                                    struct scope_err *err)
{
    for (size_t i = 0; i < COUNT; i++) {
        enum scope_code code = scope_db_exec(db, schema[i].sql, err);
        if (code)
            return code;
    }
    return SCOPE_OK;
}

static bool is_known(const char *name, const char *sql)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(schema[i].name, name) == 0)
            return strcmp(schema[i].sql, sql) == 0;
    return false;
}

enum scope_code scope_schema_check(const struct scope_db *db,
                                   struct scope_err *err)
{
    sqlite3_stmt *rows;
    enum scope_code code =
        scope_db_prepare(db, "SELECT name, sql FROM sqlite_schema", &rows, err);
    if (code)
        return code;
    size_t count = 0;
    bool row;
    while (!(code = scope_db_step(db, rows, &row, err)) && row) {
        if (!is_known(scope_db_text(rows, 0), scope_db_text(rows, 1))) {
            code = scope_db_corrupt(db, err, "'%s' is no part of a store",
                                    scope_db_text(rows, 0));
            break;
        }
        count++;
    }
    if (!code && count != COUNT)
        code = scope_db_corrupt(db, err, "%zu of the %zu tables are missing",
                                COUNT - count, COUNT);
    sqlite3_finalize(rows);
    return code;
}
