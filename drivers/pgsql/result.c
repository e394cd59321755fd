/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes back over a connection: results, errors, its end. */
#include "drivers/pgsql/connection.h"
#include "drivers/pgsql/session.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

static uint64_t value_bytes(const PGresult *result, int rows)
{
    int columns = PQnfields(result);
    uint64_t bytes = 0;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
            bytes += (uint64_t)PQgetlength(result, row, column);
    return bytes;
}

/* True: the result is kept. */
static bool take_result(struct connection *connection, PGresult *result)
{
    int rows;
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        rows = PQntuples(result);
        connection->rows += (uint64_t)rows;
        connection->bytes += value_bytes(result, rows);
        return false;
    case PGRES_COMMAND_OK:
        connection->rows += strtoull(PQcmdTuples(result), NULL, 10);
        return false;
    case PGRES_EMPTY_QUERY:
    case PGRES_PIPELINE_SYNC:
        return false;
    default:
        connection->failed = true;
        if (connection->fault)
            return false;
        connection->fault = result;
        return true;
    }
}

void connection_clear(struct connection *connection)
{
    PQclear(connection->fault);
    connection->fault = NULL;
    connection->failed = false;
    connection->rows = connection->bytes = 0;
}

/* Of the result kept, or of the connection. To free(). */
static char *fault_words(const struct connection *connection)
{
    const char *words =
        PQresultErrorField(connection->fault, PG_DIAG_MESSAGE_PRIMARY);
    return words ? scope_strdup(words) : connection_fault(connection->conn);
}

/* "": the server did not say. */
static void fault_state(const struct connection *connection, char state[8])
{
    const char *said = PQresultErrorField(connection->fault, PG_DIAG_SQLSTATE);
    snprintf(state, 8, "%s", said ? said : "");
}

static void lose(struct scope_worker *worker, struct connection *connection,
                 int64_t now_ns)
{
    char state[8];
    char *words = fault_words(connection);
    enum scope_fault fault = connection_fault_kind(words);
    fault_state(connection, state);
    if (connection->phase == CONNECTION_PREPARING)
        scope_slot_failed(worker, &connection->client.slot, fault, words,
                          now_ns);
    else
        sql_client_gone(worker, &connection->client, fault, state, words,
                        now_ns);
    free(words);
}

/* The command that is out has ended, the connection has not. What is known of
 * it is taken first: the next command begins within. */
static void settle(struct scope_worker *worker, struct connection *connection,
                   int64_t now_ns)
{
    char state[8];
    char *words = NULL;
    if (connection->failed) {
        words = fault_words(connection);
        fault_state(connection, state);
    }
    const struct sql_outcome outcome = {
        .failed = connection->failed,
        .rows = connection->rows,
        .bytes = connection->bytes,
        .sqlstate = state,
        .message = words,
    };
    connection_clear(connection);
    sql_client_done(worker, &connection->client, &outcome, now_ns);
    free(words);
}

static void finish(struct scope_worker *worker, struct connection *connection,
                   int64_t now_ns)
{
    bool preparing = connection->phase == CONNECTION_PREPARING;
    if (PQstatus(connection->conn) == CONNECTION_BAD ||
        (preparing && connection->failed &&
         !sql_client_unprepared(worker, &connection->client))) {
        lose(worker, connection, now_ns);
    } else if (preparing) {
        connection_clear(connection);
        connection_set_up(worker, connection, now_ns);
    } else {
        settle(worker, connection, now_ns);
    }
}

/* Whether the result that was read, or NULL, ended a command. */
static bool ends(const struct scope_worker *worker,
                 const struct connection *connection, const PGresult *result)
{
    if (connection->phase == CONNECTION_WORKING && connection_pipelines(worker))
        return PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    return !result;
}

static bool is_waiting(const struct connection *connection)
{
    if (connection->phase == CONNECTION_WORKING)
        return connection->client.count;
    return connection->phase == CONNECTION_PREPARING;
}

/* Reads results as long as there are whole ones of commands out. */
void connection_read(struct scope_worker *worker, struct connection *connection)
{
    bool good = PQconsumeInput(connection->conn);
    /* In a pipeline two results follow each other with one NULL between. */
    unsigned nothing = 0;
    while (is_waiting(connection) && nothing < 2 &&
           !PQisBusy(connection->conn)) {
        PGresult *result = PQgetResult(connection->conn);
        bool end = ends(worker, connection, result);
        nothing = result || end ? 0 : nothing + 1;
        if (result && !take_result(connection, result))
            PQclear(result);
        if (!end)
            continue;
        finish(worker, connection, scope_now_ns());
        /* It was opened anew: what was read was the old one's. */
        if (connection->phase < CONNECTION_PREPARING)
            return;
    }
    if (!good || PQstatus(connection->conn) == CONNECTION_BAD)
        lose(worker, connection, scope_now_ns());
}
