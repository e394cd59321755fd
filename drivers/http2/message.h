/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request as HTTP/2 wants it: made once, sent again and again. */
#ifndef DRIVERS_HTTP2_MESSAGE_H
#define DRIVERS_HTTP2_MESSAGE_H

#include "lib/net/requests.h"

#include <nghttp2/nghttp2.h>

struct message {
    const struct scope_request *request;
    size_t field_count;
    nghttp2_nv *fields;
    size_t text_count;
    char **texts; /* that the fields are made of */
    /* What goes before the body. */
    uint8_t prefix[5];
    size_t prefix_size;
    size_t size; /* of the body, with that */
};

/* Whether the headers that were given can be sent over HTTP/2. */
enum scope_code message_check(const struct scope_requests *requests,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* extra: more fields, name and value by turns, NULL at the end. */
void message_make(struct message *message,
                  const struct scope_requests *requests,
                  const struct scope_request *request,
                  const char *const *extra);
void message_free(struct message *message);

#endif
