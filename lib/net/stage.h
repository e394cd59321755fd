/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs scenarios: a client's threads, and the connections of either side, as
 * tasks that take turns on one event loop. What a task may not do yet it waits
 * for; no thread of the system is made for it.
 *
 * A stage and its sessions belong to the thread whose loop they are on. The
 * owner makes and closes sockets; a session uses one from the time it is made
 * until it has ended.
 *
 * What netbench leaves open is settled here:
 * - Without multiplexing a connection is its one stream, and the end of the
 *   stream the end of the connection in that direction.
 * - A transfer that meets the end of the stream cuts the iteration by time
 *   around it, as the time's end would; without one the connection has failed.
 * - A rate's bytes that one transfer left over are the next one's, until the
 *   period ends.
 * - A connection that has done its part says so (FIN) and waits for the peer's
 *   end, at most SCOPE_SESSION_LINGER_NS.
 */
#ifndef LIB_NET_STAGE_H
#define LIB_NET_STAGE_H

#include "lib/net/fault.h"
#include "lib/net/scenario.h"
#include "lib/net/tls.h"

#include <sys/queue.h>

enum { SCOPE_SESSION_LINGER_NS = 1000000000 };

struct scope_stage;
struct scope_session;

/* A connected socket, non-blocking, watched edge-triggered. */
struct scope_wire {
    int fd;
    struct scope_tls_stream *tls; /* NULL: plain */
};

struct scope_stage_hooks {
    /* A profile, or an iteration with a trace, took so long. outermost: it was
     * not within another. */
    void (*timed)(void *closure, uint32_t trace, int64_t took_ns,
                  bool outermost);
    /* A trace step was reached. */
    void (*marked)(void *closure, uint32_t trace);
    /* A client wants a connection as step says; in the end
     * scope_stage_connected or scope_stage_failed is called with the ticket,
     * at once or later. */
    void (*connect)(void *closure, const struct scope_step *step, void *ticket);
    /* A session has done what the scenario says, or failed; it may still
     * linger. detail is NULL when nothing went wrong. */
    void (*done)(void *closure, void *owner, enum scope_fault fault,
                 const char *detail);
    /* A session is no more: the wire is the owner's to close. Called from
     * scope_stage_run and scope_stage_close only. */
    void (*gone)(void *closure, void *owner);
};

struct scope_stage_counts {
    uint64_t sent, received; /* bytes of streams */
};

/* hooks and scenario outlive it. multiplex: frames on every connection. */
struct scope_stage *scope_stage_new(const struct scope_scenario *scenario,
                                    bool multiplex,
                                    const struct scope_stage_hooks *hooks,
                                    void *closure);
/* Ends every session, with gone. */
void scope_stage_free(struct scope_stage *stage);

/* Starts the client's threads. */
void scope_stage_start(struct scope_stage *stage, size_t client);
/* What a connect hook ends in. The session is owned by the stage; owner is
 * what the hooks are told. */
struct scope_session *scope_stage_connected(struct scope_stage *stage,
                                            void *ticket,
                                            const struct scope_wire *wire,
                                            void *owner);
void scope_stage_failed(struct scope_stage *stage, void *ticket);

/* The other side: a connection that runs as `connection` says. bytes were
 * read from the wire already. */
struct scope_session *
scope_stage_accepted(struct scope_stage *stage,
                     const struct scope_scenario_connection *connection,
                     const struct scope_wire *wire, void *owner);

/* What epoll said of the wire. */
void scope_session_event(struct scope_session *session, uint32_t events);

/* Does what can be done now; returns when there will be more to do at the
 * latest, which is at once when there is still something. */
int64_t scope_stage_run(struct scope_stage *stage, int64_t now_ns);

/* The client's threads have ended, and every connection is gone. */
bool scope_stage_is_over(const struct scope_stage *stage);
/* Nothing is left that could wake the client's threads: all are parked. */
bool scope_stage_is_stuck(const struct scope_stage *stage);
struct scope_stage_counts scope_stage_counts(const struct scope_stage *stage);
/* Connections that have not done their part. */
uint64_t scope_stage_sessions(const struct scope_stage *stage);

#endif
