/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A connection of a scenario from its first byte to its last: what is sent and
 * received on a wire, and its end. streams.c has the steps of its tasks.
 */
#include "lib/net/stage_inside.h"

#include <endian.h>
#include <errno.h>
#include <scope/alloc.h>
#include <scope/plugin.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    OUT_SIZE = 64 * 1024,
    READS = 8, /* of a chunk each, in one turn */
};

/* --- the wire ------------------------------------------------------------- */

ssize_t scope_session_write(struct scope_session *session, const void *bytes,
                            size_t size)
{
    const struct scope_wire *wire = &session->wire;
    ssize_t sent;
    if (wire->tls) {
        /* OpenSSL wants at least what it could not send last time; only a
         * transfer that was cut is followed by less, and what it sends is
         * filling, of which there is more. */
        size_t whole = session->owed > size ? session->owed : size;
        sent = scope_tls_send(wire->tls, bytes, whole);
        session->owed = sent < 0 ? whole : 0;
        return sent > (ssize_t)size ? (ssize_t)size : sent;
    }
    do
        sent = send(wire->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent;
}

/* TCP discards what MSG_TRUNC receives (tcp(7)): a copy less. */
ssize_t scope_session_read(struct scope_session *session, size_t size,
                           bool discard)
{
    const struct scope_wire *wire = &session->wire;
    char *buffer = session->stage->buffer;
    if (session->ended)
        return 0;
    size = size < SCOPE_STAGE_CHUNK ? size : SCOPE_STAGE_CHUNK;
    ssize_t got;
    do
        got = wire->tls
                  ? scope_tls_recv(wire->tls, buffer, size)
                  : recv(wire->fd, buffer, size,
                         discard ? MSG_DONTWAIT | MSG_TRUNC : MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (!got)
        session->ended = true;
    return got;
}

void scope_session_fail_io(struct scope_session *session, int error)
{
    const struct scope_wire *wire = &session->wire;
    if (wire->tls && error == EPROTO)
        scope_session_fail(session, SCOPE_FAULT_TLS,
                           scope_tls_stream_fault(wire->tls));
    else
        scope_session_fail(session, scope_fault_of(error),
                           strerrordesc_np(error));
}

/* False when there is more than the wire takes now, or the session failed. */
bool scope_session_flush(struct scope_session *session)
{
    while (session->out_from < session->out_to) {
        ssize_t sent =
            scope_session_write(session, session->out + session->out_from,
                                session->out_to - session->out_from);
        if (sent < 0) {
            if (errno != EAGAIN)
                scope_session_fail_io(session, errno);
            return false;
        }
        session->out_from += (size_t)sent;
    }
    session->out_from = session->out_to = 0;
    return true;
}

void scope_session_finish(struct scope_session *session)
{
    if (session->finished)
        return;
    session->finished = true;
    if (session->wire.tls)
        scope_tls_stream_finish(session->wire.tls);
    shutdown(session->wire.fd, SHUT_WR);
}

/* --- its life ------------------------------------------------------------- */

static void init_streams(struct scope_session *session)
{
    for (uint32_t i = 0; i < session->connection->stream_count; i++) {
        TAILQ_INIT(&session->streams[i].readers);
        TAILQ_INIT(&session->streams[i].writers);
    }
}

static struct scope_session *
open_session(struct scope_stage *stage,
             const struct scope_scenario_connection *connection,
             const struct scope_wire *wire, void *owner)
{
    struct scope_session *session =
        scope_alloc(1, sizeof *session + connection->stream_count *
                                             sizeof(struct scope_stream_state));
    session->stage = stage;
    session->connection = connection;
    session->wire = *wire;
    session->owner = owner;
    session->checkpoints = &stage->checkpoints;
    session->opened_max = SCOPE_MUX_STREAMS;
    session->initial_max = SCOPE_MUX_WINDOW;
    session->out_room = stage->multiplex ? OUT_SIZE : sizeof(uint64_t);
    session->out = scope_alloc(session->out_room, 1);
    LIST_INIT(&session->tasks);
    TAILQ_INIT(&session->readers);
    TAILQ_INIT(&session->writers);
    TAILQ_INIT(&session->openers);
    init_streams(session);
    TAILQ_INSERT_TAIL(&stage->sessions, session, link);
    stage->running++;
    return session;
}

/* Its own thread; the peer's begin when it opens them. Without frames there is
 * nothing to open. */
static void start_tasks(struct scope_session *session)
{
    struct scope_stage *stage = session->stage;
    const struct scope_scenario_connection *connection = session->connection;
    scope_task_new(stage, session, NULL, connection->ops);
    if (stage->multiplex)
        session->unaccepted = connection->peer_count;
    else
        for (uint32_t i = 0; i < connection->peer_count; i++)
            scope_task_new(stage, session, NULL, connection->peers + i);
    /* What came before the session was there wakes nobody. */
    session->readable = true;
    scope_stage_busy(session);
}

struct scope_session *scope_stage_connected(struct scope_stage *stage,
                                            void *ticket,
                                            const struct scope_wire *wire,
                                            void *owner)
{
    struct scope_task *task = ticket;
    const struct scope_scenario *scenario = stage->scenario;
    const struct scope_step *step = &scenario->steps[task->pc];
    uint32_t base = scenario->clients[stage->client_id].connections;
    struct scope_session *session = open_session(
        stage, &scenario->connections[base + step->mine], wire, owner);
    stage->connecting--;
    session->caller = task;
    /* netbench's way to say which of the server's connections this is. */
    uint64_t id = htobe64(step->to);
    memcpy(session->out, &id, sizeof id);
    session->out_to = sizeof id;
    start_tasks(session);
    return session;
}

void scope_stage_failed(struct scope_stage *stage, void *ticket)
{
    struct scope_task *task = ticket;
    stage->connecting--;
    task->left = 1;
    scope_task_wake(stage, task);
}

struct scope_session *
scope_stage_accepted(struct scope_stage *stage,
                     const struct scope_scenario_connection *connection,
                     const struct scope_wire *wire, void *owner)
{
    struct scope_session *session =
        open_session(stage, connection, wire, owner);
    scope_checkpoints_init(&session->own, stage->scenario->checkpoint_count);
    session->checkpoints = &session->own;
    start_tasks(session);
    return session;
}

static void leave(struct scope_session *session, enum scope_fault fault,
                  const char *detail)
{
    struct scope_stage *stage = session->stage;
    stage->running--;
    TAILQ_REMOVE(&stage->sessions, session, link);
    stage->hooks->done(stage->closure, session->owner, fault, detail);
    if (!session->caller)
        return;
    session->caller->left = 1;
    scope_task_wake(stage, session->caller);
    session->caller = NULL;
}

void scope_session_fail(struct scope_session *session, enum scope_fault fault,
                        const char *detail)
{
    struct scope_stage *stage = session->stage;
    struct scope_task *task;
    if (session->state == SCOPE_SESSION_GONE)
        return;
    while ((task = LIST_FIRST(&session->tasks)))
        scope_task_free(stage, task);
    /* One that lingers has done its part: its peer may leave as it likes. */
    if (session->state == SCOPE_SESSION_LINGERING)
        TAILQ_REMOVE(&stage->lingering, session, link);
    else
        leave(session, fault, detail);
    session->state = SCOPE_SESSION_GONE;
    scope_stage_busy(session);
}

void scope_session_settle(struct scope_session *session)
{
    struct scope_stage *stage = session->stage;
    if (session->state != SCOPE_SESSION_RUNNING || session->unaccepted ||
        !LIST_EMPTY(&session->tasks) || !scope_session_flush(session))
        return;
    leave(session, SCOPE_FAULT_OTHER, NULL);
    scope_session_finish(session);
    session->state = SCOPE_SESSION_LINGERING;
    session->linger_ns = scope_now_ns() + SCOPE_SESSION_LINGER_NS;
    TAILQ_INSERT_TAIL(&stage->lingering, session, link);
    session->readable = true;
    scope_stage_busy(session);
}

static void free_session(struct scope_session *session)
{
    struct scope_stage *stage = session->stage;
    if (session->busy)
        TAILQ_REMOVE(&stage->busy, session, busy_link);
    stage->hooks->gone(stage->closure, session->owner);
    scope_checkpoints_free(&session->own);
    free(session->out);
    free(session);
}

void scope_session_free(struct scope_session *session)
{
    struct scope_stage *stage = session->stage;
    struct scope_task *task;
    while ((task = LIST_FIRST(&session->tasks)))
        scope_task_free(stage, task);
    if (session->state == SCOPE_SESSION_RUNNING) {
        stage->running--;
        TAILQ_REMOVE(&stage->sessions, session, link);
    } else if (session->state == SCOPE_SESSION_LINGERING) {
        TAILQ_REMOVE(&stage->lingering, session, link);
    }
    free_session(session);
}

/* --- what is to be done for it -------------------------------------------- */

/* Reads until there is nothing more, or enough for now. */
static void read_on(struct scope_session *session)
{
    bool frames =
        session->stage->multiplex && session->state == SCOPE_SESSION_RUNNING;
    for (unsigned i = 0; i < READS && session->readable; i++) {
        ssize_t got = scope_session_read(session, SCOPE_STAGE_CHUNK, !frames);
        if (got < 0) {
            session->readable = false;
            if (errno != EAGAIN)
                scope_session_fail_io(session, errno);
            return;
        }
        if (got > 0)
            scope_stage_spend(session->stage, (uint64_t)got);
        if (!got) {
            session->readable = false;
            if (session->state == SCOPE_SESSION_LINGERING)
                scope_session_fail(session, SCOPE_FAULT_OTHER, NULL);
            else
                scope_frames_ended(session);
            return;
        }
        if (frames &&
            !scope_frames_read(session, session->stage->buffer, (size_t)got))
            return;
    }
}

void scope_session_tend(struct scope_session *session)
{
    struct scope_stage *stage = session->stage;
    if (session->state == SCOPE_SESSION_RUNNING && session->out_to &&
        scope_session_flush(session))
        scope_tasks_wake(stage, &session->writers);
    if (session->readable &&
        (stage->multiplex || session->state == SCOPE_SESSION_LINGERING))
        read_on(session);
    scope_session_settle(session);
    if (session->state == SCOPE_SESSION_GONE)
        free_session(session);
    else if (session->readable &&
             (stage->multiplex || session->state == SCOPE_SESSION_LINGERING))
        scope_stage_busy(session);
}

void scope_session_event(struct scope_session *session, uint32_t events)
{
    const uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    struct scope_stage *stage = session->stage;
    if (events & (EPOLLIN | ended)) {
        session->readable = true;
        scope_tasks_wake(stage, &session->readers);
    }
    if (events & (EPOLLOUT | ended))
        scope_tasks_wake(stage, &session->writers);
    scope_stage_busy(session);
}
