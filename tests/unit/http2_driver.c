/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver http2, in its process as the host runs it, against a server that
 * misbehaves: what it counts must be what the server did, one for one. Nothing
 * here depends on how fast the machine is.
 */
#include "tests/unit/load_report.h"
#include "tests/unit/rogue_http2.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MS = 1000000 };

static struct scope_registry *registry;

static const struct scope_pick *pick_driver(struct scope_picks *picks,
                                            const char *options)
{
    struct scope_err err = {0};
    if (scope_picks_add(picks, options, NULL, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    return scope_picks_at(picks, 0);
}

/* Drives with the options (of the form "http2.rate=100,...") until the
 * requests that they say are done, or for so long; the server is to be closed.
 * The driver is forked before the server's threads begin. */
static struct rogue2 *drive(enum rogue2_way way, const char *options,
                            int duration_ms, struct load_report *report)
{
    struct rogue2 *rogue = rogue2_open(way);
    load_report_init(report);
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    char url[64];
    snprintf(url, sizeof url, "http2.url=http://127.0.0.1:%d/",
             rogue2_port(rogue));
    pick_driver(picks, url);
    struct scope_driver *driver =
        load_spawn(pick_driver(picks, options), 100 * MS);
    rogue2_start(rogue);
    load_run(driver, (int64_t)duration_ms * MS, report);
    scope_picks_free(picks);
    rogue2_stop(rogue);
    return rogue;
}

static uint64_t value(const struct load_report *report, const char *name)
{
    return load_report_value(report, name);
}

static uint64_t errors(const struct load_report *report)
{
    return load_report_sum(report, "errors/");
}

/* What must hold of every run. */
static void assert_consistent(const struct load_report *report)
{
    uint64_t requests = value(report, "requests");
    assert_int_equal(report->service.total, requests);
    assert_int_equal(report->latency.total, requests);
    assert_int_equal(load_report_sum(report, "status/"),
                     requests + value(report, "status/1xx"));
    assert_int_equal(value(report, "outstanding"), 0);
    assert_int_equal(value(report, "connections"), 0);
    assert_int_equal(report->other_events, 0);
}

static void done(struct rogue2 *rogue, struct load_report *report)
{
    assert_consistent(report);
    rogue2_close(rogue);
    load_report_free(report);
}

static void a_closed_loop_counts_every_request(void **state)
{
    (void)state;
    static const struct {
        enum rogue2_way way;
        const char *options;
    } runs[] = {
        {ROGUE2_GOOD, "http2.requests=500,connections=3,streams=8"},
        {ROGUE2_GOOD, "http2.requests=200,connections=4,threads=2"},
        {ROGUE2_GOOD, "http2.requests=200,streams=4,header-table-size=0"},
        {ROGUE2_LARGE, "http2.requests=6,connections=2,stream-window=20000,"
                       "connection-window=65535,expect-length=1000000"},
        {ROGUE2_GOOD, "http2.requests=100,streams=4,expect-status=2xx,"
                      "expect-header=X-Rogue: Yes,expect-length=0"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct load_report report;
        struct rogue2 *rogue =
            drive(runs[i].way, runs[i].options, 20000, &report);
        assert_int_equal(value(&report, "requests"), rogue2_seen(rogue));
        assert_int_equal(value(&report, "status/2xx"), rogue2_seen(rogue));
        assert_int_equal(value(&report, "connects"), rogue2_accepted(rogue));
        assert_int_equal(errors(&report), 0);
        assert_int_equal(value(&report, "retries"), 0);
        done(rogue, &report);
    }
}

static void an_open_loop_sends_what_it_intends(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_GOOD, "http2.rate=1000,connections=2,streams=8,threads=2",
              500, &report);
    assert_int_equal(value(&report, "intended"), 500);
    assert_int_equal(value(&report, "requests") + value(&report, "unsent") +
                         value(&report, "cut"),
                     500);
    assert_int_equal(errors(&report), 0);
    assert_int_equal(value(&report, "connects"), 2);
    done(rogue, &report);
}

static void as_many_streams_as_the_server_allows(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_NARROW, "http2.requests=200,connections=2,streams=16",
              20000, &report);
    assert_int_equal(value(&report, "requests"), 200);
    assert_int_equal(rogue2_seen(rogue), 200);
    assert_int_equal(rogue2_most(rogue), 2);
    assert_int_equal(errors(&report), 0);
    done(rogue, &report);
    rogue = drive(ROGUE2_GOOD, "http2.requests=200,connections=1,streams=5",
                  20000, &report);
    assert_true(rogue2_most(rogue) <= 5);
    assert_int_equal(value(&report, "requests"), 200);
    done(rogue, &report);
}

static void bodies_arrive_whole(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_GOOD,
              "http2.requests=9,connections=2,streams=3,method=POST,"
              "body-size=300000,body-fill=random",
              20000, &report);
    assert_int_equal(value(&report, "requests"), 9);
    assert_int_equal(rogue2_received(rogue), 9 * 300000);
    assert_true(value(&report, "sent") > 9 * 300000);
    done(rogue, &report);
}

static void interim_answers_are_counted_apart(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_INTERIM, "http2.requests=50,streams=4", 20000, &report);
    assert_int_equal(value(&report, "status/1xx"), 50);
    assert_int_equal(value(&report, "status/2xx"), 50);
    done(rogue, &report);
}

static void an_upgrade_leads_to_http2(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_UPGRADES,
              "http2.requests=60,connections=2,streams=4,upgrade=yes", 20000,
              &report);
    assert_int_equal(value(&report, "requests"), 60);
    assert_int_equal(rogue2_seen(rogue), 60);
    assert_int_equal(value(&report, "connects"), 2);
    assert_int_equal(errors(&report), 0);
    done(rogue, &report);
    rogue =
        drive(ROGUE2_STAYS, "http2.upgrade=yes,connections=1", 500, &report);
    assert_int_equal(value(&report, "requests"), 0);
    assert_true(value(&report, "errors/invalid") > 0);
    done(rogue, &report);
}

/* A server may end a connection when it has answered. */
static void a_goaway_costs_no_request(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_GOES, "http2.requests=200,connections=2,streams=1", 20000,
              &report);
    assert_int_equal(value(&report, "requests"), 200);
    assert_int_equal(rogue2_seen(rogue), 200);
    assert_int_equal(errors(&report), 0);
    assert_in_range(value(&report, "goaways"), 18, 20);
    assert_in_range(value(&report, "connects"), 20, 22);
    done(rogue, &report);
}

static void what_a_goaway_leaves_out_is_sent_again(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_LEAVES_OUT, "http2.requests=12,connections=1,streams=4",
              20000, &report);
    assert_int_equal(value(&report, "requests"), 12);
    assert_int_equal(errors(&report), 0);
    assert_int_equal(value(&report, "connects"), 12);
    /* Of those that were left out the server has seen these at least. */
    assert_true(value(&report, "refused") >= rogue2_refused(rogue));
    assert_int_equal(value(&report, "retries"), value(&report, "refused"));
    done(rogue, &report);
}

static void refused_streams_are_sent_again(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_REFUSES_SOME, "http2.requests=100,connections=1,streams=4",
              20000, &report);
    assert_int_equal(value(&report, "requests"), 100);
    assert_int_equal(value(&report, "refused"), 8);
    assert_int_equal(value(&report, "retries"), 8);
    assert_int_equal(rogue2_refused(rogue), 8);
    assert_int_equal(rogue2_seen(rogue), 108);
    assert_int_equal(errors(&report), 0);
    done(rogue, &report);
}

static void always_refused_is_an_error(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_REFUSES, "http2.requests=10,connections=1,streams=2",
              20000, &report);
    assert_int_equal(value(&report, "requests"), 0);
    assert_int_equal(value(&report, "errors/rst-refused-stream"), 10);
    assert_int_equal(errors(&report), 10);
    assert_int_equal(value(&report, "retries"), 30);
    assert_int_equal(rogue2_seen(rogue), 40);
    done(rogue, &report);
}

static void faults_are_counted_under_their_names(void **state)
{
    (void)state;
    static const struct {
        enum rogue2_way way;
        const char *options, *name;
    } runs[] = {
        {ROGUE2_RESETS, "streams=4", "errors/rst-internal-error"},
        {ROGUE2_CUTS, "streams=1", "errors/cut-off"},
        {ROGUE2_CUTS_STREAM, "streams=1", "errors/malformed"},
        {ROGUE2_BAD_STATUS, "streams=1", "errors/malformed"},
        {ROGUE2_BAD_FRAME, "streams=1", "errors/malformed"},
        {ROGUE2_GIVES_UP, "streams=1", "errors/goaway-enhance-your-calm"},
        {ROGUE2_HANGS, "streams=4,timeout=50ms", "errors/timeout"},
        {ROGUE2_GOOD, "streams=2,expect-status=404", "errors/invalid"},
        {ROGUE2_GOOD, "streams=2,expect-length=1", "errors/invalid"},
        {ROGUE2_GOOD, "streams=2,expect-header=X-None", "errors/invalid"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct load_report report;
        char options[128];
        snprintf(options, sizeof options, "http2.requests=4,connections=1,%s",
                 runs[i].options);
        struct rogue2 *rogue = drive(runs[i].way, options, 20000, &report);
        assert_int_equal(value(&report, "requests"), 0);
        assert_int_equal(value(&report, runs[i].name), 4);
        assert_int_equal(errors(&report), 4);
        assert_int_equal(rogue2_seen(rogue), 4);
        assert_int_equal(report.notes, 1);
        done(rogue, &report);
    }
}

/* One late stream is no reason to give up its connection. */
static void a_late_stream_is_given_up_alone(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_HOLDS_FIRST,
              "http2.rate=200,requests=100,connections=1,streams=4,"
              "timeout=700ms",
              20000, &report);
    assert_true(value(&report, "errors/timeout") >= 1);
    assert_int_equal(errors(&report), value(&report, "errors/timeout"));
    assert_int_equal(value(&report, "requests") + errors(&report), 100);
    assert_int_equal(value(&report, "connects"), 1);
    done(rogue, &report);
}

static void a_mute_close_of_a_good_connection_is_no_error(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_CLOSES, "http2.requests=100,connections=1,streams=1",
              20000, &report);
    assert_int_equal(value(&report, "requests"), 100);
    assert_int_equal(errors(&report), 0);
    assert_int_equal(value(&report, "retries"), 9);
    assert_int_equal(rogue2_accepted(rogue), 10);
    done(rogue, &report);
    /* But a POST may have been seen: it is not sent twice. */
    rogue = drive(ROGUE2_CLOSES,
                  "http2.requests=100,connections=1,streams=1,method=POST",
                  20000, &report);
    assert_int_equal(value(&report, "retries"), 0);
    assert_int_equal(value(&report, "requests") + errors(&report), 100);
    assert_true(errors(&report) >= 9);
    assert_int_equal(rogue2_seen(rogue), 100);
    done(rogue, &report);
}

static void what_is_no_http2_is_not_spun_on(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_STAYS, "http2.connections=2", 500, &report);
    assert_int_equal(value(&report, "requests"), 0);
    assert_true(errors(&report) > 0);
    assert_true(rogue2_accepted(rogue) < 40);
    done(rogue, &report);
    rogue = drive(ROGUE2_MUTE, "http2.connections=2,connect-timeout=50ms", 500,
                  &report);
    assert_int_equal(value(&report, "requests"), 0);
    assert_true(value(&report, "errors/connect-timeout") > 0);
    assert_true(rogue2_accepted(rogue) < 40);
    done(rogue, &report);
}

static void connections_are_ended_after_so_many_requests(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue = drive(ROGUE2_GOOD,
                                 "http2.requests=100,connections=1,streams=4,"
                                 "requests-per-connection=10",
                                 20000, &report);
    assert_int_equal(value(&report, "requests"), 100);
    assert_int_equal(errors(&report), 0);
    assert_in_range(rogue2_accepted(rogue), 10, 11);
    done(rogue, &report);
}

static void pings_are_answered(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue2 *rogue =
        drive(ROGUE2_HANGS, "http2.connections=1,ping=20ms,timeout=200ms", 400,
              &report);
    assert_true(value(&report, "pings") > 0);
    assert_true(rogue2_pings(rogue) >= value(&report, "pings"));
    done(rogue, &report);
}

static void what_cannot_be_driven_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *option, *text;
    } bad[] = {
        {"http2.url=http://127.0.0.1/,header=Connection: close",
         "header: HTTP/2 has no connection"},
        {"http2.url=https://127.0.0.1/,upgrade=yes",
         "upgrade is for http:// URLs: TLS agrees on the version itself"},
        {"http2.url=http://127.0.0.1/,grpc=Method",
         "grpc: Method is not the name of a method"},
        {"http2.url=http://127.0.0.1/,grpc=/a.B/C,grpc-hex=abc",
         "grpc-hex: abc is not pairs of hexadecimal digits"},
        {"http2.url=http://127.0.0.1/,grpc-hex=ab",
         "grpc-hex is for calls: grpc names the method"},
        {"http2.url=http://127.0.0.1/,grpc=/a.B/C,expect-grpc=GOOD",
         "expect-grpc: GOOD is not a status of gRPC"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
        struct scope_err err = {0};
        const struct scope_pick *pick = pick_driver(picks, bad[i].option);
        void *self;
        assert_int_equal(
            pick->loaded->driver.open(scope_settings_config(pick->settings),
                                      NULL, &self, &err),
            SCOPE_USAGE);
        assert_string_equal(err.text, bad[i].text);
        scope_picks_free(picks);
    }
}

static int open_registry(void **state)
{
    (void)state;
    char path[4096];
    const char *build = getenv("SCOPE_BUILD");
    snprintf(path, sizeof path, "%s/drivers/.libs", build ? build : ".");
    setenv("SCOPE_PLUGIN_PATH", path, 1);
    struct scope_err err = {0};
    if (scope_registry_open(&registry, &err) != SCOPE_OK) {
        print_error("%s\n", err.text);
        return 1;
    }
    return 0;
}

static int close_registry(void **state)
{
    (void)state;
    scope_registry_close(registry);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_loop_counts_every_request),
        cmocka_unit_test(an_open_loop_sends_what_it_intends),
        cmocka_unit_test(as_many_streams_as_the_server_allows),
        cmocka_unit_test(bodies_arrive_whole),
        cmocka_unit_test(interim_answers_are_counted_apart),
        cmocka_unit_test(an_upgrade_leads_to_http2),
        cmocka_unit_test(a_goaway_costs_no_request),
        cmocka_unit_test(what_a_goaway_leaves_out_is_sent_again),
        cmocka_unit_test(refused_streams_are_sent_again),
        cmocka_unit_test(always_refused_is_an_error),
        cmocka_unit_test(faults_are_counted_under_their_names),
        cmocka_unit_test(a_late_stream_is_given_up_alone),
        cmocka_unit_test(a_mute_close_of_a_good_connection_is_no_error),
        cmocka_unit_test(what_is_no_http2_is_not_spun_on),
        cmocka_unit_test(connections_are_ended_after_so_many_requests),
        cmocka_unit_test(pings_are_answered),
        cmocka_unit_test(what_cannot_be_driven_is_refused),
    };
    return cmocka_run_group_tests_name("http2 driver", tests, open_registry,
                                       close_registry);
}
