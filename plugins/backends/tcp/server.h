/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the backend tcp share. A thread owns its connections; of
 * the others it sees the number of connections alone.
 *
 * tcp.c     options, and what is opened from them
 * serve.c   threads and ports, from the first to the last
 * thread.c  one thread: events, accepting, time limits
 * peer.c    one connection
 * answer.c  what is answered without a scenario
 */
#ifndef PLUGINS_BACKENDS_TCP_SERVER_H
#define PLUGINS_BACKENDS_TCP_SERVER_H

#include "lib/net/listen.h"
#include "lib/net/loop.h"
#include "lib/net/stage.h"
#include "lib/net/tls.h"

#include <pthread.h>
#include <scope/option.h>
#include <scope/plugin.h>
#include <stdatomic.h>
#include <sys/queue.h>

enum answer {
    ANSWER_ECHO,
    ANSWER_DISCARD,
    ANSWER_SOURCE,
    ANSWER_RESPOND,
};

struct options {
    int answer;
    uint64_t request_size, response_size;
    const char *scenario, *server;
    int multiplex;
    int64_t threads;
    struct scope_list cpus;
    int64_t connections;
    int64_t start_ns;
    bool tls;
    const char *certificate, *key, *client_ca;
};

/* One server of the scenario, or the only one: a port. */
struct port {
    uint32_t server; /* of the scenario */
    struct scope_tls *tls;
    bool tls_owned;
    char bound[SCOPE_LISTEN_TEXT];
    int *fds; /* one for each thread */
};

struct server {
    struct options options;
    struct scope_scenario scenario;
    bool multiplex;
    size_t port_count;
    struct port *ports;
    char *filling;
    size_t count;
    struct thread *threads;
    atomic_bool stopping;
    atomic_uint_fast64_t open; /* connections */
};

/* What epoll tells of: the first member of both. */
struct source {
    struct listener *listener; /* NULL: it is a peer */
};

struct listener {
    struct source source;
    struct thread *thread;
    struct port *port;
    int fd;
    bool waiting; /* more may wait in the kernel */
};

enum peer_state {
    PEER_SHAKING, /* TLS */
    PEER_NAMING,  /* which of the scenario's connections it is */
    PEER_PLAYING,
    PEER_ANSWERING,
};

struct peer {
    struct source source;
    struct thread *thread;
    struct port *port;
    int fd;
    enum peer_state state;
    bool queued;   /* has another turn */
    bool readable; /* the socket may have bytes */
    bool ended;    /* all that the client sent was read */
    struct scope_tls_stream *tls;
    struct scope_session *session;
    int64_t limit_ns;        /* to begin by then */
    TAILQ_ENTRY(peer) link;  /* among those that begin, or the others */
    TAILQ_ENTRY(peer) round; /* of those that have another turn */
    uint8_t name[8];
    size_t have;
    /* Without a scenario: */
    uint64_t asked; /* bytes of a request that is not whole */
    uint64_t owed;  /* bytes of answers still to be sent */
    char *echo;     /* of what is to be echoed and was not taken */
    size_t echo_from, echo_to;
};

TAILQ_HEAD(peers, peer);

struct thread {
    struct server *server;
    unsigned index;
    int cpu; /* -1: any */
    pthread_t id;
    struct scope_loop loop;
    int64_t now_ns;
    struct listener *listeners; /* one for each port */
    bool accepting;             /* one of them waits */
    int64_t accept_ns;          /* when to try again */
    struct peers beginning, others, round;
    struct scope_stage *stage; /* NULL: no scenario */
    char *buffer;              /* BUFFER_SIZE */
};

enum {
    BUFFER_SIZE = 256 * 1024,
    SHARE = 512 * 1024, /* bytes of one turn */
};

/* --- thread.c ------------------------------------------------------------- */

void *thread_run(void *thread);
/* The peer is given another turn. */
void thread_again(struct peer *peer);

/* --- peer.c --------------------------------------------------------------- */

extern const struct scope_stage_hooks peer_hooks;

void peer_new(struct listener *listener, int fd);
void peer_event(struct peer *peer, uint32_t events);
/* Another turn. */
void peer_continue(struct peer *peer);
/* Frees it; one that plays is asked to end instead. */
void peer_close(struct peer *peer);
/* As recv(2) and send(2). */
ssize_t peer_receive(struct peer *peer, void *bytes, size_t size);
ssize_t peer_send(struct peer *peer, const void *bytes, size_t size);

/* --- answer.c ------------------------------------------------------------- */

/* Reads and sends what it can; false when the connection is over. */
bool answer_some(struct peer *peer);

/* --- serve.c -------------------------------------------------------------- */

enum scope_code server_serve(void *self, const struct scope_serve *serve,
                             struct scope_err *err);

#endif
