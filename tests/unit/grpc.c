/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls as they are written, and answers of gRPC as they come: in pieces of
 * any size, and not always as they should be. */
#include "drivers/http2/grpc.h"
#include "tests/unit/unit.h"

#include <scope/alloc.h>

/* Two messages, "hello" and "", and one of three bytes. */
static const char messages[] = "\0\0\0\0\5hello"
                               "\0\0\0\0\0"
                               "\0\0\0\0\3abc";
enum { MESSAGES = sizeof messages - 1 };

/* Gives the bytes in pieces; what is of messages is gathered in out. */
static void feed(struct grpc_answer *answer, const char *bytes, size_t size,
                 size_t piece, char *out)
{
    size_t count = 0;
    for (size_t at = 0; at < size; at += piece) {
        size_t part = size - at < piece ? size - at : piece;
        /* In memory of its own, so that reading past it is seen. */
        char *copy = scope_alloc(part, 1);
        memcpy(copy, bytes + at, part);
        const char *from = copy;
        while (from) {
            const char *found;
            size_t found_size;
            from = grpc_data(answer, from, (size_t)(copy + part - from), &found,
                             &found_size);
            memcpy(out + count, found, found_size);
            count += found_size;
        }
        free(copy);
    }
    out[count] = '\0';
}

static void header(struct grpc_answer *answer, const char *name,
                   const char *value)
{
    grpc_header(answer, name, strlen(name), value, strlen(value));
}

static void messages_come_in_pieces(void **state)
{
    (void)state;
    for (size_t piece = 1; piece <= MESSAGES; piece++) {
        struct grpc_answer answer;
        char out[MESSAGES + 1];
        grpc_begin(&answer);
        feed(&answer, messages, MESSAGES, piece, out);
        assert_string_equal(out, "helloabc");
        assert_int_equal(answer.messages, 3);
        assert_int_equal(answer.size, 8);
        assert_int_equal(answer.left, 0);
        assert_int_equal(answer.have, 0);
        assert_false(answer.compressed);
    }
}

/* What an answer comes to: its status, or the words for what is wrong. */
static int outcome(const char *type, const char *status, const char *bytes,
                   size_t size, unsigned http_status, char detail[128])
{
    struct grpc_answer answer;
    char out[64];
    grpc_begin(&answer);
    if (type)
        header(&answer, "content-type", type);
    feed(&answer, bytes, size, 3, out);
    if (status)
        header(&answer, "grpc-status", status);
    *detail = '\0';
    return grpc_end(&answer, http_status, detail, 128);
}

static void an_answer_is_judged(void **state)
{
    (void)state;
    static const struct {
        const char *type, *status;
        size_t size; /* of messages */
        unsigned http_status;
        int outcome;
        const char *detail;
    } cases[] = {
        {"application/grpc", "0", 10, 200, 0, ""},
        {"application/grpc+proto", "0", 10, 200, 0, ""},
        {"application/grpc", "14", 0, 200, 14, ""},
        {"application/grpc", "5", 10, 200, 5, ""},
        /* One that nobody knows is UNKNOWN. */
        {"application/grpc", "17", 0, 200, 2, ""},
        {"application/grpc", "9999", 0, 200, 2, ""},
        /* A proxy may say both. */
        {"application/grpc", "14", 0, 503, 14, ""},
        {"text/html", NULL, 0, 503, -1, "HTTP status 503 and no grpc-status"},
        {"application/grpc", NULL, 10, 200, -1, "no grpc-status"},
        {"text/html", "0", 10, 200, -1, "a content-type that is not gRPC's"},
        {NULL, "0", 10, 200, -1, "a content-type that is not gRPC's"},
        {"application/grpc", "", 10, 200, -1,
         "a grpc-status that is no number"},
        {"application/grpc", "-1", 10, 200, -1,
         "a grpc-status that is no number"},
        {"application/grpc", "99999999999", 10, 200, -1,
         "a grpc-status that is no number"},
        {"application/grpc", "0", 9, 200, -1, "a message that is cut off"},
        {"application/grpc", "0", 12, 200, -1, "a message that is cut off"},
        {"application/grpc", "0", 0, 200, -1, "0 messages instead of one"},
        {"application/grpc", "0", 15, 200, -1, "2 messages instead of one"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char detail[128];
        assert_int_equal(outcome(cases[i].type, cases[i].status, messages,
                                 cases[i].size, cases[i].http_status, detail),
                         cases[i].outcome);
        assert_string_equal(detail, cases[i].detail);
    }
    char detail[128];
    assert_int_equal(
        outcome("application/grpc", "0", "\1\0\0\0\1x", 6, 200, detail), -1);
    assert_string_equal(detail, "a message that is compressed, unasked");
    /* A length that never comes is no length to be believed. */
    assert_int_equal(
        outcome("application/grpc", "0", "\0\377\377\377\377x", 6, 200, detail),
        -1);
    assert_string_equal(detail, "a message that is cut off");
}

static void what_the_server_says_is_decoded(void **state)
{
    (void)state;
    struct grpc_answer answer;
    grpc_begin(&answer);
    header(&answer, "grpc-message", "100%25 %e2%9C%93 %zz %4");
    assert_string_equal(answer.text, "100% \xe2\x9c\x93 %zz %4");
    header(&answer, "grpc-message", "a%00b");
    assert_string_equal(answer.text, "a?b");
    char much[1000];
    memset(much, 'x', sizeof much);
    grpc_header(&answer, "grpc-message", 12, much, sizeof much);
    assert_int_equal(strlen(answer.text), sizeof answer.text - 1);
}

static void open_call(struct grpc *grpc, const struct options *options)
{
    struct scope_err err = {0};
    if (grpc_open(grpc, options, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
}

static void the_timeout_is_written_in_eight_digits(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, ""},
        {1, "1n"},
        {99999999, "99999999n"},
        {100000000, "100000u"},
        {INT64_C(30000000000), "30000000u"},
        {INT64_C(100000000000), "100000m"},
        {INT64_C(3600000000000), "3600000m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct grpc grpc;
        const struct options options = {.grpc = "/a.B/C",
                                        .load.timeout_ns = cases[i].ns};
        open_call(&grpc, &options);
        assert_string_equal(grpc.timeout, cases[i].text);
        grpc_close(&grpc);
    }
}

static void a_message_has_its_length_before_it(void **state)
{
    (void)state;
    struct grpc grpc;
    const struct options options = {.grpc = "/a.B/C", .grpc_hex = "00ffA1"};
    open_call(&grpc, &options);
    assert_int_equal(grpc.message_size, 3);
    assert_memory_equal(grpc.message, "\0\377\241", 3);
    assert_int_equal(grpc.expected, 1);
    const struct scope_request request = {.body_size = 0x1020304};
    struct message message = {.request = &request};
    grpc_prefix(&message);
    assert_int_equal(message.size, 0x1020304 + 5);
    assert_memory_equal(message.prefix, "\0\1\2\3\4", 5);
    grpc_close(&grpc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_pieces),
        cmocka_unit_test(an_answer_is_judged),
        cmocka_unit_test(what_the_server_says_is_decoded),
        cmocka_unit_test(the_timeout_is_written_in_eight_digits),
        cmocka_unit_test(a_message_has_its_length_before_it),
    };
    return cmocka_run_group_tests_name("grpc", tests, NULL, NULL);
}
