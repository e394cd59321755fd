/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/connection.h"
#include "drivers/oco/reply.h"
#include "lib/net/http1.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { RECEIVE_SIZE = 64 * 1024 };

struct connection {
    struct scope_link_slot base; /* first */
    struct scope_exchange exchange;
    struct oco_servo *servo; /* whose message is out */
    bool again;              /* it is to be sent when the connection is up */
    size_t unsent;           /* bytes of it */
    uint64_t served;         /* answers since it was opened */
    struct scope_http1 answer;
    char *body; /* of the answer */
    size_t body_size, body_room;
};

/* A thread's own. */
struct crew {
    struct scope_http1_memo memo;
    struct scope_http1_sight sight;
    struct connection *current; /* whose answer is being read */
    char *buffer;               /* RECEIVE_SIZE bytes */
    char *message;              /* what is being sent */
    /* Servos that have nothing out, that for longest first: a ring. */
    struct oco_servo **waiting;
    size_t first, count, room;
    struct oco_known known;
};

static struct oco_fleet *fleet_of(const struct scope_worker *worker)
{
    return worker->closure;
}

static struct crew *crew_of(const struct scope_worker *worker)
{
    return worker->own;
}

static struct connection *connection_of(struct scope_slot *slot)
{
    return (struct connection *)slot;
}

static struct oco_servo *take_servo(struct crew *crew)
{
    struct oco_servo *servo = crew->waiting[crew->first];
    crew->first = (crew->first + 1) % crew->room;
    crew->count--;
    servo->out = true;
    return servo;
}

static void put_servo(struct crew *crew, struct oco_servo *servo)
{
    crew->waiting[(crew->first + crew->count++) % crew->room] = servo;
    servo->out = false;
}

/* --- what went wrong ------------------------------------------------------ */

static void count_lost(struct scope_worker *worker,
                       struct connection *connection, enum scope_fault fault,
                       const char *name, const char *what)
{
    char detail[SCOPE_DETAIL_SIZE];
    struct oco_servo *servo = connection->servo;
    snprintf(detail, sizeof detail, "%s of %s: %s",
             oco_event_words[oco_servo_row(servo)->event], servo->name, what);
    worker->tally.counts.own[OCO_RESTARTS]++;
    oco_servo_restart(servo);
    put_servo(crew_of(worker), servo);
    connection->servo = NULL;
    scope_slot_lost(worker, &connection->base.slot, fault, name, detail);
}

/* A message got no reply. When the server closed a connection that had worked
 * and said nothing, the close and the message passed each other on the way: it
 * is sent again, as every servo does. */
static void lose(struct scope_worker *worker, struct connection *connection,
                 enum scope_fault fault, const char *what)
{
    bool silent = fault == SCOPE_FAULT_CLOSED || fault == SCOPE_FAULT_RESET;
    if (silent && connection->served && !connection->answer.begun) {
        worker->tally.counts.retries++;
        connection->again = true;
    } else {
        fleet_of(worker)->lost++;
        count_lost(worker, connection, fault, NULL, what);
    }
    scope_slot_reopen(worker, &connection->base.slot, scope_now_ns());
}

static void lose_by_errno(struct scope_worker *worker,
                          struct connection *connection, int error)
{
    const char *detail;
    enum scope_fault fault =
        scope_link_fault(&connection->base.link, error, &detail);
    if (connection->answer.begun && fault != SCOPE_FAULT_TLS)
        fault = SCOPE_FAULT_CUT;
    lose(worker, connection, fault, detail);
}

/* --- answers -------------------------------------------------------------- */

static void take_reply(struct scope_worker *worker,
                       struct connection *connection, int64_t now_ns)
{
    struct crew *crew = crew_of(worker);
    struct oco_servo *servo = connection->servo;
    const struct oco_step_row *row = oco_servo_row(servo);
    char detail[SCOPE_DETAIL_SIZE] = "";
    enum oco_judgement judgement = oco_reply_judge(
        &crew->known, row->wanted, connection->answer.status, connection->body,
        connection->body_size, detail, sizeof detail);
    if (judgement > OCO_SLEEP) {
        count_lost(worker, connection, SCOPE_FAULT_INVALID,
                   oco_judgement_names[judgement], detail);
        return;
    }
    if (judgement == OCO_SLEEP) {
        worker->tally.counts.own[OCO_SLEEPS]++;
    } else {
        worker->tally.counts.own[OCO_CYCLES] +=
            servo->step == OCO_SAY_MEASUREMENT;
        oco_servo_advance(servo, fleet_of(worker)->script.reports);
    }
    put_servo(crew, servo);
    connection->servo = NULL;
    scope_slot_answered(worker, &connection->base.slot, &connection->exchange,
                        row->event, now_ns);
}

/* The last byte of an answer is there; excess bytes came after it. */
static void answered(struct scope_worker *worker, struct connection *connection,
                     size_t excess)
{
    int64_t now_ns = scope_now_ns();
    take_reply(worker, connection, now_ns);
    connection->base.slot.proven = true;
    connection->served++;
    if (excess)
        scope_tally_fault(&worker->tally, SCOPE_FAULT_MALFORMED, NULL,
                          "connection: bytes after the end of an answer");
    if (excess || !connection->answer.keep_alive ||
        connection->base.link.hung_up || connection->unsent)
        scope_slot_reopen(worker, &connection->base.slot, now_ns);
    else
        scope_slot_next(worker, &connection->base.slot, now_ns);
}

static void end_of_stream(struct scope_worker *worker,
                          struct connection *connection)
{
    if (!connection->answer.begun)
        lose(worker, connection, SCOPE_FAULT_CLOSED,
             "closed before the answer began");
    else if (scope_http1_close(&connection->answer) == SCOPE_HTTP1_DONE)
        answered(worker, connection, 0);
    else
        lose(worker, connection, SCOPE_FAULT_CUT,
             scope_http1_text(SCOPE_HTTP1_CUT));
}

/* False when that ended the exchange. */
static bool take_bytes(struct scope_worker *worker,
                       struct connection *connection, size_t size)
{
    struct crew *crew = crew_of(worker);
    size_t used;
    crew->current = connection;
    enum scope_http1_result result = scope_http1_feed(
        &connection->answer, &crew->memo, crew->buffer, size, &used);
    if (connection->body_size > OCO_REPLY_MAX)
        lose(worker, connection, SCOPE_FAULT_INVALID, "a reply too long");
    else if (result == SCOPE_HTTP1_DONE)
        answered(worker, connection, size - used);
    else if (result != SCOPE_HTTP1_MORE)
        lose(worker, connection, SCOPE_FAULT_MALFORMED,
             scope_http1_text(result));
    else
        return true;
    return false;
}

/* Reads until there is nothing more. A short read says so too, unless the peer
 * has hung up or TLS gives a record at a time. */
static void receive(struct scope_worker *worker, struct connection *connection)
{
    struct scope_link *link = &connection->base.link;
    struct crew *crew = crew_of(worker);
    for (;;) {
        ssize_t size = scope_link_recv(link, crew->buffer, RECEIVE_SIZE);
        if (size > 0) {
            worker->tally.counts.received += (uint64_t)size;
            if (!take_bytes(worker, connection, (size_t)size))
                return;
            if (size < RECEIVE_SIZE && !link->hung_up && !link->stream)
                return;
        } else if (size == 0) {
            end_of_stream(worker, connection);
            return;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            lose_by_errno(worker, connection, errno);
            return;
        }
    }
}

static void show_head(void *closure, const char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    struct scope_worker *worker = closure;
    crew_of(worker)->current->body_size = 0;
}

static void show_body(void *closure, const char *bytes, size_t size)
{
    struct scope_worker *worker = closure;
    struct connection *connection = crew_of(worker)->current;
    size_t needed = connection->body_size + size;
    if (needed > OCO_REPLY_MAX) {
        connection->body_size = OCO_REPLY_MAX + 1;
        return;
    }
    if (needed > connection->body_room) {
        connection->body_room = needed < 256 ? 256 : needed * 2;
        connection->body =
            scope_realloc(connection->body, connection->body_room, 1);
    }
    memcpy(connection->body + connection->body_size, bytes, size);
    connection->body_size = needed;
}

/* --- messages ------------------------------------------------------------- */

/* What is left of a message is written anew: it is the same bytes. */
static void transmit(struct scope_worker *worker, struct connection *connection)
{
    struct crew *crew = crew_of(worker);
    size_t whole = oco_script_say(&fleet_of(worker)->script, connection->servo,
                                  crew->message);
    while (connection->unsent) {
        ssize_t size = scope_link_send(
            &connection->base.link, crew->message + whole - connection->unsent,
            connection->unsent);
        if (size >= 0) {
            worker->tally.counts.sent += (uint64_t)size;
            connection->unsent -= (size_t)size;
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            /* It may have answered before it closed. */
            connection->base.link.hung_up = true;
            receive(worker, connection);
            return;
        }
    }
}

static void put_out(struct scope_worker *worker, struct connection *connection)
{
    connection->again = false;
    connection->unsent = oco_script_say(
        &fleet_of(worker)->script, connection->servo, crew_of(worker)->message);
    scope_http1_next(&connection->answer);
    transmit(worker, connection);
}

static void send_message(struct scope_worker *worker, struct scope_slot *slot,
                         const struct scope_exchange *exchange)
{
    struct connection *connection = connection_of(slot);
    connection->exchange = *exchange;
    connection->servo = take_servo(crew_of(worker));
    put_out(worker, connection);
}

/* --- opening -------------------------------------------------------------- */

/* What waits for the connection fails with it: it is said when there is one
 * again, and it is not known whether it was heard before. */
static void put_back(struct scope_worker *worker, struct connection *connection)
{
    if (!connection->again)
        return;
    connection->again = false;
    fleet_of(worker)->lost++;
    put_servo(crew_of(worker), connection->servo);
    connection->servo = NULL;
    scope_slot_forgo(worker, &connection->base.slot);
}

static const struct scope_peer *peer_of(const struct scope_worker *worker,
                                        const struct scope_link_slot *base)
{
    (void)base;
    return &fleet_of(worker)->peer;
}

static void up(struct scope_worker *worker, struct scope_link_slot *base,
               int64_t now_ns)
{
    struct connection *connection = (struct connection *)base;
    connection->served = 0;
    scope_slot_ready(worker, &base->slot, now_ns);
    if (connection->again)
        put_out(worker, connection);
}

static void down(struct scope_worker *worker, struct scope_link_slot *base)
{
    put_back(worker, (struct connection *)base);
}

/* --- events --------------------------------------------------------------- */

static void event(struct scope_worker *worker, struct scope_link_slot *base,
                  uint32_t events)
{
    struct connection *connection = (struct connection *)base;
    const struct scope_slot *slot = &base->slot;
    if (!slot->out) {
        if (scope_link_slot_readable(events))
            scope_link_slot_idle(worker, base, crew_of(worker)->buffer,
                                 RECEIVE_SIZE);
        return;
    }
    /* TLS may have to write to read, and to read to write. */
    if (connection->unsent && ((events & EPOLLOUT) || base->link.stream))
        transmit(worker, connection);
    if (slot->state == SCOPE_SLOT_OPEN && slot->out &&
        scope_link_slot_readable(events))
        receive(worker, connection);
}

static void check(struct scope_worker *worker, struct scope_slot *slot,
                  int64_t now_ns)
{
    struct connection *connection = connection_of(slot);
    if (connection->exchange.sent_ns <= scope_worker_timeout_ns(worker, now_ns))
        lose(worker, connection, SCOPE_FAULT_TIMEOUT,
             "no answer within the timeout");
}

/* --- a thread's own ------------------------------------------------------- */

static enum scope_code worker_open(struct scope_worker *worker,
                                   struct scope_err *err)
{
    (void)err;
    struct oco_fleet *fleet = fleet_of(worker);
    struct crew *crew = crew_of(worker);
    size_t first;
    crew->room = oco_fleet_share(fleet, worker->index,
                                 (size_t)worker->options->threads, &first);
    crew->waiting = scope_alloc(crew->room, sizeof(struct oco_servo *));
    for (size_t i = 0; i < crew->room; i++)
        put_servo(crew, &fleet->servos[first + i]);
    crew->buffer = scope_alloc(RECEIVE_SIZE, 1);
    crew->message = scope_alloc(fleet->script.longest + fleet->longest + 1, 1);
    crew->sight = (struct scope_http1_sight){
        .closure = worker, .head = show_head, .body = show_body};
    crew->memo.sight = &crew->sight;
    for (size_t i = 0; i < worker->count; i++)
        scope_link_init(
            &connection_of(scope_worker_slot(worker, i))->base.link);
    return SCOPE_OK;
}

static void worker_close(struct scope_worker *worker)
{
    struct crew *crew = crew_of(worker);
    for (size_t i = 0; i < worker->count; i++) {
        struct connection *connection =
            connection_of(scope_worker_slot(worker, i));
        scope_http1_free(&connection->answer);
        free(connection->body);
    }
    free(crew->waiting);
    free(crew->buffer);
    free(crew->message);
}

static void close_fleet(void *closure)
{
    oco_fleet_free(closure);
}

static const struct scope_link_slot_ops link_ops = {
    .peer = peer_of,
    .up = up,
    .down = down,
    .event = event,
};

const struct scope_protocol oco_protocol = {
    .slot_size = sizeof(struct connection),
    .worker_size = sizeof(struct crew),
    .kinds = oco_event_words,
    .worker_open = worker_open,
    .worker_close = worker_close,
    .open = scope_link_slot_open,
    .open_timeout = scope_link_slot_timeout,
    .send = send_message,
    .event = scope_link_slot_event,
    .check = check,
    .shut = scope_link_slot_shut,
    .linked = &link_ops,
    .close = close_fleet,
};
