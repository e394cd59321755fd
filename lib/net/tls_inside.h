/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What tls.c and tls_stream.c share: what a context holds. */
#ifndef LIB_NET_TLS_INSIDE_H
#define LIB_NET_TLS_INSIDE_H

#include "lib/net/tls.h"

#include <openssl/ssl.h>
#include <pthread.h>

struct scope_tls {
    SSL_CTX *context;
    BIO_METHOD *socket; /* recv(2) and send(2) that raise no SIGPIPE */
    bool server;
    bool resume;
    char *name;          /* to ask for (SNI); NULL: none */
    char **protocols;    /* as in alpn, NULL at the end */
    unsigned char *alpn; /* the same as TLS has it: each after its length */
    unsigned alpn_size;
    pthread_mutex_t lock;
    SSL_SESSION *session; /* the newest, under the lock; owned */
};

/* A copy of the newest session, or NULL; to SSL_SESSION_free. */
SSL_SESSION *scope_tls_session(struct scope_tls *tls);

/* NULL when there is no memory. */
BIO_METHOD *scope_tls_socket_method(void);

#endif
