/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the driver tcp share.
 *
 * tcp.c        options, and which of the two below makes the load
 * transfer.c   requests of so many bytes each way, on the common engine
 * play.c       a client of a netbench scenario
 * servers.c    addresses and TLS of the servers
 */
#ifndef DRIVERS_TCP_DRIVER_H
#define DRIVERS_TCP_DRIVER_H

#include "lib/net/engine.h"
#include "lib/net/link_slot.h"
#include "lib/net/scenario.h"

enum mode {
    MODE_PING,
    MODE_CONNECT,
    MODE_STREAM,
};

enum direction {
    DIRECTION_SEND,
    DIRECTION_RECEIVE,
    DIRECTION_BOTH,
};

struct options {
    struct scope_list servers;
    int mode;
    uint64_t request_size, response_size, chunk;
    int direction;
    bool reset;
    const char *scenario;
    int64_t client, repeat;
    int multiplex;
    bool secure;
    struct scope_load_options load;
    struct scope_tls_options tls;
};

struct server {
    char *host;
    struct scope_addresses addresses;
    struct scope_peer peer;
};

struct servers {
    size_t count;
    struct server *items;
};

/* Finds the addresses of `count` servers: those of the option, or of the
 * environment's SERVER_0, SERVER_1, ... where it has none (as netbench does).
 * Free with servers_free, also after a failure. */
enum scope_code servers_open(struct servers *servers,
                             const struct options *options, size_t count,
                             struct scope_err *err) SCOPE_MUST_CHECK;
void servers_free(struct servers *servers);

/* --- transfer.c ----------------------------------------------------------- */

enum scope_code transfer_open(const struct options *options, void **engine,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* --- play.c --------------------------------------------------------------- */

struct play;
enum scope_code play_open(const struct options *options, struct play **play,
                          struct scope_err *err) SCOPE_MUST_CHECK;
/* A driver's ops. */
enum scope_code play_start(struct play *play, int64_t start_ns,
                           int64_t duration_ns, struct scope_err *err);
enum scope_code play_wait(struct play *play, int64_t until_ns, bool *done);
void play_sample(struct play *play, struct scope_sink *sink);
void play_stop(struct play *play);
void play_close(struct play *play);

#endif
