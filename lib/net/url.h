/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a request is sent to: a URL taken apart (RFC 3986), and the addresses
 * behind its host. */
#ifndef LIB_NET_URL_H
#define LIB_NET_URL_H

#include <scope/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

struct scope_url {
    bool secure;     /* https */
    char *host;      /* without the brackets of an IPv6 address */
    char *port;      /* a number, as text */
    char *authority; /* as a Host header wants it: the port only when given */
    char *target;    /* path and query, at least "/" */
};

/* http[s]://HOST[:PORT][/PATH][?QUERY]; a fragment is dropped, user names are
 * refused. Free with scope_url_free, also after a failure. */
enum scope_code scope_url_parse(struct scope_url *url, const char *text,
                                struct scope_err *err) SCOPE_MUST_CHECK;
/* The first that is not printable ASCII, or must be percent-encoded everywhere;
 * or NULL. */
const char *scope_url_bad_byte(const char *text);
void scope_url_free(struct scope_url *url);

struct scope_address {
    struct sockaddr_storage bytes;
    socklen_t size;
};

struct scope_addresses {
    size_t count;
    struct scope_address *items;
};

/* Every address of a host for TCP, in the order the resolver prefers. Blocks.
 * Free with scope_addresses_free. */
enum scope_code scope_resolve(const char *host, const char *port,
                              struct scope_addresses *addresses,
                              struct scope_err *err) SCOPE_MUST_CHECK;
void scope_addresses_free(struct scope_addresses *addresses);

#endif
