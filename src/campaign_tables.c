/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of a campaign: a row for each point of its sweeps, each step of
 * its searches, each threshold. */
#include "src/campaign_inside.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdio.h>

static bool is_search(const struct campaign *campaign)
{
    return campaign->options->find_max || campaign->options->target_cpu > 0;
}

static bool has_target(const struct campaign *campaign)
{
    for (size_t i = 0; i < campaign->attempt_count; i++)
        if (!isnan(campaign->attempts[i].cpu))
            return true;
    return false;
}

/* What tells the points apart. */
static void add_point_columns(const struct campaign *campaign,
                              struct scope_table *table)
{
    for (size_t i = 0; i < campaign->sweep_count; i++)
        scope_table_column(table, SCOPE_COLUMN_TEXT, campaign->sweeps[i].name,
                           campaign->sweeps[i].name, 0, NULL);
    if (campaign->options->repeats > 1)
        scope_table_column(table, SCOPE_COLUMN_TEXT, "repeat", "repeat", 0,
                           NULL);
}

static void add_point_cells(const struct campaign *campaign, size_t turn,
                            struct scope_table *table)
{
    char text[24];
    const struct sweep_turn *at = &campaign->turns[turn];
    for (size_t i = 0; i < campaign->sweep_count; i++)
        scope_cell_text(
            table,
            sweep_value(campaign->sweeps, campaign->sweep_count, i, at->point));
    snprintf(text, sizeof text, "%zu", at->repeat + 1);
    if (campaign->options->repeats > 1)
        scope_cell_text(table, text);
}

static void add_load_columns(const struct campaign *campaign,
                             struct scope_table *table)
{
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "intended", "intended",
                       SCOPE_UNIT_HERTZ,
                       "requests the schedule wanted sent a second");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "achieved", "achieved",
                       SCOPE_UNIT_HERTZ, "requests answered a second");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "p50", "p50", SCOPE_UNIT_NS,
                       "half of the requests took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "p99", "p99", SCOPE_UNIT_NS,
                       "99 % of the requests took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "errors", "errors",
                       SCOPE_UNIT_COUNT,
                       "requests and connections that failed");
    if (has_target(campaign))
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu", "target CPU",
                           SCOPE_UNIT_RATIO,
                           "of the chosen processes, 100 % is one CPU");
}

static void add_load_cells(const struct campaign *campaign,
                           const struct attempt *attempt,
                           struct scope_table *table)
{
    scope_cell_number(table, attempt->intended);
    scope_cell_number(table, attempt->achieved);
    scope_cell_number(table, attempt->p50);
    scope_cell_number(table, attempt->p99);
    scope_cell_number(table, attempt->errors);
    if (has_target(campaign))
        scope_cell_number(table, attempt->cpu);
}

/* By point, then repeat, whatever the order they were made in. */
static void add_points(const struct campaign *campaign,
                       struct scope_report *report)
{
    struct scope_table *table =
        scope_report_table(report, "points", "Points of the sweep");
    add_point_columns(campaign, table);
    add_load_columns(campaign, table);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "verdict", "verdict", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "trial", "trial", 0, NULL);
    size_t repeats = (size_t)campaign->options->repeats;
    for (size_t i = 0; i < campaign->turn_count; i++)
        for (size_t a = 0; a < campaign->attempt_count; a++) {
            const struct attempt *attempt = &campaign->attempts[a];
            const struct sweep_turn *turn = &campaign->turns[attempt->turn];
            if (turn->point * repeats + turn->repeat != i)
                continue;
            scope_table_row(table);
            if (!attempt->valid)
                scope_table_doubt(table);
            add_point_cells(campaign, attempt->turn, table);
            add_load_cells(campaign, attempt, table);
            scope_cell_text(table, attempt->stopped ? "stopped early"
                                   : attempt->valid ? "valid"
                                                    : "NOT VALID");
            scope_cell_number(table, (double)attempt->trial);
        }
}

static const char *outcome_word(const struct campaign *campaign,
                                const struct attempt *attempt)
{
    if (attempt->outcome == SEARCH_DRIVER)
        return "generator not fit";
    if (!campaign->options->find_max)
        return "measured";
    return attempt->outcome == SEARCH_PASSED ? "passed" : "failed";
}

static void add_steps(const struct campaign *campaign,
                      struct scope_report *report)
{
    struct scope_table *table =
        scope_report_table(report, "search", "Steps of the search");
    add_point_columns(campaign, table);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "role", "role", 0,
                       "a hold is measured for the whole duration");
    add_load_columns(campaign, table);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "outcome", "outcome", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "why", "why", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "trial", "trial", 0, NULL);
    for (size_t i = 0; i < campaign->attempt_count; i++) {
        const struct attempt *attempt = &campaign->attempts[i];
        scope_table_row(table);
        add_point_cells(campaign, attempt->turn, table);
        scope_cell_text(table, attempt->role);
        add_load_cells(campaign, attempt, table);
        scope_cell_text(table, outcome_word(campaign, attempt));
        scope_cell_text(table, attempt->why);
        scope_cell_number(table, (double)attempt->trial);
    }
}

static void add_found(const struct campaign *campaign,
                      struct scope_report *report)
{
    struct scope_table *table = scope_report_table(
        report, "found",
        campaign->options->find_max ? "Highest rate that meets the thresholds"
                                    : "Rate for the share of a CPU");
    add_point_columns(campaign, table);
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "rate", "rate",
                       SCOPE_UNIT_HERTZ, "intended requests a second");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "failed", "failed at",
                       SCOPE_UNIT_HERTZ, "the lowest rate that failed");
    if (has_target(campaign)) {
        scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu", "target CPU",
                           SCOPE_UNIT_RATIO, NULL);
        scope_table_column(table, SCOPE_COLUMN_MACHINE, "cpu_low", "low", 0,
                           NULL);
        scope_table_column(table, SCOPE_COLUMN_MACHINE, "cpu_high", "high", 0,
                           NULL);
    }
    scope_table_column(table, SCOPE_COLUMN_TEXT, "reached", "reached", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "reason", "reason", 0, NULL);
    for (size_t i = 0; i < campaign->found_count; i++) {
        const struct found *found = &campaign->found[i];
        const struct attempt *hold =
            found->hold == SIZE_MAX ? NULL : &campaign->attempts[found->hold];
        scope_table_row(table);
        if (!found->reached)
            scope_table_doubt(table);
        add_point_cells(campaign, found->turn, table);
        scope_cell_number(table, found->rate);
        scope_cell_number(table, isinf(found->failed) ? NAN : found->failed);
        if (has_target(campaign)) {
            scope_cell_number(table, hold ? hold->cpu : NAN);
            scope_cell_number(table, hold ? hold->cpu_low : NAN);
            scope_cell_number(table, hold ? hold->cpu_high : NAN);
        }
        scope_cell_text(table, found->reached ? "yes" : "no");
        scope_cell_text(table, found->reason);
    }
    scope_table_legend(table, "not reached");
}

/* Whether it is the trial that a search ended with. */
static bool is_held(const struct campaign *campaign, size_t attempt)
{
    for (size_t i = 0; i < campaign->found_count; i++)
        if (campaign->found[i].hold == attempt)
            return true;
    return false;
}

/* Of every trial but the steps, which are judged by them. */
static void add_thresholds(const struct campaign *campaign,
                           struct scope_report *report)
{
    struct scope_table *table =
        scope_report_table(report, "thresholds", "Thresholds");
    add_point_columns(campaign, table);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "threshold", "threshold", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "result", "result", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_TEXT, "figures", "figures", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "value", "value", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "limit", "limit", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "trial", "trial", 0, NULL);
    for (size_t i = 0; i < campaign->attempt_count; i++) {
        const struct attempt *attempt = &campaign->attempts[i];
        if (*attempt->role && !is_held(campaign, i))
            continue;
        for (size_t f = 0; f < attempt->finding_count; f++) {
            const struct threshold_finding *finding = &attempt->findings[f];
            scope_table_row(table);
            if (finding->result != THRESHOLD_MET)
                scope_table_doubt(table);
            add_point_cells(campaign, attempt->turn, table);
            scope_cell_text(table, campaign->thresholds.items[f].text);
            scope_cell_text(table, threshold_word(finding->result));
            scope_cell_text(table, finding->reason);
            scope_cell_number(table, finding->value);
            scope_cell_number(table, campaign->thresholds.items[f].limit);
            scope_cell_number(table, (double)attempt->trial);
        }
    }
    scope_table_legend(table, "not met");
}

void campaign_tables(const struct campaign *campaign,
                     struct scope_report *report)
{
    if (is_search(campaign)) {
        add_steps(campaign, report);
        add_found(campaign, report);
    } else if (campaign->turn_count > 1) {
        add_points(campaign, report);
    }
    bool measured = !is_search(campaign);
    for (size_t i = 0; i < campaign->found_count; i++)
        measured = measured || campaign->found[i].hold != SIZE_MAX;
    if (campaign->thresholds.count && measured)
        add_thresholds(campaign, report);
}
