/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot of the engine that is a link: what drivers over TCP and TLS have in
 * common of opening and of events. A driver's connection begins with a struct
 * scope_link_slot; its protocol has the functions below as its ops, and says
 * the rest in a struct scope_link_slot_ops.
 */
#ifndef LIB_NET_LINK_SLOT_H
#define LIB_NET_LINK_SLOT_H

#include "lib/net/engine.h"
#include "lib/net/link.h"

struct scope_link_slot {
    struct scope_slot slot; /* first */
    struct scope_link link; /* scope_link_init */
};

struct scope_link_slot_ops {
    const struct scope_peer *(*peer)(const struct scope_worker *worker,
                                     const struct scope_link_slot *base);
    /* The link is up, counted and timed: scope_slot_ready, now or later. */
    void (*up)(struct scope_worker *worker, struct scope_link_slot *base,
               int64_t now_ns);
    /* It could not be opened, which is counted next: a request kept for it is
     * to be forgone. */
    void (*down)(struct scope_worker *worker, struct scope_link_slot *base);
    /* What epoll said of a link that is up; a hang-up is in the link already.
     */
    void (*event)(struct scope_worker *worker, struct scope_link_slot *base,
                  uint32_t events);
};

static inline struct scope_link_slot *
scope_link_slot_of(struct scope_slot *slot)
{
    return (struct scope_link_slot *)slot;
}

/* Ops of a scope_protocol whose `linked` is set. */
void scope_link_slot_open(struct scope_worker *worker, struct scope_slot *slot,
                          int64_t now_ns);
void scope_link_slot_timeout(struct scope_worker *worker,
                             struct scope_slot *slot, int64_t now_ns);
void scope_link_slot_event(struct scope_worker *worker, struct scope_slot *slot,
                           uint32_t events);
void scope_link_slot_shut(struct scope_worker *worker, struct scope_slot *slot);

/* What an event may be while nothing is out: bytes are not asked for, and an
 * end is no failure. buffer is for the bytes. */
void scope_link_slot_idle(struct scope_worker *worker,
                          struct scope_link_slot *base, void *buffer,
                          size_t size);
/* Opening has failed in a way of the driver's own. */
void scope_link_slot_fail(struct scope_worker *worker,
                          struct scope_link_slot *base, enum scope_fault fault,
                          const char *detail, int64_t now_ns);

/* Whether events say that there is something to read, an end included. */
static inline bool scope_link_slot_readable(uint32_t events)
{
    return events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
}

#endif
