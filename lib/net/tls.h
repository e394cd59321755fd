/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TLS over a non-blocking socket, both sides. Without OpenSSL, tls_none.c
 * stands in for it and says so when a context is made.
 */
#ifndef LIB_NET_TLS_H
#define LIB_NET_TLS_H

#include <scope/err.h>
#include <scope/option.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a user can say about a driver's TLS. */
struct scope_tls_options {
    const char *ca;   /* NULL: the system's */
    bool insecure;    /* the server's certificate is not checked */
    const char *name; /* SNI and the name checked; NULL: the URL's host */
    const char *certificate; /* of the client; NULL: none */
    const char *key;
    bool resume; /* sessions of earlier connections */
};

#define SCOPE_TLS_OPTIONS(config, field)                                       \
    SCOPE_OPTION_PATH(config, field.ca, "tls-ca", .value = "FILE",             \
                      .help = "certificates (PEM) to check the server's "      \
                              "against instead of the system's"),              \
        SCOPE_OPTION_BOOL(config, field.insecure, "tls-insecure",              \
                          .fallback = "no",                                    \
                          .help = "do not check the server's certificate"),    \
        SCOPE_OPTION_STRING(config, field.name, "tls-name", .value = "NAME",   \
                            .help = "server name to ask for and to check "     \
                                    "instead of the host's"),                  \
        SCOPE_OPTION_PATH(config, field.certificate, "tls-cert",               \
                          .value = "FILE",                                     \
                          .help = "certificate chain (PEM) to show the "       \
                                  "server"),                                   \
        SCOPE_OPTION_PATH(config, field.key, "tls-key", .value = "FILE",       \
                          .help = "its private key (PEM); without it, it is "  \
                                  "in tls-cert"),                              \
        SCOPE_OPTION_BOOL(config, field.resume, "tls-resume",                  \
                          .fallback = "no",                                    \
                          .help = "resume sessions on new connections")

struct scope_tls; /* a context, shared by threads */

/* alpn: protocols to offer, most wanted first, NULL at the end; or NULL. Free
 * with scope_tls_free. */
enum scope_code scope_tls_client(struct scope_tls **tls,
                                 const struct scope_tls_options *options,
                                 const char *host, const char *const *alpn,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
/* key NULL: it is in the certificate's file. client_ca: clients must show a
 * certificate that those in this file vouch for; or NULL. alpn: what is
 * spoken, most wanted first; or NULL. */
enum scope_code scope_tls_server(struct scope_tls **tls,
                                 const char *certificate, const char *key,
                                 const char *client_ca, const char *const *alpn,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
void scope_tls_free(struct scope_tls *tls);

struct scope_tls_stream; /* one connection */

/* On a connected socket; owned by the caller. */
struct scope_tls_stream *scope_tls_stream_new(struct scope_tls *tls, int fd);
/* Sends a close_notify if it can, without waiting; the socket stays open. */
void scope_tls_stream_free(struct scope_tls_stream *stream);

enum scope_tls_result {
    SCOPE_TLS_OK,
    SCOPE_TLS_AGAIN,  /* when the socket is readable or writable again */
    SCOPE_TLS_CLOSED, /* by the peer */
    SCOPE_TLS_FAILED, /* errno as below; scope_tls_stream_fault says why */
};

enum scope_tls_result scope_tls_handshake(struct scope_tls_stream *stream);
/* As recv(2) and send(2) with MSG_NOSIGNAL: bytes, or -1 with errno EAGAIN; 0
 * at the end of the stream, with a close_notify or without; -1 with errno
 * EPROTO and scope_tls_stream_fault for what TLS itself finds wrong, and
 * another errno for the socket. Both fail after a failure. Read until EAGAIN:
 * what is left in the stream's buffer wakes no epoll. */
ssize_t scope_tls_recv(struct scope_tls_stream *stream, void *bytes,
                       size_t size);
ssize_t scope_tls_send(struct scope_tls_stream *stream, const void *bytes,
                       size_t size);
/* Says that this side sends no more (close_notify); it may go on reading. */
void scope_tls_stream_finish(struct scope_tls_stream *stream);
/* The protocol that was agreed on, or "". */
const char *scope_tls_alpn(const struct scope_tls_stream *stream);
bool scope_tls_resumed(const struct scope_tls_stream *stream);
/* Why the last call failed, in words. */
const char *scope_tls_stream_fault(const struct scope_tls_stream *stream);

#endif
