/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load, apart from its protocol: threads, when each request is meant to be
 * sent, which connection carries it, what is counted and timed, and the end.
 * A driver gives the protocol (struct scope_protocol) and takes the ops below
 * as its own, with the engine as `self`.
 *
 * Each thread (struct scope_worker) has connections (struct scope_slot, the
 * first member of the protocol's own struct) that it alone touches. A slot
 * carries up to `streams` requests at once. The engine gives it work with
 * send(); the protocol says with the scope_slot_* functions what came of it.
 */
#ifndef LIB_NET_ENGINE_H
#define LIB_NET_ENGINE_H

#include "lib/net/loop.h"
#include "lib/net/pace.h"
#include "lib/net/tally.h"

#include <pthread.h>
#include <scope/option.h>
#include <sys/queue.h>

struct scope_engine;
struct scope_worker;

/* What a user can say about any load. */
struct scope_load_options {
    double rate;  /* 0: closed loop */
    int arrivals; /* enum scope_arrivals */
    int64_t burst;
    double ramp_from;
    int64_t ramp_ns; /* 0: the whole load */
    int64_t connections, threads;
    int64_t requests;    /* end after so many; 0: by time */
    int64_t outstanding; /* 0: as many as the connections carry */
    int overflow;        /* enum scope_overflow */
    int64_t timeout_ns;  /* 0: none */
    int64_t connect_timeout_ns;
    int64_t slack_ns;
    int64_t seed;
    struct scope_list cpus;
};

/* An arrival that finds no room. */
enum scope_overflow {
    SCOPE_OVERFLOW_WAIT, /* is sent as soon as there is, its latency counting */
    SCOPE_OVERFLOW_DROP, /* is counted as unsent */
};
extern const char *const scope_overflow_words[];

/* Rows for the struct scope_load_options `field` of a configuration. */
#define SCOPE_LOAD_OPTIONS(config, field)                                      \
    SCOPE_OPTION_RATE(                                                         \
        config, field.rate, "rate", .min = "0", .max = "10M",                  \
        .help = "requests a second, sent whether answered or not; without it " \
                "each connection sends as soon as it can"),                    \
        SCOPE_OPTION_CHOICE(                                                   \
            config, field.arrivals, "arrivals", .fallback = "constant",        \
            .choices = scope_arrivals_words,                                   \
            .help = "how the requests of a rate follow each other: evenly, "   \
                    "as from many independent users, in bursts, or with the "  \
                    "rate rising evenly"),                                     \
        SCOPE_OPTION_INT(config, field.burst, "burst", .fallback = "10",       \
                         .min = "1", .max = "1M", .value = "N",                \
                         .help = "requests of a burst (arrivals=burst)"),      \
        SCOPE_OPTION_RATE(config, field.ramp_from, "ramp-from",                \
                          .fallback = "0", .min = "0", .max = "10M",           \
                          .help = "rate at the start (arrivals=ramp)"),        \
        SCOPE_OPTION_DURATION(                                                 \
            config, field.ramp_ns, "ramp-time", .fallback = "0",               \
            .help = "time in which the rate rises (arrivals=ramp); 0: the "    \
                    "whole load"),                                             \
        SCOPE_OPTION_INT(config, field.connections, "connections",             \
                         .fallback = "10", .min = "1", .max = "1M",            \
                         .value = "N",                                         \
                         .help = "connections in all, spread over the "        \
                                 "threads"),                                   \
        SCOPE_OPTION_INT(config, field.threads, "threads", .fallback = "1",    \
                         .min = "1", .max = "1024", .value = "N",              \
                         .help = "threads, at most one a connection"),         \
        SCOPE_OPTION_INT(config, field.requests, "requests", .fallback = "0",  \
                         .min = "0", .value = "N",                             \
                         .help = "end after so many requests; 0: by time "     \
                                 "only"),                                      \
        SCOPE_OPTION_INT(config, field.outstanding, "max-outstanding",         \
                         .fallback = "0", .min = "0", .value = "N",            \
                         .help = "requests out at once, at most; 0: as many "  \
                                 "as the connections carry"),                  \
        SCOPE_OPTION_CHOICE(                                                   \
            config, field.overflow, "overflow", .fallback = "wait",            \
            .choices = scope_overflow_words,                                   \
            .help = "what becomes of a request whose time has come while no "  \
                    "connection has room: it waits, and its latency counts "   \
                    "the wait, or it is dropped and counted as unsent"),       \
        SCOPE_OPTION_DURATION(                                                 \
            config, field.timeout_ns, "timeout", .fallback = "30s",            \
            .max = "1h",                                                       \
            .help = "a request not answered by then is an error and its "      \
                    "connection is closed; 0: never"),                         \
        SCOPE_OPTION_DURATION(                                                 \
            config, field.connect_timeout_ns, "connect-timeout",               \
            .fallback = "5s", .min = "1ms", .max = "1h",                       \
            .help = "a connection not made by then is an error"),              \
        SCOPE_OPTION_DURATION(                                                 \
            config, field.slack_ns, "slack", .fallback = "0", .max = "1s",     \
            .help = "wake up at most this often for requests that are due: "   \
                    "they are sent up to this late, for less CPU"),            \
        SCOPE_OPTION_INT(config, field.seed, "seed", .fallback = "1",          \
                         .value = "N",                                         \
                         .help = "of everything random; the same seed makes "  \
                                 "the same load"),                             \
        SCOPE_OPTION_LIST(config, field.cpus, "cpus", .value = "CPU",          \
                          .help = "CPUs to bind the threads to, in turn: 1 "   \
                                  "or 4-7")

/* A request that is out: kept by the protocol, filled by the engine. */
struct scope_exchange {
    uint64_t number;     /* of the whole load's requests, from 0 */
    int64_t intended_ns; /* when the schedule wanted it sent */
    int64_t sent_ns;     /* when it was given to the protocol */
};

enum scope_slot_state {
    SCOPE_SLOT_IDLE,    /* closed, and to stay so */
    SCOPE_SLOT_BACKING, /* closed, to be opened again at due_ns */
    SCOPE_SLOT_OPENING, /* fails at due_ns */
    SCOPE_SLOT_OPEN,
};

struct scope_slot {
    enum scope_slot_state state;
    bool queued;       /* in the list of those that have room */
    bool proven;       /* a request was answered since it was opened */
    bool drained;      /* takes no more: to be reopened when nothing is out */
    unsigned index;    /* among the worker's slots */
    uint32_t out;      /* requests out */
    uint32_t room;     /* how many it carries at once; streams at first */
    unsigned failures; /* of opening, in a row */
    int64_t due_ns;    /* see the state */
    TAILQ_ENTRY(scope_slot) link;
};

struct scope_link_slot_ops;

struct scope_protocol {
    size_t slot_size;   /* of the struct that begins with a scope_slot */
    size_t worker_size; /* of what each thread has of its own: worker->own */
    const char *const *kinds; /* of answers; NULL at the end */
    bool statuses;            /* kinds are the status classes 1xx to 5xx */
    unsigned parts;           /* the last of them time parts of requests (see
                                 scope_tally_part), and no request is of these kinds */
    /* In thread order, before any thread runs. */
    enum scope_code (*worker_open)(struct scope_worker *worker,
                                   struct scope_err *err);
    void (*worker_close)(struct scope_worker *worker);
    /* Begins to open: ends in scope_slot_ready or scope_slot_failed, at once
     * or later. */
    void (*open)(struct scope_worker *worker, struct scope_slot *slot,
                 int64_t now_ns);
    /* Opening has taken longer than connect-timeout: go on in another way or
     * scope_slot_failed. */
    void (*open_timeout)(struct scope_worker *worker, struct scope_slot *slot,
                         int64_t now_ns);
    /* Sends one more request; exchange is to be copied. */
    void (*send)(struct scope_worker *worker, struct scope_slot *slot,
                 const struct scope_exchange *exchange);
    /* What epoll said of a descriptor watched with the slot as `who`. */
    void (*event)(struct scope_worker *worker, struct scope_slot *slot,
                  uint32_t events);
    /* After a batch of the above, before the thread waits: for a protocol that
     * gathers what it writes. */
    void (*flush)(struct scope_worker *worker);
    /* Asked a few times a second of slots with requests out, to find those
     * that timed out (scope_worker_timeout_ns). */
    void (*check)(struct scope_worker *worker, struct scope_slot *slot,
                  int64_t now_ns);
    /* Closes what is open; requests out are forgotten. Also of a slot that
     * never was open. */
    void (*shut)(struct scope_worker *worker, struct scope_slot *slot);
    const struct scope_link_slot_ops
        *linked; /* of one over links: link_slot.h */
    /* After the last thread: frees the driver's own, given as closure. */
    void (*close)(void *closure);
};

struct scope_engine_plan {
    const struct scope_load_options *options; /* copied */
    const struct scope_protocol *protocol;
    void *closure;    /* the driver's own, constant while threads run; owned
                         from here on, also after a failure */
    uint32_t streams; /* requests a slot carries at once, 0 is 1 */
    /* Slots are opened when there is work for them: send() of one that is not
     * open opens it, and keeps the request until it is. */
    bool lazy;
    /* Arrivals at these times instead of by a rate; kept by the driver. */
    const struct scope_timetable *timetable;
    unsigned own; /* counters of the driver's own: tally.counts.own */
};

enum scope_code scope_engine_open(const struct scope_engine_plan *plan,
                                  void **self,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* A driver's ops. */
enum scope_code scope_engine_start(void *self, int64_t start_ns,
                                   int64_t duration_ns, struct scope_err *err);
enum scope_code scope_engine_wait(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err);
enum scope_code scope_engine_sample(void *self, struct scope_sink *sink,
                                    struct scope_err *err);
void scope_engine_stop(void *self);
void scope_engine_close(void *self);

TAILQ_HEAD(scope_slots, scope_slot);

struct scope_worker {
    struct scope_engine *engine;
    void *closure; /* the driver's own */
    void *own;     /* the protocol's of this thread */
    const struct scope_load_options *options;
    unsigned index; /* of the thread */
    struct scope_loop loop;
    struct scope_tally tally;
    /* The rest is the engine's. */
    pthread_t thread;
    int cpu;      /* -1: any */
    bool paced;   /* open loop */
    bool sending; /* in send_due */
    bool drained;
    struct scope_pace pace;
    uint64_t taken;    /* arrivals (requests, in a closed loop) taken */
    uint64_t dropped;  /* of them, for want of room */
    uint64_t quota;    /* of them, at most */
    uint64_t limit;    /* requests out, at most */
    int64_t next_ns;   /* the next arrival, INT64_MAX when there is none */
    int64_t room_ns;   /* since when there has been room */
    int64_t woken_ns;  /* when requests were last sent, for the slack */
    int64_t check_ns;  /* when the slots are next looked through */
    int64_t period_ns; /* how often they are at least */
    size_t count, slot_size;
    char *slots;              /* count of slot_size bytes */
    struct scope_slots roomy; /* those with room, that for longest first */
};

/* --- what a protocol says ------------------------------------------------- */

/* The slot is open: it will be given work. */
void scope_slot_ready(struct scope_worker *worker, struct scope_slot *slot,
                      int64_t now_ns);
/* It could not be opened: counted, and tried again after a while. A request
 * kept for it is to be said lost first. */
void scope_slot_failed(struct scope_worker *worker, struct scope_slot *slot,
                       enum scope_fault fault, const char *detail,
                       int64_t now_ns);
/* A request was answered whole: counted and timed. Followed by
 * scope_slot_next or scope_slot_reopen. */
void scope_slot_answered(struct scope_worker *worker, struct scope_slot *slot,
                         const struct scope_exchange *exchange, unsigned kind,
                         int64_t now_ns);
/* A request was answered, but not as it should have been, or will not be:
 * counted as an error. Followed by the same. name NULL: the fault's own. */
void scope_slot_lost(struct scope_worker *worker, struct scope_slot *slot,
                     enum scope_fault fault, const char *name,
                     const char *detail);
/* A request kept for a slot that cannot be opened: it is counted with the
 * slot's failure, which follows. */
void scope_slot_forgo(struct scope_worker *worker, struct scope_slot *slot);
/* The slot has room: it is given more, now or when there is some. */
void scope_slot_next(struct scope_worker *worker, struct scope_slot *slot,
                     int64_t now_ns);
/* Closes it and opens it again: at once when it was good before, else after a
 * while. Requests out that were not said to be lost are the protocol's to send
 * again. */
void scope_slot_reopen(struct scope_worker *worker, struct scope_slot *slot,
                       int64_t now_ns);

static inline struct scope_slot *scope_worker_slot(struct scope_worker *worker,
                                                   size_t index)
{
    return (struct scope_slot *)(void *)(worker->slots +
                                         index * worker->slot_size);
}

/* The slot must be checked again at that time. */
static inline void scope_worker_check_at(struct scope_worker *worker,
                                         int64_t time_ns)
{
    if (time_ns < worker->check_ns)
        worker->check_ns = time_ns;
}
/* Requests sent before this have timed out. */
static inline int64_t scope_worker_timeout_ns(const struct scope_worker *worker,
                                              int64_t now_ns)
{
    return worker->options->timeout_ns ? now_ns - worker->options->timeout_ns
                                       : INT64_MIN;
}

#endif
