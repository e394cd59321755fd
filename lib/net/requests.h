/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an HTTP load asks for, whatever the version: one request, several with
 * weights, or a recording with its times. Made once; each request of the load
 * is picked by its number. All go to one server.
 */
#ifndef LIB_NET_REQUESTS_H
#define LIB_NET_REQUESTS_H

#include "lib/net/pace.h"
#include "lib/net/url.h"

#include <scope/option.h>

/* What the body of a request is filled with. */
enum scope_fill { SCOPE_FILL_TEXT, SCOPE_FILL_RANDOM };
extern const char *const scope_fill_words[];

/* What a user can say about requests. */
struct scope_requests_options {
    struct scope_list urls; /* [WEIGHT*]URL */
    const char *replay;     /* a file, see scope_requests_open */
    double speed;
    const char *method;
    struct scope_list headers;
    uint64_t body_size;
    const char *body_file;
    int body_fill; /* enum scope_fill */
};

#define SCOPE_REQUESTS_OPTIONS(config, field)                                  \
    SCOPE_OPTION_REPEAT(                                                       \
        config, field.urls, "url", .value = "[WEIGHT*]URL", .required = true,  \
        .help = "what to request: http://HOST:PORT/PATH or https://...; "      \
                "several, all of one server, are mixed by their weights"),     \
        SCOPE_OPTION_PATH(                                                     \
            config, field.replay, "replay", .value = "FILE",                   \
            .help = "request what this recording says, when it says: lines "   \
                    "of SECONDS METHOD PATH [BODY-SIZE]; url names the "       \
                    "server"),                                                 \
        SCOPE_OPTION_NUMBER(config, field.speed, "replay-speed",               \
                            .fallback = "1", .min = "0", .value = "FACTOR",    \
                            .help = "replay so many times as fast; 0: as "     \
                                    "fast as answers come"),                   \
        SCOPE_OPTION_STRING(config, field.method, "method", .fallback = "GET", \
                            .value = "METHOD", .help = "request method"),      \
        SCOPE_OPTION_REPEAT(config, field.headers, "header",                   \
                            .value = "NAME: VALUE",                            \
                            .help = "header to add to each request"),          \
        SCOPE_OPTION_SIZE(config, field.body_size, "body-size",                \
                          .fallback = "0", .max = "1GiB",                      \
                          .help = "bytes of body in each request"),            \
        SCOPE_OPTION_CHOICE(config, field.body_fill, "body-fill",              \
                            .fallback = "text", .choices = scope_fill_words,   \
                            .help = "what body-size bytes are: one letter, "   \
                                    "or random (by seed), which nothing can "  \
                                    "compress"),                               \
        SCOPE_OPTION_PATH(config, field.body_file, "body-file",                \
                          .value = "FILE",                                     \
                          .help = "send this file as the body instead")

struct scope_request {
    const char *method; /* the first five belong to the requests */
    const char *target; /* path and query */
    const char *authority;
    const char *body; /* the bytes of all bodies are the same */
    size_t body_size;
    bool head;         /* answers have no body */
    bool idempotent;   /* may be sent again (RFC 9110, section 9.2.2) */
    bool wants_length; /* content-length is sent even when it is 0 */
};

struct scope_requests {
    struct scope_url server;
    struct scope_list headers; /* as given; checked */
    size_t count;
    struct scope_request *items;
    struct scope_timetable timetable; /* count 0: none */
    /* The rest is its own. */
    size_t order_count;
    uint32_t *order;
    size_t text_count, text_room;
    char **texts;
    char *body;
};

/*
 * A recording is a text: a line for each request, of its time in seconds
 * (rising, from any start), its method, its path, and the size of its body if
 * it has one; # begins a comment. Errors name its line. Free with
 * scope_requests_free, also after a failure.
 */
enum scope_code
scope_requests_open(struct scope_requests *requests,
                    const struct scope_requests_options *options, uint64_t seed,
                    struct scope_err *err) SCOPE_MUST_CHECK;
void scope_requests_free(struct scope_requests *requests);

/* The request with that number among those of the load. */
static inline const struct scope_request *
scope_requests_pick(const struct scope_requests *requests, uint64_t number)
{
    if (requests->count == 1)
        return requests->items;
    return &requests->items[requests->order[number % requests->order_count]];
}

/* Whether the user gave a header of that name. */
bool scope_requests_given(const struct scope_requests *requests,
                          const char *name);

#endif
