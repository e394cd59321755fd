/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers read whole, cut at every byte, malformed and oversized: the result
 * must not depend on how the bytes arrive. */
#include "lib/net/http1.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

struct outcome {
    enum scope_http1_result result;
    int status;
    bool keep_alive;
    size_t used;
    unsigned interim;
};

struct known {
    const char *bytes;
    struct outcome outcome; /* used: 0 stands for all bytes */
};

#define DONE(code, persists)                                                   \
    {                                                                          \
        .result = SCOPE_HTTP1_DONE, .status = (code), .keep_alive = (persists) \
    }
#define FAULT(kind)                                                            \
    {                                                                          \
        .result = SCOPE_HTTP1_##kind                                           \
    }

static const struct known good[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", DONE(200, true)},
    {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", DONE(200, true)},
    {"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", DONE(200, true)},
    {"HTTP/1.1 404 Not Found\r\nCONTENT-LENGTH:   3  \r\n\r\nabc",
     DONE(404, true)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\nhi",
     DONE(200, true)},
    {"HTTP/1.1 204 No Content\r\n\r\n", DONE(204, true)},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
     DONE(304, true)},
    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
     DONE(200, false)},
    {"HTTP/1.1 200 OK\r\nConnection: foo , Close\r\nContent-Length: 0\r\n\r\n",
     DONE(200, false)},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", DONE(200, false)},
    {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
     DONE(200, true)},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\nx",
     DONE(200, true)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "5\r\nhello\r\nA;ext=\"1\"\r\n0123456789\r\n0\r\n\r\n",
     DONE(200, true)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
     "00a \r\n0123456789\r\n000\r\nTrailer: 1\r\nOther: 2\r\n\r\n",
     DONE(200, true)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n"
     "Transfer-Encoding: chunked\r\n\r\n1\nx\n0\n\n",
     DONE(200, true)},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno",
     {.result = SCOPE_HTTP1_DONE,
      .status = 500,
      .keep_alive = true,
      .interim = 2}},
    /* What follows belongs to the next answer. */
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1",
     {.result = SCOPE_HTTP1_DONE,
      .status = 200,
      .keep_alive = true,
      .used = 39}},
};

static const struct known bad[] = {
    {"HTTQ/1.1 200 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/2.0 200 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1  200 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 20 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 2000 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 099 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 600 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 -20 OK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 200 O\rK\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", FAULT(BAD_STATUS_LINE)},
    {"HTTP/1.1 200 OK\r\nNo colon\r\n\r\n", FAULT(BAD_HEADER)},
    {"HTTP/1.1 200 OK\r\n: empty\r\n\r\n", FAULT(BAD_HEADER)},
    {"HTTP/1.1 200 OK\r\nName : x\r\n\r\n", FAULT(BAD_HEADER)},
    {"HTTP/1.1 200 OK\r\nName: x\ry\r\n\r\n", FAULT(BAD_HEADER)},
    {"HTTP/1.1 200 OK\r\n folded: 1\r\n\r\n", FAULT(BAD_HEADER)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n", FAULT(BAD_HEADER)},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n", FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\n", FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n", FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n",
     FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n",
     FAULT(BAD_LENGTH)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
     FAULT(BAD_ENCODING)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
     "Transfer-Encoding: chunked\r\n\r\n",
     FAULT(BAD_ENCODING)},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     FAULT(BAD_ENCODING)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
     FAULT(BAD_CHUNK)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ng\r\n",
     FAULT(BAD_CHUNK)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
     FAULT(BAD_CHUNK)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\rx\r\n",
     FAULT(BAD_CHUNK)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\r\n",
     FAULT(BAD_CHUNK)},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "ffffffffffffffff\r\n",
     FAULT(BAD_CHUNK)},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", FAULT(UNEXPECTED)},
};

/* Feeds the bytes in pieces of at most `piece`, the first one of `first`. Each
 * piece is a copy of its own size, so that a sanitizer sees what is beyond. */
static struct outcome read_in_pieces(const char *bytes, size_t size,
                                     size_t first, size_t piece,
                                     struct scope_http1_memo *memo)
{
    struct scope_http1 answer = {.no_body = memo->no_body};
    struct outcome outcome = {0};
    scope_http1_next(&answer);
    size_t at = 0;
    while (at < size && outcome.result == SCOPE_HTTP1_MORE) {
        size_t length = at ? piece : first;
        if (length > size - at)
            length = size - at;
        char *copy = malloc(length);
        memcpy(copy, bytes + at, length);
        size_t used = 0;
        outcome.result = scope_http1_feed(&answer, memo, copy, length, &used);
        assert_true(used <= length);
        at += used;
        free(copy);
        if (outcome.result == SCOPE_HTTP1_MORE)
            assert_true(used == length);
    }
    outcome.used = at;
    outcome.status = answer.status;
    outcome.keep_alive = answer.keep_alive;
    outcome.interim = answer.interim;
    scope_http1_free(&answer);
    return outcome;
}

static void assert_outcome(const struct outcome *got, const struct known *known)
{
    const struct outcome *want = &known->outcome;
    if (got->result != want->result)
        fail_msg("%s: %s, expected %s", known->bytes,
                 scope_http1_text(got->result), scope_http1_text(want->result));
    if (want->result != SCOPE_HTTP1_DONE)
        return;
    assert_int_equal(got->status, want->status);
    assert_int_equal(got->keep_alive, want->keep_alive);
    assert_int_equal(got->interim, want->interim);
    assert_int_equal(got->used, want->used ? want->used : strlen(known->bytes));
}

static void read_in_all_ways(const struct known *known)
{
    size_t size = strlen(known->bytes);
    for (size_t first = 1; first <= size; first++) {
        struct scope_http1_memo memo = {0};
        struct outcome got =
            read_in_pieces(known->bytes, size, first, size, &memo);
        assert_outcome(&got, known);
        /* The second time from what it remembers. */
        got = read_in_pieces(known->bytes, size, first, size, &memo);
        assert_outcome(&got, known);
    }
    for (size_t piece = 1; piece <= 4; piece++) {
        struct scope_http1_memo memo = {0};
        struct outcome got =
            read_in_pieces(known->bytes, size, piece, piece, &memo);
        assert_outcome(&got, known);
    }
}

static void answers_are_read_however_they_arrive(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        read_in_all_ways(&good[i]);
}

static void malformed_answers_are_named_however_they_arrive(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        read_in_all_ways(&bad[i]);
}

static void bodies_may_end_with_the_connection(void **state)
{
    (void)state;
    static const char bytes[] = "HTTP/1.1 200 OK\r\n\r\nuntil the end";
    struct scope_http1_memo memo = {0};
    struct scope_http1 answer = {0};
    size_t used;
    assert_int_equal(
        scope_http1_feed(&answer, &memo, bytes, sizeof bytes - 1, &used),
        SCOPE_HTTP1_MORE);
    assert_int_equal(scope_http1_skippable(&answer), UINT64_MAX);
    assert_int_equal(scope_http1_skip(&answer, 1000), SCOPE_HTTP1_MORE);
    assert_int_equal(scope_http1_close(&answer), SCOPE_HTTP1_DONE);
    assert_false(answer.keep_alive);
    scope_http1_free(&answer);
}

static void every_other_early_end_is_a_cut(void **state)
{
    (void)state;
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        "\r\n";
    for (size_t size = 1; size < sizeof bytes - 1; size++) {
        struct scope_http1_memo memo = {0};
        struct scope_http1 answer = {0};
        size_t used;
        assert_int_equal(scope_http1_feed(&answer, &memo, bytes, size, &used),
                         SCOPE_HTTP1_MORE);
        assert_int_equal(scope_http1_close(&answer), SCOPE_HTTP1_CUT);
        scope_http1_free(&answer);
    }
}

static void answers_to_head_have_no_body(void **state)
{
    (void)state;
    static const struct known known = {
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", DONE(200, true)};
    struct scope_http1_memo memo = {.no_body = true};
    struct outcome got =
        read_in_pieces(known.bytes, strlen(known.bytes), 7, 9, &memo);
    assert_outcome(&got, &known);
}

static void bodies_can_be_skipped_unseen(void **state)
{
    (void)state;
    static const char head[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc";
    struct scope_http1_memo memo = {0};
    struct scope_http1 answer = {0};
    size_t used;
    assert_int_equal(
        scope_http1_feed(&answer, &memo, head, sizeof head - 1, &used),
        SCOPE_HTTP1_MORE);
    assert_int_equal(scope_http1_skippable(&answer), 999997);
    assert_int_equal(scope_http1_skip(&answer, 999990), SCOPE_HTTP1_MORE);
    assert_int_equal(scope_http1_feed(&answer, &memo, "1234567X", 8, &used),
                     SCOPE_HTTP1_DONE);
    assert_int_equal(used, 7);
    scope_http1_free(&answer);
}

/* A head of the given size: one long header. */
static char *make_head(size_t size)
{
    static const char start[] = "HTTP/1.1 200 OK\r\nX: ";
    static const char end[] = "\r\nContent-Length: 0\r\n\r\n";
    char *head = malloc(size);
    memset(head, 'y', size);
    memcpy(head, start, sizeof start - 1);
    memcpy(head + size - (sizeof end - 1), end, sizeof end - 1);
    return head;
}

static void heads_have_a_limit(void **state)
{
    (void)state;
    static const size_t pieces[] = {1, 1000, 1 << 20};
    for (size_t i = 0; i < 3; i++) {
        struct scope_http1_memo memo = {0};
        char *head = make_head(SCOPE_HTTP1_HEAD_MAX);
        struct outcome got = read_in_pieces(head, SCOPE_HTTP1_HEAD_MAX,
                                            pieces[i], pieces[i], &memo);
        assert_int_equal(got.result, SCOPE_HTTP1_DONE);
        free(head);
        head = make_head(SCOPE_HTTP1_HEAD_MAX + 1);
        got = read_in_pieces(head, SCOPE_HTTP1_HEAD_MAX + 1, pieces[i],
                             pieces[i], &memo);
        assert_int_equal(got.result, SCOPE_HTTP1_HEAD_TOO_LONG);
        free(head);
    }
}

static void trailers_and_chunk_extensions_have_a_limit(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x="};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(starts[i]);
        size_t size = length + SCOPE_HTTP1_HEAD_MAX + 10;
        char *bytes = malloc(size);
        memset(bytes, 'y', size);
        memcpy(bytes, starts[i], length);
        struct scope_http1_memo memo = {0};
        struct outcome got = read_in_pieces(bytes, size, size, size, &memo);
        assert_int_equal(got.result, SCOPE_HTTP1_HEAD_TOO_LONG);
        free(bytes);
    }
}

/* An answer that begins like the remembered one, but is another. */
static void what_is_remembered_is_not_mistaken(void **state)
{
    (void)state;
    static const struct known one = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", DONE(200, true)};
    static const struct known other = {
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx",
        DONE(200, false)};
    static const struct known longer = {
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nHTTP/1.1 200",
        {.result = SCOPE_HTTP1_DONE,
         .status = 200,
         .keep_alive = true,
         .used = 50}};
    struct scope_http1_memo memo = {0};
    for (int round = 0; round < 3; round++) {
        const struct known *const all[] = {&one, &other, &longer, &other};
        for (size_t i = 0; i < 4; i++) {
            size_t size = strlen(all[i]->bytes);
            struct outcome got =
                read_in_pieces(all[i]->bytes, size, size, size, &memo);
            assert_outcome(&got, all[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_however_they_arrive),
        cmocka_unit_test(malformed_answers_are_named_however_they_arrive),
        cmocka_unit_test(bodies_may_end_with_the_connection),
        cmocka_unit_test(every_other_early_end_is_a_cut),
        cmocka_unit_test(answers_to_head_have_no_body),
        cmocka_unit_test(bodies_can_be_skipped_unseen),
        cmocka_unit_test(heads_have_a_limit),
        cmocka_unit_test(trailers_and_chunk_extensions_have_a_limit),
        cmocka_unit_test(what_is_remembered_is_not_mistaken),
    };
    return cmocka_run_group_tests_name("http1", tests, NULL, NULL);
}
