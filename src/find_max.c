/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --find-max: the search for the highest rate, with real trials. */
#include "src/campaign_inside.h"

#include "lib/base/clock.h"
#include "lib/base/units.h"

#include <math.h>
#include <stdio.h>

static char *rate_text(char out[32], double rate)
{
    return scope_format_value(out, 32, rate, SCOPE_UNIT_HERTZ, 4);
}

static void say_attempt(struct campaign *campaign,
                        const struct attempt *attempt, unsigned step)
{
    char rate[32], p99[32];
    bool passed = attempt->outcome == SEARCH_PASSED;
    rate_text(rate, attempt->rate);
    scope_format_value(p99, sizeof p99, attempt->p99, SCOPE_UNIT_NS, 3);
    if (passed)
        progress_say(&campaign->progress, "  %s %u: %s passed, p99 %s",
                     attempt->role, step, rate, p99);
    else
        progress_say(&campaign->progress, "  %s %u: %s %s: %s", attempt->role,
                     step, rate,
                     attempt->outcome == SEARCH_DRIVER ? "generator not fit"
                                                       : "failed",
                     attempt->why);
}

/* The attempt that failed at the end of the bracket, the last one of it. */
static const struct attempt *attempt_at(const struct campaign *campaign,
                                        size_t turn, double rate)
{
    for (size_t i = campaign->attempt_count; i-- > 0;) {
        const struct attempt *attempt = &campaign->attempts[i];
        if (attempt->turn == turn && attempt->rate == rate &&
            attempt->outcome != SEARCH_PASSED)
            return attempt;
    }
    return NULL;
}

static void conclude(struct campaign *campaign, const struct max_search *search,
                     bool late, struct found *found)
{
    char low[32], high[32];
    const struct attempt *failure =
        attempt_at(campaign, found->turn, search->failed);
    const char *why = failure ? failure->why : "";
    bool driver = search->failure == SEARCH_DRIVER;
    rate_text(low, search->passed);
    rate_text(high, search->failed);
    found->reached = max_search_confirmed(search);
    found->failed = search->failed;
    if (found->reached)
        found->rate = search->passed;
    if (campaign->signal)
        snprintf(found->reason, sizeof found->reason,
                 "the search was "
                 "interrupted");
    else if (!found->reached)
        snprintf(found->reason, sizeof found->reason,
                 "no rate was found%s: %s failed%s, %s",
                 late ? " in the time given" : "", high,
                 driver ? " as the generator was not fit" : "", why);
    else if (isinf(search->failed))
        snprintf(found->reason, sizeof found->reason,
                 "%s passed and nothing higher was tried%s", low,
                 late ? " in the time given" : "");
    else
        snprintf(found->reason, sizeof found->reason,
                 "%s passed, %s failed%s%s (%s)", low, high,
                 driver ? ": the generator, not the server, was the limit" : "",
                 late ? "; the time given ended the search" : "", why);
}

enum scope_code campaign_find_max(struct campaign *campaign, size_t turn,
                                  struct scope_err *err)
{
    const struct campaign_options *options = campaign->options;
    struct max_search search;
    int64_t deadline_ns = scope_now_ns() + options->time_ns;
    size_t hold = SIZE_MAX;
    unsigned step = 0;
    bool late = false;
    enum scope_code code = SCOPE_OK;
    max_search_begin(&search, campaign_first_rate(campaign), 2,
                     options->precision, campaign_most_rate(campaign));
    while (max_search_goes_on(&search) && code == SCOPE_OK &&
           !campaign->signal) {
        struct attempt *attempt;
        bool confirms = search.phase == MAX_CONFIRM;
        struct wish wish =
            confirms ? campaign_hold(campaign, turn, search.rate, ++step)
                     : campaign_step(campaign, turn, search.rate, ++step);
        if (!late && !confirms &&
            scope_now_ns() + wish.duration_ns + wish.warmup_ns > deadline_ns) {
            late = true;
            max_search_hurry(&search);
            step--;
            continue;
        }
        code = campaign_try(campaign, &wish, &attempt, err);
        if (code != SCOPE_OK || campaign->signal)
            break;
        say_attempt(campaign, attempt, step);
        if (confirms)
            hold = campaign->attempt_count - 1;
        max_search_tell(&search, attempt->outcome);
        if (!late && scope_now_ns() > deadline_ns) {
            late = true;
            max_search_hurry(&search);
        }
    }
    struct found *found = campaign_found(campaign, turn);
    found->hold = hold;
    if (code == SCOPE_OK)
        conclude(campaign, &search, late, found);
    return code;
}
