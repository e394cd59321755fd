/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection: TLS, and then a scenario's part or plain answers. */
#include "plugins/backends/tcp/server.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t peer_receive(struct peer *peer, void *bytes, size_t size)
{
    ssize_t got;
    if (peer->tls)
        return scope_tls_recv(peer->tls, bytes, size);
    do
        got = recv(peer->fd, bytes, size, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    return got;
}

ssize_t peer_send(struct peer *peer, const void *bytes, size_t size)
{
    ssize_t sent;
    if (peer->tls)
        return scope_tls_send(peer->tls, bytes, size);
    do
        sent = send(peer->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

static void free_peer(struct peer *peer)
{
    struct thread *thread = peer->thread;
    TAILQ_REMOVE(peer->limit_ns ? &thread->beginning : &thread->others, peer,
                 link);
    if (peer->queued)
        TAILQ_REMOVE(&thread->round, peer, round);
    scope_tls_stream_free(peer->tls);
    close(peer->fd);
    atomic_fetch_sub_explicit(&thread->server->open, 1, memory_order_relaxed);
    free(peer->echo);
    free(peer);
}

/* It has begun: nothing limits its time from here on. */
static void begin(struct peer *peer, enum peer_state state)
{
    struct thread *thread = peer->thread;
    peer->state = state;
    peer->limit_ns = 0;
    TAILQ_REMOVE(&thread->beginning, peer, link);
    TAILQ_INSERT_TAIL(&thread->others, peer, link);
}

static void play(struct peer *peer)
{
    struct server *server = peer->thread->server;
    const struct scope_scenario_party *party =
        &server->scenario.servers[peer->port->server];
    uint64_t id;
    memcpy(&id, peer->name, sizeof id);
    id = be64toh(id);
    if (id >= party->connection_count) {
        free_peer(peer);
        return;
    }
    begin(peer, PEER_PLAYING);
    peer->session = scope_stage_accepted(
        peer->thread->stage,
        &server->scenario.connections[party->connections + id],
        &(struct scope_wire){.fd = peer->fd, .tls = peer->tls}, peer);
}

/* netbench's clients begin with the number of the server's connection. */
static void read_name(struct peer *peer)
{
    while (peer->have < sizeof peer->name) {
        ssize_t got = peer_receive(peer, peer->name + peer->have,
                                   sizeof peer->name - peer->have);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            free_peer(peer);
            return;
        }
        peer->have += (size_t)got;
    }
    play(peer);
}

static void start(struct peer *peer)
{
    if (peer->thread->stage) {
        peer->state = PEER_NAMING;
        read_name(peer);
        return;
    }
    begin(peer, PEER_ANSWERING);
    peer->readable = true;
    peer_continue(peer);
}

static void shake(struct peer *peer)
{
    switch (scope_tls_handshake(peer->tls)) {
    case SCOPE_TLS_AGAIN:
        return;
    case SCOPE_TLS_OK:
        start(peer);
        return;
    case SCOPE_TLS_CLOSED:
    case SCOPE_TLS_FAILED:
        free_peer(peer);
        return;
    }
}

void peer_new(struct listener *listener, int fd)
{
    struct thread *thread = listener->thread;
    struct peer *peer = scope_alloc(1, sizeof *peer);
    peer->thread = thread;
    peer->port = listener->port;
    peer->fd = fd;
    peer->limit_ns = thread->now_ns + thread->server->options.start_ns;
    TAILQ_INSERT_TAIL(&thread->beginning, peer, link);
    atomic_fetch_add_explicit(&thread->server->open, 1, memory_order_relaxed);
    if (scope_loop_watch(&thread->loop, fd, peer)) {
        free_peer(peer);
        return;
    }
    if (!listener->port->tls) {
        start(peer);
        return;
    }
    peer->tls = scope_tls_stream_new(listener->port->tls, fd);
    shake(peer);
}

void peer_event(struct peer *peer, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        peer->readable = true;
    switch (peer->state) {
    case PEER_SHAKING:
        shake(peer);
        return;
    case PEER_NAMING:
        read_name(peer);
        return;
    case PEER_PLAYING:
        scope_session_event(peer->session, events);
        return;
    case PEER_ANSWERING:
        peer_continue(peer);
        return;
    }
}

void peer_continue(struct peer *peer)
{
    if (!answer_some(peer))
        free_peer(peer);
}

void peer_close(struct peer *peer)
{
    free_peer(peer);
}

/* --- a scenario's hooks --------------------------------------------------- */

static void timed(void *closure, uint32_t trace, int64_t took_ns,
                  bool outermost)
{
    (void)closure;
    (void)trace;
    (void)took_ns;
    (void)outermost;
}

static void marked(void *closure, uint32_t trace)
{
    (void)closure;
    (void)trace;
}

static void done(void *closure, void *owner, enum scope_fault fault,
                 const char *detail)
{
    (void)closure;
    (void)owner;
    (void)fault;
    (void)detail;
}

static void gone(void *closure, void *owner)
{
    (void)closure;
    free_peer(owner);
}

const struct scope_stage_hooks peer_hooks = {
    .timed = timed,
    .marked = marked,
    .done = done,
    .gone = gone,
};
