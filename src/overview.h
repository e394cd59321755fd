/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every report begins and ends with, whatever analyzers ran: the trials,
 * whether they are to be believed and why not, and on what they were measured.
 */
#ifndef SRC_OVERVIEW_H
#define SRC_OVERVIEW_H

#include <scope/dataset.h>
#include <scope/report.h>

/* The trials with their verdicts, then a warning for each check that failed,
 * each trial that did not end, and each kind of event that costs trust. */
void overview_begin(struct scope_report *report,
                    const struct scope_dataset *dataset);

/* For people who have just seen the trial run: one line instead of the above,
 * and after its figures what they are worth: the checks of the generator and
 * those that failed. */
void overview_line(struct scope_report *report,
                   const struct scope_dataset *dataset);
void overview_verdict(struct scope_report *report,
                      const struct scope_trial *trial);

/* Every check with its figures, and the facts of the machine: long. */
void overview_end(struct scope_report *report,
                  const struct scope_dataset *dataset);

/* The first trial that is partial or was found not valid, or NULL. */
const struct scope_trial *
overview_doubtful(const struct scope_dataset *dataset);

#endif
