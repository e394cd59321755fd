/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loading a store's rows: what catalog.c (trials and what describes them) and
 * sources.c (sources, their series and where the samples are) share. */
#ifndef LIB_STORE_CATALOG_H
#define LIB_STORE_CATALOG_H

#include "lib/store/dataset_inside.h"

/* The trial that is being loaded. */
struct scope_loading {
    struct scope_dataset *dataset;
    struct scope_store_file *file;
    struct scope_trial *trial;
    struct scope_stored_trial *inside;
    struct scope_target *targets; /* by id */
    size_t target_count;
    struct scope_err *err;
};

/* A text column, kept with the dataset. */
const char *scope_loading_text(struct scope_loading *load, sqlite3_stmt *rows,
                               int column);

/* A number from the file that must be one of 1 to most. */
enum scope_code scope_loading_number(struct scope_loading *load,
                                     sqlite3_stmt *rows, int column, int most,
                                     const char *what, int *number);

/* Calls each() for every row of a query about `id`, which is ?1. */
enum scope_code
scope_loading_rows(struct scope_loading *load, const char *sql, int64_t id,
                   enum scope_code (*each)(struct scope_loading *load,
                                           sqlite3_stmt *rows, void *closure),
                   void *closure);

/* The trial's target of an id, or NULL. */
const struct scope_target *
scope_loading_target(const struct scope_loading *load, int64_t id);

/* The sources of the trial with their series, segments and tails. */
enum scope_code scope_loading_sources(struct scope_loading *load);

#endif
