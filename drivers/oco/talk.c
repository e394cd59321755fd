/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/talk.h"

#include <errno.h>
#include <scope/plugin.h>
#include <string.h>

static void show_head(void *closure, const char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    ((struct talk *)closure)->body_size = 0;
}

static void show_body(void *closure, const char *bytes, size_t size)
{
    struct talk *talk = closure;
    size_t needed = talk->body_size + size;
    if (needed > TALK_BODY_MAX) {
        talk->body_size = TALK_BODY_MAX + 1;
        return;
    }
    if (needed > talk->body_room) {
        talk->body_room = needed * 2;
        talk->body = scope_realloc(talk->body, talk->body_room, 1);
    }
    memcpy(talk->body + talk->body_size, bytes, size);
    talk->body_size = needed;
}

static bool await(struct talk *talk)
{
    int64_t now_ns = scope_now_ns();
    if (now_ns >= talk->deadline_ns)
        return false;
    scope_loop_wait(&talk->loop, now_ns, talk->deadline_ns);
    return true;
}

static enum scope_code time_out(struct scope_err *err)
{
    return scope_fail(err, SCOPE_IO, ETIMEDOUT, "ask the server");
}

static enum scope_code fail_by_errno(const struct talk *talk, const char *what,
                                     struct scope_err *err)
{
    const char *detail;
    scope_link_fault(&talk->link, errno, &detail);
    return scope_fail(err, SCOPE_IO, 0, "%s the server: %s", what, detail);
}

enum scope_code talk_open(struct talk *talk, const struct scope_peer *peer,
                          int64_t limit_ns, struct scope_err *err)
{
    *talk = (struct talk){.deadline_ns = scope_now_ns() + limit_ns};
    talk->sight = (struct scope_http1_sight){
        .closure = talk, .head = show_head, .body = show_body};
    talk->memo.sight = &talk->sight;
    talk->buffer = scope_alloc(TALK_BUFFER, 1);
    scope_link_init(&talk->link);
    enum scope_code code = scope_loop_open(&talk->loop, err);
    if (code != SCOPE_OK)
        return code;
    enum scope_link_result result =
        scope_link_open(&talk->link, peer, &talk->loop, talk, scope_now_ns());
    while (result == SCOPE_LINK_MORE) {
        if (!await(talk))
            return time_out(err);
        result =
            scope_link_event(&talk->link, &talk->loop, talk, scope_now_ns());
    }
    if (result == SCOPE_LINK_FAILED)
        return scope_fail(err, SCOPE_IO, 0, "connect to the server: %s",
                          talk->link.detail);
    return SCOPE_OK;
}

void talk_close(struct talk *talk)
{
    scope_link_close(&talk->link);
    scope_loop_close(&talk->loop);
    scope_http1_free(&talk->answer);
    free(talk->body);
    free(talk->buffer);
    *talk = (struct talk){0};
}

enum scope_code talk_send(struct talk *talk, const char *bytes, size_t size,
                          struct scope_err *err)
{
    while (size) {
        ssize_t sent = scope_link_send(&talk->link, bytes, size);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        } else if (errno == EAGAIN) {
            if (!await(talk))
                return time_out(err);
        } else if (errno != EINTR) {
            return fail_by_errno(talk, "write to", err);
        }
    }
    return SCOPE_OK;
}

static enum scope_code finish(struct talk *talk, enum scope_http1_result result,
                              struct scope_err *err)
{
    if (result != SCOPE_HTTP1_DONE)
        return scope_fail(err, SCOPE_IO, 0, "read the server's answer: %s",
                          scope_http1_text(result));
    if (talk->body_size > TALK_BODY_MAX)
        return scope_fail(err, SCOPE_IO, 0,
                          "read the server's answer: more than %d bytes",
                          TALK_BODY_MAX);
    return SCOPE_OK;
}

enum scope_code talk_read(struct talk *talk, struct scope_err *err)
{
    scope_http1_next(&talk->answer);
    for (;;) {
        while (talk->at < talk->end) {
            size_t used;
            enum scope_http1_result result = scope_http1_feed(
                &talk->answer, &talk->memo, talk->buffer + talk->at,
                talk->end - talk->at, &used);
            talk->at += used;
            if (result != SCOPE_HTTP1_MORE)
                return finish(talk, result, err);
        }
        ssize_t size = scope_link_recv(&talk->link, talk->buffer, TALK_BUFFER);
        if (size > 0) {
            talk->at = 0;
            talk->end = (size_t)size;
        } else if (size == 0) {
            return finish(talk, scope_http1_close(&talk->answer), err);
        } else if (errno == EAGAIN) {
            if (!await(talk))
                return time_out(err);
        } else if (errno != EINTR) {
            return fail_by_errno(talk, "read from", err);
        }
    }
}
