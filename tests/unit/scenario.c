/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netbench's scenarios: the shapes that its generators make, read and compiled;
 * what is wrong is refused with its place in the file.
 */
#include "lib/net/scenario.h"
#include "tests/unit/unit.h"

#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>

/* JSON with ' for ", so that it can be read here. */
static enum scope_code read_text(struct scope_scenario *scenario,
                                 const char *quoted, struct scope_err *err)
{
    char *text = scope_strdup(quoted);
    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    enum scope_code code =
        scope_scenario_parse(scenario, text, strlen(text), "f", err);
    free(text);
    return code;
}

static void read_good(struct scope_scenario *scenario, const char *quoted)
{
    struct scope_err err = {0};
    if (read_text(scenario, quoted, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
}

static void assert_codes(const struct scope_scenario *scenario, uint32_t thread,
                         const enum scope_step_code *codes, size_t count)
{
    uint32_t entry = scenario->threads[thread].entry;
    assert_true(entry + count <= scenario->step_count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(scenario->steps[entry + i].code, codes[i]);
}

#define ASSERT_CODES(scenario, thread, ...)                                    \
    do {                                                                       \
        static const enum scope_step_code codes[] = {__VA_ARGS__};             \
        assert_codes(scenario, thread, codes, sizeof codes / sizeof *codes);   \
    } while (0)

/* One server, and one client that connects to it once. */
#define ONE(ops, peers, traces)                                                \
    "{'id':'x','clients':[{'scenario':[{'connect':{'server_id':0,"             \
    "'server_connection_id':0,'client_connection_id':0}}],"                    \
    "'connections':[{'ops':[" ops "]}]}],'servers':[{'connections':["          \
    "{'peer_streams':[" peers "]}]}],'traces':[" traces "]}"

#define OPEN(id) "{'open_bidirectional_stream':{'stream_id':" id "}}"
#define SEND(id, n) "{'send':{'stream_id':" id ",'bytes':" n "}}"
#define RECEIVE(id, n) "{'receive':{'stream_id':" id ",'bytes':" n "}}"
#define PROFILE(trace, ops)                                                    \
    "{'profile':{'trace_id':" trace ",'operations':[" ops "]}}"
#define FINISH(id)                                                             \
    "{'send_finish':{'stream_id':" id "}},{'receive_finish':{'stream_id':" id  \
    "}}"

static void request_response(void **state)
{
    (void)state;
    struct scope_scenario scenario;
    read_good(
        &scenario,
        ONE(OPEN("0") "," PROFILE(
                "0",
                "{'send_rate':{'stream_id':0,'bytes':1024,'period_ms':50}},"
                "{'receive_rate':{'stream_id':0,'bytes':42000000,"
                "'period_ms':1000}}," PROFILE(
                    "1",
                    SEND("0",
                         "1000")) "," PROFILE("2",
                                              RECEIVE(
                                                  "0",
                                                  "10000000"))) "," FINISH("0"),
            "[" PROFILE(
                "0",
                PROFILE(
                    "1",
                    RECEIVE("0",
                            "1000")) ","
                                     "{'sleep':{'amount_ms':20}}," PROFILE(
                                         "2",
                                         SEND("0",
                                              "10000000"))) "," FINISH("0") "]",
            "'lbl','request','response'"));
    const struct scope_scenario_connection *mine =
        &scenario.connections[scenario.clients[0].connections];
    const struct scope_scenario_connection *theirs =
        &scenario.connections[scenario.servers[0].connections];
    ASSERT_CODES(
        &scenario, mine->ops, SCOPE_STEP_OPEN_BIDIRECTIONAL, SCOPE_STEP_PROFILE,
        SCOPE_STEP_SEND_RATE, SCOPE_STEP_RECEIVE_RATE, SCOPE_STEP_PROFILE,
        SCOPE_STEP_SEND, SCOPE_STEP_PROFILE_END, SCOPE_STEP_PROFILE,
        SCOPE_STEP_RECEIVE, SCOPE_STEP_PROFILE_END, SCOPE_STEP_PROFILE_END,
        SCOPE_STEP_SEND_FINISH, SCOPE_STEP_RECEIVE_FINISH, SCOPE_STEP_END);
    ASSERT_CODES(&scenario, theirs->peers, SCOPE_STEP_PROFILE,
                 SCOPE_STEP_PROFILE, SCOPE_STEP_RECEIVE, SCOPE_STEP_PROFILE_END,
                 SCOPE_STEP_SLEEP, SCOPE_STEP_PROFILE, SCOPE_STEP_SEND);
    assert_int_equal(scenario.threads[mine->ops].frames, 2);
    const struct scope_step *steps =
        &scenario.steps[scenario.threads[mine->ops].entry];
    assert_int_equal(steps[2].amount, 1024);
    assert_int_equal(steps[2].period_ns, 50000000);
    assert_int_equal(steps[8].amount, 10000000);
    assert_int_equal(steps[7].at, 2);
    assert_int_equal(steps[9].at, 2);
    assert_int_equal(
        scenario.steps[scenario.threads[theirs->peers].entry + 4].amount,
        20000000);
    assert_false(scenario.several);
    assert_true(scenario.profiled);
    assert_int_equal(scenario.trace_count, 3);
    assert_string_equal(scenario.traces[1], "request");
    assert_int_equal(mine->stream_count, 1);
    assert_int_equal(theirs->stream_count, 1);
    scope_scenario_free(&scenario);
}

static void ping_on_streams_of_one_connection(void **state)
{
    (void)state;
    struct scope_scenario scenario;
#define PING(id, in, out)                                                      \
    "{'iterate':{'value':{'time':{'amount_ms':15000}},'operations':["          \
    "{'profile':{'trace_id':0,'operations':[" in "," out "]}}]}}"
#define STREAM(id)                                                             \
    "[" OPEN(id) "," PING(id, SEND(id, "1000"), RECEIVE(id, "1000")) "]"
    read_good(
        &scenario,
        ONE("{'scope':{'threads':[" STREAM("7") "," STREAM("3") "]}}",
            "[" PING("0", RECEIVE("0", "1000"),
                     SEND("0", "1000")) "],"
                                        "[" PING("1", RECEIVE("1", "1000"),
                                                 SEND("1", "1000")) "]",
            "'ping 1KB'"));
    const struct scope_scenario_connection *mine =
        &scenario.connections[scenario.clients[0].connections];
    ASSERT_CODES(&scenario, mine->ops, SCOPE_STEP_SCOPE);
    const struct scope_step *scope =
        &scenario.steps[scenario.threads[mine->ops].entry];
    assert_int_equal(scope->amount, 2);
    for (uint32_t i = 0; i < 2; i++)
        ASSERT_CODES(&scenario, scope->at + i, SCOPE_STEP_OPEN_BIDIRECTIONAL,
                     SCOPE_STEP_TIME, SCOPE_STEP_PROFILE, SCOPE_STEP_SEND,
                     SCOPE_STEP_RECEIVE, SCOPE_STEP_PROFILE_END,
                     SCOPE_STEP_AGAIN, SCOPE_STEP_END);
    /* After the threads the scope's own goes on, and ends. */
    assert_int_equal(scenario.steps[scope->to].code, SCOPE_STEP_END);
    uint32_t entry = scenario.threads[scope->at].entry;
    assert_int_equal(scenario.steps[entry + 1].amount, 15000000000);
    assert_int_equal(scenario.steps[entry + 1].to, entry + 7);
    assert_int_equal(scenario.steps[entry + 6].to, entry + 2);
    /* By index: 3 is before 7. */
    assert_int_equal(scenario.steps[entry].at, 1);
    assert_int_equal(scope_scenario_stream(&scenario, mine, false, 7), 1);
    assert_int_equal(scope_scenario_stream(&scenario, mine, true, 7),
                     SCOPE_SCENARIO_NONE);
    assert_true(scenario.several);
    scope_scenario_free(&scenario);
}

static void a_thousand_connections(void **state)
{
    (void)state;
    char *ops = scope_strdup("");
    char *mine = scope_strdup("");
    char *theirs = scope_strdup("");
    for (int i = 0; i < 1000; i++) {
        char *more = scope_format(
            "%s%s{'connect':{'server_id':0,'server_connection_id':%d,"
            "'client_connection_id':%d}}",
            ops, i ? "," : "", i, i);
        free(ops);
        ops = more;
        more = scope_format("%s%s{'ops':[" OPEN("0") "," SEND(
                                "0", "1") "," RECEIVE("0", "1") "]}",
                            mine, i ? "," : "");
        free(mine);
        mine = more;
        more = scope_format(
            "%s%s{'peer_streams':[[" RECEIVE("0", "1") "," SEND("0", "1") "]]}",
            theirs, i ? "," : "");
        free(theirs);
        theirs = more;
    }
    char *text = scope_format("{'clients':[{'scenario':[%s],'connections':[%s]}"
                              "],'servers':[{'connections':[%s]}]}",
                              ops, mine, theirs);
    struct scope_scenario scenario;
    read_good(&scenario, text);
    assert_int_equal(scenario.connection_count, 2000);
    assert_int_equal(scenario.step_count, 1000 + 1 + 1000 * 4 + 1000 * 4);
    const struct scope_step *last =
        &scenario.steps[scenario.threads[scenario.clients[0].ops].entry + 999];
    assert_int_equal(last->to, 999);
    assert_int_equal(last->mine, 999);
    assert_false(scenario.profiled);
    assert_false(scenario.several);
    scope_scenario_free(&scenario);
    free(text);
    free(ops);
    free(mine);
    free(theirs);
}

static void checkpoints_rates_and_traces(void **state)
{
    (void)state;
    struct scope_scenario scenario;
    read_good(&scenario,
              "{'clients':[{'name':'c','scenario':["
              "{'unpark':{'checkpoint':900}},{'sleep':{'timeout_ms':3}},"
              "{'trace':{'trace_id':0}},{'scope':{'threads':[[],["
              "{'park':{'checkpoint':5}}]]}},{'scope':{'threads':[]}}],"
              "'connections':[]}],'servers':[],'traces':['t'],"
              "'routers':[{'scenario':[{'server_mtu':{'mtu':1500}},"
              "{'rebind_all':{'ports':true,'addresses':false}}]}],"
              "'certificates':[{'pem':'-----BEGIN CERTIFICATE-----'},{}]}");
    ASSERT_CODES(&scenario, scenario.clients[0].ops, SCOPE_STEP_UNPARK,
                 SCOPE_STEP_SLEEP, SCOPE_STEP_TRACE, SCOPE_STEP_SCOPE,
                 SCOPE_STEP_END, SCOPE_STEP_PARK, SCOPE_STEP_END,
                 SCOPE_STEP_END);
    assert_int_equal(scenario.checkpoint_count, 2);
    const struct scope_step *steps =
        &scenario.steps[scenario.threads[scenario.clients[0].ops].entry];
    assert_int_equal(steps[0].at, 1);
    assert_int_equal(steps[1].amount, 3000000);
    assert_int_equal(steps[5].at, 0);
    assert_string_equal(scenario.clients[0].name, "c");
    assert_int_equal(scenario.router_count, 1);
    assert_false(scenario.routed);
    assert_true(scope_scenario_has_pem(&scenario, 0));
    assert_false(scope_scenario_has_pem(&scenario, 1));
    assert_false(scope_scenario_has_pem(&scenario, SCOPE_SCENARIO_NONE));
    scope_scenario_free(&scenario);
}

static void what_does_nothing_for_a_while_sleeps(void **state)
{
    (void)state;
    struct scope_scenario scenario;
    read_good(&scenario,
              ONE("{'iterate':{'value':{'time':{'amount_ms':7}},"
                  "'operations':[]}},{'iterate':{'value':{'count':"
                  "{'amount':3}},'operations':[{'iterate':{'value':{'count':"
                  "{'amount':0}},'operations':[],'trace_id':0}}]}}",
                  "", "'t'"));
    ASSERT_CODES(&scenario,
                 scenario.connections[scenario.clients[0].connections].ops,
                 SCOPE_STEP_SLEEP, SCOPE_STEP_COUNT, SCOPE_STEP_COUNT,
                 SCOPE_STEP_AGAIN, SCOPE_STEP_AGAIN, SCOPE_STEP_END);
    scope_scenario_free(&scenario);
}

#define CLIENT "clients[0].connections[0]"

static void what_is_wrong_is_said_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *wanted;
    } bad[] = {
        {"", "scenario f:1:0: '[' or '{' expected near end of file"},
        {"{'a':1,'a':2}", "scenario f:1:10: duplicate object key near '\"a\"'"},
        {"[]", "scenario f: the whole: it is not an object"},
        {"{}", "scenario f: servers: it is not a list"},
        {"{'servers':[]}", "scenario f: clients: it is not a list"},
        {"{'servers':[],'clients':[],'traces':['']}",
         "scenario f: traces[0]: it is not a name of 1 to 200 bytes"},
        {"{'servers':[{}],'clients':[]}",
         "scenario f: servers[0].connections: it is not a list"},
        {"{'servers':[{'connections':[],'private_key':1}],'clients':[],"
         "'certificates':[{}]}",
         "scenario f: servers[0]: private_key is not one of the 1 "
         "certificates"},
        {"{'servers':[],'clients':[],'routers':[{'scenario':["
         "{'teleport':{}}]}]}",
         "scenario f: routers[0].scenario[0]: unknown operation \"teleport\""},
        {ONE(OPEN("0") "," OPEN("1") "," OPEN("2") ",{'wait':{}}", "", ""),
         "scenario f: " CLIENT ".ops[3]: unknown operation \"wait\""},
        {ONE("{'connect':{}}", "", ""),
         "scenario f: " CLIENT ".ops[0]: unknown operation \"connect\""},
        {ONE(PROFILE("0", OPEN("0") ",{'scope':{'threads':[[],[" SEND(
                              "0", "1") ",{'send':{'stream_id':0}}]]}}"),
             "", "'t'"),
         "scenario f: " CLIENT ".ops[0].profile.operations[1].scope.threads[1]"
         "[1]: bytes is not a whole number of 0 or more"},
        {ONE(OPEN("0") "," SEND("0", "-1"), "", ""),
         "scenario f: " CLIENT
         ".ops[1]: bytes is not a whole number of 0 or more"},
        {ONE(OPEN("0") "," SEND("0", "1.5"), "", ""),
         "scenario f: " CLIENT
         ".ops[1]: bytes is not a whole number of 0 or more"},
        {ONE(SEND("4", "1"), "", ""),
         "scenario f: " CLIENT ": stream 4 is used but never opened"},
        {ONE("", "[" SEND("1", "1") "]", ""),
         "scenario f: servers[0].connections[0]: stream 1 is not among the "
         "peer's streams"},
        {ONE("", "[" OPEN("0") "]", ""),
         "scenario f: servers[0].connections[0].peer_streams[0][0]: a peer's "
         "stream opens no streams"},
        {ONE(PROFILE("1", ""), "", "'t'"),
         "scenario f: " CLIENT
         ".ops[0]: there is no trace 1: the scenario has 1"},
        {ONE("{'sleep':{'amount_ms':99999999999999}}", "", ""),
         "scenario f: " CLIENT
         ".ops[0]: amount_ms is 99999999999999, more than 31536000000"},
        {ONE(OPEN("0") ",{'send_rate':{'stream_id':0,'bytes':0,"
                       "'period_ms':1}}",
             "", ""),
         "scenario f: " CLIENT ".ops[1]: a rate of 0 bytes in 1 ms never ends"},
        {ONE("{'iterate':{'value':{'moon':{}},'operations':[]}}", "", ""),
         "scenario f: " CLIENT ".ops[0]: value is neither a count nor a time"},
        {ONE("{'profile':{'trace_id':0}}", "", "'t'"),
         "scenario f: " CLIENT ".ops[0]: operations is not a list"},
        {ONE("{'scope':{'threads':[{}]}}", "", ""),
         "scenario f: " CLIENT ".ops[0].scope.threads[0]: a thread is not a "
         "list"},
        {ONE("{'scope':{'threads':{}}}", "", ""),
         "scenario f: " CLIENT ".ops[0]: threads is not a list"},
        {ONE("{'send':1,'receive':2}", "", ""),
         "scenario f: " CLIENT
         ".ops[0]: it is not an operation: {\"name\": {...}}"},
        {ONE("{'send':1}", "", ""),
         "scenario f: " CLIENT ".ops[0]: send is not an object"},
        {"{'clients':[{'connections':[],'scenario':[{'connect':{'server_id':0,"
         "'server_connection_id':0,'client_connection_id':0}}]}],"
         "'servers':[]}",
         "scenario f: clients[0].scenario[0]: server_id is 0, but the number "
         "of servers is 0"},
        {"{'clients':[{'connections':[],'scenario':[{'connect':{'server_id':0,"
         "'server_connection_id':0,'client_connection_id':0}}]}],"
         "'servers':[{'connections':[{}]}]}",
         "scenario f: clients[0].scenario[0]: client_connection_id is 0, but "
         "the number of the client's connections is 0"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scope_scenario scenario;
        struct scope_err err = {0};
        assert_int_equal(read_text(&scenario, bad[i].text, &err), SCOPE_USAGE);
        assert_string_equal(err.text, bad[i].wanted);
        scope_scenario_free(&scenario);
    }
}

/* "begin", then `many` times `inner`, and the same of ends. */
static void refuse_repeated(const char *inner, const char *outer, size_t many,
                            const char *wanted)
{
    static const char begin[] = "{\"clients\":[{\"scenario\":[";
    static const char end[] = "],\"connections\":[]}],\"servers\":[]}";
    size_t size =
        sizeof begin + sizeof end + many * (strlen(inner) + strlen(outer)) + 1;
    char *text = scope_alloc(size, 1);
    char *at = stpcpy(text, begin);
    for (size_t i = 0; i < many; i++)
        at = stpcpy(at, inner);
    for (size_t i = 0; i < many; i++)
        at = stpcpy(at, outer);
    stpcpy(at, end);
    struct scope_scenario scenario;
    struct scope_err err = {0};
    assert_int_equal(
        scope_scenario_parse(&scenario, text, strlen(text), "f", &err),
        SCOPE_USAGE);
    assert_non_null(strstr(err.text, wanted));
    scope_scenario_free(&scenario);
    free(text);
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    refuse_repeated("{\"scope\":{\"threads\":[[", "]]}}", 40,
                    "operations are nested more than 64 deep");
    refuse_repeated("[", "]", 100000, "maximum parsing depth reached");
    struct scope_scenario scenario;
    struct scope_err err = {0};
    assert_int_equal(scope_scenario_parse(&scenario, "{}",
                                          SCOPE_SCENARIO_BYTES + 1, "f", &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text, "scenario f: it is larger than 16 MiB");
    assert_int_equal(scope_scenario_load(&scenario, "/nowhere/x", &err),
                     SCOPE_USAGE);
    assert_string_equal(
        err.text, "open the scenario /nowhere/x: No such file or directory");
}

/* The files of netbench_orchestrator, where somebody has put them. */
static void incast_files_are_read_unchanged(void **state)
{
    (void)state;
    static const unsigned servers[] = {2, 5, 10, 20};
    const char *source = getenv("SCOPE_SOURCE");
    for (size_t i = 0; i < 4; i++) {
        char *path =
            scope_format("%s/../shared/data/netbench/incast_%u_1GB.json",
                         source ? source : ".", servers[i]);
        struct scope_scenario scenario;
        struct scope_err err = {0};
        FILE *file = fopen(path, "re");
        if (!file) {
            print_message("%s is not there\n", path);
            free(path);
            skip();
        }
        fclose(file);
        assert_int_equal(scope_scenario_load(&scenario, path, &err), SCOPE_OK);
        free(path);
        assert_int_equal(scenario.server_count, servers[i]);
        assert_int_equal(scenario.client_count, 1);
        assert_int_equal(scenario.connection_count, servers[i] + 1);
        assert_int_equal(scenario.trace_count, 3);
        assert_string_equal(scenario.traces[0], "lbl");
        const struct scope_step *scope =
            &scenario.steps[scenario.threads[scenario.clients[0].ops].entry];
        assert_int_equal(scope->code, SCOPE_STEP_SCOPE);
        assert_int_equal(scope->amount, servers[i]);
        uint64_t sent = 0;
        for (size_t j = 0; j < scenario.step_count; j++)
            if (scenario.steps[j].code == SCOPE_STEP_SEND)
                sent += scenario.steps[j].amount;
        assert_int_equal(sent, UINT64_C(1000000000) * (servers[i] + 1));
        assert_false(scenario.several);
        assert_int_equal(strlen(scenario.id), 43);
        scope_scenario_free(&scenario);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_response),
        cmocka_unit_test(ping_on_streams_of_one_connection),
        cmocka_unit_test(a_thousand_connections),
        cmocka_unit_test(checkpoints_rates_and_traces),
        cmocka_unit_test(what_does_nothing_for_a_while_sleeps),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(what_is_too_much_is_refused),
        cmocka_unit_test(incast_files_are_read_unchanged),
    };
    return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
