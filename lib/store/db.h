/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store's SQLite file: opening it safely, its schema, and SQLite's errors as
 * ours. The one place that knows sqlite3_open and pragmas.
 */
#ifndef LIB_STORE_DB_H
#define LIB_STORE_DB_H

#include <scope/err.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "scop", big-endian, at offset 68 of the file. */
#define SCOPE_STORE_APPLICATION 0x73636f70
#define SCOPE_STORE_VERSION 1

struct scope_db {
    sqlite3 *sqlite;
    char *path;   /* as given: for messages */
    char *folder; /* a private copy lies there and goes with it, or NULL */
};

/*
 * Opens a store for writing; an absent file is created, an empty one becomes a
 * store. A file that is not a store is refused untouched.
 */
enum scope_code scope_db_create(struct scope_db *db, const char *path,
                                struct scope_err *err) SCOPE_MUST_CHECK;

/*
 * Opens a store for reading and begins a read transaction, so that all reads
 * see one state of it. On a read-only medium, where SQLite cannot share the
 * write-ahead log, the file is read alone or, when the log holds something,
 * from a private copy.
 */
enum scope_code scope_db_open(struct scope_db *db, const char *path,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* Also of one whose opening failed. */
void scope_db_close(struct scope_db *db);

/* The failure of the last SQLite call, as "FILE: what: why". */
enum scope_code scope_db_fail(const struct scope_db *db, const char *what,
                              struct scope_err *err);

/* SCOPE_CORRUPT: "FILE: formatted". */
enum scope_code scope_db_corrupt(const struct scope_db *db,
                                 struct scope_err *err, const char *fmt, ...)
    SCOPE_PRINTF(3, 4);

enum scope_code scope_db_exec(const struct scope_db *db, const char *sql,
                              struct scope_err *err) SCOPE_MUST_CHECK;

enum scope_code scope_db_prepare(const struct scope_db *db, const char *sql,
                                 sqlite3_stmt **statement,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* Runs a statement without rows to its end and resets it. */
enum scope_code scope_db_run(const struct scope_db *db, sqlite3_stmt *statement,
                             struct scope_err *err) SCOPE_MUST_CHECK;

/* The next row: *row says whether there is one. */
enum scope_code scope_db_step(const struct scope_db *db,
                              sqlite3_stmt *statement, bool *row,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* A column's text, "" for none; valid until the next step. */
const char *scope_db_text(sqlite3_stmt *statement, int column);

#endif
