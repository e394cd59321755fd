/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One thread of the backend: events, accepting, time limits. */
#include "plugins/backends/tcp/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Without room for connections, accepting is tried again so often. */
#define ACCEPT_AGAIN_NS INT64_C(50000000)
/* Accepted of one port in one go. */
enum { TURN = 64 };

static bool is_full(const struct server *server)
{
    uint64_t most = (uint64_t)server->options.connections;
    return most &&
           atomic_load_explicit(&server->open, memory_order_relaxed) >= most;
}

/* False: there is no room, or they had their turn. */
static bool accept_some(struct thread *thread, struct listener *listener)
{
    for (int i = 0; i < TURN; i++) {
        if (is_full(thread->server)) {
            thread->accept_ns = thread->now_ns + ACCEPT_AGAIN_NS;
            return false;
        }
        int fd =
            accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            peer_new(listener, fd);
        } else if (errno == EAGAIN) {
            listener->waiting = false;
            return true;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                   errno == ENOMEM) {
            thread->accept_ns = thread->now_ns + ACCEPT_AGAIN_NS;
            return false;
        }
        /* Others are failures of the one that was to be accepted. */
    }
    thread->accept_ns = thread->now_ns;
    return false;
}

static void accept_all(struct thread *thread)
{
    thread->accepting = false;
    for (size_t i = 0; i < thread->server->port_count; i++) {
        struct listener *listener = &thread->listeners[i];
        if (listener->waiting && !accept_some(thread, listener))
            thread->accepting = true;
    }
}

static void limit_times(struct thread *thread)
{
    struct peer *peer;
    while ((peer = TAILQ_FIRST(&thread->beginning)) &&
           peer->limit_ns <= thread->now_ns)
        peer_close(peer);
}

void thread_again(struct peer *peer)
{
    if (peer->queued)
        return;
    peer->queued = true;
    TAILQ_INSERT_TAIL(&peer->thread->round, peer, round);
}

/* Those that wait for a turn now have one each. */
static void go_round(struct thread *thread)
{
    struct peer *last = TAILQ_LAST(&thread->round, peers);
    struct peer *peer;
    while ((peer = TAILQ_FIRST(&thread->round))) {
        bool end = peer == last;
        TAILQ_REMOVE(&thread->round, peer, round);
        peer->queued = false;
        peer_continue(peer);
        if (end)
            return;
    }
}

static void hear(struct thread *thread, const struct epoll_event *event)
{
    struct source *source = event->data.ptr;
    if (!source)
        return; /* woken to stop */
    if (!source->listener) {
        peer_event((struct peer *)source, event->events);
        return;
    }
    source->listener->waiting = true;
    thread->accepting = true;
    thread->accept_ns = thread->now_ns;
}

static int64_t next_deadline(const struct thread *thread, int64_t play_ns)
{
    int64_t next_ns = play_ns;
    const struct peer *first = TAILQ_FIRST(&thread->beginning);
    if (!TAILQ_EMPTY(&thread->round))
        return thread->now_ns;
    if (thread->accepting && thread->accept_ns < next_ns)
        next_ns = thread->accept_ns;
    if (first && first->limit_ns < next_ns)
        next_ns = first->limit_ns;
    return next_ns;
}

static void close_all(struct thread *thread)
{
    struct peer *peer;
    scope_stage_free(thread->stage);
    thread->stage = NULL;
    while ((peer = TAILQ_FIRST(&thread->beginning)) ||
           (peer = TAILQ_FIRST(&thread->others)))
        peer_close(peer);
}

void *thread_run(void *closure)
{
    struct thread *thread = closure;
    struct server *server = thread->server;
    int64_t play_ns = INT64_MAX;
    scope_loop_sharpen();
    thread->now_ns = scope_now_ns();
    while (!atomic_load_explicit(&server->stopping, memory_order_relaxed)) {
        int count = scope_loop_wait(&thread->loop, thread->now_ns,
                                    next_deadline(thread, play_ns));
        thread->now_ns = scope_now_ns();
        for (int i = 0; i < count; i++)
            hear(thread, &thread->loop.events[i]);
        if (thread->accepting && thread->accept_ns <= thread->now_ns)
            accept_all(thread);
        go_round(thread);
        limit_times(thread);
        if (thread->stage)
            play_ns = scope_stage_run(thread->stage, thread->now_ns);
    }
    close_all(thread);
    return NULL;
}
