/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An HTTP server for backends: threads that share a port (SO_REUSEPORT), each
 * with a loop and its connections; HTTP/1.1, and HTTP/2 where nghttp2 was
 * there at build time; TLS. A backend says what to answer.
 *
 * A connection owns memory only while a request or an answer is on its way in
 * pieces. Answers to requests that came together leave together, and no more
 * requests are read from a peer that does not read its answers.
 */
#ifndef LIB_NET_HTTPD_H
#define LIB_NET_HTTPD_H

#include <scope/option.h>
#include <scope/plugin.h>

enum scope_httpd_protocol {
    SCOPE_HTTPD_AUTO,
    SCOPE_HTTPD_HTTP1,
    SCOPE_HTTPD_HTTP2,
};
extern const char *const scope_httpd_protocols[];

/* What a user can say about any HTTP backend. */
struct scope_httpd_options {
    int64_t threads;
    struct scope_list cpus;
    int64_t connections; /* at most, of all threads; 0: as the files allow */
    uint64_t body_max;   /* bytes of a request's body */
    int64_t idle_ns;     /* 0: never */
    int64_t request_ns;  /* 0: never */
    int protocol;        /* enum scope_httpd_protocol */
    const char *certificate, *key, *client_ca; /* NULL: no TLS */
};

/* Rows for the struct scope_httpd_options `field` of a configuration; the
 * second with another limit of bodies unless the user gives one. */
#define SCOPE_HTTPD_OPTIONS(config, field)                                     \
    SCOPE_HTTPD_OPTIONS_OF(config, field, "64MiB")
#define SCOPE_HTTPD_OPTIONS_OF(config, field, body_limit)                      \
    SCOPE_OPTION_INT(config, field.threads, "threads", .fallback = "1",        \
                     .min = "1", .max = "1024", .value = "N",                  \
                     .help = "threads; the kernel deals connections out to "   \
                             "them"),                                          \
        SCOPE_OPTION_LIST(config, field.cpus, "cpus", .value = "CPU",          \
                          .help = "CPUs to bind the threads to, in turn: 1 "   \
                                  "or 4-7"),                                   \
        SCOPE_OPTION_INT(config, field.connections, "max-connections",         \
                         .fallback = "0", .min = "0", .max = "10M",            \
                         .value = "N",                                         \
                         .help = "connections at once, others wait; 0: as "    \
                                 "many as open files are allowed"),            \
        SCOPE_OPTION_SIZE(config, field.body_max, "body-max",                  \
                          .fallback = (body_limit),                            \
                          .help = "a request with a larger body is answered "  \
                                  "413"),                                      \
        SCOPE_OPTION_DURATION(config, field.idle_ns, "idle-timeout",           \
                              .fallback = "75s",                               \
                              .help = "a connection is closed when nothing "   \
                                      "is asked, or an answer not read, for "  \
                                      "so long; 0: never"),                    \
        SCOPE_OPTION_DURATION(config, field.request_ns, "request-timeout",     \
                              .fallback = "30s",                               \
                              .help = "a request that has not arrived whole "  \
                                      "so long after its first byte is "       \
                                      "answered 408; 0: never"),               \
        SCOPE_OPTION_CHOICE(config, field.protocol, "protocol",                \
                            .fallback = "auto",                                \
                            .choices = scope_httpd_protocols,                  \
                            .help = "what is spoken; auto: what the client "   \
                                    "asks for by ALPN in TLS, and else by "    \
                                    "the first bytes it sends"),               \
        SCOPE_OPTION_PATH(config, field.certificate, "tls-cert",               \
                          .value = "FILE",                                     \
                          .help = "certificate chain (PEM): speak TLS"),       \
        SCOPE_OPTION_PATH(config, field.key, "tls-key", .value = "FILE",       \
                          .help = "its private key (PEM); without it, it is "  \
                                  "in tls-cert"),                              \
        SCOPE_OPTION_PATH(config, field.client_ca, "tls-client-ca",            \
                          .value = "FILE",                                     \
                          .help = "clients must show a certificate that "      \
                                  "these (PEM) vouch for")

struct scope_httpd_field {
    const char *name; /* lower case */
    size_t name_size;
    const char *value;
    size_t value_size;
};

/* A request that has arrived whole; valid during the call. Not terminated by
 * zeros where there is a size. */
struct scope_httpd_request {
    unsigned version; /* 10, 11, 20 */
    const char *method;
    size_t method_size;
    const char *path; /* without the query, as it was sent; "*" of OPTIONS */
    size_t path_size;
    const char *query; /* without the '?'; size 0: none */
    size_t query_size;
    size_t field_count;
    const struct scope_httpd_field *fields;
    const char *body; /* NULL: there is none, or it was not kept */
    uint64_t body_size;
    int64_t arrived_ns; /* when we heard of its first byte: as the wait for
                           events ended that told of it */
    int64_t now_ns;
    uint64_t held; /* answers that wait for their delay, of all threads */
    bool secure;
};
/* The value of a header, or NULL; name in lower case. */
const struct scope_httpd_field *
scope_httpd_field(const struct scope_httpd_request *request, const char *name);
/* Whether bytes with a size, a method say, are a word. */
bool scope_httpd_is(const char *bytes, size_t size, const char *word);

/* How an answer ends, for the tests of clients. */
enum scope_httpd_end {
    SCOPE_HTTPD_WELL,
    SCOPE_HTTPD_CUT,   /* half of the body, then the connection is closed;
                          HTTP/2: the stream is reset there */
    SCOPE_HTTPD_RESET, /* nothing; TCP reset. HTTP/2: the stream is reset */
    SCOPE_HTTPD_RAW,   /* the body alone, without a head; then closed */
};

/* What to answer; zeroed before the call, but status 200. */
struct scope_httpd_reply {
    unsigned status;     /* 200..599 */
    const char *type;    /* content-type; must last until close; NULL: none */
    const char *headers; /* more, each "name: value\r\n", names in lower case;
                            copied */
    const char *body;    /* copied after the call, unless: */
    bool constant;       /* it lasts until close */
    bool owned;          /* it is given away, to be freed with free() */
    uint64_t body_size;  /* with body NULL: so many bytes of filling */
    bool close;          /* the connection after the answer */
    int64_t delay_ns;    /* wait so long before answering */
    enum scope_httpd_end end;
};

struct scope_httpd_handler {
    size_t thread_size; /* of what each thread has of its own, zeroed */
    /* What is refused before it can be asked (400, 408, 413 ...) is explained
     * as {"detail": "Bad Request"}, and not as text. */
    bool json;
    void (*thread_open)(void *closure, void *own, unsigned index);
    void (*thread_close)(void *closure, void *own);
    /* Whether a body that is announced is wanted; NULL: always. One that is
     * not is read and counted, but not kept. Asked before the body comes. */
    bool (*keeps)(void *closure, const struct scope_httpd_request *head);
    /* Must not block. */
    void (*answer)(void *closure, void *own,
                   const struct scope_httpd_request *request,
                   struct scope_httpd_reply *reply);
};

struct scope_httpd;
/* Reads the certificates and makes room for connections; listens to nothing
 * yet. handler and closure outlive it. Threads' own memory is opened in the
 * order of the threads, here, and closed in scope_httpd_close. */
enum scope_code scope_httpd_open(struct scope_httpd **httpd,
                                 const struct scope_httpd_options *options,
                                 const struct scope_httpd_handler *handler,
                                 void *closure,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
/* A backend's serve op. Connections that are open at the end are closed. */
enum scope_code scope_httpd_serve(struct scope_httpd *httpd,
                                  const struct scope_serve *serve,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
void scope_httpd_close(struct scope_httpd *httpd);

/* A thread's own memory, for what sums over them. */
void *scope_httpd_own(const struct scope_httpd *httpd, unsigned thread);

#endif
