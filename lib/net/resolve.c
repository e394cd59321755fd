/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds the addresses of a host. */
#include "lib/net/url.h"

#include <errno.h>
#include <netdb.h>
#include <scope/alloc.h>
#include <string.h>

enum scope_code scope_resolve(const char *host, const char *port,
                              struct scope_addresses *addresses,
                              struct scope_err *err)
{
    const struct addrinfo wanted = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *found;
    int status = getaddrinfo(host, port, &wanted, &found);
    if (status) {
        enum scope_code code = scope_fail(
            err, SCOPE_NOT_FOUND, status == EAI_SYSTEM ? errno : 0,
            "find the address of %s: %s", host, gai_strerror(status));
        scope_hint(err, "check the host's name and the resolver");
        return code;
    }
    size_t room = 0;
    *addresses = (struct scope_addresses){0};
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        if (at->ai_addrlen > sizeof addresses->items->bytes)
            continue;
        addresses->items = scope_grow(addresses->items, &room, addresses->count,
                                      sizeof *addresses->items);
        struct scope_address *address = &addresses->items[addresses->count++];
        *address = (struct scope_address){.size = at->ai_addrlen};
        memcpy(&address->bytes, at->ai_addr, at->ai_addrlen);
    }
    freeaddrinfo(found);
    return SCOPE_OK;
}

void scope_addresses_free(struct scope_addresses *addresses)
{
    free(addresses->items);
    *addresses = (struct scope_addresses){0};
}
