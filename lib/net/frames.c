/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps that move a connection's bytes with netbench's frames, and what
 * the peer's frames do. Nobody reads what streams carry: the payload of a frame
 * is whatever the buffer held.
 */
#include "lib/net/stage_inside.h"

#include <scope/alloc.h>
#include <string.h>

enum {
    FULL = 60 * 1024, /* of the buffer: from here on only frames without data */
};

static const struct scope_scenario_stream *
name_of(const struct scope_session *session,
        const struct scope_stream_state *stream)
{
    return &session->stage->scenario
                ->streams[session->connection->stream_base +
                          (size_t)(stream - session->streams)];
}

/* --- sending frames ------------------------------------------------------- */

static uint8_t *make_room(struct scope_session *session)
{
    if (session->out_to + SCOPE_MUX_HEAD > session->out_room) {
        memmove(session->out, session->out + session->out_from,
                session->out_to - session->out_from);
        session->out_to -= session->out_from;
        session->out_from = 0;
    }
    if (session->out_to + SCOPE_MUX_HEAD > session->out_room) {
        session->out = scope_realloc(session->out, session->out_room, 2);
        memset(session->out + session->out_room, 0, session->out_room);
        session->out_room *= 2;
    }
    return session->out + session->out_to;
}

static void put_frame(struct scope_session *session,
                      const struct scope_mux_frame *frame)
{
    uint8_t *to = make_room(session);
    session->out_to += scope_mux_write(to, frame);
    scope_stage_busy(session);
}

/* Whether data have room; else the task waits for it. */
static bool has_room(struct scope_session *session, struct scope_task *task)
{
    if (session->out_to < FULL || scope_session_flush(session))
        return true;
    if (session->state == SCOPE_SESSION_RUNNING)
        scope_task_wait(task, &session->writers);
    return false;
}

static enum scope_turn waiting(const struct scope_session *session)
{
    return session->state == SCOPE_SESSION_RUNNING ? SCOPE_TURN_WAIT
                                                   : SCOPE_TURN_GONE;
}

static void close_half(struct scope_session *session,
                       struct scope_stream_state *stream)
{
    if (stream->sending || stream->receiving)
        return;
    stream->open = false;
    if (!name_of(session, stream)->remote)
        return;
    session->closed++;
    put_frame(session, &(struct scope_mux_frame){.tag = SCOPE_MUX_MAX_STREAMS,
                                                 .amount = SCOPE_MUX_STREAMS +
                                                           session->closed});
}

static void init_stream(struct scope_session *session,
                        struct scope_stream_state *stream, bool sending,
                        bool receiving)
{
    stream->open = true;
    stream->sending = sending;
    stream->receiving = receiving;
    stream->finished = false;
    stream->sent = stream->arrived = stream->taken = 0;
    stream->sent_max = session->initial_max;
    stream->arrived_max = SCOPE_MUX_WINDOW;
}

/* --- steps ---------------------------------------------------------------- */

static enum scope_turn refuse(struct scope_session *session, const char *why)
{
    scope_session_fail(session, SCOPE_FAULT_OTHER, why);
    return SCOPE_TURN_GONE;
}

static enum scope_turn open_stream(struct scope_session *session,
                                   struct scope_task *task,
                                   struct scope_stream_state *stream,
                                   bool bidirectional)
{
    if (stream->open)
        return refuse(session, "the scenario opens a stream twice");
    if (session->opened >= session->opened_max) {
        scope_task_wait(task, &session->openers);
        return SCOPE_TURN_WAIT;
    }
    if (!has_room(session, task))
        return waiting(session);
    session->opened++;
    put_frame(session,
              &(struct scope_mux_frame){.tag = SCOPE_MUX_OPEN,
                                        .id = name_of(session, stream)->id,
                                        .flag = bidirectional});
    init_stream(session, stream, true, bidirectional);
    return SCOPE_TURN_NEXT;
}

static enum scope_turn send_frames(struct scope_session *session,
                                   struct scope_task *task,
                                   struct scope_stream_state *stream)
{
    if (!stream->sending)
        return refuse(session, "the scenario sends on a stream that it did "
                               "not open, or finished");
    for (uint64_t share = 0; task->left;) {
        uint64_t size = scope_transfer_allowed(task, &stream->send);
        if (!size)
            return SCOPE_TURN_WAIT;
        if (share >= SCOPE_STAGE_SHARE)
            return SCOPE_TURN_YIELD;
        uint64_t window = stream->sent_max - stream->sent;
        if (!window) {
            scope_task_wait(task, &stream->writers);
            return SCOPE_TURN_WAIT;
        }
        if (!has_room(session, task))
            return waiting(session);
        size = size < window ? size : window;
        size = size < SCOPE_MUX_DATA ? size : SCOPE_MUX_DATA;
        size_t room = session->out_room - session->out_to - SCOPE_MUX_HEAD;
        size = size < room ? size : room;
        put_frame(session, &(struct scope_mux_frame){
                               .tag = SCOPE_MUX_DATA_FRAME,
                               .id = name_of(session, stream)->id,
                               .flag = !name_of(session, stream)->remote,
                               .amount = size});
        session->out_to += (size_t)size;
        stream->sent += size;
        scope_transfer_took(task, &stream->send, size);
        session->stage->counts.sent += size;
        share += size;
    }
    return SCOPE_TURN_NEXT;
}

/* The peer may send more when half of what it may is used up. */
static void give_credit(struct scope_session *session,
                        struct scope_stream_state *stream)
{
    if (stream->finished ||
        stream->arrived_max - stream->taken >= SCOPE_MUX_WINDOW / 2)
        return;
    stream->arrived_max = stream->taken + SCOPE_MUX_WINDOW;
    put_frame(session, &(struct scope_mux_frame){
                           .tag = SCOPE_MUX_MAX_DATA,
                           .id = name_of(session, stream)->id,
                           .flag = !name_of(session, stream)->remote,
                           .amount = stream->arrived_max});
}

static enum scope_turn receive_frames(struct scope_session *session,
                                      struct scope_task *task,
                                      struct scope_stream_state *stream,
                                      bool all, struct scope_window *rate)
{
    if (!stream->receiving)
        return all ? SCOPE_TURN_NEXT
                   : refuse(session, "the scenario receives on a stream that "
                                     "it did not open, or finished");
    while (task->left) {
        uint64_t size = stream->arrived - stream->taken;
        if (!size && stream->finished)
            return all ? SCOPE_TURN_NEXT : scope_transfer_cut(session, task);
        if (!size) {
            scope_task_wait(task, &stream->readers);
            return SCOPE_TURN_WAIT;
        }
        uint64_t allowed = scope_transfer_allowed(task, rate);
        if (!allowed)
            return SCOPE_TURN_WAIT;
        size = size < allowed ? size : allowed;
        stream->taken += size;
        scope_transfer_took(task, rate, size);
        give_credit(session, stream);
    }
    return SCOPE_TURN_NEXT;
}

static enum scope_turn finish_sending(struct scope_session *session,
                                      struct scope_task *task,
                                      struct scope_stream_state *stream)
{
    if (!stream->sending)
        return SCOPE_TURN_NEXT;
    if (!has_room(session, task))
        return waiting(session);
    put_frame(session, &(struct scope_mux_frame){
                           .tag = SCOPE_MUX_FINISH,
                           .id = name_of(session, stream)->id,
                           .flag = !name_of(session, stream)->remote});
    stream->sending = false;
    close_half(session, stream);
    return SCOPE_TURN_NEXT;
}

static enum scope_turn finish_receiving(struct scope_session *session,
                                        struct scope_task *task,
                                        struct scope_stream_state *stream)
{
    struct scope_window none = {0};
    enum scope_turn turn = receive_frames(session, task, stream, true, &none);
    if (turn == SCOPE_TURN_NEXT && stream->receiving) {
        stream->receiving = false;
        close_half(session, stream);
    }
    return turn;
}

enum scope_turn scope_frames_step(struct scope_session *session,
                                  struct scope_task *task,
                                  const struct scope_step *step)
{
    struct scope_stream_state *stream = &session->streams[step->at];
    switch (step->code) {
    case SCOPE_STEP_OPEN_BIDIRECTIONAL:
        return open_stream(session, task, stream, true);
    case SCOPE_STEP_OPEN_SEND:
        return open_stream(session, task, stream, false);
    case SCOPE_STEP_SEND:
        return send_frames(session, task, stream);
    case SCOPE_STEP_SEND_FINISH:
        return finish_sending(session, task, stream);
    case SCOPE_STEP_RECEIVE:
        return receive_frames(session, task, stream, false, &stream->receive);
    case SCOPE_STEP_RECEIVE_ALL:
        return receive_frames(session, task, stream, true, &stream->receive);
    case SCOPE_STEP_RECEIVE_FINISH:
        return finish_receiving(session, task, stream);
    default:
        return SCOPE_TURN_NEXT;
    }
}

/* --- the peer's frames ---------------------------------------------------- */

static bool malformed(struct scope_session *session, const char *what)
{
    scope_session_fail(session, SCOPE_FAULT_MALFORMED, what);
    return false;
}

static bool take_open(struct scope_session *session,
                      const struct scope_mux_frame *frame)
{
    const struct scope_scenario_connection *connection = session->connection;
    uint32_t at = scope_scenario_stream(session->stage->scenario, connection,
                                        true, frame->id);
    if (at == SCOPE_SCENARIO_NONE || frame->id >= connection->peer_count)
        return malformed(session, "the peer opened a stream that the scenario "
                                  "does not have");
    if (session->streams[at].arrived_max)
        return malformed(session, "the peer opened a stream twice");
    init_stream(session, &session->streams[at], frame->flag, true);
    session->unaccepted--;
    scope_task_new(session->stage, session, NULL,
                   connection->peers + (uint32_t)frame->id);
    return true;
}

static bool take_data(struct scope_session *session,
                      struct scope_stream_state *stream, uint64_t size)
{
    if (stream->finished)
        return malformed(session, "data after the end of a stream");
    if (size > stream->arrived_max - stream->arrived)
        return malformed(session, "more data than the stream's window");
    stream->arrived += size;
    session->stage->counts.received += size;
    scope_tasks_wake(session->stage, &stream->readers);
    return true;
}

static bool take_max_data(struct scope_session *session,
                          struct scope_stream_state *stream, uint64_t up_to)
{
    if (stream->sent_max < up_to)
        stream->sent_max = up_to;
    scope_tasks_wake(session->stage, &stream->writers);
    return true;
}

static bool take_frame(struct scope_session *session,
                       const struct scope_mux_frame *frame)
{
    switch (frame->tag) {
    case SCOPE_MUX_OPEN:
        return take_open(session, frame);
    case SCOPE_MUX_MAX_STREAMS:
        if (session->opened_max < frame->amount)
            session->opened_max = frame->amount;
        scope_tasks_wake(session->stage, &session->openers);
        return true;
    case SCOPE_MUX_INITIAL_MAX:
        session->initial_max = frame->amount;
        return true;
    default:
        break;
    }
    uint32_t at = scope_scenario_stream(
        session->stage->scenario, session->connection, frame->flag, frame->id);
    if (at == SCOPE_SCENARIO_NONE || !session->streams[at].arrived_max)
        return malformed(session, "a frame for a stream that was not opened");
    struct scope_stream_state *stream = &session->streams[at];
    if (frame->tag == SCOPE_MUX_DATA_FRAME)
        return take_data(session, stream, frame->amount);
    if (frame->tag == SCOPE_MUX_MAX_DATA)
        return take_max_data(session, stream, frame->amount);
    stream->finished = true;
    scope_tasks_wake(session->stage, &stream->readers);
    return true;
}

bool scope_frames_read(struct scope_session *session, const char *bytes,
                       size_t size)
{
    const uint8_t *at = (const uint8_t *)bytes;
    while (size) {
        size_t used;
        struct scope_mux_frame frame;
        enum scope_mux_result result =
            scope_mux_feed(&session->mux, at, size, &used, &frame);
        if (result == SCOPE_MUX_MALFORMED)
            return malformed(session, "bytes that are no frame");
        if (result == SCOPE_MUX_FRAME && !take_frame(session, &frame))
            return false;
        at += used;
        size -= used;
    }
    return true;
}

void scope_frames_ended(struct scope_session *session)
{
    if (session->mux.have || session->mux.left) {
        scope_session_fail(session, SCOPE_FAULT_CUT,
                           "the connection ended within a frame");
        return;
    }
    if (session->unaccepted) {
        scope_session_fail(session, SCOPE_FAULT_CUT,
                           "the connection ended before the peer had opened "
                           "all its streams");
        return;
    }
    for (uint32_t i = 0; i < session->connection->stream_count; i++) {
        session->streams[i].finished = true;
        scope_tasks_wake(session->stage, &session->streams[i].readers);
    }
}
