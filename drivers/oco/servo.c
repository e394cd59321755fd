/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/oco/servo.h"

const struct oco_step_row oco_steps[OCO_STEP_COUNT] = {
    [OCO_SAY_HELLO] = {OCO_HELLO, OCO_WANT_OK, false},
    [OCO_ASK_DESCRIBE] = {OCO_WHATS_NEXT, OCO_WANT_DESCRIBE, false},
    [OCO_SAY_DESCRIPTION] = {OCO_DESCRIPTION, OCO_WANT_OK, false},
    [OCO_ASK_MEASURE] = {OCO_WHATS_NEXT, OCO_WANT_MEASURE, false},
    [OCO_REPORT_MEASUREMENT] = {OCO_MEASUREMENT, OCO_WANT_OK, true},
    [OCO_SAY_MEASUREMENT] = {OCO_MEASUREMENT, OCO_WANT_OK, false},
    [OCO_ASK_ADJUST] = {OCO_WHATS_NEXT, OCO_WANT_ADJUST, false},
    [OCO_REPORT_ADJUSTMENT] = {OCO_ADJUSTMENT, OCO_WANT_OK, true},
    [OCO_SAY_ADJUSTMENT] = {OCO_ADJUSTMENT, OCO_WANT_OK, false},
    [OCO_SAY_GOODBYE] = {OCO_GOODBYE, OCO_WANT_WHATEVER, false},
};

const char *const oco_event_words[] = {
#define X(name) [OCO_##name] = #name,
    OCO_EVENTS(X)
#undef X
        NULL,
};

void oco_servo_advance(struct oco_servo *servo, unsigned reports)
{
    if (oco_servo_row(servo)->reports && ++servo->report < reports)
        return;
    servo->report = 0;
    switch ((enum oco_step)servo->step) {
    case OCO_SAY_HELLO:
        servo->greeted = true;
        break;
    case OCO_SAY_MEASUREMENT: {
        uint64_t cycles =
            atomic_load_explicit(&servo->cycles, memory_order_relaxed);
        atomic_store_explicit(&servo->cycles, cycles + 1, memory_order_relaxed);
        break;
    }
    case OCO_SAY_ADJUSTMENT:
        servo->step = OCO_ASK_MEASURE;
        return;
    case OCO_SAY_GOODBYE:
        servo->greeted = false;
        servo->step = OCO_SAY_HELLO;
        return;
    default:
        break;
    }
    servo->step++;
}

void oco_servo_restart(struct oco_servo *servo)
{
    servo->report = 0;
    servo->step =
        servo->step == OCO_SAY_GOODBYE ? OCO_SAY_HELLO : OCO_SAY_GOODBYE;
}
