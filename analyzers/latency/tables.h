/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of loads, a row a trial: rates and counts, times, and whether the
 * generator was fit. */
#ifndef ANALYZERS_LATENCY_TABLES_H
#define ANALYZERS_LATENCY_TABLES_H

#include <scope/outcome.h>
#include <scope/report.h>

/* One trial's, all its drivers together. */
struct load {
    const struct scope_trial *trial;
    struct scope_outcome outcome;
};

bool load_is_doubtful(const struct load *load);

/* alone: there is but one trial, which people need not be told in each row. */
void tables_add_load(struct scope_report *report, const struct load *loads,
                     size_t count, bool alone);
/* open: some load was an open loop, so latency and service time differ. */
void tables_add_times(struct scope_report *report, const struct load *loads,
                      size_t count, bool alone, bool open);
void tables_add_generator(struct scope_report *report, const struct load *loads,
                          size_t count, bool alone);

#endif
