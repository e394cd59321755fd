/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the backend answers, asked as the server asks it: every endpoint, every
 * kind of error, and what a hostile client can send. */
#include "tests/unit/unit.h"

#include "plugins/backends/oco/service.h"

#include <jansson.h>
#include <stdlib.h>

#define SERVO "/accounts/a/applications/app00000/servo"

struct fixture {
    struct oco_service service;
    void *own;
    struct scope_httpd_reply reply;
    char *body; /* of the reply, terminated */
};

static void open_with(struct fixture *fixture,
                      struct oco_service_options options)
{
    struct scope_err err = {0};
    if (!options.pattern)
        options.pattern = "app%05d";
    if (!options.apps)
        options.apps = 5;
    *fixture = (struct fixture){0};
    if (oco_service_make(&fixture->service, &options, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    fixture->own = calloc(1, oco_service_handler.thread_size);
    assert_non_null(fixture->own);
    oco_service_handler.thread_open(&fixture->service, fixture->own, 0);
}

static int setup(void **state)
{
    static struct fixture fixture;
    open_with(&fixture, (struct oco_service_options){0});
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    oco_service_handler.thread_close(&fixture->service, fixture->own);
    free(fixture->own);
    free(fixture->body);
    oco_service_free(&fixture->service);
    return 0;
}

/* The status; neither path nor body ends with a NUL, as they do not in what
 * the server reads. */
static unsigned ask_bytes(struct fixture *fixture, const char *method,
                          const char *path, const char *body, size_t size)
{
    char *exact_path = malloc(strlen(path) + !*path);
    char *exact_body = malloc(size + !size);
    assert_true(exact_path && exact_body);
    memcpy(exact_path, path, strlen(path));
    memcpy(exact_body, body, size);
    const struct scope_httpd_request request = {
        .version = 11,
        .method = method,
        .method_size = strlen(method),
        .path = exact_path,
        .path_size = strlen(path),
        .body = exact_body,
        .body_size = size,
    };
    fixture->reply = (struct scope_httpd_reply){.status = 200};
    oco_service_handler.answer(&fixture->service, fixture->own, &request,
                               &fixture->reply);
    free(fixture->body);
    fixture->body = calloc(1, fixture->reply.body_size + 1);
    assert_non_null(fixture->body);
    assert_non_null(fixture->reply.body);
    memcpy(fixture->body, fixture->reply.body, fixture->reply.body_size);
    free(exact_path);
    free(exact_body);
    return fixture->reply.status;
}

static unsigned ask(struct fixture *fixture, const char *method,
                    const char *path, const char *body)
{
    return ask_bytes(fixture, method, path, body, strlen(body));
}

static void expect(struct fixture *fixture, const char *path, const char *said,
                   unsigned status, const char *answer)
{
    unsigned got = ask(fixture, "POST", path, said);
    if (got != status || strcmp(fixture->body, answer) != 0)
        fail_msg("%s: %u %s instead of %u %s", said, got, fixture->body, status,
                 answer);
    assert_string_equal(fixture->reply.type, "application/json");
}

static void expect_statistics(struct fixture *fixture, const char *answer)
{
    assert_int_equal(ask(fixture, "GET", "/", ""), 200);
    assert_string_equal(fixture->body, answer);
}

static const char ok[] = "{\"status\":\"ok\",\"message\":null}";
#define ASK "{\"event\":\"WHATS_NEXT\",\"param\":null}"
#define REPORT(event, progress)                                                \
    "{\"event\":\"" event "\",\"param\":{\"progress\":" progress "}}"

static void a_whole_cycle(void **state)
{
    struct fixture *f = *state;
    expect_statistics(f,
                      "{\"n\":0,\"average\":null,\"min\":null,\"max\":null}");
    expect(f, SERVO, "{\"event\":\"HELLO\",\"param\":{\"agent\":\"x\"}}", 200,
           ok);
    expect_statistics(f, "{\"n\":1,\"average\":0.0,\"min\":0,\"max\":0}");
    expect(f, SERVO, ASK, 200, "{\"cmd\":\"DESCRIBE\",\"param\":{}}");
    expect(f, SERVO,
           "{\"event\":\"DESCRIPTION\",\"param\":{\"status\":\"ok\"}}", 200,
           ok);
    expect(f, SERVO, ASK, 200, "{\"cmd\":\"MEASURE\",\"param\":{}}");
    expect(f, SERVO, REPORT("MEASUREMENT", "10"), 200, ok);
    expect(f, SERVO, REPORT("MEASUREMENT", "100"), 200, ok);
    expect(f, SERVO, "{\"event\":\"MEASUREMENT\",\"param\":{\"metrics\":{}}}",
           200, ok);
    expect_statistics(f, "{\"n\":1,\"average\":1.0,\"min\":1,\"max\":1}");
    expect(f, SERVO, ASK, 200,
           "{\"cmd\":\"ADJUST\",\"param\":{\"state\":{\"application\":{"
           "\"components\":{\"web\":{\"settings\":{\"cpu\":{\"value\":1},"
           "\"replicas\":{\"value\":3}}},\"java\":{\"settings\":{\"mem\":{"
           "\"value\":2},\"GCTimeRatio\":{\"value\":99}}},\"db\":{\"settings\":"
           "{\"cpu\":{\"value\":1},\"commit_delay\":{\"value\":0}}}}}}}}");
    expect(f, SERVO, REPORT("ADJUSTMENT", "50"), 200, ok);
    expect(f, SERVO, "{\"event\":\"ADJUSTMENT\"}", 200, ok);
    expect(f, SERVO, "{\"event\":\"GOODBYE\",\"param\":{\"reason\":\"r\"}}",
           200, ok);
    expect_statistics(f, "{\"n\":1,\"average\":1.0,\"min\":1,\"max\":1}");
}

static void sequence_errors(void **state)
{
    struct fixture *f = *state;
    expect(f, SERVO, ASK, 400,
           "{\"detail\":\"Received event WHATS_NEXT for unknown app "
           "app00000\"}");
    expect(f, SERVO, "{\"event\":\"FOO\"}", 400,
           "{\"detail\":\"Received event FOO for unknown app app00000\"}");
    expect(f, SERVO, "{\"event\":\"HELLO\"}", 200, ok);
    expect(f, SERVO, "{\"event\":\"HELLO\"}", 400,
           "{\"detail\":\"Sequence error for app00000: Unexpected event HELLO "
           "in state hello-received\"}");
    expect(f, SERVO, REPORT("DESCRIPTION", "7"), 400,
           "{\"detail\":\"Sequence error for app00000: Unexpected event "
           "DESCRIPTION(7%) in state hello-received\"}");
    expect(f, SERVO, "{\"event\":\"FOO\"}", 400,
           "{\"detail\":\"Sequence error for app00000: Unexpected event FOO in "
           "state hello-received\"}");
    expect(f, SERVO, "{\"event\":\"DESCRIPTION\"}", 200, ok);
    expect(f, SERVO, "{\"event\":\"MEASUREMENT\"}", 400,
           "{\"detail\":\"Sequence error for app00000: Unexpected event "
           "MEASUREMENT in state start-measure\"}");
    expect(f, SERVO, REPORT("MEASUREMENT", "20"), 200, ok);
    expect(f, SERVO, ASK, 400,
           "{\"detail\":\"Sequence error for app00000: Unexpected WHATS_NEXT "
           "in in-measure\"}");
    expect(f, SERVO, REPORT("MEASUREMENT", "10"), 400,
           "{\"detail\":\"Sequence error for app00000: Progress going "
           "backwards: old=20, new=10\"}");
}

static void names_are_validated(void **state)
{
    struct fixture *f = *state;
    expect(f, "/accounts/a/applications/app00004/servo",
           "{\"event\":\"HELLO\"}", 200, ok);
    expect(f, "/accounts/a/applications/app00005/servo",
           "{\"event\":\"HELLO\"}", 400,
           "{\"detail\":\"Received event HELLO for unknown app app00005 (there "
           "are app00000 to app00004)\"}");
    expect(f, "/accounts/a/applications/app%300000/servo",
           "{\"event\":\"HELLO\"}", 200, ok);
    expect(f, "/accounts/a/applications/%22%1b%3Cscript%3E/servo",
           "{\"event\":\"HELLO\"}", 400,
           "{\"detail\":\"Received event HELLO for unknown app "
           "\\\"\\u001B<script> (there are app00000 to app00004)\"}");
    expect(f, "/accounts/a/applications/%ff/servo", "{\"event\":\"HELLO\"}",
           400,
           "{\"detail\":\"Received event HELLO for unknown app ? (there are "
           "app00000 to app00004)\"}");
    expect_statistics(f, "{\"n\":2,\"average\":0.0,\"min\":0,\"max\":0}");
}

/* JSON text, the place and the type of the complaint. */
static const struct {
    const char *body, *place, *type;
} malformed[] = {
    {"", "[\"body\"]", "value_error.missing"},
    {"{}", "[\"body\",\"event\"]", "value_error.missing"},
    {"[]", "[\"body\"]", "type_error.dict"},
    {"7", "[\"body\"]", "type_error.dict"},
    {"null", "[\"body\"]", "type_error.dict"},
    {"{\"event\":1}", "[\"body\",\"event\"]", "type_error.str"},
    {"{\"event\":null}", "[\"body\",\"event\"]", "type_error.str"},
    {"{\"event\":[\"HELLO\"]}", "[\"body\",\"event\"]", "type_error.str"},
    {"{\"event\":\"HELLO\",\"param\":7}", "[\"body\",\"param\"]",
     "type_error.dict"},
    {"{\"event\":\"HELLO\",\"param\":[]}", "[\"body\",\"param\"]",
     "type_error.dict"},
    {REPORT("HELLO", "\"10\""), "[\"body\",\"param\",\"progress\"]",
     "type_error.integer"},
    {REPORT("HELLO", "true"), "[\"body\",\"param\",\"progress\"]",
     "type_error.integer"},
    {REPORT("HELLO", "10.5"), "[\"body\",\"param\",\"progress\"]",
     "type_error.integer"},
    {REPORT("HELLO", "1e300"), "[\"body\",\"param\",\"progress\"]",
     "type_error.integer"},
    {REPORT("HELLO", "{}"), "[\"body\",\"param\",\"progress\"]",
     "type_error.integer"},
    {REPORT("HELLO", "99999999999999999999"), NULL, "value_error.jsondecode"},
    {"{\"event\":\"HELLO\"", NULL, "value_error.jsondecode"},
    {"{\"event\":\"HELLO\"} x", NULL, "value_error.jsondecode"},
    {"{\"event\":\"HELLO\",\"event\":\"GOODBYE\"}", NULL,
     "value_error.jsondecode"},
    {"{\"event\":\"\\u0000\"}", NULL, "value_error.jsondecode"},
    {"{\"event\":\"\xff\"}", NULL, "value_error.jsondecode"},
    {"{\"event\":\"\xed\xa0\x80\"}", NULL, "value_error.jsondecode"},
    {"event=HELLO", NULL, "value_error.jsondecode"},
    {"<b>\xc3", NULL, "value_error.jsondecode"},
};

static void malformed_bodies(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        unsigned status = ask(f, "POST", SERVO, malformed[i].body);
        json_t *root = json_loads(f->body, 0, NULL);
        const json_t *first =
            json_array_get(json_object_get(root, "detail"), 0);
        if (status != 422 || !first)
            fail_msg("%s: %u %s", malformed[i].body, status, f->body);
        assert_string_equal(json_string_value(json_object_get(first, "type")),
                            malformed[i].type);
        assert_true(json_string_length(json_object_get(first, "msg")) > 0);
        char *place = json_dumps(json_object_get(first, "loc"), JSON_COMPACT);
        if (malformed[i].place)
            assert_string_equal(place, malformed[i].place);
        else
            assert_int_equal(strncmp(place, "[\"body\",", 8), 0);
        free(place);
        json_decref(root);
    }
    expect_statistics(f,
                      "{\"n\":0,\"average\":null,\"min\":null,\"max\":null}");
}

static void harmless_bodies(void **state)
{
    struct fixture *f = *state;
    static const char *const bodies[] = {
        " { \"param\" : null , \"event\" : \"HELLO\" } \n",
        "{\"event\":\"GOODBYE\",\"param\":{\"progress\":null}}",
        "{\"event\":\"HELLO\",\"cmd_uid\":\"1\",\"servo_uid\":7,\"x\":[]}",
        "{\"event\":\"DESCRIPTION\",\"param\":{\"descriptor\":{\"deep\":[[[{}]"
        "]]},\"status\":\"ok\"}}",
        REPORT("MEASUREMENT", "-5"),
        REPORT("MEASUREMENT", "10.0"),
        REPORT("MEASUREMENT", "9223372036854775807"),
        "{\"event\":\"MEASUREMENT\",\"param\":{}}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        expect(f, SERVO, bodies[i], 200, ok);
    expect_statistics(f, "{\"n\":1,\"average\":1.0,\"min\":1,\"max\":1}");
}

static void deep_and_long_bodies(void **state)
{
    struct fixture *f = *state;
    enum { DEEP = 1000000 };
    char *body = malloc(DEEP + 1);
    assert_non_null(body);
    memset(body, '[', DEEP);
    body[DEEP] = '\0';
    assert_int_equal(ask(f, "POST", SERVO, body), 422);
    memset(body, 'x', DEEP);
    memcpy(body, "{\"event\":\"", 10);
    memcpy(body + DEEP - 2, "\"}", 2);
    assert_int_equal(ask(f, "POST", SERVO, body), 400);
    assert_true(strlen(f->body) < 300);
    /* A character is not cut in two. */
    for (size_t i = 10; i + 3 < DEEP - 2; i += 3)
        memcpy(body + i, "\xe2\x82\xac", 3);
    assert_int_equal(ask(f, "POST", SERVO, body), 400);
    assert_non_null(strstr(f->body, "\\u20AC for unknown app"));
    free(body);
}

static void paths_and_methods(void **state)
{
    struct fixture *f = *state;
    static const char *const nowhere[] = {
        "",
        "*",
        "//",
        "/x",
        "/docs/",
        "/openapi.jso",
        "/openapi.json/",
        "/accounts",
        "/accounts/",
        "/accounts//application-overrides",
        "/accounts/a/application-overrides/",
        "/accounts/a/b/application-overrides",
        "/accounts/a/applications",
        "/accounts/a/applications//servo",
        "/accounts/a/applications/app00000",
        "/accounts/a/applications/app00000/servo/",
        "/accounts/a/applications/app00000/servox",
        "/accounts/a/applications/app0%000/servo",
        "/accounts/a/applications/app0000%3/servo",
        "/accounts/a/applications/app0000%/servo",
        "/accounts/a/applications/app00000%00/servo",
        "/accounts/a%zz/application-overrides",
    };
    static const struct {
        const char *method, *path, *allow;
    } wrong[] = {
        {"POST", "/", "allow: GET, HEAD\r\n"},
        {"GETX", "/", "allow: GET, HEAD\r\n"},
        {"get", "/", "allow: GET, HEAD\r\n"},
        {"DELETE", "/docs", "allow: GET, HEAD\r\n"},
        {"PUT", "/openapi.json", "allow: GET, HEAD\r\n"},
        {"POST", "/accounts/a/application-overrides", "allow: GET, HEAD\r\n"},
        {"GET", SERVO, "allow: POST\r\n"},
        {"HEAD", SERVO, "allow: POST\r\n"},
        {"OPTIONS", SERVO, "allow: POST\r\n"},
    };
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        if (ask(f, "GET", nowhere[i], "") != 404)
            fail_msg("'%s': %s", nowhere[i], f->body);
        assert_string_equal(f->body, "{\"detail\":\"Not Found\"}");
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (ask(f, wrong[i].method, wrong[i].path, "") != 405)
            fail_msg("%s %s: %s", wrong[i].method, wrong[i].path, f->body);
        assert_string_equal(f->body, "{\"detail\":\"Method Not Allowed\"}");
        assert_string_equal(f->reply.headers, wrong[i].allow);
    }
    assert_int_equal(ask(f, "HEAD", "/", ""), 200);
}

static void the_list(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(f, "GET", "/accounts/x/application-overrides", ""),
                     200);
    assert_string_equal(
        f->body,
        "{\"app00000\":{\"mode\":null,\"mode_limit\":null,\"state\":\"active\"}"
        ",\"app00001\":{\"mode\":null,\"mode_limit\":null,\"state\":\"active\"}"
        ",\"app00002\":{\"mode\":null,\"mode_limit\":null,\"state\":\"active\"}"
        ",\"app00003\":{\"mode\":null,\"mode_limit\":null,\"state\":\"active\"}"
        ",\"app00004\":{\"mode\":null,\"mode_limit\":null,\"state\":\"active\"}"
        "}");
}

static void the_documents(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ask(f, "GET", "/openapi.json", ""), 200);
    assert_string_equal(f->reply.type, "application/json");
    json_t *root = json_loads(f->body, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    static const char *const paths[] = {
        "/", "/accounts/{account}/application-overrides",
        "/accounts/{account}/applications/{app}/servo"};
    for (size_t i = 0; i < 3; i++)
        assert_non_null(
            json_object_get(json_object_get(root, "paths"), paths[i]));
    json_decref(root);

    char first[33];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(f, "GET", "/docs", ""), 200);
        assert_string_equal(f->reply.type, "text/html; charset=utf-8");
        const char *policy = strstr(f->reply.headers, "script-src 'nonce-");
        assert_non_null(policy);
        char nonce[33] = "";
        memcpy(nonce, policy + strlen("script-src 'nonce-"), 32);
        char script[64];
        snprintf(script, sizeof script, "<script nonce=\"%s\">", nonce);
        assert_non_null(strstr(f->body, script));
        assert_null(strstr(f->body, "0123456789abcdef"));
        assert_null(strstr(f->body, "//cdn"));
        if (i)
            assert_string_not_equal(nonce, first);
        memcpy(first, nonce, sizeof first);
    }
}

static void other_options(void **state)
{
    (void)state;
    struct fixture f;
    open_with(&f, (struct oco_service_options){
                      .account = "mine",
                      .pattern = "svc-%d",
                      .apps = 11,
                      .adjust = " { \"a\" : [1, \"\\u00e9\"] } ",
                  });
    void *fixture = &f;
    expect(&f, "/accounts/mine/applications/svc-10/servo",
           "{\"event\":\"HELLO\"}", 200, ok);
    expect(&f, "/accounts/other/applications/svc-10/servo",
           "{\"event\":\"GOODBYE\"}", 404,
           "{\"detail\":\"Unknown account other\"}");
    assert_int_equal(
        ask(&f, "GET", "/accounts/m%69ne/application-overrides", ""), 200);
    assert_int_equal(ask(&f, "GET", "/accounts/min/application-overrides", ""),
                     404);
    static const char *const to_adjust[] = {"{\"event\":\"DESCRIPTION\"}",
                                            REPORT("MEASUREMENT", "1"),
                                            "{\"event\":\"MEASUREMENT\"}"};
    for (int i = 0; i < 3; i++)
        expect(&f, "/accounts/mine/applications/svc-10/servo", to_adjust[i],
               200, ok);
    expect(&f, "/accounts/mine/applications/svc-10/servo", ASK, 200,
           "{\"cmd\":\"ADJUST\",\"param\":{\"a\":[1,\"\xc3\xa9\"]}}");
    teardown(&fixture);
}

static void bad_options(void **state)
{
    (void)state;
    static const struct oco_service_options cases[] = {
        {.adjust = "[]"},
        {.adjust = "{"},
        {.adjust = ""},
        {.adjust = "{\"a\":1,\"a\":2}"},
        {.adjust_file = "/nowhere/at/all"},
        {.adjust = "{}", .adjust_file = "/dev/null"},
        {.pattern = "app"},
        {.trace = "/nowhere/at/all"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct oco_service service;
        struct oco_service_options options = cases[i];
        struct scope_err err = {0};
        options.apps = 5;
        if (!options.pattern)
            options.pattern = "app%05d";
        assert_int_not_equal(oco_service_make(&service, &options, &err),
                             SCOPE_OK);
        assert_true(strlen(err.text) > 10);
        oco_service_free(&service);
    }
}

static void averages_read_back(void **state)
{
    struct fixture *f = *state;
    /* Three applications, two cycles: 2/3. */
    static const char *const turn[] = {
        "{\"event\":\"HELLO\"}", "{\"event\":\"DESCRIPTION\"}",
        REPORT("MEASUREMENT", "1"), "{\"event\":\"MEASUREMENT\"}",
        "{\"event\":\"GOODBYE\"}"};
    for (int app = 0; app < 3; app++) {
        char path[64];
        snprintf(path, sizeof path, "/accounts/a/applications/app%05d/servo",
                 app);
        for (int i = 0; i < (app < 2 ? 5 : 1); i++)
            expect(f, path, turn[i], 200, ok);
    }
    expect_statistics(
        f, "{\"n\":3,\"average\":0.6666666666666666,\"min\":0,\"max\":1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_cycle, setup, teardown),
        cmocka_unit_test_setup_teardown(sequence_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_validated, setup, teardown),
        cmocka_unit_test_setup_teardown(malformed_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(harmless_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(deep_and_long_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(paths_and_methods, setup, teardown),
        cmocka_unit_test_setup_teardown(the_list, setup, teardown),
        cmocka_unit_test_setup_teardown(the_documents, setup, teardown),
        cmocka_unit_test_setup_teardown(averages_read_back, setup, teardown),
        cmocka_unit_test(other_options),
        cmocka_unit_test(bad_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
