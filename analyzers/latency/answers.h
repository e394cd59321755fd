/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What became of the requests: answers by status class, failures by kind. */
#ifndef ANALYZERS_LATENCY_ANSWERS_H
#define ANALYZERS_LATENCY_ANSWERS_H

#include <scope/dataset.h>
#include <scope/report.h>

/* alone: there is but one trial. Adds a table with a row for each class and
 * kind that occurred in a trial. */
enum scope_code answers_add(const struct scope_dataset *dataset,
                            struct scope_report *report, bool alone,
                            struct scope_err *err) SCOPE_MUST_CHECK;

#endif
