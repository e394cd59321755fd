/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs analyzers over a dataset into one report. */
#ifndef SRC_ANALYSIS_H
#define SRC_ANALYSIS_H

#include "lib/host/picks.h"

#include <scope/dataset.h>
#include <scope/report.h>

/* Each pick in turn. SCOPE_PARTIAL when one of them could not make all of its
 * part; another failure ends the analysis. */
enum scope_code analysis_run(const struct scope_picks *analyzers,
                             const struct scope_dataset *dataset,
                             struct scope_report *report,
                             struct scope_err *err) SCOPE_MUST_CHECK;

#endif
