/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The carrier between both sides, and the hooks that take notes. */
#include "tests/unit/stage_world.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <scope/plugin.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void timed(void *closure, uint32_t trace, int64_t took_ns,
                  bool outermost)
{
    struct world *world = closure;
    assert_true(took_ns >= 0);
    world->timed[trace]++;
    world->whole[trace] += outermost;
    world->took_ns[trace] = took_ns;
}

static void marked(void *closure, uint32_t trace)
{
    struct world *world = closure;
    world->marked[trace]++;
}

static void done(void *closure, void *owner, enum scope_fault fault,
                 const char *detail)
{
    struct world *world = closure;
    (void)owner;
    world->done++;
    if (!detail)
        return;
    world->faults++;
    world->fault = fault;
    snprintf(world->detail, sizeof world->detail, "%s", detail);
}

void pair(int *one, int *other)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
                     0);
    *one = fds[0];
    *other = fds[1];
}

static void connect_to(void *closure, const struct scope_step *step,
                       void *ticket)
{
    struct world *world = closure;
    struct carrier *carrier = &world->carriers[world->count++];
    (void)step;
    assert_true(world->count <= LINKS);
    *carrier = (struct carrier){0};
    pair(&carrier->client, &carrier->near);
    pair(&carrier->far, &carrier->server);
    carrier->mine = scope_stage_connected(
        world->client, ticket, &(struct scope_wire){.fd = carrier->client},
        carrier);
}

static void mine_gone(void *closure, void *owner)
{
    struct carrier *carrier = owner;
    (void)closure;
    close(carrier->client);
    carrier->mine_gone = true;
}

static void theirs_gone(void *closure, void *owner)
{
    struct carrier *carrier = owner;
    (void)closure;
    close(carrier->server);
    carrier->theirs_gone = true;
}

static const struct scope_stage_hooks client_hooks = {
    .timed = timed,
    .marked = marked,
    .connect = connect_to,
    .done = done,
    .gone = mine_gone,
};

static void ignore_time(void *closure, uint32_t trace, int64_t took_ns,
                        bool outermost)
{
    (void)closure, (void)trace, (void)took_ns, (void)outermost;
}

static void ignore_mark(void *closure, uint32_t trace)
{
    (void)closure, (void)trace;
}

static const struct scope_stage_hooks server_hooks = {
    .timed = ignore_time,
    .marked = ignore_mark,
    .done = done,
    .gone = theirs_gone,
};

/* Hands on at most a piece; an end, too. */
static void hand_on(const struct world *world, int from, int to, bool *ended)
{
    char bytes[65536];
    size_t size = world->piece < sizeof bytes ? world->piece : sizeof bytes;
    ssize_t got = recv(from, bytes, size, MSG_DONTWAIT);
    if (got > 0) {
        for (ssize_t sent = 0; sent < got;) {
            ssize_t part = send(to, bytes + sent, (size_t)(got - sent),
                                MSG_NOSIGNAL | MSG_DONTWAIT);
            if (part < 0 && errno != EAGAIN)
                return;
            sent += part > 0 ? part : 0;
            if (part < 0)
                usleep(100);
        }
    } else if (got == 0 && !*ended) {
        *ended = true;
        shutdown(to, SHUT_WR);
    }
}

/* The server's side begins when the client has said which connection it is. */
static void accept_one(struct world *world, struct carrier *carrier)
{
    ssize_t got = recv(carrier->server, carrier->head + carrier->have,
                       sizeof carrier->head - carrier->have, MSG_DONTWAIT);
    if (got > 0)
        carrier->have += (size_t)got;
    if (carrier->have < sizeof carrier->head)
        return;
    const struct scope_scenario_party *party = &world->scenario.servers[0];
    size_t number = carrier->head[7];
    assert_true(number < party->connection_count);
    carrier->theirs = scope_stage_accepted(
        world->server,
        &world->scenario.connections[party->connections + number],
        &(struct scope_wire){.fd = carrier->server}, carrier);
}

void carry(struct world *world, struct carrier *carrier)
{
    const uint32_t all = EPOLLIN | EPOLLOUT;
    hand_on(world, carrier->near, carrier->far, &carrier->near_ended);
    hand_on(world, carrier->far, carrier->near, &carrier->far_ended);
    if (!carrier->theirs)
        accept_one(world, carrier);
    if (carrier->mine && !carrier->mine_gone)
        scope_session_event(carrier->mine, all);
    if (carrier->theirs && !carrier->theirs_gone)
        scope_session_event(carrier->theirs, all);
}

void world_open(struct world *world, const char *quoted, size_t piece,
                bool multiplex)
{
    char *text = scope_strdup(quoted);
    struct scope_err err = {0};
    *world = (struct world){.piece = piece};
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    if (scope_scenario_parse(&world->scenario, text, strlen(text), "test",
                             &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    free(text);
    world->client =
        scope_stage_new(&world->scenario, multiplex, &client_hooks, world);
    world->server =
        scope_stage_new(&world->scenario, multiplex, &server_hooks, world);
    scope_stage_start(world->client, 0);
}

bool world_run(struct world *world)
{
    int64_t limit_ns = scope_now_ns() + INT64_C(60000) * MS;
    while (scope_now_ns() < limit_ns) {
        scope_stage_run(world->client, scope_now_ns());
        for (size_t i = 0; i < world->count; i++)
            carry(world, &world->carriers[i]);
        scope_stage_run(world->server, scope_now_ns());
        if (scope_stage_is_over(world->client) &&
            scope_stage_is_over(world->server))
            return true;
        if (scope_stage_is_stuck(world->client))
            return false;
    }
    fail_msg("the scenario did not end");
    return false;
}

void world_close(struct world *world)
{
    scope_stage_free(world->client);
    scope_stage_free(world->server);
    for (size_t i = 0; i < world->count; i++) {
        struct carrier *carrier = &world->carriers[i];
        close(carrier->near);
        close(carrier->far);
        if (!carrier->theirs)
            close(carrier->server);
    }
    scope_scenario_free(&world->scenario);
}

void assert_moved(const struct world *world, uint64_t sent, uint64_t received)
{
    struct scope_stage_counts mine = scope_stage_counts(world->client);
    struct scope_stage_counts theirs = scope_stage_counts(world->server);
    if (world->faults)
        fail_msg("%s", world->detail);
    assert_int_equal(mine.sent, sent);
    assert_int_equal(theirs.received, sent);
    assert_int_equal(theirs.sent, received);
    assert_int_equal(mine.received, received);
}
