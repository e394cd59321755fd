/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The histograms of a driver's thread: a set to record into, and one to read.
 */
#ifndef LIB_NET_TIMINGS_H
#define LIB_NET_TIMINGS_H

#include "lib/net/tally.h"

/* An hour in ns, to three digits: 270 KiB, of which a load touches a few. */
void scope_timing_init(struct scope_hist *hist);

void scope_timings_init(struct scope_timings *timings, size_t kind_count);
void scope_timings_free(struct scope_timings *timings, size_t kind_count);
/* Adds all of a set to another, and empties it. */
void scope_timings_move(struct scope_timings *to, struct scope_timings *from,
                        size_t kind_count);
void scope_kind_timings_use(struct scope_kind_timings *timings);

#endif
