/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/net/link_slot.h"

#include "lib/net/engine_load.h"

#include <errno.h>
#include <stdio.h>

static const struct scope_link_slot_ops *
ops_of(const struct scope_worker *worker)
{
    return worker->engine->plan.protocol->linked;
}

void scope_link_slot_fail(struct scope_worker *worker,
                          struct scope_link_slot *base, enum scope_fault fault,
                          const char *detail, int64_t now_ns)
{
    char text[SCOPE_DETAIL_SIZE];
    snprintf(text, sizeof text, "connect: %s", detail);
    ops_of(worker)->down(worker, base);
    scope_slot_failed(worker, &base->slot, fault, text, now_ns);
}

static void take_result(struct scope_worker *worker,
                        struct scope_link_slot *base,
                        enum scope_link_result result, int64_t now_ns)
{
    struct scope_link *link = &base->link;
    switch (result) {
    case SCOPE_LINK_MORE:
        break;
    case SCOPE_LINK_FAILED:
        scope_link_slot_fail(worker, base, link->fault, link->detail, now_ns);
        break;
    case SCOPE_LINK_READY:
        scope_tally_connect(&worker->tally, link->connected_ns - link->begun_ns,
                            link->stream ? link->up_ns - link->connected_ns
                                         : -1);
        ops_of(worker)->up(worker, base, now_ns);
        break;
    }
}

void scope_link_slot_open(struct scope_worker *worker, struct scope_slot *slot,
                          int64_t now_ns)
{
    struct scope_link_slot *base = scope_link_slot_of(slot);
    take_result(worker, base,
                scope_link_open(&base->link, ops_of(worker)->peer(worker, base),
                                &worker->loop, slot, now_ns),
                now_ns);
}

void scope_link_slot_timeout(struct scope_worker *worker,
                             struct scope_slot *slot, int64_t now_ns)
{
    struct scope_link_slot *base = scope_link_slot_of(slot);
    take_result(worker, base,
                scope_link_timeout(&base->link, &worker->loop, slot, now_ns),
                now_ns);
}

void scope_link_slot_event(struct scope_worker *worker, struct scope_slot *slot,
                           uint32_t events)
{
    struct scope_link_slot *base = scope_link_slot_of(slot);
    if (base->link.state != SCOPE_LINK_UP) {
        int64_t now_ns = scope_now_ns();
        take_result(worker, base,
                    scope_link_event(&base->link, &worker->loop, slot, now_ns),
                    now_ns);
        if (base->link.state != SCOPE_LINK_UP)
            return;
    }
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        base->link.hung_up = true;
    ops_of(worker)->event(worker, base, events);
}

void scope_link_slot_shut(struct scope_worker *worker, struct scope_slot *slot)
{
    (void)worker;
    scope_link_close(&scope_link_slot_of(slot)->link);
}

void scope_link_slot_idle(struct scope_worker *worker,
                          struct scope_link_slot *base, void *buffer,
                          size_t size)
{
    ssize_t got = scope_link_recv(&base->link, buffer, size);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        scope_tally_fault(&worker->tally, SCOPE_FAULT_MALFORMED, NULL,
                          "connection: bytes without a request");
    scope_slot_reopen(worker, &base->slot, scope_now_ns());
}
