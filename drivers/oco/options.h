/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a user can say about servos. */
#ifndef DRIVERS_OCO_OPTIONS_H
#define DRIVERS_OCO_OPTIONS_H

#include "lib/net/engine.h"
#include "lib/net/tls.h"

struct options {
    const char *url;
    const char *account;
    int64_t apps; /* 0: those that the server lists */
    const char *pattern;
    int64_t reports;
    const char *token;
    double spread;
    bool statistics, goodbye;
    struct scope_load_options load;
    struct scope_tls_options tls;
};

#endif
