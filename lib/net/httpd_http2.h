/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What httpd_http2.c (the connection) and httpd_stream.c (requests and answers)
 * share. */
#ifndef LIB_NET_HTTPD_HTTP2_H
#define LIB_NET_HTTPD_HTTP2_H

#include "lib/net/httpd_inside.h"

#include <nghttp2/nghttp2.h>

enum {
    HTTPD_STREAMS = 256, /* at once, of a connection */
    HTTPD_WINDOW = 1024 * 1024,
};

/* Where a header lies in a stream's head: the name, then the value. */
struct httpd_mark {
    size_t at, name_size, value_size;
};

struct httpd_stream {
    struct httpd_http2 *http2;
    int32_t id;
    bool whole;       /* the request has come to its end */
    bool answered;    /* in `going`, else in `coming` */
    bool kept;        /* the body is */
    bool cut;         /* the answer is reset where it ends */
    unsigned refused; /* a status; 0: not */
    int64_t begun_ns;
    struct httpd_buffer head;
    struct httpd_body body;
    uint64_t body_size;
    struct httpd_mark *marks;
    size_t mark_count, mark_room;
    /* The answer. */
    const char *bytes; /* NULL: filling */
    char *owned;
    uint64_t left;
    unsigned status;
    uint64_t size; /* that is announced */
    const char *type;
    char *headers; /* owned */
    bool bodiless;
    struct scope_due due;
    TAILQ_ENTRY(httpd_stream) link;
};

TAILQ_HEAD(httpd_streams, httpd_stream);

struct httpd_http2 {
    struct httpd_peer *peer;
    nghttp2_session *session;
    struct httpd_streams coming, going, spare; /* oldest first */
    uint64_t answers, resets;
    size_t held;
};

/* httpd_stream.c */

/* The request is whole, or refused. */
void httpd_http2_answer(struct httpd_stream *stream);
/* Its body is to come. */
void httpd_http2_await(struct httpd_stream *stream);
/* So many of the bytes of the answer's body go out. */
void httpd_http2_put(struct httpd_stream *stream, size_t size);

/* httpd_http2.c */

/* The request is here, or nobody waits for the rest of it. */
void httpd_http2_come(struct httpd_stream *stream);
/* The answer is no longer held back. */
void httpd_http2_unhold(struct httpd_stream *stream);

#endif
