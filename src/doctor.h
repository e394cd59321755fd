/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `scope doctor` finds: one finding is one row of a table. */
#ifndef SRC_DOCTOR_H
#define SRC_DOCTOR_H

#include "lib/base/text.h"
#include "lib/host/facts.h"

#include <scope/report.h>
#include <stdbool.h>

/* A table of findings: what, its state in a word or a few, what that means,
 * and what would change it. */
struct scope_table *doctor_table(struct scope_report *report, const char *id,
                                 const char *title, const char *what);
void doctor_row(struct scope_table *table, bool good, const char *what,
                const char *state, const char *why, const char *remedy);

/* The effective capability of a number, capabilities(7). */
bool doctor_capable(int capability);

/* What can be measured, found out by trying. */
void doctor_abilities(struct scope_report *report,
                      const struct scope_facts *facts);
/* What makes figures of this machine unsteady. */
void doctor_steadiness(struct scope_report *report,
                       const struct scope_facts *facts);
/* What the process is allowed. */
void doctor_capabilities(struct scope_report *report);

#endif
