/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The dataset's state, for the files that make it up: dataset.c (life),
 * catalog.c (everything but samples), samples.c and hists.c. */
#ifndef LIB_STORE_DATASET_INSIDE_H
#define LIB_STORE_DATASET_INSIDE_H

#include "lib/store/db.h"
#include "lib/store/reader.h"
#include "lib/store/segment.h"

/* A segment that was looked into: its directory, and the groups read so
 * far. */
struct scope_loaded_segment {
    struct scope_segment segment;
    uint8_t **groups; /* unpacked, or NULL */
    size_t group_count;
};

struct scope_stored_segment {
    int64_t id;
    int64_t start_ns, end_ns;
    size_t data_size;
    struct scope_loaded_segment *loaded; /* or NULL */
};

struct scope_stored_source {
    int64_t id;
    const char *name;
    bool driver;
    size_t columns;
    bool *f64;
    size_t segment_count;
    struct scope_stored_segment *segments; /* by time */
    struct scope_window tail;
};

struct scope_series_place {
    size_t source; /* index */
    size_t column;
};

/* What belongs to the trial of the same index. */
struct scope_stored_trial {
    struct scope_store_file *file;
    size_t source_count;
    struct scope_stored_source *sources;
    struct scope_series *series;       /* the trial's */
    struct scope_series_place *places; /* of each series */
};

struct scope_store_file {
    struct scope_db db;
    sqlite3_blob *blob; /* on the segment read last, or NULL */
};

struct scope_dataset {
    size_t file_count;
    struct scope_store_file *files;
    size_t trial_count, trial_room, inside_room;
    struct scope_trial *trials;
    struct scope_stored_trial *inside;
    void **kept; /* freed with the dataset */
    size_t kept_count, kept_room;
    size_t loaded_bytes; /* in loaded segments, of all trials */
};

/* The dataset frees it; returns it. */
void *scope_dataset_keep(struct scope_dataset *dataset, void *memory);

/* Appends the trials of an open file, without their samples. */
enum scope_code scope_catalog_load(struct scope_dataset *dataset,
                                   struct scope_store_file *file,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* Forgets what was read of segments, but that of `but`. */
void scope_dataset_forget(struct scope_dataset *dataset,
                          const struct scope_stored_segment *but);

#endif
