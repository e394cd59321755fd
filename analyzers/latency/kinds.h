/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the answers of each kind took, where there are several. */
#ifndef ANALYZERS_LATENCY_KINDS_H
#define ANALYZERS_LATENCY_KINDS_H

#include <scope/dataset.h>
#include <scope/report.h>

/* alone: there is but one trial. Adds a table with a row for each kind (a
 * status class, a statement, a transaction and its parts), if a trial has more
 * than one. */
enum scope_code kinds_add(const struct scope_dataset *dataset,
                          struct scope_report *report, bool alone,
                          struct scope_err *err) SCOPE_MUST_CHECK;

#endif
