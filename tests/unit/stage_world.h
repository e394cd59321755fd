/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Both sides of a scenario with a carrier between them that hands on so many
 * bytes at a time, and notes of what they said.
 */
#ifndef TESTS_UNIT_STAGE_WORLD_H
#define TESTS_UNIT_STAGE_WORLD_H

#include "lib/net/stage.h"

enum { LINKS = 8, MS = 1000000 };

/* One connection: client <-> near, far <-> server. */
struct carrier {
    int client, near, far, server;
    struct scope_session *mine, *theirs;
    bool near_ended, far_ended;
    bool mine_gone, theirs_gone;
    uint8_t head[8];
    size_t have;
};

struct world {
    struct scope_scenario scenario;
    struct scope_stage *client, *server;
    size_t piece; /* bytes that are handed on at a time */
    struct carrier carriers[LINKS];
    size_t count;
    uint64_t timed[8], whole[8], marked[8];
    int64_t took_ns[8];
    uint64_t done, faults;
    enum scope_fault fault;
    char detail[160];
};

/* Connected sockets that never block. */
void pair(int *one, int *other);

/* Hands on a piece each way on one connection, and tells both sides. */
void carry(struct world *world, struct carrier *carrier);

/* quoted: the scenario, with ' for ". piece: bytes handed on at a time. */
void world_open(struct world *world, const char *quoted, size_t piece,
                bool multiplex);
/* Until both sides are done; false when the client is stuck. Fails when that
 * takes a minute: a machine may be slow. */
bool world_run(struct world *world);
void world_close(struct world *world);
/* Both sides agree on what the client sent and received, without a fault. */
void assert_moved(const struct world *world, uint64_t sent, uint64_t received);

#endif
