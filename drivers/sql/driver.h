/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the drivers of SQL servers have in common around the engine: the
 * workload, its tables, the first look at the server, cancelling.
 */
#ifndef DRIVERS_SQL_DRIVER_H
#define DRIVERS_SQL_DRIVER_H

#include "drivers/sql/options.h"
#include "drivers/sql/workload.h"
#include "lib/base/text.h"

#include <pthread.h>

struct sql_client;
struct sql_command;
struct sql_driver;

/* Something that blocks, done by a thread apart. */
struct sql_errand {
    struct sql_errand *next;
    void (*run)(struct sql_errand *errand);
    void (*free)(struct sql_errand *errand);
};

/* What knows one server's library. */
struct sql_server {
    const char *name;
    enum sql_dialect dialect;
    /* A session that blocks, for what comes before and after the load. */
    enum scope_code (*login)(const struct sql_driver *driver, void **session,
                             struct scope_err *err);
    void (*logout)(void *session);
    /* Runs one statement; *value, to free(): the first of its result, NULL
     * when there is none. value may be NULL. */
    enum scope_code (*ask)(void *session, const char *sql, char **value,
                           struct scope_err *err);
    /* Has a statement parsed. */
    enum scope_code (*parse)(void *session,
                             const struct sql_statement *statement,
                             struct scope_err *err);
    /* COPY: its statement, its bytes in any portions, its end; NULL: rows come
     * with INSERT. */
    enum scope_code (*copy_begin)(void *session, const char *sql,
                                  struct scope_err *err);
    enum scope_code (*copy)(void *session, const char *bytes, size_t size,
                            struct scope_err *err);
    enum scope_code (*copy_end)(void *session, struct scope_err *err);
    /* Sends a command on an open connection. */
    void (*perform)(struct scope_worker *worker, struct sql_client *client,
                    const struct sql_command *command, int64_t now_ns);
    /* What stops the statement that the connection waits for, or NULL. */
    struct sql_errand *(*cancel)(const struct sql_driver *driver,
                                 struct sql_client *client);
    size_t binding_size; /* worker->own has as many as any statement binds */
    struct scope_protocol protocol; /* its kinds are the workload's */
};

struct sql_driver {
    struct sql_options options;
    const struct sql_server *server;
    struct scope_protocol protocol;
    struct sql_workload workload;
    char *where;   /* "HOST:PORT" or the socket, for messages */
    char *address; /* of the host, found once; NULL: it is a socket */
    /* The errands and who runs them. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t runner;
    bool running, leave, busy;
    size_t errand_count;
    struct sql_errand *errands;
};

/* A driver's op `open`: the engine is its self. */
enum scope_code sql_driver_open(const struct sql_server *server,
                                const struct sql_options *options, void **self,
                                struct scope_err *err) SCOPE_MUST_CHECK;

/* Takes an errand; too many are dropped. From any thread. */
void sql_driver_errand(struct sql_driver *driver, struct sql_errand *errand);

/* Makes the tables as options say; drops those that scope made. */
enum scope_code sql_tables_make(const struct sql_driver *driver, void *session,
                                struct scope_err *err) SCOPE_MUST_CHECK;
void sql_tables_drop(const struct sql_driver *driver, void *session);

/* Adds a value as SQL writes it. */
void sql_literal(enum sql_dialect dialect, struct scope_text *text,
                 const struct sql_value *value);

#endif
