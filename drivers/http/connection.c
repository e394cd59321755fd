/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection: opened, used for one request after another, opened again
 * when the server closes it. What fails is counted under the name of what
 * happened; that a server ends a keep-alive connection between two answers is
 * no failure (RFC 9112, section 9.5).
 */
#include "drivers/http/connection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

enum {
    RECEIVE_SIZE = 256 * 1024, /* of one recv(2) */
    PEEK_SIZE = 4096,          /* enough for a head, when bodies are large */
    LARGE_BODY = 8 * 1024,     /* from here on a body is discarded unread */
};

static const struct driver *driver_of(const struct scope_worker *worker)
{
    return worker->closure;
}

static struct reader *reader_of(const struct scope_worker *worker)
{
    return worker->own;
}

static struct connection *connection_of(struct scope_slot *slot)
{
    return (struct connection *)slot;
}

/* --- what went wrong ------------------------------------------------------ */

static void count_lost(struct scope_worker *worker,
                       struct connection *connection, enum scope_fault fault,
                       const char *what)
{
    char detail[SCOPE_DETAIL_SIZE];
    snprintf(detail, sizeof detail, "request: %s", what);
    scope_slot_lost(worker, &connection->base.slot, fault, NULL, detail);
}

/* A request that was out got no answer. When the server closed a connection
 * that had worked and said nothing, its close and the request passed each
 * other on the way: the request is sent again, if that does no harm. */
static void lose(struct scope_worker *worker, struct connection *connection,
                 enum scope_fault fault, const char *what)
{
    bool silent = fault == SCOPE_FAULT_CLOSED || fault == SCOPE_FAULT_RESET;
    if (silent && connection->served && !connection->answer.begun &&
        connection->message->request->idempotent) {
        worker->tally.counts.retries++;
        connection->again = true;
    } else {
        count_lost(worker, connection, fault, what);
    }
    scope_slot_reopen(worker, &connection->base.slot, scope_now_ns());
}

static void lose_by_errno(struct scope_worker *worker,
                          struct connection *connection, int error)
{
    const char *detail;
    enum scope_fault fault =
        scope_link_fault(&connection->base.link, error, &detail);
    if (connection->answer.begun && fault != SCOPE_FAULT_TLS)
        fault = SCOPE_FAULT_CUT;
    lose(worker, connection, fault, detail);
}

/* --- answers -------------------------------------------------------------- */

static void end_of_answer(struct scope_worker *worker,
                          struct connection *connection, int64_t now_ns)
{
    const struct driver *driver = driver_of(worker);
    const struct scope_http1 *answer = &connection->answer;
    char detail[SCOPE_DETAIL_SIZE];
    worker->tally.counts.kinds[0] += answer->interim;
    if (driver->expect.any &&
        !scope_expect_end(&driver->expect, &connection->view, answer->status,
                          answer->length, detail, sizeof detail))
        scope_slot_lost(worker, &connection->base.slot, SCOPE_FAULT_INVALID,
                        NULL, detail);
    else
        scope_slot_answered(worker, &connection->base.slot,
                            &connection->exchange, answer->status / 100U - 1,
                            now_ns);
}

/* The last byte of an answer is there; excess bytes came after it. */
static void answered(struct scope_worker *worker, struct connection *connection,
                     size_t excess)
{
    int64_t now_ns = scope_now_ns();
    int64_t most = driver_of(worker)->options.per_connection;
    end_of_answer(worker, connection, now_ns);
    connection->base.slot.proven = true;
    connection->served++;
    reader_of(worker)->read_size =
        connection->received < LARGE_BODY ? RECEIVE_SIZE : PEEK_SIZE;
    if (excess)
        scope_tally_fault(&worker->tally, SCOPE_FAULT_MALFORMED, NULL,
                          "connection: bytes after the end of an answer");
    if (excess || !connection->answer.keep_alive ||
        connection->base.link.hung_up || connection->unsent ||
        (most && connection->served >= (uint64_t)most))
        scope_slot_reopen(worker, &connection->base.slot, now_ns);
    else
        scope_slot_next(worker, &connection->base.slot, now_ns);
}

static void end_of_stream(struct scope_worker *worker,
                          struct connection *connection)
{
    if (!connection->answer.begun)
        lose(worker, connection, SCOPE_FAULT_CLOSED,
             "closed before the answer began");
    else if (scope_http1_close(&connection->answer) == SCOPE_HTTP1_DONE)
        answered(worker, connection, 0);
    else
        lose(worker, connection, SCOPE_FAULT_CUT,
             scope_http1_text(SCOPE_HTTP1_CUT));
}

/* What was received, read or discarded; false when that ended the exchange. */
static bool take_bytes(struct scope_worker *worker,
                       struct connection *connection, size_t size,
                       bool discarded)
{
    struct reader *reader = reader_of(worker);
    struct scope_http1 *answer = &connection->answer;
    size_t used = size;
    reader->current = connection;
    enum scope_http1_result result =
        discarded ? scope_http1_skip(answer, size)
                  : scope_http1_feed(answer, &reader->memo, reader->buffer,
                                     size, &used);
    if (result == SCOPE_HTTP1_MORE)
        return true;
    if (result == SCOPE_HTTP1_DONE)
        answered(worker, connection, size - used);
    else
        lose(worker, connection, SCOPE_FAULT_MALFORMED,
             scope_http1_text(result));
    return false;
}

/* How much to read next; *discard: all of it is body that nobody looks at. */
static size_t room_for(const struct scope_worker *worker,
                       const struct connection *connection, bool *discard)
{
    uint64_t body = scope_http1_skippable(&connection->answer);
    *discard = body && !driver_of(worker)->expect.body;
    if (!body)
        return reader_of(worker)->read_size;
    return body < RECEIVE_SIZE ? (size_t)body : RECEIVE_SIZE;
}

/* Reads until there is nothing more. A short read says so too, unless the
 * peer has hung up: then the end of the stream is still to be seen. TLS gives a
 * record at a time. */
static void receive(struct scope_worker *worker, struct connection *connection)
{
    struct scope_link *link = &connection->base.link;
    struct reader *reader = reader_of(worker);
    for (;;) {
        bool discard;
        size_t room = room_for(worker, connection, &discard);
        /* TCP discards what MSG_TRUNC receives (tcp(7)). */
        ssize_t size = link->stream || !discard
                           ? scope_link_recv(link, reader->buffer, room)
                           : recv(link->fd, reader->buffer, room,
                                  MSG_TRUNC | MSG_DONTWAIT);
        if (size > 0) {
            worker->tally.counts.received += (uint64_t)size;
            connection->received += (uint64_t)size;
            if (!take_bytes(worker, connection, (size_t)size, discard))
                return;
            if ((size_t)size < room && !link->hung_up && !link->stream)
                return;
        } else if (size == 0) {
            end_of_stream(worker, connection);
            return;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            lose_by_errno(worker, connection, errno);
            return;
        }
    }
}

/* --- requests ------------------------------------------------------------- */

/* Sends from the first byte that is unsent: of the head, of the body, or of
 * both in one. */
static ssize_t send_rest(struct connection *connection)
{
    const struct message *message = connection->message;
    const struct scope_request *request = message->request;
    size_t body = request->body_size;
    if (connection->unsent <= body)
        return scope_link_send(&connection->base.link,
                               request->body + body - connection->unsent,
                               connection->unsent);
    size_t left = connection->unsent - body;
    char *from = message->head + message->head_size - left;
    if (!body || connection->base.link.stream)
        return scope_link_send(&connection->base.link, from, left);
    struct iovec parts[] = {
        {.iov_base = from, .iov_len = left},
        {.iov_base = (void *)(uintptr_t)request->body, .iov_len = body},
    };
    return sendmsg(connection->base.link.fd,
                   &(struct msghdr){.msg_iov = parts, .msg_iovlen = 2},
                   MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void transmit(struct scope_worker *worker, struct connection *connection)
{
    while (connection->unsent) {
        ssize_t size = send_rest(connection);
        if (size >= 0) {
            worker->tally.counts.sent += (uint64_t)size;
            connection->unsent -= (size_t)size;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            /* It may have answered before it closed. */
            connection->base.link.hung_up = true;
            receive(worker, connection);
            return;
        }
    }
}

static void put_out(struct scope_worker *worker, struct connection *connection)
{
    const struct scope_request *request = connection->message->request;
    connection->again = false;
    connection->unsent = connection->message->head_size + request->body_size;
    connection->received = 0;
    scope_http1_next(&connection->answer);
    connection->answer.no_body = request->head;
    transmit(worker, connection);
}

/* --- opening -------------------------------------------------------------- */

static const struct scope_peer *peer_of(const struct scope_worker *worker,
                                        const struct scope_link_slot *base)
{
    (void)base;
    return &driver_of(worker)->peer;
}

static void up(struct scope_worker *worker, struct scope_link_slot *base,
               int64_t now_ns)
{
    struct connection *connection = (struct connection *)base;
    connection->served = 0;
    scope_slot_ready(worker, &base->slot, now_ns);
    if (connection->again)
        put_out(worker, connection);
}

/* What waits for it fails with it: the connection is what is counted, or each
 * would count twice. */
static void down(struct scope_worker *worker, struct scope_link_slot *base)
{
    struct connection *connection = (struct connection *)base;
    if (connection->again)
        scope_slot_forgo(worker, &base->slot);
    connection->again = false;
}

static void send_request(struct scope_worker *worker, struct scope_slot *slot,
                         const struct scope_exchange *exchange)
{
    struct connection *connection = connection_of(slot);
    const struct driver *driver = driver_of(worker);
    connection->exchange = *exchange;
    connection->message =
        &driver->messages[scope_requests_pick(&driver->requests,
                                              exchange->number) -
                          driver->requests.items];
    if (slot->state == SCOPE_SLOT_OPEN) {
        put_out(worker, connection);
        return;
    }
    connection->again = true;
    scope_link_slot_open(worker, slot, exchange->sent_ns);
}

/* --- events --------------------------------------------------------------- */

static void event(struct scope_worker *worker, struct scope_link_slot *base,
                  uint32_t events)
{
    struct connection *connection = (struct connection *)base;
    const struct scope_slot *slot = &base->slot;
    if (!slot->out) {
        if (scope_link_slot_readable(events))
            scope_link_slot_idle(worker, base, reader_of(worker)->buffer,
                                 RECEIVE_SIZE);
        return;
    }
    /* TLS may have to write to read, and to read to write. */
    if (connection->unsent && ((events & EPOLLOUT) || base->link.stream))
        transmit(worker, connection);
    if (slot->state == SCOPE_SLOT_OPEN && slot->out &&
        scope_link_slot_readable(events))
        receive(worker, connection);
}

static void check(struct scope_worker *worker, struct scope_slot *slot,
                  int64_t now_ns)
{
    struct connection *connection = connection_of(slot);
    if (connection->exchange.sent_ns <= scope_worker_timeout_ns(worker, now_ns))
        lose(worker, connection, SCOPE_FAULT_TIMEOUT,
             "no answer within the timeout");
}

/* --- a thread's own ------------------------------------------------------- */

/* The lines between the first and the empty one; the parser has checked them.
 */
static void show_head(void *closure, const char *bytes, size_t size)
{
    struct scope_worker *worker = closure;
    const struct scope_expect *expect = &driver_of(worker)->expect;
    struct scope_expect_view *view = &reader_of(worker)->current->view;
    const char *end = bytes + size;
    scope_expect_begin(expect, view);
    const char *line = memchr(bytes, '\n', size);
    while (line && ++line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        const char *stop = next ? next : end;
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        if (colon) {
            const char *value = colon + 1;
            while (value < stop && (*value == ' ' || *value == '\t'))
                value++;
            while (stop > value && strchr(" \t\r", stop[-1]))
                stop--;
            scope_expect_header(expect, view, line, (size_t)(colon - line),
                                value, (size_t)(stop - value));
        }
        line = next;
    }
}

static void show_body(void *closure, const char *bytes, size_t size)
{
    struct scope_worker *worker = closure;
    scope_expect_body(&driver_of(worker)->expect,
                      &reader_of(worker)->current->view, bytes, size);
}

static enum scope_code worker_open(struct scope_worker *worker,
                                   struct scope_err *err)
{
    (void)err;
    struct reader *reader = reader_of(worker);
    reader->read_size = RECEIVE_SIZE;
    reader->buffer = scope_alloc(RECEIVE_SIZE, 1);
    reader->sight = (struct scope_http1_sight){
        .closure = worker, .head = show_head, .body = show_body};
    if (driver_of(worker)->expect.any)
        reader->memo.sight = &reader->sight;
    for (size_t i = 0; i < worker->count; i++)
        scope_link_init(
            &connection_of(scope_worker_slot(worker, i))->base.link);
    return SCOPE_OK;
}

static void worker_close(struct scope_worker *worker)
{
    struct reader *reader = reader_of(worker);
    for (size_t i = 0; i < worker->count; i++) {
        struct connection *connection =
            connection_of(scope_worker_slot(worker, i));
        scope_http1_free(&connection->answer);
        scope_expect_view_free(&connection->view);
    }
    free(reader->buffer);
}

static void close_driver(void *closure)
{
    struct driver *driver = closure;
    for (size_t i = 0; driver->messages && i < driver->requests.count; i++)
        free(driver->messages[i].head);
    free(driver->messages);
    scope_addresses_free(&driver->addresses);
    scope_tls_free(driver->tls);
    scope_requests_free(&driver->requests);
    free(driver);
}

static const struct scope_link_slot_ops link_ops = {
    .peer = peer_of,
    .up = up,
    .down = down,
    .event = event,
};

static const char *const kinds[] = {"1xx", "2xx", "3xx", "4xx", "5xx", NULL};

const struct scope_protocol http_protocol = {
    .slot_size = sizeof(struct connection),
    .worker_size = sizeof(struct reader),
    .kinds = kinds,
    .statuses = true,
    .worker_open = worker_open,
    .worker_close = worker_close,
    .open = scope_link_slot_open,
    .open_timeout = scope_link_slot_timeout,
    .send = send_request,
    .event = scope_link_slot_event,
    .check = check,
    .shut = scope_link_slot_shut,
    .linked = &link_ops,
    .close = close_driver,
};
