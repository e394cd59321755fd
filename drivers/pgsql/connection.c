/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opens, uses and closes connections through libpq's asynchronous functions,
 * on the thread's loop. libpq reads once for each event, so its descriptors are
 * watched by level.
 */
#include "drivers/pgsql/connection.h"

#include "drivers/pgsql/session.h"

#include <errno.h>
#include <scope/alloc.h>
#include <string.h>

enum scope_fault connection_fault_kind(const char *message)
{
    static const int errors[] = {ECONNREFUSED, ECONNRESET,    EPIPE,
                                 ENETUNREACH,  EHOSTUNREACH,  ETIMEDOUT,
                                 EMFILE,       EADDRNOTAVAIL, ENFILE};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (strstr(message, strerror(errors[i])))
            return scope_fault_of(errors[i]);
    if (strstr(message, strerror(ENOENT)))
        return SCOPE_FAULT_REFUSED; /* the socket of a server that is not */
    if (strstr(message, "SSL") || strstr(message, "certificate"))
        return SCOPE_FAULT_TLS;
    return strstr(message, "closed") ? SCOPE_FAULT_CLOSED : SCOPE_FAULT_OTHER;
}

/* --- opening -------------------------------------------------------------- */

static void watch(struct scope_worker *worker, struct connection *connection,
                  uint32_t events)
{
    connection->events = events;
    scope_loop_set(&worker->loop, PQsocket(connection->conn), events,
                   &connection->client.slot);
}

static void fail_open(struct scope_worker *worker,
                      struct connection *connection, int64_t now_ns)
{
    char *message = connection_fault(connection->conn);
    scope_slot_failed(worker, &connection->client.slot,
                      connection_fault_kind(message), message, now_ns);
    free(message);
}

void connection_open(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns)
{
    struct connection *connection = (struct connection *)slot;
    struct parameters parameters;
    sql_client_ready(worker, &connection->client);
    parameters_fill(&parameters, worker->closure);
    connection->begun_ns = now_ns;
    connection->client.setup = 0;
    connection->client.sent = connection->client.received = 0;
    connection->phase = CONNECTION_OPENING;
    connection->conn =
        PQconnectStartParams(parameters.names, parameters.values, 0);
    if (PQstatus(connection->conn) == CONNECTION_BAD) {
        fail_open(worker, connection, now_ns);
        return;
    }
    /* So that a refusal comes with its SQLSTATE. */
    PQsetErrorVerbosity(connection->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection->conn, ignore_notice, NULL);
    watch(worker, connection, EPOLLOUT);
}

void connection_open_timeout(struct scope_worker *worker,
                             struct scope_slot *slot, int64_t now_ns)
{
    const struct connection *connection = (struct connection *)slot;
    scope_slot_failed(worker, slot, SCOPE_FAULT_CONNECT_TIMEOUT,
                      connection->phase == CONNECTION_OPENING
                          ? "not connected and logged in in time"
                          : "its first statements were not answered in time",
                      now_ns);
}

void connection_flush(struct scope_worker *worker,
                      struct connection *connection)
{
    uint32_t events = EPOLLIN;
    if (PQflush(connection->conn) == 1)
        events |= EPOLLOUT;
    if (events != connection->events)
        watch(worker, connection, events);
}

static bool send_setup(struct connection *connection,
                       const struct sql_command *command)
{
    if (!command->statement)
        return PQsendQuery(connection->conn, command->text);
    return PQsendPrepare(connection->conn, command->statement->handle,
                         command->statement->placed, 0, NULL);
}

void connection_set_up(struct scope_worker *worker,
                       struct connection *connection, int64_t now_ns)
{
    struct sql_command command;
    bool more = sql_client_setup(worker, &connection->client, &command);
    bool good = !more || send_setup(connection, &command);
    if (!more && connection_pipelines(worker))
        good = PQenterPipelineMode(connection->conn);
    if (!good) {
        fail_open(worker, connection, now_ns);
    } else if (more) {
        connection_flush(worker, connection);
    } else {
        connection->phase = CONNECTION_WORKING;
        scope_tally_connect(&worker->tally, now_ns - connection->begun_ns, -1);
        scope_slot_ready(worker, &connection->client.slot, now_ns);
    }
}

/* The descriptor may be another one after each step. */
static void go_on_opening(struct scope_worker *worker,
                          struct connection *connection, int64_t now_ns)
{
    switch (PQconnectPoll(connection->conn)) {
    case PGRES_POLLING_READING:
        watch(worker, connection, EPOLLIN);
        break;
    case PGRES_POLLING_WRITING:
        watch(worker, connection, EPOLLOUT);
        break;
    case PGRES_POLLING_OK:
        PQsetnonblocking(connection->conn, 1);
        watch(worker, connection, EPOLLIN);
        connection->phase = CONNECTION_PREPARING;
        connection_set_up(worker, connection, now_ns);
        break;
    default:
        fail_open(worker, connection, now_ns);
    }
}

/* --- using ---------------------------------------------------------------- */

static bool send_statement(struct scope_worker *worker,
                           struct connection *connection,
                           const struct sql_command *command)
{
    const struct sql_statement *statement = command->statement;
    struct sql_client *client = &connection->client;
    if (statement->mode == SQL_SIMPLE)
        return PQsendQuery(connection->conn,
                           sql_client_text(worker, client, statement));
    const char **values = worker->own;
    int count = (int)statement->binding_count;
    for (int i = 0; i < count; i++)
        values[i] = client->values[statement->bindings[i]].text;
    if (!client->prepared[command->index])
        return PQsendQueryParams(connection->conn, statement->placed, count,
                                 NULL, values, NULL, NULL, 0);
    return PQsendQueryPrepared(connection->conn, statement->handle, count,
                               values, NULL, NULL, 0);
}

void connection_perform(struct scope_worker *worker, struct sql_client *client,
                        const struct sql_command *command, int64_t now_ns)
{
    struct connection *connection = (struct connection *)client;
    (void)now_ns;
    bool sent = command->statement
                    ? send_statement(worker, connection, command)
                    : PQsendQuery(connection->conn, command->text);
    if (sent && connection_pipelines(worker))
        sent = PQpipelineSync(connection->conn);
    /* What could not be sent is found out when it is read: the socket of a
     * connection that is lost is readable. */
    if (sent)
        connection_flush(worker, connection);
}

void connection_event(struct scope_worker *worker, struct scope_slot *slot,
                      uint32_t events)
{
    struct connection *connection = (struct connection *)slot;
    if (connection->phase == CONNECTION_OPENING)
        go_on_opening(worker, connection, scope_now_ns());
    if (connection->phase < CONNECTION_PREPARING)
        return;
    if (events & EPOLLOUT)
        connection_flush(worker, connection);
    if (events & ~(uint32_t)EPOLLOUT)
        connection_read(worker, connection);
}

/* --- closing -------------------------------------------------------------- */

void connection_shut(struct scope_worker *worker, struct scope_slot *slot)
{
    struct connection *connection = (struct connection *)slot;
    sql_client_forget(&connection->client);
    if (connection->conn) {
        sql_client_bytes(worker, &connection->client,
                         PQsocket(connection->conn));
        PQfinish(connection->conn);
    }
    connection->conn = NULL;
    connection->phase = CONNECTION_CLOSED;
    connection_clear(connection);
}

void connection_worker_close(struct scope_worker *worker)
{
    for (size_t i = 0; i < worker->count; i++)
        sql_client_free(worker,
                        (struct sql_client *)scope_worker_slot(worker, i));
}

struct cancel {
    struct sql_errand errand;
    PGcancel *cancel;
};

static void run_cancel(struct sql_errand *errand)
{
    char ignored[256];
    PQcancel(((struct cancel *)errand)->cancel, ignored, sizeof ignored);
}

static void free_cancel(struct sql_errand *errand)
{
    PQfreeCancel(((struct cancel *)errand)->cancel);
    free(errand);
}

struct sql_errand *connection_cancel(const struct sql_driver *driver,
                                     struct sql_client *client)
{
    (void)driver;
    PGcancel *cancel = PQgetCancel(((struct connection *)client)->conn);
    if (!cancel)
        return NULL;
    struct cancel *errand = scope_alloc(1, sizeof *errand);
    *errand = (struct cancel){
        .errand = {.run = run_cancel, .free = free_cancel}, .cancel = cancel};
    return &errand->errand;
}
