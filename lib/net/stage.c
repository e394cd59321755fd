/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks, their turns and timers, and the steps that move no bytes. */
#include "lib/net/stage_inside.h"

#include <scope/alloc.h>
#include <scope/plugin.h>

enum {
    STEPS = 1000, /* of one turn, so that an idle loop starves nobody */
    ROUNDS = 16,  /* of turns, before events are looked for again */
    BUDGET = 16 * 1024 * 1024, /* bytes of them all */
    TURN = 4096,               /* what a turn costs by itself */
};

/* --- timers --------------------------------------------------------------- */

static void fire(struct scope_due *due)
{
    struct scope_task *task =
        (struct scope_task *)((char *)due - offsetof(struct scope_task, due));
    if (task->wake_ns <= due->ns)
        task->wake_ns = INT64_MAX;
    scope_task_wake(task->stage, task);
}

/* The task's times may have changed. */
static void rearm(struct scope_stage *stage, struct scope_task *task)
{
    int64_t due_ns =
        task->wake_ns < task->cut_ns ? task->wake_ns : task->cut_ns;
    scope_due_remove(&stage->dues, &task->due);
    if (due_ns < INT64_MAX)
        scope_due_add(&stage->dues, &task->due, due_ns);
}

/* --- tasks ---------------------------------------------------------------- */

struct scope_task *scope_task_new(struct scope_stage *stage,
                                  struct scope_session *session,
                                  struct scope_task *parent, uint32_t thread)
{
    const struct scope_scenario_thread *of = &stage->scenario->threads[thread];
    struct scope_task *task = scope_alloc(
        1, sizeof *task + of->frames * sizeof(struct scope_task_frame));
    task->stage = stage;
    task->session = session;
    task->parent = parent;
    task->due.fire = fire;
    task->pc = of->entry;
    task->wake_ns = task->cut_ns = INT64_MAX;
    LIST_INIT(&task->children);
    struct scope_family *family = parent    ? &parent->children
                                  : session ? &session->tasks
                                            : &stage->client;
    LIST_INSERT_HEAD(family, task, sibling);
    scope_task_wait(task, &stage->ready);
    return task;
}

static void leave_list(struct scope_task *task)
{
    if (task->home)
        TAILQ_REMOVE(task->home, task, link);
    task->home = NULL;
}

static void free_children(struct scope_stage *stage, struct scope_task *task)
{
    struct scope_task *child;
    while ((child = LIST_FIRST(&task->children)))
        scope_task_free(stage, child);
}

void scope_task_free(struct scope_stage *stage, struct scope_task *task)
{
    free_children(stage, task);
    leave_list(task);
    scope_due_remove(&stage->dues, &task->due);
    LIST_REMOVE(task, sibling);
    free(task);
}

void scope_task_wait(struct scope_task *task, struct scope_tasks *list)
{
    leave_list(task);
    task->home = list;
    TAILQ_INSERT_TAIL(list, task, link);
}

void scope_task_wake(struct scope_stage *stage, struct scope_task *task)
{
    if (task->home != &stage->ready)
        scope_task_wait(task, &stage->ready);
}

void scope_tasks_wake(struct scope_stage *stage, struct scope_tasks *list)
{
    struct scope_task *task;
    while ((task = TAILQ_FIRST(list)))
        scope_task_wake(stage, task);
}

static void find_cut(struct scope_task *task)
{
    task->cut_ns = INT64_MAX;
    for (uint32_t i = 0; i < task->depth; i++)
        if (task->frames[i].deadline_ns < task->cut_ns)
            task->cut_ns = task->frames[i].deadline_ns;
}

/* Leaves the iteration of that frame, and all within it. */
static void leave_frame(struct scope_stage *stage, struct scope_task *task,
                        uint32_t frame)
{
    free_children(stage, task);
    leave_list(task);
    task->pc = stage->scenario->steps[task->frames[frame].step].to;
    task->depth = frame;
    task->begun = false;
    task->wake_ns = INT64_MAX;
    find_cut(task);
}

/* The outermost of the iterations whose time is up. */
static void expire(struct scope_stage *stage, struct scope_task *task)
{
    for (uint32_t i = 0; i < task->depth; i++)
        if (task->frames[i].deadline_ns <= stage->now_ns) {
            leave_frame(stage, task, i);
            return;
        }
}

enum scope_turn scope_task_cut(struct scope_stage *stage,
                               struct scope_task *task)
{
    for (struct scope_task *at = task; at; at = at->parent)
        for (uint32_t i = at->depth; i--;) {
            if (at->frames[i].deadline_ns == INT64_MAX)
                continue;
            leave_frame(stage, at, i);
            if (at == task)
                return SCOPE_TURN_MOVED;
            scope_task_wake(stage, at);
            return SCOPE_TURN_GONE;
        }
    return SCOPE_TURN_WAIT;
}

/* --- profiles and iterations ---------------------------------------------- */

static bool is_timed(const struct scope_stage *stage,
                     const struct scope_task_frame *frame)
{
    const struct scope_step *step = &stage->scenario->steps[frame->step];
    return step->at != SCOPE_SCENARIO_NONE;
}

static bool any_timed(const struct scope_stage *stage,
                      const struct scope_task *task, uint32_t depth)
{
    if (task->within)
        return true;
    for (uint32_t i = 0; i < depth; i++)
        if (is_timed(stage, &task->frames[i]))
            return true;
    return false;
}

static struct scope_task_frame *enter(struct scope_task *task)
{
    struct scope_task_frame *frame = &task->frames[task->depth++];
    *frame = (struct scope_task_frame){
        .step = task->pc,
        .since_ns = scope_now_ns(),
        .deadline_ns = INT64_MAX,
    };
    return frame;
}

static enum scope_turn begin_iteration(struct scope_task *task,
                                       const struct scope_step *step)
{
    if (!step->amount) {
        task->pc = step->to;
        return SCOPE_TURN_MOVED;
    }
    struct scope_task_frame *frame = enter(task);
    frame->left = step->amount;
    if (step->code == SCOPE_STEP_TIME)
        frame->deadline_ns = frame->since_ns + (int64_t)step->amount;
    find_cut(task);
    return SCOPE_TURN_NEXT;
}

static void tell_time(struct scope_stage *stage, struct scope_task *task,
                      uint32_t trace, int64_t now_ns)
{
    struct scope_task_frame *frame = &task->frames[task->depth - 1];
    stage->hooks->timed(stage->closure, trace, now_ns - frame->since_ns,
                        !any_timed(stage, task, task->depth - 1));
    frame->since_ns = now_ns;
}

static enum scope_turn end_iteration(struct scope_stage *stage,
                                     struct scope_task *task,
                                     const struct scope_step *step)
{
    struct scope_task_frame *frame = &task->frames[task->depth - 1];
    int64_t now_ns = scope_now_ns();
    if (step->at != SCOPE_SCENARIO_NONE)
        tell_time(stage, task, step->at, now_ns);
    bool timed = frame->deadline_ns < INT64_MAX;
    if (timed ? now_ns < frame->deadline_ns : --frame->left > 0) {
        task->pc = step->to;
        return SCOPE_TURN_MOVED;
    }
    task->depth--;
    find_cut(task);
    return SCOPE_TURN_NEXT;
}

/* --- the other steps ------------------------------------------------------ */

void scope_checkpoints_init(struct scope_checkpoints *checkpoints, size_t count)
{
    *checkpoints = (struct scope_checkpoints){0};
    if (!count)
        return;
    checkpoints->unparked = scope_alloc(count, sizeof(bool));
    checkpoints->parked = scope_alloc(count, sizeof(struct scope_tasks));
    for (size_t i = 0; i < count; i++)
        TAILQ_INIT(&checkpoints->parked[i]);
}

void scope_checkpoints_free(struct scope_checkpoints *checkpoints)
{
    free(checkpoints->unparked);
    free(checkpoints->parked);
}

static struct scope_checkpoints *checkpoints_of(struct scope_stage *stage,
                                                struct scope_task *task)
{
    return task->session ? task->session->checkpoints : &stage->checkpoints;
}

static enum scope_turn park(struct scope_stage *stage, struct scope_task *task,
                            uint32_t at)
{
    struct scope_checkpoints *checkpoints = checkpoints_of(stage, task);
    if (!checkpoints->unparked[at]) {
        scope_task_wait(task, &checkpoints->parked[at]);
        return SCOPE_TURN_WAIT;
    }
    checkpoints->unparked[at] = false;
    return SCOPE_TURN_NEXT;
}

static enum scope_turn unpark(struct scope_stage *stage,
                              struct scope_task *task, uint32_t at)
{
    struct scope_checkpoints *checkpoints = checkpoints_of(stage, task);
    checkpoints->unparked[at] = true;
    scope_tasks_wake(stage, &checkpoints->parked[at]);
    return SCOPE_TURN_NEXT;
}

static enum scope_turn sleep_for(struct scope_task *task, uint64_t ns)
{
    if (task->begun)
        return SCOPE_TURN_NEXT;
    task->begun = true;
    task->wake_ns = scope_now_ns() + (int64_t)ns;
    return SCOPE_TURN_WAIT;
}

static enum scope_turn run_scope(struct scope_stage *stage,
                                 struct scope_task *task,
                                 const struct scope_step *step)
{
    if (!task->begun) {
        bool within = any_timed(stage, task, task->depth);
        task->begun = true;
        for (uint32_t i = 0; i < step->amount; i++)
            scope_task_new(stage, task->session, task, step->at + i)->within =
                within;
    }
    if (!LIST_EMPTY(&task->children))
        return SCOPE_TURN_WAIT;
    task->pc = step->to;
    return SCOPE_TURN_MOVED;
}

/* left is 1 when the connection has done its part, or failed. */
static enum scope_turn run_connect(struct scope_stage *stage,
                                   struct scope_task *task,
                                   const struct scope_step *step)
{
    if (task->begun)
        return task->left ? SCOPE_TURN_NEXT : SCOPE_TURN_WAIT;
    task->begun = true;
    task->left = 0;
    stage->connecting++;
    stage->hooks->connect(stage->closure, step, task);
    return SCOPE_TURN_WAIT;
}

static enum scope_turn end_task(struct scope_stage *stage,
                                struct scope_task *task)
{
    struct scope_task *parent = task->parent;
    struct scope_session *session = task->session;
    scope_task_free(stage, task);
    if (parent) {
        if (LIST_EMPTY(&parent->children))
            scope_task_wake(stage, parent);
    } else if (session) {
        scope_session_settle(session);
    }
    return SCOPE_TURN_GONE;
}

static enum scope_turn do_step(struct scope_stage *stage,
                               struct scope_task *task)
{
    const struct scope_step *step = &stage->scenario->steps[task->pc];
    switch (step->code) {
    case SCOPE_STEP_END:
        return end_task(stage, task);
    case SCOPE_STEP_SLEEP:
        return sleep_for(task, step->amount);
    case SCOPE_STEP_PARK:
        return park(stage, task, step->at);
    case SCOPE_STEP_UNPARK:
        return unpark(stage, task, step->at);
    case SCOPE_STEP_TRACE:
        stage->hooks->marked(stage->closure, step->at);
        return SCOPE_TURN_NEXT;
    case SCOPE_STEP_PROFILE:
        enter(task);
        return SCOPE_TURN_NEXT;
    case SCOPE_STEP_PROFILE_END:
        tell_time(stage, task, step->at, scope_now_ns());
        task->depth--;
        return SCOPE_TURN_NEXT;
    case SCOPE_STEP_COUNT:
    case SCOPE_STEP_TIME:
        return begin_iteration(task, step);
    case SCOPE_STEP_AGAIN:
        return end_iteration(stage, task, step);
    case SCOPE_STEP_SCOPE:
        return run_scope(stage, task, step);
    case SCOPE_STEP_CONNECT:
        return run_connect(stage, task, step);
    default:
        return scope_session_step(task->session, task, step);
    }
}

/* --- turns ---------------------------------------------------------------- */

static void run_task(struct scope_stage *stage, struct scope_task *task)
{
    stage->now_ns = scope_now_ns();
    for (unsigned steps = 0; steps < STEPS; steps++) {
        if (task->cut_ns <= stage->now_ns)
            expire(stage, task);
        switch (do_step(stage, task)) {
        case SCOPE_TURN_NEXT:
            task->pc++;
            task->begun = false;
            continue;
        case SCOPE_TURN_MOVED:
            task->begun = false;
            continue;
        case SCOPE_TURN_WAIT:
            rearm(stage, task);
            return;
        case SCOPE_TURN_GONE:
            return;
        case SCOPE_TURN_YIELD:
            steps = STEPS;
            break;
        }
    }
    rearm(stage, task);
    scope_task_wake(stage, task);
}

/* Those that are ready now have a turn each. */
static void run_round(struct scope_stage *stage)
{
    struct scope_task *task = TAILQ_FIRST(&stage->ready);
    for (; task; task = TAILQ_NEXT(task, link))
        task->home = &stage->round;
    TAILQ_CONCAT(&stage->round, &stage->ready, link);
    while ((task = TAILQ_FIRST(&stage->round)) && stage->budget) {
        leave_list(task);
        scope_stage_spend(stage, TURN);
        run_task(stage, task);
    }
    /* Those that had none are the first to have one next time. */
    for (task = TAILQ_FIRST(&stage->round); task; task = TAILQ_NEXT(task, link))
        task->home = &stage->ready;
    TAILQ_CONCAT(&stage->round, &stage->ready, link);
    TAILQ_CONCAT(&stage->ready, &stage->round, link);
}

static void wake_due(struct scope_stage *stage, int64_t now_ns)
{
    struct scope_due *due;
    while ((due = scope_due_first(&stage->dues)) && due->ns <= now_ns) {
        scope_due_remove(&stage->dues, due);
        due->fire(due);
    }
    struct scope_session *session;
    while ((session = TAILQ_FIRST(&stage->lingering)) &&
           session->linger_ns <= now_ns)
        scope_session_fail(session, SCOPE_FAULT_OTHER, NULL);
}

static void tend_busy(struct scope_stage *stage)
{
    struct scope_session *last = TAILQ_LAST(&stage->busy, scope_sessions);
    struct scope_session *session;
    while ((session = TAILQ_FIRST(&stage->busy)) && stage->budget) {
        bool end = session == last;
        TAILQ_REMOVE(&stage->busy, session, busy_link);
        session->busy = false;
        scope_session_tend(session);
        if (end)
            return;
    }
}

int64_t scope_stage_run(struct scope_stage *stage, int64_t now_ns)
{
    stage->budget = BUDGET;
    wake_due(stage, now_ns);
    for (unsigned i = 0; i < ROUNDS && stage->budget; i++) {
        if (TAILQ_EMPTY(&stage->ready) && TAILQ_EMPTY(&stage->busy))
            break;
        run_round(stage);
        tend_busy(stage);
    }
    if (!TAILQ_EMPTY(&stage->ready) || !TAILQ_EMPTY(&stage->busy))
        return now_ns;
    const struct scope_due *due = scope_due_first(&stage->dues);
    int64_t deadline_ns = due ? due->ns : INT64_MAX;
    const struct scope_session *first = TAILQ_FIRST(&stage->lingering);
    if (first && first->linger_ns < deadline_ns)
        deadline_ns = first->linger_ns;
    return deadline_ns;
}

void scope_stage_busy(struct scope_session *session)
{
    if (session->busy)
        return;
    session->busy = true;
    TAILQ_INSERT_TAIL(&session->stage->busy, session, busy_link);
}

/* --- a stage ------------------------------------------------------------- */

struct scope_stage *scope_stage_new(const struct scope_scenario *scenario,
                                    bool multiplex,
                                    const struct scope_stage_hooks *hooks,
                                    void *closure)
{
    struct scope_stage *stage = scope_alloc(1, sizeof *stage);
    stage->scenario = scenario;
    stage->multiplex = multiplex;
    stage->hooks = hooks;
    stage->closure = closure;
    stage->buffer = scope_alloc(SCOPE_STAGE_CHUNK, 1);
    TAILQ_INIT(&stage->ready);
    TAILQ_INIT(&stage->round);
    TAILQ_INIT(&stage->sessions);
    TAILQ_INIT(&stage->lingering);
    TAILQ_INIT(&stage->busy);
    LIST_INIT(&stage->client);
    scope_checkpoints_init(&stage->checkpoints, scenario->checkpoint_count);
    return stage;
}

void scope_stage_free(struct scope_stage *stage)
{
    if (!stage)
        return;
    struct scope_session *session;
    struct scope_task *task;
    while ((task = LIST_FIRST(&stage->client)))
        scope_task_free(stage, task);
    while ((session = TAILQ_FIRST(&stage->lingering)) ||
           (session = TAILQ_FIRST(&stage->sessions)))
        scope_session_free(session);
    scope_checkpoints_free(&stage->checkpoints);
    scope_dues_free(&stage->dues);
    free(stage->buffer);
    free(stage);
}

void scope_stage_start(struct scope_stage *stage, size_t client)
{
    stage->client_id = client;
    scope_task_new(stage, NULL, NULL, stage->scenario->clients[client].ops);
}

bool scope_stage_is_over(const struct scope_stage *stage)
{
    return LIST_EMPTY(&stage->client) && TAILQ_EMPTY(&stage->sessions) &&
           TAILQ_EMPTY(&stage->lingering) && TAILQ_EMPTY(&stage->busy);
}

bool scope_stage_is_stuck(const struct scope_stage *stage)
{
    return !LIST_EMPTY(&stage->client) && TAILQ_EMPTY(&stage->ready) &&
           !stage->dues.count && !stage->running && !stage->connecting;
}

struct scope_stage_counts scope_stage_counts(const struct scope_stage *stage)
{
    return stage->counts;
}

uint64_t scope_stage_sessions(const struct scope_stage *stage)
{
    return stage->running;
}
