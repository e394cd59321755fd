/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies that come in chunks (RFC 9112, section 7.1). Every line must end in
 * CR LF, and what is not data is counted, so that it has an end. */
#include "lib/net/http1_request.h"

#include <string.h>

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static unsigned take_size(struct scope_http1_chunks *chunks, char c)
{
    int digit = digit_of(c);
    if (digit >= 0) {
        /* 15 digits are a petabyte. */
        if (++chunks->digits > 15)
            return 400;
        chunks->left = chunks->left << 4 | (unsigned)digit;
        return 0;
    }
    if (!chunks->digits)
        return 400;
    if (c == '\r')
        chunks->state = SCOPE_HTTP1_AT_SIZE_END;
    else if (c == ';' || c == ' ' || c == '\t')
        chunks->state = SCOPE_HTTP1_AT_EXTENSION;
    else
        return 400;
    return 0;
}

static bool is_text(char c)
{
    return (unsigned char)c >= ' ' ? c != 0x7f : c == '\t';
}

/* A byte that may stand in an extension or a trailer, or the end of it. */
static unsigned take_extra(struct scope_http1_chunks *chunks, char c,
                           enum scope_http1_chunk_state end)
{
    if (++chunks->extra > SCOPE_HTTP1_TRAILERS_MAX)
        return 431;
    if (c == '\r')
        chunks->state = end;
    else if (!is_text(c))
        return 400;
    return 0;
}

/* Any byte but data. */
static unsigned take_byte(struct scope_http1_chunks *chunks, char c)
{
    switch (chunks->state) {
    case SCOPE_HTTP1_AT_SIZE:
        return take_size(chunks, c);
    case SCOPE_HTTP1_AT_EXTENSION:
        return take_extra(chunks, c, SCOPE_HTTP1_AT_SIZE_END);
    case SCOPE_HTTP1_AT_SIZE_END:
        chunks->digits = 0;
        chunks->state =
            chunks->left ? SCOPE_HTTP1_AT_DATA : SCOPE_HTTP1_AT_TRAILER;
        return c == '\n' ? 0 : 400;
    case SCOPE_HTTP1_AT_DATA_CR:
        chunks->state = SCOPE_HTTP1_AT_DATA_LF;
        return c == '\r' ? 0 : 400;
    case SCOPE_HTTP1_AT_DATA_LF:
        chunks->state = SCOPE_HTTP1_AT_SIZE;
        return c == '\n' ? 0 : 400;
    case SCOPE_HTTP1_AT_TRAILER:
        if (c == '\r') {
            chunks->state = SCOPE_HTTP1_AT_LAST_END;
            return 0;
        }
        chunks->state = SCOPE_HTTP1_AT_TRAILER_REST;
        return c == ' ' || c == '\t'
                   ? 400
                   : take_extra(chunks, c, SCOPE_HTTP1_AT_TRAILER_END);
    case SCOPE_HTTP1_AT_TRAILER_REST:
        return take_extra(chunks, c, SCOPE_HTTP1_AT_TRAILER_END);
    case SCOPE_HTTP1_AT_TRAILER_END:
        chunks->state = SCOPE_HTTP1_AT_TRAILER;
        return c == '\n' ? 0 : 400;
    case SCOPE_HTTP1_AT_LAST_END:
        return c == '\n' ? 200 : 400;
    case SCOPE_HTTP1_AT_DATA:
        break;
    }
    return 400;
}

unsigned scope_http1_unchunk(struct scope_http1_chunks *chunks,
                             const char *bytes, size_t size, char *to,
                             size_t *used, size_t *made)
{
    unsigned status = 0;
    *used = *made = 0;
    while (!status && *used < size) {
        if (chunks->state != SCOPE_HTTP1_AT_DATA) {
            status = take_byte(chunks, bytes[(*used)++]);
            continue;
        }
        size_t part = size - *used;
        if (part > chunks->left)
            part = (size_t)chunks->left;
        if (to)
            memmove(to + *made, bytes + *used, part);
        *used += part;
        *made += part;
        chunks->left -= part;
        if (!chunks->left)
            chunks->state = SCOPE_HTTP1_AT_DATA_CR;
    }
    return status;
}
