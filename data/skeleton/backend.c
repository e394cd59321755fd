/* skeleton: a backend. See <scope/plugin.h> for what each op may do. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <scope/plugin.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct config {
    const char *answer;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_STRING(struct config, answer, "answer", .fallback = "hello",
                        .help = "the line that every connection gets"),
    SCOPE_OPTION_END,
};

static enum scope_code open_backend(const void *config, void **self,
                                    struct scope_err *err)
{
    (void)err;
    *self = (void *)(uintptr_t)config; /* lives until close */
    return SCOPE_OK;
}

/* "127.0.0.1:80" and "[::1]:80". */
static enum scope_code listen_on(const char *address, int *fd,
                                 struct scope_err *err)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    bool brackets = *address == '[';
    if (!colon || (size_t)(colon - address) >= sizeof host ||
        (brackets && (colon == address || colon[-1] != ']')))
        return scope_fail(err, SCOPE_USAGE, 0, "'%s' is no ADDRESS:PORT",
                          address);
    snprintf(host, sizeof host, "%.*s",
             (int)(colon - address) - (brackets ? 2 : 0),
             address + (brackets ? 1 : 0));
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST |
                                               AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int failure = getaddrinfo(host, colon + 1, &hints, &found);
    if (failure)
        return scope_fail(err, SCOPE_USAGE, 0, "listen on %s: %s", address,
                          gai_strerror(failure));
    int one = 1;
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok =
        *fd >= 0 &&
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(*fd, found->ai_addr, found->ai_addrlen) == 0 &&
        listen(*fd, SOMAXCONN) == 0;
    int sys = errno;
    freeaddrinfo(found);
    if (ok)
        return SCOPE_OK;
    if (*fd >= 0)
        close(*fd);
    return scope_fail(err, SCOPE_IO, sys, "listen on %s", address);
}

static void tell_ready(const struct scope_serve *serve, int fd)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char host[128] = "";
    char port[16] = "";
    if (getsockname(fd, (struct sockaddr *)&bound, &length) == 0)
        getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    char *text =
        scope_format(strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
    serve->ready(serve, text);
    free(text);
}

static enum scope_code serve(void *self, const struct scope_serve *serve,
                             struct scope_err *err)
{
    const struct config *config = self;
    int fd;
    enum scope_code code = listen_on(serve->listen, &fd, err);
    if (code)
        return code;
    tell_ready(serve, fd);
    struct pollfd waits[] = {{.fd = fd, .events = POLLIN},
                             {.fd = serve->stop_fd, .events = POLLIN}};
    while (!waits[1].revents) {
        if (poll(waits, 2, -1) < 0 && errno != EINTR) {
            code = scope_fail(err, SCOPE_IO, errno, "wait for connections");
            break;
        }
        if (!(waits[0].revents & POLLIN))
            continue;
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            continue;
        send(peer, config->answer, strlen(config->answer), MSG_NOSIGNAL);
        send(peer, "\n", 1, MSG_NOSIGNAL);
        close(peer);
    }
    close(fd);
    return code;
}

static const struct scope_backend_ops ops = {
    .open = open_backend,
    .serve = serve,
};

SCOPE_PLUGIN(.kind = SCOPE_BACKEND, .name = "skeleton",
             .summary = "answers every connection with one line",
             .version = "0.1", .options = options,
             .config_size = sizeof(struct config), .backend = &ops);
