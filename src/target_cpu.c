/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --target-cpu: the search for the rate at which the target uses a share of a
 * CPU, with real trials. */
#include "src/campaign_inside.h"

#include "lib/base/clock.h"
#include "lib/base/units.h"
#include "src/cpu_search.h"

#include <math.h>
#include <stdio.h>

#define HOLDS 3 /* whole trials, at most, that correct the rate */

static char *rate_text(char out[32], double rate)
{
    return scope_format_value(out, 32, rate, SCOPE_UNIT_HERTZ, 4);
}

static void say_attempt(struct campaign *campaign,
                        const struct attempt *attempt, unsigned step)
{
    char rate[32];
    bool fit = attempt->outcome != SEARCH_DRIVER;
    progress_say(&campaign->progress, "  %s %u: %s used %.1f %% of a CPU%s%s",
                 attempt->role, step, rate_text(rate, attempt->rate),
                 attempt->cpu * 100, fit ? "" : "; generator not fit, ",
                 fit ? "" : attempt->why);
}

static const char *end_text(enum cpu_end end)
{
    switch (end) {
    case CPU_SATURATED:
        return "the server answers no more before it uses that much";
    case CPU_DRIVER:
        return "the generator, not the server, was the limit";
    case CPU_FLAT:
        return "more load costs these processes no more CPU: the limit is "
               "elsewhere, or the work is others'";
    case CPU_IDLE:
        return "it uses more than that with hardly any load";
    case CPU_MOST:
        return "at the highest rate that the driver takes it uses less";
    case CPU_LATE:
        return "the time or the steps given ended the search";
    case CPU_GOES_ON:
        return "the search was interrupted";
    case CPU_FOUND:
        break;
    }
    return "";
}

/* The nearest that the steps came. */
static double nearest(const struct campaign *campaign, size_t turn,
                      double target)
{
    double best = NAN;
    for (size_t i = 0; i < campaign->attempt_count; i++) {
        const struct attempt *attempt = &campaign->attempts[i];
        if (attempt->turn == turn && !isnan(attempt->cpu) &&
            !(fabs(attempt->cpu - target) >= fabs(best - target)))
            best = attempt->cpu;
    }
    return best;
}

static void conclude(const struct campaign *campaign,
                     const struct cpu_search *search, struct found *found)
{
    double target = campaign->options->target_cpu;
    char rate[32];
    if (found->hold == SIZE_MAX) {
        snprintf(found->reason, sizeof found->reason,
                 "%.1f %% of a CPU was not reached: %s (%.1f %% came nearest)",
                 target * 100, end_text(search->end),
                 nearest(campaign, found->turn, target) * 100);
        return;
    }
    const struct attempt *hold = &campaign->attempts[found->hold];
    found->rate = hold->rate;
    found->reached = fabs(hold->cpu - target) <= campaign->options->tolerance &&
                     hold->outcome != SEARCH_DRIVER;
    snprintf(found->reason, sizeof found->reason,
             "%s used %.1f %% of a CPU (95 %% interval %.1f to %.1f), %s "
             "%.1f ± %.1f %%",
             rate_text(rate, hold->rate), hold->cpu * 100, hold->cpu_low * 100,
             hold->cpu_high * 100, found->reached ? "within" : "not within",
             target * 100, campaign->options->tolerance * 100);
}

struct seeking {
    struct campaign *campaign;
    size_t turn;
    int64_t deadline_ns;
    unsigned step;
    struct cpu_search search;
};

static enum scope_code seek(struct seeking *seeking, struct scope_err *err)
{
    struct campaign *campaign = seeking->campaign;
    struct cpu_search *search = &seeking->search;
    while (search->end == CPU_GOES_ON) {
        struct attempt *attempt;
        struct wish wish = campaign_step(campaign, seeking->turn, search->rate,
                                         ++seeking->step);
        if (scope_now_ns() + wish.duration_ns + wish.warmup_ns >
            seeking->deadline_ns) {
            search->end = CPU_LATE;
            return SCOPE_OK;
        }
        enum scope_code code = campaign_try(campaign, &wish, &attempt, err);
        if (code != SCOPE_OK || campaign->signal)
            return code;
        if (isnan(attempt->cpu)) {
            scope_fail(err, SCOPE_FAILED, 0,
                       "no CPU time of the target was recorded");
            return scope_hint(err, "--target-cpu needs the collector proc and "
                                   "a target that lives");
        }
        say_attempt(campaign, attempt, seeking->step);
        struct cpu_step step = {.cpu = attempt->cpu,
                                .achieved = attempt->share,
                                .driver_fit =
                                    attempt->outcome != SEARCH_DRIVER};
        cpu_search_tell(search, &step);
    }
    return SCOPE_OK;
}

/* Whole trials at the rate found; each that misses corrects it. */
static enum scope_code hold(struct seeking *seeking, size_t *held,
                            struct scope_err *err)
{
    struct campaign *campaign = seeking->campaign;
    struct cpu_search *search = &seeking->search;
    for (int i = 0; i < HOLDS; i++) {
        struct attempt *attempt;
        struct wish wish = campaign_hold(campaign, seeking->turn, search->rate,
                                         ++seeking->step);
        enum scope_code code = campaign_try(campaign, &wish, &attempt, err);
        if (code != SCOPE_OK || campaign->signal)
            return code;
        say_attempt(campaign, attempt, seeking->step);
        *held = campaign->attempt_count - 1;
        double off = fabs(attempt->cpu - search->target);
        if (off <= search->tolerance ||
            !cpu_search_correct(search, attempt->cpu))
            return SCOPE_OK;
    }
    return SCOPE_OK;
}

enum scope_code campaign_target_cpu(struct campaign *campaign, size_t turn,
                                    struct scope_err *err)
{
    const struct campaign_options *options = campaign->options;
    struct seeking seeking = {.campaign = campaign,
                              .turn = turn,
                              .deadline_ns = scope_now_ns() + options->time_ns};
    size_t held = SIZE_MAX;
    cpu_search_begin(&seeking.search, options->target_cpu, options->tolerance,
                     campaign_first_rate(campaign),
                     campaign_most_rate(campaign));
    enum scope_code code = seek(&seeking, err);
    if (code == SCOPE_OK && !campaign->signal &&
        seeking.search.end == CPU_FOUND)
        code = hold(&seeking, &held, err);
    struct found *found = campaign_found(campaign, turn);
    found->hold = held;
    if (code == SCOPE_OK)
        conclude(campaign, &seeking.search, found);
    return code;
}
