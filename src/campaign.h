/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is made of one command line that loads something: one trial, or many of
 * them in one store, each a session of its own: the points of sweeps, repeats,
 * the steps of a search. Then what came of it: tables, thresholds, exports and
 * the exit status. `scope drive` and `scope collect` are both this.
 */
#ifndef SRC_CAMPAIGN_H
#define SRC_CAMPAIGN_H

#include "lib/present/present.h"
#include "src/session.h"
#include "src/sweep.h"

struct campaign_options {
    struct scope_list thresholds, stop_if, sweeps, exports;
    int64_t repeats, seed;
    int order; /* enum sweep_order */
    bool find_max;
    double target_cpu, tolerance; /* shares; 0: none asked for */
    double from, precision;
    int64_t step_ns, time_ns;
};

/* Rows for the struct campaign_options `field` of a command's configuration. */
#define CAMPAIGN_OPTIONS(config, field)                                        \
    SCOPE_OPTION_REPEAT(                                                       \
        config, field.thresholds, "threshold", .value = "FIGURE<VALUE",        \
        .help = "what the load must come to, such as p99<5ms, errors<0.1%, "   \
                "achieved>99%, service.p99.9<=1ms or rate>1000; a missed one " \
                "makes the exit status 3"),                                    \
        SCOPE_OPTION_REPEAT(                                                   \
            config, field.stop_if, "stop-if", .value = "FIGURE>VALUE",         \
            .help = "end a trial early when this holds of its last second, "   \
                    "or of as many as tell a percentile; the exit status is "  \
                    "then 3"),                                                 \
        SCOPE_OPTION_REPEAT(                                                   \
            config, field.sweeps, "sweep", .value = "NAME=VALUES",             \
            .help = "a trial for each value of a driver's option, or of "      \
                    "{NAME} in the values of its options: rate=1k..32k*2, "    \
                    "body-size=16..1MiB*4, threads=1,2,4, rate=1k..5k+1k; "    \
                    "several make every combination"),                         \
        SCOPE_OPTION_INT(config, field.repeats, "repeats", .fallback = "1",    \
                         .min = "1", .max = "1000", .value = "N",              \
                         .help = "make every trial so often"),                 \
        SCOPE_OPTION_CHOICE(                                                   \
            config, field.order, "order", .choices = sweep_orders,             \
            .fallback = "interleaved",                                         \
            .help = "all points and then all again, each round shuffled, or "  \
                    "the repeats of a point one after the other"),             \
        SCOPE_OPTION_INT(config, field.seed, "order-seed", .fallback = "1",    \
                         .value = "N",                                         \
                         .help = "of the shuffled order; the same seed makes " \
                                 "the same order"),                            \
        SCOPE_OPTION_BOOL(                                                     \
            config, field.find_max, "find-max", .fallback = "no",              \
            .help = "find the highest rate that meets the thresholds, "        \
                    "errors<0.1% and achieved>99% among them, and measure "    \
                    "it"),                                                     \
        SCOPE_OPTION_RATIO(                                                    \
            config, field.target_cpu, "target-cpu", .min = "0.1%",             \
            .value = "SHARE",                                                  \
            .help = "find the rate at which the chosen processes together "    \
                    "use this share of a CPU, 60% or 150%, and measure it"),   \
        SCOPE_OPTION_RATIO(config, field.tolerance, "tolerance",               \
                           .fallback = "2%", .min = "0.1%",                    \
                           .help = "how far from --target-cpu it may be, in "  \
                                   "points of a CPU"),                         \
        SCOPE_OPTION_RATE(config, field.from, "find-from", .min = "0.1",       \
                          .help = "the first rate that a search tries; 1000 "  \
                                  "or the driver's rate when not given"),      \
        SCOPE_OPTION_RATIO(config, field.precision, "find-precision",          \
                           .fallback = "2%", .min = "0.1%", .max = "50%",      \
                           .help = "how near the lowest rate that fails is "   \
                                   "to the rate that --find-max finds"),       \
        SCOPE_OPTION_DURATION(                                                 \
            config, field.step_ns, "find-step", .fallback = "2s",              \
            .min = "200ms",                                                    \
            .help = "how long a step of a search measures; longer when a "     \
                    "percentile of a threshold needs it"),                     \
        SCOPE_OPTION_DURATION(                                                 \
            config, field.time_ns, "find-time", .fallback = "5m", .min = "1s", \
            .help = "how long a search may take, before what it found is "     \
                    "measured"),                                               \
        SCOPE_OPTION_REPEAT(                                                   \
            config, field.exports, "export", .value = "FORMAT=FILE",           \
            .help = "write what was measured as hdr, hgrm, fortio or json, "   \
                    "as scope export does")

/*
 * Makes the trials of the plan and shows them; the trials are in the plan's
 * store, or in none when it has no name. SCOPE_THRESHOLD when a threshold was
 * missed or nothing was found, SCOPE_PARTIAL when a trial is not valid, or a
 * threshold not decided. *signal: what ended it, or 0.
 */
enum scope_code campaign_run(const struct campaign_options *options,
                             const struct session_plan *plan,
                             const struct scope_picks *analyzers,
                             enum scope_output output, int *signal,
                             struct scope_err *err) SCOPE_MUST_CHECK;

#endif
