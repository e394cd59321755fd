/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bar for each call, the highest first. */
#include "analyzers/syscalls/bars.h"

#include "analyzers/syscalls/tables.h"

#include <scope/alloc.h>
#include <stdlib.h>

enum { BARS = 12 }; /* names of more would not be read */

#define LEAST 0.005 /* of the highest: a lower one would not be seen */

struct bars {
    double x[BARS], y[BARS];
    const char *names[BARS];
    size_t count;
};

/* Of time, only the calls that work: others' bars would hide theirs. */
static void collect(const struct counts *counts, struct group *group,
                    enum counter counter, size_t top, struct bars *bars)
{
    tables_sort(counts, group, counter);
    for (size_t i = 0; i < group->call_count; i++) {
        const struct call *call = &group->calls[i];
        if (bars->count == top || bars->count == BARS)
            break;
        if ((counter == TIME && call->waits) || !(call->weight > 0))
            continue;
        if (bars->count && call->weight < bars->y[0] * LEAST)
            break;
        bars->x[bars->count] = (double)bars->count;
        bars->y[bars->count] = call->weight;
        bars->names[bars->count++] = call->name;
    }
}

static void add_plot(struct scope_report *report, const struct counts *counts,
                     struct group *group, enum counter counter, size_t top)
{
    struct bars bars = {.count = 0};
    bool time = counter == TIME;
    const char *each = counts->driven ? "per request" : "per second";
    const char *what = time ? "time in calls that work" : "calls";
    collect(counts, group, counter, top, &bars);
    if (bars.count < 2)
        return;
    char *name = tables_title(group);
    char *title = scope_format("%s: %s %s", name, what, each);
    char *label = scope_format("%s %s", what, each);
    char *id = scope_format("syscalls-bars-%s-%s", time ? "time" : "calls",
                            group->section);
    struct scope_plot *plot = scope_report_plot(
        report, id, title, &(struct scope_axis){.label = ""},
        &(struct scope_axis){.label = label,
                             .unit = time ? SCOPE_UNIT_NS : SCOPE_UNIT_COUNT,
                             .from_zero = true});
    scope_plot_names(plot, bars.names, bars.count);
    scope_plot_add(plot, SCOPE_MARK_BARS, name, bars.x, bars.y, bars.count);
    free(name);
    free(title);
    free(label);
    free(id);
}

void bars_add(struct scope_report *report, const struct counts *counts,
              struct group *group, size_t top)
{
    add_plot(report, counts, group, CALLS, top);
    if (group->times)
        add_plot(report, counts, group, TIME, top);
}
