/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a trial's load came to: the counts and times that its drivers reported
 * within the measured window, all of them together or one alone. Thresholds,
 * searches, analyzers and exports read a trial through this, so that they all
 * give the same figure.
 */
#ifndef SCOPE_OUTCOME_H
#define SCOPE_OUTCOME_H

#include <scope/dataset.h>
#include <scope/hist.h>
#include <scope/track.h>

/* The times that a driver may record; by the metric's name. */
enum scope_timing {
    SCOPE_TIMING_LATENCY,   /* "latency" */
    SCOPE_TIMING_SERVICE,   /* "service" */
    SCOPE_TIMING_DELAY,     /* "delay" */
    SCOPE_TIMING_CONNECT,   /* "connect.time" */
    SCOPE_TIMING_HANDSHAKE, /* "handshake.time" */
    SCOPE_TIMINGS,
};

/* The metric's name. */
SCOPE_API const char *scope_timing_name(enum scope_timing timing);

/* Numbers that nobody reported are 0 when they count, else NAN. */
struct scope_outcome {
    bool driven;    /* there is a driver that sends requests */
    double seconds; /* from the first to the last sweep of the window */
    double requests, errors, unsent, other; /* other: than 2xx */
    double intended; /* requests the schedule wanted; 0: a closed loop */
    double sent, received, connects;
    struct scope_figure achieved; /* of the requests: per second */
    double rate;                  /* intended per second, NAN: closed loop */
    double connections;           /* the most at a time */
    double capacity; /* requests that they carry at once, the most */
    double outstanding, outstanding_most;
    double cpu;                   /* of the drivers' processes, 1 is one CPU */
    double busiest, busiest_most; /* their busiest thread */
    /* Empty ones have count_slots 0 and total 0. */
    struct scope_hist timing[SCOPE_TIMINGS];
};

/* source: a driver's name, or NULL for all of them. To be freed also after a
 * failure. */
SCOPE_API enum scope_code
scope_outcome_read(const struct scope_dataset *dataset,
                   const struct scope_trial *trial, const char *source,
                   struct scope_outcome *outcome,
                   struct scope_err *err) SCOPE_MUST_CHECK;
SCOPE_API void scope_outcome_free(struct scope_outcome *outcome);

/* Adds all of a histogram to one that may be empty (all zero) still. */
SCOPE_API enum scope_code
scope_hist_gather(struct scope_hist *sum, const struct scope_hist *hist,
                  struct scope_err *err) SCOPE_MUST_CHECK;
/* Adds all histograms of a series in its trial's measured window. */
SCOPE_API enum scope_code
scope_series_gather(const struct scope_dataset *dataset,
                    const struct scope_series *series, struct scope_hist *sum,
                    struct scope_err *err) SCOPE_MUST_CHECK;

/* The quantile, or NAN when fewer than ten values lie beyond it: too few to
 * tell. */
SCOPE_API double scope_hist_told(const struct scope_hist *hist, double q);
/* How many values tell it. */
SCOPE_API double scope_hist_needed(double q);

/* Answered among intended requests; NAN in a closed loop. */
SCOPE_API double scope_outcome_share(const struct scope_outcome *outcome);
/* Requests under way, as rate and mean service time have it (L = X R); NAN
 * when nothing was timed. */
SCOPE_API double scope_outcome_busy(const struct scope_outcome *outcome);

/*
 * The CPU share of a trial's target processes together, 1 being one CPU, with
 * its interval, from proc's process.cpu. role: only of that role, NULL for
 * all. Its summary's count is 0 when there is none.
 */
SCOPE_API enum scope_code
scope_target_cpu(const struct scope_dataset *dataset,
                 const struct scope_trial *trial, const char *role,
                 struct scope_figure *cpu,
                 struct scope_err *err) SCOPE_MUST_CHECK;

#endif
