/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HTTP/1.x: requests from bytes, in one piece where they come so, and answers
 * to bytes. */
#include "lib/net/httpd_inside.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
const char *const httpd_plain = "text/plain";

const char *httpd_reason(unsigned status)
{
    switch (status) {
#define REASON(number, words)                                                  \
    case number:                                                               \
        return words
        REASON(200, "OK");
        REASON(201, "Created");
        REASON(202, "Accepted");
        REASON(204, "No Content");
        REASON(206, "Partial Content");
        REASON(301, "Moved Permanently");
        REASON(302, "Found");
        REASON(303, "See Other");
        REASON(304, "Not Modified");
        REASON(307, "Temporary Redirect");
        REASON(308, "Permanent Redirect");
        REASON(400, "Bad Request");
        REASON(401, "Unauthorized");
        REASON(403, "Forbidden");
        REASON(404, "Not Found");
        REASON(405, "Method Not Allowed");
        REASON(408, "Request Timeout");
        REASON(409, "Conflict");
        REASON(410, "Gone");
        REASON(411, "Length Required");
        REASON(413, "Content Too Large");
        REASON(414, "URI Too Long");
        REASON(415, "Unsupported Media Type");
        REASON(417, "Expectation Failed");
        REASON(422, "Unprocessable Content");
        REASON(429, "Too Many Requests");
        REASON(431, "Request Header Fields Too Large");
        REASON(500, "Internal Server Error");
        REASON(501, "Not Implemented");
        REASON(502, "Bad Gateway");
        REASON(503, "Service Unavailable");
        REASON(504, "Gateway Timeout");
        REASON(505, "HTTP Version Not Supported");
#undef REASON
    default:
        return "Other";
    }
}

void httpd_date(struct httpd_thread *thread)
{
    if (thread->now_ns < thread->date_ns)
        return;
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    thread->date_size = strftime(thread->date, sizeof thread->date,
                                 "date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    thread->date_ns = thread->now_ns + 1000000000 - now.tv_nsec;
}

/* --- answers ---------------------------------------------------------------
 */

/* A text that is put together in memory that is large enough. */
struct line {
    char *at;
};

static void add(struct line *line, const char *bytes, size_t size)
{
    memcpy(line->at, bytes, size);
    line->at += size;
}

#define ADD(line, text) add(line, text, sizeof(text) - 1)

static void add_number(struct line *line, uint64_t number)
{
    char digits[20];
    char *from = digits + sizeof digits;
    do
        *--from = (char)('0' + number % 10);
    while (number /= 10);
    add(line, from, (size_t)(digits + sizeof digits - from));
}

/* Neither has a body, whatever is said (RFC 9110, section 6.4.1). */
static bool is_bodiless(unsigned status)
{
    return status == 204 || status == 304;
}

static void put_head(struct httpd_peer *peer,
                     const struct scope_httpd_reply *reply, unsigned version)
{
    struct httpd_thread *thread = peer->thread;
    char head[512];
    struct line line = {head};
    ADD(&line, "HTTP/1.1 ");
    add_number(&line, reply->status);
    ADD(&line, " ");
    const char *reason = httpd_reason(reply->status);
    add(&line, reason, strlen(reason));
    ADD(&line, "\r\n");
    httpd_date(thread);
    add(&line, thread->date, thread->date_size);
    if (!is_bodiless(reply->status)) {
        ADD(&line, "content-length: ");
        add_number(&line, reply->body_size);
        ADD(&line, "\r\n");
    }
    if (peer->closing)
        ADD(&line, "connection: close\r\n");
    else if (version == 10)
        ADD(&line, "connection: keep-alive\r\n");
    size_t type = reply->type ? strlen(reply->type) : 0;
    if (type && type < 128) {
        ADD(&line, "content-type: ");
        add(&line, reply->type, type);
        ADD(&line, "\r\n");
    }
    if (reply->headers) {
        httpd_put(peer, head, (size_t)(line.at - head));
        httpd_put(peer, reply->headers, strlen(reply->headers));
        line.at = head;
    }
    ADD(&line, "\r\n");
    httpd_put(peer, head, (size_t)(line.at - head));
}

/* So many bytes of the body. A constant one is copied when that is cheaper
 * than a piece of its own. */
static void put_body(struct httpd_peer *peer,
                     const struct scope_httpd_reply *reply, uint64_t size)
{
    enum { SMALL = 2048 };
    if (!reply->body) {
        if (size <= SMALL)
            httpd_put(peer, peer->thread->httpd->filling, (size_t)size);
        else
            httpd_put_filling(peer, size);
        return;
    }
    union {
        const char *given;
        char *owned;
    } body = {.given = reply->body};
    if (reply->owned)
        httpd_put_constant(peer, body.given, size, body.owned);
    else if (reply->constant && size > SMALL)
        httpd_put_constant(peer, body.given, size, NULL);
    else
        httpd_put(peer, body.given, (size_t)size);
}

static void drop_body(const struct scope_httpd_reply *reply)
{
    union {
        const char *given;
        char *owned;
    } body = {.given = reply->body};
    if (reply->owned)
        free(body.owned);
}

static void put_reply(struct httpd_peer *peer,
                      const struct scope_httpd_reply *reply, unsigned version,
                      bool head_only)
{
    uint64_t size = reply->body_size;
    bool raw = reply->end == SCOPE_HTTPD_RAW;
    if (reply->end == SCOPE_HTTPD_CUT)
        size /= 2;
    peer->closing |= reply->close || reply->end != SCOPE_HTTPD_WELL;
    if (!raw)
        put_head(peer, reply, version);
    if ((head_only && !raw) || is_bodiless(reply->status))
        drop_body(reply);
    else
        put_body(peer, reply, size);
}

/* Closing it now tells the peer with a reset. */
static void reset(struct httpd_peer *peer)
{
    static const struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    peer->broken = true;
}

static void answer(struct httpd_peer *peer,
                   const struct scope_httpd_request *request, bool keep_alive)
{
    struct httpd_thread *thread = peer->thread;
    struct scope_httpd *httpd = thread->httpd;
    struct scope_httpd_reply reply = {.status = 200};
    httpd->handler->answer(httpd->closure, thread->own, request, &reply);
    peer->begun_ns = 0;
    peer->closing = !keep_alive;
    if (reply.end == SCOPE_HTTPD_RESET) {
        drop_body(&reply);
        httpd_flush(peer);
        reset(peer);
        return;
    }
    if (reply.delay_ns > 0) {
        /* What was answered before is not held back with it. */
        httpd_flush(peer);
        httpd_peer_hold(peer, thread->now_ns + reply.delay_ns);
    }
    put_reply(peer, &reply, request->version,
              scope_httpd_is(request->method, request->method_size, "HEAD"));
}

void httpd_http1_refuse(struct httpd_peer *peer, unsigned status)
{
    const char *reason = httpd_reason(status);
    bool json = peer->thread->httpd->handler->json;
    char body[64];
    int size = json ? snprintf(body, sizeof body, "{\"detail\":\"%s\"}", reason)
                    : snprintf(body, sizeof body, "%u %s\n", status, reason);
    const struct scope_httpd_reply reply = {
        .status = status,
        .type = json ? "application/json" : httpd_plain,
        .body = body,
        .body_size = (uint64_t)size,
        .close = true,
    };
    peer->begun_ns = 0;
    peer->linger = true;
    httpd_body_free(peer->thread->httpd, &peer->request);
    put_reply(peer, &reply, 11, false);
}

/* --- requests --------------------------------------------------------------
 */

static void fill(const struct httpd_peer *peer,
                 struct scope_httpd_request *request)
{
    struct scope_httpd *httpd = peer->thread->httpd;
    request->arrived_ns = peer->begun_ns;
    request->now_ns = peer->thread->now_ns;
    request->held = atomic_load_explicit(&httpd->held, memory_order_relaxed);
    request->secure = peer->tls;
}

/* The body has come. */
static void answer_collected(struct httpd_peer *peer)
{
    struct httpd_thread *thread = peer->thread;
    struct scope_httpd_request request = {0};
    struct scope_http1_frame frame;
    /* It was read before: only the memory it stands in is another. */
    scope_http1_read_request(peer->request.buffer.bytes,
                             peer->request.buffer.size, &request,
                             thread->fields, &frame);
    fill(peer, &request);
    request.body_size = peer->body_size;
    if (peer->kept)
        request.body = peer->request.buffer.bytes + frame.head_size;
    peer->stage = HTTPD_HEAD;
    answer(peer, &request, frame.keep_alive);
    httpd_body_free(thread->httpd, &peer->request);
}

static size_t take_body(struct httpd_peer *peer, const char *bytes, size_t size)
{
    uint64_t left = peer->frame.length - peer->body_size;
    size_t part = size < left ? size : (size_t)left;
    if (peer->kept &&
        !httpd_body_add(peer->thread->httpd, &peer->request, bytes, part)) {
        httpd_http1_refuse(peer, 503);
        return size;
    }
    peer->body_size += part;
    if (part == left)
        answer_collected(peer);
    return part;
}

static size_t take_chunks(struct httpd_peer *peer, char *bytes, size_t size)
{
    struct scope_httpd *httpd = peer->thread->httpd;
    size_t used;
    size_t made;
    /* What is left of the chunks is written over them. */
    unsigned status =
        scope_http1_unchunk(&peer->chunks, bytes, size, bytes, &used, &made);
    peer->body_size += made;
    if (status && status != 200) {
        httpd_http1_refuse(peer, status);
        return used;
    }
    if (peer->body_size > httpd->options.body_max)
        httpd_http1_refuse(peer, 413);
    else if (peer->kept && !httpd_body_add(httpd, &peer->request, bytes, made))
        httpd_http1_refuse(peer, 503);
    else if (status == 200)
        answer_collected(peer);
    return used;
}

/* A head whose body is not there, or not whole. */
static void await_body(struct httpd_peer *peer,
                       const struct scope_httpd_request *request,
                       const struct scope_http1_frame *frame, const char *head,
                       bool some_came)
{
    struct scope_httpd *httpd = peer->thread->httpd;
    peer->frame = *frame;
    peer->stage = frame->chunked ? HTTPD_CHUNKS : HTTPD_BODY;
    peer->chunks = (struct scope_http1_chunks){0};
    peer->body_size = 0;
    peer->kept = !httpd->handler->keeps ||
                 httpd->handler->keeps(httpd->closure, request);
    httpd_buffer_add(&peer->request.buffer, head, frame->head_size);
    if (frame->expects && !some_came)
        httpd_put(peer, interim, sizeof interim - 1);
}

/* A whole request at the start of the bytes; 0: there is none. */
static size_t take_request(struct httpd_peer *peer, char *bytes, size_t size)
{
    struct httpd_thread *thread = peer->thread;
    struct scope_httpd_request request;
    struct scope_http1_frame frame;
    request.body = NULL;
    request.body_size = 0;
    unsigned status =
        scope_http1_read_request(bytes, size, &request, thread->fields, &frame);
    if (!peer->begun_ns)
        peer->begun_ns = thread->now_ns;
    if (!status) {
        peer->starved = true;
        return 0;
    }
    if (status == 200 && !frame.chunked &&
        frame.length > thread->httpd->options.body_max)
        status = 413;
    if (status != 200) {
        httpd_http1_refuse(peer, status);
        return size;
    }
    fill(peer, &request);
    size_t rest = size - frame.head_size;
    if (frame.chunked || frame.length > rest) {
        await_body(peer, &request, &frame, bytes, rest > 0);
        return frame.head_size;
    }
    if (frame.length) {
        request.body = bytes + frame.head_size;
        request.body_size = frame.length;
    }
    answer(peer, &request, frame.keep_alive);
    return frame.head_size + (size_t)frame.length;
}

/* --- HTTP/2 or not ---------------------------------------------------------
 */

enum guess {
    GUESS_HTTP1,
    GUESS_HTTP2,
    GUESS_UNKNOWN, /* too few bytes to tell */
};

/* The preface of RFC 9113, section 3.4, sent without asking. */
static enum guess guess(const struct httpd_peer *peer, const char *bytes,
                        size_t size)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    if (peer->begun || !httpd_http2_there() ||
        peer->thread->httpd->options.protocol != SCOPE_HTTPD_AUTO)
        return GUESS_HTTP1;
    size_t known = size < sizeof preface - 1 ? size : sizeof preface - 1;
    if (memcmp(bytes, preface, known) != 0)
        return GUESS_HTTP1;
    return known == sizeof preface - 1 ? GUESS_HTTP2 : GUESS_UNKNOWN;
}

size_t httpd_http1_take(struct httpd_peer *peer, char *bytes, size_t size)
{
    size_t used = 0;
    enum guess spoken = guess(peer, bytes, size);
    if (spoken == GUESS_HTTP2) {
        peer->begun = true;
        peer->begun_ns = 0;
        httpd_http2_open(peer);
        return httpd_http2_take(peer, bytes, size);
    }
    if (spoken == GUESS_UNKNOWN) {
        peer->starved = true;
        if (!peer->begun_ns)
            peer->begun_ns = peer->thread->now_ns;
        return 0;
    }
    peer->begun = true;
    while (used < size && !httpd_peer_busy(peer) && !peer->broken) {
        char *at = bytes + used;
        size_t left = size - used;
        size_t part = peer->stage == HTTPD_HEAD   ? take_request(peer, at, left)
                      : peer->stage == HTTPD_BODY ? take_body(peer, at, left)
                                                  : take_chunks(peer, at, left);
        used += part;
        if (!part)
            break;
    }
    /* What came behind the last request must not be answered by a reset. */
    if (peer->closing && used < size)
        peer->linger = true;
    return used;
}
