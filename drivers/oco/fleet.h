/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All servos of a load, dealt out to its threads, and what is constant while
 * they run. */
#ifndef DRIVERS_OCO_FLEET_H
#define DRIVERS_OCO_FLEET_H

#include "drivers/oco/options.h"
#include "drivers/oco/script.h"
#include "lib/net/link_slot.h"

/* Counters of the driver's own. */
enum oco_counter { OCO_CYCLES, OCO_SLEEPS, OCO_RESTARTS, OCO_COUNTERS };

struct oco_fleet {
    struct options options;
    struct scope_url server;
    struct scope_addresses addresses;
    struct scope_tls *tls;
    struct scope_peer peer;
    struct oco_script script;
    size_t count, longest; /* servos, and the bytes of a name */
    char **names;          /* percent-encoded */
    struct oco_servo *servos;
    _Atomic uint64_t lost; /* messages: whether they were heard is not known */
};

/* Finds the server and the applications' names, from the pattern or from the
 * server. Free with oco_fleet_free. */
enum scope_code oco_fleet_open(struct oco_fleet **fleet,
                               const struct options *options,
                               struct scope_err *err) SCOPE_MUST_CHECK;
void oco_fleet_free(struct oco_fleet *fleet);

/* Servos of a thread: those from `first` on. */
static inline size_t oco_fleet_share(const struct oco_fleet *fleet,
                                     size_t thread, size_t threads,
                                     size_t *first)
{
    size_t each = fleet->count / threads;
    size_t more = fleet->count % threads;
    *first = thread * each + (thread < more ? thread : more);
    return each + (thread < more);
}

/* How cycles are spread over applications. */
struct oco_spread {
    uint64_t apps, min, max;
    double average, sum; /* 0 without applications */
};
struct oco_spread oco_fleet_spread(const struct oco_fleet *fleet);

#endif
