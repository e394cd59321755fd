/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The writer's state, for the files that make it up: writer.c (life, sweeps,
 * segments), rows.c (everything that is a plain row), recover.c. */
#ifndef LIB_STORE_WRITER_INSIDE_H
#define LIB_STORE_WRITER_INSIDE_H

#include "lib/store/db.h"
#include "lib/store/segment.h"
#include "lib/store/writer.h"

/* Prepared when first used, kept until the writer is closed. */
enum scope_row {
    SCOPE_ROW_TRIAL,
    SCOPE_ROW_LABEL,
    SCOPE_ROW_FACT,
    SCOPE_ROW_SOURCE,
    SCOPE_ROW_SETTING,
    SCOPE_ROW_TARGET,
    SCOPE_ROW_METRIC,
    SCOPE_ROW_SERIES,
    SCOPE_ROW_EVENT,
    SCOPE_ROW_CLOCK,
    SCOPE_ROW_ARTIFACT,
    SCOPE_ROW_TAIL,
    SCOPE_ROW_TAIL_GONE,
    SCOPE_ROW_SEGMENT,
    SCOPE_ROW_HISTOGRAM,
    SCOPE_ROW_VERDICT,
    SCOPE_ROW_VERDICT_GONE,
    SCOPE_ROW_END,
    SCOPE_ROW_JUDGED,
    SCOPE_ROWS,
};

struct scope_writer_source {
    int64_t id; /* 0: not declared */
    size_t columns;
    bool *f64; /* [columns] */
    size_t f64_room;
    char **metrics; /* names seen, and their rows */
    int64_t *metric_ids;
    size_t metric_count, metric_room, metric_id_room;
    struct scope_window window;
};

struct scope_writer {
    struct scope_db db;
    char *path;
    int lock;                 /* file descriptor */
    bool temporary;           /* the file goes when the writer closes */
    bool writing;             /* in a transaction */
    struct scope_err failure; /* the first one; the writer is no use then */
    int64_t trial;            /* 0: none has begun */
    struct scope_writer_source *sources;
    size_t source_count;
    sqlite3_stmt *statements[SCOPE_ROWS];
    struct scope_packer *packer;
    struct scope_bytes row, directory, data;
};

/* The statement of a row kind, its transaction begun, its parameters unbound
 * but NULL. */
enum scope_code scope_writer_row(struct scope_writer *writer,
                                 enum scope_row kind, sqlite3_stmt **statement,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* Runs it. */
enum scope_code scope_writer_run(struct scope_writer *writer,
                                 sqlite3_stmt *statement,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* Makes a segment of a window and forgets its tail rows. */
enum scope_code scope_writer_seal(struct scope_writer *writer, int64_t source,
                                  const bool *f64, struct scope_window *window,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* Finishes what a writer that died has left. */
enum scope_code scope_writer_recover(struct scope_writer *writer,
                                     struct scope_err *err) SCOPE_MUST_CHECK;

#endif
