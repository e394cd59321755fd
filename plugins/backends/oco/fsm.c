/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/fsm.h"

#include <string.h>

#define TO(next, what)                                                         \
    {                                                                          \
        .allowed = true, .state = OCO_##next, .command = OCO_##what            \
    }
#define TO_CYCLE(next, what)                                                   \
    {                                                                          \
        .allowed = true, .state = OCO_##next, .command = OCO_##what,           \
        .cycle = true                                                          \
    }

/* By state, event, and whether it carries progress. What is not here is not
 * allowed: of each measurement and adjustment at least one progress report
 * must come before the end. */
static const struct oco_step steps[OCO_STATE_COUNT][OCO_EVENT_COUNT][2] = {
    [OCO_INITIAL][OCO_HELLO] = {[false] = TO(HELLO_RECEIVED, DESCRIBE)},

    [OCO_HELLO_RECEIVED][OCO_DESCRIPTION] = {[false] =
                                                 TO(START_MEASURE, MEASURE)},
    [OCO_HELLO_RECEIVED][OCO_GOODBYE] = {[false] = TO(TERMINATED, NOTHING)},

    [OCO_START_MEASURE][OCO_MEASUREMENT] = {[true] = TO(IN_MEASURE, NOTHING)},
    [OCO_START_MEASURE][OCO_GOODBYE] = {[false] = TO(TERMINATED, NOTHING)},

    [OCO_IN_MEASURE][OCO_MEASUREMENT] = {[false] =
                                             TO_CYCLE(START_ADJUST, ADJUST),
                                         [true] = TO(IN_MEASURE, NOTHING)},
    [OCO_IN_MEASURE][OCO_GOODBYE] = {[false] = TO(TERMINATED, NOTHING)},

    [OCO_START_ADJUST][OCO_ADJUSTMENT] = {[true] = TO(IN_ADJUST, NOTHING)},
    [OCO_START_ADJUST][OCO_GOODBYE] = {[false] = TO(TERMINATED, NOTHING)},

    [OCO_IN_ADJUST][OCO_ADJUSTMENT] =
        {[false] = TO(START_MEASURE, MEASURE), [true] = TO(IN_ADJUST, NOTHING)},
    [OCO_IN_ADJUST][OCO_GOODBYE] = {[false] = TO(TERMINATED, NOTHING)},

    [OCO_TERMINATED][OCO_HELLO] = {[false] = TO(HELLO_RECEIVED, DESCRIBE)},
};

const struct oco_step *oco_fsm_step(enum oco_state state, enum oco_event event,
                                    bool progress)
{
    static const struct oco_step refused;
    if (event >= OCO_EVENT_COUNT)
        return &refused;
    return &steps[state][event][progress];
}

static const char *const state_words[] = {
#define X(name, word) [OCO_##name] = (word),
    OCO_STATES(X)
#undef X
};

static const char *const event_words[] = {
#define X(name) [OCO_##name] = #name,
    OCO_EVENTS(X)
#undef X
};

static const char *const command_words[] = {
#define X(name) [OCO_##name] = #name,
    OCO_COMMANDS(X)
#undef X
};

const char *oco_state_word(enum oco_state state)
{
    return state_words[state];
}

const char *oco_event_word(enum oco_event event)
{
    return event_words[event];
}

const char *oco_command_word(enum oco_command command)
{
    return command_words[command];
}

enum oco_state oco_state_of(const char *word)
{
    unsigned i = 0;
    while (i < OCO_STATE_COUNT && strcmp(state_words[i], word) != 0)
        i++;
    return (enum oco_state)i;
}

enum oco_event oco_event_of(const char *word, size_t size)
{
    unsigned i = 0;
    while (i < OCO_EVENT_COUNT && (strlen(event_words[i]) != size ||
                                   memcmp(event_words[i], word, size) != 0))
        i++;
    return (enum oco_event)i;
}

enum oco_command oco_command_of(const char *word)
{
    unsigned i = OCO_NOTHING + 1;
    while (i < OCO_COMMAND_COUNT && strcmp(command_words[i], word) != 0)
        i++;
    return (enum oco_command)i;
}
