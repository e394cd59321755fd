/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A request is so many bytes sent and so many received; nobody looks at what
 * they are. With mode=stream that is a chunk, and bytes that come before they
 * are asked for wait with the kernel; else they are a fault of the server's.
 */
#include "drivers/tcp/driver.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    SEND_SIZE = 256 * 1024,  /* of one send(2) */
    READ_SIZE = 256 * 1024,  /* of one recv(2) */
    SHARE = 4 * 1024 * 1024, /* bytes before others have their turn */
};

/* Constant while threads run. */
struct transfer {
    struct options options;
    struct servers servers;
    struct scope_tls *tls;
    uint64_t sends, receives; /* bytes of a request */
    struct scope_protocol protocol;
    const char *kinds[2];
    char *filling; /* SEND_SIZE */
};

struct connection {
    struct scope_link_slot base;    /* first */
    struct scope_exchange exchange; /* of the request that is out */
    bool waiting;                   /* it is sent when the connection is up */
    bool readable;                  /* there may be bytes */
    bool queued;                    /* has another turn */
    uint64_t unsent, unreceived;    /* bytes of it */
    TAILQ_ENTRY(connection) link_again;
};

TAILQ_HEAD(connections, connection);

/* A thread's own. */
struct turns {
    struct connections again;
    size_t share;
    char *buffer; /* READ_SIZE */
};

static struct transfer *transfer_of(const struct scope_worker *worker)
{
    return worker->closure;
}

static struct connection *connection_of(struct scope_slot *slot)
{
    return (struct connection *)slot;
}

/* --- what went wrong ------------------------------------------------------ */

static void lose(struct scope_worker *worker, struct connection *connection,
                 enum scope_fault fault, const char *what)
{
    char detail[SCOPE_DETAIL_SIZE];
    snprintf(detail, sizeof detail, "request: %s", what);
    scope_slot_lost(worker, &connection->base.slot, fault, NULL, detail);
    scope_slot_reopen(worker, &connection->base.slot, scope_now_ns());
}

static bool has_begun(const struct scope_worker *worker,
                      const struct connection *connection)
{
    return connection->unreceived < transfer_of(worker)->receives;
}

static void lose_by_errno(struct scope_worker *worker,
                          struct connection *connection, int error)
{
    const char *detail;
    enum scope_fault fault =
        scope_link_fault(&connection->base.link, error, &detail);
    if (fault == SCOPE_FAULT_RESET && has_begun(worker, connection))
        fault = SCOPE_FAULT_CUT;
    lose(worker, connection, fault, detail);
}

/* --- bytes ---------------------------------------------------------------- */

/* The connection goes on when the others have had their turn. */
static void put_back(struct scope_worker *worker, struct connection *connection)
{
    struct turns *turns = worker->own;
    if (connection->queued)
        return;
    connection->queued = true;
    TAILQ_INSERT_TAIL(&turns->again, connection, link_again);
    scope_loop_wake(&worker->loop);
}

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

static void spend(struct turns *turns, size_t bytes)
{
    turns->share -= least(turns->share, bytes);
}

/* False when that ended the request. */
static bool send_some(struct scope_worker *worker,
                      struct connection *connection)
{
    struct turns *turns = worker->own;
    while (connection->unsent && turns->share) {
        size_t size = least(connection->unsent, SEND_SIZE);
        ssize_t sent = scope_link_send(&connection->base.link,
                                       transfer_of(worker)->filling, size);
        if (sent >= 0) {
            connection->unsent -= (uint64_t)sent;
            worker->tally.counts.sent += (uint64_t)sent;
            spend(turns, (size_t)sent);
        } else if (errno == EAGAIN) {
            return true;
        } else if (errno != EINTR) {
            lose_by_errno(worker, connection, errno);
            return false;
        }
    }
    return true;
}

/* One byte more than there should be is asked for, to see whether there is. */
static ssize_t receive(struct scope_worker *worker,
                       struct connection *connection, size_t *asked)
{
    const struct transfer *transfer = transfer_of(worker);
    struct scope_link *link = &connection->base.link;
    struct turns *turns = worker->own;
    uint64_t size =
        connection->unreceived + (transfer->options.mode != MODE_STREAM);
    *asked = least(size, READ_SIZE);
    /* TCP discards what MSG_TRUNC receives (tcp(7)): a copy less. */
    return link->stream ? scope_link_recv(link, turns->buffer, *asked)
                        : recv(link->fd, turns->buffer, *asked,
                               MSG_TRUNC | MSG_DONTWAIT);
}

static bool take(struct scope_worker *worker, struct connection *connection,
                 size_t got)
{
    worker->tally.counts.received += got;
    spend(worker->own, got);
    if (got > connection->unreceived) {
        lose(worker, connection, SCOPE_FAULT_MALFORMED,
             "more bytes than were asked for");
        return false;
    }
    connection->unreceived -= got;
    return true;
}

/* A short read says that there is no more, unless the peer has hung up: then
 * the end is still to be seen. TLS gives a record at a time. */
static bool receive_some(struct scope_worker *worker,
                         struct connection *connection)
{
    const struct turns *turns = worker->own;
    struct scope_link *link = &connection->base.link;
    while (connection->unreceived && connection->readable && turns->share) {
        size_t asked;
        ssize_t got = receive(worker, connection, &asked);
        if (got > 0) {
            if (!take(worker, connection, (size_t)got))
                return false;
            if ((size_t)got < asked && !link->stream && !link->hung_up)
                connection->readable = false;
        } else if (got == 0) {
            bool begun = has_begun(worker, connection);
            lose(worker, connection,
                 begun ? SCOPE_FAULT_CUT : SCOPE_FAULT_CLOSED,
                 begun ? "closed in the middle of the answer"
                       : "closed before the answer began");
            return false;
        } else if (errno == EAGAIN) {
            connection->readable = false;
        } else if (errno != EINTR) {
            lose_by_errno(worker, connection, errno);
            return false;
        }
    }
    return true;
}

static void finish(struct scope_worker *worker, struct connection *connection)
{
    const struct transfer *transfer = transfer_of(worker);
    int64_t now_ns = scope_now_ns();
    scope_slot_answered(worker, &connection->base.slot, &connection->exchange,
                        0, now_ns);
    if (transfer->options.mode == MODE_CONNECT)
        scope_slot_reopen(worker, &connection->base.slot, now_ns);
    else
        scope_slot_next(worker, &connection->base.slot, now_ns);
}

static void pump(struct scope_worker *worker, struct connection *connection)
{
    if (!send_some(worker, connection) || !receive_some(worker, connection))
        return;
    if (!connection->unsent && !connection->unreceived)
        finish(worker, connection);
    else if (!((struct turns *)worker->own)->share)
        put_back(worker, connection);
}

static void put_out(struct scope_worker *worker, struct connection *connection)
{
    const struct transfer *transfer = transfer_of(worker);
    connection->waiting = false;
    connection->unsent = transfer->sends;
    connection->unreceived = transfer->receives;
    pump(worker, connection);
}

/* --- opening -------------------------------------------------------------- */

static const struct scope_peer *peer_of(const struct scope_worker *worker,
                                        const struct scope_link_slot *base)
{
    const struct transfer *transfer = transfer_of(worker);
    size_t number =
        base->slot.index * (size_t)worker->options->threads + worker->index;
    return &transfer->servers.items[number % transfer->servers.count].peer;
}

static void up(struct scope_worker *worker, struct scope_link_slot *base,
               int64_t now_ns)
{
    struct connection *connection = (struct connection *)base;
    const struct linger at_once = {.l_onoff = 1};
    if (transfer_of(worker)->options.reset)
        setsockopt(base->link.fd, SOL_SOCKET, SO_LINGER, &at_once,
                   sizeof at_once);
    /* What came with the handshake wakes nobody again. */
    connection->readable = base->link.stream != NULL;
    scope_slot_ready(worker, &base->slot, now_ns);
    if (connection->waiting)
        put_out(worker, connection);
}

static void down(struct scope_worker *worker, struct scope_link_slot *base)
{
    struct connection *connection = (struct connection *)base;
    if (connection->waiting)
        scope_slot_forgo(worker, &base->slot);
    connection->waiting = false;
}

static void send_request(struct scope_worker *worker, struct scope_slot *slot,
                         const struct scope_exchange *exchange)
{
    struct connection *connection = connection_of(slot);
    connection->exchange = *exchange;
    if (slot->state == SCOPE_SLOT_OPEN) {
        put_out(worker, connection);
        return;
    }
    connection->waiting = true;
    scope_link_slot_open(worker, slot, exchange->sent_ns);
}

/* --- events --------------------------------------------------------------- */

/* Nothing is out: bytes are not asked for, but of a stream, and an end is no
 * failure. */
static void idle_event(struct scope_worker *worker,
                       struct connection *connection)
{
    struct turns *turns = worker->own;
    if (transfer_of(worker)->options.mode != MODE_STREAM)
        scope_link_slot_idle(worker, &connection->base, turns->buffer,
                             READ_SIZE);
    else if (connection->base.link.hung_up)
        scope_slot_reopen(worker, &connection->base.slot, scope_now_ns());
}

static void event(struct scope_worker *worker, struct scope_link_slot *base,
                  uint32_t events)
{
    struct connection *connection = (struct connection *)base;
    if (scope_link_slot_readable(events))
        connection->readable = true;
    if (base->slot.out)
        pump(worker, connection);
    else if (scope_link_slot_readable(events))
        idle_event(worker, connection);
}

/* Those that were put back go on, as long as there is a share; the rest are
 * the first next time. */
static void flush(struct scope_worker *worker)
{
    struct turns *turns = worker->own;
    struct connections round;
    struct connection *connection;
    turns->share = SHARE;
    TAILQ_INIT(&round);
    TAILQ_CONCAT(&round, &turns->again, link_again);
    while ((connection = TAILQ_FIRST(&round)) && turns->share) {
        TAILQ_REMOVE(&round, connection, link_again);
        connection->queued = false;
        if (connection->base.slot.state == SCOPE_SLOT_OPEN &&
            connection->base.slot.out)
            pump(worker, connection);
    }
    TAILQ_CONCAT(&round, &turns->again, link_again);
    TAILQ_CONCAT(&turns->again, &round, link_again);
    if (!TAILQ_EMPTY(&turns->again))
        scope_loop_wake(&worker->loop);
}

static void check_time(struct scope_worker *worker, struct scope_slot *slot,
                       int64_t now_ns)
{
    struct connection *connection = connection_of(slot);
    if (connection->exchange.sent_ns <= scope_worker_timeout_ns(worker, now_ns))
        lose(worker, connection, SCOPE_FAULT_TIMEOUT,
             "no answer within the timeout");
}

/* --- a load --------------------------------------------------------------- */

static enum scope_code worker_open(struct scope_worker *worker,
                                   struct scope_err *err)
{
    (void)err;
    struct turns *turns = worker->own;
    TAILQ_INIT(&turns->again);
    turns->share = SHARE;
    turns->buffer = scope_alloc(READ_SIZE, 1);
    for (size_t i = 0; i < worker->count; i++)
        scope_link_init(
            &connection_of(scope_worker_slot(worker, i))->base.link);
    return SCOPE_OK;
}

static void worker_close(struct scope_worker *worker)
{
    struct turns *turns = worker->own;
    free(turns->buffer);
}

static void close_transfer(void *closure)
{
    struct transfer *transfer = closure;
    servers_free(&transfer->servers);
    scope_tls_free(transfer->tls);
    free(transfer->filling);
    free(transfer);
}

static const struct scope_link_slot_ops link_ops = {
    .peer = peer_of,
    .up = up,
    .down = down,
    .event = event,
};

static const struct scope_protocol protocol = {
    .slot_size = sizeof(struct connection),
    .worker_size = sizeof(struct turns),
    .worker_open = worker_open,
    .worker_close = worker_close,
    .open = scope_link_slot_open,
    .open_timeout = scope_link_slot_timeout,
    .send = send_request,
    .flush = flush,
    .event = scope_link_slot_event,
    .check = check_time,
    .shut = scope_link_slot_shut,
    .linked = &link_ops,
    .close = close_transfer,
};

static void set_sizes(struct transfer *transfer)
{
    const struct options *options = &transfer->options;
    static const char *const kinds[] = {
        [MODE_PING] = "ping",
        [MODE_CONNECT] = "connect",
        [MODE_STREAM] = "chunk",
    };
    transfer->sends = options->request_size;
    transfer->receives = options->response_size;
    if (options->mode == MODE_STREAM) {
        transfer->sends =
            options->direction == DIRECTION_RECEIVE ? 0 : options->chunk;
        transfer->receives =
            options->direction == DIRECTION_SEND ? 0 : options->chunk;
    }
    transfer->kinds[0] = kinds[options->mode];
    transfer->protocol = protocol;
    transfer->protocol.kinds = transfer->kinds;
}

enum scope_code transfer_open(const struct options *options, void **engine,
                              struct scope_err *err)
{
    struct transfer *transfer = scope_alloc(1, sizeof *transfer);
    transfer->options = *options;
    transfer->filling = scope_alloc(SEND_SIZE, 1);
    set_sizes(transfer);
    size_t count = options->servers.count ? options->servers.count : 1;
    enum scope_code code =
        servers_open(&transfer->servers, options, count, err);
    if (code == SCOPE_OK && options->secure)
        code = scope_tls_client(&transfer->tls, &options->tls,
                                transfer->servers.items[0].host, NULL, err);
    if (code != SCOPE_OK) {
        close_transfer(transfer);
        return code;
    }
    for (size_t i = 0; i < transfer->servers.count; i++)
        transfer->servers.items[i].peer.tls = transfer->tls;
    return scope_engine_open(
        &(struct scope_engine_plan){
            .options = &transfer->options.load,
            .protocol = &transfer->protocol,
            .closure = transfer,
            .lazy = options->mode == MODE_CONNECT,
        },
        engine, err);
}
