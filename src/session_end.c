/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a session: stops what was started, and judges the trial. */
#include "src/session_run.h"

#include "lib/base/clock.h"
#include "lib/store/reader.h"
#include "src/self.h"
#include "src/verdict.h"

#define DRAIN_NS (3 * NS_PER_S) /* for drivers after the end */

static int64_t min_ns(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Lets drivers finish what is outstanding and report it. */
static void end_drivers(struct run *run)
{
    for (size_t i = 0; i < run->driver_count; i++)
        scope_driver_stop(run->drivers[i]);
    int64_t deadline_ns = scope_now_ns() + DRAIN_NS;
    while (scope_now_ns() < deadline_ns) {
        struct recording_state state = recording_state(run->recording);
        if (!state.driving || state.failed)
            return;
        session_sleep_until(run, scope_now_ns() + 20 * NS_PER_MS);
        session_take_signal(run);
    }
}

/* Stops everything in order and completes the trial as far as it can be. */
enum scope_code session_finish(struct run *run, enum scope_code code,
                               struct scope_err *err)
{
    struct session *session = run->session;
    struct scope_err late = {0};
    bool ran = run->recording != NULL;
    if (ran) {
        int64_t planned_ns = run->plan->duration_ns ? run->end_ns : INT64_MAX;
        scope_sampler_stop(run->sampler, min_ns(planned_ns, scope_now_ns()));
        end_drivers(run);
        if (run->self)
            self_sample(run->self, run->sampler,
                        scope_targets_alive(run->targets));
        run->end_ns = scope_now_ns();
        enum scope_code stopped = recording_stop(run->recording, &late);
        if (code == SCOPE_OK && stopped != SCOPE_OK) {
            *err = late;
            code = stopped;
        }
        if (code == SCOPE_OK && recording_state(run->recording).driver_failed)
            code = recording_driver_error(run->recording, err);
    }
    run->command_ended = run->command.pid && child_ended(&run->command);
    child_end(&run->command);
    if (!run->began)
        return code;
    bool whole = code == SCOPE_OK && !session->stopped &&
                 (!session->signal || !run->plan->duration_ns);
    enum scope_code end = scope_writer_end(
        session->writer, run->start_ns, run->end_ns,
        whole ? SCOPE_TRIAL_COMPLETE : SCOPE_TRIAL_INTERRUPTED, &late);
    if (code == SCOPE_OK && end != SCOPE_OK) {
        *err = late;
        code = end;
    }
    return code;
}

static void show_verdict(struct run *run, const struct verdict *verdict)
{
    struct progress *progress = &run->session->progress;
    size_t failed = 0;
    if (run->plan->terse)
        return;
    for (size_t i = 0; i < verdict->count; i++)
        failed += !verdict->checks[i].passed;
    progress_end(progress);
    if (!failed) {
        progress_say(progress, "valid: %zu checks passed", verdict->count);
        return;
    }
    progress_say(progress, "NOT VALID: %zu of %zu checks failed", failed,
                 verdict->count);
    for (size_t i = 0; i < verdict->count; i++)
        if (!verdict->checks[i].passed)
            progress_say(progress, "  %s: %s", verdict->checks[i].name,
                         verdict->checks[i].reason);
}

/* What the figures lack although they passed the checks. */
static void show_warnings(struct run *run, const struct scope_trial *trial)
{
    for (size_t i = 0; i < trial->event_count; i++) {
        const struct scope_trial_event *event = &trial->events[i];
        bool warning = event->kind == SCOPE_EVENT_WARNING;
        if ((warning || event->kind == SCOPE_EVENT_NOTE) && !run->plan->terse)
            progress_say(&run->session->progress, "%s: %s",
                         warning ? "warning" : "note", event->text);
        run->session->partial = run->session->partial || warning;
    }
}

enum scope_code session_judge(struct run *run, bool show, struct scope_err *err)
{
    struct session *session = run->session;
    const char *path = scope_writer_path(session->writer);
    struct scope_dataset *dataset = NULL;
    struct verdict verdict = {0};
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    if (code != SCOPE_OK)
        return code;
    const struct scope_trial *trial = NULL;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        if (scope_dataset_trial(dataset, i)->id == session->trial)
            trial = scope_dataset_trial(dataset, i);
    if (trial)
        code = verdict_judge(dataset, trial, &verdict, err);
    else
        code = scope_fail(err, SCOPE_CORRUPT, 0, "%s has lost trial %lld", path,
                          (long long)session->trial);
    if (code == SCOPE_OK) {
        session->valid = verdict.valid;
        if (show) {
            show_verdict(run, &verdict);
            show_warnings(run, trial);
        }
        code = scope_writer_judge(session->writer, session->trial,
                                  verdict.checks, verdict.count, err);
    }
    verdict_free(&verdict);
    scope_dataset_close(dataset);
    return code;
}

enum scope_code session_close(struct session *session, struct scope_err *err)
{
    enum scope_code code = scope_writer_close(session->writer, err);
    session->writer = NULL;
    return code;
}
