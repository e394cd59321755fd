/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a driver in its process and keeps what it reports: the last value of
 * each series, and its histograms added up. */
#ifndef TESTS_UNIT_LOAD_REPORT_H
#define TESTS_UNIT_LOAD_REPORT_H

#include "lib/host/driver_process.h"
#include "lib/host/picks.h"

enum { REPORT_COLUMNS = 128 };

#define REPORT_HISTS(X)                                                        \
    X(latency, "latency")                                                      \
    X(service, "service")                                                      \
    X(delay, "delay")                                                          \
    X(kind_latency, "latency.kind")                                            \
    X(kind_service, "service.kind")                                            \
    X(connect, "connect.time")                                                 \
    X(handshake, "handshake.time")

struct load_report {
    size_t columns;
    char names[REPORT_COLUMNS][64]; /* "errors/reset" */
    uint64_t values[REPORT_COLUMNS];
#define X(field, name) struct scope_hist field; /* all instances */
    REPORT_HISTS(X)
#undef X
    int notes, other_events;
};

void load_report_init(struct load_report *report);
void load_report_free(struct load_report *report);

/* A series' last value; a series that there is not ends the program. */
uint64_t load_report_value(const struct load_report *report, const char *name);
/* Of all series whose names begin so. */
uint64_t load_report_sum(const struct load_report *report, const char *prefix);

/* Forks the driver and opens it there. */
struct scope_driver *load_spawn(const struct scope_pick *pick,
                                int64_t interval_ns);
/* Starts the load at once, reads until the driver has said everything, and
 * frees it. */
void load_run(struct scope_driver *driver, int64_t duration_ns,
              struct load_report *report);

#endif
