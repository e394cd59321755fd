/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens listening sockets. */
#include "lib/net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <scope/alloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

struct place {
    struct sockaddr_storage address;
    socklen_t size;
};

static enum scope_code refuse(const char *listen, const char *why,
                              struct scope_err *err)
{
    scope_fail(err, SCOPE_USAGE, 0, "listen to %s: %s", listen, why);
    return scope_hint(err, "it looks like 127.0.0.1:8080, [::1]:0 or *:80");
}

static enum scope_code find_place(const char *listen, struct place *place,
                                  struct scope_err *err)
{
    const char *colon = strrchr(listen, ':');
    if (!colon || !colon[1])
        return refuse(listen, "the port is missing", err);
    size_t size = (size_t)(colon - listen);
    bool bracketed = size >= 2 && *listen == '[' && colon[-1] == ']';
    if (!bracketed && memchr(listen, ':', size))
        return refuse(listen, "an IPv6 address needs brackets", err);
    char *host = scope_strdup(bracketed ? listen + 1 : listen);
    host[bracketed ? size - 2 : size] = '\0';
    const struct addrinfo wanted = {
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    bool any = !*host || strcmp(host, "*") == 0;
    int status = getaddrinfo(any ? NULL : host, colon + 1, &wanted, &found);
    free(host);
    if (status)
        return refuse(listen, gai_strerror(status), err);
    place->size = found->ai_addrlen;
    memcpy(&place->address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return SCOPE_OK;
}

/* -1 with errno. */
static int open_at(const struct place *place, bool shared)
{
    static const int on = 1;
    int fd = socket(place->address.ss_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) ||
        /* What is accepted inherits it. */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) ||
        bind(fd, (const struct sockaddr *)&place->address, place->size) ||
        listen(fd, BACKLOG)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static enum scope_code tell(int fd, char bound[SCOPE_LISTEN_TEXT],
                            struct place *place, struct scope_err *err)
{
    char host[64];
    char port[16];
    place->size = sizeof place->address;
    if (getsockname(fd, (struct sockaddr *)&place->address, &place->size))
        return scope_fail(err, SCOPE_FAILED, errno, "getsockname");
    int status = getnameinfo((struct sockaddr *)&place->address, place->size,
                             host, sizeof host, port, sizeof port,
                             NI_NUMERICHOST | NI_NUMERICSERV);
    if (status)
        return scope_fail(err, SCOPE_FAILED, 0, "getnameinfo: %s",
                          gai_strerror(status));
    bool six = place->address.ss_family == AF_INET6;
    snprintf(bound, SCOPE_LISTEN_TEXT, "%s%s%s:%s", six ? "[" : "", host,
             six ? "]" : "", port);
    return SCOPE_OK;
}

static enum scope_code open_all(const char *listen, struct place *place,
                                size_t count, int *fds,
                                char bound[SCOPE_LISTEN_TEXT],
                                struct scope_err *err)
{
    /* Sockets that share a port would share it with another program of ours,
     * too, and both would get half of what is sent: one that does not share
     * finds out whether somebody is there. */
    int alone = open_at(place, false);
    if (alone < 0) {
        enum scope_code code =
            scope_fail(err, SCOPE_FAILED, errno, "listen to %s", listen);
        return errno == EADDRINUSE ? scope_hint(err, "port 0 finds a free one")
                                   : code;
    }
    enum scope_code code = tell(alone, bound, place, err);
    if (code || count == 1) {
        *fds = alone;
        return code;
    }
    close(alone);
    for (size_t i = 0; i < count; i++) {
        fds[i] = open_at(place, true);
        if (fds[i] < 0)
            return scope_fail(err, SCOPE_FAILED, errno, "listen to %s", bound);
    }
    return SCOPE_OK;
}

enum scope_code scope_listen(const char *listen, size_t count, int *fds,
                             char bound[SCOPE_LISTEN_TEXT],
                             struct scope_err *err)
{
    struct place place = {0};
    enum scope_code code = find_place(listen, &place, err);
    if (code)
        return code;
    for (size_t i = 0; i < count; i++)
        fds[i] = -1;
    code = open_all(listen, &place, count, fds, bound, err);
    for (size_t i = 0; code && i < count; i++)
        if (fds[i] >= 0) {
            close(fds[i]);
            fds[i] = -1;
        }
    return code;
}
