/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A trial's load written for other programs: what its drivers timed and
 * counted in the measured window, and how far the trial is to be believed.
 */
#ifndef LIB_PRESENT_LOAD_EXPORT_H
#define LIB_PRESENT_LOAD_EXPORT_H

#include "lib/base/text.h"

#include <scope/dataset.h>
#include <scope/outcome.h>

enum scope_export {
    SCOPE_EXPORT_HDR,    /* HdrHistogram's log, version 1.3 */
    SCOPE_EXPORT_HGRM,   /* its percentile distribution */
    SCOPE_EXPORT_FORTIO, /* Fortio's JSON */
    SCOPE_EXPORT_JSON,   /* all of it: data/schemas/load.json */
};
/* Their names, NULL at the end. */
extern const char *const scope_exports[];

struct scope_export_plan {
    const struct scope_dataset *dataset;
    const struct scope_trial *const *trials;
    size_t trial_count;
    /* "latency", or with an instance "latency.kind/2xx"; NULL: all, and
     * latency where there can be but one. */
    const char *metric;
    double unit_ns; /* of values in the distribution, and of the maximum in
                       the log */
};

/* Appends to out. SCOPE_NOT_FOUND when no driver recorded such times. */
enum scope_code scope_export_write(enum scope_export format,
                                   const struct scope_export_plan *plan,
                                   struct scope_text *out,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
