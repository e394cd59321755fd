/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS contexts: certificates, what is checked of the other side's, the
 * protocols to agree on, and the session to resume. */
#include "lib/net/tls_inside.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <scope/alloc.h>
#include <string.h>

/* Fills err with OpenSSL's first complaint, and forgets the others. */
static enum scope_code refuse(struct scope_err *err, const char *what,
                              const char *path)
{
    unsigned long error = ERR_peek_error();
    const char *reason = ERR_reason_error_string(error);
    bool missing = ERR_SYSTEM_ERROR(error);
    scope_fail(err, SCOPE_USAGE, missing ? ERR_GET_REASON(error) : 0,
               "%s %s%s%s", what, path, missing ? "" : ": ",
               missing  ? ""
               : reason ? reason
                        : "OpenSSL does not say why");
    ERR_clear_error();
    return SCOPE_USAGE;
}

/* A key behind a password is refused rather than asked for on the terminal. */
static int no_password(char *text, int size, int writing, void *closure)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)closure;
    return -1;
}

static enum scope_code use_certificate(struct scope_tls *tls,
                                       const char *certificate, const char *key,
                                       struct scope_err *err)
{
    if (!key)
        key = certificate;
    SSL_CTX_set_default_passwd_cb(tls->context, no_password);
    if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1)
        return refuse(err, "read the certificate", certificate);
    if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1) {
        refuse(err, "read the private key", key);
        return scope_hint(err,
                          "it must be PEM without a password, and of the "
                          "certificate %s",
                          certificate);
    }
    return SCOPE_OK;
}

static enum scope_code use_authorities(struct scope_tls *tls, const char *path,
                                       struct scope_err *err)
{
    if (path && SSL_CTX_load_verify_file(tls->context, path) != 1)
        return refuse(err, "read the certificates", path);
    if (!path && SSL_CTX_set_default_verify_paths(tls->context) != 1)
        return refuse(err, "read the certificates", "of the system");
    return SCOPE_OK;
}

static enum scope_code keep_protocols(struct scope_tls *tls,
                                      const char *const *names,
                                      struct scope_err *err)
{
    size_t count = 0;
    size_t size = 0;
    for (; names && names[count]; count++) {
        size_t length = strlen(names[count]);
        if (!length || length > 255)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "'%s' cannot be the name of a protocol",
                              names[count]);
        size += 1 + length;
    }
    tls->protocols = scope_alloc(count + 1, sizeof *tls->protocols);
    tls->alpn = scope_alloc(size + 1, 1);
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(names[i]);
        tls->protocols[i] = scope_strdup(names[i]);
        tls->alpn[tls->alpn_size++] = (unsigned char)length;
        memcpy(tls->alpn + tls->alpn_size, names[i], length);
        tls->alpn_size += (unsigned)length;
    }
    return SCOPE_OK;
}

/* What we want most of what the client offers; who has nothing in common with
 * us is refused (RFC 7301, section 3.2). */
static int select_alpn(SSL *ssl, const unsigned char **chosen,
                       unsigned char *chosen_size, const unsigned char *offered,
                       unsigned offered_size, void *closure)
{
    (void)ssl;
    const struct scope_tls *tls = closure;
    unsigned char *found = NULL;
    if (SSL_select_next_proto(&found, chosen_size, tls->alpn, tls->alpn_size,
                              offered, offered_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* Keeps a copy: OpenSSL marks the original when its connection ends badly. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    struct scope_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    pthread_mutex_lock(&tls->lock);
    SSL_SESSION *old = tls->session;
    tls->session = copy;
    pthread_mutex_unlock(&tls->lock);
    SSL_SESSION_free(old);
    return 0;
}

SSL_SESSION *scope_tls_session(struct scope_tls *tls)
{
    pthread_mutex_lock(&tls->lock);
    SSL_SESSION *copy = tls->session ? SSL_SESSION_dup(tls->session) : NULL;
    pthread_mutex_unlock(&tls->lock);
    return copy;
}

static struct scope_tls *context_new(const SSL_METHOD *method,
                                     struct scope_err *err)
{
    struct scope_tls *tls = scope_alloc(1, sizeof *tls);
    pthread_mutex_init(&tls->lock, NULL);
    ERR_clear_error();
    tls->context = SSL_CTX_new(method);
    tls->socket = scope_tls_socket_method();
    if (!tls->context || !tls->socket ||
        SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1) {
        refuse(err, "set up", "OpenSSL");
        scope_tls_free(tls);
        return NULL;
    }
    SSL_CTX_set_app_data(tls->context, tls);
    /* An end without close_notify is an end: who speaks above TLS knows from
     * his own framing whether something is missing. */
    SSL_CTX_set_options(tls->context,
                        SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
    /* Idle connections hold no buffers; a write may be repeated from another
     * place, and end in its middle, as with send(2). */
    SSL_CTX_set_mode(tls->context, SSL_MODE_RELEASE_BUFFERS |
                                       SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* One recv(2) for a record's head and body. */
    SSL_CTX_set_read_ahead(tls->context, 1);
    return tls;
}

static bool is_address(const char *name)
{
    struct in6_addr bytes;
    return inet_pton(AF_INET, name, &bytes) == 1 ||
           inet_pton(AF_INET6, name, &bytes) == 1;
}

/* An address is checked as one and not asked for (RFC 6066, section 3). */
static bool expect_name(struct scope_tls *tls, const char *name)
{
    X509_VERIFY_PARAM *checks = SSL_CTX_get0_param(tls->context);
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(checks, name) == 1;
    tls->name = scope_strdup(name);
    size_t size = strlen(name);
    if (size && name[size - 1] == '.')
        tls->name[size - 1] = '\0';
    X509_VERIFY_PARAM_set_hostflags(checks,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(checks, tls->name, 0) == 1;
}

static enum scope_code client_fill(struct scope_tls *tls,
                                   const struct scope_tls_options *options,
                                   const char *host, const char *const *alpn,
                                   struct scope_err *err)
{
    if (options->key && !options->certificate)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "a private key (%s) without its certificate",
                          options->key);
    const char *name = options->name ? options->name : host;
    if (!expect_name(tls, name))
        return refuse(err, "expect a server named", name);
    enum scope_code code = keep_protocols(tls, alpn, err);
    if (code)
        return code;
    if (tls->alpn_size &&
        SSL_CTX_set_alpn_protos(tls->context, tls->alpn, tls->alpn_size) != 0)
        return refuse(err, "offer", "the protocols");
    if (!options->insecure) {
        SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
        code = use_authorities(tls, options->ca, err);
        if (code)
            return code;
    }
    tls->resume = options->resume;
    SSL_CTX_set_session_cache_mode(
        tls->context, options->resume
                          ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
                          : SSL_SESS_CACHE_OFF);
    if (options->resume)
        SSL_CTX_sess_set_new_cb(tls->context, keep_session);
    return options->certificate
               ? use_certificate(tls, options->certificate, options->key, err)
               : SCOPE_OK;
}

enum scope_code scope_tls_client(struct scope_tls **tls,
                                 const struct scope_tls_options *options,
                                 const char *host, const char *const *alpn,
                                 struct scope_err *err)
{
    *tls = context_new(TLS_client_method(), err);
    if (!*tls)
        return SCOPE_USAGE;
    enum scope_code code = client_fill(*tls, options, host, alpn, err);
    if (code) {
        scope_tls_free(*tls);
        *tls = NULL;
    }
    return code;
}

static enum scope_code server_fill(struct scope_tls *tls,
                                   const char *certificate, const char *key,
                                   const char *client_ca,
                                   const char *const *alpn,
                                   struct scope_err *err)
{
    /* Sessions are resumed only by those who mean the same service. */
    static const unsigned char service[] = "scope";
    tls->server = true;
    SSL_CTX_set_session_id_context(tls->context, service, sizeof service - 1);
    /* Tickets are the clients' to keep: nothing is remembered here. */
    SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
    enum scope_code code = keep_protocols(tls, alpn, err);
    if (code)
        return code;
    if (tls->alpn_size)
        SSL_CTX_set_alpn_select_cb(tls->context, select_alpn, tls);
    if (client_ca) {
        SSL_CTX_set_verify(tls->context,
                           SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
        code = use_authorities(tls, client_ca, err);
        if (code)
            return code;
        SSL_CTX_set_client_CA_list(tls->context,
                                   SSL_load_client_CA_file(client_ca));
    }
    return use_certificate(tls, certificate, key, err);
}

enum scope_code scope_tls_server(struct scope_tls **tls,
                                 const char *certificate, const char *key,
                                 const char *client_ca, const char *const *alpn,
                                 struct scope_err *err)
{
    *tls = context_new(TLS_server_method(), err);
    if (!*tls)
        return SCOPE_USAGE;
    enum scope_code code =
        server_fill(*tls, certificate, key, client_ca, alpn, err);
    if (code) {
        scope_tls_free(*tls);
        *tls = NULL;
    }
    return code;
}

void scope_tls_free(struct scope_tls *tls)
{
    if (!tls)
        return;
    SSL_SESSION_free(tls->session);
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->socket);
    pthread_mutex_destroy(&tls->lock);
    for (char **name = tls->protocols; name && *name; name++)
        free(*name);
    free(tls->protocols);
    free(tls->alpn);
    free(tls->name);
    free(tls);
}
