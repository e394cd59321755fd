/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sequence of a servo: every state with every event in every form, and the
 * rules of commands and progress, as the original's table and its corrected
 * rules have them.
 */
#include "tests/unit/unit.h"

#include "plugins/backends/oco/apps.h"

#include <scope/alloc.h>
#include <stdbool.h>
#include <stdlib.h>

struct transition {
    enum oco_state from;
    enum oco_event event;
    bool progress;
    enum oco_state to;
    enum oco_command command;
    bool cycle;
};

static const struct transition transitions[] = {
    {OCO_INITIAL, OCO_HELLO, false, OCO_HELLO_RECEIVED, OCO_DESCRIBE, false},
    {OCO_HELLO_RECEIVED, OCO_DESCRIPTION, false, OCO_START_MEASURE, OCO_MEASURE,
     false},
    {OCO_START_MEASURE, OCO_MEASUREMENT, true, OCO_IN_MEASURE, OCO_NOTHING,
     false},
    {OCO_IN_MEASURE, OCO_MEASUREMENT, true, OCO_IN_MEASURE, OCO_NOTHING, false},
    {OCO_IN_MEASURE, OCO_MEASUREMENT, false, OCO_START_ADJUST, OCO_ADJUST,
     true},
    {OCO_START_ADJUST, OCO_ADJUSTMENT, true, OCO_IN_ADJUST, OCO_NOTHING, false},
    {OCO_IN_ADJUST, OCO_ADJUSTMENT, true, OCO_IN_ADJUST, OCO_NOTHING, false},
    {OCO_IN_ADJUST, OCO_ADJUSTMENT, false, OCO_START_MEASURE, OCO_MEASURE,
     false},
    {OCO_HELLO_RECEIVED, OCO_GOODBYE, false, OCO_TERMINATED, OCO_NOTHING,
     false},
    {OCO_START_MEASURE, OCO_GOODBYE, false, OCO_TERMINATED, OCO_NOTHING, false},
    {OCO_IN_MEASURE, OCO_GOODBYE, false, OCO_TERMINATED, OCO_NOTHING, false},
    {OCO_START_ADJUST, OCO_GOODBYE, false, OCO_TERMINATED, OCO_NOTHING, false},
    {OCO_IN_ADJUST, OCO_GOODBYE, false, OCO_TERMINATED, OCO_NOTHING, false},
    {OCO_TERMINATED, OCO_HELLO, false, OCO_HELLO_RECEIVED, OCO_DESCRIBE, false},
};

static const struct transition *find(unsigned from, unsigned event,
                                     bool progress)
{
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++) {
        const struct transition *row = &transitions[i];
        if (row->from == from && row->event == event &&
            row->progress == progress)
            return row;
    }
    return NULL;
}

/* One application, brought into a state as the sequence leaves it there. */
static struct oco_apps *app_in(enum oco_state state, enum oco_command command,
                               int64_t progress)
{
    bool reports = state == OCO_IN_MEASURE || state == OCO_IN_ADJUST;
    struct oco_standing standing = {
        .state = state,
        .command = command,
        .in_progress = reports,
        .progress = reports ? progress : 0,
        .cycles = state == OCO_INITIAL ? 0 : 7,
    };
    struct oco_apps *apps = oco_apps_new(1);
    oco_apps_restore(apps, &standing);
    return apps;
}

static void assert_same(const struct oco_standing *a,
                        const struct oco_standing *b)
{
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->command, b->command);
    assert_int_equal(a->in_progress, b->in_progress);
    assert_int_equal(a->progress, b->progress);
    assert_int_equal(a->cycles, b->cycles);
}

static void check(enum oco_state state, enum oco_event event, bool progress)
{
    struct oco_apps *apps = app_in(state, OCO_NOTHING, 20);
    const struct transition *row = find(state, event, progress);
    struct oco_standing before = oco_apps_standing(apps, 0);
    const struct oco_message message = {
        .event = event, .has_progress = progress, .progress = 30};
    struct oco_outcome outcome = oco_apps_feed(apps, 0, &message);
    struct oco_standing after = oco_apps_standing(apps, 0);
    assert_same(&outcome.before, &before);
    assert_same(&outcome.after, &after);
    if (!row) {
        assert_int_not_equal(outcome.verdict, OCO_DONE);
        assert_int_not_equal(outcome.verdict, OCO_BACKWARDS);
        bool unknown = state == OCO_INITIAL && event != OCO_HELLO;
        assert_int_equal(outcome.verdict,
                         unknown ? OCO_UNKNOWN : OCO_UNEXPECTED);
        assert_same(&after, &before);
    } else {
        assert_int_equal(outcome.verdict, OCO_DONE);
        assert_int_equal(after.state, row->to);
        assert_int_equal(after.command, row->command);
        assert_int_equal(after.cycles, before.cycles + row->cycle);
        assert_int_equal(after.in_progress, progress);
        assert_int_equal(after.progress, progress ? 30 : 0);
    }
    oco_apps_free(apps);
}

static void every_state_with_every_event(void **state)
{
    (void)state;
    size_t allowed = 0;
    for (unsigned from = 0; from < OCO_STATE_COUNT; from++)
        /* OCO_EVENT_COUNT is a word that is no event. */
        for (unsigned event = 0; event <= OCO_EVENT_COUNT; event++)
            for (int progress = 0; progress < 2; progress++) {
                const struct oco_step *step = oco_fsm_step(
                    (enum oco_state)from, (enum oco_event)event, progress);
                assert_int_equal(step->allowed,
                                 find(from, event, progress) != NULL);
                allowed += step->allowed;
                check((enum oco_state)from, (enum oco_event)event, progress);
            }
    assert_int_equal(allowed, sizeof transitions / sizeof *transitions);
}

static enum oco_verdict say(struct oco_apps *apps, enum oco_event event)
{
    const struct oco_message message = {.event = event};
    return oco_apps_feed(apps, 0, &message).verdict;
}

static enum oco_verdict report(struct oco_apps *apps, enum oco_event event,
                               int64_t progress)
{
    const struct oco_message message = {
        .event = event, .has_progress = true, .progress = progress};
    return oco_apps_feed(apps, 0, &message).verdict;
}

static enum oco_command next(struct oco_apps *apps)
{
    const struct oco_message message = {.event = OCO_WHATS_NEXT};
    struct oco_outcome outcome = oco_apps_feed(apps, 0, &message);
    return outcome.verdict == OCO_TOLD ? outcome.command : OCO_NOTHING;
}

static void a_command_is_told_once(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(1);
    assert_int_equal(say(apps, OCO_WHATS_NEXT), OCO_UNKNOWN);
    assert_int_equal(say(apps, OCO_HELLO), OCO_DONE);
    assert_int_equal(next(apps), OCO_DESCRIBE);
    assert_int_equal(say(apps, OCO_WHATS_NEXT), OCO_UNEXPECTED);
    assert_int_equal(say(apps, OCO_DESCRIPTION), OCO_DONE);
    for (int cycle = 0; cycle < 3; cycle++) {
        assert_int_equal(next(apps), OCO_MEASURE);
        assert_int_equal(say(apps, OCO_WHATS_NEXT), OCO_UNEXPECTED);
        assert_int_equal(report(apps, OCO_MEASUREMENT, 0), OCO_DONE);
        assert_int_equal(say(apps, OCO_WHATS_NEXT), OCO_UNEXPECTED);
        assert_int_equal(say(apps, OCO_MEASUREMENT), OCO_DONE);
        assert_int_equal(next(apps), OCO_ADJUST);
        assert_int_equal(report(apps, OCO_ADJUSTMENT, 0), OCO_DONE);
        assert_int_equal(say(apps, OCO_ADJUSTMENT), OCO_DONE);
        assert_int_equal(oco_apps_standing(apps, 0).cycles, cycle + 1);
    }
    assert_int_equal(say(apps, OCO_GOODBYE), OCO_DONE);
    assert_int_equal(say(apps, OCO_WHATS_NEXT), OCO_UNEXPECTED);
    assert_int_equal(say(apps, OCO_HELLO), OCO_DONE);
    assert_int_equal(next(apps), OCO_DESCRIBE);
    assert_int_equal(oco_apps_standing(apps, 0).cycles, 3);
    oco_apps_free(apps);
}

/* A servo may go on without asking, but what it did not ask for is gone. */
static void an_event_overtakes_the_command(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(1);
    assert_int_equal(say(apps, OCO_HELLO), OCO_DONE);
    assert_int_equal(say(apps, OCO_DESCRIPTION), OCO_DONE);
    assert_int_equal(report(apps, OCO_MEASUREMENT, 10), OCO_DONE);
    assert_int_equal(say(apps, OCO_WHATS_NEXT), OCO_UNEXPECTED);
    oco_apps_free(apps);
}

static void a_refusal_leaves_the_command(void **state)
{
    (void)state;
    struct oco_apps *apps = app_in(OCO_START_ADJUST, OCO_ADJUST, 0);
    assert_int_equal(say(apps, OCO_ADJUSTMENT), OCO_UNEXPECTED);
    assert_int_equal(say(apps, OCO_HELLO), OCO_UNEXPECTED);
    assert_int_equal(next(apps), OCO_ADJUST);
    oco_apps_free(apps);
}

static void progress_does_not_go_backwards(void **state)
{
    (void)state;
    static const enum oco_event events[] = {OCO_MEASUREMENT, OCO_ADJUSTMENT};
    static const enum oco_state states[] = {OCO_START_MEASURE,
                                            OCO_START_ADJUST};
    for (int i = 0; i < 2; i++) {
        struct oco_apps *apps = app_in(states[i], OCO_NOTHING, 0);
        assert_int_equal(report(apps, events[i], INT64_MIN), OCO_DONE);
        assert_int_equal(report(apps, events[i], 10), OCO_DONE);
        assert_int_equal(report(apps, events[i], 10), OCO_DONE);
        assert_int_equal(report(apps, events[i], 9), OCO_BACKWARDS);
        assert_int_equal(oco_apps_standing(apps, 0).progress, 10);
        /* Not even 100 completes it. */
        assert_int_equal(report(apps, events[i], 100), OCO_DONE);
        assert_int_equal(report(apps, events[i], INT64_MAX), OCO_DONE);
        assert_int_equal(report(apps, events[i], 100), OCO_BACKWARDS);
        assert_int_equal(say(apps, events[i]), OCO_DONE);
        oco_apps_free(apps);
    }
}

/* Where the original forgot to: without a WHATS_NEXT in between, what comes
 * next begins from the start. */
static void completion_resets_progress(void **state)
{
    (void)state;
    struct oco_apps *apps = app_in(OCO_START_MEASURE, OCO_NOTHING, 0);
    assert_int_equal(report(apps, OCO_MEASUREMENT, 90), OCO_DONE);
    assert_int_equal(say(apps, OCO_MEASUREMENT), OCO_DONE);
    assert_int_equal(report(apps, OCO_ADJUSTMENT, 5), OCO_DONE);
    assert_int_equal(report(apps, OCO_ADJUSTMENT, 80), OCO_DONE);
    assert_int_equal(say(apps, OCO_ADJUSTMENT), OCO_DONE);
    assert_int_equal(report(apps, OCO_MEASUREMENT, 10), OCO_DONE);
    assert_int_equal(say(apps, OCO_GOODBYE), OCO_DONE);
    assert_int_equal(say(apps, OCO_HELLO), OCO_DONE);
    assert_int_equal(say(apps, OCO_DESCRIPTION), OCO_DONE);
    assert_int_equal(report(apps, OCO_MEASUREMENT, 0), OCO_DONE);
    oco_apps_free(apps);
}

static void words_are_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < OCO_STATE_COUNT; i++)
        assert_int_equal(oco_state_of(oco_state_word((enum oco_state)i)), i);
    for (unsigned i = 0; i < OCO_EVENT_COUNT; i++) {
        const char *word = oco_event_word((enum oco_event)i);
        assert_int_equal(oco_event_of(word, strlen(word)), i);
        assert_int_equal(oco_event_of(word, strlen(word) - 1), OCO_EVENT_COUNT);
    }
    for (unsigned i = OCO_DESCRIBE; i < OCO_COMMAND_COUNT; i++)
        assert_int_equal(oco_command_of(oco_command_word((enum oco_command)i)),
                         i);
    assert_int_equal(oco_state_of(""), OCO_STATE_COUNT);
    assert_int_equal(oco_event_of("hello", 5), OCO_EVENT_COUNT);
    assert_int_equal(oco_event_of("", 0), OCO_EVENT_COUNT);
    assert_int_equal(oco_command_of("NOTHING"), OCO_COMMAND_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_with_every_event),
        cmocka_unit_test(a_command_is_told_once),
        cmocka_unit_test(an_event_overtakes_the_command),
        cmocka_unit_test(a_refusal_leaves_the_command),
        cmocka_unit_test(progress_does_not_go_backwards),
        cmocka_unit_test(completion_resets_progress),
        cmocka_unit_test(words_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
