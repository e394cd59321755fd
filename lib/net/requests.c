/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes the requests of a load, and refuses what would make them others or
 * none. */
#include "lib/net/requests.h"

#include "lib/net/random.h"
#include "lib/net/recording.h"

#include <errno.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { WEIGHTS_MAX = 1000000 }; /* of all URLs together */
#define BODY_MAX (UINT64_C(1) << 30)

const char *const scope_fill_words[] = {
    [SCOPE_FILL_TEXT] = "text",
    [SCOPE_FILL_RANDOM] = "random",
    NULL,
};

/* --- what is refused ------------------------------------------------------ */

static bool is_token(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] >= 0x7f ||
            strchr("\"(),/:;<=>?@[\\]{}", text[i]))
            return false;
    return size > 0;
}

static bool header_is(const char *header, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(header, name, length) == 0 && header[length] == ':';
}

static enum scope_code check_header(const char *header, struct scope_err *err)
{
    const char *colon = strchr(header, ':');
    if (!colon || !is_token(header, (size_t)(colon - header)))
        return scope_fail(err, SCOPE_USAGE, 0,
                          "header: %s is not of the form Name: value", header);
    for (const char *at = colon; *at; at++)
        if ((*at < ' ' && *at > 0 && *at != '\t') || *at == 0x7f)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "header: %s holds a control character", header);
    if (!header_is(header, "content-length") &&
        !header_is(header, "transfer-encoding"))
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0, "header: %s is the driver's to write",
               header);
    return scope_hint(err, "body-size sets the length of the request's body");
}

bool scope_requests_given(const struct scope_requests *requests,
                          const char *name)
{
    for (size_t i = 0; i < requests->headers.count; i++)
        if (header_is(requests->headers.items[i], name))
            return true;
    return false;
}

enum scope_code scope_requests_check_method(const char *method,
                                            struct scope_err *err)
{
    if (is_token(method, strlen(method)) && strcmp(method, "CONNECT") != 0)
        return SCOPE_OK;
    return scope_fail(err, SCOPE_USAGE, 0,
                      "method: %s is not a method that can be sent", method);
}

/* --- the parts ------------------------------------------------------------ */

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words && strcmp(word, *words) != 0)
        words++;
    return *words;
}

const char *scope_requests_keep(struct scope_requests *requests,
                                const char *text)
{
    requests->texts = scope_grow(requests->texts, &requests->text_room,
                                 requests->text_count, sizeof *requests->texts);
    char *copy = scope_strdup(text);
    requests->texts[requests->text_count++] = copy;
    return copy;
}

struct scope_request scope_requests_make(struct scope_requests *requests,
                                         const char *method, const char *target,
                                         size_t body_size)
{
    static const char *const safe[] = {"GET",    "HEAD",  "OPTIONS", "PUT",
                                       "DELETE", "TRACE", NULL};
    static const char *const bodied[] = {"POST", "PUT", "PATCH", NULL};
    return (struct scope_request){
        .method = method,
        .target = target,
        .authority = requests->server.authority,
        .body = requests->body,
        .body_size = body_size,
        .head = strcmp(method, "HEAD") == 0,
        .idempotent = is_one_of(method, safe),
        .wants_length = body_size || is_one_of(method, bodied),
    };
}

static enum scope_code read_body(struct scope_requests *requests,
                                 const char *path, size_t *size,
                                 struct scope_err *err)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return scope_fail(err, SCOPE_USAGE, errno, "body-file: open %s", path);
    size_t room = 0;
    *size = 0;
    enum scope_code code = SCOPE_OK;
    for (;;) {
        requests->body = scope_grow(requests->body, &room, *size + 65536, 1);
        size_t got = fread(requests->body + *size, 1, 65536, file);
        *size += got;
        if (*size > BODY_MAX)
            code = scope_fail(err, SCOPE_USAGE, 0,
                              "body-file: %s is larger than 1 GiB", path);
        if (!got || code != SCOPE_OK)
            break;
    }
    if (code == SCOPE_OK && ferror(file))
        code = scope_fail(err, SCOPE_FAILED, errno, "body-file: read %s", path);
    fclose(file);
    return code;
}

void scope_requests_fill(struct scope_requests *requests, size_t size,
                         enum scope_fill fill, uint64_t seed)
{
    requests->body = scope_alloc(size + sizeof(uint64_t), 1);
    if (fill == SCOPE_FILL_TEXT) {
        memset(requests->body, 'x', size);
        return;
    }
    for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
        uint64_t word = scope_split_mix(&seed);
        memcpy(requests->body + at, &word, sizeof word);
    }
}

/* --- several URLs --------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* "3*http://..." */
static enum scope_code read_weight(const char **text, uint64_t *weight,
                                   struct scope_err *err)
{
    *weight = 1;
    size_t digits = strspn(*text, "0123456789");
    if (!digits || (*text)[digits] != '*')
        return SCOPE_OK;
    uint64_t value = 0;
    for (size_t i = 0; i < digits && value <= WEIGHTS_MAX; i++)
        value = value * 10 + (uint64_t)((*text)[i] - '0');
    if (value < 1 || value > WEIGHTS_MAX)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "url: the weight of %s is not from 1 to %d", *text,
                          WEIGHTS_MAX);
    *weight = value;
    *text += digits + 1;
    return SCOPE_OK;
}

static enum scope_code read_urls(struct scope_requests *requests,
                                 const struct scope_requests_options *options,
                                 uint64_t *weights, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    requests->items = scope_alloc(options->urls.count, sizeof *requests->items);
    for (size_t i = 0; i < options->urls.count && code == SCOPE_OK; i++) {
        struct scope_url url = {0};
        const char *text = options->urls.items[i];
        code = read_weight(&text, &weights[i], err);
        if (code == SCOPE_OK)
            code = scope_url_parse(&url, text, err);
        if (code == SCOPE_OK && i &&
            (!same(url.host, requests->server.host) ||
             !same(url.port, requests->server.port) ||
             url.secure != requests->server.secure)) {
            scope_fail(err, SCOPE_USAGE, 0,
                       "url: %s is of another server than %s", text,
                       options->urls.items[0]);
            code = scope_hint(err,
                              "load each server with a scope drive of its own");
        }
        if (code == SCOPE_OK) {
            const char *target = scope_requests_keep(requests, url.target);
            const char *authority =
                scope_requests_keep(requests, url.authority);
            if (!i) {
                requests->server = url;
                url = (struct scope_url){0};
            }
            requests->items[i] =
                scope_requests_make(requests, options->method, target, 0);
            requests->items[i].authority = authority;
            requests->count++;
        }
        scope_url_free(&url);
    }
    return code;
}

static uint64_t divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* A round in which each request stands as often as its weight, shuffled
 * (Fisher and Yates): so that the shares are exact after every round. */
static enum scope_code mix(struct scope_requests *requests,
                           const uint64_t *weights, uint64_t seed,
                           struct scope_err *err)
{
    uint64_t common = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < requests->count; i++)
        common = divisor(weights[i], common);
    for (size_t i = 0; i < requests->count; i++)
        sum += weights[i] / common;
    if (sum > WEIGHTS_MAX)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "url: the weights add up to more than %d",
                          WEIGHTS_MAX);
    requests->order = scope_alloc(sum, sizeof *requests->order);
    for (size_t i = 0; i < requests->count; i++)
        for (uint64_t n = 0; n < weights[i] / common; n++)
            requests->order[requests->order_count++] = (uint32_t)i;
    for (size_t i = requests->order_count; i > 1; i--) {
        size_t j = (size_t)(scope_split_mix(&seed) % i);
        uint32_t kept = requests->order[i - 1];
        requests->order[i - 1] = requests->order[j];
        requests->order[j] = kept;
    }
    return SCOPE_OK;
}

/* --- all of it ------------------------------------------------------------ */

static enum scope_code open_body(struct scope_requests *requests,
                                 const struct scope_requests_options *options,
                                 uint64_t seed, struct scope_err *err)
{
    size_t size = (size_t)options->body_size;
    if (options->body_file && options->body_size)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "body-file and body-size cannot be given together");
    if (options->body_file) {
        enum scope_code code =
            read_body(requests, options->body_file, &size, err);
        if (code != SCOPE_OK)
            return code;
    } else {
        scope_requests_fill(requests, size, (enum scope_fill)options->body_fill,
                            seed);
    }
    for (size_t i = 0; i < requests->count; i++) {
        struct scope_request *item = &requests->items[i];
        *item = scope_requests_make(requests, item->method, item->target, size);
    }
    return SCOPE_OK;
}

enum scope_code
scope_requests_open(struct scope_requests *requests,
                    const struct scope_requests_options *options, uint64_t seed,
                    struct scope_err *err)
{
    *requests = (struct scope_requests){.headers = options->headers};
    uint64_t *weights = scope_alloc(options->urls.count, sizeof *weights);
    enum scope_code code = scope_requests_check_method(options->method, err);
    for (size_t i = 0; i < options->headers.count && code == SCOPE_OK; i++)
        code = check_header(options->headers.items[i], err);
    if (code == SCOPE_OK)
        code = read_urls(requests, options, weights, err);
    if (code == SCOPE_OK && options->replay)
        code = scope_recording_read(requests, options, seed, err);
    else if (code == SCOPE_OK)
        code = open_body(requests, options, seed, err);
    if (code == SCOPE_OK && !options->replay)
        code = mix(requests, weights, seed, err);
    free(weights);
    return code;
}

void scope_requests_free(struct scope_requests *requests)
{
    for (size_t i = 0; i < requests->text_count; i++)
        free(requests->texts[i]);
    free(requests->texts);
    free(requests->items);
    free(requests->order);
    free(requests->body);
    free((void *)(uintptr_t)requests->timetable.times_ns);
    scope_url_free(&requests->server);
    *requests = (struct scope_requests){0};
}
