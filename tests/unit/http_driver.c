/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver http, in its process as the host runs it, against a server that
 * misbehaves: what it counts must be what the server did, one for one. Nothing
 * here depends on how fast the machine is.
 */
#include "tests/unit/load_report.h"
#include "tests/unit/rogue.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Drives with the options (of the form "http.rate=100,...") for so long. The
 * driver is forked before the server's threads begin. */
static void drive(struct rogue *rogue, int port, const char *options,
                  int64_t duration_ns, struct load_report *report)
{
    load_report_init(report);
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    char url[64];
    snprintf(url, sizeof url, "http.url=http://127.0.0.1:%d/", port);
    pick_driver(picks, url);
    struct scope_driver *driver =
        load_spawn(pick_driver(picks, options), 100 * MS);
    if (rogue)
        rogue_start(rogue);
    load_run(driver, duration_ns, report);
    scope_picks_free(picks);
    if (rogue)
        rogue_stop(rogue);
}

/* A run against a server of that kind; it is to be closed. */
static struct rogue *drive_rogue(enum rogue_way way, const char *options,
                                 int duration_ms, struct load_report *report)
{
    struct rogue *rogue = rogue_open(way);
    drive(rogue, rogue_port(rogue), options, (int64_t)duration_ms * MS, report);
    return rogue;
}

/* What must hold of every run. */
static void assert_consistent(const struct load_report *report)
{
    uint64_t requests = load_report_value(report, "requests");
    assert_int_equal(report->service.total, requests);
    assert_int_equal(report->latency.total, requests);
    assert_int_equal(report->kind_service.total, requests);
    assert_int_equal(report->connect.total,
                     load_report_value(report, "connects"));
    assert_int_equal(load_report_sum(report, "status/"),
                     requests + load_report_value(report, "status/1xx"));
    assert_int_equal(load_report_value(report, "outstanding"), 0);
    assert_int_equal(load_report_value(report, "connections"), 0);
    assert_int_equal(report->other_events, 0);
    if (requests)
        assert_true(report->latency.max >= report->service.max);
}

/* Everything the server read is accounted for as answered, failed or cut. */
static void assert_accounted(const struct load_report *report,
                             const struct rogue *rogue)
{
    assert_consistent(report);
    assert_int_equal(load_report_value(report, "requests") +
                         load_report_sum(report, "errors/") +
                         load_report_value(report, "cut"),
                     rogue_seen(rogue));
}

static void an_open_loop_sends_what_it_intends(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue = drive_rogue(
        ROGUE_GOOD, "http.rate=1000,connections=8,threads=3", 500, &report);
    assert_accounted(&report, rogue);
    assert_int_equal(load_report_value(&report, "intended"), 500);
    assert_int_equal(load_report_value(&report, "requests") +
                         load_report_value(&report, "unsent") +
                         load_report_value(&report, "cut"),
                     500);
    assert_int_equal(load_report_sum(&report, "errors/"), 0);
    assert_int_equal(load_report_value(&report, "status/2xx"),
                     rogue_seen(rogue));
    assert_int_equal(report.delay.total, rogue_seen(rogue));
    assert_int_equal(load_report_value(&report, "connects"), 8);
    assert_int_equal(rogue_accepted(rogue), 8);
    assert_int_equal(report.notes, 0);
    rogue_close(rogue);
    load_report_free(&report);
}

static void a_closed_loop_counts_every_request(void **state)
{
    (void)state;
    static const struct {
        enum rogue_way way;
        const char *options, *status;
    } runs[] = {
        {ROGUE_GOOD, "http.connections=5,threads=2", "status/2xx"},
        {ROGUE_CHUNKED, "http.connections=3", "status/2xx"},
        {ROGUE_INTERIM, "http.connections=3", "status/2xx"},
        {ROGUE_SLOW, "http.connections=3", "status/2xx"},
        {ROGUE_LARGE, "http.connections=3", "status/2xx"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct load_report report;
        struct rogue *rogue =
            drive_rogue(runs[i].way, runs[i].options, 250, &report);
        assert_accounted(&report, rogue);
        assert_true(load_report_value(&report, "requests") > 0);
        assert_int_equal(load_report_value(&report, runs[i].status),
                         load_report_value(&report, "requests"));
        assert_int_equal(load_report_sum(&report, "errors/"), 0);
        assert_int_equal(load_report_value(&report, "cut"), 0);
        assert_int_equal(load_report_value(&report, "intended"), 0);
        assert_int_equal(report.delay.total, 0);
        if (runs[i].way == ROGUE_INTERIM)
            assert_int_equal(load_report_value(&report, "status/1xx"),
                             load_report_value(&report, "requests"));
        if (runs[i].way == ROGUE_LARGE)
            assert_true(load_report_value(&report, "received") >
                        1000000 * load_report_value(&report, "requests"));
        rogue_close(rogue);
        load_report_free(&report);
    }
}

static void a_stall_shows_in_the_tail_of_an_open_loop(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue =
        drive_rogue(ROGUE_STALLS, "http.rate=200,connections=4", 2800, &report);
    assert_accounted(&report, rogue);
    assert_int_equal(load_report_value(&report, "intended"), 560);
    /* 400 of 560 were meant for the 2 s of the stall: their times from when
     * they were meant fall from 2 s to 0. Of those really sent late, only four
     * waited for their answer. */
    const int64_t second = 1000 * MS;
    assert_true(scope_hist_quantile(&report.latency, 0.9) > 3 * second / 2);
    assert_true(scope_hist_quantile(&report.latency, 0.5) > second / 2);
    assert_true(scope_hist_quantile(&report.service, 0.9) < second);
    assert_true(report.service.max > 3 * second / 2);
    rogue_close(rogue);
    load_report_free(&report);
}

static void connections_closed_between_answers_are_no_errors(void **state)
{
    (void)state;
    static const enum rogue_way ways[] = {ROGUE_CLOSES, ROGUE_TO_CLOSE};
    for (size_t i = 0; i < 2; i++) {
        struct load_report report;
        struct rogue *rogue =
            drive_rogue(ways[i], "http.rate=200,connections=4", 500, &report);
        assert_accounted(&report, rogue);
        assert_int_equal(load_report_value(&report, "requests") +
                             load_report_value(&report, "unsent") +
                             load_report_value(&report, "cut"),
                         100);
        assert_int_equal(load_report_sum(&report, "errors/"), 0);
        assert_int_equal(load_report_value(&report, "retries"), 0);
        assert_true(load_report_value(&report, "connects") >=
                    load_report_value(&report, "requests"));
        if (ways[i] == ROGUE_CLOSES)
            assert_int_equal(load_report_value(&report, "status/5xx"),
                             load_report_value(&report, "requests"));
        rogue_close(rogue);
        load_report_free(&report);
    }
}

static void a_request_that_meets_the_close_is_sent_again(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue =
        drive_rogue(ROGUE_CLOSES_MUTELY, "http.connections=2", 400, &report);
    assert_accounted(&report, rogue);
    assert_true(load_report_value(&report, "requests") > 0);
    assert_int_equal(load_report_sum(&report, "errors/"), 0);
    /* In a closed loop the next request is on its way before the close. */
    assert_true(load_report_value(&report, "retries") > 0);
    rogue_close(rogue);
    load_report_free(&report);
    /* What may do something twice is not repeated, and is named instead. */
    rogue = drive_rogue(ROGUE_CLOSES_MUTELY, "http.connections=2,method=POST",
                        400, &report);
    assert_consistent(&report);
    assert_int_equal(load_report_value(&report, "retries"), 0);
    assert_int_equal(load_report_value(&report, "requests"), rogue_seen(rogue));
    assert_true(load_report_sum(&report, "errors/") > 0);
    assert_int_equal(load_report_value(&report, "errors/closed") +
                         load_report_value(&report, "errors/reset"),
                     load_report_sum(&report, "errors/"));
    rogue_close(rogue);
    load_report_free(&report);
}

static void faults_are_counted_under_their_names(void **state)
{
    (void)state;
    static const struct {
        enum rogue_way way;
        const char *options, *error;
    } runs[] = {
        {ROGUE_RESETS, "http.connections=3", "errors/reset"},
        {ROGUE_DROPS, "http.connections=3", "errors/closed"},
        {ROGUE_CUTS, "http.connections=3", "errors/cut-off"},
        {ROGUE_GARBAGE, "http.connections=3", "errors/malformed"},
        {ROGUE_HANGS, "http.connections=3,timeout=50ms", "errors/timeout"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct load_report report;
        struct rogue *rogue =
            drive_rogue(runs[i].way, runs[i].options, 300, &report);
        assert_accounted(&report, rogue);
        assert_int_equal(load_report_value(&report, "requests"), 0);
        assert_true(load_report_value(&report, runs[i].error) >= 3);
        assert_int_equal(load_report_value(&report, runs[i].error),
                         load_report_sum(&report, "errors/"));
        assert_int_equal(report.notes, 1);
        /* Backs off: 10, 20, 40 ... ms between two tries. */
        assert_true(rogue_accepted(rogue) <= 3 * 8);
        rogue_close(rogue);
        load_report_free(&report);
    }
}

static void bytes_after_an_answer_are_malformed(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue =
        drive_rogue(ROGUE_EXCESS, "http.rate=100,connections=2", 300, &report);
    assert_consistent(&report);
    assert_true(load_report_value(&report, "requests") > 0);
    assert_int_equal(load_report_value(&report, "requests"), rogue_seen(rogue));
    assert_int_equal(load_report_value(&report, "errors/malformed"),
                     load_report_value(&report, "requests"));
    rogue_close(rogue);
    load_report_free(&report);
}

static void a_server_that_hangs_up_is_not_spun_on(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue = drive_rogue(
        ROGUE_HANGS_UP, "http.rate=1000,connections=4", 400, &report);
    assert_consistent(&report);
    assert_int_equal(load_report_value(&report, "requests"), 0);
    assert_true(rogue_accepted(rogue) <= 4 * 8);
    rogue_close(rogue);
    load_report_free(&report);
}

static void nobody_there_is_refused_and_not_spun_on(void **state)
{
    (void)state;
    struct rogue *rogue = rogue_open(ROGUE_GOOD);
    int port = rogue_port(rogue);
    rogue_close(rogue);
    struct load_report report;
    drive(NULL, port, "http.rate=100,connections=4", 400 * MS, &report);
    assert_consistent(&report);
    assert_int_equal(load_report_value(&report, "requests"), 0);
    assert_int_equal(load_report_value(&report, "intended"), 40);
    assert_int_equal(load_report_value(&report, "unsent"), 40);
    assert_true(load_report_value(&report, "errors/refused") >= 4);
    assert_true(load_report_value(&report, "errors/refused") <= 4 * 8);
    assert_int_equal(load_report_value(&report, "errors/refused"),
                     load_report_sum(&report, "errors/"));
    load_report_free(&report);
}

/* A load without an end is ended by stop; requests that are out then are cut
 * after a second, and are no errors. */
static void what_the_end_cuts_off_is_no_error(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue =
        drive_rogue(ROGUE_HANGS, "http.connections=3", 100, &report);
    assert_accounted(&report, rogue);
    assert_int_equal(load_report_value(&report, "cut"), 3);
    assert_int_equal(load_report_sum(&report, "errors/"), 0);
    assert_int_equal(rogue_seen(rogue), 3);
    rogue_close(rogue);
    load_report_free(&report);
}

/* A server that never answers holds what is out to the limit; what finds no
 * room waits, and is unsent in the end, or is dropped at once. */
static void no_more_is_out_than_is_allowed(void **state)
{
    (void)state;
    struct load_report report;
    struct rogue *rogue = drive_rogue(
        ROGUE_HANGS, "http.connections=6,max-outstanding=2", 100, &report);
    assert_accounted(&report, rogue);
    assert_int_equal(load_report_value(&report, "cut"), 2);
    rogue_close(rogue);
    load_report_free(&report);
    static const char *const options[] = {
        "http.rate=500,connections=6,threads=2,max-outstanding=2",
        "http.rate=500,connections=6,threads=2,max-outstanding=2,overflow=drop",
    };
    for (size_t i = 0; i < 2; i++) {
        rogue = drive_rogue(ROGUE_HANGS, options[i], 200, &report);
        assert_accounted(&report, rogue);
        assert_int_equal(load_report_value(&report, "intended"), 100);
        assert_int_equal(load_report_value(&report, "cut"), 2);
        assert_int_equal(load_report_value(&report, "unsent"), 98);
        rogue_close(rogue);
        load_report_free(&report);
    }
}

/* A quota is met exactly, however it is dealt out, and ends the load. */
static void a_number_of_requests_ends_the_load(void **state)
{
    (void)state;
    static const char *const options[] = {
        "http.requests=101,connections=7,threads=3",
        "http.requests=101,connections=7,threads=3,rate=2000",
        "http.requests=101,connections=7,threads=3,rate=2000,arrivals=poisson",
        "http.requests=101,connections=7,threads=3,requests-per-connection=1",
        "http.requests=2,connections=7,threads=3",
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct load_report report;
        uint64_t wanted = i == 4 ? 2 : 101;
        int64_t before_ns = scope_now_ns();
        struct rogue *rogue =
            drive_rogue(ROGUE_GOOD, options[i], 60000, &report);
        assert_true(scope_now_ns() - before_ns < INT64_C(30000) * MS);
        assert_accounted(&report, rogue);
        assert_int_equal(load_report_value(&report, "requests"), wanted);
        assert_int_equal(rogue_seen(rogue), wanted);
        if (strstr(options[i], "rate"))
            assert_int_equal(load_report_value(&report, "intended"), wanted);
        if (strstr(options[i], "per-connection"))
            assert_int_equal(load_report_value(&report, "connects"), wanted);
        rogue_close(rogue);
        load_report_free(&report);
    }
}

static void what_cannot_be_driven_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *option, *text;
    } bad[] = {
        {"http.url=ftp://x/",
         "URL ftp://x/: it does not begin with http:// or https://"},
        {"http.url=http:///x", "URL http:///x: no host"},
        {"http.url=http://a@b/",
         "URL http://a@b/: user names are not supported"},
        {"http.url=http://h:0/",
         "URL http://h:0/: the port is not a number from 1 to 65535"},
        {"http.url=http://h:65536/",
         "URL http://h:65536/: the port is not a number from 1 to 65535"},
        {"http.url=http://[::1/",
         "URL http://[::1/: no ] after the IPv6 address"},
        {"http.url=http://h/a b",
         "URL http://h/a b: it holds a byte that must be percent-encoded"},
        {"http.url=http://h/,header=no colon",
         "header: no colon is not of the form Name: value"},
        {"http.url=http://h/,header=a: b\rc: d",
         "header: a: b?c: d holds a control character"},
        {"http.url=http://h/,header=Content-Length: 5",
         "header: Content-Length: 5 is the driver's to write"},
        {"http.url=http://h/,method=GET /x",
         "method: GET /x is not a method that can be sent"},
        {"http.url=http://127.0.0.1/,cpus=100000",
         "cpus: 100000 is not a CPU or a range like 2-5"},
        {"http.url=http://127.0.0.1/,cpus=1-0",
         "cpus: 1-0 is not a CPU or a range like 2-5"},
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
        cmocka_unit_test(an_open_loop_sends_what_it_intends),
        cmocka_unit_test(a_closed_loop_counts_every_request),
        cmocka_unit_test(a_stall_shows_in_the_tail_of_an_open_loop),
        cmocka_unit_test(connections_closed_between_answers_are_no_errors),
        cmocka_unit_test(a_request_that_meets_the_close_is_sent_again),
        cmocka_unit_test(faults_are_counted_under_their_names),
        cmocka_unit_test(bytes_after_an_answer_are_malformed),
        cmocka_unit_test(a_server_that_hangs_up_is_not_spun_on),
        cmocka_unit_test(nobody_there_is_refused_and_not_spun_on),
        cmocka_unit_test(what_the_end_cuts_off_is_no_error),
        cmocka_unit_test(no_more_is_out_than_is_allowed),
        cmocka_unit_test(a_number_of_requests_ends_the_load),
        cmocka_unit_test(what_cannot_be_driven_is_refused),
    };
    return cmocka_run_group_tests_name("http driver", tests, open_registry,
                                       close_registry);
}
