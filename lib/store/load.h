/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writer's recovery, the reader and the check all read of a source:
 * the types of its columns and its tail. */
#ifndef LIB_STORE_LOAD_H
#define LIB_STORE_LOAD_H

#include "lib/store/db.h"
#include "lib/store/window.h"

/* A source's columns: f64[i] says that column i holds doubles. free(f64). */
enum scope_code scope_load_columns(const struct scope_db *db, int64_t source,
                                   bool **f64, size_t *columns,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* A source's tail as a window, empty when there is none. */
enum scope_code scope_load_tail(const struct scope_db *db, int64_t source,
                                const bool *f64, size_t columns,
                                struct scope_window *window,
                                struct scope_err *err) SCOPE_MUST_CHECK;

#endif
