/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How samples were taken, how many were lost, what they cost, and what they
 * cannot say. */
#include "analyzers/cycles/tables.h"

#include <math.h>
#include <scope/alloc.h>
#include <string.h>

static struct amount target_samples(const struct costs *costs, size_t trial)
{
    struct amount sum = {0};
    for (size_t g = 0; g < costs->group_count; g++)
        if (costs->groups[g].kind == GROUP_TARGET)
            sum = amount_sum(sum, cost_all(&costs->groups[g].costs[trial]));
    return sum;
}

/* Of the targets; NAN when no clock was sampled. */
static double sampled_cpu(const struct costs *costs, size_t trial)
{
    double seconds = costs->sampled[trial].seconds;
    return costs->unit == SCOPE_UNIT_NS && seconds > 0
               ? target_samples(costs, trial).weight / 1e9 / seconds
               : NAN;
}

static void add_table(struct scope_report *report, const struct costs *costs)
{
    struct scope_table *table =
        scope_report_table(report, "cycles-sampling", "How it was sampled");
    scope_table_column(table, SCOPE_COLUMN_TEXT, "trial", "trial", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "event", "event", 0,
                       "what was sampled");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "frequency", "frequency",
                       SCOPE_UNIT_HERTZ, "asked for, of each CPU that is busy");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "samples", "samples",
                       SCOPE_UNIT_COUNT, "all that are in the profile");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "targets", "of targets",
                       SCOPE_UNIT_COUNT, "of the processes that are measured");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "lost", "lost",
                       SCOPE_UNIT_COUNT, "taken, and lost for want of room");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "lost_share", "lost",
                       SCOPE_UNIT_RATIO, "of all that were taken");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cut", "cut stacks",
                       SCOPE_UNIT_COUNT,
                       "samples whose outermost callers are missing");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "throttled", "throttled",
                       SCOPE_UNIT_COUNT,
                       "how often the kernel stopped sampling for a while");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "sampled", "sampled CPU",
                       SCOPE_UNIT_RATIO,
                       "of the targets, by their samples; 100 % is one CPU");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "counted", "counted CPU",
                       SCOPE_UNIT_RATIO,
                       "of the targets, as the kernel accounts for processes "
                       "(proc.process.cpu)");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cost", "a sample",
                       SCOPE_UNIT_NS,
                       "costs who is interrupted, tried as the trial began");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "overhead", "overhead",
                       SCOPE_UNIT_RATIO,
                       "that cost by the targets' samples, of their CPU time");
    for (size_t i = 0; i < costs->trials; i++) {
        const struct sampled *sampled = &costs->sampled[i];
        if (!sampled->there)
            continue;
        struct amount targets = target_samples(costs, i);
        double taken = (double)sampled->samples + sampled->lost;
        bool time = costs->unit == SCOPE_UNIT_NS;
        scope_table_row(table);
        scope_cell_text(table, sampled->name);
        scope_cell_text(table, sampled->event);
        scope_cell_number(table, sampled->frequency);
        scope_cell_number(table, (double)sampled->samples);
        scope_cell_number(table, (double)targets.samples);
        scope_cell_number(table, sampled->lost);
        scope_cell_number(table, taken > 0 ? sampled->lost / taken : NAN);
        scope_cell_number(table, sampled->cut);
        scope_cell_number(table, sampled->throttled);
        scope_cell_number(table, sampled_cpu(costs, i));
        scope_cell_number(table, sampled->counted_cpu);
        scope_cell_number(table, sampled->sample_ns);
        scope_cell_number(table, time && targets.weight > 0
                                     ? sampled->sample_ns *
                                           (double)targets.samples /
                                           targets.weight
                                     : NAN);
        if (costs_doubt(costs, i) || sampled->lost > 0)
            scope_table_doubt(table);
    }
    scope_table_legend(table, "samples were lost, or see the verdict");
}

static void tell_names(struct scope_report *report, const struct costs *costs)
{
    for (size_t i = 0; i < costs->trials; i++) {
        const struct sampled *sampled = &costs->sampled[i];
        if (sampled->there && sampled->kernel.samples &&
            sampled->unnamed_kernel.samples * 2 > sampled->kernel.samples)
            scope_report_warning(
                report,
                "%s: most of the kernel's functions have no names, so that "
                "categories of the kernel are missing; kernel.kptr_restrict "
                "hid them from who collected",
                sampled->name);
    }
}

/* How far samples and the kernel's accounts of the targets' time are apart, at
 * most. */
static void tell_accounts(struct scope_report *report,
                          const struct costs *costs)
{
    double most = NAN;
    for (size_t i = 0; i < costs->trials; i++) {
        const struct sampled *sampled = &costs->sampled[i];
        double ratio =
            sampled->there ? sampled_cpu(costs, i) / sampled->counted_cpu : NAN;
        if (isfinite(ratio) &&
            (isnan(most) || fabs(ratio - 1) > fabs(most - 1)))
            most = ratio;
    }
    if (fabs(most - 1) > 0.1)
        scope_report_warning(
            report,
            "Samples stand for %.0f %% of the CPU time that the kernel "
            "accounted to the targets%s (proc.process.cpu). How much a request "
            "costs is better taken from the accounts, and where it went from "
            "the samples.",
            most * 100, costs->trials > 1 ? " in one trial" : "");
}

/* Fewer samples than these tell little of anything small. */
static void tell_few(struct scope_report *report, const struct costs *costs)
{
    uint64_t fewest = UINT64_MAX;
    for (size_t i = 0; i < costs->trials; i++)
        if (costs->sampled[i].there &&
            target_samples(costs, i).samples < fewest)
            fewest = target_samples(costs, i).samples;
    if (fewest < 1000)
        scope_report_text(
            report,
            "There are but %llu samples of targets%s: a share of 1 %% is known "
            "to no better than a factor of two. Measure longer, or sample more "
            "often (-C cycles.frequency).",
            (unsigned long long)fewest, costs->trials > 1 ? " in a trial" : "");
}

void sampling_add(struct scope_report *report, const struct costs *costs)
{
    add_table(report, costs);
    tell_names(report, costs);
    tell_accounts(report, costs);
    if (costs->unit == SCOPE_UNIT_NS)
        scope_report_text(
            report,
            "These are timer samples, not cycles: a timer of each CPU "
            "interrupted what ran. In the kernel the timer waits while "
            "interrupts are off, so time is shown where they come on again: "
            "finish_task_switch, _raw_spin_unlock_irqrestore and do_syscall_64 "
            "stand for what ran before them, and so do the scheduler's and the "
            "socket layer's categories in part. So the places of kernel time "
            "are biased; those in user code are not.");
    else
        scope_report_text(report,
                          "Samples of %s by the CPU's own counter: each stands "
                          "for as many as had passed since the last.",
                          costs->sampled[costs->first].event);
    scope_report_text(
        report,
        "Intervals say what the number of samples leaves open. What differs "
        "from run to run is not in them: repeat a trial to see that.");
    tell_few(report, costs);
}
