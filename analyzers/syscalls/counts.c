/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over calls, and what a cell comes to a second and a request. */
#include "analyzers/syscalls/counts_inside.h"

#include <math.h>
#include <scope/alloc.h>
#include <stdlib.h>
#include <string.h>

enum scope_unit counter_unit(enum counter counter)
{
    return counter == BYTES  ? SCOPE_UNIT_BYTES
           : counter == TIME ? SCOPE_UNIT_NS
                             : SCOPE_UNIT_COUNT;
}

struct call new_call(const char *name, size_t trials)
{
    struct call call = {.name = name,
                        .cells = scope_alloc(trials, sizeof *call.cells)};
    for (size_t i = 0; i < trials; i++)
        call.cells[i].longest = NAN;
    return call;
}

void make_zero(struct scope_track *track, const struct grid *grid,
               enum scope_unit unit)
{
    *track = (struct scope_track){
        .semantics = SCOPE_COUNTER,
        .unit = unit,
        .count = grid->count,
        .time_ns = scope_alloc(grid->count + 1, sizeof *track->time_ns),
        .value = scope_alloc(grid->count + 1, sizeof *track->value),
    };
    memcpy(track->time_ns, grid->time_ns, grid->count * sizeof *grid->time_ns);
}

/* --- sums ----------------------------------------------------------------- */

static const struct scope_track *sweeps_of(const struct group *group,
                                           size_t trial)
{
    for (size_t i = 0; i < group->call_count; i++)
        if (group->calls[i].cells[trial].tracks[CALLS].count)
            return &group->calls[i].cells[trial].tracks[CALLS];
    return NULL;
}

/* Whether any call has the counter in a trial. */
static bool is_known(const struct group *group, size_t trial,
                     enum counter counter)
{
    for (size_t i = 0; i < group->call_count; i++)
        if (group->calls[i].cells[trial].tracks[counter].count)
            return true;
    return false;
}

static bool moves_bytes(const struct call *call, size_t trials)
{
    for (size_t i = 0; i < trials; i++)
        if (call->cells[i].tracks[BYTES].count)
            return true;
    return false;
}

static bool has_others(const struct group *group, size_t trial)
{
    for (size_t i = 0; i < group->call_count; i++)
        if (strcmp(group->calls[i].name, "other") == 0)
            return cell_total(&group->calls[i].cells[trial], CALLS) > 0;
    return false;
}

/* What a trial could have seen of a call and did not is 0. Where results are
 * not known only some calls were told apart, and it may be among the others. */
static void fill(const struct counts *counts, struct group *group, size_t trial,
                 const struct scope_track *sweeps)
{
    const struct grid grid = {.time_ns = sweeps->time_ns,
                              .count = sweeps->count};
    bool times = is_known(group, trial, TIME);
    bool bytes = is_known(group, trial, BYTES);
    bool results = times || bytes || is_known(group, trial, ERRORS);
    bool others = has_others(group, trial);
    group->times |= times;
    group->bytes |= bytes;
    group->errors |= results;
    for (size_t i = 0; i < group->call_count; i++) {
        struct call *call = &group->calls[i];
        struct cell *cell = &call->cells[trial];
        const bool known[COUNTERS] = {
            [CALLS] = results || !others,
            [ERRORS] = results,
            [BYTES] = bytes && moves_bytes(call, counts->trials),
            [TIME] = times,
        };
        for (enum counter c = 0; c < COUNTERS; c++)
            if (known[c] && !cell->tracks[c].count)
                make_zero(&cell->tracks[c], &grid, counter_unit(c));
    }
}

void cell_add(struct cell *sum, const struct cell *cell)
{
    for (enum counter c = 0; c < COUNTERS; c++)
        if (cell->tracks[c].count)
            scope_track_add(&sum->tracks[c], &cell->tracks[c]);
    sum->longest = fmax(sum->longest, cell->longest);
}

void finish_group(const struct counts *counts, struct group *group)
{
    group->all = new_call("all", counts->trials);
    group->working = new_call("working", counts->trials);
    group->waiting = new_call("waiting", counts->trials);
    group->all.sum = group->working.sum = group->waiting.sum = true;
    for (size_t trial = 0; trial < counts->trials; trial++) {
        const struct scope_track *sweeps = sweeps_of(group, trial);
        if (sweeps)
            fill(counts, group, trial, sweeps);
        for (size_t i = 0; sweeps && i < group->call_count; i++) {
            const struct call *call = &group->calls[i];
            cell_add(&group->all.cells[trial], &call->cells[trial]);
            cell_add(call->waits ? &group->waiting.cells[trial]
                                 : &group->working.cells[trial],
                     &call->cells[trial]);
        }
    }
}

void cells_free(struct cell *cells, size_t trials)
{
    for (size_t i = 0; cells && i < trials; i++) {
        for (enum counter c = 0; c < COUNTERS; c++)
            scope_track_free(&cells[i].tracks[c]);
        if (cells[i].latency.count_slots)
            scope_hist_free(&cells[i].latency);
    }
    free(cells);
}

static void free_group(const struct group *group, size_t trials)
{
    for (size_t i = 0; i < group->call_count; i++)
        cells_free(group->calls[i].cells, trials);
    cells_free(group->all.cells, trials);
    cells_free(group->working.cells, trials);
    cells_free(group->waiting.cells, trials);
    for (size_t i = 0; i < group->failure_count; i++)
        free(group->failures[i].counts);
    for (size_t i = 0; i < trials; i++)
        scope_track_free(&group->cpu[i]);
    free(group->calls);
    free(group->failures);
    free(group->cpu);
    free(group->section);
}

void counts_free(struct counts *counts)
{
    for (size_t i = 0; i < counts->group_count; i++)
        free_group(&counts->groups[i], counts->trials);
    for (size_t i = 0; i < counts->trials; i++)
        scope_track_free(&counts->requests[i]);
    free(counts->groups);
    free(counts->requests);
    free(counts->tracing);
}

/* --- figures -------------------------------------------------------------- */

double cell_total(const struct cell *cell, enum counter counter)
{
    const struct scope_track *track = &cell->tracks[counter];
    return track->count > 1 ? track->value[track->count - 1] : NAN;
}

double cell_rate(const struct cell *cell, enum counter counter)
{
    const struct scope_track *track = &cell->tracks[counter];
    if (track->count < 2)
        return NAN;
    return track->value[track->count - 1] * 1e9 /
           (double)(track->time_ns[track->count - 1] - track->time_ns[0]);
}

double cell_per_request(const struct counts *counts, size_t trial,
                        const struct cell *cell, enum counter counter)
{
    const struct scope_track *track = &cell->tracks[counter];
    const struct scope_track *requests = &counts->requests[trial];
    return track->count > 1 && requests->count > 1
               ? scope_track_ratio(track, requests)
               : NAN;
}

double cell_figure(const struct counts *counts, size_t trial,
                   const struct cell *cell, enum counter counter)
{
    return counts->driven ? cell_per_request(counts, trial, cell, counter)
                          : cell_rate(cell, counter);
}

double cell_mean(const struct cell *cell)
{
    /* Calls that have ended, where they were counted. */
    double ended = cell->latency.total ? (double)cell->latency.total
                                       : cell_total(cell, CALLS);
    return cell_total(cell, TIME) / ended;
}
