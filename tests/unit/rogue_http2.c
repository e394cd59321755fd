/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The misbehaving HTTP/2 server: a thread a connection, blocking calls. */
#include "tests/unit/rogue_http2.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <scope/alloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLACES = 1024, LARGE = 1000000 };

struct guest {
    struct rogue2 *rogue;
    pthread_t thread;
    atomic_int fd; /* -1 when it is closed */
    nghttp2_session *session;
    unsigned streams; /* that have begun */
    unsigned open;
    size_t left;        /* of the body being sent */
    int32_t first;      /* stream, of those that are left out */
    bool leave;         /* close when what is written has gone */
    bool leave_at_once; /* without it */
    const char *raw;    /* to be written past nghttp2 */
    size_t raw_size;
};

struct rogue2 {
    enum rogue2_way way;
    int fd;
    pthread_t thread;
    atomic_ullong seen, refused, most, received, pings, held;
    size_t count;
    struct guest guests[PLACES];
};

struct rogue2 *rogue2_open(enum rogue2_way way)
{
    struct rogue2 *rogue = scope_alloc(1, sizeof *rogue);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    rogue->way = way;
    rogue->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (rogue->fd < 0 ||
        bind(rogue->fd, (struct sockaddr *)&address, sizeof address) ||
        listen(rogue->fd, 128)) {
        perror("rogue2");
        abort();
    }
    return rogue;
}

int rogue2_port(const struct rogue2 *rogue)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname(rogue->fd, (struct sockaddr *)&address, &size))
        abort();
    return ntohs(address.sin_port);
}

/* --- answers -------------------------------------------------------------- */

static nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){
        .name = (uint8_t *)(uintptr_t)name,
        .value = (uint8_t *)(uintptr_t)value,
        .namelen = strlen(name),
        .valuelen = strlen(value),
    };
}

/* A body of zeros; the rest is never sent when it is to be cut off. */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to,
                         size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *closure)
{
    (void)session, (void)id, (void)source;
    struct guest *guest = closure;
    size_t size = guest->left < room ? guest->left : room;
    if (!size)
        return NGHTTP2_ERR_DEFERRED;
    memset(to, 0, size);
    guest->left -= size;
    if (guest->rogue->way == ROGUE2_CUTS)
        guest->leave = true;
    else if (!guest->left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

static void say(struct guest *guest, int32_t id, size_t size,
                const char *length)
{
    const nghttp2_nv fields[] = {field(":status", "200"),
                                 field("content-length", length),
                                 field("x-rogue", "Yes")};
    /* One body at a time, which the tests see to. */
    guest->left = size;
    const nghttp2_data_provider body = {.read_callback = read_body};
    nghttp2_submit_response(guest->session, id, fields, 3, &body);
}

static void say_hello(struct guest *guest, int32_t id)
{
    bool bad = guest->rogue->way == ROGUE2_BAD_STATUS;
    const nghttp2_nv fields[] = {field(":status", bad ? "003" : "200"),
                                 field("x-rogue", "Yes")};
    nghttp2_submit_response(guest->session, id, fields, 2, NULL);
}

static void say_interim(struct guest *guest, int32_t id)
{
    const nghttp2_nv early = field(":status", "103");
    nghttp2_submit_headers(guest->session, NGHTTP2_FLAG_NONE, id, NULL, &early,
                           1, NULL);
    say_hello(guest, id);
}

static void refuse(struct guest *guest, int32_t id, uint32_t code)
{
    if (code == NGHTTP2_REFUSED_STREAM)
        guest->rogue->refused++;
    nghttp2_submit_rst_stream(guest->session, NGHTTP2_FLAG_NONE, id, code);
}

static void leave_out(struct guest *guest, int32_t id)
{
    if (!guest->first)
        guest->first = id;
    if (guest->leave || (guest->open < 4 && guest->rogue->seen < 20))
        return;
    guest->rogue->refused += guest->open - 1;
    nghttp2_submit_goaway(guest->session, NGHTTP2_FLAG_NONE, guest->first,
                          NGHTTP2_NO_ERROR, NULL, 0);
    say_hello(guest, guest->first);
    guest->leave = true;
}

/* DATA on the connection itself: RFC 9113, section 6.1. */
static const char bad_frame[] = "\0\0\1\0\0\0\0\0\0x";

static void answer(struct guest *guest, int32_t id)
{
    struct rogue2 *rogue = guest->rogue;
    static const uint8_t calm[] = "too much";
    switch (rogue->way) {
    case ROGUE2_GOOD:
    case ROGUE2_NARROW:
    case ROGUE2_UPGRADES:
    case ROGUE2_BAD_STATUS:
        say_hello(guest, id);
        break;
    case ROGUE2_INTERIM:
        say_interim(guest, id);
        break;
    case ROGUE2_LARGE:
        say(guest, id, LARGE, "1000000");
        break;
    case ROGUE2_GOES:
        say_hello(guest, id);
        if (guest->streams == 10)
            nghttp2_submit_goaway(guest->session, NGHTTP2_FLAG_NONE, id,
                                  NGHTTP2_NO_ERROR, NULL, 0);
        break;
    case ROGUE2_LEAVES_OUT:
        leave_out(guest, id);
        break;
    case ROGUE2_REFUSES_SOME:
        if (guest->streams <= 8)
            refuse(guest, id, NGHTTP2_REFUSED_STREAM);
        else
            say_hello(guest, id);
        break;
    case ROGUE2_REFUSES:
        refuse(guest, id, NGHTTP2_REFUSED_STREAM);
        break;
    case ROGUE2_RESETS:
        refuse(guest, id, NGHTTP2_INTERNAL_ERROR);
        break;
    case ROGUE2_CLOSES:
        if (guest->streams > 10)
            guest->leave_at_once = true;
        else
            say_hello(guest, id);
        break;
    case ROGUE2_CUTS:
        say(guest, id, 1000, "2000");
        break;
    case ROGUE2_CUTS_STREAM:
        say(guest, id, 1000, "2000");
        break;
    case ROGUE2_BAD_FRAME:
        guest->raw = bad_frame;
        guest->raw_size = sizeof bad_frame - 1;
        break;
    case ROGUE2_GIVES_UP:
        nghttp2_submit_goaway(guest->session, NGHTTP2_FLAG_NONE, id,
                              NGHTTP2_ENHANCE_YOUR_CALM, calm, sizeof calm - 1);
        guest->leave = true;
        break;
    case ROGUE2_HOLDS_FIRST:
        if (rogue->held++)
            say_hello(guest, id);
        break;
    case ROGUE2_STAYS:
    case ROGUE2_HANGS:
    case ROGUE2_MUTE:
        break;
    }
}

/* --- what nghttp2 tells --------------------------------------------------- */

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame,
                    void *closure)
{
    (void)session;
    struct guest *guest = closure;
    if (frame->hd.type != NGHTTP2_HEADERS ||
        frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    guest->streams++;
    guest->open++;
    if (guest->open > guest->rogue->most)
        guest->rogue->most = guest->open;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *closure)
{
    (void)session;
    struct guest *guest = closure;
    if (frame->hd.type == NGHTTP2_PING)
        guest->rogue->pings++;
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    guest->rogue->seen++;
    answer(guest, frame->hd.stream_id);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *bytes, size_t size, void *closure)
{
    (void)session, (void)flags, (void)id, (void)bytes;
    struct guest *guest = closure;
    guest->rogue->received += size;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code,
                    void *closure)
{
    (void)session, (void)id, (void)code;
    struct guest *guest = closure;
    guest->open--;
    return 0;
}

/* --- connections ---------------------------------------------------------- */

static bool put(int fd, const void *bytes, size_t size)
{
    return send(fd, bytes, size, MSG_NOSIGNAL | MSG_WAITALL) == (ssize_t)size;
}

static bool put_all(struct guest *guest)
{
    const uint8_t *bytes;
    ssize_t size;
    if (guest->leave_at_once)
        return false;
    while ((size = nghttp2_session_mem_send(guest->session, &bytes)) > 0)
        if (!put(guest->fd, bytes, (size_t)size))
            return false;
    if (guest->raw && !put(guest->fd, guest->raw, guest->raw_size))
        return false;
    guest->raw = NULL;
    return !guest->leave;
}

static void begin_session(struct guest *guest, bool upgraded)
{
    nghttp2_session_callbacks *callbacks;
    const nghttp2_settings_entry narrow = {
        NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2};
    if (nghttp2_session_callbacks_new(&callbacks))
        abort();
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks,
                                                            on_begin);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_server_new(&guest->session, callbacks, guest);
    nghttp2_session_callbacks_del(callbacks);
    if (upgraded) {
        const uint8_t none[1] = {0};
        guest->open++;
        nghttp2_session_upgrade2(guest->session, none, 0, 1, NULL);
        say_hello(guest, 1);
    }
    nghttp2_submit_settings(guest->session, NGHTTP2_FLAG_NONE, &narrow,
                            guest->rogue->way == ROGUE2_NARROW);
}

/* Reads a request of HTTP/1.1, and agrees to HTTP/2 in two pieces. */
static bool upgrade(struct guest *guest)
{
    char bytes[4096] = "";
    size_t size = 0;
    while (!memmem(bytes, size, "\r\n\r\n", 4)) {
        ssize_t got = recv(guest->fd, bytes + size, sizeof bytes - size, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
    }
    bytes[size - 1] = '\0';
    if (guest->rogue->way == ROGUE2_STAYS) {
        static const char no[] = "HTTP/1.1 200 OK\r\n\r\n";
        return put(guest->fd, no, sizeof no - 1);
    }
    if (!strstr(bytes, "\r\nUpgrade: h2c\r\n") ||
        !strstr(bytes, "\r\nHTTP2-Settings: "))
        abort();
    static const char yes[] = "HTTP/1.1 101 Switching Protocols\r\n"
                              "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n";
    if (!put(guest->fd, yes, 20))
        return false;
    usleep(2000);
    return put(guest->fd, yes + 20, sizeof yes - 1 - 20);
}

static void serve(struct guest *guest)
{
    char bytes[65536];
    enum rogue2_way way = guest->rogue->way;
    bool old = way == ROGUE2_UPGRADES || way == ROGUE2_STAYS;
    ssize_t got = 1;
    if (way == ROGUE2_MUTE)
        while (recv(guest->fd, bytes, sizeof bytes, 0) > 0)
            ;
    if (way == ROGUE2_MUTE || (old && !upgrade(guest)) || way == ROGUE2_STAYS)
        return;
    begin_session(guest, old);
    while (put_all(guest) &&
           (got = recv(guest->fd, bytes, sizeof bytes, 0)) > 0 &&
           nghttp2_session_mem_recv(guest->session, (uint8_t *)bytes,
                                    (size_t)got) >= 0)
        ;
    nghttp2_session_del(guest->session);
    if (!guest->leave || got <= 0)
        return;
    /* What is still coming must not make a reset of the close. */
    shutdown(guest->fd, SHUT_WR);
    while (recv(guest->fd, bytes, sizeof bytes, 0) > 0)
        ;
}

static void *run_guest(void *closure)
{
    struct guest *guest = closure;
    serve(guest);
    close(atomic_exchange(&guest->fd, -1));
    return NULL;
}

static void *run(void *closure)
{
    struct rogue2 *rogue = closure;
    for (;;) {
        int fd = accept(rogue->fd, NULL, NULL);
        if (fd < 0)
            return NULL;
        if (rogue->count == PLACES)
            abort();
        struct guest *guest = &rogue->guests[rogue->count++];
        guest->rogue = rogue;
        guest->fd = fd;
        const int yes = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (pthread_create(&guest->thread, NULL, run_guest, guest))
            abort();
    }
}

void rogue2_start(struct rogue2 *rogue)
{
    if (pthread_create(&rogue->thread, NULL, run, rogue))
        abort();
}

void rogue2_stop(struct rogue2 *rogue)
{
    shutdown(rogue->fd, SHUT_RDWR);
    pthread_join(rogue->thread, NULL);
    for (size_t i = 0; i < rogue->count; i++) {
        int fd = rogue->guests[i].fd;
        if (fd >= 0)
            shutdown(fd, SHUT_RDWR);
        pthread_join(rogue->guests[i].thread, NULL);
    }
}

uint64_t rogue2_seen(const struct rogue2 *rogue)
{
    return rogue->seen;
}

uint64_t rogue2_refused(const struct rogue2 *rogue)
{
    return rogue->refused;
}

uint64_t rogue2_most(const struct rogue2 *rogue)
{
    return rogue->most;
}

uint64_t rogue2_received(const struct rogue2 *rogue)
{
    return rogue->received;
}

uint64_t rogue2_pings(const struct rogue2 *rogue)
{
    return rogue->pings;
}

uint64_t rogue2_accepted(const struct rogue2 *rogue)
{
    return rogue->count;
}

void rogue2_close(struct rogue2 *rogue)
{
    close(rogue->fd);
    free(rogue);
}
