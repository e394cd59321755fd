/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store's clock (CLOCK_MONOTONIC) beside the others that are needed. */
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_US INT64_C(1000)

/* Any clock in ns; scope_now_ns() of <scope/plugin.h> is CLOCK_MONOTONIC. */
int64_t scope_clock_ns(clockid_t clock);

struct timespec scope_timespec(int64_t ns);

/* CLOCK_REALTIME minus CLOCK_MONOTONIC, read so that a preemption between the
 * two does not count: the tightest of five pairs. */
int64_t scope_realtime_offset_ns(void);

#endif
