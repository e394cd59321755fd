/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens, uses and closes connections: which operation follows which. */
#include "drivers/mysql/connection.h"

#include "drivers/mysql/session.h"

#include <errmsg.h>
#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Of a server that ends a connection and says so. */
enum { SERVER_SHUTDOWN = 1053, CONNECTION_KILLED = 1927 };

static void pump(struct scope_worker *worker, struct connection *connection,
                 int ready);

static const struct sql_driver *driver_of(const struct scope_worker *worker)
{
    return worker->closure;
}

/* --- faults --------------------------------------------------------------- */

/* "Can't connect to server on 'HOST' (111)": the errno is only there. */
static int errno_of(const char *message)
{
    const char *number = strchr(message, '(');
    while (number && (number[1] < '0' || number[1] > '9'))
        number = strchr(number + 1, '(');
    return number ? (int)strtol(number + 1, NULL, 10) : 0;
}

static enum scope_fault fault_of(unsigned number, const char *message)
{
    switch (number) {
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
        return errno_of(message) == ENOENT ? SCOPE_FAULT_REFUSED
                                           : scope_fault_of(errno_of(message));
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case SERVER_SHUTDOWN:
    case CONNECTION_KILLED:
        return SCOPE_FAULT_CLOSED;
    case CR_SSL_CONNECTION_ERROR:
        return SCOPE_FAULT_TLS;
    default:
        return SCOPE_FAULT_OTHER;
    }
}

/* The connection's own errors end it; those of its statements do not. */
static bool ends_connection(unsigned number)
{
    return (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
           number == SERVER_SHUTDOWN || number == CONNECTION_KILLED;
}

/* What went wrong, said at the statement when not at the connection. */
struct fault {
    unsigned number;
    const char *state, *words;
};

static struct fault fault_at(const struct connection *connection)
{
    MYSQL_STMT *stmt = connection->current;
    if (!mysql_errno(connection->mysql) && stmt && mysql_stmt_errno(stmt))
        return (struct fault){mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt),
                              mysql_stmt_error(stmt)};
    return (struct fault){mysql_errno(connection->mysql),
                          mysql_sqlstate(connection->mysql),
                          mysql_error(connection->mysql)};
}

static void fail_open(struct scope_worker *worker,
                      struct connection *connection, const char *why,
                      int64_t now_ns)
{
    const struct fault at = fault_at(connection);
    char *words = why ? scope_strdup(why)
                      : scope_format("%s (SQLSTATE %s)", at.words, at.state);
    enum scope_fault fault = why ? SCOPE_FAULT_TLS : fault_of(at.number, words);
    scope_slot_failed(worker, &connection->client.slot, fault, words, now_ns);
    free(words);
}

/* The command that is out has failed. */
static void fail_command(struct scope_worker *worker,
                         struct connection *connection, int64_t now_ns)
{
    const struct fault at = fault_at(connection);
    const unsigned number = at.number;
    char *words = scope_strdup(at.words);
    char state[SQLSTATE_LENGTH + 1];
    snprintf(state, sizeof state, "%s", at.state);
    connection->rows = connection->bytes = 0;
    if (ends_connection(number)) {
        bool said = number < CR_MIN_ERROR || number > CR_MAX_ERROR;
        sql_client_gone(worker, &connection->client, fault_of(number, words),
                        said ? state : NULL, words, now_ns);
    } else {
        const struct sql_outcome outcome = {
            .failed = true, .sqlstate = state, .message = words};
        sql_client_done(worker, &connection->client, &outcome, now_ns);
    }
    free(words);
}

/* --- opening -------------------------------------------------------------- */

void connection_open(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns)
{
    struct connection *connection = (struct connection *)slot;
    const struct sql_driver *driver = driver_of(worker);
    sql_client_ready(worker, &connection->client);
    if (!connection->statements)
        connection->statements =
            scope_alloc(driver->workload.statement_count, sizeof(MYSQL_STMT *));
    connection->client.setup = 0;
    connection->client.sent = connection->client.received = 0;
    connection->begun_ns = now_ns;
    connection->fd = -1;
    connection->mysql = session_new(driver);
    mysql_options(connection->mysql, MYSQL_OPT_NONBLOCK, NULL);
    connection->operation = OPERATION_CONNECT;
    connection->begun = false;
    pump(worker, connection, 0);
}

void connection_open_timeout(struct scope_worker *worker,
                             struct scope_slot *slot, int64_t now_ns)
{
    scope_slot_failed(worker, slot, SCOPE_FAULT_CONNECT_TIMEOUT,
                      "not connected and logged in in time", now_ns);
}

static void start(struct connection *connection, enum operation operation)
{
    connection->operation = operation;
    connection->begun = false;
    connection->failed = 0;
}

static void set_up(struct scope_worker *worker, struct connection *connection,
                   int64_t now_ns)
{
    struct sql_command command;
    connection->rows = connection->bytes = 0;
    if (!sql_client_setup(worker, &connection->client, &command)) {
        connection->working = true;
        scope_tally_connect(&worker->tally, now_ns - connection->begun_ns, -1);
        scope_slot_ready(worker, &connection->client.slot, now_ns);
        return;
    }
    if (!command.statement) {
        connection->text = command.text;
        start(connection, OPERATION_QUERY);
        return;
    }
    MYSQL_STMT *stmt = mysql_stmt_init(connection->mysql);
    if (!stmt) {
        fail_open(worker, connection, NULL, now_ns);
        return;
    }
    connection->statements[command.index] = stmt;
    connection->current = stmt;
    connection->text = command.statement->placed;
    start(connection, OPERATION_PREPARE);
}

/* --- using ---------------------------------------------------------------- */

static void bind_values(struct scope_worker *worker,
                        struct connection *connection,
                        const struct sql_statement *statement)
{
    MYSQL_BIND *binds = worker->own;
    size_t count = statement->binding_count;
    memset(binds, 0, count * sizeof *binds);
    for (size_t i = 0; i < count; i++) {
        struct sql_value *value =
            &connection->client.values[statement->bindings[i]];
        switch (value->kind) {
        case SQL_NULL:
            binds[i].buffer_type = MYSQL_TYPE_NULL;
            break;
        case SQL_INTEGER:
            binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
            binds[i].buffer = &value->integer;
            break;
        case SQL_NUMBER:
        case SQL_TEXT:
            binds[i].buffer_type = MYSQL_TYPE_STRING;
            binds[i].buffer = (void *)(uintptr_t)value->text;
            binds[i].buffer_length = value->length;
            break;
        }
    }
    if (count)
        mysql_stmt_bind_param(connection->current, binds);
}

void connection_perform(struct scope_worker *worker, struct sql_client *client,
                        const struct sql_command *command, int64_t now_ns)
{
    struct connection *connection = (struct connection *)client;
    (void)now_ns;
    connection->rows = connection->bytes = 0;
    if (command->statement && client->prepared[command->index]) {
        connection->current = connection->statements[command->index];
        bind_values(worker, connection, command->statement);
        start(connection, OPERATION_EXECUTE);
    } else {
        connection->current = NULL;
        connection->text =
            command->statement
                ? sql_client_text(worker, client, command->statement)
                : command->text;
        start(connection, OPERATION_QUERY);
    }
    pump(worker, connection, 0);
}

/* The command that is out has been answered whole. */
static void succeed(struct scope_worker *worker, struct connection *connection,
                    int64_t now_ns)
{
    if (!connection->working) {
        set_up(worker, connection, now_ns);
        return;
    }
    const struct sql_outcome outcome = {.rows = connection->rows,
                                        .bytes = connection->bytes};
    sql_client_done(worker, &connection->client, &outcome, now_ns);
}

static void connected(struct scope_worker *worker,
                      struct connection *connection, int64_t now_ns)
{
    if (!connection->made)
        fail_open(worker, connection, NULL, now_ns);
    else if (!session_is_safe(driver_of(worker), connection->mysql))
        fail_open(worker, connection, "the server does not support TLS",
                  now_ns);
    else
        set_up(worker, connection, now_ns);
}

/* What failed with a text or a result of it is known at the connection; with a
 * prepared statement, there too. */
static bool has_failed(const struct connection *connection,
                       enum operation operation)
{
    if (operation == OPERATION_STORE)
        return !connection->result && mysql_errno(connection->mysql);
    if (operation == OPERATION_NEXT || operation == OPERATION_NEXT_BINARY)
        return connection->failed > 0;
    return connection->failed;
}

/* The operation has ended well: what follows it. */
static void follow(struct scope_worker *worker, struct connection *connection,
                   enum operation operation, int64_t now_ns)
{
    switch (operation) {
    case OPERATION_QUERY:
    case OPERATION_NEXT:
        start(connection, OPERATION_STORE);
        return;
    case OPERATION_STORE:
        operation_count(connection);
        if (!mysql_more_results(connection->mysql))
            break;
        start(connection, OPERATION_NEXT);
        return;
    case OPERATION_EXECUTE:
    case OPERATION_NEXT_BINARY:
        if (mysql_stmt_field_count(connection->current)) {
            start(connection, OPERATION_STORE_BINARY);
            return;
        }
        connection->rows += mysql_stmt_affected_rows(connection->current);
        break;
    case OPERATION_STORE_BINARY:
        operation_count_binary(connection);
        if (!mysql_stmt_more_results(connection->current))
            break;
        start(connection, OPERATION_NEXT_BINARY);
        return;
    default:
        break;
    }
    succeed(worker, connection, now_ns);
}

static void ended(struct scope_worker *worker, struct connection *connection)
{
    enum operation operation = connection->operation;
    int64_t now_ns = scope_now_ns();
    connection->operation = OPERATION_NONE;
    if (operation == OPERATION_CONNECT)
        connected(worker, connection, now_ns);
    else if (!has_failed(connection, operation))
        follow(worker, connection, operation, now_ns);
    else if (connection->working)
        fail_command(worker, connection, now_ns);
    else if (!ends_connection(fault_at(connection).number) &&
             sql_client_unprepared(worker, &connection->client))
        set_up(worker, connection, now_ns);
    else
        fail_open(worker, connection, NULL, now_ns);
}

static void watch(struct scope_worker *worker, struct connection *connection)
{
    uint32_t events = 0;
    if (connection->awaits & MYSQL_WAIT_READ || !connection->awaits)
        events |= EPOLLIN;
    if (connection->awaits & MYSQL_WAIT_WRITE)
        events |= EPOLLOUT;
    if (connection->awaits & MYSQL_WAIT_EXCEPT)
        events |= EPOLLPRI;
    int fd = mysql_get_socket(connection->mysql);
    if (fd == connection->fd && events == connection->events)
        return;
    connection->fd = fd;
    connection->events = events;
    scope_loop_set(&worker->loop, fd, events, &connection->client.slot);
}

/* Operation after operation, until one must wait for the socket or there is
 * none. What follows one, even a connection opened anew, is only noted within
 * and begun here, so that nothing nests. */
static void pump(struct scope_worker *worker, struct connection *connection,
                 int ready)
{
    if (connection->pumping)
        return;
    connection->pumping = true;
    while (connection->operation != OPERATION_NONE) {
        bool begun = connection->begun;
        connection->begun = true;
        connection->awaits =
            begun ? operation_go_on(connection, ready)
                  : operation_begin(driver_of(worker), connection);
        if (connection->awaits)
            break;
        connection->begun = false;
        ended(worker, connection);
    }
    connection->pumping = false;
    if (connection->mysql && (connection->awaits || connection->working))
        watch(worker, connection);
}

void connection_event(struct scope_worker *worker, struct scope_slot *slot,
                      uint32_t events)
{
    struct connection *connection = (struct connection *)slot;
    int ready = 0;
    if (connection->operation == OPERATION_NONE) {
        /* Nothing was asked: a server says something only at the end. */
        if (connection->mysql)
            sql_client_gone(worker, &connection->client, SCOPE_FAULT_CLOSED,
                            NULL, "closed by the server", scope_now_ns());
        return;
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        ready |= MYSQL_WAIT_READ;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        ready |= MYSQL_WAIT_WRITE;
    if (events & EPOLLPRI)
        ready |= MYSQL_WAIT_EXCEPT;
    ready &= connection->awaits;
    if (ready)
        pump(worker, connection, ready);
}

/* --- closing -------------------------------------------------------------- */

void connection_shut(struct scope_worker *worker, struct scope_slot *slot)
{
    struct connection *connection = (struct connection *)slot;
    bool busy = connection->operation != OPERATION_NONE;
    sql_client_forget(&connection->client);
    connection->operation = OPERATION_NONE;
    connection->begun = connection->working = false;
    connection->awaits = 0;
    if (!connection->mysql)
        return;
    int fd = mysql_get_socket(connection->mysql);
    if (fd >= 0)
        sql_client_bytes(worker, &connection->client, fd);
    /* Saying goodbye would wait for a server that does not listen. */
    if (busy && fd >= 0)
        shutdown(fd, SHUT_RDWR);
    if (connection->result)
        mysql_free_result(connection->result);
    connection->result = NULL;
    mysql_close(connection->mysql);
    connection->mysql = NULL;
    connection->current = NULL;
    for (size_t i = 0; i < driver_of(worker)->workload.statement_count; i++) {
        if (connection->statements[i])
            mysql_stmt_close(connection->statements[i]);
        connection->statements[i] = NULL;
    }
}

void connection_worker_close(struct scope_worker *worker)
{
    for (size_t i = 0; i < worker->count; i++) {
        struct connection *connection =
            (struct connection *)scope_worker_slot(worker, i);
        free(connection->statements);
        sql_client_free(worker, &connection->client);
    }
}
