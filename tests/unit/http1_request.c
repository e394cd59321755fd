/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read of a request that is taken, and things that fall due. Requests
 * that are refused are in tests/cli/hostile.py, against the whole server. */
#include "tests/unit/unit.h"

#include "lib/net/due.h"
#include "lib/net/http1_request.h"
#include "lib/net/random.h"

#include <scope/alloc.h>

static struct scope_httpd_field fields[SCOPE_HTTP1_FIELDS_MAX];

static unsigned read_text(const char *text, struct scope_httpd_request *request,
                          struct scope_http1_frame *frame, char **copy)
{
    free(*copy);
    *copy = scope_strdup(text);
    return scope_http1_read_request(*copy, strlen(text), request, fields,
                                    frame);
}

static void assert_bytes(const char *bytes, size_t size, const char *wanted)
{
    if (size != strlen(wanted) || memcmp(bytes, wanted, size) != 0)
        fail_msg("'%.*s' instead of '%s'", (int)size, bytes, wanted);
}

static void test_everything_that_a_head_says(void **state)
{
    (void)state;
    struct scope_httpd_request request;
    struct scope_http1_frame frame;
    char *copy = NULL;
    static const char text[] = "PUT /a/b?c=d?e HTTP/1.1\r\n"
                               "HOST: example.org\r\n"
                               "X-Empty:\r\n"
                               "X-Blanks: \t a  b\t \r\n"
                               "Content-LENGTH: 0005\r\n"
                               "Expect: 100-Continue\r\n\r\nhello";
    assert_int_equal(read_text(text, &request, &frame, &copy), 200);
    assert_int_equal(request.version, 11);
    assert_bytes(request.method, request.method_size, "PUT");
    assert_bytes(request.path, request.path_size, "/a/b");
    assert_bytes(request.query, request.query_size, "c=d?e");
    assert_int_equal(request.field_count, 5);
    const struct scope_httpd_field *field =
        scope_httpd_field(&request, "x-blanks");
    assert_non_null(field);
    assert_bytes(field->value, field->value_size, "a  b");
    field = scope_httpd_field(&request, "x-empty");
    assert_non_null(field);
    assert_int_equal(field->value_size, 0);
    assert_bytes(fields[0].name, fields[0].name_size, "host");
    assert_null(scope_httpd_field(&request, "x-blank"));
    assert_null(scope_httpd_field(&request, "x-blanks2"));
    assert_int_equal(frame.length, 5);
    assert_int_equal(frame.head_size, sizeof text - 1 - 5);
    assert_true(frame.keep_alive);
    assert_true(frame.expects);
    assert_false(frame.chunked);
    free(copy);
}

static void test_whether_the_connection_stays(void **state)
{
    (void)state;
    static const struct {
        const char *version, *line;
        bool stays;
    } cases[] = {
        {"1.1", "", true},
        {"1.1", "Connection: close\r\n", false},
        {"1.1", "Connection: x, CLOSE ,y\r\n", false},
        {"1.1", "Connection: closed\r\n", true},
        {"1.1", "Connection: x\r\nConnection: close\r\n", false},
        {"1.0", "", false},
        {"1.0", "Connection: keep-alive\r\n", true},
        {"1.0", "Connection: keep-alive, close\r\n", false},
    };
    char *copy = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scope_httpd_request request;
        struct scope_http1_frame frame;
        char *text = scope_format("GET / HTTP/%s\r\nHost: x\r\n%s\r\n",
                                  cases[i].version, cases[i].line);
        assert_int_equal(read_text(text, &request, &frame, &copy), 200);
        assert_int_equal(frame.keep_alive, cases[i].stays);
        free(text);
    }
    free(copy);
}

static void test_forms_of_targets(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *path, *query;
    } cases[] = {
        {"GET", "/", "/", ""},
        {"GET", "/?", "/", ""},
        {"GET", "/a?b", "/a", "b"},
        {"OPTIONS", "*", "*", ""},
        {"GET", "http://h", "/", ""},
        {"GET", "http://h?q", "/", "q"},
        {"GET", "HttpS://h:1/p/q?r", "/p/q", "r"},
    };
    char *copy = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scope_httpd_request request;
        struct scope_http1_frame frame;
        char *text = scope_format("%s %s HTTP/1.1\r\nHost: x\r\n\r\n",
                                  cases[i].method, cases[i].target);
        assert_int_equal(read_text(text, &request, &frame, &copy), 200);
        assert_bytes(request.path, request.path_size, cases[i].path);
        assert_bytes(request.query, request.query_size, cases[i].query);
        free(text);
    }
    free(copy);
}

/* Every beginning of a head is none yet. */
static void test_a_head_in_pieces(void **state)
{
    (void)state;
    static const char text[] = "\r\nPOST /a HTTP/1.1\r\nHost: x\r\nA: b\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";
    for (size_t size = 0; size < sizeof text; size++) {
        struct scope_httpd_request request;
        struct scope_http1_frame frame;
        /* Of the exact size, for a sanitizer to watch. */
        char *copy = scope_alloc(size + !size, 1);
        memcpy(copy, text, size);
        unsigned status =
            scope_http1_read_request(copy, size, &request, fields, &frame);
        assert_int_equal(status, size < sizeof text - 1 ? 0 : 200);
        free(copy);
    }
}

static void test_chunks(void **state)
{
    (void)state;
    static const char text[] = "5;a=\"b\"\r\nhello\r\n0A \r\n, world!\r\n\r\n"
                               "000\r\nTrailer: x\r\nB: c\r\n\r\nnext";
    static const char wanted[] = "hello, world!\r\n";
    for (size_t step = 1; step < sizeof text; step++) {
        struct scope_http1_chunks chunks = {0};
        char body[64] = "";
        size_t size = 0;
        size_t at = 0;
        unsigned status = 0;
        while (!status && at < sizeof text - 1) {
            size_t used;
            size_t made;
            size_t part = sizeof text - 1 - at;
            status = scope_http1_unchunk(&chunks, text + at,
                                         part < step ? part : step, body + size,
                                         &used, &made);
            at += used;
            size += made;
        }
        assert_int_equal(status, 200);
        assert_string_equal(text + at, "next");
        assert_bytes(body, size, wanted);
    }
}

static void test_the_earliest_is_due_first(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct scope_dues dues = {0};
    static struct scope_due items[COUNT];
    struct scope_random random;
    scope_random_seed(&random, 5);
    assert_null(scope_due_first(&dues));
    for (int i = 0; i < COUNT; i++)
        scope_due_add(&dues, &items[i],
                      (int64_t)(scope_random_next(&random) % 500));
    for (int i = 0; i < COUNT; i += 3)
        scope_due_remove(&dues, &items[i]);
    scope_due_remove(&dues, &items[0]); /* is in none any more */
    int64_t before = -1;
    int left = 0;
    for (struct scope_due *due; (due = scope_due_first(&dues)); left++) {
        assert_true(due->ns >= before);
        assert_true((due - items) % 3 != 0);
        before = due->ns;
        scope_due_remove(&dues, due);
        assert_int_equal(due->place, 0);
    }
    assert_int_equal(left, COUNT - (COUNT + 2) / 3);
    scope_dues_free(&dues);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_that_a_head_says),
        cmocka_unit_test(test_whether_the_connection_stays),
        cmocka_unit_test(test_forms_of_targets),
        cmocka_unit_test(test_a_head_in_pieces),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_the_earliest_is_due_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
