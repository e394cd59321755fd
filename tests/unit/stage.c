/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios, played by both sides against each other through a carrier that
 * hands on so many bytes at a time, one among others: what was sent is what was
 * received, in the order that the scenario says, however the bytes are cut.
 */
#include "lib/net/mux.h"
#include "tests/unit/stage_world.h"
#include "tests/unit/unit.h"

#include <scope/plugin.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ONE(ops, peers)                                                        \
    "{'clients':[{'scenario':[{'connect':{'server_id':0,"                      \
    "'server_connection_id':0,'client_connection_id':0}}],"                    \
    "'connections':[{'ops':[" ops "]}]}],'servers':[{'connections':["          \
    "{'peer_streams':[" peers "]}]}],'traces':['a','b','c','d']}"
#define OPEN(id) "{'open_bidirectional_stream':{'stream_id':" id "}}"
#define OPEN_SEND(id) "{'open_send_stream':{'stream_id':" id "}}"
#define SEND(id, n) "{'send':{'stream_id':" id ",'bytes':" n "}}"
#define RECEIVE(id, n) "{'receive':{'stream_id':" id ",'bytes':" n "}}"
#define RECEIVE_ALL(id) "{'receive_all':{'stream_id':" id "}}"
#define PROFILE(trace, ops)                                                    \
    "{'profile':{'trace_id':" trace ",'operations':[" ops "]}}"
#define COUNT(n, ops)                                                          \
    "{'iterate':{'value':{'count':{'amount':" n "}},'operations':[" ops "]}}"
#define TIME(ms, ops)                                                          \
    "{'iterate':{'value':{'time':{'amount_ms':" ms "}},'operations':[" ops "]" \
    "}"                                                                        \
    "}"
#define FINISH(id)                                                             \
    "{'send_finish':{'stream_id':" id "}},{'receive_finish':{'stream_id':" id  \
    "}}"
#define SCOPE(threads) "{'scope':{'threads':[" threads "]}}"
#define PARK(id) "{'park':{'checkpoint':" id "}}"
#define UNPARK(id) "{'unpark':{'checkpoint':" id "}}"

static const struct {
    size_t piece;
    bool multiplex;
} ways[] = {{1, false}, {3, false},   {100000, false}, {1, true},
            {7, true},  {1000, true}, {100000, true}};
enum { WAYS = sizeof ways / sizeof *ways };

static void request_and_response_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct world world;
        world_open(
            &world,
            ONE(OPEN("0") "," COUNT(
                    "3",
                    PROFILE(
                        "0",
                        PROFILE("1", SEND("0", "1000")) "," PROFILE(
                            "2", RECEIVE("0", "2000")) ",{'trace':{'trace_id':"
                                                       "3}}")) "," FINISH("0"),
                "[" COUNT("3",
                          PROFILE("0", RECEIVE("0", "1000") "," SEND(
                                           "0", "2000"))) "," FINISH("0") "]"),
            ways[i].piece, ways[i].multiplex);
        assert_true(world_run(&world));
        assert_moved(&world, 3000, 6000);
        assert_int_equal(world.done, 2);
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(world.timed[j], 3);
        assert_int_equal(world.whole[0], 3);
        assert_int_equal(world.whole[1], 0);
        assert_int_equal(world.marked[3], 3);
        world_close(&world);
    }
}

static void streams_share_a_connection(void **state)
{
    (void)state;
    static const size_t pieces[] = {1000, 65536};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        /* More than a window each way, and one stream that only sends. */
        world_open(
            &world,
            ONE(SCOPE("[" OPEN("0") "," SEND("0", "700000") "," RECEIVE(
                    "0",
                    "6"
                    "0"
                    "0"
                    "0"
                    "0"
                    "0") "," FINISH("0") "],"
                                         "[" OPEN("1") "," SCOPE("[" SEND("1", "300000") "],[" RECEIVE_ALL(
                                             "1") "]") "," FINISH("1") "],"
                                                                       "[" OPEN_SEND("2") "," SEND(
                                                                           "2",
                                                                           "1") ","
                                                                                "{'send_"
                                                                                "finish':{'"
                                                                                "stream_id'"
                                                                                ":2}}]"),
                "[" RECEIVE("0", "700000") "," SEND("0", "600000") "," FINISH(
                    "0") "],"
                         "[" SEND(
                             "1",
                             "400000") ","
                                       "{'send_finish':{'stream_id':1}}"
                                       "," RECEIVE_ALL(
                                           "1") ",{'receive_finish':{'stream_"
                                                "id':1}}],"
                                                "[" RECEIVE_ALL(
                                                    "2") ","
                                                         "{'receive_finish':{'"
                                                         "stream_id':2}}]"),
            pieces[i], true);
        assert_true(world_run(&world));
        assert_moved(&world, 1000001, 1000000);
        world_close(&world);
    }
}

static void more_streams_than_may_be_open_wait(void **state)
{
    (void)state;
    char *mine = scope_strdup("");
    char *theirs = scope_strdup("");
    for (int i = 0; i < 150; i++) {
        char *more =
            scope_format("%s%s{'open_bidirectional_stream':{'stream_id':%d}},"
                         "{'send':{'stream_id':%d,'bytes':10}},"
                         "{'send_finish':{'stream_id':%d}},"
                         "{'receive_finish':{'stream_id':%d}}",
                         mine, i ? "," : "", i, i, i, i);
        free(mine);
        mine = more;
        more = scope_format("%s%s[{'receive':{'stream_id':%d,'bytes':10}},"
                            "{'send_finish':{'stream_id':%d}},"
                            "{'receive_finish':{'stream_id':%d}}]",
                            theirs, i ? "," : "", i, i, i);
        free(theirs);
        theirs = more;
    }
    char *text = scope_format(
        "{'clients':[{'scenario':[{'connect':{'server_id':0,"
        "'server_connection_id':0,'client_connection_id':0}}],'connections':"
        "[{'ops':[%s]}]}],'servers':[{'connections':[{'peer_streams':[%s]}]}]}",
        mine, theirs);
    struct world world;
    world_open(&world, text, 100, true);
    assert_true(world_run(&world));
    assert_moved(&world, 1500, 0);
    world_close(&world);
    free(text);
    free(mine);
    free(theirs);
}

static void what_is_parked_waits(void **state)
{
    (void)state;
    struct world world;
    /* The second thread may begin only when the first has had its answer. */
    world_open(
        &world,
        ONE(SCOPE("[" PARK("9") "," PROFILE(
                "1",
                OPEN("1") "," SEND("1", "5") "," FINISH(
                    "1")) "],"
                          "[" PROFILE(
                              "0",
                              OPEN("0") "," SEND("0", "5") "," RECEIVE(
                                  "0",
                                  "5") "," UNPARK("9") "," FINISH("0")) "]"),
            "[{'sleep':{'amount_ms':20}}," RECEIVE("0", "5") "," SEND(
                "0", "5") "," FINISH("0") "],"
                                          "[" RECEIVE("1",
                                                      "5") "," FINISH("1") "]"),
        50, true);
    assert_true(world_run(&world));
    assert_moved(&world, 10, 5);
    assert_true(world.took_ns[0] >= 20 * MS);
    world_close(&world);
    /* Nobody unparks it: that is seen. */
    world_open(
        &world,
        "{'clients':[{'connections':[],'scenario':[" PARK("1") "]}],"
                                                               "'servers':[]}",
        50, false);
    assert_false(world_run(&world));
    assert_true(scope_stage_is_stuck(world.client));
    world_close(&world);
}

static void a_rate_holds(void **state)
{
    (void)state;
    for (size_t multiplex = 0; multiplex < 2; multiplex++) {
        struct world world;
        world_open(
            &world,
            ONE(OPEN("0") ",{'send_rate':{'stream_id':0,'bytes':1000,"
                          "'period_ms':5}}," PROFILE(
                              "0",
                              SEND("0", "500") "," SEND("0", "500") "," SEND(
                                  "0",
                                  "9000")) ",{'receive_rate':{'stream_id':0,'"
                                           "bytes':500,"
                                           "'period_ms':4}}," PROFILE(
                                               "1",
                                               RECEIVE("0",
                                                       "5000")) "," FINISH("0"),
                "[" RECEIVE("0", "10000") "," SEND("0",
                                                   "5000") "," FINISH("0") "]"),
            4096, multiplex);
        assert_true(world_run(&world));
        assert_moved(&world, 10000, 5000);
        /* Ten periods' bytes: the first at once, then nine to wait for; two
         * halves are one. */
        assert_true(world.took_ns[0] >= 45 * MS);
        assert_true(world.took_ns[1] >= 36 * MS);
        world_close(&world);
    }
}

static void time_cuts_what_it_is_up_in(void **state)
{
    (void)state;
    for (size_t multiplex = 0; multiplex < 2; multiplex++) {
        struct world world;
        world_open(
            &world,
            ONE(OPEN("0") "," TIME(
                    "30",
                    PROFILE(
                        "0",
                        SEND("0", "1000") "," RECEIVE(
                            "0", "1000"))) ","
                                           "{'sleep':{'amount_ms':1}}," FINISH(
                                               "0"),
                "[" TIME("30",
                         PROFILE("0", RECEIVE("0", "1000") "," SEND(
                                          "0", "1000"))) "," FINISH("0") "]"),
            300, multiplex);
        assert_true(world_run(&world));
        if (world.faults)
            fail_msg("%s", world.detail);
        assert_true(world.timed[0] > 0);
        assert_int_equal(world.whole[0], world.timed[0]);
        struct scope_stage_counts mine = scope_stage_counts(world.client);
        assert_true(mine.sent >= world.timed[0] * 1000);
        assert_true(mine.sent <= world.timed[0] * 1000 + 2000);
        world_close(&world);
        /* A thread that never ends is cut, too, with all that it waits for. */
        world_open(
            &world,
            ONE(TIME(
                    "10",
                    SCOPE("[" PARK(
                        "1") "],[{'sleep':"
                             "{'amount_ms':100000}}]")) "," OPEN("0") "," SEND("0",
                                                                               "1") "," FINISH("0"),
                "[" RECEIVE_ALL("0") "," FINISH("0") "]"),
            300, multiplex);
        assert_true(world_run(&world));
        assert_moved(&world, 1, 0);
        world_close(&world);
    }
}

static void what_ends_too_early_is_cut_off(void **state)
{
    (void)state;
    for (size_t multiplex = 0; multiplex < 2; multiplex++) {
        struct world world;
        world_open(
            &world,
            ONE(OPEN("0") "," SEND("0", "10") "," PROFILE(
                    "0", RECEIVE("0", "11")) "," FINISH("0"),
                "[" RECEIVE("0", "10") "," SEND("0", "10") "," FINISH("0") "]"),
            100, multiplex);
        assert_true(world_run(&world));
        assert_int_equal(world.faults, 1);
        assert_int_equal(world.fault, SCOPE_FAULT_CUT);
        assert_string_equal(world.detail,
                            "the stream ended before all was received");
        assert_int_equal(world.timed[0], 0);
        world_close(&world);
    }
}

static void one_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    struct world world;
    world_open(&world,
               ONE(SCOPE("[" OPEN("0") "," SEND(
                       "0", "10000000") "],"
                                        "[" OPEN("1") "," RECEIVE_ALL(
                                            "1") "],[" PARK("3") "]"),
                   "[" RECEIVE("0", "10000000") "],[{'sleep':"
                                                "{'amount_ms':100000}}]"),
               1000, true);
    for (int i = 0; i < 200; i++) {
        scope_stage_run(world.client, scope_now_ns());
        for (size_t j = 0; j < world.count; j++)
            carry(&world, &world.carriers[j]);
        scope_stage_run(world.server, scope_now_ns());
    }
    assert_int_equal(scope_stage_sessions(world.client), 1);
    assert_true(scope_stage_counts(world.server).received > 0);
    world_close(&world);
    assert_int_equal(world.done, 0);
}

/* Frames of a client that does what it may not. */
static void peers_that_break_the_rules_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct scope_mux_frame frames[3];
        size_t count;
        const char *detail;
    } runs[] = {
        {{{.tag = SCOPE_MUX_OPEN, .id = 7}},
         1,
         "the peer opened a stream that the scenario does not have"},
        {{{.tag = SCOPE_MUX_OPEN}, {.tag = SCOPE_MUX_OPEN}},
         2,
         "the peer opened a stream twice"},
        {{{.tag = SCOPE_MUX_FINISH, .flag = true}},
         1,
         "a frame for a stream that was not opened"},
        {{{.tag = SCOPE_MUX_OPEN},
          {.tag = SCOPE_MUX_DATA_FRAME, .flag = true, .amount = 300000}},
         2,
         "more data than the stream's window"},
        {{{.tag = SCOPE_MUX_OPEN},
          {.tag = SCOPE_MUX_FINISH, .flag = true},
          {.tag = SCOPE_MUX_DATA_FRAME, .flag = true, .amount = 1}},
         3,
         "data after the end of a stream"},
        {{{.tag = 6}}, 0, "bytes that are no frame"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct world world;
        world_open(&world, ONE(OPEN("0"), "[{'sleep':{'amount_ms':10000}}]"),
                   100, true);
        struct carrier carrier = {0};
        pair(&carrier.server, &carrier.far);
        int room = 1 << 20;
        setsockopt(carrier.far, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        carrier.theirs = scope_stage_accepted(
            world.server,
            &world.scenario.connections[world.scenario.servers[0].connections],
            &(struct scope_wire){.fd = carrier.server}, &carrier);
        uint8_t bytes[64 + 400000] = {6};
        size_t size = runs[i].count ? 0 : 1;
        for (size_t j = 0; j < runs[i].count; j++) {
            size += scope_mux_write(bytes + size, &runs[i].frames[j]);
            if (runs[i].frames[j].tag == SCOPE_MUX_DATA_FRAME)
                size += runs[i].frames[j].amount;
        }
        for (size_t sent = 0; sent < size && !carrier.theirs_gone;) {
            ssize_t part =
                send(carrier.far, bytes + sent, size - sent, MSG_NOSIGNAL);
            sent += part > 0 ? (size_t)part : 0;
            scope_session_event(carrier.theirs, EPOLLIN);
            scope_stage_run(world.server, scope_now_ns());
        }
        assert_true(carrier.theirs_gone);
        assert_int_equal(world.fault, SCOPE_FAULT_MALFORMED);
        assert_string_equal(world.detail, runs[i].detail);
        close(carrier.far);
        world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_and_response_however_they_are_cut),
        cmocka_unit_test(streams_share_a_connection),
        cmocka_unit_test(more_streams_than_may_be_open_wait),
        cmocka_unit_test(what_is_parked_waits),
        cmocka_unit_test(a_rate_holds),
        cmocka_unit_test(time_cuts_what_it_is_up_in),
        cmocka_unit_test(what_ends_too_early_is_cut_off),
        cmocka_unit_test(one_that_is_given_up_leaves_nothing),
        cmocka_unit_test(peers_that_break_the_rules_are_refused),
    };
    return cmocka_run_group_tests_name("stage", tests, NULL, NULL);
}
