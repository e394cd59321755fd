/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads HTTP/1.x requests (RFC 9112) as a server on the open net must: what
 * two readers could understand differently is refused, never guessed (two
 * lengths, a length with chunks, folded lines, bare CR or LF, blanks before a
 * colon). Pure functions over bytes.
 */
#ifndef LIB_NET_HTTP1_REQUEST_H
#define LIB_NET_HTTP1_REQUEST_H

#include "lib/net/httpd.h"

enum {
    SCOPE_HTTP1_LINE_MAX = 8192,     /* of a request line */
    SCOPE_HTTP1_REQUEST_MAX = 32768, /* of a head */
    SCOPE_HTTP1_FIELDS_MAX = 128,
    SCOPE_HTTP1_TRAILERS_MAX = 8192,
};

/* What a head says about what follows it. */
struct scope_http1_frame {
    size_t head_size; /* its empty line included */
    bool chunked;
    uint64_t length; /* of the body, if not chunked */
    bool keep_alive;
    bool expects; /* "100-continue" */
};

/*
 * Reads a head. 0: it has no end yet; 200: it is read; else the status to
 * refuse it with. Fills of request what a head says (fields are put into
 * `fields`, which has room for SCOPE_HTTP1_FIELDS_MAX). Turns the names of
 * fields to lower case where they stand.
 */
unsigned scope_http1_read_request(char *bytes, size_t size,
                                  struct scope_httpd_request *request,
                                  struct scope_httpd_field *fields,
                                  struct scope_http1_frame *frame);

enum scope_http1_chunk_state {
    SCOPE_HTTP1_AT_SIZE,
    SCOPE_HTTP1_AT_EXTENSION,
    SCOPE_HTTP1_AT_SIZE_END,
    SCOPE_HTTP1_AT_DATA,
    SCOPE_HTTP1_AT_DATA_CR,
    SCOPE_HTTP1_AT_DATA_LF,
    SCOPE_HTTP1_AT_TRAILER,
    SCOPE_HTTP1_AT_TRAILER_REST,
    SCOPE_HTTP1_AT_TRAILER_END,
    SCOPE_HTTP1_AT_LAST_END,
};

/* Zeroed at first. */
struct scope_http1_chunks {
    enum scope_http1_chunk_state state;
    unsigned digits;
    uint64_t left;  /* of the present chunk */
    uint32_t extra; /* bytes of extensions and trailers */
};

/*
 * Takes chunks apart: 0: more must come; 200: the body is complete; else the
 * status to refuse it with. *used bytes were taken, of them *made are body,
 * written to `to` (room for size bytes, which may be the same) unless that is
 * NULL.
 */
unsigned scope_http1_unchunk(struct scope_http1_chunks *chunks,
                             const char *bytes, size_t size, char *to,
                             size_t *used, size_t *made);

#endif
