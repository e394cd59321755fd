/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/evenness.h"

#include <inttypes.h>
#include <math.h>

/* A cycle more or less is where the load was cut, not unevenness. */
static void tell_spread(const struct oco_fleet *fleet,
                        const struct oco_spread *ours, struct scope_sink *sink)
{
    double width = (double)(ours->max - ours->min);
    scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                "%" PRIu64 " servos went through %.0f cycles: %.6g each on "
                "average, %" PRIu64 " at least, %" PRIu64 " at most",
                ours->apps, ours->sum, ours->average, ours->min, ours->max);
    if (ours->sum > 0 && width > 1 &&
        width > fleet->options.spread * ours->average)
        scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "the load was uneven: the most and the fewest cycles of a "
                    "servo differ by %.0f %% of the average",
                    100 * width / ours->average);
}

/* Messages of which nobody here knows whether they were heard: each may have
 * completed a cycle that is not ours. */
static uint64_t uncertain_messages(const struct oco_fleet *fleet)
{
    uint64_t uncertain = fleet->lost;
    for (size_t i = 0; i < fleet->count; i++)
        uncertain += fleet->servos[i].out;
    return uncertain;
}

static void compare(const struct oco_fleet *fleet,
                    const struct oco_testimony *testimony,
                    const struct oco_spread *ours, struct scope_sink *sink)
{
    const struct oco_spread *after = &testimony->after;
    double theirs = round(after->sum - testimony->before.sum);
    double more = theirs - ours->sum;
    uint64_t uncertain = uncertain_messages(fleet);
    if (more < 0 || more > (double)uncertain)
        scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "the server counted %.0f cycles meanwhile and the servos "
                    "%.0f, with %" PRIu64 " messages unanswered: others drive "
                    "it, or it was started again",
                    theirs, ours->sum, uncertain);
    else if (!testimony->before.apps && !uncertain &&
             after->apps == ours->apps &&
             (after->min != ours->min || after->max != ours->max))
        scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "the server counted %" PRIu64 " to %" PRIu64
                    " cycles an application and the servos %" PRIu64
                    " to %" PRIu64,
                    after->min, after->max, ours->min, ours->max);
    else
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "the server counted %.0f cycles meanwhile%s; over all its "
                    "%" PRIu64 " applications it has %.6g on average, %" PRIu64
                    " to %" PRIu64,
                    theirs, more > 0 ? ", some without an answer" : ", as many",
                    after->apps, after->average, after->min, after->max);
}

void oco_evenness_tell(const struct oco_fleet *fleet,
                       const struct oco_testimony *testimony,
                       struct scope_sink *sink)
{
    struct oco_spread ours = oco_fleet_spread(fleet);
    tell_spread(fleet, &ours, sink);
    if (testimony->known_before && testimony->known_after)
        compare(fleet, testimony, &ours, sink);
    else if (fleet->options.statistics)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "the server gave no statistics to compare with");
}
