/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host's side of a sink (<scope/sink.h>): gathers one sweep's values in
 * columns and puts frames out. One thread uses a sink.
 */
#ifndef LIB_HOST_SINK_H
#define LIB_HOST_SINK_H

#include "lib/host/frame.h"

#include <scope/plugin.h>
#include <stdbool.h>

/* What a plugin asks for while it opens. */
struct scope_host {
    int64_t interval_ns;
    size_t count, room; /* metrics: the plugin's table, then what it added */
    struct scope_metric *metrics;
};

/* Copies the plugin's metric table, which may be NULL. */
void scope_host_init(struct scope_host *host, const struct scope_metric *table,
                     int64_t interval_ns);
void scope_host_free(struct scope_host *host);

/* Where frames go: false when there is no room. A frame is complete and a
 * multiple of 8 bytes. */
struct scope_outlet {
    void *closure;
    bool (*put)(void *closure, const void *frame, size_t size);
};

/* host's metrics must outlive the sink. */
struct scope_sink *scope_sink_new(unsigned source,
                                  const struct scope_host *host,
                                  struct scope_outlet outlet);
void scope_sink_free(struct scope_sink *sink);

/* The source's counters begin at 0 with the trial (a driver's do): one that
 * appears later is given a 0 just before its first value, so that its first
 * step counts. */
void scope_sink_from_zero(struct scope_sink *sink);

/* A sweep: begin with its time, let the plugin emit, end: false when the sweep
 * was lost for want of room. */
void scope_sink_begin(struct scope_sink *sink, int64_t time_ns);
bool scope_sink_end(struct scope_sink *sink);

struct scope_sink_totals {
    uint64_t sweeps; /* put out, empty ones too */
    uint64_t values;
    uint64_t lost;    /* frames for which there was no room */
    uint64_t misused; /* values of another type than declared, or of a metric
                         or instance that does not exist: the plugin's fault */
};
struct scope_sink_totals scope_sink_totals(const struct scope_sink *sink);

#endif
