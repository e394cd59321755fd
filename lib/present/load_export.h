/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trials written for other programs. Of a load: what its drivers timed and
 * counted in the measured window, and how far the trial is to be believed. Of a
 * profile: what was sampled in that window.
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
    /* Of the profile of the collector cycles: */
    SCOPE_EXPORT_FOLDED,     /* Brendan Gregg's folded stacks, in samples */
    SCOPE_EXPORT_SPEEDSCOPE, /* speedscope's JSON, in what samples weigh */
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
    double unit_ns;   /* of values in the distribution, and of the maximum in
                         the log */
    bool mark_kernel; /* folded: the kernel's functions end in "_[k]" */
};

/* Whether a format holds a profile; the others hold loads. */
bool scope_export_profiles(enum scope_export format);

/* Appends to out. SCOPE_NOT_FOUND when no driver recorded such times, or no
 * profile was recorded. */
enum scope_code scope_export_write(enum scope_export format,
                                   const struct scope_export_plan *plan,
                                   struct scope_text *out,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

#endif
