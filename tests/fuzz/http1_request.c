/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests of any bytes, whole and up to a cut that the first byte says: what
 * was refused or read early stays so. What was read must lie within the bytes
 * and hold nothing that ends a line. Bodies in chunks, whole and in two
 * pieces: the same outcome, the same bytes.
 */
#include "tests/fuzz/target.h"

#include "lib/net/http1_request.h"

#include <string.h>

struct outcome {
    unsigned status;
    struct scope_http1_frame frame;
};

static void check_within(const char *at, size_t size, const char *bytes,
                         size_t room)
{
    TARGET_ASSERT(at >= bytes && size <= room &&
                  (size_t)(at - bytes) <= room - size);
    TARGET_ASSERT(!memchr(at, '\r', size) && !memchr(at, '\n', size) &&
                  !memchr(at, '\0', size));
}

static struct outcome read_request(const uint8_t *bytes, size_t size)
{
    static struct scope_httpd_field fields[SCOPE_HTTP1_FIELDS_MAX];
    struct scope_httpd_request request = {0};
    struct outcome outcome;
    char *copy = target_text(bytes, size);
    outcome.status =
        scope_http1_read_request(copy, size, &request, fields, &outcome.frame);
    if (outcome.status == 200) {
        size_t head = outcome.frame.head_size;
        TARGET_ASSERT(head >= 4 && head <= size &&
                      head <= SCOPE_HTTP1_REQUEST_MAX);
        TARGET_ASSERT(memcmp(copy + head - 2, "\r\n", 2) == 0);
        TARGET_ASSERT(!outcome.frame.chunked || !outcome.frame.length);
        check_within(request.method, request.method_size, copy, head);
        if (request.path_size != 1)
            check_within(request.path, request.path_size, copy, head);
        check_within(request.query, request.query_size, copy, head);
        TARGET_ASSERT(*request.path == '/' || *request.path == '*');
        for (size_t i = 0; i < request.field_count; i++) {
            check_within(fields[i].name, fields[i].name_size, copy, head);
            check_within(fields[i].value, fields[i].value_size, copy, head);
            TARGET_ASSERT(fields[i].name_size);
        }
    }
    free(copy);
    return outcome;
}

struct body {
    unsigned status;
    size_t used, made;
    char *bytes;
};

static void feed(struct scope_http1_chunks *chunks, const uint8_t *bytes,
                 size_t size, struct body *body)
{
    size_t used = 0;
    size_t made = 0;
    if (body->status)
        return;
    char *copy = target_text(bytes, size);
    body->status = scope_http1_unchunk(chunks, copy, size,
                                       body->bytes + body->made, &used, &made);
    TARGET_ASSERT(used <= size && made <= used);
    TARGET_ASSERT(body->status || used == size);
    body->used += used;
    body->made += made;
    free(copy);
}

static struct body read_body(const uint8_t *bytes, size_t size, size_t cut)
{
    struct scope_http1_chunks chunks = {0};
    struct body body = {.bytes = calloc(1, size + 1)};
    TARGET_ASSERT(body.bytes);
    feed(&chunks, bytes, cut, &body);
    feed(&chunks, bytes + cut, size - cut, &body);
    return body;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 1)
        return 0;
    size_t cut = bytes[0] < size - 1 ? bytes[0] : size - 1;
    bytes++;
    size--;
    struct outcome whole = read_request(bytes, size);
    struct outcome early = read_request(bytes, cut);
    if (early.status == 200)
        TARGET_ASSERT(whole.status == 200 &&
                      whole.frame.head_size == early.frame.head_size);
    else if (early.status)
        TARGET_ASSERT(whole.status && whole.status != 200);
    struct body one = read_body(bytes, size, size);
    struct body two = read_body(bytes, size, cut);
    TARGET_ASSERT(one.status == two.status && one.used == two.used &&
                  one.made == two.made &&
                  memcmp(one.bytes, two.bytes, one.made) == 0);
    free(one.bytes);
    free(two.bytes);
    return 0;
}
