/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is answered without a scenario. */
#include "plugins/backends/tcp/server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* A client that does not read its answers is not asked for more. */
#define OWED_MAX (UINT64_C(1) << 30)

enum outcome { DONE, BLOCKED, OVER };

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* What is to be echoed and could not be sent is kept. */
static enum outcome send_echo(struct peer *peer)
{
    while (peer->echo_from < peer->echo_to) {
        ssize_t sent = peer_send(peer, peer->echo + peer->echo_from,
                                 peer->echo_to - peer->echo_from);
        if (sent < 0)
            return errno == EAGAIN ? BLOCKED : OVER;
        peer->echo_from += (size_t)sent;
    }
    free(peer->echo);
    peer->echo = NULL;
    peer->echo_from = peer->echo_to = 0;
    return DONE;
}

static enum outcome echo(struct peer *peer, const char *bytes, size_t size)
{
    ssize_t sent = peer_send(peer, bytes, size);
    if (sent < 0 && errno != EAGAIN)
        return OVER;
    size_t part = sent > 0 ? (size_t)sent : 0;
    if (part == size)
        return DONE;
    peer->echo_to = size - part;
    peer->echo = scope_alloc(peer->echo_to, 1);
    memcpy(peer->echo, bytes + part, peer->echo_to);
    return send_echo(peer);
}

/* OpenSSL wants at least what it could not send last time. */
static enum outcome send_owed(struct peer *peer, size_t *share)
{
    const char *filling = peer->thread->server->filling;
    while (peer->owed && *share) {
        size_t size = least(peer->owed, BUFFER_SIZE);
        ssize_t sent = peer_send(peer, filling, size);
        if (sent < 0)
            return errno == EAGAIN ? BLOCKED : OVER;
        if (peer->owed != UINT64_MAX)
            peer->owed -= (uint64_t)sent;
        *share -= least((uint64_t)sent, *share);
    }
    return DONE;
}

static ssize_t receive(struct peer *peer)
{
    struct thread *thread = peer->thread;
    bool discard = thread->server->options.answer != ANSWER_ECHO;
    /* TCP discards what MSG_TRUNC receives (tcp(7)): a copy less. */
    if (discard && !peer->tls) {
        ssize_t got;
        do
            got = recv(peer->fd, thread->buffer, BUFFER_SIZE,
                       MSG_TRUNC | MSG_DONTWAIT);
        while (got < 0 && errno == EINTR);
        return got;
    }
    return peer_receive(peer, thread->buffer, BUFFER_SIZE);
}

static enum outcome take(struct peer *peer, size_t size)
{
    const struct options *options = &peer->thread->server->options;
    if (options->answer == ANSWER_ECHO)
        return echo(peer, peer->thread->buffer, size);
    if (options->answer == ANSWER_RESPOND) {
        peer->asked += size;
        uint64_t whole = peer->asked / options->request_size;
        peer->asked %= options->request_size;
        peer->owed += whole * options->response_size;
    }
    return DONE;
}

static enum outcome read_some(struct peer *peer, size_t *share)
{
    bool source = peer->thread->server->options.answer == ANSWER_SOURCE;
    while (peer->readable && *share && (source || peer->owed < OWED_MAX)) {
        ssize_t got = receive(peer);
        if (got < 0 && errno == EAGAIN) {
            peer->readable = false;
            return DONE;
        }
        if (got < 0)
            return OVER;
        if (!got) {
            peer->ended = true;
            peer->readable = false;
            return DONE;
        }
        *share -= least((uint64_t)got, *share);
        enum outcome outcome = take(peer, (size_t)got);
        if (outcome != DONE)
            return outcome;
        outcome = source ? DONE : send_owed(peer, share);
        if (outcome == OVER)
            return OVER;
    }
    return DONE;
}

bool answer_some(struct peer *peer)
{
    size_t share = SHARE;
    size_t sending = SHARE;
    if (peer->thread->server->options.answer == ANSWER_SOURCE)
        peer->owed = UINT64_MAX;
    enum outcome outcome = send_echo(peer);
    if (outcome == DONE)
        outcome = read_some(peer, &share);
    if (outcome == BLOCKED)
        return true;
    if (outcome == DONE)
        outcome = send_owed(peer, &sending);
    if (outcome == OVER)
        return false;
    /* A source goes on until its client hangs up; the others are done when
     * all that was asked for is answered. */
    if (peer->ended && !peer->owed)
        return peer->echo_to > 0;
    if (!sending || (!share && peer->readable))
        thread_again(peer);
    return true;
}
