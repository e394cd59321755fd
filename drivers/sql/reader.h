/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of a workload's parts share. */
#ifndef DRIVERS_SQL_READER_H
#define DRIVERS_SQL_READER_H

#include "drivers/sql/workload.h"

/* So much of anything, that a hostile file costs little. */
enum {
    SQL_MOST_TEXT = 1 << 20,
    SQL_MOST_PARAMETERS = 1000,
    SQL_MOST_STATEMENTS = 1000,
    SQL_MOST_TABLES = 64,
    SQL_MOST_COLUMNS = 256,
    SQL_MOST_STEPS = 256,
    SQL_MOST_TIMES = 10000,
    SQL_MOST_ROWS = 1000000000,
};

struct sql_reader {
    struct sql_workload *workload;
    const struct sql_source_options *options;
    struct scope_err *err;
};

/* A text: a scalar, or a mapping with one for each server. To free(). */
enum scope_code sql_read_text(struct sql_reader *reader,
                              const struct scope_yaml *node, const char *what,
                              char **text) SCOPE_MUST_CHECK;
/* A list of them; *count grows with each. */
enum scope_code sql_read_texts(struct sql_reader *reader,
                               const struct scope_yaml *node, const char *what,
                               char ***texts, size_t *count) SCOPE_MUST_CHECK;
/* 0 or more. */
enum scope_code sql_read_weight(struct sql_reader *reader,
                                const struct scope_yaml *node,
                                double *weight) SCOPE_MUST_CHECK;
/* Fails for a key that is not among known, NULL at the end. */
enum scope_code sql_known_key(struct sql_reader *reader,
                              const struct scope_yaml *key,
                              const char *const *known) SCOPE_MUST_CHECK;

enum scope_code sql_read_tables(struct sql_reader *reader,
                                const struct scope_yaml *node) SCOPE_MUST_CHECK;
void sql_table_free(struct sql_table *table);
/* As struct sql_sizes wants it. */
bool sql_table_rows(const void *workload, const char *name, int64_t *rows);

/* A mapping of names to generators. */
enum scope_code sql_read_parameters(struct sql_reader *reader,
                                    const struct scope_yaml *node,
                                    bool shared) SCOPE_MUST_CHECK;
/* Adds a statement; sql is taken. rules: a mapping of its other keys, of which
 * `sql` is passed over; or NULL. *weight < 0: nothing is said of it. */
enum scope_code sql_add_statement(struct sql_reader *reader, const char *name,
                                  const struct scope_place *place, char *sql,
                                  const struct scope_yaml *rules,
                                  double *weight) SCOPE_MUST_CHECK;
/* Adds what a statement or transaction is as a request; name is kept. */
struct sql_unit *sql_add_unit(struct sql_workload *workload, const char *name,
                              double weight);
enum scope_code sql_add_step(struct sql_reader *reader, struct sql_unit *unit,
                             size_t statement, int64_t times,
                             const struct scope_place *place) SCOPE_MUST_CHECK;
/* The statement's index; SIZE_MAX: there is none. */
size_t sql_find_statement(const struct sql_workload *workload,
                          const char *name);
/* Fails unless it names no other statement or transaction. */
enum scope_code
sql_check_name(struct sql_reader *reader, const char *name,
               const struct scope_place *place) SCOPE_MUST_CHECK;

enum scope_code sql_read_yaml(struct sql_reader *reader,
                              const struct scope_yaml *root) SCOPE_MUST_CHECK;
enum scope_code sql_read_script(struct sql_reader *reader,
                                const char *text) SCOPE_MUST_CHECK;

/* Takes the statement's text apart, once its parameters are known. */
enum scope_code
sql_place_parameters(struct sql_reader *reader,
                     struct sql_statement *statement) SCOPE_MUST_CHECK;

/* A place that outlives the file that was read. */
static inline struct scope_place sql_keep_place(const struct sql_reader *reader,
                                                const struct scope_place *place)
{
    struct scope_place kept = *place;
    if (kept.file)
        kept.file = reader->workload->source;
    return kept;
}

#endif
