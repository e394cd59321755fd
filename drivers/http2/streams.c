/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What became of requests. One that the server has not processed, as it says
 * itself (REFUSED_STREAM, or a GOAWAY that leaves it out: RFC 9113, section
 * 8.7), is sent again; so is one that does no harm twice when the connection
 * was closed in silence.
 */
#include "drivers/http2/connection.h"

#include <scope/plugin.h>
#include <stdio.h>
#include <string.h>

static void free_stream(struct connection *connection, struct stream *stream)
{
    STAILQ_INSERT_TAIL(&connection->idle, stream, link);
}

/* The oldest first, in whatever order the session gives them up: else one
 * could be refused for ever while others pass it. */
static void send_again(struct scope_worker *worker,
                       struct connection *connection, struct stream *stream)
{
    struct stream_list *again = &connection->again;
    struct stream *before = NULL;
    struct stream *at = STAILQ_FIRST(again);
    worker->tally.counts.retries++;
    stream->tries++;
    while (at && at->exchange.number < stream->exchange.number) {
        before = at;
        at = STAILQ_NEXT(at, link);
    }
    if (before)
        STAILQ_INSERT_AFTER(again, before, stream, link);
    else
        STAILQ_INSERT_HEAD(again, stream, link);
}

/* --- those that were answered --------------------------------------------- */

static void answer_http(struct scope_worker *worker,
                        struct connection *connection, struct stream *stream,
                        int64_t now_ns)
{
    const struct driver *driver = driver_of(worker);
    char detail[SCOPE_DETAIL_SIZE];
    if (stream->status < 200 || stream->status >= 600)
        scope_slot_lost(worker, &connection->slot, SCOPE_FAULT_MALFORMED, NULL,
                        "request: a status that is none");
    else if (driver->expect.any &&
             !scope_expect_end(&driver->expect, &stream->view, stream->status,
                               stream->length, detail, sizeof detail))
        scope_slot_lost(worker, &connection->slot, SCOPE_FAULT_INVALID, NULL,
                        detail);
    else
        scope_slot_answered(worker, &connection->slot, &stream->exchange,
                            stream->status / 100U - 1, now_ns);
}

static void answer_grpc(struct scope_worker *worker,
                        struct connection *connection, struct stream *stream,
                        int64_t now_ns)
{
    const struct driver *driver = driver_of(worker);
    char detail[SCOPE_DETAIL_SIZE];
    int status = grpc_end(&stream->grpc, stream->status, detail, sizeof detail);
    bool good = status >= 0;
    if (good && !(driver->grpc.expected >> status & 1U)) {
        scope_slot_lost(
            worker, &connection->slot, SCOPE_FAULT_INVALID, grpc_names[status],
            *stream->grpc.text ? stream->grpc.text : "the server says no more");
        return;
    }
    if (good && driver->expect.any)
        good = scope_expect_end(&driver->expect, &stream->view, stream->status,
                                stream->grpc.size, detail, sizeof detail);
    if (good)
        scope_slot_answered(worker, &connection->slot, &stream->exchange,
                            (unsigned)status, now_ns);
    else
        scope_slot_lost(worker, &connection->slot, SCOPE_FAULT_INVALID, NULL,
                        detail);
}

/* --- those that were not -------------------------------------------------- */

/* The server's clock may find first that a call is too late. */
static bool is_overdue(const struct scope_worker *worker,
                       const struct stream *stream, int64_t now_ns)
{
    return stream->exchange.sent_ns <= scope_worker_timeout_ns(worker, now_ns);
}

static void count_timeout(struct scope_worker *worker,
                          struct connection *connection)
{
    bool call = driver_of(worker)->grpc.on;
    scope_slot_lost(worker, &connection->slot, SCOPE_FAULT_TIMEOUT,
                    call ? grpc_names[GRPC_DEADLINE_EXCEEDED] : NULL,
                    "request: no answer within the timeout");
}

static void count_reset(struct scope_worker *worker,
                        struct connection *connection, struct stream *stream,
                        int64_t now_ns)
{
    char name[SCOPE_NAME_SIZE];
    char detail[SCOPE_DETAIL_SIZE];
    if (driver_of(worker)->grpc.on && is_overdue(worker, stream, now_ns)) {
        count_timeout(worker, connection);
        return;
    }
    session_name(name, "rst-", stream->code);
    snprintf(detail, sizeof detail, "request: the server reset the stream: %s",
             nghttp2_http2_strerror(stream->code));
    scope_slot_lost(worker, &connection->slot, SCOPE_FAULT_RESET, name, detail);
}

static void conclude(struct scope_worker *worker, struct connection *connection,
                     struct stream *stream, int64_t now_ns)
{
    char detail[SCOPE_DETAIL_SIZE];
    if (stream->code == NGHTTP2_REFUSED_STREAM && !stream->ended) {
        worker->tally.counts.own[OWN_REFUSED]++;
        if (stream->tries < TRIES_MAX) {
            send_again(worker, connection, stream);
            return;
        }
    }
    if (stream->ended && driver_of(worker)->grpc.on) {
        answer_grpc(worker, connection, stream, now_ns);
    } else if (stream->ended) {
        answer_http(worker, connection, stream, now_ns);
    } else if (stream->reset || stream->code == NGHTTP2_REFUSED_STREAM) {
        count_reset(worker, connection, stream, now_ns);
    } else {
        snprintf(detail, sizeof detail, "request: malformed answer: %s",
                 nghttp2_http2_strerror(stream->code));
        scope_slot_lost(worker, &connection->slot, SCOPE_FAULT_MALFORMED, NULL,
                        detail);
    }
    free_stream(connection, stream);
}

void streams_resume(struct connection *connection)
{
    struct stream *stream;
    if (STAILQ_EMPTY(&connection->again))
        return;
    connection_wants(connection);
    while ((stream = STAILQ_FIRST(&connection->again))) {
        STAILQ_REMOVE_HEAD(&connection->again, link);
        if (session_submit(connection, stream))
            continue;
        STAILQ_INSERT_HEAD(&connection->again, stream, link);
        connection->slot.drained = true;
        connection->slot.room = 0;
        return;
    }
}

/* Whether there were any. */
static bool conclude_all(struct scope_worker *worker,
                         struct connection *connection, int64_t now_ns)
{
    struct stream *stream;
    bool any = false;
    while ((stream = STAILQ_FIRST(&connection->done))) {
        STAILQ_REMOVE_HEAD(&connection->done, link);
        conclude(worker, connection, stream, now_ns);
        any = true;
    }
    return any;
}

void streams_settle(struct scope_worker *worker, struct connection *connection,
                    int64_t now_ns)
{
    struct scope_slot *slot = &connection->slot;
    bool any = conclude_all(worker, connection, now_ns);
    if (!slot->drained)
        streams_resume(connection);
    if (slot->drained && !connection->live)
        scope_slot_reopen(worker, slot, now_ns);
    else if (any || slot->out < slot->room)
        scope_slot_next(worker, slot, now_ns);
}

/* Whether it may be sent again although the server may have seen it. */
static bool may_repeat(const struct connection *connection,
                       const struct stream *stream, bool silent)
{
    return silent && connection->slot.proven && !stream->status &&
           stream->message->request->idempotent && stream->tries < TRIES_MAX;
}

void streams_lose(struct scope_worker *worker, struct connection *connection,
                  enum scope_fault fault, const char *name, const char *what)
{
    const struct driver *driver = driver_of(worker);
    bool silent = fault == SCOPE_FAULT_CLOSED || fault == SCOPE_FAULT_RESET;
    char detail[SCOPE_DETAIL_SIZE];
    snprintf(detail, sizeof detail, "request: %s", what);
    conclude_all(worker, connection, scope_now_ns());
    for (int64_t i = 0; i < driver->options.streams; i++) {
        struct stream *stream = &connection->streams[i];
        if (!stream->id)
            continue;
        stream->id = 0;
        connection->live--;
        if (may_repeat(connection, stream, silent)) {
            send_again(worker, connection, stream);
            continue;
        }
        scope_slot_lost(worker, &connection->slot,
                        silent && stream->status ? SCOPE_FAULT_CUT : fault,
                        name, detail);
        free_stream(connection, stream);
    }
}

/* A stream that is too late is given up; a connection on which nothing at all
 * has come since it was sent is dead. */
void streams_check(struct scope_worker *worker, struct connection *connection,
                   int64_t now_ns)
{
    const struct driver *driver = driver_of(worker);
    int64_t limit_ns = scope_worker_timeout_ns(worker, now_ns);
    bool any = false;
    bool dead = false;
    for (int64_t i = 0; i < driver->options.streams; i++) {
        struct stream *stream = &connection->streams[i];
        if (!stream->id || stream->exchange.sent_ns > limit_ns)
            continue;
        any = true;
        dead = dead || connection->heard_ns <= stream->exchange.sent_ns;
        nghttp2_session_set_stream_user_data(connection->session, stream->id,
                                             NULL);
        nghttp2_submit_rst_stream(connection->session, NGHTTP2_FLAG_NONE,
                                  stream->id, NGHTTP2_CANCEL);
        if (connection->last == stream)
            connection->last = NULL;
        stream->id = 0;
        connection->live--;
        count_timeout(worker, connection);
        free_stream(connection, stream);
    }
    if (!any)
        return;
    connection_wants(connection);
    if (dead)
        connection_lose(worker, connection, SCOPE_FAULT_TIMEOUT,
                        "nothing came on the connection");
    else
        streams_settle(worker, connection, now_ns);
}
