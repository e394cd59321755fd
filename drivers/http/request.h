/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a request: made once, sent again and again. */
#ifndef DRIVERS_HTTP_REQUEST_H
#define DRIVERS_HTTP_REQUEST_H

#include "drivers/http/options.h"
#include "lib/net/url.h"

struct request {
    char *bytes;
    size_t size;
    bool no_body;    /* HEAD: its answers have none */
    bool idempotent; /* may be sent again (RFC 9110, section 9.2.2) */
};

/* Free with request_free, also after a failure. */
enum scope_code request_make(struct request *request,
                             const struct options *options,
                             const struct scope_url *url,
                             struct scope_err *err) SCOPE_MUST_CHECK;
void request_free(struct request *request);

#endif
