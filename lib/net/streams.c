/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The steps that move a connection's bytes, without frames: the connection is
 * its one stream. With frames they are frames.c's.
 */
#include "lib/net/stage_inside.h"

#include <errno.h>
#include <scope/plugin.h>

/* What is sent: nobody reads it. */
static const char filling[SCOPE_STAGE_CHUNK];

/* The period that the present time lies in: right after the last one, when it
 * was waited for, so that no time adds up between them. */
static void turn_window(struct scope_window *window, int64_t now_ns)
{
    int64_t late_ns = now_ns - window->until_ns;
    int64_t from_ns = window->until_ns && late_ns < window->period_ns
                          ? window->until_ns
                          : now_ns;
    window->until_ns = from_ns + window->period_ns;
    window->left = window->bytes;
}

uint64_t scope_transfer_allowed(struct scope_task *task,
                                struct scope_window *window)
{
    if (!window->bytes)
        return task->left;
    int64_t now_ns = scope_now_ns();
    if (now_ns >= window->until_ns)
        turn_window(window, now_ns);
    if (!window->left && task->left)
        task->wake_ns = window->until_ns;
    return task->left < window->left ? task->left : window->left;
}

enum scope_turn scope_transfer_cut(struct scope_session *session,
                                   struct scope_task *task)
{
    enum scope_turn turn = scope_task_cut(session->stage, task);
    if (turn != SCOPE_TURN_WAIT)
        return turn;
    scope_session_fail(session, SCOPE_FAULT_CUT,
                       "the stream ended before all was received");
    return SCOPE_TURN_GONE;
}

static enum scope_turn send_some(struct scope_session *session,
                                 struct scope_task *task,
                                 struct scope_window *window)
{
    if (session->out_to && !scope_session_flush(session))
        goto wait;
    for (uint64_t share = 0; task->left;) {
        uint64_t size = scope_transfer_allowed(task, window);
        if (!size)
            return SCOPE_TURN_WAIT;
        if (share >= SCOPE_STAGE_SHARE)
            return SCOPE_TURN_YIELD;
        if (size > sizeof filling)
            size = sizeof filling;
        ssize_t sent = scope_session_write(session, filling, (size_t)size);
        if (sent < 0 && errno == EAGAIN)
            goto wait;
        if (sent < 0) {
            scope_session_fail_io(session, errno);
            return SCOPE_TURN_GONE;
        }
        scope_transfer_took(task, window, (uint64_t)sent);
        session->stage->counts.sent += (uint64_t)sent;
        share += (uint64_t)sent;
    }
    return SCOPE_TURN_NEXT;
wait:
    if (session->state != SCOPE_SESSION_RUNNING)
        return SCOPE_TURN_GONE;
    scope_task_wait(task, &session->writers);
    return SCOPE_TURN_WAIT;
}

/* all: until the stream ends, and not so many bytes. */
static enum scope_turn receive_some(struct scope_session *session,
                                    struct scope_task *task,
                                    struct scope_window *window, bool all)
{
    for (uint64_t share = 0; task->left;) {
        uint64_t size = scope_transfer_allowed(task, window);
        if (!size)
            return SCOPE_TURN_WAIT;
        if (share >= SCOPE_STAGE_SHARE)
            return SCOPE_TURN_YIELD;
        if (size > SCOPE_STAGE_CHUNK)
            size = SCOPE_STAGE_CHUNK;
        ssize_t got = scope_session_read(session, (size_t)size, true);
        if (got > 0) {
            scope_transfer_took(task, window, (uint64_t)got);
            session->stage->counts.received += (uint64_t)got;
            share += (uint64_t)got;
        } else if (got == 0) {
            return all ? SCOPE_TURN_NEXT : scope_transfer_cut(session, task);
        } else if (errno == EAGAIN) {
            scope_task_wait(task, &session->readers);
            return SCOPE_TURN_WAIT;
        } else {
            scope_session_fail_io(session, errno);
            return SCOPE_TURN_GONE;
        }
    }
    return SCOPE_TURN_NEXT;
}

static void begin_transfer(struct scope_task *task,
                           const struct scope_step *step)
{
    if (task->begun)
        return;
    task->begun = true;
    task->left =
        step->code == SCOPE_STEP_SEND || step->code == SCOPE_STEP_RECEIVE
            ? step->amount
            : UINT64_MAX;
}

static void set_rate(struct scope_window *window, const struct scope_step *step)
{
    *window = (struct scope_window){.bytes = step->amount,
                                    .period_ns = step->period_ns};
}

enum scope_turn scope_session_step(struct scope_session *session,
                                   struct scope_task *task,
                                   const struct scope_step *step)
{
    struct scope_stream_state *stream = &session->streams[step->at];
    struct scope_window none = {0};
    begin_transfer(task, step);
    if (step->code == SCOPE_STEP_SEND_RATE)
        set_rate(&stream->send, step);
    else if (step->code == SCOPE_STEP_RECEIVE_RATE)
        set_rate(&stream->receive, step);
    else if (session->stage->multiplex)
        return scope_frames_step(session, task, step);
    switch (step->code) {
    case SCOPE_STEP_SEND:
        return send_some(session, task, &stream->send);
    case SCOPE_STEP_RECEIVE:
        return receive_some(session, task, &stream->receive, false);
    case SCOPE_STEP_RECEIVE_ALL:
        return receive_some(session, task, &stream->receive, true);
    case SCOPE_STEP_RECEIVE_FINISH:
        return receive_some(session, task, &none, true);
    case SCOPE_STEP_SEND_FINISH:
        if (session->out_to && !scope_session_flush(session)) {
            if (session->state != SCOPE_SESSION_RUNNING)
                return SCOPE_TURN_GONE;
            scope_task_wait(task, &session->writers);
            return SCOPE_TURN_WAIT;
        }
        scope_session_finish(session);
        return SCOPE_TURN_NEXT;
    default:
        return SCOPE_TURN_NEXT;
    }
}
