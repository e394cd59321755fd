/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection of the load, and what the connections share. */
#ifndef DRIVERS_HTTP_CONNECTION_H
#define DRIVERS_HTTP_CONNECTION_H

#include "drivers/http/options.h"
#include "lib/net/http1.h"
#include "lib/net/link_slot.h"

/* A request as it goes out. */
struct message {
    const struct scope_request *request;
    char *head;
    size_t head_size;
};

/* Constant while threads run. */
struct driver {
    struct options options;
    struct scope_requests requests;
    struct message *messages; /* one each */
    struct scope_addresses addresses;
    struct scope_tls *tls;
    struct scope_peer peer;
    struct scope_expect expect;
};

struct connection;

/* A thread's own. */
struct reader {
    size_t read_size; /* of the first recv(2) of an answer */
    struct scope_http1_memo memo;
    struct scope_http1_sight sight;
    struct connection *current; /* whose answer is being read */
    char *buffer;               /* RECEIVE_SIZE bytes */
};

struct connection {
    struct scope_link_slot base;    /* first */
    struct scope_exchange exchange; /* of the request that is out */
    const struct message *message;
    bool again;        /* it is to be sent when the connection is up */
    size_t unsent;     /* bytes of it still to be sent */
    uint64_t received; /* bytes of the present answer */
    uint64_t served;   /* answers since it was opened */
    struct scope_http1 answer;
    struct scope_expect_view view; /* of the answer */
};

extern const struct scope_protocol http_protocol;

#endif
