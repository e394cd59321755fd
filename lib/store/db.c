/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens SQLite files that nobody vouches for. */
#include "lib/store/db.h"

#include "lib/store/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long somebody else's short lock is waited for. */
#define PATIENCE_MS 2000

static const struct {
    int id, limit;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 1 << 30},     {SQLITE_LIMIT_SQL_LENGTH, 16384},
    {SQLITE_LIMIT_COLUMN, 64},          {SQLITE_LIMIT_EXPR_DEPTH, 32},
    {SQLITE_LIMIT_VDBE_OP, 10000},      {SQLITE_LIMIT_COMPOUND_SELECT, 4},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},     {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 0},    {SQLITE_LIMIT_WORKER_THREADS, 0},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
};

static enum scope_code code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return SCOPE_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:
        return SCOPE_CORRUPT;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISUSE:
        return SCOPE_FAILED;
    default:
        return SCOPE_IO;
    }
}

enum scope_code scope_db_fail(const struct scope_db *db, const char *what,
                              struct scope_err *err)
{
    if (!db->sqlite)
        return scope_fail(err, SCOPE_IO, ENOMEM, "%s: %s", db->path, what);
    int result = sqlite3_extended_errcode(db->sqlite);
    int sys = sqlite3_system_errno(db->sqlite);
    enum scope_code code = code_of(result);
    if (code == SCOPE_IO && sys)
        scope_fail(err, code, sys, "%s: %s", db->path, what);
    else
        scope_fail(err, code, 0, "%s: %s: %s", db->path, what,
                   sqlite3_errmsg(db->sqlite));
    if ((result & 0xff) == SQLITE_FULL || sys == ENOSPC)
        scope_hint(err, "make room on the disk: what was committed is safe");
    else if (code == SCOPE_CORRUPT)
        scope_hint(err, "scope store check %s says what can still be read",
                   db->path);
    else if (code == SCOPE_BUSY)
        scope_hint(err, "another process is using it: try again later");
    return code;
}

enum scope_code scope_db_corrupt(const struct scope_db *db,
                                 struct scope_err *err, const char *fmt, ...)
{
    char text[sizeof err->text];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return scope_fail(err, SCOPE_CORRUPT, 0, "%s: %s", db->path, text);
}

enum scope_code scope_db_exec(const struct scope_db *db, const char *sql,
                              struct scope_err *err)
{
    if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) != SQLITE_OK)
        return scope_db_fail(db, "write", err);
    return SCOPE_OK;
}

enum scope_code scope_db_prepare(const struct scope_db *db, const char *sql,
                                 sqlite3_stmt **statement,
                                 struct scope_err *err)
{
    if (sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT,
                           statement, NULL) != SQLITE_OK)
        return scope_db_fail(db, "read", err);
    return SCOPE_OK;
}

enum scope_code scope_db_run(const struct scope_db *db, sqlite3_stmt *statement,
                             struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    if (sqlite3_step(statement) != SQLITE_DONE)
        code = scope_db_fail(db, "write", err);
    sqlite3_reset(statement);
    return code;
}

enum scope_code scope_db_step(const struct scope_db *db,
                              sqlite3_stmt *statement, bool *row,
                              struct scope_err *err)
{
    int result = sqlite3_step(statement);
    *row = result == SQLITE_ROW;
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        return scope_db_fail(db, "read", err);
    return SCOPE_OK;
}

const char *scope_db_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    return text ? (const char *)text : "";
}

/* What keeps a hostile file from doing anything but hold rows. */
static enum scope_code harden(const struct scope_db *db, struct scope_err *err)
{
    sqlite3 *sqlite = db->sqlite;
    sqlite3_extended_result_codes(sqlite, 1);
    sqlite3_busy_timeout(sqlite, PATIENCE_MS);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(sqlite, limits[i].id, limits[i].limit);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(sqlite, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    return scope_db_exec(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0",
                         err);
}

/* A path that SQLite takes for a file name, whatever it looks like: no URI,
 * not ":memory:". */
static char *uri_of(const char *path, const char *query)
{
    char *uri = scope_alloc(strlen(path) * 3 + strlen(query) + 16, 1);
    char *at = uri + sprintf(uri, "file:%s", *path == '/' ? "" : "./");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        if (c == '%' || c == '?' || c == '#')
            at += sprintf(at, "%%%02x", c);
        else
            *at++ = (char)c;
    }
    memcpy(at, query, strlen(query) + 1);
    return uri;
}

static enum scope_code open_file(struct scope_db *db, const char *path,
                                 const char *query, int flags,
                                 struct scope_err *err)
{
    sqlite3_close_v2(db->sqlite);
    db->sqlite = NULL;
    char *uri = uri_of(path, query);
    int result = sqlite3_open_v2(
        uri, &db->sqlite, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    free(uri);
    if (result != SQLITE_OK)
        return scope_db_fail(db, "open", err);
    return harden(db, err);
}

static enum scope_code ask(const struct scope_db *db, const char *sql,
                           int64_t *value, struct scope_err *err)
{
    sqlite3_stmt *statement;
    bool row;
    enum scope_code code = scope_db_prepare(db, sql, &statement, err);
    if (code)
        return code;
    code = scope_db_step(db, statement, &row, err);
    if (!code)
        *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code;
}

/* Whether the open file is a store of this version. */
static enum scope_code identify(const struct scope_db *db,
                                struct scope_err *err)
{
    int64_t application = 0;
    int64_t version = 0;
    enum scope_code code = ask(db, "PRAGMA application_id", &application, err);
    if (!code)
        code = ask(db, "PRAGMA user_version", &version, err);
    if (code)
        return code;
    if (application != SCOPE_STORE_APPLICATION)
        return scope_db_corrupt(db, err, "not a scope store");
    if (version != SCOPE_STORE_VERSION) {
        scope_db_corrupt(db, err, "a store of format %lld; this scope knows %d",
                         (long long)version, SCOPE_STORE_VERSION);
        return scope_hint(err, "use the scope that wrote it, or a newer one");
    }
    return scope_schema_check(db, err);
}

static enum scope_code stat_file(const char *path, struct stat *status,
                                 struct scope_err *err)
{
    if (stat(path, status) != 0)
        return scope_fail(err, errno == ENOENT ? SCOPE_NOT_FOUND : SCOPE_IO,
                          errno, "open %s", path);
    if (!S_ISREG(status->st_mode))
        return scope_fail(err, SCOPE_IO, 0, "open %s: not a regular file",
                          path);
    return SCOPE_OK;
}

/* An empty database gets the schema; the page size and vacuum mode come
 * first, WAL last, because they cannot be changed in it. */
static enum scope_code make_store(const struct scope_db *db,
                                  struct scope_err *err)
{
    enum scope_code code =
        scope_db_exec(db,
                      "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL; "
                      "PRAGMA encoding='UTF-8'; BEGIN IMMEDIATE",
                      err);
    if (!code)
        code = scope_schema_create(db, err);
    if (!code)
        code = scope_db_exec(db,
                             "PRAGMA application_id=0x73636f70; "
                             "PRAGMA user_version=1; COMMIT",
                             err);
    return code;
}

/* An empty file, or what is left when making a store was cut short: a database
 * with nothing in it. */
static enum scope_code look_for_blank(const struct scope_db *db, bool *blank,
                                      struct scope_err *err)
{
    int64_t application = 0;
    int64_t tables = 0;
    enum scope_code code = ask(db, "PRAGMA application_id", &application, err);
    if (!code)
        code = ask(db, "SELECT count(*) FROM sqlite_schema", &tables, err);
    *blank = !application && !tables;
    return code;
}

enum scope_code scope_db_create(struct scope_db *db, const char *path,
                                struct scope_err *err)
{
    *db = (struct scope_db){.path = scope_strdup(path)};
    struct stat status = {0};
    enum scope_code code = SCOPE_OK;
    if (stat(path, &status) == 0 || errno != ENOENT)
        code = stat_file(path, &status, err);
    if (!code)
        code = open_file(db, path, "",
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err);
    bool blank = false;
    if (!code)
        code = look_for_blank(db, &blank, err);
    if (!code)
        code = blank ? make_store(db, err) : identify(db, err);
    if (!code)
        code =
            scope_db_exec(db,
                          "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                          "PRAGMA foreign_keys=ON; PRAGMA secure_delete=OFF",
                          err);
    return code;
}

/* Begins the read transaction and looks whether it is a store. */
static enum scope_code begin_reading(const struct scope_db *db,
                                     struct scope_err *err)
{
    enum scope_code code =
        scope_db_exec(db, "PRAGMA query_only=ON; BEGIN", err);
    return code ? code : identify(db, err);
}

static enum scope_code copy_file(const char *from, const char *to,
                                 struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t moved = -1;
    if (in >= 0 && out >= 0)
        do
            moved = sendfile(out, in, NULL, 1 << 20);
        while (moved > 0);
    if (moved < 0)
        code = scope_fail(err, SCOPE_IO, errno, "copy %s to %s", from, to);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return code;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"store", "store-wal", "store-shm"};
    for (size_t i = 0; i < 3; i++) {
        char *path = scope_format("%s/%s", folder, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(folder);
}

/* Reads a private copy of the file and its log. */
static enum scope_code open_copy(struct scope_db *db, const char *log,
                                 struct scope_err *err)
{
    const char *place = getenv("TMPDIR");
    char *folder =
        scope_format("%s/scope-XXXXXX", place && *place ? place : "/tmp");
    if (!mkdtemp(folder)) {
        scope_fail(err, SCOPE_IO, errno, "%s: make a copy at %s", db->path,
                   folder);
        free(folder);
        return scope_hint(err, "its write-ahead log cannot be read in place: "
                               "set TMPDIR to a folder with room for a copy");
    }
    db->folder = folder;
    char *file = scope_format("%s/store", folder);
    char *file_log = scope_format("%s-wal", file);
    enum scope_code code = copy_file(db->path, file, err);
    if (!code)
        code = copy_file(log, file_log, err);
    if (!code)
        code = open_file(db, file, "", SQLITE_OPEN_READWRITE, err);
    if (!code)
        code = begin_reading(db, err);
    free(file);
    free(file_log);
    return code;
}

enum scope_code scope_db_open(struct scope_db *db, const char *path,
                              struct scope_err *err)
{
    *db = (struct scope_db){.path = scope_strdup(path)};
    struct stat status;
    enum scope_code code = stat_file(path, &status, err);
    if (code)
        return code;
    if (access(path, R_OK) != 0)
        return scope_fail(err, SCOPE_IO, errno, "open %s", path);
    if (status.st_size == 0)
        return scope_db_corrupt(db, err, "not a scope store, but empty");
    code = open_file(db, path, "", SQLITE_OPEN_READONLY, err);
    if (!code)
        code = begin_reading(db, err);
    int result = db->sqlite ? sqlite3_errcode(db->sqlite) & 0xff : SQLITE_OK;
    if (!code || (result != SQLITE_CANTOPEN && result != SQLITE_READONLY))
        return code;

    /* Nobody can be writing what cannot be opened for its shared memory. */
    char *log = scope_format("%s-wal", path);
    struct stat log_status;
    if (stat(log, &log_status) == 0 && log_status.st_size > 0) {
        code = open_copy(db, log, err);
    } else {
        code = open_file(db, path, "?immutable=1", SQLITE_OPEN_READONLY, err);
        if (!code)
            code = begin_reading(db, err);
    }
    free(log);
    return code;
}

void scope_db_close(struct scope_db *db)
{
    sqlite3_close_v2(db->sqlite);
    if (db->folder)
        remove_folder(db->folder);
    free(db->folder);
    free(db->path);
    *db = (struct scope_db){0};
}
