/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is on its way out. Answers are gathered in the thread's batch, which
 * leaves with one system call; only what a socket does not take is kept, in a
 * queue of the connection's own, and while there is one nothing more is asked
 * for: so a peer that does not read costs one batch.
 */
#include "lib/net/httpd_inside.h"

#include <errno.h>
#include <scope/alloc.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PIECES = 32 };
/* Sent in one go, before others have their turn. */
#define TURN (UINT64_C(4) << 20)

void httpd_queue_free(struct httpd_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        free(queue->items[queue->first + i].owned);
    free(queue->items);
    *queue = (struct httpd_queue){0};
}

static void queue_add(struct httpd_queue *queue,
                      const struct httpd_segment *segment)
{
    queue->items =
        scope_grow(queue->items, &queue->room, queue->first + queue->count,
                   sizeof *queue->items);
    queue->items[queue->first + queue->count++] = *segment;
}

static void queue_copy(struct httpd_queue *queue, const char *bytes,
                       uint64_t size)
{
    char *copy = scope_alloc((size_t)size, 1);
    memcpy(copy, bytes, (size_t)size);
    queue_add(queue, &(struct httpd_segment){copy, size, copy});
}

/* --- sending ---------------------------------------------------------------
 */

static int gather(const struct httpd_peer *peer,
                  const struct httpd_segment *segments, size_t count,
                  struct iovec *pieces)
{
    char *filling = peer->thread->httpd->filling;
    int used = 0;
    for (size_t i = 0; i < count && used < PIECES; i++) {
        uint64_t left = segments[i].size;
        if (segments[i].bytes) {
            union {
                const char *from;
                void *to;
            } bytes = {.from = segments[i].bytes};
            pieces[used++] = (struct iovec){bytes.to, (size_t)left};
            continue;
        }
        while (left && used < PIECES) {
            size_t size = left < HTTPD_FILLING ? (size_t)left : HTTPD_FILLING;
            pieces[used++] = (struct iovec){filling, size};
            left -= size;
        }
    }
    return used;
}

static ssize_t send_some(const struct httpd_peer *peer,
                         const struct httpd_segment *segments, size_t count)
{
    if (count == 1 && segments->bytes && !peer->tls)
        return send(peer->fd, segments->bytes, (size_t)segments->size,
                    MSG_NOSIGNAL);
    struct iovec pieces[PIECES];
    pieces[0] = (struct iovec){0};
    int used = gather(peer, segments, count, pieces);
    if (peer->tls)
        return scope_tls_send(peer->tls, pieces->iov_base, pieces->iov_len);
    const struct msghdr message = {.msg_iov = pieces,
                                   .msg_iovlen = (size_t)used};
    return sendmsg(peer->fd, &message, MSG_NOSIGNAL);
}

/* Sends until all is sent, the socket is full, or it was much; returns the
 * number of segments that are gone. The first that is not may be shorter. */
static size_t send_segments(struct httpd_peer *peer,
                            struct httpd_segment *segments, size_t count)
{
    uint64_t turn = 0;
    size_t gone = 0;
    while (gone < count) {
        if (turn >= TURN) {
            httpd_thread_again(peer);
            break;
        }
        ssize_t sent = send_some(peer, segments + gone, count - gone);
        if (sent < 0) {
            if (errno == EINTR)
                continue;
            peer->broken = errno != EAGAIN;
            break;
        }
        turn += (uint64_t)sent;
        peer->active_ns = peer->thread->now_ns;
        for (uint64_t left = (uint64_t)sent; left;) {
            struct httpd_segment *segment = &segments[gone];
            uint64_t part = left < segment->size ? left : segment->size;
            segment->size -= part;
            left -= part;
            if (segment->bytes)
                segment->bytes += part;
            if (!segment->size) {
                free(segment->owned);
                segment->owned = NULL;
                gone++;
            }
        }
    }
    return gone;
}

void httpd_flush(struct httpd_peer *peer)
{
    struct httpd_thread *thread = peer->thread;
    size_t gone = 0;
    if (thread->segments && !peer->broken)
        gone = send_segments(peer, thread->batch, thread->segments);
    for (; gone < thread->segments; gone++) {
        const struct httpd_segment *rest = &thread->batch[gone];
        bool ours =
            rest->bytes >= thread->out && rest->bytes < thread->out + HTTPD_OUT;
        if (ours)
            queue_copy(&peer->queue, rest->bytes, rest->size);
        else
            queue_add(&peer->queue, rest);
    }
    thread->segments = thread->used = 0;
}

void httpd_flush_queue(struct httpd_peer *peer)
{
    struct httpd_queue *queue = &peer->queue;
    if (peer->broken || !queue->count)
        return;
    size_t gone =
        send_segments(peer, queue->items + queue->first, queue->count);
    queue->first += gone;
    queue->count -= gone;
    if (!queue->count)
        httpd_queue_free(queue);
}

/* --- gathering -------------------------------------------------------------
 */

/* Whether what is put now has to wait for what is queued. */
static bool is_queued(const struct httpd_peer *peer)
{
    return peer->queue.count || peer->held;
}

void httpd_put_constant(struct httpd_peer *peer, const char *bytes,
                        uint64_t size, char *owned)
{
    struct httpd_thread *thread = peer->thread;
    const struct httpd_segment segment = {bytes, size, owned};
    if (peer->broken || !size) {
        free(owned);
        return;
    }
    if (!is_queued(peer) && thread->segments == HTTPD_SEGMENTS)
        httpd_flush(peer);
    if (is_queued(peer))
        queue_add(&peer->queue, &segment);
    else
        thread->batch[thread->segments++] = segment;
}

void httpd_put_filling(struct httpd_peer *peer, uint64_t size)
{
    httpd_put_constant(peer, NULL, size, NULL);
}

void httpd_put(struct httpd_peer *peer, const char *bytes, size_t size)
{
    struct httpd_thread *thread = peer->thread;
    if (peer->broken || !size)
        return;
    if (!is_queued(peer) &&
        (size > HTTPD_OUT - thread->used || thread->segments == HTTPD_SEGMENTS))
        httpd_flush(peer);
    if (is_queued(peer) || size > HTTPD_OUT) {
        char *copy = scope_alloc(size, 1);
        memcpy(copy, bytes, size);
        httpd_put_constant(peer, copy, size, copy);
        return;
    }
    char *to = thread->out + thread->used;
    memcpy(to, bytes, size);
    thread->used += size;
    struct httpd_segment *last =
        thread->segments ? &thread->batch[thread->segments - 1] : NULL;
    if (last && last->bytes && last->bytes + last->size == to && !last->owned)
        last->size += size;
    else
        thread->batch[thread->segments++] =
            (struct httpd_segment){.bytes = to, .size = size};
}
