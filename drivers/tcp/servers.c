/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the servers are. */
#include "drivers/tcp/driver.h"

#include <stdio.h>
#include <string.h>

static enum scope_code refuse(const char *text, const char *why,
                              struct scope_err *err)
{
    scope_fail(err, SCOPE_USAGE, 0, "server %s: %s", text, why);
    return scope_hint(err, "it looks like 127.0.0.1:4433 or [::1]:4433");
}

static enum scope_code open_server(struct server *server, const char *text,
                                   struct scope_err *err)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1])
        return refuse(text, "the port is missing", err);
    size_t size = (size_t)(colon - text);
    bool bracketed = size >= 2 && *text == '[' && colon[-1] == ']';
    if (!bracketed && memchr(text, ':', size))
        return refuse(text, "an IPv6 address needs brackets", err);
    if (!size || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strlen(colon + 1) > 5 || strtoul(colon + 1, NULL, 10) > 65535)
        return refuse(text,
                      size ? "the port is not a number up to 65535" : "no host",
                      err);
    server->host = scope_strdup(bracketed ? text + 1 : text);
    server->host[bracketed ? size - 2 : size] = '\0';
    server->peer.addresses = &server->addresses;
    return scope_resolve(server->host, colon + 1, &server->addresses, err);
}

/* The option's, else the environment's. */
static const char *find_text(const struct options *options, size_t number)
{
    char name[32];
    if (number < options->servers.count)
        return options->servers.items[number];
    snprintf(name, sizeof name, "SERVER_%zu", number);
    return options->scenario ? getenv(name) : "127.0.0.1:4433";
}

enum scope_code servers_open(struct servers *servers,
                             const struct options *options, size_t count,
                             struct scope_err *err)
{
    servers->items = scope_alloc(count + 1, sizeof *servers->items);
    enum scope_code code = SCOPE_OK;
    while (code == SCOPE_OK && servers->count < count) {
        const char *text = find_text(options, servers->count);
        if (!text) {
            scope_fail(err, SCOPE_USAGE, 0,
                       "the scenario has %zu servers, and server %zu's address "
                       "is not known",
                       count, servers->count);
            return scope_hint(err,
                              "servers=ADDRESS:PORT,... or SERVER_%zu in "
                              "the environment",
                              servers->count);
        }
        code = open_server(&servers->items[servers->count++], text, err);
    }
    return code;
}

void servers_free(struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++) {
        free(servers->items[i].host);
        scope_addresses_free(&servers->items[i].addresses);
    }
    free(servers->items);
    *servers = (struct servers){0};
}
