/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/net/expect.h"

#include "lib/net/hash.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "200" or "2xx" */
static bool read_status(const char *text, uint16_t *low, uint16_t *high)
{
    if (strlen(text) != 3 || text[0] < '1' || text[0] > '5')
        return false;
    unsigned first = (unsigned)(text[0] - '0') * 100;
    if (strcasecmp(text + 1, "xx") == 0) {
        *low = (uint16_t)first;
        *high = (uint16_t)(first + 99);
        return true;
    }
    if (!isdigit((unsigned char)text[1]) || !isdigit((unsigned char)text[2]))
        return false;
    *low = (uint16_t)(first + (unsigned)(text[1] - '0') * 10 +
                      (unsigned)(text[2] - '0'));
    *high = *low;
    return true;
}

static enum scope_code read_statuses(struct scope_expect *expect,
                                     const struct scope_list *list,
                                     struct scope_err *err)
{
    if (list->count > SCOPE_EXPECT_STATUSES)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "expect-status: more than %d statuses",
                          SCOPE_EXPECT_STATUSES);
    for (size_t i = 0; i < list->count; i++)
        if (!read_status(list->items[i], &expect->statuses[i].low,
                         &expect->statuses[i].high)) {
            scope_fail(err, SCOPE_USAGE, 0, "expect-status: %s is not a status",
                       list->items[i]);
            return scope_hint(err, "write 200, or 2xx for all of a class");
        }
    expect->status_count = list->count;
    return SCOPE_OK;
}

static enum scope_code read_headers(struct scope_expect *expect,
                                    const struct scope_list *list,
                                    struct scope_err *err)
{
    if (list->count > SCOPE_EXPECT_HEADERS)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "expect-header: more than %d headers",
                          SCOPE_EXPECT_HEADERS);
    for (size_t i = 0; i < list->count; i++) {
        const char *text = list->items[i];
        size_t size = strcspn(text, ":");
        if (!size)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "expect-header: %s has no name", text);
        expect->headers[i].name = text;
        expect->headers[i].name_size = size;
        if (!text[size])
            continue;
        const char *value = text + size + 1;
        value += strspn(value, " \t");
        expect->headers[i].value = value;
        expect->headers[i].value_size = strlen(value);
    }
    expect->header_count = list->count;
    return SCOPE_OK;
}

static enum scope_code read_hash(struct scope_expect *expect, const char *text,
                                 struct scope_err *err)
{
    bool good = strlen(text) == 64;
    for (size_t i = 0; good && i < 32; i++) {
        const char pair[] = {text[2 * i], text[2 * i + 1], '\0'};
        unsigned byte = 0;
        good = isxdigit((unsigned char)pair[0]) &&
               isxdigit((unsigned char)pair[1]) &&
               sscanf(pair, "%2x", &byte) == 1;
        expect->sha256[i] = (uint8_t)byte;
    }
    if (!good)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "expect-sha256: %s is not 64 hexadecimal digits",
                          text);
    expect->body = true;
    return scope_hash_probe(err);
}

enum scope_code scope_expect_open(struct scope_expect *expect,
                                  const struct scope_expect_options *options,
                                  struct scope_err *err)
{
    *expect = (struct scope_expect){.length = options->length};
    enum scope_code code = read_statuses(expect, &options->statuses, err);
    if (code == SCOPE_OK)
        code = read_headers(expect, &options->headers, err);
    if (code == SCOPE_OK && options->sha256)
        code = read_hash(expect, options->sha256, err);
    expect->any = expect->status_count || expect->header_count ||
                  expect->length >= 0 || expect->body;
    return code;
}

void scope_expect_begin(const struct scope_expect *expect,
                        struct scope_expect_view *view)
{
    view->seen = 0;
    if (expect->body)
        view->hash = scope_hash_begin(view->hash);
}

void scope_expect_header(const struct scope_expect *expect,
                         struct scope_expect_view *view, const char *name,
                         size_t name_size, const char *value, size_t value_size)
{
    for (size_t i = 0; i < expect->header_count; i++) {
        if (expect->headers[i].name_size != name_size ||
            strncasecmp(expect->headers[i].name, name, name_size) != 0)
            continue;
        if (!expect->headers[i].value ||
            (expect->headers[i].value_size == value_size &&
             memcmp(expect->headers[i].value, value, value_size) == 0))
            view->seen |= 1U << i;
    }
}

void scope_expect_body(const struct scope_expect *expect,
                       struct scope_expect_view *view, const void *bytes,
                       size_t size)
{
    if (expect->body)
        scope_hash_add(view->hash, bytes, size);
}

static bool status_fits(const struct scope_expect *expect, unsigned status)
{
    for (size_t i = 0; i < expect->status_count; i++)
        if (status >= expect->statuses[i].low &&
            status <= expect->statuses[i].high)
            return true;
    return !expect->status_count;
}

bool scope_expect_end(const struct scope_expect *expect,
                      struct scope_expect_view *view, unsigned status,
                      uint64_t length, char *detail, size_t detail_size)
{
    if (!status_fits(expect, status)) {
        snprintf(detail, detail_size, "status %u", status);
        return false;
    }
    for (size_t i = 0; i < expect->header_count; i++)
        if (!(view->seen & (1U << i))) {
            snprintf(detail, detail_size, "no header %.100s",
                     expect->headers[i].name);
            return false;
        }
    if (expect->length >= 0 && length != (uint64_t)expect->length) {
        snprintf(detail, detail_size, "%llu bytes of body instead of %lld",
                 (unsigned long long)length, (long long)expect->length);
        return false;
    }
    uint8_t digest[32];
    if (expect->body) {
        scope_hash_end(view->hash, digest);
        if (memcmp(digest, expect->sha256, sizeof digest) != 0) {
            snprintf(detail, detail_size, "a body with another SHA-256");
            return false;
        }
    }
    return true;
}

void scope_expect_view_free(struct scope_expect_view *view)
{
    scope_hash_free(view->hash);
    view->hash = NULL;
}
