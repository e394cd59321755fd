/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The life of a connection: made, settled, used, closed. What all its streams
 * have to say in one round of events goes out in one send(2).
 */
#include "drivers/http2/connection.h"

#include <errno.h>
#include <scope/plugin.h>
#include <stdio.h>
#include <string.h>

enum {
    HEAD_MAX = 64 * 1024, /* of the answer to an upgrade */
    FRAMES_MAX = 1000,    /* looked through for a GOAWAY */
};

/* --- closing -------------------------------------------------------------- */

/* Best effort: what the socket does not take at once is not worth waiting for.
 */
static void say_goodbye(struct connection *connection)
{
    const uint8_t *bytes;
    ssize_t size;
    if (connection->link.state != SCOPE_LINK_UP || connection->link.hung_up ||
        connection->out_size || connection->upgrading ||
        nghttp2_session_terminate_session(connection->session,
                                          NGHTTP2_NO_ERROR))
        return;
    while ((size = nghttp2_session_mem_send(connection->session, &bytes)) > 0)
        if (scope_link_send(&connection->link, bytes, (size_t)size) != size)
            return;
}

static void shut(struct scope_worker *worker, struct scope_slot *slot)
{
    struct connection *connection = connection_of(slot);
    if (connection->session)
        say_goodbye(connection);
    session_end(connection);
    scope_link_close(&connection->link);
    if (connection->pending)
        TAILQ_REMOVE(&carrier_of(worker)->pending, connection, flush_link);
    connection->pending = false;
    connection->upgrading = false;
    free(connection->head);
    connection->head = NULL;
    connection->head_size = 0;
    connection->out_at = 0;
    connection->out_size = 0;
}

/* Requests that wait for a connection that cannot be made. The connection
 * itself is counted: of those that waited, so is one fewer. */
static void forgo(struct scope_worker *worker, struct connection *connection,
                  enum scope_fault fault, const char *detail)
{
    struct stream *stream;
    bool first = true;
    while ((stream = STAILQ_FIRST(&connection->again))) {
        STAILQ_REMOVE_HEAD(&connection->again, link);
        STAILQ_INSERT_TAIL(&connection->idle, stream, link);
        if (first)
            scope_slot_forgo(worker, &connection->slot);
        else
            scope_slot_lost(worker, &connection->slot, fault, NULL, detail);
        first = false;
    }
}

static void fail_opening(struct scope_worker *worker,
                         struct connection *connection, enum scope_fault fault,
                         const char *what, int64_t now_ns)
{
    char detail[SCOPE_DETAIL_SIZE];
    snprintf(detail, sizeof detail, "connect: %s", what);
    forgo(worker, connection, fault, detail);
    scope_slot_failed(worker, &connection->slot, fault, detail, now_ns);
}

/* What nghttp2 found wrong it says in the GOAWAY that it would send. */
static void learn_fault(struct connection *connection)
{
    const uint8_t *bytes;
    for (int i = 0; i < FRAMES_MAX && !connection->fault; i++)
        if (nghttp2_session_mem_send(connection->session, &bytes) <= 0)
            return;
}

void connection_lose(struct scope_worker *worker, struct connection *connection,
                     enum scope_fault fault, const char *what)
{
    int64_t now_ns = scope_now_ns();
    learn_fault(connection);
    char name[SCOPE_NAME_SIZE];
    memcpy(name, connection->fault_name, sizeof name);
    if (connection->fault) {
        what = connection->fault;
        fault = *name ? SCOPE_FAULT_CLOSED : SCOPE_FAULT_MALFORMED;
    }
    connection->link.hung_up = true;
    if (connection->slot.state == SCOPE_SLOT_OPENING) {
        fail_opening(worker, connection, fault, what, now_ns);
        return;
    }
    /* A fault with nothing out is one of the connection. */
    if (!connection->live && connection->fault)
        scope_tally_fault(&worker->tally, fault, *name ? name : NULL, what);
    streams_lose(worker, connection, fault, *name ? name : NULL, what);
    scope_slot_reopen(worker, &connection->slot, now_ns);
}

/* --- sending -------------------------------------------------------------- */

/* Sends bytes; what the socket does not take is kept. False: it is broken. */
static bool transmit(struct scope_worker *worker, struct connection *connection,
                     const char *bytes, size_t size)
{
    while (size) {
        ssize_t sent = scope_link_send(&connection->link, bytes, size);
        if (sent >= 0) {
            worker->tally.counts.sent += (uint64_t)sent;
            bytes += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            return false;
        }
    }
    if (size && connection->out_room < size) {
        connection->out = scope_realloc(connection->out, size, 1);
        connection->out_room = size;
    }
    if (size)
        memmove(connection->out, bytes, size);
    connection->out_at = 0;
    connection->out_size = size;
    return true;
}

/* What was kept first. */
static bool transmit_rest(struct scope_worker *worker,
                          struct connection *connection)
{
    while (connection->out_size) {
        ssize_t sent = scope_link_send(&connection->link,
                                       connection->out + connection->out_at,
                                       connection->out_size);
        if (sent >= 0) {
            worker->tally.counts.sent += (uint64_t)sent;
            connection->out_at += (size_t)sent;
            connection->out_size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Frames of the session, as many as there are and the socket takes. */
static bool transmit_frames(struct scope_worker *worker,
                            struct connection *connection)
{
    char *gathered = carrier_of(worker)->out;
    size_t size = 0;
    while (!connection->out_size) {
        const uint8_t *bytes;
        ssize_t part = nghttp2_session_mem_send(connection->session, &bytes);
        if (part < 0) {
            errno = ENOMEM;
            return false;
        }
        if (size && (!part || size + (size_t)part > OUT_SIZE)) {
            if (!transmit(worker, connection, gathered, size))
                return false;
            size = 0;
        }
        if (!part)
            return true;
        if ((size_t)part > OUT_SIZE) {
            if (!transmit(worker, connection, (const char *)bytes,
                          (size_t)part))
                return false;
            continue;
        }
        memcpy(gathered + size, bytes, (size_t)part);
        size += (size_t)part;
    }
    return true;
}

static void receive(struct scope_worker *worker, struct connection *connection);

static void flush_connection(struct scope_worker *worker,
                             struct connection *connection)
{
    bool good = transmit_rest(worker, connection);
    if (good && connection->session && !connection->upgrading)
        good = transmit_frames(worker, connection);
    if (!good) {
        /* It may have answered before it closed. */
        connection->link.hung_up = true;
        receive(worker, connection);
        return;
    }
    if (!connection->session)
        return;
    if (!STAILQ_EMPTY(&connection->done))
        streams_settle(worker, connection, scope_now_ns());
    /* That was a GOAWAY: what came was against the protocol. */
    if (connection->session && connection->fault &&
        !nghttp2_session_want_read(connection->session))
        connection_lose(worker, connection, SCOPE_FAULT_MALFORMED, "");
}

static void flush(struct scope_worker *worker)
{
    struct connections *pending = &carrier_of(worker)->pending;
    struct connection *connection;
    while ((connection = TAILQ_FIRST(pending))) {
        TAILQ_REMOVE(pending, connection, flush_link);
        connection->pending = false;
        flush_connection(worker, connection);
    }
}

static void send_request(struct scope_worker *worker, struct scope_slot *slot,
                         const struct scope_exchange *exchange)
{
    struct connection *connection = connection_of(slot);
    const struct driver *driver = driver_of(worker);
    uint64_t most = (uint64_t)driver->options.per_connection;
    struct stream *stream = STAILQ_FIRST(&connection->idle);
    STAILQ_REMOVE_HEAD(&connection->idle, link);
    stream->exchange = *exchange;
    stream->tries = 0;
    stream->message = &driver->messages[scope_requests_pick(&driver->requests,
                                                            exchange->number) -
                                        driver->requests.items];
    if (!session_submit(connection, stream)) {
        /* It has used up its numbers: RFC 9113, section 5.1.1. */
        STAILQ_INSERT_TAIL(&connection->again, stream, link);
        slot->drained = true;
        slot->room = 0;
    }
    if (most && connection->started >= most) {
        slot->drained = true;
        slot->room = 0;
    }
    connection_wants(connection);
}

/* --- receiving ------------------------------------------------------------ */

/* The server gave up, and all that it still answers has been answered. */
static bool ended_badly(const struct connection *connection)
{
    return connection->fault && !connection->live;
}

/* The session is given bytes, and then what they brought about is done. */
static void take_bytes(struct scope_worker *worker,
                       struct connection *connection, const char *bytes,
                       size_t size)
{
    struct scope_slot *slot = &connection->slot;
    int64_t now_ns = scope_now_ns();
    connection->heard_ns = now_ns;
    bool good = session_take(connection, bytes, size);
    if (nghttp2_session_want_write(connection->session))
        connection_wants(connection);
    if (slot->state == SCOPE_SLOT_OPENING && connection->settled && good) {
        /* Those that have waited go first: they are the oldest. */
        streams_resume(connection);
        scope_slot_ready(worker, slot, now_ns);
    } else if (slot->state == SCOPE_SLOT_OPEN) {
        streams_settle(worker, connection, now_ns);
    }
    if (connection->session && (!good || ended_badly(connection)))
        connection_lose(worker, connection, SCOPE_FAULT_MALFORMED, "");
}

/* The answer to the request that asks for HTTP/2 may come in pieces. What comes
 * after it is HTTP/2 already. */
static void take_upgrade(struct scope_worker *worker,
                         struct connection *connection, const char *bytes,
                         size_t size)
{
    char detail[SCOPE_DETAIL_SIZE];
    size_t used;
    connection->head =
        scope_realloc(connection->head, connection->head_size + size, 1);
    memcpy(connection->head + connection->head_size, bytes, size);
    connection->head_size += size;
    if (!upgrade_read(connection->head, connection->head_size, &used, detail,
                      sizeof detail)) {
        if (!*detail && connection->head_size > HEAD_MAX)
            snprintf(detail, sizeof detail, "upgrade: an answer without end");
        if (*detail)
            fail_opening(worker, connection, SCOPE_FAULT_INVALID, detail,
                         scope_now_ns());
        return;
    }
    char *head = connection->head;
    size = connection->head_size - used;
    connection->upgrading = false;
    connection->head = NULL;
    connection->head_size = 0;
    connection_wants(connection);
    if (size)
        take_bytes(worker, connection, head + used, size);
    free(head);
}

static void end_of_stream(struct scope_worker *worker,
                          struct connection *connection)
{
    connection->link.hung_up = true;
    connection_lose(worker, connection, SCOPE_FAULT_CLOSED,
                    connection->settled ? "the server closed the connection"
                                        : "closed before HTTP/2 began");
}

/* Reads until there is nothing more. A short read says so too, unless the peer
 * has hung up: then the end of the stream is still to be seen. TLS gives a
 * record at a time. */
static void receive(struct scope_worker *worker, struct connection *connection)
{
    struct scope_link *link = &connection->link;
    char *in = carrier_of(worker)->in;
    while (connection->session) {
        ssize_t got = scope_link_recv(link, in, IN_SIZE);
        if (got > 0) {
            size_t size = (size_t)got;
            bool last = size < IN_SIZE && !link->hung_up && !link->stream;
            worker->tally.counts.received += size;
            if (connection->upgrading)
                take_upgrade(worker, connection, in, size);
            else
                take_bytes(worker, connection, in, size);
            if (last)
                return;
        } else if (got == 0) {
            end_of_stream(worker, connection);
            return;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            const char *detail;
            enum scope_fault fault = scope_link_fault(link, errno, &detail);
            connection_lose(worker, connection, fault, detail);
            return;
        }
    }
}

/* --- opening -------------------------------------------------------------- */

static void begin(struct scope_worker *worker, struct connection *connection,
                  int64_t now_ns)
{
    const struct driver *driver = driver_of(worker);
    struct scope_link *link = &connection->link;
    scope_tally_connect(&worker->tally, link->connected_ns - link->begun_ns,
                        link->stream ? link->up_ns - link->connected_ns : -1);
    if (link->stream && strcmp(scope_tls_alpn(link->stream), "h2") != 0) {
        fail_opening(worker, connection, SCOPE_FAULT_TLS,
                     "the server does not offer HTTP/2 (ALPN h2)", now_ns);
        return;
    }
    connection->upgrading = driver->options.upgrade;
    connection->heard_ns = now_ns;
    connection->pinged_ns = now_ns;
    int error = session_begin(connection);
    if (error) {
        fail_opening(worker, connection, SCOPE_FAULT_EXHAUSTED,
                     nghttp2_strerror(error), now_ns);
        return;
    }
    if (connection->upgrading) {
        char *text = upgrade_write(driver);
        bool good = transmit(worker, connection, text, strlen(text));
        free(text);
        if (!good)
            connection_lose(worker, connection, SCOPE_FAULT_CLOSED,
                            "closed before HTTP/2 began");
        return;
    }
    connection_wants(connection);
}

static void take_result(struct scope_worker *worker,
                        struct connection *connection,
                        enum scope_link_result result, int64_t now_ns)
{
    struct scope_link *link = &connection->link;
    if (result == SCOPE_LINK_FAILED)
        fail_opening(worker, connection, link->fault, link->detail, now_ns);
    else if (result == SCOPE_LINK_READY)
        begin(worker, connection, now_ns);
}

static void open_connection(struct scope_worker *worker,
                            struct scope_slot *slot, int64_t now_ns)
{
    struct connection *connection = connection_of(slot);
    take_result(worker, connection,
                scope_link_open(&connection->link, &driver_of(worker)->peer,
                                &worker->loop, slot, now_ns),
                now_ns);
}

static void open_timeout(struct scope_worker *worker, struct scope_slot *slot,
                         int64_t now_ns)
{
    struct connection *connection = connection_of(slot);
    if (connection->link.state == SCOPE_LINK_UP) {
        fail_opening(worker, connection, SCOPE_FAULT_CONNECT_TIMEOUT,
                     connection->upgrading ? "no answer to the upgrade"
                                           : "no SETTINGS came",
                     now_ns);
        return;
    }
    take_result(
        worker, connection,
        scope_link_timeout(&connection->link, &worker->loop, slot, now_ns),
        now_ns);
}

/* --- events --------------------------------------------------------------- */

static void event(struct scope_worker *worker, struct scope_slot *slot,
                  uint32_t events)
{
    const uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    struct connection *connection = connection_of(slot);
    struct scope_link *link = &connection->link;
    if (link->state != SCOPE_LINK_UP) {
        int64_t now_ns = scope_now_ns();
        take_result(worker, connection,
                    scope_link_event(link, &worker->loop, slot, now_ns),
                    now_ns);
        if (link->state != SCOPE_LINK_UP)
            return;
    }
    if (events & ended)
        link->hung_up = true;
    /* TLS may have to write to read, and to read to write. */
    if (connection->out_size && ((events & EPOLLOUT) || link->stream))
        connection_wants(connection);
    if (events & (EPOLLIN | ended))
        receive(worker, connection);
}

static void check(struct scope_worker *worker, struct scope_slot *slot,
                  int64_t now_ns)
{
    struct connection *connection = connection_of(slot);
    int64_t ping_ns = driver_of(worker)->options.ping_ns;
    if (ping_ns && now_ns - connection->pinged_ns >= ping_ns) {
        connection->pinged_ns = now_ns;
        nghttp2_submit_ping(connection->session, NGHTTP2_FLAG_NONE, NULL);
        connection_wants(connection);
    }
    streams_check(worker, connection, now_ns);
}

/* --- a thread's own ------------------------------------------------------- */

static enum scope_code worker_open(struct scope_worker *worker,
                                   struct scope_err *err)
{
    (void)err;
    const struct driver *driver = driver_of(worker);
    struct carrier *carrier = carrier_of(worker);
    size_t streams = (size_t)driver->options.streams;
    TAILQ_INIT(&carrier->pending);
    carrier->in = scope_alloc(IN_SIZE, 1);
    carrier->out = scope_alloc(OUT_SIZE, 1);
    for (size_t i = 0; i < worker->count; i++) {
        struct connection *connection =
            connection_of(scope_worker_slot(worker, i));
        scope_link_init(&connection->link);
        connection->worker = worker;
        connection->streams = scope_alloc(streams, sizeof(struct stream));
        STAILQ_INIT(&connection->idle);
        STAILQ_INIT(&connection->done);
        STAILQ_INIT(&connection->again);
        for (size_t n = 0; n < streams; n++)
            STAILQ_INSERT_TAIL(&connection->idle, &connection->streams[n],
                               link);
    }
    return SCOPE_OK;
}

static void worker_close(struct scope_worker *worker)
{
    const struct driver *driver = driver_of(worker);
    struct carrier *carrier = carrier_of(worker);
    for (size_t i = 0; i < worker->count; i++) {
        struct connection *connection =
            connection_of(scope_worker_slot(worker, i));
        for (int64_t n = 0; connection->streams && n < driver->options.streams;
             n++)
            scope_expect_view_free(&connection->streams[n].view);
        free(connection->streams);
        free(connection->out);
    }
    free(carrier->in);
    free(carrier->out);
}

static void close_driver(void *closure)
{
    struct driver *driver = closure;
    for (size_t i = 0; driver->messages && i < driver->requests.count; i++)
        message_free(&driver->messages[i]);
    free(driver->messages);
    sessions_close(driver);
    grpc_close(&driver->grpc);
    scope_addresses_free(&driver->addresses);
    scope_tls_free(driver->tls);
    scope_requests_free(&driver->requests);
    free(driver);
}

static const char *const classes[] = {"1xx", "2xx", "3xx", "4xx", "5xx", NULL};

#define PROTOCOL                                                               \
    .slot_size = sizeof(struct connection),                                    \
    .worker_size = sizeof(struct carrier), .worker_open = worker_open,         \
    .worker_close = worker_close, .open = open_connection,                     \
    .open_timeout = open_timeout, .send = send_request, .event = event,        \
    .flush = flush, .check = check, .shut = shut, .close = close_driver

const struct scope_protocol http2_protocol = {
    PROTOCOL,
    .kinds = classes,
    .statuses = true,
};
const struct scope_protocol grpc_protocol = {
    PROTOCOL,
    .kinds = grpc_names,
};
