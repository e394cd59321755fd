/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one thread of a driver counts, and how it gets from there to the sink.
 *
 * The thread alone writes its counts and records into one of two sets of
 * histograms. To sample, another thread asks for them; the thread looks
 * between two batches of events, copies its counts, turns to the other set and
 * answers. No lock and no atomic operation is paid for a request.
 */
#ifndef LIB_NET_TALLY_H
#define LIB_NET_TALLY_H

#include "lib/net/fault.h"

#include <scope/load.h>
#include <scope/plugin.h>
#include <semaphore.h>
#include <stdatomic.h>

/* What a driver that tallies reports beyond <scope/load.h>. */
enum {
    SCOPE_TALLY_RETRIES = SCOPE_LOAD_COUNT,
    SCOPE_TALLY_CUT,
    SCOPE_TALLY_WAITED,
    SCOPE_TALLY_CAPACITY,
    SCOPE_TALLY_ANSWERS,
    SCOPE_TALLY_KIND_LATENCY,
    SCOPE_TALLY_KIND_SERVICE,
    SCOPE_TALLY_CONNECT,
    SCOPE_TALLY_HANDSHAKE,
    SCOPE_TALLY_COUNT, /* the first index for a driver's own metrics */
};

#define SCOPE_TALLY_ROW(index, text, kind, type, base, of, words)              \
    [SCOPE_TALLY_##index] = {.name = (text),                                   \
                             .semantics = SCOPE_##kind,                        \
                             .value = SCOPE_##type,                            \
                             .unit = SCOPE_UNIT_##base,                        \
                             .domain = (of),                                   \
                             .help = (words)}

#define SCOPE_TALLY_METRICS                                                    \
    SCOPE_LOAD_METRICS,                                                        \
        SCOPE_TALLY_ROW(RETRIES, "retries", COUNTER, U64, COUNT, NULL,         \
                        "requests sent again, as the server closed the "       \
                        "connection or refused them when they were on their "  \
                        "way; their time runs on"),                            \
        SCOPE_TALLY_ROW(CUT, "cut", COUNTER, U64, COUNT, NULL,                 \
                        "requests sent but not answered when the load "        \
                        "ended; in no histogram"),                             \
        SCOPE_TALLY_ROW(WAITED, "waited", COUNTER, U64, COUNT, NULL,           \
                        "requests that were sent later than intended as no "   \
                        "connection had room for them"),                       \
        SCOPE_TALLY_ROW(CAPACITY, "capacity", GAUGE, U64, COUNT, NULL,         \
                        "requests that the open connections carry at once"),   \
        SCOPE_TALLY_ROW(ANSWERS, "answers", COUNTER, U64, COUNT, "kind",       \
                        "answers by kind, where there are no status classes"), \
        SCOPE_TALLY_ROW(KIND_LATENCY, "latency.kind", HISTOGRAM, HIST, NS,     \
                        "kind", "latency of the answers of one kind"),         \
        SCOPE_TALLY_ROW(KIND_SERVICE, "service.kind", HISTOGRAM, HIST, NS,     \
                        "kind", "service time of the answers of one kind"),    \
        SCOPE_TALLY_ROW(CONNECT, "connect.time", HISTOGRAM, HIST, NS, NULL,    \
                        "time in which a connection was made, without TLS"),   \
        SCOPE_TALLY_ROW(HANDSHAKE, "handshake.time", HISTOGRAM, HIST, NS,      \
                        NULL, "time of a TLS handshake")

enum {
    SCOPE_KINDS_MAX = 64,    /* kinds of answers */
    SCOPE_NAMED_MAX = 32,    /* errors with names of their own */
    SCOPE_NAME_SIZE = 32,    /* of such a name, with its end */
    SCOPE_DETAIL_SIZE = 160, /* of what is said of an error */
    SCOPE_OWN_MAX = 16,      /* counters of a driver's own */
};

/* Cumulative, but outstanding, connections and capacity. */
struct scope_counts {
    uint64_t requests, intended, unsent, connects, sent, received, retries, cut,
        waited;
    uint64_t outstanding, connections, capacity;
    uint64_t kinds[SCOPE_KINDS_MAX];
    uint64_t errors[SCOPE_FAULT_COUNT];
    uint64_t named[SCOPE_NAMED_MAX];
    uint64_t own[SCOPE_OWN_MAX]; /* the metric SCOPE_TALLY_COUNT + index */
    int64_t cpu_ns;              /* of the thread */
    int64_t time_ns;             /* when they were copied */
};

/* Histograms of one kind, made when the first answer of it comes. */
struct scope_kind_timings {
    bool used;
    struct scope_hist latency, service;
};

struct scope_timings {
    struct scope_hist delay, connect, handshake;
    struct scope_kind_timings *kinds;
};

/* What was said of the first error of a name. */
struct scope_first {
    char name[SCOPE_NAME_SIZE]; /* "": not in use */
    char detail[SCOPE_DETAIL_SIZE];
};

struct scope_tally {
    struct scope_counts counts;
    struct scope_timings *timings; /* the set to record into */
    struct scope_timings sets[2];
    bool open; /* latency is not service */
    size_t kind_count;
    /* Each is written once, before its count leaves 0. */
    struct scope_first first[SCOPE_FAULT_COUNT];
    struct scope_first named[SCOPE_NAMED_MAX];
    /* The hand-over. */
    atomic_bool wanted;
    sem_t given;
    struct scope_counts copy;
};

/* open: requests have intended times; kind_count <= SCOPE_KINDS_MAX. */
void scope_tally_init(struct scope_tally *tally, size_t kind_count, bool open);
void scope_tally_free(struct scope_tally *tally);

/* A request was answered: counts and times it. In a closed loop intended_ns is
 * not heeded. */
void scope_tally_answer(struct scope_tally *tally, unsigned kind,
                        int64_t intended_ns, int64_t sent_ns, int64_t now_ns);
/* A part of a request was answered, a statement of a transaction say: counts
 * and times it under its kind, and nowhere else. */
void scope_tally_part(struct scope_tally *tally, unsigned kind, int64_t sent_ns,
                      int64_t now_ns);
/* Times a connection, in ns; handshake_ns < 0: it has none. */
void scope_tally_connect(struct scope_tally *tally, int64_t connect_ns,
                         int64_t handshake_ns);
/* Counts a fault under its word or, where it has one (an SQLSTATE ...), under
 * a name of its own; detail is copied when it is the first. When there are too
 * many names it counts under the fault's word. */
void scope_tally_fault(struct scope_tally *tally, enum scope_fault fault,
                       const char *name, const char *detail);

/* By the thread: whether somebody waits for a hand-over. */
static inline bool scope_tally_wanted(struct scope_tally *tally)
{
    return atomic_load_explicit(&tally->wanted, memory_order_acquire);
}
/* By the thread, with its counts up to date: hands over. */
void scope_tally_give(struct scope_tally *tally);

/* By the sampler: asks (the thread must then be woken), and waits for it. The
 * copy and the other set are the sampler's until it asks again. */
void scope_tally_ask(struct scope_tally *tally);
void scope_tally_wait(struct scope_tally *tally);
/* Instead of ask and wait, when the thread has ended. */
void scope_tally_take(struct scope_tally *tally);

/* What a ledger is to know of a load. */
struct scope_ledger_plan {
    size_t threads;
    bool open;                /* intended times, and a rate, exist */
    const char *const *kinds; /* words, NULL at the end */
    bool statuses;            /* kinds are status classes */
    unsigned parts;           /* the last of the kinds are no requests */
    unsigned own;             /* counters of the driver's own */
};

/* The sampler's side of all threads. */
struct scope_ledger {
    struct scope_ledger_plan plan;
    struct scope_tally **tallies;
    double rate; /* intended, of all; 0: none is told */
    size_t kind_count;
    struct scope_timings sum;
    struct scope_hist latency, service; /* of all kinds */
    struct scope_counts *before;        /* of each thread, at the last sweep */
    bool named;                         /* the instances below are known */
    uint32_t self, kinds[SCOPE_KINDS_MAX], errors[SCOPE_FAULT_COUNT];
    bool told[SCOPE_FAULT_COUNT];
    /* Errors with names of their own, over all threads. */
    struct {
        char name[SCOPE_NAME_SIZE];
        uint32_t instance;
        bool told;
        uint64_t count;
    } others[SCOPE_NAMED_MAX];
    size_t other_count;
};

/* tallies are to be filled in, and are not owned; kinds are kept. */
void scope_ledger_init(struct scope_ledger *ledger,
                       const struct scope_ledger_plan *plan);
void scope_ledger_free(struct scope_ledger *ledger);
/* Emits the sum of what every thread has handed over. */
void scope_ledger_emit(struct scope_ledger *ledger, struct scope_sink *sink);

#endif
