/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread of the server: waits for events, accepts, and keeps time.
 *
 * Deadlines of connections are kept in a wheel of slots, a tick each. What a
 * connection does puts its deadline off, but moves it only when its slot comes
 * up: so a request costs no bookkeeping.
 */
#include "lib/net/httpd_inside.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Without room for connections, accepting is tried again so often. */
#define ACCEPT_AGAIN_NS INT64_C(50000000)
/* Accepted in one go, before others have their turn. */
enum { TURN = 64 };

/* --- deadlines -------------------------------------------------------------
 */

/* The slot of a time, at least one and less than a turn of the wheel ahead. */
static uint8_t slot_of(const struct httpd_thread *thread, int64_t time_ns)
{
    int64_t ahead = time_ns / HTTPD_TICK_NS + 1 - thread->tick;
    if (ahead < 1)
        ahead = 1;
    if (ahead > HTTPD_SLOTS - 1)
        ahead = HTTPD_SLOTS - 1;
    return (uint8_t)((thread->tick + ahead) % HTTPD_SLOTS);
}

static unsigned ahead_of(const struct httpd_thread *thread, unsigned slot)
{
    unsigned now = (unsigned)(thread->tick % HTTPD_SLOTS);
    return (slot + HTTPD_SLOTS - now) % HTTPD_SLOTS;
}

void httpd_thread_hurry(struct httpd_peer *peer)
{
    struct httpd_thread *thread = peer->thread;
    uint8_t slot = slot_of(thread, httpd_peer_deadline(peer));
    unsigned present = ahead_of(thread, peer->slot);
    if (present && present <= ahead_of(thread, slot))
        return;
    LIST_REMOVE(peer, wheel);
    LIST_INSERT_HEAD(&thread->slots[slot], peer, wheel);
    peer->slot = slot;
}

static void look_through(struct httpd_thread *thread, unsigned slot)
{
    struct httpd_peer *peer;
    /* Each goes to another slot. */
    while ((peer = LIST_FIRST(&thread->slots[slot]))) {
        int64_t deadline_ns = httpd_peer_deadline(peer);
        LIST_REMOVE(peer, wheel);
        peer->slot = slot_of(thread, deadline_ns);
        LIST_INSERT_HEAD(&thread->slots[peer->slot], peer, wheel);
        if (deadline_ns <= thread->now_ns)
            httpd_peer_timeout(peer);
    }
}

static void turn_wheel(struct httpd_thread *thread)
{
    int64_t tick = thread->now_ns / HTTPD_TICK_NS;
    /* After a long pause every slot is looked at once. */
    if (tick - thread->tick > HTTPD_SLOTS)
        thread->tick = tick - HTTPD_SLOTS;
    while (thread->tick < tick) {
        thread->tick++;
        look_through(thread, (unsigned)(thread->tick % HTTPD_SLOTS));
    }
}

static void fire_dues(struct httpd_thread *thread)
{
    struct scope_due *due;
    while ((due = scope_due_first(&thread->dues)) &&
           due->ns <= thread->now_ns) {
        scope_due_remove(&thread->dues, due);
        due->fire(due);
    }
}

static int64_t next_deadline(const struct httpd_thread *thread)
{
    int64_t next_ns = thread->accepting ? thread->accept_ns : INT64_MAX;
    const struct scope_due *due = scope_due_first(&thread->dues);
    if (due && due->ns < next_ns)
        next_ns = due->ns;
    int64_t tick_ns = (thread->tick + 1) * HTTPD_TICK_NS;
    if (thread->peers && tick_ns < next_ns)
        next_ns = tick_ns;
    return TAILQ_EMPTY(&thread->round) ? next_ns : 0;
}

/* --- accepting -------------------------------------------------------------
 */

static bool is_full(const struct scope_httpd *httpd)
{
    uint64_t most = (uint64_t)httpd->options.connections;
    return most &&
           atomic_load_explicit(&httpd->open, memory_order_relaxed) >= most;
}

/* Until the kernel has no more; when there is no room for another, those that
 * come wait with the kernel until one has left. */
static void accept_some(struct httpd_thread *thread)
{
    for (int i = 0; i < TURN; i++) {
        if (is_full(thread->httpd)) {
            thread->accept_ns = thread->now_ns + ACCEPT_AGAIN_NS;
            return;
        }
        int fd = accept4(thread->listen_fd, NULL, NULL,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN) {
            thread->accepting = false;
            thread->accept_ns = INT64_MAX;
            return;
        }
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                       errno == ENOMEM)) {
            thread->accept_ns = thread->now_ns + ACCEPT_AGAIN_NS;
            return;
        }
        /* Others are failures of the one that was to be accepted. */
        if (fd < 0)
            continue;
        struct httpd_peer *peer = httpd_peer_new(thread, fd);
        if (scope_loop_watch(&thread->loop, fd, peer))
            httpd_peer_close(peer);
    }
    thread->accept_ns = 0;
}

/* --- the loop --------------------------------------------------------------
 */

void httpd_thread_again(struct httpd_peer *peer)
{
    if (peer->queued)
        return;
    peer->queued = true;
    peer->thread->in_round++;
    TAILQ_INSERT_TAIL(&peer->thread->round, peer, again);
}

void httpd_thread_leave(struct httpd_peer *peer)
{
    if (!peer->queued)
        return;
    peer->queued = false;
    peer->thread->in_round--;
    TAILQ_REMOVE(&peer->thread->round, peer, again);
}

/* Those that were there when it began. */
static void go_round(struct httpd_thread *thread)
{
    for (size_t left = thread->in_round; left; left--) {
        struct httpd_peer *peer = TAILQ_FIRST(&thread->round);
        if (!peer)
            return;
        httpd_thread_leave(peer);
        httpd_peer_continue(peer);
    }
}

static void hear(struct httpd_thread *thread, const struct epoll_event *event)
{
    if (!event->data.ptr)
        return; /* woken to stop */
    if (event->data.ptr != thread) {
        httpd_peer_event(event->data.ptr, event->events);
        return;
    }
    thread->accepting = true;
    thread->accept_ns = 0;
}

static void close_all(struct httpd_thread *thread)
{
    for (unsigned i = 0; i < HTTPD_SLOTS; i++)
        while (!LIST_EMPTY(&thread->slots[i]))
            httpd_peer_close(LIST_FIRST(&thread->slots[i]));
}

void *httpd_thread_run(void *closure)
{
    struct httpd_thread *thread = closure;
    scope_loop_sharpen();
    thread->now_ns = scope_now_ns();
    thread->tick = thread->now_ns / HTTPD_TICK_NS;
    while (
        !atomic_load_explicit(&thread->httpd->stopping, memory_order_relaxed)) {
        int count = scope_loop_wait(&thread->loop, thread->now_ns,
                                    next_deadline(thread));
        thread->now_ns = scope_now_ns();
        for (int i = 0; i < count; i++)
            hear(thread, &thread->loop.events[i]);
        if (thread->accepting && thread->accept_ns <= thread->now_ns)
            accept_some(thread);
        if (thread->dues.count)
            fire_dues(thread);
        if (!TAILQ_EMPTY(&thread->round))
            go_round(thread);
        turn_wheel(thread);
    }
    close_all(thread);
    return NULL;
}
