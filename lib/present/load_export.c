/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is exported, whatever the format. */
#include "lib/present/export_inside.h"

#include <string.h>

const char *const scope_exports[] = {
    [SCOPE_EXPORT_HDR] = "hdr",
    [SCOPE_EXPORT_HGRM] = "hgrm",
    [SCOPE_EXPORT_FORTIO] = "fortio",
    [SCOPE_EXPORT_JSON] = "json",
    [SCOPE_EXPORT_FOLDED] = "folded",
    [SCOPE_EXPORT_SPEEDSCOPE] = "speedscope",
    [SCOPE_EXPORT_SPEEDSCOPE + 1] = NULL,
};

bool scope_export_profiles(enum scope_export format)
{
    return format == SCOPE_EXPORT_FOLDED || format == SCOPE_EXPORT_SPEEDSCOPE;
}

enum scope_code scope_export_write(enum scope_export format,
                                   const struct scope_export_plan *plan,
                                   struct scope_text *out,
                                   struct scope_err *err)
{
    switch (format) {
    case SCOPE_EXPORT_HDR:
        return scope_export_hdr(plan, out, err);
    case SCOPE_EXPORT_HGRM:
        return scope_export_hgrm(plan, out, err);
    case SCOPE_EXPORT_FORTIO:
        return scope_export_fortio(plan, out, err);
    case SCOPE_EXPORT_JSON:
        return scope_export_json(plan, out, err);
    case SCOPE_EXPORT_FOLDED:
        return scope_export_folded(plan, out, err);
    case SCOPE_EXPORT_SPEEDSCOPE:
        return scope_export_speedscope(plan, out, err);
    }
    return scope_fail(err, SCOPE_USAGE, 0, "unknown export");
}

bool scope_export_chosen(const struct scope_series *series, const char *metric)
{
    if (!series->driver || series->metric.semantics != SCOPE_HISTOGRAM)
        return false;
    if (!metric)
        return true;
    size_t length = strlen(series->metric.name);
    if (strncmp(metric, series->metric.name, length) != 0)
        return false;
    return !metric[length] ||
           (metric[length] == '/' &&
            strcmp(metric + length + 1, series->instance) == 0);
}

enum scope_code scope_export_gather(const struct scope_export_plan *plan,
                                    const char *metric, struct scope_hist *sum,
                                    struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    *sum = (struct scope_hist){0};
    for (size_t t = 0; t < plan->trial_count; t++) {
        const struct scope_trial *trial = plan->trials[t];
        for (size_t i = 0; i < trial->series_count && code == SCOPE_OK; i++)
            if (scope_export_chosen(&trial->series[i], metric))
                code = scope_series_gather(plan->dataset, &trial->series[i],
                                           sum, err);
    }
    if (code != SCOPE_OK || sum->total)
        return code;
    scope_fail(err, SCOPE_NOT_FOUND, 0, "no driver recorded %s", metric);
    return scope_hint(err, "scope help DRIVER lists what it records");
}
