/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What servos say, in which order, and what they make of replies. */
#include "tests/unit/unit.h"

#include "drivers/oco/fleet.h"
#include "drivers/oco/reply.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void steps_follow_the_sequence(void **state)
{
    (void)state;
    static const enum oco_step order[] = {
        OCO_SAY_HELLO,          OCO_ASK_DESCRIBE,       OCO_SAY_DESCRIPTION,
        OCO_ASK_MEASURE,        OCO_REPORT_MEASUREMENT, OCO_REPORT_MEASUREMENT,
        OCO_REPORT_MEASUREMENT, OCO_SAY_MEASUREMENT,    OCO_ASK_ADJUST,
        OCO_REPORT_ADJUSTMENT,  OCO_REPORT_ADJUSTMENT,  OCO_REPORT_ADJUSTMENT,
        OCO_SAY_ADJUSTMENT,     OCO_ASK_MEASURE,
    };
    struct oco_servo servo = {.name = "x"};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        assert_int_equal(servo.step, order[i]);
        assert_int_equal(servo.greeted, i > 0);
        assert_int_equal(servo.cycles, i > 7);
        oco_servo_advance(&servo, 3);
    }
}

static void a_servo_begins_anew(void **state)
{
    (void)state;
    for (unsigned step = 0; step < OCO_STEP_COUNT; step++) {
        struct oco_servo servo = {.step = (uint8_t)step,
                                  .report = oco_steps[step].reports ? 2 : 0,
                                  .greeted = true};
        oco_servo_restart(&servo);
        assert_int_equal(servo.report, 0);
        if (step == OCO_SAY_GOODBYE) {
            assert_int_equal(servo.step, OCO_SAY_HELLO);
            continue;
        }
        assert_int_equal(servo.step, OCO_SAY_GOODBYE);
        oco_servo_advance(&servo, 3);
        assert_int_equal(servo.step, OCO_SAY_HELLO);
        assert_false(servo.greeted);
        assert_int_equal(servo.cycles, 0);
    }
}

/* The body of a message, which must be as long as its head says. */
static json_t *body_of(const char *message, size_t size)
{
    const char *length = strstr(message, "Content-Length: ");
    const char *body = strstr(message, "\r\n\r\n");
    assert_true(length && body);
    body += 4;
    size_t body_size = size - (size_t)(body - message);
    assert_int_equal(strtoul(length + strlen("Content-Length: "), NULL, 10),
                     body_size);
    json_t *root = json_loadb(body, body_size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    return root;
}

static void messages_are_well_formed(void **state)
{
    (void)state;
    enum { REPORTS = 7 };
    struct scope_url server;
    struct oco_script script;
    struct scope_err err = {0};
    assert_int_equal(scope_url_parse(&server, "http://h:81/base//", &err),
                     SCOPE_OK);
    char *account = oco_script_segment("a/b ?#%\"\xc3\xa9.-_~");
    assert_string_equal(account, "a%2Fb%20%3F%23%25%22%C3%A9.-_~");
    oco_script_write(&script, &server, account, "s3cret", REPORTS);
    char *message = calloc(1, script.longest + 10);
    assert_non_null(message);
    struct oco_servo servo = {.name = "app00042"};
    json_int_t progress = -1;
    for (int i = 0; i < 3 + 2 * (REPORTS + 2); i++) {
        size_t size = oco_script_say(&script, &servo, message);
        assert_true(size <= script.longest + strlen(servo.name));
        message[size] = '\0';
        static const char start[] =
            "POST /base/accounts/a%2Fb%20%3F%23%25%22%C3%A9.-_~/applications/"
            "app00042/servo HTTP/1.1\r\nHost: h:81\r\n";
        assert_memory_equal(message, start, sizeof start - 1);
        assert_non_null(
            strstr(message, "\r\nAuthorization: Bearer s3cret\r\n"));
        json_t *root = body_of(message, size);
        assert_string_equal(json_string_value(json_object_get(root, "event")),
                            oco_event_words[oco_servo_row(&servo)->event]);
        const json_t *reported =
            json_object_get(json_object_get(root, "param"), "progress");
        assert_int_equal(reported != NULL, oco_servo_row(&servo)->reports);
        if (reported) {
            assert_true(json_integer_value(reported) > progress);
            progress = json_integer_value(reported);
            assert_true(progress < 100);
        } else {
            progress = -1;
        }
        json_decref(root);
        oco_servo_advance(&servo, REPORTS);
    }
    assert_int_equal(servo.step, OCO_ASK_MEASURE);
    assert_non_null(strstr(script.statistics, "GET /base/ HTTP/1.1\r\n"));
    free(message);
    free(account);
    oco_script_free(&script);
    scope_url_free(&server);
}

static void without_a_token_there_is_no_header(void **state)
{
    (void)state;
    struct scope_url server;
    struct oco_script script;
    struct scope_err err = {0};
    assert_int_equal(scope_url_parse(&server, "http://h", &err), SCOPE_OK);
    oco_script_write(&script, &server, "a", NULL, 1);
    assert_string_equal(script.statistics, "GET / HTTP/1.1\r\nHost: h\r\n"
                                           "User-Agent: scope\r\n\r\n");
    oco_script_free(&script);
    scope_url_free(&server);
}

static const struct {
    enum oco_wanted wanted;
    unsigned status;
    const char *body;
    enum oco_judgement judgement;
    const char *detail;
} replies[] = {
    {OCO_WANT_OK, 200, "{\"status\":\"ok\",\"message\":null}", OCO_RIGHT, ""},
    {OCO_WANT_OK, 200, " { \"status\" : \"ok\" } ", OCO_RIGHT, ""},
    {OCO_WANT_OK, 200, "{\"status\":\"cancel\"}", OCO_NOT_OK,
     "status cancel where ok was awaited"},
    {OCO_WANT_OK, 200, "{\"cmd\":\"MEASURE\",\"param\":{}}", OCO_WRONG_BODY,
     "no status in the reply"},
    {OCO_WANT_OK, 200, "{\"status\":1}", OCO_WRONG_BODY,
     "no status in the reply"},
    {OCO_WANT_OK, 200, "", OCO_WRONG_BODY, NULL},
    {OCO_WANT_OK, 200, "ok", OCO_WRONG_BODY, NULL},
    {OCO_WANT_OK, 200, "[]", OCO_WRONG_BODY, "no status in the reply"},
    {OCO_WANT_OK, 201, "{\"status\":\"ok\"}", OCO_WRONG_STATUS, "status 201"},
    {OCO_WANT_OK, 400, "{\"detail\":\"Sequence error for x\"}",
     OCO_WRONG_STATUS, "status 400: Sequence error for x"},
    {OCO_WANT_OK, 422, "{\"detail\":[{}]}", OCO_WRONG_STATUS, "status 422"},
    {OCO_WANT_OK, 502, "<html>", OCO_WRONG_STATUS, "status 502"},
    {OCO_WANT_MEASURE, 200, "{\"cmd\":\"MEASURE\",\"param\":{}}", OCO_RIGHT,
     ""},
    {OCO_WANT_MEASURE, 200, "{\"cmd\":\"MEASURE\"}", OCO_RIGHT, ""},
    {OCO_WANT_MEASURE, 200, "{\"cmd\":\"SLEEP\",\"param\":{\"duration\":60}}",
     OCO_SLEEP, ""},
    {OCO_WANT_MEASURE, 200, "{\"cmd\":\"ADJUST\",\"param\":{}}",
     OCO_WRONG_COMMAND, "ADJUST where MEASURE was awaited"},
    {OCO_WANT_DESCRIBE, 200, "{\"status\":\"ok\"}", OCO_WRONG_BODY,
     "no command where DESCRIBE was awaited"},
    {OCO_WANT_DESCRIBE, 200, "{\"cmd\":\"DESCRIBE\",\"param\":[]}",
     OCO_WRONG_BODY, "no command where DESCRIBE was awaited"},
    {OCO_WANT_ADJUST, 200, "{\"cmd\":\"ADJUST\",\"param\":{\"state\":{}}}",
     OCO_RIGHT, ""},
    {OCO_WANT_ADJUST, 200, "{\"cmd\":\"DESCRIBE\",\"param\":{}}",
     OCO_WRONG_COMMAND, "DESCRIBE where ADJUST was awaited"},
    {OCO_WANT_WHATEVER, 200, "{\"status\":\"ok\"}", OCO_RIGHT, ""},
    {OCO_WANT_WHATEVER, 400, "{\"detail\":\"x\"}", OCO_RIGHT, ""},
    {OCO_WANT_WHATEVER, 404, "{\"detail\":\"Not Found\"}", OCO_WRONG_STATUS,
     "status 404: Not Found"},
};

static void replies_are_judged(void **state)
{
    (void)state;
    static struct oco_known known;
    /* Twice: what is known must not change what is right. */
    for (size_t n = 0; n < 2 * sizeof replies / sizeof *replies; n++) {
        size_t i = n % (sizeof replies / sizeof *replies);
        char detail[SCOPE_DETAIL_SIZE] = "";
        enum oco_judgement judgement = oco_reply_judge(
            &known, replies[i].wanted, replies[i].status, replies[i].body,
            strlen(replies[i].body), detail, sizeof detail);
        if (judgement != replies[i].judgement)
            fail_msg("%u %s: %d", replies[i].status, replies[i].body,
                     (int)judgement);
        if (replies[i].detail)
            assert_string_equal(detail, replies[i].detail);
        if (judgement > OCO_SLEEP) {
            assert_non_null(oco_judgement_names[judgement]);
            assert_true(strlen(oco_judgement_names[judgement]) <
                        SCOPE_NAME_SIZE);
        }
    }
}

static void servos_are_dealt_out(void **state)
{
    (void)state;
    for (size_t count = 1; count < 30; count++)
        for (size_t threads = 1; threads <= count; threads++) {
            struct oco_fleet fleet = {.count = count};
            size_t next = 0;
            for (size_t i = 0; i < threads; i++) {
                size_t first;
                size_t share = oco_fleet_share(&fleet, i, threads, &first);
                assert_int_equal(first, next);
                assert_true(share >= count / threads &&
                            share <= count / threads + 1);
                next += share;
            }
            assert_int_equal(next, count);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_follow_the_sequence),
        cmocka_unit_test(a_servo_begins_anew),
        cmocka_unit_test(messages_are_well_formed),
        cmocka_unit_test(without_a_token_there_is_no_header),
        cmocka_unit_test(replies_are_judged),
        cmocka_unit_test(servos_are_dealt_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
