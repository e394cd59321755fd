/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is asked of a server: statements with parameters, transactions of them,
 * how often each comes, and the tables they need. Read once, from a preset, a
 * YAML or SQL file, or the command line; constant while threads run.
 */
#ifndef DRIVERS_SQL_WORKLOAD_H
#define DRIVERS_SQL_WORKLOAD_H

#include "drivers/sql/generator.h"
#include "drivers/sql/lexer.h"

/* How a statement is sent. */
enum sql_mode {
    SQL_PREPARED, /* prepared once a connection, its values sent apart */
    SQL_EXTENDED, /* parsed each time, its values sent apart */
    SQL_SIMPLE,   /* as one text with its values in it */
};
extern const char *const sql_mode_words[];

/* Named, and drawn once a statement (own) or once a request (shared). */
struct sql_parameter {
    char *name;
    bool shared;
    struct sql_generator generator;
};

/* A stretch of a statement's text, and the parameter that follows it. */
struct sql_piece {
    const char *text;
    size_t length;
    size_t parameter; /* SIZE_MAX: none, at the end */
};

struct sql_statement {
    char *name;
    char handle[16]; /* what it is called where it is prepared */
    struct scope_place place;
    char *sql;    /* as written */
    char *placed; /* with the server's placeholders */
    enum sql_mode mode;
    size_t first_own, own_count; /* of the workload's parameters */
    size_t binding_count;        /* placeholders */
    size_t *bindings;            /* the parameter of each */
    size_t piece_count;
    struct sql_piece *pieces;
    bool used; /* a transaction has it */
};

struct sql_step {
    size_t statement;
    uint64_t times;
    unsigned part; /* kind of its time, as a part of a transaction */
};

/* What one request is: a statement by itself, or a transaction. */
struct sql_unit {
    char *name;   /* of the kind that has its index */
    double until; /* its share and those before it, of 1 */
    double weight;
    bool transaction;
    char *begin;     /* BEGIN, or as the file says */
    double rollback; /* share that is rolled back at the end */
    size_t step_count;
    struct sql_step *steps;
};

struct sql_column {
    char *name, *type;
    bool made; /* rows get a value; else the server's default */
    struct sql_generator generator;
};

struct sql_table {
    char *name;
    struct scope_place place;
    int64_t rows;
    size_t column_count;
    struct sql_column *columns;
    char *constraints; /* SQL, or NULL */
    size_t after_count;
    char **after; /* statements when its rows are there */
};

struct sql_workload {
    enum sql_dialect dialect;
    size_t parameter_count, statement_count, unit_count, table_count;
    struct sql_parameter *parameters;
    struct sql_statement *statements;
    struct sql_unit *units;
    struct sql_table *tables;
    size_t connect_count;
    char **connect; /* SQL for each new connection */
    /* Names of the units, then of their parts: TRANSACTION/STATEMENT; NULL at
     * the end. */
    char **kinds;
    size_t kind_count;
    /* The readers' own. */
    size_t parameter_room, statement_room, unit_room, table_room;
    char *source; /* the file's name, or "preset": of all places */
};

/* What the user says of it. */
struct sql_source_options {
    enum sql_dialect dialect;
    const char *file;   /* NULL: none */
    const char *preset; /* NULL: none */
    struct scope_list statements, parameters;
    int64_t rows; /* of tables that do not say */
    int mode;     /* enum sql_mode; -1: as the workload says */
};

/* Free with sql_workload_free, also after a failure. */
enum scope_code sql_workload_open(struct sql_workload *workload,
                                  const struct sql_source_options *options,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
void sql_workload_free(struct sql_workload *workload);

/* NAME NULL at the end. */
extern const char *const sql_preset_words[];
/* YAML of a preset, by its place in the above. */
const char *sql_preset_text(int preset);

#endif
