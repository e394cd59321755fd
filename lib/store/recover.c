/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finishes a store that its writer left behind: all in one transaction, so
 * that dying here changes nothing either. */
#include "lib/store/load.h"
#include "lib/store/writer_inside.h"

#include <stdlib.h>

/* The tail of one source becomes a segment. */
static enum scope_code recover_source(struct scope_writer *writer,
                                      int64_t source, struct scope_err *err)
{
    struct scope_window window = {0};
    bool *f64 = NULL;
    size_t columns;
    enum scope_code code =
        scope_load_columns(&writer->db, source, &f64, &columns, err);
    if (!code)
        code = scope_load_tail(&writer->db, source, f64, columns, &window, err);
    if (!code)
        code = scope_writer_seal(writer, source, f64, &window, err);
    scope_window_free(&window);
    free(f64);
    return code;
}

/* Its samples end where its last segment does. */
static const char interrupt[] =
    "UPDATE trial SET status = 3, end_ns = max(start_ns, ifnull((SELECT "
    "max(segment.end_ns) FROM segment JOIN source ON source.id = segment.id "
    ">> 32 WHERE source.trial = trial.id), 0)) WHERE status = 1";

enum scope_code scope_writer_recover(struct scope_writer *writer,
                                     struct scope_err *err)
{
    static const char sql[] = "SELECT DISTINCT id >> 32 FROM tail";
    sqlite3_stmt *rows;
    enum scope_code code = scope_db_prepare(&writer->db, sql, &rows, err);
    if (code)
        return code;
    int64_t *sources = NULL;
    size_t room = 0;
    size_t count = 0;
    bool row;
    while (!(code = scope_db_step(&writer->db, rows, &row, err)) && row) {
        sources = scope_grow(sources, &room, count, sizeof *sources);
        sources[count++] = sqlite3_column_int64(rows, 0);
    }
    sqlite3_finalize(rows);
    for (size_t i = 0; i < count && !code; i++)
        code = recover_source(writer, sources[i], err);
    free(sources);
    if (!code)
        code = scope_db_exec(&writer->db, interrupt, err);
    return code ? code : scope_writer_commit(writer, err);
}
