/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection: opened, used for one request after another, opened again
 * when the server closes it. What fails is counted under the name of what
 * happened; that a server ends a keep-alive connection between two answers is
 * no failure (RFC 9112, section 9.5).
 */
#include "drivers/http/worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* After a failure the next try waits, each time twice as long. */
#define BACK_OFF_NS INT64_C(10000000)
enum { BACK_OFF_DOUBLINGS = 6 };

void connection_close(struct worker *worker, struct connection *connection)
{
    if (connection->fd >= 0) {
        close(connection->fd);
        if (connection->state == FREE || connection->state == BUSY)
            worker->tally.counts.connections--;
    }
    if (connection->state == FREE)
        TAILQ_REMOVE(&worker->free, connection, link);
    connection->fd = -1;
    connection->state = IDLE;
}

static void count_fault(struct worker *worker, enum scope_fault fault,
                        const char *during, const char *what)
{
    char detail[96];
    snprintf(detail, sizeof detail, "%s: %s", during, what);
    scope_tally_fault(&worker->tally, fault, detail);
}

static void back_off(struct worker *worker, struct connection *connection,
                     int64_t now_ns)
{
    unsigned doublings = connection->failures < BACK_OFF_DOUBLINGS
                             ? connection->failures
                             : BACK_OFF_DOUBLINGS;
    connection->failures++;
    connection->state = BACKING;
    connection->due_ns = now_ns + (BACK_OFF_NS << doublings);
    worker_check_at(worker, connection->due_ns);
}

/* Opens it again: at once when it was good before, else after a while. */
static void reopen(struct worker *worker, struct connection *connection,
                   int64_t now_ns)
{
    bool was_good = connection->reused;
    connection_close(worker, connection);
    connection->reused = false;
    if (was_good)
        connection_open(worker, connection, now_ns);
    else
        back_off(worker, connection, now_ns);
}

/* 0, or an errno. */
static int begin_connect(struct worker *worker, struct connection *connection)
{
    const struct scope_address *address =
        &worker->load->addresses->items[connection->address];
    int fd = socket(address->bytes.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = 0;
    const int yes = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) ||
        (connect(fd, (const struct sockaddr *)&address->bytes, address->size) &&
         errno != EINPROGRESS))
        error = errno;
    else
        error = scope_loop_watch(&worker->loop, fd, connection);
    if (error)
        close(fd);
    else
        connection->fd = fd;
    return error;
}

/* Tries the addresses left in this round; what the last one says counts. */
static void connect_any(struct worker *worker, struct connection *connection,
                        int error, int64_t now_ns)
{
    size_t count = worker->load->addresses->count;
    while (connection->tried < count) {
        connection->tried++;
        error = begin_connect(worker, connection);
        if (!error) {
            connection->state = CONNECTING;
            connection->due_ns =
                now_ns + worker->load->options->connect_timeout_ns;
            worker_check_at(worker, connection->due_ns);
            return;
        }
        connection->address = (connection->address + 1) % count;
    }
    count_fault(worker, scope_fault_of(error), "connect",
                strerrordesc_np(error));
    if (connection->again)
        worker->tally.counts.outstanding--;
    connection->again = false;
    back_off(worker, connection, now_ns);
}

void connection_open(struct worker *worker, struct connection *connection,
                     int64_t now_ns)
{
    connection->state = IDLE;
    if (worker_is_over(worker, now_ns) && !connection->again)
        return;
    connection->address = worker->good_address;
    connection->tried = 0;
    connect_any(worker, connection, 0, now_ns);
}

static void connect_failed(struct worker *worker, struct connection *connection,
                           int error, int64_t now_ns)
{
    connection_close(worker, connection);
    connection->address =
        (connection->address + 1) % worker->load->addresses->count;
    connect_any(worker, connection, error, now_ns);
}

/* A request that was out got no answer. When the server closed a connection
 * that had worked and said nothing, its close and the request passed each
 * other on the way: the request is sent again, if that does no harm. */
static void lose(struct worker *worker, struct connection *connection,
                 enum scope_fault fault, const char *what)
{
    int64_t now_ns = scope_now_ns();
    bool silent = fault == SCOPE_FAULT_CLOSED || fault == SCOPE_FAULT_RESET;
    if (silent && connection->reused && !connection->answer.begun &&
        worker->load->request->idempotent) {
        worker->tally.counts.retries++;
        connection->again = true;
    } else {
        count_fault(worker, fault, "request", what);
        worker->tally.counts.outstanding--;
    }
    reopen(worker, connection, now_ns);
}

/* The last byte of an answer is there; excess bytes came after it. */
static void answered(struct worker *worker, struct connection *connection,
                     size_t excess)
{
    int64_t now_ns = scope_now_ns();
    struct scope_tally *tally = &worker->tally;
    const struct scope_http1 *answer = &connection->answer;
    tally->counts.outstanding--;
    tally->counts.requests++;
    tally->counts.status[0] += answer->interim;
    tally->counts.status[answer->status / 100 - 1]++;
    scope_hist_record(&tally->timings->service, now_ns - connection->sent_ns,
                      1);
    if (worker->open)
        scope_hist_record(&tally->timings->latency,
                          now_ns - connection->intended_ns, 1);
    connection->reused = true;
    connection->failures = 0;
    worker->read_size =
        connection->received < LARGE_BODY ? RECEIVE_SIZE : PEEK_SIZE;
    if (excess)
        count_fault(worker, SCOPE_FAULT_MALFORMED, "connection",
                    "bytes after the end of an answer");
    if (excess || !answer->keep_alive || connection->hung_up ||
        connection->unsent)
        reopen(worker, connection, now_ns);
    else
        worker_free(worker, connection, now_ns);
}

static void end_of_stream(struct worker *worker, struct connection *connection)
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
static bool take_bytes(struct worker *worker, struct connection *connection,
                       size_t size, bool discarded)
{
    struct scope_http1 *answer = &connection->answer;
    size_t used = size;
    enum scope_http1_result result =
        discarded ? scope_http1_skip(answer, size)
                  : scope_http1_feed(answer, &worker->memo, worker->buffer,
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

/* Reads until there is nothing more. A short read says so too, unless the
 * peer has hung up: then the end of the stream is still to be seen. */
static void receive(struct worker *worker, struct connection *connection)
{
    for (;;) {
        uint64_t body = scope_http1_skippable(&connection->answer);
        size_t room = body ? RECEIVE_SIZE : worker->read_size;
        if (body && body < room)
            room = (size_t)body;
        /* TCP discards what MSG_TRUNC receives (tcp(7)). */
        ssize_t size = recv(connection->fd, worker->buffer, room,
                            body ? MSG_TRUNC | MSG_DONTWAIT : MSG_DONTWAIT);
        if (size > 0) {
            worker->tally.counts.received += (uint64_t)size;
            connection->received += (uint64_t)size;
            if (!take_bytes(worker, connection, (size_t)size, body > 0))
                return;
            if ((size_t)size < room && !connection->hung_up)
                return;
        } else if (size == 0) {
            end_of_stream(worker, connection);
            return;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            lose(worker, connection,
                 connection->answer.begun ? SCOPE_FAULT_CUT
                                          : scope_fault_of(errno),
                 strerrordesc_np(errno));
            return;
        }
    }
}

static void transmit(struct worker *worker, struct connection *connection)
{
    const struct request *request = worker->load->request;
    while (connection->unsent) {
        const char *from = request->bytes + request->size - connection->unsent;
        ssize_t size = send(connection->fd, from, connection->unsent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size >= 0) {
            worker->tally.counts.sent += (uint64_t)size;
            connection->unsent -= (size_t)size;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            /* It may have answered before it closed. */
            connection->hung_up = true;
            receive(worker, connection);
            return;
        }
    }
}

static void put_out(struct worker *worker, struct connection *connection)
{
    connection->state = BUSY;
    connection->unsent = worker->load->request->size;
    connection->received = 0;
    scope_http1_next(&connection->answer);
    transmit(worker, connection);
}

void connection_send(struct worker *worker, struct connection *connection,
                     int64_t intended_ns, int64_t now_ns)
{
    connection->intended_ns = intended_ns;
    connection->sent_ns = now_ns;
    worker->tally.counts.outstanding++;
    put_out(worker, connection);
}

static void finish_connect(struct worker *worker, struct connection *connection)
{
    int64_t now_ns = scope_now_ns();
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size))
        error = errno;
    if (error) {
        connect_failed(worker, connection, error, now_ns);
        return;
    }
    worker->tally.counts.connects++;
    worker->tally.counts.connections++;
    worker->good_address = connection->address;
    connection->reused = false;
    connection->hung_up = false;
    if (!connection->again) {
        worker_free(worker, connection, now_ns);
        return;
    }
    connection->again = false;
    put_out(worker, connection);
}

/* Nothing is out: bytes are not asked for, and an end is no failure. */
static void idle_event(struct worker *worker, struct connection *connection)
{
    ssize_t size =
        recv(connection->fd, worker->buffer, RECEIVE_SIZE, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (size > 0)
        count_fault(worker, SCOPE_FAULT_MALFORMED, "connection",
                    "bytes without a request");
    reopen(worker, connection, scope_now_ns());
}

void connection_event(struct worker *worker, struct connection *connection,
                      uint32_t events)
{
    const uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (connection->state == CONNECTING)
        finish_connect(worker, connection);
    if (connection->state != FREE && connection->state != BUSY)
        return;
    if (events & ended)
        connection->hung_up = true;
    if (connection->state == FREE) {
        if (events & (EPOLLIN | ended))
            idle_event(worker, connection);
        return;
    }
    if (connection->unsent && (events & EPOLLOUT))
        transmit(worker, connection);
    if (connection->state == BUSY && (events & (EPOLLIN | ended)))
        receive(worker, connection);
}

void connection_check(struct worker *worker, struct connection *connection,
                      int64_t now_ns)
{
    int64_t timeout_ns = worker->load->options->timeout_ns;
    if (connection->state == BUSY) {
        if (timeout_ns && now_ns - connection->sent_ns >= timeout_ns)
            lose(worker, connection, SCOPE_FAULT_TIMEOUT,
                 "no answer within the timeout");
        return;
    }
    if (connection->state != BACKING && connection->state != CONNECTING)
        return;
    if (now_ns < connection->due_ns)
        worker_check_at(worker, connection->due_ns);
    else if (connection->state == BACKING)
        connection_open(worker, connection, now_ns);
    else
        connect_failed(worker, connection, ETIMEDOUT, now_ns);
}
