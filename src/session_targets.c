/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The targets of a session: the first ones, and what begins and ends later. */
#include "src/session_run.h"

#include <scope/plugin.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_found(void *closure, const struct scope_target *target)
{
    struct run *run = closure;
    recording_target(run->recording, target, scope_now_ns());
    scope_sampler_found(run->sampler, target);
    if (target->kind != SCOPE_TARGET_PROCESS)
        return;
    if (run->announcing)
        scope_event(run->self, SCOPE_EVENT_START, target, 1, "%s[%d] began",
                    target->name, (int)target->pid);
}

static void on_gone(void *closure, const struct scope_target *target,
                    int status)
{
    struct run *run = closure;
    scope_sampler_gone(run->sampler, target);
    if (target->kind != SCOPE_TARGET_PROCESS)
        return;
    if (status >= 0)
        scope_event(run->self, SCOPE_EVENT_EXIT, target, 1,
                    "%s[%d] ended with status %d", target->name,
                    (int)target->pid, status);
    else
        scope_event(run->self, SCOPE_EVENT_EXIT, target, 1, "%s[%d] ended",
                    target->name, (int)target->pid);
}

static void on_restarted(void *closure, const struct scope_target *old,
                         const struct scope_target *target)
{
    struct run *run = closure;
    scope_event(run->self, SCOPE_EVENT_RESTART, target, 1,
                "%s[%d] took the place of [%d]", target->name, (int)target->pid,
                (int)old->pid);
}

enum scope_code session_scan(struct run *run, bool full, struct scope_err *err)
{
    const struct scope_target_listener listener = {.closure = run,
                                                   .found = on_found,
                                                   .gone = on_gone,
                                                   .restarted = on_restarted};
    return scope_targets_scan(run->targets, full, &listener, err);
}

/* For the manifest: the first scan's processes, by role and pid. */
static void note_process(void *closure, const struct scope_target *target)
{
    struct run *run = closure;
    char prefix[96];
    if (target->kind != SCOPE_TARGET_PROCESS)
        return;
    snprintf(prefix, sizeof prefix, "%s%s%s[%d]", target->role,
             *target->role ? "." : "", target->name, (int)target->pid);
    scope_facts_process(&run->facts, prefix, target->pid,
                        run->plan->keep_commands);
}

static void on_early(void *closure, const struct scope_target *target)
{
    struct early *early = closure;
    early->items = scope_grow(early->items, &early->room, early->count,
                              sizeof *early->items);
    early->items[early->count++] = target;
    note_process(early->run, target);
}

static void on_early_gone(void *closure, const struct scope_target *target,
                          int status)
{
    (void)closure;
    (void)target;
    (void)status;
}

enum scope_code session_find_targets(struct run *run, struct early *early,
                                     struct scope_err *err)
{
    const struct session_plan *plan = run->plan;
    struct scope_selector *selectors =
        scope_alloc(plan->selector_count + 1, sizeof *selectors);
    size_t count = plan->selector_count;
    if (count)
        memcpy(selectors, plan->selectors, count * sizeof *selectors);
    char pid[16];
    if (plan->command) {
        snprintf(pid, sizeof pid, "%d", (int)run->command.pid);
        selectors[count++] = (struct scope_selector){
            .kind = SCOPE_SELECT_PID, .text = pid, .role = ""};
    }
    pid_t self = getpid(); /* and with it the drivers, its children */
    enum scope_code code =
        scope_targets_new(selectors, count, "/proc", plan->follow_children,
                          &self, 1, &run->targets, err);
    const struct scope_target_listener listener = {
        .closure = early,
        .found = on_early,
        .gone = on_early_gone,
    };
    if (code == SCOPE_OK)
        code = scope_targets_scan(run->targets, true, &listener, err);
    if (code == SCOPE_OK)
        code = scope_targets_matched(run->targets, err);
    free(selectors);
    return code;
}

void session_tell_targets(struct run *run, const struct early *early)
{
    for (size_t i = 0; i < early->count; i++)
        on_found(run, early->items[i]);
    run->announcing = true;
}
