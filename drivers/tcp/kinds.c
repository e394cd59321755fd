/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds out what of a scenario is timed by itself and what within another. */
#include "drivers/tcp/kinds.h"

#include "lib/net/tally.h"

#include <scope/alloc.h>
#include <string.h>

struct use {
    bool whole, part;
};

static bool is_timed(const struct scope_step *step)
{
    return step->code == SCOPE_STEP_PROFILE ||
           ((step->code == SCOPE_STEP_COUNT || step->code == SCOPE_STEP_TIME) &&
            step->at != SCOPE_SCENARIO_NONE);
}

static bool ends_timed(const struct scope_step *step)
{
    return step->code == SCOPE_STEP_PROFILE_END ||
           (step->code == SCOPE_STEP_AGAIN && step->at != SCOPE_SCENARIO_NONE);
}

/* The steps of a thread and of all within it lie one after another; its own end
 * is the first that no scope within it owns. */
static void look_through(const struct scope_scenario *scenario, uint32_t thread,
                         struct use *uses)
{
    uint32_t at = scenario->threads[thread].entry;
    unsigned depth = 0;
    unsigned scopes = 0; /* threads of scopes that are still to end */
    for (;; at++) {
        const struct scope_step *step = &scenario->steps[at];
        if (step->code == SCOPE_STEP_END && !scopes)
            return;
        if (step->code == SCOPE_STEP_END)
            scopes--;
        if (step->code == SCOPE_STEP_SCOPE)
            scopes += (unsigned)step->amount;
        if (step->code == SCOPE_STEP_TRACE)
            uses[step->at].part = true;
        if (ends_timed(step))
            depth--;
        if (is_timed(step)) {
            bool within = depth++ > 0;
            uses[step->at].part |= within;
            uses[step->at].whole |= !within;
        }
    }
}

static unsigned find_word(struct kinds *kinds, size_t from, const char *word)
{
    size_t at = from;
    while (at < kinds->count && strcmp(kinds->words[at], word) != 0)
        at++;
    if (at == kinds->count)
        kinds->words[kinds->count++] = scope_strdup(word);
    return (unsigned)at;
}

static bool has_word(const struct kinds *kinds, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(kinds->words[i], word) == 0)
            return true;
    return false;
}

static void name_kinds(struct kinds *kinds,
                       const struct scope_scenario *scenario,
                       const struct use *uses)
{
    for (size_t i = 0; i < scenario->trace_count; i++)
        if (uses[i].whole)
            kinds->whole[i] = find_word(kinds, 0, scenario->traces[i]);
    kinds->connections = !kinds->count;
    if (kinds->connections)
        find_word(kinds, 0, "connection");
    size_t wholes = kinds->count;
    for (size_t i = 0; i < scenario->trace_count; i++) {
        if (!uses[i].part)
            continue;
        bool both = has_word(kinds, wholes, scenario->traces[i]);
        char *word =
            scope_format("%s%s", scenario->traces[i], both ? " (within)" : "");
        kinds->part[i] = find_word(kinds, wholes, word);
        free(word);
    }
    kinds->parts = (unsigned)(kinds->count - wholes);
}

enum scope_code kinds_open(struct kinds *kinds,
                           const struct scope_scenario *scenario, size_t client,
                           struct scope_err *err)
{
    const struct scope_scenario_party *party = &scenario->clients[client];
    size_t room = scenario->trace_count + 1;
    struct use *uses = scope_alloc(room, sizeof *uses);
    kinds->words = scope_alloc(2 * room + 1, sizeof(char *));
    kinds->whole = scope_alloc(room, sizeof *kinds->whole);
    kinds->part = scope_alloc(room, sizeof *kinds->part);
    look_through(scenario, party->ops, uses);
    for (uint32_t i = 0; i < party->connection_count; i++) {
        const struct scope_scenario_connection *connection =
            &scenario->connections[party->connections + i];
        look_through(scenario, connection->ops, uses);
        for (uint32_t j = 0; j < connection->peer_count; j++)
            look_through(scenario, connection->peers + j, uses);
    }
    name_kinds(kinds, scenario, uses);
    free(uses);
    if (kinds->count <= SCOPE_KINDS_MAX)
        return SCOPE_OK;
    return scope_fail(err, SCOPE_USAGE, 0,
                      "the scenario times %zu things by themselves; %d can be "
                      "told apart",
                      kinds->count, SCOPE_KINDS_MAX);
}

void kinds_free(struct kinds *kinds)
{
    for (size_t i = 0; i < kinds->count; i++)
        free(kinds->words[i]);
    free(kinds->words);
    free(kinds->whole);
    free(kinds->part);
}
