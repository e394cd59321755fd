/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection's requests, whatever the server: which statement comes next,
 * with which values, and what becomes of a request when the server has
 * answered. A driver sends commands and says how they ended.
 */
#ifndef DRIVERS_SQL_CLIENT_H
#define DRIVERS_SQL_CLIENT_H

#include "drivers/sql/driver.h"
#include "lib/base/text.h"

/* What is counted beside what every driver counts. */
enum sql_count {
    SQL_COUNT_STATEMENTS,
    SQL_COUNT_ROWS,
    SQL_COUNT_BYTES,
    SQL_COUNT_ROLLBACKS,
    SQL_COUNT_CANCELS,
    SQL_COUNTS,
};

enum sql_phase {
    SQL_BEGINNING,
    SQL_STEPPING,
    SQL_ENDING,
    SQL_UNDOING, /* after an error within a transaction */
};

/* A request that is out. */
struct sql_run {
    struct scope_exchange exchange;
    const struct sql_unit *unit;
    struct sql_source source;
    uint64_t serial; /* tells the values drawn for it from those before */
    enum sql_phase phase;
    size_t step;
    uint64_t times; /* of the step, done */
    int64_t step_ns;
    int64_t tries; /* again, so far */
    bool rollback; /* it is to be rolled back in the end */
    bool again;    /* undone, it begins anew */
};

/* Begins a driver's own struct of a connection. */
struct sql_client {
    struct scope_slot slot;
    bool ready; /* made by sql_client_ready */
    uint64_t number;
    struct sql_value *values; /* of every parameter of the workload */
    uint64_t *drawn;          /* for which run */
    uint64_t serial;
    struct sql_run *runs; /* a ring of those out */
    size_t first, count;
    size_t setup;   /* commands of a new connection that are done */
    bool *prepared; /* which of the workload's statements are, there */
    struct scope_text text;
    uint64_t sent, received; /* bytes of the connection, counted already */
};

/* What the driver is to send next. */
struct sql_command {
    const char *text;                      /* as it is, when no statement */
    const struct sql_statement *statement; /* with the client's values */
    size_t index;                          /* of the statement */
};

/* How a command ended. */
struct sql_outcome {
    bool failed;
    uint64_t rows, bytes; /* of a result: bytes of its values */
    const char *sqlstate; /* of a failure */
    const char *message;  /* of a failure */
};

/* Before anything else is done with it; again: does nothing. */
void sql_client_ready(struct scope_worker *worker, struct sql_client *client);
void sql_client_free(struct scope_worker *worker, struct sql_client *client);

/* The next command of a new connection; false: there is none left. A
 * statement is to be prepared, not to be run. */
bool sql_client_setup(struct scope_worker *worker, struct sql_client *client,
                      struct sql_command *command);

/* The server refused the last of these. False: it was no statement to be
 * prepared. Else it is to be sent otherwise, so that each request with it has
 * its error. */
bool sql_client_unprepared(const struct scope_worker *worker,
                           struct sql_client *client);

/* struct scope_protocol's send and check. */
void sql_client_send(struct scope_worker *worker, struct scope_slot *slot,
                     const struct scope_exchange *exchange);
void sql_client_check(struct scope_worker *worker, struct scope_slot *slot,
                      int64_t now_ns);

/* The oldest command out has ended: the next is sent, or its request ends. */
void sql_client_done(struct scope_worker *worker, struct sql_client *client,
                     const struct sql_outcome *outcome, int64_t now_ns);
/* The connection is lost, with all that is out on it. name: the SQLSTATE when
 * the server said why, or NULL. */
void sql_client_gone(struct scope_worker *worker, struct sql_client *client,
                     enum scope_fault fault, const char *name,
                     const char *detail, int64_t now_ns);
/* Every request out is forgotten. */
void sql_client_forget(struct sql_client *client);

/* The statement as one text with its values in it; lives until the next. */
const char *sql_client_text(struct scope_worker *worker,
                            struct sql_client *client,
                            const struct sql_statement *statement);
/* Counts the bytes that have gone over a TCP socket since the last time. */
void sql_client_bytes(struct scope_worker *worker, struct sql_client *client,
                      int fd);

#endif
