/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request of HTTP/2, from its fields to its answer. */
#include "lib/net/httpd_http2.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

/* --- the request -----------------------------------------------------------
 */

static void set_path(struct scope_httpd_request *request, const char *path,
                     size_t size)
{
    const char *question = memchr(path, '?', size);
    request->path = path;
    request->path_size = question ? (size_t)(question - path) : size;
    request->query = question ? question + 1 : path + size;
    request->query_size = (size_t)(path + size - request->query);
}

/* A field whose name begins with ':'. The one that stands for a host is given
 * as the field that HTTP/1 would have. */
static bool take_pseudo(struct scope_httpd_request *request,
                        struct scope_httpd_field *field)
{
    if (scope_httpd_is(field->name, field->name_size, ":method")) {
        request->method = field->value;
        request->method_size = field->value_size;
    } else if (scope_httpd_is(field->name, field->name_size, ":path")) {
        set_path(request, field->value, field->value_size);
    } else if (scope_httpd_is(field->name, field->name_size, ":authority")) {
        field->name = "host";
        field->name_size = 4;
        return false;
    }
    return true;
}

static void fill(const struct httpd_stream *stream,
                 struct scope_httpd_request *request)
{
    struct httpd_thread *thread = stream->http2->peer->thread;
    struct scope_httpd_field *fields = thread->fields;
    size_t count = 0;
    *request = (struct scope_httpd_request){
        .version = 20,
        .method = "",
        .path = "",
        .query = "",
        .fields = fields,
        .body = stream->kept ? stream->body.buffer.bytes : NULL,
        .body_size = stream->body_size,
        .arrived_ns = stream->begun_ns,
        .now_ns = thread->now_ns,
        .held =
            atomic_load_explicit(&thread->httpd->held, memory_order_relaxed),
        .secure = stream->http2->peer->tls,
    };
    for (size_t i = 0; i < stream->mark_count; i++) {
        const struct httpd_mark *mark = &stream->marks[i];
        const char *name = stream->head.bytes + mark->at;
        struct scope_httpd_field *field = &fields[count];
        *field = (struct scope_httpd_field){
            name, mark->name_size, name + mark->name_size, mark->value_size};
        if (*name != ':' || !take_pseudo(request, field))
            count++;
    }
    request->field_count = count;
}

void httpd_http2_await(struct httpd_stream *stream)
{
    const struct scope_httpd *httpd = stream->http2->peer->thread->httpd;
    struct scope_httpd_request request;
    fill(stream, &request);
    stream->kept = !httpd->handler->keeps ||
                   httpd->handler->keeps(httpd->closure, &request);
    if (!scope_httpd_field(&request, "expect"))
        return;
    static const char name[] = ":status";
    static const char value[] = "100";
    const nghttp2_nv interim = {(uint8_t *)(uintptr_t)name,
                                (uint8_t *)(uintptr_t)value, sizeof name - 1,
                                sizeof value - 1, NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_headers(stream->http2->session, NGHTTP2_FLAG_NONE,
                           stream->id, NULL, &interim, 1, NULL);
}

/* --- the answer ------------------------------------------------------------
 */

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *bytes,
                         size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *closure)
{
    (void)session;
    (void)id;
    (void)bytes;
    (void)closure;
    const struct httpd_stream *stream = source->ptr;
    if (!stream->left && stream->cut)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    size_t part = stream->left < size ? (size_t)stream->left : size;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (part == stream->left && !stream->cut)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)part;
}

void httpd_http2_put(struct httpd_stream *stream, size_t size)
{
    enum { SMALL = 2048 };
    struct httpd_peer *peer = stream->http2->peer;
    const char *filling = peer->thread->httpd->filling;
    /* A record of TLS would end with each piece; and what may be freed before
     * it is sent, when the stream is reset, is copied. */
    if (peer->tls || size <= SMALL || stream->owned)
        httpd_put(peer, stream->bytes ? stream->bytes : filling, size);
    else if (stream->bytes)
        httpd_put_constant(peer, stream->bytes, size, NULL);
    else
        httpd_put_filling(peer, size);
    if (stream->bytes)
        stream->bytes += size;
    stream->left -= size;
}

/* A name or a value that nghttp2 copies. */
static void add_field(nghttp2_nv *field, const char *name, size_t name_size,
                      const char *value, size_t value_size)
{
    *field =
        (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value,
                     name_size, value_size, NGHTTP2_NV_FLAG_NONE};
}

enum { FIELDS = SCOPE_HTTP1_FIELDS_MAX + 8 };

/* The lines "name: value\r\n" of a reply. */
static size_t add_lines(nghttp2_nv *fields, size_t count, const char *lines)
{
    while (lines && count < FIELDS) {
        const char *colon = strchr(lines, ':');
        const char *end = colon ? strstr(colon, "\r\n") : NULL;
        if (!end)
            break;
        const char *value = colon + 1;
        while (*value == ' ')
            value++;
        add_field(&fields[count++], lines, (size_t)(colon - lines), value,
                  (size_t)(end - value));
        lines = end + 2;
    }
    return count;
}

#define ADD(name, value, size)                                                 \
    add_field(&fields[count++], name, sizeof(name) - 1, value, size)

static void submit(struct httpd_stream *stream)
{
    struct httpd_thread *thread = stream->http2->peer->thread;
    nghttp2_nv fields[FIELDS];
    size_t count = 0;
    char status[12];
    char size[24];
    httpd_date(thread);
    ADD(":status", status,
        (size_t)snprintf(status, sizeof status, "%u", stream->status));
    ADD("date", thread->date + 6, thread->date_size - 8);
    if (stream->status != 204 && stream->status != 304)
        ADD("content-length", size,
            (size_t)snprintf(size, sizeof size, "%llu",
                             (unsigned long long)stream->size));
    if (stream->type)
        ADD("content-type", stream->type, strlen(stream->type));
    count = add_lines(fields, count, stream->headers);
    const nghttp2_data_provider body = {.source.ptr = stream,
                                        .read_callback = read_body};
    bool none = stream->bodiless || (!stream->left && !stream->cut);
    stream->http2->answers++;
    if (nghttp2_submit_response(stream->http2->session, stream->id, fields,
                                count, none ? NULL : &body))
        stream->http2->peer->broken = true;
}

static void fire(struct scope_due *due)
{
    struct httpd_stream *stream =
        (struct httpd_stream *)((char *)due -
                                offsetof(struct httpd_stream, due));
    struct httpd_peer *peer = stream->http2->peer;
    httpd_http2_unhold(stream);
    submit(stream);
    httpd_peer_continue(peer);
}

static void hold(struct httpd_stream *stream, int64_t delay_ns)
{
    struct httpd_thread *thread = stream->http2->peer->thread;
    stream->http2->held++;
    atomic_fetch_add_explicit(&thread->httpd->held, 1, memory_order_relaxed);
    stream->due.fire = fire;
    scope_due_add(&thread->dues, &stream->due, thread->now_ns + delay_ns);
}

/* What of the reply must outlive the call is taken. */
static void keep_reply(struct httpd_stream *stream,
                       const struct scope_httpd_reply *reply)
{
    stream->status = reply->status;
    stream->size = reply->body_size;
    stream->type = reply->type;
    stream->headers = reply->headers ? scope_strdup(reply->headers) : NULL;
    stream->cut = reply->end == SCOPE_HTTPD_CUT;
    stream->left = stream->cut ? reply->body_size / 2 : reply->body_size;
    stream->bytes = reply->body;
    if (reply->body && !reply->constant) {
        union {
            const char *given;
            char *owned;
        } body = {.given = reply->body};
        if (!reply->owned) {
            body.owned = scope_alloc((size_t)reply->body_size + 1, 1);
            memcpy(body.owned, reply->body, (size_t)reply->body_size);
        }
        stream->owned = body.owned;
        stream->bytes = body.owned;
    }
}

/* An answer that is none: the stream is reset, or the connection left with
 * what is no frame. */
static bool spoil(struct httpd_stream *stream,
                  const struct scope_httpd_reply *reply)
{
    struct httpd_peer *peer = stream->http2->peer;
    if (reply->end == SCOPE_HTTPD_RESET) {
        nghttp2_submit_rst_stream(stream->http2->session, NGHTTP2_FLAG_NONE,
                                  stream->id, NGHTTP2_INTERNAL_ERROR);
        return true;
    }
    if (reply->end != SCOPE_HTTPD_RAW)
        return false;
    httpd_put(peer, reply->body ? reply->body : "", (size_t)reply->body_size);
    peer->closing = true;
    return true;
}

static void refuse(struct httpd_stream *stream, struct scope_httpd_reply *reply)
{
    reply->status = stream->refused;
    reply->type = httpd_plain;
    reply->body = httpd_reason(stream->refused);
    reply->body_size = strlen(reply->body);
    reply->constant = true;
}

void httpd_http2_answer(struct httpd_stream *stream)
{
    struct httpd_http2 *http2 = stream->http2;
    struct httpd_thread *thread = http2->peer->thread;
    struct scope_httpd *httpd = thread->httpd;
    struct scope_httpd_request request;
    struct scope_httpd_reply reply = {.status = 200};
    fill(stream, &request);
    bool connects =
        scope_httpd_is(request.method, request.method_size, "CONNECT");
    if (connects)
        stream->refused = 501;
    if (stream->refused)
        refuse(stream, &reply);
    else
        httpd->handler->answer(httpd->closure, thread->own, &request, &reply);
    httpd_http2_come(stream);
    keep_reply(stream, &reply);
    if (spoil(stream, &reply))
        return;
    stream->bodiless =
        reply.status == 204 || reply.status == 304 ||
        scope_httpd_is(request.method, request.method_size, "HEAD");
    if (reply.delay_ns > 0)
        hold(stream, reply.delay_ns);
    else
        submit(stream);
    if (reply.close)
        nghttp2_submit_goaway(
            http2->session, NGHTTP2_FLAG_NONE,
            nghttp2_session_get_last_proc_stream_id(http2->session),
            NGHTTP2_NO_ERROR, NULL, 0);
}
