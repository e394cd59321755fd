/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sweeps: an option of a driver, or a placeholder in its values, that takes
 * several values: NAME=A,B,C or NAME=FROM..TO*FACTOR or NAME=FROM..TO+STEP.
 * Several sweeps make every combination, in an order that lets a drift of the
 * machine hit all alike.
 */
#ifndef SRC_SWEEP_H
#define SRC_SWEEP_H

#include <scope/err.h>
#include <scope/option.h>
#include <stdint.h>

struct sweep {
    char *name;
    size_t count;
    char **values; /* as the option takes them */
};

/* What a value of a sweep is, as the swept option is declared;
 * SCOPE_TYPE_NONE: a placeholder's, whatever it looks like. */
typedef enum scope_type sweep_type(const void *closure, const char *name);

/* text: NAME=VALUES. To be freed also after a failure. */
enum scope_code sweep_read(const char *text, sweep_type *type,
                           const void *closure, struct sweep *sweep,
                           struct scope_err *err) SCOPE_MUST_CHECK;
void sweep_free(struct sweep *sweep);

enum sweep_order {
    SWEEP_INTERLEAVED, /* all points, then all again for each repeat */
    SWEEP_SHUFFLED,    /* the same, each round in an order of its own */
    SWEEP_GROUPED,     /* a point's repeats one after the other */
};
/* Their names, NULL at the end. */
extern const char *const sweep_orders[];

/* One trial to be made: indices of values, in the order of the sweeps. */
struct sweep_turn {
    size_t point;  /* number of the combination */
    size_t repeat; /* from 0 */
};

/* How many combinations there are; SCOPE_USAGE when beyond all measure. */
enum scope_code sweep_points(const struct sweep *sweeps, size_t count,
                             int64_t repeats, size_t *points,
                             struct scope_err *err) SCOPE_MUST_CHECK;
/* All turns, points * repeats of them, in order; to free(). */
struct sweep_turn *sweep_turns(size_t points, size_t repeats,
                               enum sweep_order order, uint64_t seed);
/* The value that a sweep has at a point; the last sweep varies fastest. */
const char *sweep_value(const struct sweep *sweeps, size_t count, size_t sweep,
                        size_t point);

#endif
