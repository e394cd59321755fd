/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small HTTP server that misbehaves as told, and counts exactly what it
 * did: the other side of the driver's tests. */
#ifndef TESTS_UNIT_ROGUE_H
#define TESTS_UNIT_ROGUE_H

#include <stdbool.h>
#include <stdint.h>

enum rogue_way {
    ROGUE_GOOD,          /* keep-alive, content-length */
    ROGUE_CHUNKED,       /* keep-alive, chunked with trailers */
    ROGUE_INTERIM,       /* 100 Continue, then 201 */
    ROGUE_SLOW,          /* one byte after another */
    ROGUE_LARGE,         /* a body of 1 MB */
    ROGUE_CLOSES,        /* says connection: close and does */
    ROGUE_CLOSES_MUTELY, /* closes after each answer, unannounced */
    ROGUE_TO_CLOSE,      /* the body ends with the connection */
    ROGUE_STALLS,        /* good, but for a pause of 2 s after 0.3 s */
    ROGUE_RESETS,        /* reads a request and resets the connection */
    ROGUE_DROPS,         /* reads a request and closes the connection */
    ROGUE_CUTS,          /* closes in the middle of the body */
    ROGUE_GARBAGE,       /* speaks another protocol */
    ROGUE_EXCESS,        /* bytes after the end of an answer */
    ROGUE_HANGS,         /* never answers */
    ROGUE_HANGS_UP,      /* closes whatever is accepted */
};

struct rogue;

/* Listens on a free port of 127.0.0.1; no thread is started yet. */
struct rogue *rogue_open(enum rogue_way way);
int rogue_port(const struct rogue *rogue);
void rogue_start(struct rogue *rogue);
/* Ends its threads; what it counted is final then. */
void rogue_stop(struct rogue *rogue);
/* Requests read completely. */
uint64_t rogue_seen(const struct rogue *rogue);
/* Connections accepted. */
uint64_t rogue_accepted(const struct rogue *rogue);
void rogue_close(struct rogue *rogue);

#endif
