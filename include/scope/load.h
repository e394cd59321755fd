/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every driver reports, in the same words, so that every analyzer can
 * give any metric per request and the host can judge whether the load was what
 * it was meant to be. A driver's metric table begins with SCOPE_LOAD_METRICS
 * and emits them with the indices of enum scope_load and target NULL.
 *
 * Times: "intended" is when the schedule wanted a request to be sent (open
 * loop); latency counts from there, so a stalled server shows in the tail (no
 * coordinated omission). In a closed loop intended and actual are the same.
 */
#ifndef SCOPE_LOAD_H
#define SCOPE_LOAD_H

#include <scope/metric.h>

enum scope_load {
    SCOPE_LOAD_REQUESTS,
    SCOPE_LOAD_ERRORS,
    SCOPE_LOAD_STATUS,
    SCOPE_LOAD_INTENDED,
    SCOPE_LOAD_UNSENT,
    SCOPE_LOAD_RATE,
    SCOPE_LOAD_OUTSTANDING,
    SCOPE_LOAD_CONNECTIONS,
    SCOPE_LOAD_CONNECTS,
    SCOPE_LOAD_SENT,
    SCOPE_LOAD_RECEIVED,
    SCOPE_LOAD_LATENCY,
    SCOPE_LOAD_SERVICE,
    SCOPE_LOAD_DELAY,
    SCOPE_LOAD_CPU_USER,
    SCOPE_LOAD_CPU_SYSTEM,
    SCOPE_LOAD_BUSIEST,
    SCOPE_LOAD_COUNT, /* the first index for a driver's own metrics */
};

#define SCOPE_LOAD_ROW(index, text, kind, type, base, of, words)               \
    [SCOPE_LOAD_##index] = {.name = (text),                                    \
                            .semantics = SCOPE_##kind,                         \
                            .value = SCOPE_##type,                             \
                            .unit = SCOPE_UNIT_##base,                         \
                            .domain = (of),                                    \
                            .help = (words)}

#define SCOPE_LOAD_METRICS                                                     \
    SCOPE_LOAD_ROW(REQUESTS, "requests", COUNTER, U64, COUNT, NULL,            \
                   "requests answered completely, whatever the status"),       \
        SCOPE_LOAD_ROW(ERRORS, "errors", COUNTER, U64, COUNT, "error",         \
                       "requests and connections that failed, by kind"),       \
        SCOPE_LOAD_ROW(STATUS, "status", COUNTER, U64, COUNT, "class",         \
                       "answers by status class"),                             \
        SCOPE_LOAD_ROW(INTENDED, "intended", COUNTER, U64, COUNT, NULL,        \
                       "requests the schedule wanted sent so far; 0 in a "     \
                       "closed loop"),                                         \
        SCOPE_LOAD_ROW(UNSENT, "unsent", COUNTER, U64, COUNT, NULL,            \
                       "requests the schedule wanted but that were never "     \
                       "sent"),                                                \
        SCOPE_LOAD_ROW(RATE, "rate", GAUGE, F64, HERTZ, NULL,                  \
                       "intended requests a second; absent in a closed loop"), \
        SCOPE_LOAD_ROW(OUTSTANDING, "outstanding", GAUGE, U64, COUNT, NULL,    \
                       "requests sent and not yet answered"),                  \
        SCOPE_LOAD_ROW(CONNECTIONS, "connections", GAUGE, U64, COUNT, NULL,    \
                       "connections open"),                                    \
        SCOPE_LOAD_ROW(CONNECTS, "connects", COUNTER, U64, COUNT, NULL,        \
                       "connections made"),                                    \
        SCOPE_LOAD_ROW(SENT, "sent", COUNTER, U64, BYTES, NULL,                \
                       "payload bytes given to the kernel"),                   \
        SCOPE_LOAD_ROW(RECEIVED, "received", COUNTER, U64, BYTES, NULL,        \
                       "payload bytes taken from the kernel"),                 \
        SCOPE_LOAD_ROW(LATENCY, "latency", HISTOGRAM, HIST, NS, NULL,          \
                       "time from the intended sending of a request to the "   \
                       "last byte of its answer"),                             \
        SCOPE_LOAD_ROW(SERVICE, "service", HISTOGRAM, HIST, NS, NULL,          \
                       "time from the actual sending of a request to the "     \
                       "last byte of its answer"),                             \
        SCOPE_LOAD_ROW(DELAY, "delay", HISTOGRAM, HIST, NS, NULL,              \
                       "time by which a request was sent later than "          \
                       "intended although a connection was free: the "         \
                       "generator's own lateness"),                            \
        SCOPE_LOAD_ROW(CPU_USER, "cpu.user", COUNTER, U64, NS, NULL,           \
                       "user CPU time of the driver's process, "               \
                       "getrusage(2)"),                                        \
        SCOPE_LOAD_ROW(CPU_SYSTEM, "cpu.system", COUNTER, U64, NS, NULL,       \
                       "system CPU time of the driver's process, "             \
                       "getrusage(2)"),                                        \
        SCOPE_LOAD_ROW(BUSIEST, "busiest", GAUGE, F64, RATIO, NULL,            \
                       "CPU share of the driver's busiest thread since the "   \
                       "last sweep; near 1 the driver is the bottleneck")

#endif
