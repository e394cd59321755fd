/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Event names made into what perf_event_open(2) takes, by libpfm4. */
#ifndef PERF_EVENTS_H
#define PERF_EVENTS_H

#include "lib/perf/group.h"

#include <scope/plugin.h>

/* Encodes names; those twice in the list count once. SCOPE_USAGE: not an event;
 * SCOPE_UNAVAILABLE: one that cannot be counted here, and why. Free also after
 * a failure. */
enum scope_code perf_events_encode(const struct scope_list *names,
                                   struct perf_events *events,
                                   struct scope_err *err) SCOPE_MUST_CHECK;
void perf_events_free(struct perf_events *events);

/*
 * Whether the kernel's part may be counted too (*kernel), tried on this
 * process itself. SCOPE_PERM or SCOPE_UNAVAILABLE when nothing may be counted.
 */
enum scope_code perf_events_try(bool *kernel,
                                struct scope_err *err) SCOPE_MUST_CHECK;

/* Whether sysfs shows a hardware PMU. */
bool perf_has_pmu(void);

#endif
