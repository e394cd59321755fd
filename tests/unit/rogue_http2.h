/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small HTTP/2 server that misbehaves as told, and counts exactly what it
 * did: the other side of the driver's tests. */
#ifndef TESTS_UNIT_ROGUE_HTTP2_H
#define TESTS_UNIT_ROGUE_HTTP2_H

#include <stdbool.h>
#include <stdint.h>

enum rogue2_way {
    ROGUE2_GOOD,
    ROGUE2_NARROW,       /* allows two streams at once */
    ROGUE2_INTERIM,      /* 103 before each answer */
    ROGUE2_LARGE,        /* a body of 1 MB */
    ROGUE2_UPGRADES,     /* speaks HTTP/1.1 until it is asked not to */
    ROGUE2_STAYS,        /* speaks HTTP/1.1 and nothing else */
    ROGUE2_GOES,         /* GOAWAY with each tenth stream, which is answered */
    ROGUE2_LEAVES_OUT,   /* of four streams answers the first, and GOAWAY */
    ROGUE2_REFUSES_SOME, /* the first eight streams of a connection */
    ROGUE2_REFUSES,      /* every stream */
    ROGUE2_RESETS,       /* every stream: INTERNAL_ERROR */
    ROGUE2_CLOSES,       /* the connection at its eleventh stream, mutely */
    ROGUE2_CUTS,         /* the connection, in the middle of a body */
    ROGUE2_CUTS_STREAM,  /* ends a body before its length, stream by stream */
    ROGUE2_BAD_STATUS,   /* :status 003, which libraries let pass */
    ROGUE2_BAD_FRAME,    /* a frame that cannot be, instead of an answer */
    ROGUE2_GIVES_UP,     /* GOAWAY ENHANCE_YOUR_CALM instead of an answer */
    ROGUE2_HOLDS_FIRST,  /* never answers the first stream of all */
    ROGUE2_HANGS,        /* never answers */
    ROGUE2_MUTE,         /* accepts, and that is all */
};

struct rogue2;

/* Listens on a free port of 127.0.0.1; no thread is started yet. */
struct rogue2 *rogue2_open(enum rogue2_way way);
int rogue2_port(const struct rogue2 *rogue);
void rogue2_start(struct rogue2 *rogue);
/* Ends its threads; what it counted is final then. */
void rogue2_stop(struct rogue2 *rogue);
/* Requests that came whole, each time they came. */
uint64_t rogue2_seen(const struct rogue2 *rogue);
/* Of them, streams that it refused. */
uint64_t rogue2_refused(const struct rogue2 *rogue);
/* Streams that were open at once on a connection, at most. */
uint64_t rogue2_most(const struct rogue2 *rogue);
/* Bytes of requests' bodies. */
uint64_t rogue2_received(const struct rogue2 *rogue);
uint64_t rogue2_pings(const struct rogue2 *rogue);
uint64_t rogue2_accepted(const struct rogue2 *rogue);
void rogue2_close(struct rogue2 *rogue);

#endif
