/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client's connection: TCP, and TLS over it where asked. Everything is
 * non-blocking, on the loop of the thread that owns it; descriptors are
 * watched edge-triggered, so that reading and writing go on until EAGAIN.
 */
#ifndef LIB_NET_LINK_H
#define LIB_NET_LINK_H

#include "lib/net/fault.h"
#include "lib/net/loop.h"
#include "lib/net/tls.h"
#include "lib/net/url.h"

#include <stdbool.h>
#include <stdint.h>

/* Where links lead; shared by them. */
struct scope_peer {
    const struct scope_addresses *addresses;
    struct scope_tls *tls; /* NULL: plain TCP */
};

enum scope_link_state {
    SCOPE_LINK_CLOSED,
    SCOPE_LINK_CONNECTING,
    SCOPE_LINK_HANDSHAKING,
    SCOPE_LINK_UP,
};

struct scope_link {
    int fd; /* -1 when closed; zero the struct and call scope_link_init */
    enum scope_link_state state;
    bool hung_up; /* the peer will send no more */
    size_t address, tried;
    const struct scope_peer *peer;
    struct scope_tls_stream *stream; /* NULL: plain */
    int64_t begun_ns;                /* the connect */
    int64_t connected_ns;            /* TCP's part */
    int64_t up_ns;                   /* all of it */
    enum scope_fault fault;          /* why it failed */
    char detail[128];
};

enum scope_link_result {
    SCOPE_LINK_MORE,   /* wait for events */
    SCOPE_LINK_READY,  /* it is up */
    SCOPE_LINK_FAILED, /* closed; fault and detail say why */
};

void scope_link_init(struct scope_link *link);
/* Begins with the peer's address number `address` and tries the others when
 * that fails. who is what epoll shall say. */
enum scope_link_result scope_link_open(struct scope_link *link,
                                       const struct scope_peer *peer,
                                       struct scope_loop *loop, void *who,
                                       int64_t now_ns);
/* While it is not up: what epoll said. */
enum scope_link_result scope_link_event(struct scope_link *link,
                                        struct scope_loop *loop, void *who,
                                        int64_t now_ns);
/* This address took too long: tries the next. */
enum scope_link_result scope_link_timeout(struct scope_link *link,
                                          struct scope_loop *loop, void *who,
                                          int64_t now_ns);
void scope_link_close(struct scope_link *link);

/* recv(2) and send(2), non-blocking, through TLS where there is. */
ssize_t scope_link_recv(struct scope_link *link, void *bytes, size_t size);
ssize_t scope_link_send(struct scope_link *link, const void *bytes,
                        size_t size);
/* The fault of an errno that these left, and words for it. */
enum scope_fault scope_link_fault(const struct scope_link *link, int error,
                                  const char **detail);

#endif
