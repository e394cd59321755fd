/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A scenario's server with a client that sends any bytes as frames, cut where
 * the first byte says, and hangs up: it must do its part or say why not, and
 * leave nothing behind.
 */
#include "lib/net/stage.h"
#include "tests/fuzz/target.h"

#include <scope/plugin.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Three streams of the client's, and one that the server opens. */
static const char text[] =
    "{\"clients\":[],\"servers\":[{\"connections\":[{"
    "\"ops\":[{\"open_bidirectional_stream\":{\"stream_id\":5}},"
    "{\"send\":{\"stream_id\":5,\"bytes\":40000}},"
    "{\"receive_all\":{\"stream_id\":5}},"
    "{\"send_finish\":{\"stream_id\":5}},"
    "{\"receive_finish\":{\"stream_id\":5}}],"
    "\"peer_streams\":[["
    "{\"iterate\":{\"value\":{\"count\":{\"amount\":9}},\"operations\":["
    "{\"profile\":{\"trace_id\":0,\"operations\":["
    "{\"receive\":{\"stream_id\":0,\"bytes\":3}},"
    "{\"send\":{\"stream_id\":0,\"bytes\":70000}}]}}]}},"
    "{\"send_finish\":{\"stream_id\":0}},{\"receive_finish\":{\"stream_id\":0}}"
    "],[{\"scope\":{\"threads\":[[{\"receive_all\":{\"stream_id\":1}}],"
    "[{\"send\":{\"stream_id\":1,\"bytes\":10}},"
    "{\"unpark\":{\"checkpoint\":3}}]]}}],"
    "[{\"park\":{\"checkpoint\":3}},{\"receive_finish\":{\"stream_id\":2}}]"
    "]}]}],\"traces\":[\"t\"]}";

static bool is_gone;
static unsigned dones;

static void timed(void *closure, uint32_t trace, int64_t took_ns,
                  bool outermost)
{
    (void)closure, (void)outermost;
    TARGET_ASSERT(trace == 0 && took_ns >= 0);
}

static void marked(void *closure, uint32_t trace)
{
    (void)closure, (void)trace;
}

static void done(void *closure, void *owner, enum scope_fault fault,
                 const char *detail)
{
    (void)closure, (void)owner, (void)detail;
    TARGET_ASSERT(fault < SCOPE_FAULT_COUNT);
    dones++;
}

static void gone(void *closure, void *owner)
{
    (void)closure, (void)owner;
    is_gone = true;
}

static const struct scope_stage_hooks hooks = {
    .timed = timed,
    .marked = marked,
    .done = done,
    .gone = gone,
};

/* What the client reads, it forgets. */
static void turn(struct scope_stage *stage, struct scope_session *session,
                 int client)
{
    char sink[65536];
    for (int i = 0; i < 3 && !is_gone; i++) {
        scope_session_event(session, EPOLLIN | EPOLLOUT);
        scope_stage_run(stage, scope_now_ns());
        while (client >= 0 && recv(client, sink, sizeof sink, MSG_DONTWAIT) > 0)
            ;
    }
}

static void put(int client, const uint8_t *bytes, size_t size)
{
    /* What does not fit in the socket is left out. */
    if (send(client, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        return;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return 0;
    struct scope_scenario scenario;
    struct scope_err err = {0};
    size_t cut = bytes[0] < size - 1 ? bytes[0] : size - 1;
    int fds[2];
    TARGET_ASSERT(scope_scenario_parse(&scenario, text, sizeof text - 1, "fuzz",
                                       &err) == SCOPE_OK);
    TARGET_ASSERT(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds));
    is_gone = false;
    dones = 0;
    struct scope_stage *stage = scope_stage_new(&scenario, true, &hooks, NULL);
    struct scope_session *session =
        scope_stage_accepted(stage, &scenario.connections[0],
                             &(struct scope_wire){.fd = fds[0]}, NULL);
    put(fds[1], bytes + 1, cut);
    turn(stage, session, fds[1]);
    put(fds[1], bytes + 1 + cut, size - 1 - cut);
    turn(stage, session, fds[1]);
    close(fds[1]);
    turn(stage, session, -1);
    /* A connection that has ended without all that was to come has failed, or
     * waits for nothing but the end of its own part. */
    TARGET_ASSERT(dones <= 1 && (!is_gone || dones == 1));
    scope_stage_free(stage);
    TARGET_ASSERT(is_gone);
    close(fds[0]);
    scope_scenario_free(&scenario);
    return 0;
}
