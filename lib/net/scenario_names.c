/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A scenario's steps name streams and checkpoints by any numbers; here these
 * become indices, when all that there are have been read. */
#include "lib/net/scenario_steps.h"

#include <inttypes.h>
#include <scope/alloc.h>

static bool has_stream(const struct scope_step *step)
{
    return step->code >= SCOPE_STEP_OPEN_BIDIRECTIONAL &&
           step->code <= SCOPE_STEP_RECEIVE_RATE;
}

static bool opens_stream(const struct scope_step *step)
{
    return step->code == SCOPE_STEP_OPEN_BIDIRECTIONAL ||
           step->code == SCOPE_STEP_OPEN_SEND;
}

static int order_streams(const void *a, const void *b)
{
    const struct scope_scenario_stream *one = a;
    const struct scope_scenario_stream *other = b;
    if (one->remote != other->remote)
        return one->remote ? 1 : -1;
    return (one->id > other->id) - (one->id < other->id);
}

uint32_t
scope_scenario_stream(const struct scope_scenario *scenario,
                      const struct scope_scenario_connection *connection,
                      bool remote, uint64_t id)
{
    if (!connection->stream_count)
        return SCOPE_SCENARIO_NONE;
    const struct scope_scenario_stream *all =
        scenario->streams + connection->stream_base;
    const struct scope_scenario_stream *found =
        bsearch(&(struct scope_scenario_stream){.id = id, .remote = remote},
                all, connection->stream_count, sizeof *all, order_streams);
    return found ? (uint32_t)(found - all) : SCOPE_SCENARIO_NONE;
}

static void add_stream(struct scope_scenario_compiler *compiler, uint64_t id,
                       bool remote)
{
    struct scope_scenario *scenario = compiler->scenario;
    scenario->streams =
        scope_grow(scenario->streams, &compiler->stream_room,
                   scenario->stream_count, sizeof *scenario->streams);
    scenario->streams[scenario->stream_count++] =
        (struct scope_scenario_stream){.id = id, .remote = remote};
}

/* The streams that a connection's steps and its peer name, each once. */
static void gather_streams(struct scope_scenario_compiler *compiler,
                           struct scope_scenario_connection *connection,
                           size_t first_step)
{
    struct scope_scenario *scenario = compiler->scenario;
    connection->stream_base = (uint32_t)scenario->stream_count;
    for (size_t i = first_step; i < scenario->step_count; i++)
        if (has_stream(&scenario->steps[i]))
            add_stream(compiler, compiler->raw[i].id, compiler->raw[i].remote);
    for (uint32_t i = 0; i < connection->peer_count; i++)
        add_stream(compiler, i, true);
    size_t count = scenario->stream_count - connection->stream_base;
    if (!count)
        return;
    struct scope_scenario_stream *all =
        scenario->streams + connection->stream_base;
    qsort(all, count, sizeof *all, order_streams);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (order_streams(&all[kept - 1], &all[i]) != 0)
            all[kept++] = all[i];
    connection->stream_count = (uint32_t)kept;
    scenario->stream_count = connection->stream_base + kept;
}

/* Steps name streams by their ids; from here on by their index. */
enum scope_code
scope_scenario_resolve_streams(struct scope_scenario_compiler *compiler,
                               struct scope_scenario_connection *connection,
                               size_t first_step)
{
    struct scope_scenario *scenario = compiler->scenario;
    gather_streams(compiler, connection, first_step);
    bool *opened = scope_alloc(connection->stream_count + 1, sizeof *opened);
    uint64_t missing = 0;
    const char *why = NULL;
    for (size_t i = first_step; i < scenario->step_count; i++) {
        const struct scope_scenario_raw *raw = &compiler->raw[i];
        struct scope_step *step = &scenario->steps[i];
        if (!has_stream(step))
            continue;
        step->at =
            scope_scenario_stream(scenario, connection, raw->remote, raw->id);
        if (opens_stream(step))
            opened[step->at] = true;
    }
    for (size_t i = first_step; !why && i < scenario->step_count; i++) {
        const struct scope_scenario_raw *raw = &compiler->raw[i];
        const struct scope_step *step = &scenario->steps[i];
        if (!has_stream(step))
            continue;
        missing = raw->id;
        if (raw->remote && raw->id >= connection->peer_count)
            why = "is not among the peer's streams";
        else if (!raw->remote && !opened[step->at])
            why = "is used but never opened";
    }
    free(opened);
    if (why)
        return scope_scenario_refuse(compiler, compiler->place,
                                     "stream %" PRIu64 " %s", missing, why);
    return SCOPE_OK;
}

static int order_ids(const void *a, const void *b)
{
    const uint64_t one = *(const uint64_t *)a;
    const uint64_t other = *(const uint64_t *)b;
    return (one > other) - (one < other);
}

static bool has_checkpoint(const struct scope_step *step)
{
    return step->code == SCOPE_STEP_PARK || step->code == SCOPE_STEP_UNPARK;
}

void scope_scenario_resolve_checkpoints(
    struct scope_scenario_compiler *compiler)
{
    struct scope_scenario *scenario = compiler->scenario;
    size_t room = 0;
    size_t count = 0;
    for (size_t i = 0; i < scenario->step_count; i++) {
        if (!has_checkpoint(&scenario->steps[i]))
            continue;
        scenario->checkpoints = scope_grow(scenario->checkpoints, &room, count,
                                           sizeof *scenario->checkpoints);
        scenario->checkpoints[count++] = compiler->raw[i].id;
    }
    if (!count)
        return;
    qsort(scenario->checkpoints, count, sizeof *scenario->checkpoints,
          order_ids);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (scenario->checkpoints[kept - 1] != scenario->checkpoints[i])
            scenario->checkpoints[kept++] = scenario->checkpoints[i];
    scenario->checkpoint_count = kept;
    for (size_t i = 0; i < scenario->step_count; i++) {
        if (!has_checkpoint(&scenario->steps[i]))
            continue;
        const uint64_t *found =
            bsearch(&compiler->raw[i].id, scenario->checkpoints, kept,
                    sizeof *found, order_ids);
        scenario->steps[i].at = (uint32_t)(found - scenario->checkpoints);
    }
}
