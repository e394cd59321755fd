/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the histograms of a series. */
#include "lib/store/dataset_inside.h"

enum scope_code scope_series_hists(
    const struct scope_dataset *dataset, const struct scope_series *series,
    int64_t from_ns, int64_t to_ns,
    enum scope_code (*each)(void *closure, int64_t start_ns, int64_t end_ns,
                            const struct scope_hist *hist),
    void *closure, struct scope_err *err)
{
    size_t trial = (size_t)(series->trial - dataset->trials);
    const struct scope_stored_trial *inside = &dataset->inside[trial];
    const struct scope_series_place *place =
        &inside->places[series - series->trial->series];
    const struct scope_db *db = &inside->file->db;
    sqlite3_stmt *rows;
    enum scope_code code =
        scope_db_prepare(db,
                         "SELECT start_ns, end_ns, content FROM histogram "
                         "WHERE source = ?1 AND number = ?2 "
                         "AND start_ns >= ?3 AND end_ns <= ?4 "
                         "ORDER BY start_ns",
                         &rows, err);
    if (code)
        return code;
    sqlite3_bind_int64(rows, 1, inside->sources[place->source].id);
    sqlite3_bind_int64(rows, 2, (int64_t)place->column);
    sqlite3_bind_int64(rows, 3, from_ns);
    sqlite3_bind_int64(rows, 4, to_ns);
    bool row;
    while (!(code = scope_db_step(db, rows, &row, err)) && row) {
        struct scope_hist hist;
        code = scope_hist_decode(&hist, sqlite3_column_blob(rows, 2),
                                 (size_t)sqlite3_column_bytes(rows, 2), err);
        if (code) {
            code = scope_prefix(err, "%s: a histogram of %s.%s", db->path,
                                series->source, series->metric.name);
            break;
        }
        code = each(closure, sqlite3_column_int64(rows, 0),
                    sqlite3_column_int64(rows, 1), &hist);
        scope_hist_free(&hist);
        if (code)
            break;
    }
    sqlite3_finalize(rows);
    return code;
}
