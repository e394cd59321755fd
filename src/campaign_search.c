/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What searches for a rate have in common: which driver, which rates, and how
 * long a step takes. */
#include "src/campaign_inside.h"

#include "lib/base/clock.h"
#include "lib/base/units.h"

#include <math.h>
#include <string.h>

#define FIRST_RATE 1000
#define MOST_RATE 10e6

/* The driver whose rate is searched for, or NULL. */
static const struct session_plugin *rated(const struct session_plan *plan,
                                          size_t *count)
{
    const struct session_plugin *found = NULL;
    *count = 0;
    for (size_t i = 0; i < plan->driver_count; i++) {
        const struct scope_option *row =
            scope_options_find(plan->drivers[i].loaded->options, "rate");
        if (!row || row->type != SCOPE_TYPE_RATE)
            continue;
        found = &plan->drivers[i];
        ++*count;
    }
    return found;
}

enum scope_code campaign_check_search(const struct campaign *campaign,
                                      struct scope_err *err)
{
    size_t count;
    const char *option =
        campaign->options->find_max ? "--find-max" : "--target-cpu";
    rated(campaign->plan, &count);
    if (count != 1)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "%s needs one driver that takes a rate, not %zu",
                          option, count);
    for (size_t i = 0; i < campaign->sweep_count; i++)
        if (strcmp(campaign->sweeps[i].name, "rate") == 0)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "%s searches for the rate, so there is none to "
                              "sweep",
                              option);
    const struct session_plan *plan = campaign->plan;
    if (campaign->options->find_max || plan->selector_count || plan->command)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0,
               "--target-cpu needs to know whose CPU is meant");
    return scope_hint(err, "choose processes with --pid, --comm, --exe, "
                           "--match, --cgroup or --port");
}

double campaign_first_rate(const struct campaign *campaign)
{
    size_t count;
    const struct session_plugin *driver = rated(campaign->plan, &count);
    const struct scope_option *row =
        scope_options_find(driver->loaded->options, "rate");
    const char *config = scope_settings_config(driver->settings);
    double rate = *(const double *)(const void *)(config + row->offset);
    if (campaign->options->from > 0)
        return campaign->options->from;
    return rate > 0 ? rate : FIRST_RATE;
}

double campaign_most_rate(const struct campaign *campaign)
{
    size_t count;
    const struct session_plugin *driver = rated(campaign->plan, &count);
    const struct scope_option *row =
        scope_options_find(driver->loaded->options, "rate");
    double most = MOST_RATE;
    if (row->max && scope_parse_rate(row->max, &most, NULL) != SCOPE_OK)
        most = MOST_RATE;
    return most;
}

struct wish campaign_step(const struct campaign *campaign, size_t turn,
                          double rate, unsigned step)
{
    double seconds = (double)campaign->options->step_ns / NS_PER_S;
    double whole = (double)campaign->plan->duration_ns / NS_PER_S;
    for (size_t i = 0; i < campaign->thresholds.count; i++) {
        const struct threshold *threshold = &campaign->thresholds.items[i];
        if (threshold->figure == THRESHOLD_QUANTILE)
            seconds = fmax(seconds,
                           1.1 * scope_hist_needed(threshold->quantile) / rate);
    }
    seconds = fmin(seconds,
                   fmax(whole, (double)campaign->options->step_ns / NS_PER_S));
    int64_t length_ns = (int64_t)(seconds * NS_PER_S);
    int64_t warmup_ns = campaign->plan->warmup_ns;
    return (struct wish){.turn = turn,
                         .role = "step",
                         .rate = rate,
                         .step = step,
                         .duration_ns = length_ns,
                         .warmup_ns = warmup_ns ? warmup_ns : length_ns / 5};
}

struct wish campaign_hold(const struct campaign *campaign, size_t turn,
                          double rate, unsigned step)
{
    struct wish wish = campaign_step(campaign, turn, rate, step);
    wish.role = "hold";
    if (campaign->plan->duration_ns > wish.duration_ns)
        wish.duration_ns = campaign->plan->duration_ns;
    return wish;
}
