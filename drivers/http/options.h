/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can say about the load. */
#ifndef DRIVERS_HTTP_OPTIONS_H
#define DRIVERS_HTTP_OPTIONS_H

#include <scope/option.h>

struct options {
    const char *url;
    double rate; /* 0: closed loop */
    int64_t connections;
    int64_t threads;
    const char *method;
    struct scope_list headers;
    uint64_t body_size;
    int64_t timeout_ns; /* 0: none */
    int64_t connect_timeout_ns;
    struct scope_list cpus;
};

#endif
