/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a request asks to be answered. The path is a list of wishes, the
 * headers x-scope-size, x-scope-status and x-scope-delay come after it:
 *
 *   /size/64KiB/status/503/delay/exponential:5ms
 */
#ifndef BACKENDS_HTTP_WISH_H
#define BACKENDS_HTTP_WISH_H

#include "lib/net/httpd.h"
#include "plugins/backends/http/delay.h"

enum wish_special {
    WISH_BODY,  /* of the size */
    WISH_ECHO,  /* what came */
    WISH_RESET, /* TCP reset instead of an answer */
    WISH_GARBAGE,
    WISH_CUT,
    WISH_ARRIVALS,
    WISH_ARRIVALS_RESET,
};

struct wish {
    uint64_t size;
    unsigned status;
    struct delay delay;
    int64_t stall_ns; /* the thread sleeps so long */
    enum wish_special special;
};

#define WISH_SIZE_MAX (UINT64_C(1) << 40)

/*
 * 200, with what the path and the headers change in *wish; else the status to
 * refuse the request with, and why. faults: what breaks connections and stalls
 * is allowed.
 */
unsigned wish_read(struct wish *wish, const struct scope_httpd_request *request,
                   bool faults, struct scope_err *err);

#endif
