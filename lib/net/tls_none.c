/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for tls.c where OpenSSL was not there at build time: no context
 * can be made, so the rest is never called. */
#include "lib/net/tls.h"

#include <errno.h>
#include <stdlib.h>

static enum scope_code refuse(struct scope_tls **tls, struct scope_err *err)
{
    *tls = NULL;
    scope_fail(err, SCOPE_UNAVAILABLE, 0, "this scope was built without TLS");
    return scope_hint(err, "install libssl-dev, configure and build again");
}

enum scope_code scope_tls_client(struct scope_tls **tls,
                                 const struct scope_tls_options *options,
                                 const char *host, const char *const *alpn,
                                 struct scope_err *err)
{
    (void)options;
    (void)host;
    (void)alpn;
    return refuse(tls, err);
}

enum scope_code scope_tls_server(struct scope_tls **tls,
                                 const char *certificate, const char *key,
                                 const char *client_ca, const char *const *alpn,
                                 struct scope_err *err)
{
    (void)certificate;
    (void)key;
    (void)client_ca;
    (void)alpn;
    return refuse(tls, err);
}

void scope_tls_free(struct scope_tls *tls)
{
    (void)tls;
}

struct scope_tls_stream *scope_tls_stream_new(struct scope_tls *tls, int fd)
{
    (void)tls;
    (void)fd;
    abort();
}

void scope_tls_stream_free(struct scope_tls_stream *stream)
{
    (void)stream;
}

void scope_tls_stream_finish(struct scope_tls_stream *stream)
{
    (void)stream;
}

enum scope_tls_result scope_tls_handshake(struct scope_tls_stream *stream)
{
    (void)stream;
    return SCOPE_TLS_FAILED;
}

ssize_t scope_tls_recv(struct scope_tls_stream *stream, void *bytes,
                       size_t size)
{
    (void)stream;
    (void)bytes;
    (void)size;
    errno = EPROTO;
    return -1;
}

ssize_t scope_tls_send(struct scope_tls_stream *stream, const void *bytes,
                       size_t size)
{
    (void)stream;
    (void)bytes;
    (void)size;
    errno = EPROTO;
    return -1;
}

const char *scope_tls_alpn(const struct scope_tls_stream *stream)
{
    (void)stream;
    return "";
}

bool scope_tls_resumed(const struct scope_tls_stream *stream)
{
    (void)stream;
    return false;
}

const char *scope_tls_stream_fault(const struct scope_tls_stream *stream)
{
    (void)stream;
    return "";
}
