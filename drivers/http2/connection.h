/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The protocol that the engine drives, and the parts of a connection's life. */
#ifndef DRIVERS_HTTP2_CONNECTION_H
#define DRIVERS_HTTP2_CONNECTION_H

#include "drivers/http2/session.h"

/* Kinds of answers are status classes, or statuses of gRPC. */
extern const struct scope_protocol http2_protocol, grpc_protocol;

/* What became of the streams that the session has done with; what is due is
 * sent. */
void streams_settle(struct scope_worker *worker, struct connection *connection,
                    int64_t now_ns);
/* All requests that are out: they will not be answered. Those that may be sent
 * again stay, for the next opening. */
void streams_lose(struct scope_worker *worker, struct connection *connection,
                  enum scope_fault fault, const char *name, const char *what);
/* Hands over those that are to be sent again. */
void streams_resume(struct connection *connection);
/* Nothing came for so long. */
void streams_check(struct scope_worker *worker, struct connection *connection,
                   int64_t now_ns);

/* The connection has something to send: it is flushed before the thread
 * waits. */
static inline void connection_wants(struct connection *connection)
{
    if (connection->pending)
        return;
    connection->pending = true;
    TAILQ_INSERT_TAIL(&carrier_of(connection->worker)->pending, connection,
                      flush_link);
}
/* It has ended, or must end. */
void connection_lose(struct scope_worker *worker, struct connection *connection,
                     enum scope_fault fault, const char *what);

/* The HTTP/1.1 request that asks for HTTP/2, to be sent; owned by the caller.
 */
char *upgrade_write(const struct driver *driver);
/* Looks for the end of the answer to it: true when HTTP/2 begins at *used.
 * detail is filled when it never will. */
bool upgrade_read(const char *bytes, size_t size, size_t *used, char *detail,
                  size_t detail_size);

#endif
