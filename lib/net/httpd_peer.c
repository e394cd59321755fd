/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection: reads while answers can go out, hands what it read to the
 * protocol, and ends. Events are edge-triggered: what epoll said is remembered
 * (readable, hung_up) until the socket says otherwise.
 */
#include "lib/net/httpd_inside.h"

#include <errno.h>
#include <scope/alloc.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads of one connection before others have their turn. */
enum { TURN = 16 };
#define LINGER_NS INT64_C(2000000000)

void httpd_buffer_add(struct httpd_buffer *buffer, const char *bytes,
                      size_t size)
{
    if (buffer->size + size > buffer->room) {
        size_t room = buffer->room ? buffer->room : 512;
        while (room < buffer->size + size)
            room *= 2;
        buffer->bytes = scope_realloc(buffer->bytes, room, 1);
        buffer->room = room;
    }
    if (size)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
}

void httpd_buffer_free(struct httpd_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct httpd_buffer){0};
}

bool httpd_body_add(struct scope_httpd *httpd, struct httpd_body *body,
                    const char *bytes, size_t size)
{
    uint64_t before =
        atomic_fetch_add_explicit(&httpd->kept, size, memory_order_relaxed);
    body->counted += size;
    if (before + size > HTTPD_KEPT)
        return false;
    httpd_buffer_add(&body->buffer, bytes, size);
    return true;
}

void httpd_body_free(struct scope_httpd *httpd, struct httpd_body *body)
{
    if (body->counted)
        atomic_fetch_sub_explicit(&httpd->kept, body->counted,
                                  memory_order_relaxed);
    body->counted = 0;
    httpd_buffer_free(&body->buffer);
}

static void held_over(struct httpd_peer *peer)
{
    peer->held = false;
    atomic_fetch_sub_explicit(&peer->thread->httpd->held, 1,
                              memory_order_relaxed);
}

static void fire(struct scope_due *due)
{
    struct httpd_peer *peer =
        (struct httpd_peer *)((char *)due - offsetof(struct httpd_peer, due));
    held_over(peer);
    peer->active_ns = peer->thread->now_ns;
    httpd_peer_continue(peer);
}

void httpd_peer_hold(struct httpd_peer *peer, int64_t until_ns)
{
    peer->held = true;
    peer->due.fire = fire;
    atomic_fetch_add_explicit(&peer->thread->httpd->held, 1,
                              memory_order_relaxed);
    scope_due_add(&peer->thread->dues, &peer->due, until_ns);
}

struct httpd_peer *httpd_peer_new(struct httpd_thread *thread, int fd)
{
    struct scope_httpd *httpd = thread->httpd;
    struct httpd_peer *peer = scope_alloc(1, sizeof *peer);
    peer->thread = thread;
    peer->fd = fd;
    peer->opened_ns = peer->active_ns = thread->now_ns;
    peer->state = httpd->tls ? HTTPD_SHAKING : HTTPD_TALKING;
    if (httpd->tls)
        peer->tls = scope_tls_stream_new(httpd->tls, fd);
    else if (httpd->options.protocol == SCOPE_HTTPD_HTTP2)
        httpd_http2_open(peer);
    thread->peers++;
    atomic_fetch_add_explicit(&httpd->open, 1, memory_order_relaxed);
    LIST_INSERT_HEAD(&thread->slots[0], peer, wheel);
    peer->slot = 0;
    httpd_thread_hurry(peer);
    return peer;
}

void httpd_peer_close(struct httpd_peer *peer)
{
    struct httpd_thread *thread = peer->thread;
    scope_due_remove(&thread->dues, &peer->due);
    if (peer->held)
        held_over(peer);
    httpd_thread_leave(peer);
    LIST_REMOVE(peer, wheel);
    if (peer->http2)
        httpd_http2_close(peer);
    scope_tls_stream_free(peer->tls);
    close(peer->fd);
    httpd_queue_free(&peer->queue);
    httpd_buffer_free(&peer->raw);
    httpd_body_free(thread->httpd, &peer->request);
    atomic_fetch_sub_explicit(&thread->httpd->open, 1, memory_order_relaxed);
    thread->peers--;
    if (thread->accepting)
        thread->accept_ns = thread->now_ns;
    free(peer);
}

/* --- deadlines -------------------------------------------------------------
 */

static int64_t after(int64_t from_ns, int64_t wait_ns)
{
    return wait_ns ? from_ns + wait_ns : INT64_MAX;
}

int64_t httpd_peer_deadline(const struct httpd_peer *peer)
{
    const struct scope_httpd_options *options = &peer->thread->httpd->options;
    if (peer->state == HTTPD_LINGERING)
        return peer->active_ns + LINGER_NS;
    if (peer->state == HTTPD_SHAKING)
        return after(peer->opened_ns, options->request_ns);
    if (peer->http2 && !peer->queue.count)
        return httpd_http2_deadline(peer);
    if (peer->held)
        return INT64_MAX;
    if (!peer->queue.count && peer->begun_ns)
        return after(peer->begun_ns, options->request_ns);
    return after(peer->active_ns, options->idle_ns);
}

/* Everything is said. */
static void finish(struct httpd_peer *peer)
{
    if (!peer->linger || peer->ended || peer->state == HTTPD_LINGERING) {
        httpd_peer_close(peer);
        return;
    }
    if (peer->tls) {
        scope_tls_stream_free(peer->tls);
        peer->tls = NULL;
    }
    shutdown(peer->fd, SHUT_WR);
    peer->state = HTTPD_LINGERING;
    peer->active_ns = peer->thread->now_ns;
    peer->readable = true;
    httpd_buffer_free(&peer->raw);
    httpd_thread_hurry(peer);
    httpd_peer_continue(peer);
}

void httpd_peer_timeout(struct httpd_peer *peer)
{
    bool asking = peer->state == HTTPD_TALKING && !peer->http2 &&
                  peer->begun_ns && !httpd_peer_busy(peer);
    if (!asking) {
        httpd_peer_close(peer);
        return;
    }
    httpd_http1_refuse(peer, 408);
    httpd_flush(peer);
    if (peer->broken || peer->queue.count)
        httpd_peer_close(peer);
    else
        finish(peer);
}

/* --- reading ---------------------------------------------------------------
 */

static ssize_t receive(struct httpd_peer *peer, char *bytes, size_t size)
{
    ssize_t got;
    do
        got = peer->tls ? scope_tls_recv(peer->tls, bytes, size)
                        : recv(peer->fd, bytes, size, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        peer->readable = false;
        peer->broken = errno != EAGAIN;
        return 0;
    }
    if (got == 0) {
        peer->ended = true;
        peer->readable = false;
        return 0;
    }
    peer->active_ns = peer->thread->now_ns;
    /* Less than asked for: there was no more (epoll(7)), but perhaps the end.
     * TLS has a buffer of its own. */
    if ((size_t)got < size && !peer->tls && !peer->hung_up)
        peer->readable = false;
    return got;
}

/* What is thrown away, until the peer hangs up. */
static void drain(struct httpd_peer *peer)
{
    for (int i = 0; i < TURN && peer->readable && !peer->broken; i++) {
        int64_t since_ns = peer->active_ns;
        receive(peer, peer->thread->in, HTTPD_IN);
        /* Talking on does not put off the end. */
        peer->active_ns = since_ns;
    }
    if (peer->ended || peer->broken)
        httpd_peer_close(peer);
    else if (peer->readable)
        httpd_thread_again(peer);
}

static size_t take(struct httpd_peer *peer, char *bytes, size_t size)
{
    return peer->http2 ? httpd_http2_take(peer, bytes, size)
                       : httpd_http1_take(peer, bytes, size);
}

/* Keeps what of the bytes was not used. */
static void keep_rest(struct httpd_peer *peer, const char *bytes, size_t size)
{
    if (size && !peer->broken)
        httpd_buffer_add(&peer->raw, bytes, size);
}

static void use_raw(struct httpd_peer *peer)
{
    /* Taken from the peer, which may keep another rest. */
    struct httpd_buffer raw = peer->raw;
    peer->raw = (struct httpd_buffer){0};
    size_t used = take(peer, raw.bytes, raw.size);
    if (!used) {
        peer->raw = raw;
        return;
    }
    keep_rest(peer, raw.bytes + used, raw.size - used);
    httpd_buffer_free(&raw);
}

/* Whether reading the head in raw again is of use, now that `got` bytes more
 * are there: else one that comes byte by byte would be read as often. */
static bool may_be_whole(const struct httpd_peer *peer, size_t got)
{
    const struct httpd_buffer *raw = &peer->raw;
    size_t from = raw->size > got + 3 ? raw->size - got - 3 : 0;
    return peer->http2 || raw->size >= SCOPE_HTTP1_REQUEST_MAX ||
           memmem(raw->bytes + from, raw->size - from, "\r\n\r\n", 4);
}

static void read_more(struct httpd_peer *peer)
{
    char *in = peer->thread->in;
    size_t got = (size_t)receive(peer, in, HTTPD_IN);
    if (!got)
        return;
    if (peer->raw.size) {
        httpd_buffer_add(&peer->raw, in, got);
        peer->starved = !may_be_whole(peer, got);
        if (!peer->starved)
            use_raw(peer);
        return;
    }
    size_t used = take(peer, in, got);
    keep_rest(peer, in + used, got - used);
}

/* Whether something can be done now. */
static bool has_work(const struct httpd_peer *peer)
{
    if (peer->broken || httpd_peer_busy(peer))
        return false;
    return (peer->raw.size && !peer->starved) || peer->readable;
}

static void talk(struct httpd_peer *peer)
{
    int turn = 0;
    while (has_work(peer) && turn++ < TURN) {
        if (peer->raw.size && !peer->starved)
            use_raw(peer);
        else
            read_more(peer);
        httpd_flush(peer);
    }
    if (has_work(peer))
        httpd_thread_again(peer);
    bool over = peer->closing || (peer->ended && !has_work(peer));
    if (peer->broken)
        httpd_peer_close(peer);
    else if (over && !peer->queue.count)
        finish(peer);
    else if ((peer->begun_ns || peer->http2) && !peer->queue.count)
        httpd_thread_hurry(peer);
}

static void shake(struct httpd_peer *peer)
{
    enum scope_tls_result result = scope_tls_handshake(peer->tls);
    if (result == SCOPE_TLS_AGAIN)
        return;
    if (result != SCOPE_TLS_OK) {
        peer->broken = true;
        return;
    }
    peer->state = HTTPD_TALKING;
    peer->active_ns = peer->thread->now_ns;
    bool wanted = peer->thread->httpd->options.protocol == SCOPE_HTTPD_HTTP2 ||
                  strcmp(scope_tls_alpn(peer->tls), "h2") == 0;
    if (wanted)
        httpd_http2_open(peer);
    /* The first request may have come with the handshake's last bytes. */
    peer->readable = true;
}

void httpd_peer_continue(struct httpd_peer *peer)
{
    if (peer->state == HTTPD_SHAKING)
        shake(peer);
    if (peer->broken) {
        httpd_peer_close(peer);
        return;
    }
    if (peer->state == HTTPD_LINGERING) {
        drain(peer);
        return;
    }
    if (peer->state != HTTPD_TALKING)
        return;
    if (peer->queue.count && !peer->held)
        httpd_flush_queue(peer);
    if (peer->http2 && !peer->queue.count && !peer->broken) {
        httpd_http2_send(peer);
        httpd_flush(peer);
    }
    talk(peer);
}

void httpd_peer_event(struct httpd_peer *peer, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        peer->readable = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        peer->hung_up = true;
    /* Both ways are shut, or it is broken: nobody hears an answer. */
    if (events & EPOLLERR ||
        (events & EPOLLHUP && peer->state != HTTPD_LINGERING))
        peer->broken = true;
    httpd_peer_continue(peer);
}
