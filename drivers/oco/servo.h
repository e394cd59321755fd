/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One servo: what it says next, what it must be told then, and what that makes
 * of it. It has at most one message out. */
#ifndef DRIVERS_OCO_SERVO_H
#define DRIVERS_OCO_SERVO_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OCO_EVENTS(X)                                                          \
    X(HELLO)                                                                   \
    X(WHATS_NEXT)                                                              \
    X(DESCRIPTION)                                                             \
    X(MEASUREMENT)                                                             \
    X(ADJUSTMENT)                                                              \
    X(GOODBYE)

/* What is said: the kinds of answers. */
enum oco_event {
#define X(name) OCO_##name,
    OCO_EVENTS(X)
#undef X
        OCO_EVENT_COUNT,
};

/* The steps of a servo in their order: HELLO and the description once, then
 * from the measurement on again and again. */
enum oco_step {
    OCO_SAY_HELLO,
    OCO_ASK_DESCRIBE,
    OCO_SAY_DESCRIPTION,
    OCO_ASK_MEASURE,
    OCO_REPORT_MEASUREMENT,
    OCO_SAY_MEASUREMENT, /* completes a cycle */
    OCO_ASK_ADJUST,
    OCO_REPORT_ADJUSTMENT,
    OCO_SAY_ADJUSTMENT,
    OCO_SAY_GOODBYE, /* when it has lost its place, and at the very end */
    OCO_STEP_COUNT,
};

/* What a reply must be. */
enum oco_wanted {
    OCO_WANT_OK,
    OCO_WANT_DESCRIBE,
    OCO_WANT_MEASURE,
    OCO_WANT_ADJUST,
    OCO_WANT_WHATEVER, /* to GOODBYE: it may not have been known */
    OCO_WANTED_COUNT,
};

struct oco_step_row {
    enum oco_event event;
    enum oco_wanted wanted;
    bool reports; /* is said as often as reports are wanted */
};
extern const struct oco_step_row oco_steps[OCO_STEP_COUNT];
extern const char *const oco_event_words[]; /* NULL at the end */

struct oco_servo {
    uint8_t step;
    uint16_t report; /* the number of the present report, from 0 */
    bool out;        /* a message is out */
    bool greeted;    /* its HELLO was heard, and no GOODBYE since */
    const char *name;
    _Atomic uint64_t cycles; /* written by its thread alone */
};

static inline const struct oco_step_row *
oco_servo_row(const struct oco_servo *servo)
{
    return &oco_steps[servo->step];
}

/* Its message was answered as wanted. */
void oco_servo_advance(struct oco_servo *servo, unsigned reports);
/* It was not: the server and it do not agree on where it is. It says GOODBYE,
 * and begins anew. */
void oco_servo_restart(struct oco_servo *servo);

#endif
