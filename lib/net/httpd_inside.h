/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the HTTP server share. A thread owns its connections; of
 * other threads it sees the counts in struct scope_httpd alone.
 *
 * httpd.c          the server: threads, ports, options
 * httpd_thread.c   one thread: events, accepting, deadlines
 * httpd_peer.c     one connection: reading, and when to stop
 * httpd_output.c   what is on its way out
 * httpd_http1.c    requests from bytes, and answers to bytes
 * httpd_http2.c    the same of HTTP/2, with httpd_stream.c
 *                  (httpd_http2_none.c without nghttp2)
 */
#ifndef LIB_NET_HTTPD_INSIDE_H
#define LIB_NET_HTTPD_INSIDE_H

#include "lib/net/due.h"
#include "lib/net/http1_request.h"
#include "lib/net/httpd.h"
#include "lib/net/loop.h"
#include "lib/net/pin.h"
#include "lib/net/tls.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

enum {
    HTTPD_IN = 64 * 1024,  /* read at once */
    HTTPD_OUT = 64 * 1024, /* copied into one batch of answers */
    HTTPD_SEGMENTS = 64,   /* of a batch */
    HTTPD_FILLING = 256 * 1024,
    HTTPD_SLOTS = 64, /* of the wheel of deadlines */
};
#define HTTPD_TICK_NS INT64_C(250000000)
/* Bytes of bodies on their way in that are kept, of all connections. */
#define HTTPD_KEPT (UINT64_C(1) << 30)

/* Bytes to be sent. */
struct httpd_segment {
    const char *bytes; /* NULL: filling */
    uint64_t size;
    char *owned; /* freed when it is sent, or NULL */
};

/* What is left of a batch that the socket did not take. */
struct httpd_queue {
    struct httpd_segment *items;
    size_t first, count, room;
};

struct httpd_buffer {
    char *bytes;
    size_t size, room;
};

/* A buffer of which so many bytes count in scope_httpd.kept. */
struct httpd_body {
    struct httpd_buffer buffer;
    uint64_t counted;
};

enum httpd_state {
    HTTPD_SHAKING, /* TLS */
    HTTPD_TALKING,
    HTTPD_LINGERING, /* everything is said; waits for the peer to hang up, as
                        closing now could make it lose the answer */
};

enum httpd_stage {
    HTTPD_HEAD,
    HTTPD_BODY,
    HTTPD_CHUNKS,
};

struct httpd_peer {
    struct httpd_thread *thread;
    int fd;
    enum httpd_state state;
    bool readable; /* the socket may have bytes */
    bool hung_up;  /* epoll said that the peer will send no more */
    bool ended;    /* and all it sent was read */
    bool starved;  /* what is in raw is no whole request */
    bool closing;  /* when what is queued is sent */
    bool linger;   /* then */
    bool broken;   /* the connection: to be closed */
    bool held;     /* the answer in the queue waits for its time */
    bool begun;    /* a request was read: it is known what is spoken */
    bool queued;   /* in the list of those that go on in the next round */
    uint8_t slot;  /* of the wheel */
    struct scope_tls_stream *tls; /* NULL: none */
    struct httpd_http2 *http2;    /* NULL: HTTP/1 */
    int64_t opened_ns;
    int64_t active_ns;       /* when bytes last went either way */
    int64_t begun_ns;        /* the present request's first byte; 0: none */
    struct httpd_buffer raw; /* read, not yet used */
    struct httpd_queue queue;
    /* The present request, when its body comes in pieces. */
    enum httpd_stage stage;
    bool kept; /* the body, too */
    struct scope_http1_frame frame;
    struct scope_http1_chunks chunks;
    uint64_t body_size;        /* so far */
    struct httpd_body request; /* head and body */
    struct scope_due due;
    LIST_ENTRY(httpd_peer) wheel;
    TAILQ_ENTRY(httpd_peer) again;
};

LIST_HEAD(httpd_peers, httpd_peer);
TAILQ_HEAD(httpd_round, httpd_peer);

struct httpd_thread {
    struct scope_httpd *httpd;
    unsigned index;
    int cpu; /* -1: any */
    int listen_fd;
    void *own; /* the handler's */
    pthread_t id;
    struct scope_loop loop;
    int64_t now_ns;
    /* Accepting. */
    bool accepting;    /* more may wait in the kernel */
    int64_t accept_ns; /* when to try again; INT64_MAX */
    /* Deadlines, to a tick; and delays, to the nanosecond. */
    struct httpd_peers slots[HTTPD_SLOTS];
    int64_t tick; /* the number of the last one */
    size_t peers;
    struct scope_dues dues;
    struct httpd_round round;
    size_t in_round;
    /* The answers to what was read last, of one connection. */
    struct httpd_segment batch[HTTPD_SEGMENTS];
    size_t segments, used;
    int64_t date_ns; /* until when `date` is right */
    char date[40];   /* "date: ...\r\n" */
    size_t date_size;
    struct scope_httpd_field fields[SCOPE_HTTP1_FIELDS_MAX];
    char in[HTTPD_IN];
    char out[HTTPD_OUT];
};

struct scope_httpd {
    struct scope_httpd_options options;
    const struct scope_httpd_handler *handler;
    void *closure;
    struct scope_tls *tls; /* NULL: none */
    char *filling;         /* HTTPD_FILLING bytes */
    struct httpd_thread **threads;
    size_t count;
    atomic_bool stopping;
    atomic_uint_fast64_t open; /* connections */
    atomic_uint_fast64_t held; /* answers */
    atomic_uint_fast64_t kept; /* bytes of bodies */
};

/* --- httpd_thread.c --------------------------------------------------------
 */

/* Runs until the server is stopping; then closes all connections. */
void *httpd_thread_run(void *thread);
/* The deadline of the peer may have become earlier. */
void httpd_thread_hurry(struct httpd_peer *peer);
/* To go on with the peer after the others had their turn. */
void httpd_thread_again(struct httpd_peer *peer);
void httpd_thread_leave(struct httpd_peer *peer);

/* --- httpd_peer.c ----------------------------------------------------------
 */

struct httpd_peer *httpd_peer_new(struct httpd_thread *thread, int fd);
/* Frees it, too. */
void httpd_peer_close(struct httpd_peer *peer);
/* Holds the answer that is put next back until then. */
void httpd_peer_hold(struct httpd_peer *peer, int64_t until_ns);
/* Each may close it. */
void httpd_peer_event(struct httpd_peer *peer, uint32_t events);
void httpd_peer_continue(struct httpd_peer *peer);
void httpd_peer_timeout(struct httpd_peer *peer);
/* INT64_MAX: none. */
int64_t httpd_peer_deadline(const struct httpd_peer *peer);
/* No request can be taken now: an answer waits or is being sent. */
static inline bool httpd_peer_busy(const struct httpd_peer *peer)
{
    return peer->queue.count || peer->closing;
}

/* Adds bytes of a body that is kept; false when there is no room for them in
 * all. What was added is given back with httpd_body_free. */
bool httpd_body_add(struct scope_httpd *httpd, struct httpd_body *body,
                    const char *bytes, size_t size);
void httpd_body_free(struct scope_httpd *httpd, struct httpd_body *body);

void httpd_buffer_add(struct httpd_buffer *buffer, const char *bytes,
                      size_t size);
void httpd_buffer_free(struct httpd_buffer *buffer);

/* --- httpd_output.c --------------------------------------------------------
 */

void httpd_put(struct httpd_peer *peer, const char *bytes, size_t size);
/* Not copied; owned, if not NULL, is freed when it is sent. */
void httpd_put_constant(struct httpd_peer *peer, const char *bytes,
                        uint64_t size, char *owned);
void httpd_put_filling(struct httpd_peer *peer, uint64_t size);
/* Sends what it can of the batch; the rest is queued. peer->broken when that
 * fails. */
void httpd_flush(struct httpd_peer *peer);
/* Sends what it can of the queue. */
void httpd_flush_queue(struct httpd_peer *peer);
void httpd_queue_free(struct httpd_queue *queue);

/* --- httpd_http1.c ---------------------------------------------------------
 */

/* Takes requests from bytes and answers them, until the peer is busy or
 * starved; returns how many were taken. */
size_t httpd_http1_take(struct httpd_peer *peer, char *bytes, size_t size);
/* Answers with a status only, and closes. */
void httpd_http1_refuse(struct httpd_peer *peer, unsigned status);
/* The reason phrase. */
const char *httpd_reason(unsigned status);
/* The line "date: ...\r\n" of now. */
void httpd_date(struct httpd_thread *thread);
/* What a refused request is answered. */
extern const char *const httpd_plain;

/* --- httpd_http2.c ---------------------------------------------------------
 */

bool httpd_http2_there(void);
void httpd_http2_open(struct httpd_peer *peer);
void httpd_http2_close(struct httpd_peer *peer);
/* As httpd_http1_take. */
size_t httpd_http2_take(struct httpd_peer *peer, char *bytes, size_t size);
/* INT64_MAX: none. */
int64_t httpd_http2_deadline(const struct httpd_peer *peer);
/* The socket has room again. */
void httpd_http2_send(struct httpd_peer *peer);

#endif
