/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was sampled, added up: for each group of processes and each trial what
 * it cost in user code and in the kernel, by category and by function.
 */
#ifndef ANALYZERS_CYCLES_COSTS_H
#define ANALYZERS_CYCLES_COSTS_H

#include <scope/categories.h>
#include <scope/option.h>
#include <scope/report.h>

/* Samples, and what they stand for: ns of CPU time, or cycles. */
struct amount {
    uint64_t samples;
    double weight;
};

enum side {
    USER,
    KERNEL,
    SIDES,
};

/* Of a group in a trial. */
struct cost {
    struct amount all[SIDES];
    struct amount (*exclusive)[SIDES]; /* of each category */
    struct amount *inclusive;
    /* Of each function of costs.names: what ended in it, what it was in, and
     * what ended in it and no rule matched. */
    struct amount *self, *total, *unmatched;
    size_t functions; /* there is room for */
};

/* In the order in which they are shown. */
enum group_kind {
    GROUP_TARGET,
    GROUP_DRIVER,
    GROUP_SCOPE,
    GROUP_OTHER,
    GROUP_KERNEL,
};

struct group {
    enum group_kind kind;
    char *name;         /* a role; of a target without one its own name */
    struct cost *costs; /* of each trial */
};

/* How a trial was sampled. */
struct sampled {
    const struct scope_trial *trial;
    char *name; /* of the trial, told apart from others of that name */
    bool there; /* there is a profile, and of the event of the others */
    char *event;
    double frequency;
    double seconds;  /* that the profile covers */
    double requests; /* completed meanwhile; 0: no driver */
    double lost, throttled, cut;
    double counted_cpu; /* of the targets, as proc counts; NAN: not known */
    double sample_ns;   /* what a sample costs; NAN: not known */
    uint64_t samples;   /* all that are in the profile */
    struct amount kernel, unnamed_kernel;
};

struct costs {
    const struct scope_dataset *dataset;
    struct scope_categories *categories;
    size_t category_count;
    size_t trials;
    struct sampled *sampled;
    size_t first;         /* trial that has a profile; trials: none has */
    enum scope_unit unit; /* of weights */
    bool driven;          /* every trial with a profile had a driver */
    struct group *groups;
    size_t group_count, group_room;
    struct scope_profile *names; /* functions and modules of all trials */
    size_t other_events; /* trials left out: they sampled something else */
};

/* To be freed also after a failure. */
enum scope_code costs_read(const struct scope_dataset *dataset,
                           const char *categories, struct costs *costs,
                           struct scope_err *err) SCOPE_MUST_CHECK;
void costs_free(struct costs *costs);

/* A trial's circumstances and its profile, which is NULL when it has none. */
enum scope_code sampled_read(const struct scope_dataset *dataset, size_t index,
                             struct sampled *sampled,
                             struct scope_profile **profile,
                             struct scope_err *err) SCOPE_MUST_CHECK;

/* A weight per request where every trial was driven, else per second: CPUs
 * that were busy, or cycles a second. NAN where there is no profile. */
double costs_figure(const struct costs *costs, size_t trial, double weight);
enum scope_unit costs_figure_unit(const struct costs *costs);
/* "CPU time per request", "CPUs", "cycles per request", "cycles per second" */
const char *costs_figure_name(const struct costs *costs);
/* The name of a column of such figures. */
const char *costs_figure_key(const struct costs *costs);

struct amount amount_sum(struct amount a, struct amount b);
/* All of a group in a trial. */
struct amount cost_all(const struct cost *cost);
/* A weight's share of all; NAN of nothing. */
double cost_share(const struct cost *cost, double weight);
/* Whether a group has any sample in any trial. */
bool group_sampled(const struct costs *costs, const struct group *group);
/* "sidecar" as a part of a table's id: what is no letter or digit is '-'. */
char *group_id(const char *what, const struct group *group);
/* Whether the trial's figures are to be doubted. */
bool costs_doubt(const struct costs *costs, size_t trial);
/* A column of trials' names, which only programs see when there is one. */
void costs_trial_column(const struct costs *costs, struct scope_table *table);

#endif
