/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One TLS connection over a non-blocking socket, and its failures in words.
 * OpenSSL's queue of errors is the thread's: it is emptied before each call,
 * so that what is read from it after the call is of the call. */
#include "lib/net/tls_inside.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <scope/alloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct scope_tls_stream {
    struct scope_tls *tls;
    SSL *ssl; /* NULL: there was no memory */
    bool broken;
    char fault[160];
};

/* --- the socket ------------------------------------------------------------
 */

static int get_fd(BIO *bio)
{
    return (int)(intptr_t)BIO_get_data(bio);
}

static int socket_read(BIO *bio, char *bytes, size_t size, size_t *got)
{
    ssize_t count;
    do
        count = recv(get_fd(bio), bytes, size, 0);
    while (count < 0 && errno == EINTR);
    BIO_clear_retry_flags(bio);
    if (count < 0 && errno == EAGAIN)
        BIO_set_retry_read(bio);
    if (!count)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    *got = count > 0 ? (size_t)count : 0;
    return count > 0;
}

static int socket_write(BIO *bio, const char *bytes, size_t size, size_t *sent)
{
    ssize_t count;
    do
        count = send(get_fd(bio), bytes, size, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    BIO_clear_retry_flags(bio);
    if (count < 0 && errno == EAGAIN)
        BIO_set_retry_write(bio);
    *sent = count > 0 ? (size_t)count : 0;
    return count > 0;
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *scope_tls_socket_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");
    if (method && BIO_meth_set_read_ex(method, socket_read) &&
        BIO_meth_set_write_ex(method, socket_write) &&
        BIO_meth_set_ctrl(method, socket_control))
        return method;
    BIO_meth_free(method);
    return NULL;
}

/* --- a stream --------------------------------------------------------------
 */

static bool stream_fill(struct scope_tls_stream *stream, struct scope_tls *tls,
                        int fd)
{
    stream->ssl = SSL_new(tls->context);
    BIO *bio = BIO_new(tls->socket);
    if (!stream->ssl || !bio) {
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, (void *)(intptr_t)fd);
    BIO_set_init(bio, 1);
    SSL_set_bio(stream->ssl, bio, bio);
    if (tls->server) {
        SSL_set_accept_state(stream->ssl);
        return true;
    }
    SSL_set_connect_state(stream->ssl);
    if (tls->name && SSL_set_tlsext_host_name(stream->ssl, tls->name) != 1)
        return false;
    SSL_SESSION *session = tls->resume ? scope_tls_session(tls) : NULL;
    if (session)
        SSL_set_session(stream->ssl, session);
    SSL_SESSION_free(session);
    return true;
}

struct scope_tls_stream *scope_tls_stream_new(struct scope_tls *tls, int fd)
{
    struct scope_tls_stream *stream = scope_alloc(1, sizeof *stream);
    stream->tls = tls;
    ERR_clear_error();
    if (!stream_fill(stream, tls, fd)) {
        SSL_free(stream->ssl);
        stream->ssl = NULL;
    }
    return stream;
}

void scope_tls_stream_free(struct scope_tls_stream *stream)
{
    if (!stream)
        return;
    ERR_clear_error();
    if (stream->ssl && !stream->broken && SSL_is_init_finished(stream->ssl))
        SSL_shutdown(stream->ssl);
    ERR_clear_error();
    SSL_free(stream->ssl);
    free(stream);
}

/* What went wrong, in words, and as an errno. */
static void note_fault(struct scope_tls_stream *stream, int kind, int error)
{
    unsigned long first = ERR_peek_error();
    long verdict = SSL_get_verify_result(stream->ssl);
    const char *words = NULL;
    if (kind == SSL_ERROR_SYSCALL && error)
        words = strerror(error);
    else if (first)
        words = ERR_reason_error_string(first);
    if (!words)
        words = "the connection was closed without a word";
    bool certificate = kind == SSL_ERROR_SSL && verdict != X509_V_OK &&
                       ERR_GET_REASON(first) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    snprintf(stream->fault, sizeof stream->fault, "%s%s",
             certificate ? "certificate: " : "",
             certificate ? X509_verify_cert_error_string(verdict) : words);
    stream->broken = true;
    ERR_clear_error();
    errno = kind == SSL_ERROR_SYSCALL && error ? error : EPROTO;
}

/* Why a call of OpenSSL returned what it did; error is the errno it left. */
static enum scope_tls_result find_result(struct scope_tls_stream *stream,
                                         int returned, int error)
{
    int kind = SSL_get_error(stream->ssl, returned);
    if (kind == SSL_ERROR_NONE)
        return SCOPE_TLS_OK;
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        errno = EAGAIN;
        return SCOPE_TLS_AGAIN;
    }
    if (kind == SSL_ERROR_ZERO_RETURN)
        return SCOPE_TLS_CLOSED;
    note_fault(stream, kind, error);
    return SCOPE_TLS_FAILED;
}

/* False, with errno and words, when there is nothing to call. */
static bool is_usable(struct scope_tls_stream *stream)
{
    ERR_clear_error();
    if (stream->ssl && !stream->broken) {
        errno = 0;
        return true;
    }
    if (!stream->ssl)
        snprintf(stream->fault, sizeof stream->fault, "out of memory");
    errno = stream->ssl ? EPROTO : ENOMEM;
    return false;
}

enum scope_tls_result scope_tls_handshake(struct scope_tls_stream *stream)
{
    if (!is_usable(stream))
        return SCOPE_TLS_FAILED;
    int returned = SSL_do_handshake(stream->ssl);
    enum scope_tls_result result = find_result(stream, returned, errno);
    if (result == SCOPE_TLS_CLOSED)
        snprintf(stream->fault, sizeof stream->fault,
                 "closed during the handshake");
    return result;
}

ssize_t scope_tls_recv(struct scope_tls_stream *stream, void *bytes,
                       size_t size)
{
    if (!is_usable(stream))
        return -1;
    size_t got = 0;
    int returned = SSL_read_ex(stream->ssl, bytes, size, &got);
    if (returned == 1)
        return (ssize_t)got;
    return find_result(stream, returned, errno) == SCOPE_TLS_CLOSED ? 0 : -1;
}

ssize_t scope_tls_send(struct scope_tls_stream *stream, const void *bytes,
                       size_t size)
{
    if (!is_usable(stream))
        return -1;
    if (!size)
        return 0;
    size_t sent = 0;
    int returned = SSL_write_ex(stream->ssl, bytes, size, &sent);
    if (returned == 1)
        return (ssize_t)sent;
    if (find_result(stream, returned, errno) == SCOPE_TLS_CLOSED)
        errno = EPIPE;
    return -1;
}

void scope_tls_stream_finish(struct scope_tls_stream *stream)
{
    if (is_usable(stream) && SSL_is_init_finished(stream->ssl))
        SSL_shutdown(stream->ssl);
    ERR_clear_error();
}

const char *scope_tls_alpn(const struct scope_tls_stream *stream)
{
    const unsigned char *chosen = NULL;
    unsigned size = 0;
    if (stream->ssl)
        SSL_get0_alpn_selected(stream->ssl, &chosen, &size);
    for (char **name = stream->tls->protocols; size && *name; name++)
        if (size == strlen(*name) && memcmp(chosen, *name, size) == 0)
            return *name;
    return "";
}

bool scope_tls_resumed(const struct scope_tls_stream *stream)
{
    return stream->ssl && SSL_session_reused(stream->ssl);
}

const char *scope_tls_stream_fault(const struct scope_tls_stream *stream)
{
    return stream->fault;
}
