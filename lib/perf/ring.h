/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rings that perf events write their records into, and the records of all
 * of them in the order of their times. A ring is one CPU's, so that what is in
 * one has an order already.
 */
#ifndef LIB_PERF_RING_H
#define LIB_PERF_RING_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct perf_rings;

/* time: when the record was written; asked once for each. */
struct perf_rings *
perf_rings_new(uint64_t (*time)(const void *closure,
                                const struct perf_event_header *record),
               const void *closure);
void perf_rings_free(struct perf_rings *rings);

/* Maps the ring of an event (mmap(2) of its descriptor, which stays the
 * caller's), of size bytes rounded up to a power of two of pages. False with
 * errno set. */
bool perf_rings_add(struct perf_rings *rings, int fd, size_t size);
/* What a ring of this size really takes. */
size_t perf_ring_size(size_t size);

/*
 * The next record that was written until limit, by the clock of time; NULL when
 * there is none. It is whole (size says how long), aligned to 8 bytes, and
 * valid until the next call, which gives its room back to the kernel.
 *
 * Nothing that happened before something that is given is still to come, when
 * limit is not later than the first call that is made with it.
 */
const struct perf_event_header *perf_rings_next(struct perf_rings *rings,
                                                uint64_t limit);

/* How often a ring held what cannot be a record: what was in it is gone. */
uint64_t perf_rings_broken(const struct perf_rings *rings);

#endif
