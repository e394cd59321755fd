/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Thresholds: what a load must come to, as FIGURE RELATION VALUE in one word,
 * "p99<5ms" or "errors<=0.1%". Read once, judged on an outcome: of a stored
 * trial, or of the last moments of one that runs.
 */
#ifndef SRC_THRESHOLD_H
#define SRC_THRESHOLD_H

#include <scope/option.h>
#include <scope/outcome.h>

enum threshold_figure {
    THRESHOLD_QUANTILE = 1, /* of a timing */
    THRESHOLD_MEAN,
    THRESHOLD_MIN,
    THRESHOLD_MAX,
    THRESHOLD_ERRORS,      /* failed among answered and failed */
    THRESHOLD_NOT_2XX,     /* answers of other classes among all */
    THRESHOLD_UNSENT,      /* never sent among intended */
    THRESHOLD_ACHIEVED,    /* answered among intended */
    THRESHOLD_RATE,        /* answered a second */
    THRESHOLD_REQUESTS,    /* answered */
    THRESHOLD_OUTSTANDING, /* sent and not answered, the most */
    THRESHOLD_CPU,         /* of the target, in CPUs */
    THRESHOLD_DRIVER_CPU,  /* of the drivers' processes */
    THRESHOLD_BUSIEST,     /* of the drivers' busiest thread */
};

enum threshold_relation {
    THRESHOLD_LESS = 1,
    THRESHOLD_AT_MOST,
    THRESHOLD_MORE,
    THRESHOLD_AT_LEAST,
};

struct threshold {
    char *text; /* as it was written */
    enum threshold_figure figure;
    enum scope_timing timing;
    double quantile;
    char *role; /* THRESHOLD_CPU: only of that role, or NULL */
    enum threshold_relation relation;
    double limit;
    enum scope_unit unit;
};

struct thresholds {
    size_t count;
    struct threshold *items;
};

/* option: the name of the option that they are written with, for messages,
 * which name the column of what is wrong. To be freed in any case. */
enum scope_code thresholds_read(const struct scope_list *texts,
                                const char *option,
                                struct thresholds *thresholds,
                                struct scope_err *err) SCOPE_MUST_CHECK;
void thresholds_free(struct thresholds *thresholds);

enum threshold_result {
    THRESHOLD_MET = 1,
    THRESHOLD_MISSED,
    THRESHOLD_UNDECIDED, /* the figures do not tell: not met either */
};

struct threshold_finding {
    enum threshold_result result;
    double value;     /* NAN: there is none */
    char reason[160]; /* one clause, with the figure and the limit */
};

/* "met", "missed", "undecided" */
const char *threshold_word(enum threshold_result result);

/* cpu: of the target (of the threshold's role), NAN when there is none. */
void threshold_judge(const struct threshold *threshold,
                     const struct scope_outcome *outcome, double cpu,
                     struct threshold_finding *finding);

/* The same with a trial of a dataset, whose target it reads when it must. */
enum scope_code threshold_check(const struct threshold *threshold,
                                const struct scope_dataset *dataset,
                                const struct scope_trial *trial,
                                const struct scope_outcome *outcome,
                                struct threshold_finding *finding,
                                struct scope_err *err) SCOPE_MUST_CHECK;

#endif
