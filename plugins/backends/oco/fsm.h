/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sequence that an application's servo must keep: which event may follow
 * in which state, and what comes of it. */
#ifndef PLUGINS_BACKENDS_OCO_FSM_H
#define PLUGINS_BACKENDS_OCO_FSM_H

#include <stdbool.h>
#include <stddef.h>

#define OCO_STATES(X)                                                          \
    X(INITIAL, "initial") /* nothing was heard of it yet */                    \
    X(HELLO_RECEIVED, "hello-received")                                        \
    X(START_MEASURE, "start-measure")                                          \
    X(IN_MEASURE, "in-measure")                                                \
    X(START_ADJUST, "start-adjust")                                            \
    X(IN_ADJUST, "in-adjust")                                                  \
    X(TERMINATED, "terminated")

enum oco_state {
#define X(name, word) OCO_##name,
    OCO_STATES(X)
#undef X
        OCO_STATE_COUNT,
};

/* WHATS_NEXT is none of the table's: it asks for a command and moves nothing.
 */
#define OCO_EVENTS(X)                                                          \
    X(HELLO)                                                                   \
    X(DESCRIPTION)                                                             \
    X(MEASUREMENT)                                                             \
    X(ADJUSTMENT)                                                              \
    X(GOODBYE)                                                                 \
    X(WHATS_NEXT)

enum oco_event {
#define X(name) OCO_##name,
    OCO_EVENTS(X)
#undef X
        OCO_EVENT_COUNT, /* a word that is no event */
};

#define OCO_COMMANDS(X)                                                        \
    X(NOTHING)                                                                 \
    X(DESCRIBE)                                                                \
    X(MEASURE)                                                                 \
    X(ADJUST)

enum oco_command {
#define X(name) OCO_##name,
    OCO_COMMANDS(X)
#undef X
        OCO_COMMAND_COUNT,
};

/* What an event does. */
struct oco_step {
    bool allowed;
    enum oco_state state;     /* the new one */
    enum oco_command command; /* what the next WHATS_NEXT is told */
    bool cycle;               /* a cycle is complete */
};

/* progress: the event carries a progress report, and is not final. */
const struct oco_step *oco_fsm_step(enum oco_state state, enum oco_event event,
                                    bool progress);

const char *oco_state_word(enum oco_state state);
const char *oco_event_word(enum oco_event event);
const char *oco_command_word(enum oco_command command);
/* OCO_STATE_COUNT, OCO_EVENT_COUNT or OCO_COMMAND_COUNT for a word that is
 * none; OCO_NOTHING has no word. */
enum oco_state oco_state_of(const char *word);
enum oco_event oco_event_of(const char *word, size_t size);
enum oco_command oco_command_of(const char *word);

#endif
