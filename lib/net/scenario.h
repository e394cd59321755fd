/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netbench's scenarios: what clients and servers do on their connections, as
 * JSON. A scenario is read once, checked whole, and compiled to flat steps that
 * stage.h runs; both sides of a load read the same file.
 */
#ifndef LIB_NET_SCENARIO_H
#define LIB_NET_SCENARIO_H

#include <scope/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a file may hold at most; it may come from anybody. */
enum {
    SCOPE_SCENARIO_BYTES = 16 * 1024 * 1024,
    SCOPE_SCENARIO_STEPS = 1000000,
    SCOPE_SCENARIO_DEPTH = 64,
    SCOPE_SCENARIO_PARTIES = 10000, /* clients, servers, routers */
    SCOPE_SCENARIO_TRACES = 256,
    SCOPE_SCENARIO_NAME = 200, /* bytes of a trace's name */
};

enum scope_step_code {
    SCOPE_STEP_END, /* of a thread */
    SCOPE_STEP_SLEEP,
    SCOPE_STEP_OPEN_BIDIRECTIONAL,
    SCOPE_STEP_OPEN_SEND,
    SCOPE_STEP_SEND,
    SCOPE_STEP_SEND_FINISH,
    SCOPE_STEP_SEND_RATE,
    SCOPE_STEP_RECEIVE,
    SCOPE_STEP_RECEIVE_ALL,
    SCOPE_STEP_RECEIVE_FINISH,
    SCOPE_STEP_RECEIVE_RATE,
    SCOPE_STEP_PARK,
    SCOPE_STEP_UNPARK,
    SCOPE_STEP_TRACE,
    SCOPE_STEP_PROFILE,     /* begins one */
    SCOPE_STEP_PROFILE_END, /* of the one begun last */
    SCOPE_STEP_COUNT,       /* iterates amount times, up to `to` */
    SCOPE_STEP_TIME,        /* iterates for amount ns */
    SCOPE_STEP_AGAIN,       /* the end of an iteration that begins at `to` */
    SCOPE_STEP_SCOPE,       /* runs threads at..at+amount, goes on at `to` */
    SCOPE_STEP_CONNECT,
};

#define SCOPE_SCENARIO_NONE UINT32_MAX

struct scope_step {
    enum scope_step_code code;
    uint32_t at;     /* stream, checkpoint, trace, server: its index */
    uint32_t to;     /* where to go on; CONNECT: the server's connection */
    uint32_t mine;   /* CONNECT: the client's connection */
    uint64_t amount; /* bytes, ns, times */
    int64_t period_ns;
};

struct scope_scenario_thread {
    uint32_t entry;  /* its first step */
    uint32_t frames; /* profiles and iterations within each other, at most */
};

struct scope_scenario_stream {
    uint64_t id;
    bool remote; /* opened by the peer */
};

struct scope_scenario_connection {
    uint32_t ops;         /* thread */
    uint32_t peers;       /* thread of the peer's stream 0 */
    uint32_t peer_count;  /* streams that the peer opens */
    uint32_t stream_base; /* its first in the scenario's table */
    uint32_t stream_count;
    bool several; /* streams: a bare connection cannot carry them */
};

struct scope_scenario_party {
    char *name;           /* "" when it has none */
    uint32_t ops;         /* thread; clients only */
    uint32_t connections; /* its first in the scenario's table */
    uint32_t connection_count;
    uint32_t private_key, certificate; /* or SCOPE_SCENARIO_NONE */
    uint32_t authority; /* a client's first; or SCOPE_SCENARIO_NONE */
};

struct scope_scenario {
    char *id;
    size_t client_count, server_count, router_count;
    struct scope_scenario_party *clients, *servers;
    size_t connection_count;
    struct scope_scenario_connection *connections;
    size_t step_count;
    struct scope_step *steps;
    size_t thread_count;
    struct scope_scenario_thread *threads;
    size_t stream_count;
    struct scope_scenario_stream *streams; /* of each connection, sorted */
    size_t checkpoint_count;
    uint64_t *checkpoints; /* ids, sorted */
    size_t trace_count;
    char **traces; /* names, NULL at the end */
    size_t certificate_count;
    char **certificates; /* PEM */
    bool profiled;       /* there is a step that times */
    bool routed;         /* a client connects through a router */
    bool several;        /* a connection of either side has several streams */
};

/* A text in memory; `where` names it in messages. Free with
 * scope_scenario_free, also after a failure. */
enum scope_code scope_scenario_parse(struct scope_scenario *scenario,
                                     const char *text, size_t size,
                                     const char *where,
                                     struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code scope_scenario_load(struct scope_scenario *scenario,
                                    const char *path,
                                    struct scope_err *err) SCOPE_MUST_CHECK;
void scope_scenario_free(struct scope_scenario *scenario);

/* The index of a connection's stream, or SCOPE_SCENARIO_NONE. */
uint32_t
scope_scenario_stream(const struct scope_scenario *scenario,
                      const struct scope_scenario_connection *connection,
                      bool remote, uint64_t id);

/* Whether connections speak netbench's frames (mux.h). */
enum scope_multiplex {
    SCOPE_MULTIPLEX_AUTO, /* when a connection of the scenario, of either side,
                             has several streams: both sides see the same */
    SCOPE_MULTIPLEX_NO,
    SCOPE_MULTIPLEX_YES,
};
extern const char *const scope_multiplex_words[];
/* Fails when connections that have several streams are not to. */
enum scope_code scope_multiplex_choose(const struct scope_scenario *scenario,
                                       int multiplex, bool *frames,
                                       struct scope_err *err) SCOPE_MUST_CHECK;

/* Whether certificate number `index` is there and is PEM. */
bool scope_scenario_has_pem(const struct scope_scenario *scenario,
                            uint32_t index);

#endif
