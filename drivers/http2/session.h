/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection of the load: an nghttp2 session on a link, and its streams.
 *
 * nghttp2 must not be freed, and must not be given bytes, from within its own
 * callbacks. What they find is therefore noted, streams that have ended in a
 * list, and dealt with when it has returned.
 */
#ifndef DRIVERS_HTTP2_SESSION_H
#define DRIVERS_HTTP2_SESSION_H

#include "drivers/http2/grpc.h"
#include "drivers/http2/message.h"
#include "drivers/http2/options.h"
#include "lib/net/link.h"

#include <nghttp2/nghttp2.h>

/* Counters of the driver's own, as tally.counts.own and its last metrics. */
enum { OWN_GOAWAYS, OWN_REFUSED, OWN_PINGS, OWN_COUNT };

/* Constant while threads run. */
struct driver {
    struct options options;
    struct scope_requests requests;
    struct message *messages; /* one for each of these */
    struct scope_addresses addresses;
    struct scope_tls *tls;
    struct scope_peer peer;
    struct scope_expect expect;
    struct grpc grpc;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    nghttp2_settings_entry settings[4];
    size_t setting_count;
};

struct stream {
    struct scope_exchange exchange;
    const struct message *message;
    int32_t id;      /* 0: none now */
    uint16_t status; /* of the answer; 0: it has not begun */
    uint8_t tries;   /* times it was sent before */
    bool ended;      /* the answer is complete */
    bool reset;      /* by the peer */
    uint32_t code;   /* with which it was closed */
    size_t sent;     /* bytes of the body, with what goes before it */
    uint64_t length; /* bytes of the answer's body */
    struct scope_expect_view view;
    struct grpc_answer grpc;
    STAILQ_ENTRY(stream) link;
};

STAILQ_HEAD(stream_list, stream);

struct connection {
    struct scope_slot slot; /* first */
    struct scope_link link;
    struct scope_worker *worker;
    nghttp2_session *session; /* NULL: none */
    bool upgrading;           /* HTTP/1.1 still */
    char *head;               /* what came of the answer to that */
    size_t head_size;
    bool settled; /* the server's SETTINGS have come */
    bool pending; /* among those to be flushed */
    /* Why it must end: what the peer did against the protocol or, with a
     * name, what it says that we did. NULL: it need not. */
    char *fault;
    char fault_name[SCOPE_NAME_SIZE];
    uint64_t started; /* requests since it was opened */
    int64_t heard_ns; /* when the last byte came */
    int64_t pinged_ns;
    uint32_t live; /* streams that are with the session */
    struct stream *streams;
    struct stream *last; /* that was looked up */
    struct stream_list idle, done, again;
    char *out; /* bytes that the socket did not take yet */
    size_t out_at, out_size, out_room;
    TAILQ_ENTRY(connection) flush_link;
};

TAILQ_HEAD(connections, connection);

/* A thread's own. */
struct carrier {
    struct connections pending; /* with something to send */
    char *in, *out;             /* IN_SIZE, OUT_SIZE bytes */
};

enum {
    IN_SIZE = 256 * 1024,
    OUT_SIZE = 128 * 1024, /* gathered for one send(2), and a frame more */
    TRIES_MAX = 3,         /* a refused request is sent again so often */
};

static inline const struct driver *driver_of(const struct scope_worker *worker)
{
    return worker->closure;
}
static inline struct carrier *carrier_of(const struct scope_worker *worker)
{
    return worker->own;
}
static inline struct connection *connection_of(struct scope_slot *slot)
{
    return (struct connection *)slot;
}

/* A word for an error: the prefix, and the name of a code of HTTP/2. */
void session_name(char name[static SCOPE_NAME_SIZE], const char *prefix,
                  uint32_t code);

/* Once for all sessions: callbacks and settings, by the driver's options. */
enum scope_code sessions_open(struct driver *driver,
                              struct scope_err *err) SCOPE_MUST_CHECK;
void sessions_close(struct driver *driver);

/* Begins the session with its preface; 0, or an error of nghttp2. */
int session_begin(struct connection *connection);
/* Hands a stream's request to the session. False: it takes none any more. */
bool session_submit(struct connection *connection, struct stream *stream);
/* Gives it what was received. False: what it says is against the protocol. */
bool session_take(struct connection *connection, const char *bytes,
                  size_t size);
/* Frees the session; its streams become idle, but those to be sent again. */
void session_end(struct connection *connection);

#endif
