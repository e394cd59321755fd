/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A connection on which one waits: requests are sent, and their answers read
 * in order, until a deadline. */
#ifndef DRIVERS_OCO_TALK_H
#define DRIVERS_OCO_TALK_H

#include "lib/net/http1.h"
#include "lib/net/link.h"

enum { TALK_BUFFER = 64 * 1024, TALK_BODY_MAX = 64 * 1024 * 1024 };

struct talk {
    struct scope_loop loop;
    struct scope_link link;
    int64_t deadline_ns;
    struct scope_http1 answer; /* the last that was read */
    struct scope_http1_memo memo;
    struct scope_http1_sight sight;
    char *body;
    size_t body_size, body_room;
    char *buffer;
    size_t at, end; /* of what was received and not yet read */
};

/* Connects. Close with talk_close, also after a failure. */
enum scope_code talk_open(struct talk *talk, const struct scope_peer *peer,
                          int64_t limit_ns,
                          struct scope_err *err) SCOPE_MUST_CHECK;
void talk_close(struct talk *talk);

enum scope_code talk_send(struct talk *talk, const char *bytes, size_t size,
                          struct scope_err *err) SCOPE_MUST_CHECK;
/* Its status is talk->answer.status, its body talk->body. */
enum scope_code talk_read(struct talk *talk,
                          struct scope_err *err) SCOPE_MUST_CHECK;

#endif
