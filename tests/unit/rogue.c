/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The misbehaving server: a thread a connection, blocking calls. */
#include "tests/unit/rogue.h"

#include <netinet/in.h>
#include <pthread.h>
#include <scope/plugin.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLACES = 4096, LARGE = 1000000 };

struct guest {
    struct rogue *rogue;
    pthread_t thread;
    atomic_int fd; /* -1 when it is closed */
};

struct rogue {
    enum rogue_way way;
    int fd;
    int64_t start_ns;
    pthread_t thread;
    atomic_ullong seen;
    size_t count;
    struct guest guests[PLACES];
};

struct rogue *rogue_open(enum rogue_way way)
{
    struct rogue *rogue = scope_alloc(1, sizeof *rogue);
    rogue->way = way;
    rogue->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (rogue->fd < 0 ||
        bind(rogue->fd, (struct sockaddr *)&address, sizeof address) ||
        listen(rogue->fd, 128)) {
        perror("rogue");
        abort();
    }
    return rogue;
}

int rogue_port(const struct rogue *rogue)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname(rogue->fd, (struct sockaddr *)&address, &size))
        abort();
    return ntohs(address.sin_port);
}

/* Reads up to the end of a request without a body; false at the end. */
static bool read_request(int fd)
{
    char bytes[4096] = "";
    size_t size = 0;
    while (size < 4 || memcmp(bytes + size - 4, "\r\n\r\n", 4) != 0) {
        ssize_t got = recv(fd, bytes + size, sizeof bytes - size, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
    }
    return true;
}

static bool put(int fd, const char *bytes, size_t size)
{
    return send(fd, bytes, size, MSG_NOSIGNAL | MSG_WAITALL) == (ssize_t)size;
}

static bool say(int fd, const char *text)
{
    return put(fd, text, strlen(text));
}

static bool say_slowly(int fd, const char *text)
{
    for (; *text; text++) {
        if (!put(fd, text, 1))
            return false;
        usleep(200);
    }
    return true;
}

static bool say_much(int fd)
{
    static char bytes[LARGE];
    char head[64];
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
             LARGE);
    return say(fd, head) && put(fd, bytes, LARGE);
}

static void stall(const struct rogue *rogue)
{
    int64_t since_ns = scope_now_ns() - rogue->start_ns;
    if (since_ns > 300000000 && since_ns < 2300000000)
        usleep((useconds_t)((2300000000 - since_ns) / 1000));
}

static bool reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return false;
}

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* Answers one request; false when the connection is to be closed. */
static bool answer(const struct rogue *rogue, int fd)
{
    switch (rogue->way) {
    case ROGUE_STALLS:
        stall(rogue);
        return say(fd, HELLO);
    case ROGUE_GOOD:
        return say(fd, HELLO);
    case ROGUE_CHUNKED:
        return say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: x\r\n\r\n");
    case ROGUE_INTERIM:
        return say(fd, "HTTP/1.1 100 Continue\r\n\r\n"
                       "HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n");
    case ROGUE_SLOW:
        return say_slowly(fd, HELLO);
    case ROGUE_LARGE:
        return say_much(fd);
    case ROGUE_CLOSES:
        say(fd, "HTTP/1.1 503 Busy\r\nConnection: close\r\n"
                "Content-Length: 4\r\n\r\nbusy");
        return false;
    case ROGUE_CLOSES_MUTELY:
        say(fd, HELLO);
        usleep(20000); /* the next request may well be on its way */
        return false;
    case ROGUE_TO_CLOSE:
        say(fd, "HTTP/1.1 200 OK\r\n\r\nall there is");
        return false;
    case ROGUE_RESETS:
        return reset(fd);
    case ROGUE_CUTS:
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
        return false;
    case ROGUE_GARBAGE:
        return say(fd, "SSH-2.0-OpenSSH_9.2\r\n");
    case ROGUE_EXCESS:
        return say(fd, HELLO "hello again");
    case ROGUE_HANGS:
        return true;
    default:
        return false;
    }
}

static void *serve_guest(void *closure)
{
    struct guest *guest = closure;
    struct rogue *rogue = guest->rogue;
    while (rogue->way != ROGUE_HANGS_UP && read_request(guest->fd)) {
        atomic_fetch_add(&rogue->seen, 1);
        if (!answer(rogue, guest->fd))
            break;
    }
    close(atomic_exchange(&guest->fd, -1));
    return NULL;
}

static void *serve(void *closure)
{
    struct rogue *rogue = closure;
    while (rogue->count < PLACES) {
        int fd = accept(rogue->fd, NULL, NULL);
        if (fd < 0)
            break;
        struct guest *guest = &rogue->guests[rogue->count++];
        guest->rogue = rogue;
        guest->fd = fd;
        pthread_create(&guest->thread, NULL, serve_guest, guest);
    }
    return NULL;
}

void rogue_start(struct rogue *rogue)
{
    rogue->start_ns = scope_now_ns();
    pthread_create(&rogue->thread, NULL, serve, rogue);
}

void rogue_stop(struct rogue *rogue)
{
    shutdown(rogue->fd, SHUT_RDWR);
    pthread_join(rogue->thread, NULL);
    for (size_t i = 0; i < rogue->count; i++) {
        struct guest *guest = &rogue->guests[i];
        shutdown(guest->fd, SHUT_RDWR);
        pthread_join(guest->thread, NULL);
    }
}

uint64_t rogue_seen(const struct rogue *rogue)
{
    return rogue->seen;
}

uint64_t rogue_accepted(const struct rogue *rogue)
{
    return rogue->count;
}

void rogue_close(struct rogue *rogue)
{
    close(rogue->fd);
    free(rogue);
}
