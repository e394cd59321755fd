/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can say about the load. */
#ifndef DRIVERS_HTTP2_OPTIONS_H
#define DRIVERS_HTTP2_OPTIONS_H

#include "lib/net/engine.h"
#include "lib/net/expect.h"
#include "lib/net/requests.h"
#include "lib/net/tls.h"

struct options {
    struct scope_load_options load;
    struct scope_requests_options requests;
    struct scope_expect_options expect;
    struct scope_tls_options tls;
    int64_t streams;        /* of a connection, at most */
    int64_t per_connection; /* requests; 0: any number */
    bool upgrade;           /* from HTTP/1.1; else both know */
    uint64_t stream_window, connection_window;
    uint64_t frame_size, table_size;
    int64_t ping_ns;  /* 0: none */
    const char *grpc; /* "/package.Service/Method", or NULL */
    const char *grpc_hex;
    struct scope_list grpc_statuses;
};

#endif
