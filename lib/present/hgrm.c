/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HdrHistogram's percentile distribution (.hgrm), as its Java
 * outputPercentileDistribution prints it, five ticks for each halving of the
 * distance to 100 %. */
#include "lib/present/export_inside.h"

#include "lib/base/hist_ticks.h"

#include <inttypes.h>
#include <math.h>

#define PER_HALF 5

/* As Java formats it: a half is rounded up, where C would look at the bits. */
static void add_fixed(struct scope_text *out, int width, int digits,
                      double value)
{
    double scale = pow(10, digits);
    double whole = floor(value * scale + 0.5);
    if (isfinite(whole) && whole < 9e15)
        value = whole / scale;
    scope_text_add(out, "%*.*f", width, digits, value);
}

static void add_ticks(struct scope_text *out, const struct scope_hist *hist,
                      double unit_ns)
{
    struct scope_tick tick = {0};
    while (scope_tick_next(hist, PER_HALF, &tick)) {
        double share = tick.percentile / 100;
        add_fixed(out, 12, hist->digits, (double)tick.value / unit_ns);
        scope_text_char(out, ' ');
        add_fixed(out, 2, 12, share);
        scope_text_add(out, " %10" PRIu64, tick.below);
        if (!tick.last) {
            scope_text_char(out, ' ');
            add_fixed(out, 14, 2, 1 / (1 - share));
        }
        scope_text_char(out, '\n');
    }
}

static void add_closing(struct scope_text *out, const struct scope_hist *hist,
                        double unit_ns)
{
    size_t half = (size_t)1 << hist->half_magnitude;
    scope_text_add(out, "#[Mean    = ");
    add_fixed(out, 12, hist->digits, scope_hist_mean(hist) / unit_ns);
    scope_text_add(out, ", StdDeviation   = ");
    add_fixed(out, 12, hist->digits, scope_hist_sd(hist) / unit_ns);
    scope_text_add(out, "]\n#[Max     = ");
    add_fixed(out, 12, hist->digits, (double)hist->max / unit_ns);
    scope_text_add(out, ", Total count    = %12" PRIu64 "]\n", hist->total);
    scope_text_add(out, "#[Buckets = %12zu, SubBuckets     = %12zu]\n",
                   hist->count_slots / half - 1, 2 * half);
}

static enum scope_code add_verdicts(const struct scope_export_plan *plan,
                                    struct scope_text *out,
                                    struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t t = 0; t < plan->trial_count && code == SCOPE_OK; t++) {
        struct scope_outcome outcome;
        code = scope_outcome_read(plan->dataset, plan->trials[t], NULL,
                                  &outcome, err);
        if (code == SCOPE_OK)
            scope_verdict_lines(out, "# ", plan->trials[t], &outcome);
        scope_outcome_free(&outcome);
    }
    return code;
}

enum scope_code scope_export_hgrm(const struct scope_export_plan *plan,
                                  struct scope_text *out, struct scope_err *err)
{
    const char *metric = plan->metric ? plan->metric : "latency";
    struct scope_hist sum;
    enum scope_code code = scope_export_gather(plan, metric, &sum, err);
    if (code == SCOPE_OK) {
        scope_text_add(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
                       "TotalCount", "1/(1-Percentile)");
        add_ticks(out, &sum, plan->unit_ns);
        add_closing(out, &sum, plan->unit_ns);
        code = add_verdicts(plan, out, err);
    }
    if (sum.count_slots)
        scope_hist_free(&sum);
    return code;
}
