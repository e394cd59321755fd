/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios of any bytes: one that is accepted must be whole, so that what
 * runs it need not look: every index in range, every jump within its thread's
 * steps, every list of threads there.
 */
#include "lib/net/scenario.h"
#include "tests/fuzz/target.h"

static void check_step(const struct scope_scenario *scenario,
                       const struct scope_step *step)
{
    size_t at = (size_t)(step - scenario->steps);
    switch (step->code) {
    case SCOPE_STEP_PARK:
    case SCOPE_STEP_UNPARK:
        TARGET_ASSERT(step->at < scenario->checkpoint_count);
        break;
    case SCOPE_STEP_TRACE:
    case SCOPE_STEP_PROFILE:
    case SCOPE_STEP_PROFILE_END:
        TARGET_ASSERT(step->at < scenario->trace_count);
        break;
    case SCOPE_STEP_COUNT:
    case SCOPE_STEP_TIME:
        TARGET_ASSERT(step->to > at && step->to < scenario->step_count);
        TARGET_ASSERT(scenario->steps[step->to - 1].code == SCOPE_STEP_AGAIN);
        break;
    case SCOPE_STEP_AGAIN:
        TARGET_ASSERT(step->to <= at);
        break;
    case SCOPE_STEP_SCOPE:
        TARGET_ASSERT(step->to > at && step->to < scenario->step_count);
        TARGET_ASSERT(step->at + step->amount <= scenario->thread_count);
        break;
    case SCOPE_STEP_CONNECT:
        TARGET_ASSERT(step->at < scenario->server_count);
        TARGET_ASSERT(step->to < scenario->servers[step->at].connection_count);
        break;
    default:
        break;
    }
}

static void check_connection(const struct scope_scenario *scenario,
                             const struct scope_scenario_connection *connection)
{
    TARGET_ASSERT(connection->ops < scenario->thread_count);
    TARGET_ASSERT(connection->peers + connection->peer_count <=
                  scenario->thread_count);
    TARGET_ASSERT(connection->stream_base + connection->stream_count <=
                  scenario->stream_count);
    for (uint32_t i = 0; i < connection->peer_count; i++)
        TARGET_ASSERT(scope_scenario_stream(scenario, connection, true, i) <
                      connection->stream_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct scope_scenario scenario;
    struct scope_err err = {0};
    char *text = target_text(bytes, size);
    enum scope_code code =
        scope_scenario_parse(&scenario, text, size, "fuzz", &err);
    TARGET_ASSERT((code == SCOPE_OK) == !err.text[0]);
    if (code == SCOPE_OK) {
        for (size_t i = 0; i < scenario.step_count; i++)
            check_step(&scenario, &scenario.steps[i]);
        for (size_t i = 0; i < scenario.connection_count; i++)
            check_connection(&scenario, &scenario.connections[i]);
        for (size_t i = 0; i < scenario.thread_count; i++)
            TARGET_ASSERT(scenario.threads[i].entry < scenario.step_count);
    }
    scope_scenario_free(&scenario);
    free(text);
    return 0;
}
