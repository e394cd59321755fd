/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An HTTP server for backends: threads that share a port (SO_REUSEPORT), each
 * with a loop and its connections; HTTP/1.1, and HTTP/2 where nghttp2 was
 * there at build time; TLS. A backend says what to answer.
 */
#ifndef LIB_NET_HTTPD_H
#define LIB_NET_HTTPD_H

#include <scope/option.h>
#include <scope/plugin.h>

/* What a user can say about any HTTP backend. */
struct scope_httpd_options {
    int64_t threads;
    struct scope_list cpus;
    int64_t connections; /* at most, of all threads */
    uint64_t body_max;   /* bytes of a request's body */
    int64_t idle_ns;     /* a connection that says nothing is closed then */
    int64_t request_ns;  /* a request must have arrived whole by then */
    const char *certificate, *key; /* NULL: no TLS */
};

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
    const char *path; /* without the query */
    size_t path_size;
    const char *query; /* without the '?'; size 0: none */
    size_t query_size;
    size_t field_count;
    const struct scope_httpd_field *fields;
    const char *body;
    size_t body_size;
    int64_t arrived_ns; /* when its first byte was read */
    bool secure;
};
/* The value of a header, or NULL; name in lower case. */
const struct scope_httpd_field *
scope_httpd_field(const struct scope_httpd_request *request, const char *name);

/* What to answer; zeroed before the call, but status 200. Texts are copied, or
 * last as long as said. */
struct scope_httpd_reply {
    unsigned status;
    const char *type;    /* content-type; must last until close; NULL: none */
    const char *headers; /* more, each "name: value\r\n"; copied */
    const char *body;    /* copied, unless `constant`: lasts until close */
    uint64_t body_size;  /* with body NULL: so many bytes of filling */
    bool constant;
    bool close;       /* the connection after the answer */
    int64_t delay_ns; /* wait so long before answering */
};

struct scope_httpd_handler {
    size_t thread_size; /* of what each thread has of its own, zeroed */
    void (*thread_open)(void *closure, void *own, unsigned index);
    void (*thread_close)(void *closure, void *own);
    /* Must not block. */
    void (*answer)(void *closure, void *own,
                   const struct scope_httpd_request *request,
                   struct scope_httpd_reply *reply);
};

struct scope_httpd;
/* handler and closure outlive it. */
enum scope_code scope_httpd_open(struct scope_httpd **httpd,
                                 const struct scope_httpd_options *options,
                                 const struct scope_httpd_handler *handler,
                                 void *closure,
                                 struct scope_err *err) SCOPE_MUST_CHECK;
/* A backend's serve op. */
enum scope_code scope_httpd_serve(struct scope_httpd *httpd,
                                  const struct scope_serve *serve,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
void scope_httpd_close(struct scope_httpd *httpd);

#endif
