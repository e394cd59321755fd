/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the collector syscalls stored, as a matrix: groups (a role with all its
 * processes, a cgroup, the machine) x calls x trials. A cell holds what a call
 * came to in a trial's measured window.
 */
#ifndef ANALYZERS_SYSCALLS_COUNTS_H
#define ANALYZERS_SYSCALLS_COUNTS_H

#include <scope/dataset.h>
#include <scope/option.h>
#include <scope/track.h>

enum by {
    BY_ROLE,
    BY_TARGET,
    BY_THREAD,
};

/* The counters of a call. */
enum counter {
    CALLS,
    ERRORS,
    BYTES,
    TIME,
    COUNTERS,
};

struct cell {
    struct scope_track tracks[COUNTERS]; /* empty: not known; their times are
                                            the trial's sweeps */
    double longest;                      /* ns, NAN: not known */
    struct scope_hist latency;           /* count_slots 0: not known */
};

struct call {
    const char *name;
    bool waits;         /* its time is mostly spent waiting */
    struct cell *cells; /* of each trial */
    bool sum;           /* of several calls */
    double weight;      /* the most of what tables are sorted by */
};

/* Calls of one kind that failed with one error. */
struct failure {
    const char *call, *error;
    double *counts; /* of each trial */
    double most;
};

struct group {
    int rank;
    char *section;  /* "sidecar", "nginx[123]" */
    size_t members; /* the most in a trial */
    const char
        *name; /* of a member, or NULL when they are called differently */
    struct call *calls;
    size_t call_count, call_room;
    struct call all, working, waiting; /* sums */
    struct failure *failures;
    size_t failure_count, failure_room;
    struct scope_track *cpu;   /* CPU time, of each trial; empty: not known */
    bool times, errors, bytes; /* known of any */
};

/* The collector itself, in a trial. */
struct tracing {
    bool there;  /* the collector was there */
    double lost; /* calls that were not counted */
    double cost; /* ns that counting adds to a call, NAN: not known */
};

struct counts {
    const struct scope_dataset *dataset;
    size_t trials;
    struct scope_track *requests; /* of each trial; empty: no driver */
    struct tracing *tracing;
    bool driven; /* any trial was */
    struct group *groups;
    size_t group_count, group_room;
};

/* waiting: names of calls that wait. To be freed also after a failure. */
enum scope_code counts_read(const struct scope_dataset *dataset, enum by by,
                            const struct scope_list *waiting,
                            struct counts *counts,
                            struct scope_err *err) SCOPE_MUST_CHECK;
void counts_free(struct counts *counts);

/* Adds counters; latencies are left out. */
void cell_add(struct cell *sum, const struct cell *cell);
void cells_free(struct cell *cells, size_t trials);

/* What a counter of a call came to: in all, per second, and per request. NAN:
 * not known. */
double cell_total(const struct cell *cell, enum counter counter);
double cell_rate(const struct cell *cell, enum counter counter);
double cell_per_request(const struct counts *counts, size_t trial,
                        const struct cell *cell, enum counter counter);
/* Per request where a driver ran in any trial, else per second. */
double cell_figure(const struct counts *counts, size_t trial,
                   const struct cell *cell, enum counter counter);
/* Mean time of a call in ns. */
double cell_mean(const struct cell *cell);

#endif
