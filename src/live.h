/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A load while it runs: the figures of the drivers' last sweeps, from the
 * frames on their way to the store, for the progress line and for the rules
 * that end a trial early. The recording's thread tells, any thread asks.
 */
#ifndef SRC_LIVE_H
#define SRC_LIVE_H

#include "src/threshold.h"

struct live;

/* rules: --stop-if, must outlive it; NULL: none. */
struct live *live_new(const struct thresholds *rules, size_t drivers);
void live_free(struct live *live);

/* Rules look at what happened from then on. */
void live_window(struct live *live, int64_t start_ns);

/* What a driver's frames say; driver counts from 0. */
void live_series(struct live *live, size_t driver, unsigned column,
                 const struct scope_metric *metric, uint32_t target,
                 const char *instance);
void live_hist(struct live *live, size_t driver, unsigned column,
               const uint8_t *bytes, size_t size);
/* True when a rule holds: see live_stop. */
bool live_sweep(struct live *live, size_t driver, int64_t time_ns,
                const uint64_t *values, const uint64_t *present,
                size_t columns);

/* Of the last sweeps, all drivers together. */
struct live_figures {
    bool known;
    double rate;             /* answered a second */
    double p50, p99;         /* latency, NAN when too few */
    double errors, requests; /* since the start */
    double outstanding;
};
struct live_figures live_figures(struct live *live);

/* Why the trial is to end, or "" while it is not. */
void live_stop(struct live *live, char *reason, size_t size);

#endif
