/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Connecting, and the difference that TLS makes. */
#include "lib/net/link.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void scope_link_init(struct scope_link *link)
{
    *link = (struct scope_link){.fd = -1};
}

static void drop_socket(struct scope_link *link)
{
    scope_tls_stream_free(link->stream);
    link->stream = NULL;
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
}

void scope_link_close(struct scope_link *link)
{
    drop_socket(link);
    link->state = SCOPE_LINK_CLOSED;
}

/* 0, or an errno. */
static int begin_connect(struct scope_link *link, struct scope_loop *loop,
                         void *who)
{
    const struct scope_address *address =
        &link->peer->addresses->items[link->address];
    int fd = socket(address->bytes.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = 0;
    const int yes = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) ||
        (connect(fd, (const struct sockaddr *)&address->bytes, address->size) &&
         errno != EINPROGRESS))
        error = errno;
    else
        error = scope_loop_watch(loop, fd, who);
    if (error)
        close(fd);
    else
        link->fd = fd;
    return error;
}

static enum scope_link_result fail(struct scope_link *link,
                                   enum scope_fault fault, const char *detail)
{
    link->fault = fault;
    snprintf(link->detail, sizeof link->detail, "%s", detail);
    scope_link_close(link);
    return SCOPE_LINK_FAILED;
}

/* Tries the addresses left in this round; what the last one says counts. */
static enum scope_link_result connect_any(struct scope_link *link,
                                          struct scope_loop *loop, void *who,
                                          int error)
{
    size_t count = link->peer->addresses->count;
    while (link->tried < count) {
        link->tried++;
        error = begin_connect(link, loop, who);
        if (!error) {
            link->state = SCOPE_LINK_CONNECTING;
            return SCOPE_LINK_MORE;
        }
        link->address = (link->address + 1) % count;
    }
    return fail(link, scope_fault_of(error), strerrordesc_np(error));
}

enum scope_link_result scope_link_open(struct scope_link *link,
                                       const struct scope_peer *peer,
                                       struct scope_loop *loop, void *who,
                                       int64_t now_ns)
{
    /* What answered last is tried first. */
    if (link->peer != peer)
        link->address = 0;
    link->peer = peer;
    link->tried = 0;
    link->hung_up = false;
    link->begun_ns = now_ns;
    return connect_any(link, loop, who, 0);
}

static enum scope_link_result up(struct scope_link *link, int64_t now_ns)
{
    link->state = SCOPE_LINK_UP;
    link->up_ns = now_ns;
    return SCOPE_LINK_READY;
}

static enum scope_link_result shake(struct scope_link *link, int64_t now_ns)
{
    switch (scope_tls_handshake(link->stream)) {
    case SCOPE_TLS_OK:
        return up(link, now_ns);
    case SCOPE_TLS_AGAIN:
        return SCOPE_LINK_MORE;
    case SCOPE_TLS_CLOSED:
        return fail(link, SCOPE_FAULT_TLS, "closed during the handshake");
    case SCOPE_TLS_FAILED:
        break;
    }
    return fail(link, SCOPE_FAULT_TLS, scope_tls_stream_fault(link->stream));
}

static enum scope_link_result next_address(struct scope_link *link,
                                           struct scope_loop *loop, void *who,
                                           int error)
{
    drop_socket(link);
    link->address = (link->address + 1) % link->peer->addresses->count;
    return connect_any(link, loop, who, error);
}

enum scope_link_result scope_link_event(struct scope_link *link,
                                        struct scope_loop *loop, void *who,
                                        int64_t now_ns)
{
    if (link->state == SCOPE_LINK_HANDSHAKING)
        return shake(link, now_ns);
    if (link->state != SCOPE_LINK_CONNECTING)
        return link->state == SCOPE_LINK_UP ? SCOPE_LINK_READY
                                            : SCOPE_LINK_FAILED;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size))
        error = errno;
    if (error)
        return next_address(link, loop, who, error);
    /* What epoll said may have been of the socket before this one. */
    struct sockaddr_storage peer;
    size = sizeof peer;
    if (getpeername(link->fd, (struct sockaddr *)&peer, &size))
        return SCOPE_LINK_MORE;
    link->connected_ns = now_ns;
    if (!link->peer->tls)
        return up(link, now_ns);
    link->stream = scope_tls_stream_new(link->peer->tls, link->fd);
    link->state = SCOPE_LINK_HANDSHAKING;
    return shake(link, now_ns);
}

enum scope_link_result scope_link_timeout(struct scope_link *link,
                                          struct scope_loop *loop, void *who,
                                          int64_t now_ns)
{
    (void)now_ns;
    if (link->state == SCOPE_LINK_HANDSHAKING)
        return fail(link, SCOPE_FAULT_TIMEOUT, "TLS handshake timed out");
    return next_address(link, loop, who, ETIMEDOUT);
}

ssize_t scope_link_recv(struct scope_link *link, void *bytes, size_t size)
{
    return link->stream ? scope_tls_recv(link->stream, bytes, size)
                        : recv(link->fd, bytes, size, MSG_DONTWAIT);
}

ssize_t scope_link_send(struct scope_link *link, const void *bytes, size_t size)
{
    return link->stream
               ? scope_tls_send(link->stream, bytes, size)
               : send(link->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

enum scope_fault scope_link_fault(const struct scope_link *link, int error,
                                  const char **detail)
{
    if (link->stream && error == EPROTO) {
        *detail = scope_tls_stream_fault(link->stream);
        return SCOPE_FAULT_TLS;
    }
    *detail = strerrordesc_np(error);
    return scope_fault_of(error);
}
