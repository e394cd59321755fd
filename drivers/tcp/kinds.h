/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A client's traces as kinds of answers: profiles that are within no other are
 * requests, the others parts of them. A trace that is both is two kinds.
 */
#ifndef DRIVERS_TCP_KINDS_H
#define DRIVERS_TCP_KINDS_H

#include "lib/net/scenario.h"

struct kinds {
    char **words; /* NULL at the end */
    size_t count;
    unsigned parts;   /* the last of them */
    bool connections; /* nothing is profiled: a connection is a request */
    unsigned *whole;  /* of a trace: the kind of its requests */
    unsigned *part;   /* the kind of its parts */
};

/* Free with kinds_free, also after a failure. */
enum scope_code kinds_open(struct kinds *kinds,
                           const struct scope_scenario *scenario, size_t client,
                           struct scope_err *err) SCOPE_MUST_CHECK;
void kinds_free(struct kinds *kinds);

#endif
