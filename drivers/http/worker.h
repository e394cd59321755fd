/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread of the load: its connections, its part of the schedule, its
 * counts. worker.c decides what is to be done when, connection.c does it.
 */
#ifndef DRIVERS_HTTP_WORKER_H
#define DRIVERS_HTTP_WORKER_H

#include "drivers/http/request.h"
#include "lib/net/http1.h"
#include "lib/net/loop.h"
#include "lib/net/pace.h"
#include "lib/net/tally.h"

#include <pthread.h>
#include <sys/queue.h>

enum {
    RECEIVE_SIZE = 256 * 1024, /* of one recv(2) */
    PEEK_SIZE = 4096,          /* enough for a head, when bodies are large */
    LARGE_BODY = 32 * 1024,    /* from here on a body is discarded unread */
    GRACE_NS = 10000000,       /* see worker_is_over */
};

enum connection_state {
    IDLE,       /* closed, and to stay so */
    BACKING,    /* closed, to be opened again at due_ns */
    CONNECTING, /* fails at due_ns */
    FREE,
    BUSY, /* a request is out */
};

struct connection {
    int fd; /* -1 when closed */
    enum connection_state state;
    bool reused;                  /* has answered since it was opened */
    bool again;                   /* holds a request that is to be sent again */
    bool hung_up;                 /* the peer will send no more */
    size_t unsent;                /* bytes of the request still to be sent */
    int64_t intended_ns;          /* of the request that is out */
    int64_t sent_ns;              /* when it was really sent */
    int64_t free_ns;              /* since when it is free */
    int64_t due_ns;               /* see the state */
    uint64_t received;            /* bytes of the present answer */
    TAILQ_ENTRY(connection) link; /* among the free */
    size_t address, tried;        /* in this round of connecting */
    unsigned failures;            /* in a row */
    struct scope_http1 answer;
};

/* What all threads share; written before they start. */
struct load {
    const struct options *options;
    const struct request *request;
    const struct scope_addresses *addresses;
    int64_t start_ns;
    _Atomic int64_t end_ns; /* no request is meant for then or later */
    atomic_bool leave;      /* threads end when nothing is out any more */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t drained; /* threads that have nothing to do any more; locked */
};

struct worker {
    struct load *load;
    pthread_t thread;
    int cpu; /* -1: any */
    struct scope_loop loop;
    struct scope_tally tally;
    struct scope_pace pace;
    bool open;         /* loop */
    uint64_t taken;    /* arrivals of the schedule that were sent */
    int64_t next_ns;   /* the next one, INT64_MAX when there is none */
    int64_t check_ns;  /* when the connections are next looked through */
    int64_t period_ns; /* how often they are at least */
    bool drained;
    size_t count;
    struct connection *connections;
    TAILQ_HEAD(free_list, connection) free; /* that for longest first */
    size_t good_address;                    /* the last that was connected to */
    size_t read_size; /* of the first recv(2) of an answer */
    struct scope_http1_memo memo;
    char *buffer; /* RECEIVE_SIZE bytes */
};

enum scope_code worker_open(struct worker *worker, struct load *load,
                            size_t index, size_t connections,
                            struct scope_err *err) SCOPE_MUST_CHECK;
void worker_close(struct worker *worker);
/* The thread. */
void *worker_run(void *worker);

/* Begins to connect, unless the load is over. */
void connection_open(struct worker *worker, struct connection *connection,
                     int64_t now_ns);
void connection_close(struct worker *worker, struct connection *connection);
/* Sends a request that was intended for that time. */
void connection_send(struct worker *worker, struct connection *connection,
                     int64_t intended_ns, int64_t now_ns);
/* Handles what epoll said. */
void connection_event(struct worker *worker, struct connection *connection,
                      uint32_t events);
/* Handles what has been waited for too long, or long enough. */
void connection_check(struct worker *worker, struct connection *connection,
                      int64_t now_ns);

/* The connection can take a request: worker.c gives it one or keeps it. */
void worker_free(struct worker *worker, struct connection *connection,
                 int64_t now_ns);
/* The connection must be looked at again at that time. */
static inline void worker_check_at(struct worker *worker, int64_t time_ns)
{
    if (time_ns < worker->check_ns)
        worker->check_ns = time_ns;
}
/* Whether the last request was sent that ever will be. What was meant for a
 * time before the end may be sent a little after it: else whatever the clock
 * makes late by microseconds would stay unsent. */
static inline bool worker_is_over(const struct worker *worker, int64_t now_ns)
{
    int64_t end_ns =
        atomic_load_explicit(&worker->load->end_ns, memory_order_relaxed);
    if (now_ns < end_ns)
        return false;
    return !worker->open || worker->next_ns >= end_ns ||
           now_ns - end_ns >= GRACE_NS;
}

#endif
