/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/2 (RFC 9113) with nghttp2, which does frames, header compression, flow
 * control and the state of streams. Here: requests from what it hands over,
 * answers, and bounds on what a peer can make us keep: streams at once, bytes
 * of headers and bodies on their way in, streams reset in a row; control
 * frames are answered only while the peer reads the answers.
 */
#include "lib/net/httpd_http2.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

bool httpd_http2_there(void)
{
    return true;
}

/* --- streams ---------------------------------------------------------------
 */

static struct httpd_stream *stream_new(struct httpd_http2 *http2, int32_t id)
{
    struct httpd_stream *stream = TAILQ_FIRST(&http2->spare);
    if (stream) {
        TAILQ_REMOVE(&http2->spare, stream, link);
        struct httpd_buffer head = stream->head;
        struct httpd_mark *marks = stream->marks;
        size_t room = stream->mark_room;
        head.size = 0;
        *stream = (struct httpd_stream){
            .head = head, .marks = marks, .mark_room = room};
    } else {
        stream = scope_alloc(1, sizeof *stream);
    }
    stream->http2 = http2;
    stream->id = id;
    stream->begun_ns = http2->peer->thread->now_ns;
    TAILQ_INSERT_TAIL(&http2->coming, stream, link);
    return stream;
}

static void stream_free(struct httpd_stream *stream)
{
    httpd_buffer_free(&stream->head);
    free(stream->marks);
    free(stream);
}

static void drop_answer(struct httpd_stream *stream)
{
    free(stream->owned);
    free(stream->headers);
    stream->owned = stream->headers = NULL;
}

void httpd_http2_come(struct httpd_stream *stream)
{
    if (stream->answered)
        return;
    stream->answered = true;
    TAILQ_REMOVE(&stream->http2->coming, stream, link);
    TAILQ_INSERT_TAIL(&stream->http2->going, stream, link);
}

static void release(struct httpd_stream *stream)
{
    struct httpd_http2 *http2 = stream->http2;
    httpd_http2_come(stream);
    TAILQ_REMOVE(&http2->going, stream, link);
    if (stream->due.place) {
        scope_due_remove(&http2->peer->thread->dues, &stream->due);
        httpd_http2_unhold(stream);
    }
    drop_answer(stream);
    httpd_body_free(http2->peer->thread->httpd, &stream->body);
    if (stream->head.room > 4096)
        httpd_buffer_free(&stream->head);
    TAILQ_INSERT_HEAD(&http2->spare, stream, link);
}

void httpd_http2_unhold(struct httpd_stream *stream)
{
    stream->http2->held--;
    atomic_fetch_sub_explicit(&stream->http2->peer->thread->httpd->held, 1,
                              memory_order_relaxed);
}

/* --- what nghttp2 hands over -----------------------------------------------
 */

static int on_begin_headers(nghttp2_session *session,
                            const nghttp2_frame *frame, void *closure)
{
    struct httpd_http2 *http2 = closure;
    if (frame->hd.type != NGHTTP2_HEADERS ||
        frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    nghttp2_session_set_stream_user_data(
        session, frame->hd.stream_id, stream_new(http2, frame->hd.stream_id));
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, uint8_t flags,
                     void *closure)
{
    (void)flags;
    (void)closure;
    struct httpd_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    /* Trailers change nothing. */
    if (!stream || stream->answered ||
        frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    if (stream->head.size + name_size + value_size > SCOPE_HTTP1_REQUEST_MAX ||
        stream->mark_count == SCOPE_HTTP1_FIELDS_MAX) {
        stream->refused = 431;
        return 0;
    }
    const struct httpd_mark mark = {stream->head.size, name_size, value_size};
    httpd_buffer_add(&stream->head, (const char *)name, name_size);
    httpd_buffer_add(&stream->head, (const char *)value, value_size);
    stream->marks = scope_grow(stream->marks, &stream->mark_room,
                               stream->mark_count, sizeof *stream->marks);
    stream->marks[stream->mark_count++] = mark;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *bytes, size_t size, void *closure)
{
    (void)flags;
    struct httpd_http2 *http2 = closure;
    struct httpd_stream *stream =
        nghttp2_session_get_stream_user_data(session, id);
    if (!stream || stream->answered)
        return 0;
    struct scope_httpd *httpd = http2->peer->thread->httpd;
    stream->body_size += size;
    if (stream->body_size > httpd->options.body_max)
        stream->refused = 413;
    else if (stream->kept &&
             !httpd_body_add(httpd, &stream->body, (const char *)bytes, size))
        stream->refused = 503;
    if (stream->refused)
        httpd_http2_answer(stream);
    return 0;
}

/* More are begun and given up than are answered: work for nothing. */
static int count_reset(struct httpd_http2 *http2)
{
    enum { SLACK = 1000 };
    if (++http2->resets <= SLACK + http2->answers)
        return 0;
    return nghttp2_session_terminate_session(http2->session,
                                             NGHTTP2_ENHANCE_YOUR_CALM);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *closure)
{
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        return count_reset(closure);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct httpd_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (!stream || stream->answered)
        return 0;
    bool ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    stream->whole |= ended;
    if (ended || stream->refused)
        httpd_http2_answer(stream);
    else if (frame->hd.type == NGHTTP2_HEADERS)
        httpd_http2_await(stream);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error,
                    void *closure)
{
    (void)error;
    (void)closure;
    struct httpd_stream *stream =
        nghttp2_session_get_stream_user_data(session, id);
    if (stream) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        release(stream);
    }
    return 0;
}

/* An answer that is out before the request was whole: the rest is not wanted
 * (RFC 9113, section 8.1). */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame,
                   void *closure)
{
    (void)closure;
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    const struct httpd_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream && !stream->whole)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id,
                                  NGHTTP2_NO_ERROR);
    return 0;
}

/* A frame of an answer's body: its head, and bytes that httpd_http2_read
 * promised. */
static int on_send_data(nghttp2_session *session, nghttp2_frame *frame,
                        const uint8_t *head, size_t size,
                        nghttp2_data_source *source, void *closure)
{
    (void)session;
    (void)frame;
    struct httpd_http2 *http2 = closure;
    struct httpd_peer *peer = http2->peer;
    if (peer->broken)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (peer->queue.count)
        return NGHTTP2_ERR_WOULDBLOCK;
    httpd_put(peer, (const char *)head, 9);
    httpd_http2_put(source->ptr, size);
    return 0;
}

/* --- the connection --------------------------------------------------------
 */

static nghttp2_session *session_new(struct httpd_http2 *http2)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session = NULL;
    if (nghttp2_session_callbacks_new(&callbacks))
        return NULL;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, on_send_data);
    if (nghttp2_session_server_new(&session, callbacks, http2))
        session = NULL;
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

void httpd_http2_open(struct httpd_peer *peer)
{
    static const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTPD_STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, HTTPD_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, SCOPE_HTTP1_REQUEST_MAX},
    };
    struct httpd_http2 *http2 = scope_alloc(1, sizeof *http2);
    peer->http2 = http2;
    http2->peer = peer;
    TAILQ_INIT(&http2->coming);
    TAILQ_INIT(&http2->going);
    TAILQ_INIT(&http2->spare);
    http2->session = session_new(http2);
    if (!http2->session ||
        nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings,
                                sizeof settings / sizeof *settings) ||
        nghttp2_session_set_local_window_size(http2->session, NGHTTP2_FLAG_NONE,
                                              0, HTTPD_WINDOW))
        peer->broken = true;
}

static void free_all(struct httpd_streams *streams)
{
    struct httpd_stream *stream;
    while ((stream = TAILQ_FIRST(streams))) {
        TAILQ_REMOVE(streams, stream, link);
        stream_free(stream);
    }
}

void httpd_http2_close(struct httpd_peer *peer)
{
    struct httpd_http2 *http2 = peer->http2;
    struct httpd_stream *stream;
    while ((stream = TAILQ_FIRST(&http2->coming)) ||
           (stream = TAILQ_FIRST(&http2->going)))
        release(stream);
    free_all(&http2->spare);
    nghttp2_session_del(http2->session);
    free(http2);
    peer->http2 = NULL;
}

void httpd_http2_send(struct httpd_peer *peer)
{
    nghttp2_session *session = peer->http2->session;
    while (!peer->queue.count && !peer->broken) {
        const uint8_t *bytes;
        ssize_t size = nghttp2_session_mem_send(session, &bytes);
        if (size < 0)
            peer->broken = true;
        if (size <= 0)
            break;
        httpd_put(peer, (const char *)bytes, (size_t)size);
    }
    if (!nghttp2_session_want_read(session) &&
        !nghttp2_session_want_write(session)) {
        peer->closing = true;
        peer->linger = true;
    }
}

size_t httpd_http2_take(struct httpd_peer *peer, char *bytes, size_t size)
{
    ssize_t used = nghttp2_session_mem_recv(peer->http2->session,
                                            (const uint8_t *)bytes, size);
    if (used < 0) {
        /* No HTTP/2 at all. */
        peer->closing = true;
        return size;
    }
    httpd_http2_send(peer);
    return size;
}

int64_t httpd_http2_deadline(const struct httpd_peer *peer)
{
    const struct scope_httpd_options *options = &peer->thread->httpd->options;
    const struct httpd_stream *oldest = TAILQ_FIRST(&peer->http2->coming);
    if (oldest && options->request_ns)
        return oldest->begun_ns + options->request_ns;
    if (peer->http2->held || !options->idle_ns)
        return INT64_MAX;
    return peer->active_ns + options->idle_ns;
}
