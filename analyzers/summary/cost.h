/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the summary has read, and the first table made of it: what each role
 * cost, per second and per request.
 */
#ifndef ANALYZERS_SUMMARY_COST_H
#define ANALYZERS_SUMMARY_COST_H

#include <scope/report.h>
#include <scope/track.h>

/* A series to show, with what it is sorted by. */
struct entry {
    const struct scope_series *series;
    size_t trial;
    int rank;               /* processes first, then cgroups, the system, ... */
    uint32_t place, lowest; /* of its section among those of its rank */
    char *section;          /* what is added up, across trials */
    size_t pattern;         /* the first glob that matched */
};

struct row {
    struct scope_figure figure;
    double per_request; /* of a counter, beside a driver; else NAN */
};

/* One metric of one section. */
struct line {
    const struct entry *entries; /* by trial; of a role, several each */
    size_t count;
    struct row *rows; /* of each trial; a count of 0: not measured in it */
};

/* lines: by section. Sections without CPU time are not in the table. */
void cost_report(struct scope_report *report,
                 const struct scope_dataset *dataset, const struct line *lines,
                 size_t count);

#endif
