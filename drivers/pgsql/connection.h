/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connections that do not block: struct scope_protocol's functions, and struct
 * sql_server's that go with them. */
#ifndef DRIVERS_PGSQL_CONNECTION_H
#define DRIVERS_PGSQL_CONNECTION_H

#include "drivers/sql/client.h"

#include <libpq-fe.h>

enum connection_phase {
    CONNECTION_CLOSED,
    CONNECTION_OPENING,
    CONNECTION_PREPARING, /* its first statements, and what is prepared */
    CONNECTION_WORKING,
};

struct connection {
    struct sql_client client;
    PGconn *conn;
    enum connection_phase phase;
    int64_t begun_ns;
    uint32_t events; /* watched for */
    /* Of the command that is out, so far. */
    bool failed;
    uint64_t rows, bytes;
    PGresult *fault; /* its first error */
};

void connection_worker_close(struct scope_worker *worker);
void connection_open(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns);
void connection_open_timeout(struct scope_worker *worker,
                             struct scope_slot *slot, int64_t now_ns);
void connection_event(struct scope_worker *worker, struct scope_slot *slot,
                      uint32_t events);
void connection_shut(struct scope_worker *worker, struct scope_slot *slot);
void connection_perform(struct scope_worker *worker, struct sql_client *client,
                        const struct sql_command *command, int64_t now_ns);
struct sql_errand *connection_cancel(const struct sql_driver *driver,
                                     struct sql_client *client);

/* --- between this driver's files ------------------------------------------ */

/* Sends what is buffered, and waits for room for what is left. */
void connection_flush(struct scope_worker *worker,
                      struct connection *connection);
/* The next command of a new connection, or it is ready. */
void connection_set_up(struct scope_worker *worker,
                       struct connection *connection, int64_t now_ns);
/* Takes what has arrived. */
void connection_read(struct scope_worker *worker,
                     struct connection *connection);
/* Forgets what is known of the command that is out. */
void connection_clear(struct connection *connection);

static inline bool connection_pipelines(const struct scope_worker *worker)
{
    return ((const struct sql_driver *)worker->closure)->options.pipeline > 1;
}

/* The kind of a fault by its words: libpq keeps no number. */
enum scope_fault connection_fault_kind(const char *message);

#endif
