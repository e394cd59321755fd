/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can say about the load. */
#ifndef DRIVERS_HTTP_OPTIONS_H
#define DRIVERS_HTTP_OPTIONS_H

#include "lib/net/engine.h"
#include "lib/net/expect.h"
#include "lib/net/requests.h"
#include "lib/net/tls.h"

struct options {
    struct scope_load_options load;
    struct scope_requests_options requests;
    struct scope_expect_options expect;
    struct scope_tls_options tls;
    int64_t per_connection; /* requests; 0: any number */
};

#endif
