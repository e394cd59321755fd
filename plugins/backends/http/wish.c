/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads wishes from a path and from headers. */
#include "plugins/backends/http/wish.h"

#include "lib/base/units.h"

#include <string.h>

enum { WORD = 96 };

/* A copy that ends; false when it is too long for any value. */
static bool copy_word(char word[WORD], const char *bytes, size_t size)
{
    if (size >= WORD)
        return false;
    memcpy(word, bytes, size);
    word[size] = '\0';
    return true;
}

static enum scope_code read_size(struct wish *wish, const char *value,
                                 struct scope_err *err)
{
    enum scope_code code = scope_parse_size(value, &wish->size, err);
    if (!code && wish->size > WISH_SIZE_MAX)
        return scope_fail(err, SCOPE_USAGE, 0, "%s is more than 1TiB", value);
    return code;
}

static enum scope_code read_status(struct wish *wish, const char *value,
                                   struct scope_err *err)
{
    int64_t status = 0;
    enum scope_code code = scope_parse_int(value, &status, err);
    if (!code && (status < 200 || status > 599))
        return scope_fail(err, SCOPE_USAGE, 0,
                          "%s is not a status from 200 to 599", value);
    wish->status = (unsigned)status;
    return code;
}

static enum scope_code read_delay(struct wish *wish, const char *value,
                                  struct scope_err *err)
{
    return delay_parse(&wish->delay, value, err);
}

static enum scope_code read_stall(struct wish *wish, const char *value,
                                  struct scope_err *err)
{
    enum scope_code code = scope_parse_duration(value, &wish->stall_ns, err);
    if (!code && (wish->stall_ns < 0 || wish->stall_ns > DELAY_MAX_NS))
        return scope_fail(err, SCOPE_USAGE, 0, "%s is not between 0 and 1h",
                          value);
    return code;
}

static const struct {
    const char *path, *header;
    enum scope_code (*read)(struct wish *wish, const char *value,
                            struct scope_err *err);
    bool fault;
} values[] = {
    {"size", "x-scope-size", read_size, false},
    {"status", "x-scope-status", read_status, false},
    {"delay", "x-scope-delay", read_delay, false},
    {"stall", NULL, read_stall, true},
};

static const struct {
    const char *path;
    enum wish_special special;
    bool fault;
} words[] = {
    {"echo", WISH_ECHO, false},
    {"reset", WISH_RESET, true},
    {"garbage", WISH_GARBAGE, true},
    {"cut", WISH_CUT, true},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static unsigned forbid(const char *what, struct scope_err *err)
{
    scope_fail(err, SCOPE_PERM, 0,
               "/%s is for tests of clients: start the backend with --faults",
               what);
    return 403;
}

static unsigned read_value(struct wish *wish, size_t row, const char *bytes,
                           size_t size, struct scope_err *err)
{
    char value[WORD];
    if (!copy_word(value, bytes, size)) {
        scope_fail(err, SCOPE_USAGE, 0, "the %s is too long", values[row].path);
        return 400;
    }
    if (!values[row].read(wish, value, err))
        return 200;
    scope_prefix(err, "%s", values[row].path);
    return 400;
}

/* The next part of the path, without its slash. */
static bool next_part(const char **at, const char *end, const char **part,
                      size_t *size)
{
    if (*at == end)
        return false;
    ++*at;
    *part = *at;
    const char *slash = memchr(*at, '/', (size_t)(end - *at));
    *at = slash ? slash : end;
    *size = (size_t)(*at - *part);
    return true;
}

static unsigned read_part(struct wish *wish, const char *part, size_t size,
                          const char **at, const char *end, bool faults,
                          struct scope_err *err)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!scope_httpd_is(part, size, words[i].path))
            continue;
        if (words[i].fault && !faults)
            return forbid(words[i].path, err);
        wish->special = words[i].special;
        return 200;
    }
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (!scope_httpd_is(part, size, values[i].path))
            continue;
        if (values[i].fault && !faults)
            return forbid(values[i].path, err);
        if (!next_part(at, end, &part, &size))
            size = 0;
        return read_value(wish, i, part, size, err);
    }
    scope_fail(err, SCOPE_NOT_FOUND, 0,
               "there are /, /size/N, /status/N, /delay/TIME and /echo, one "
               "after the other, /scope/arrivals, and with --faults "
               "/stall/TIME, /reset, /garbage and /cut");
    return 404;
}

/* Of the server itself; 0: it is none of these. */
static unsigned read_own(struct wish *wish,
                         const struct scope_httpd_request *request,
                         struct scope_err *err)
{
    const char *method = request->method;
    size_t size = request->method_size;
    if (scope_httpd_is(request->path, request->path_size, "/scope/arrivals")) {
        wish->special = WISH_ARRIVALS;
        if (scope_httpd_is(method, size, "GET") ||
            scope_httpd_is(method, size, "HEAD"))
            return 200;
        scope_fail(err, SCOPE_USAGE, 0, "/scope/arrivals is for GET");
        return 405;
    }
    if (scope_httpd_is(request->path, request->path_size,
                       "/scope/arrivals/reset")) {
        wish->special = WISH_ARRIVALS_RESET;
        if (scope_httpd_is(method, size, "POST"))
            return 200;
        scope_fail(err, SCOPE_USAGE, 0, "/scope/arrivals/reset is for POST");
        return 405;
    }
    return 0;
}

static unsigned read_headers(struct wish *wish,
                             const struct scope_httpd_request *request,
                             struct scope_err *err)
{
    static const char prefix[] = "x-scope-";
    for (size_t i = 0; i < request->field_count; i++) {
        const struct scope_httpd_field *field = &request->fields[i];
        if (field->name_size < sizeof prefix || *field->name != 'x' ||
            memcmp(field->name, prefix, sizeof prefix - 1) != 0)
            continue;
        for (size_t row = 0; row < COUNT_OF(values); row++) {
            if (!values[row].header ||
                !scope_httpd_is(field->name, field->name_size,
                                values[row].header))
                continue;
            unsigned status =
                read_value(wish, row, field->value, field->value_size, err);
            if (status != 200)
                return status;
        }
    }
    return 200;
}

unsigned wish_read(struct wish *wish, const struct scope_httpd_request *request,
                   bool faults, struct scope_err *err)
{
    const char *at = request->path;
    const char *end = at + request->path_size;
    const char *part;
    size_t size;
    if (request->path_size > 1 && *at == '/') {
        unsigned own = read_own(wish, request, err);
        if (own)
            return own;
        while (next_part(&at, end, &part, &size)) {
            if (!size && at == end)
                break; /* a slash at the end */
            unsigned status =
                read_part(wish, part, size, &at, end, faults, err);
            if (status != 200)
                return status;
        }
    }
    return read_headers(wish, request, err);
}
