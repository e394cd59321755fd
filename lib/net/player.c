/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks, their turns and timers, and the steps that move no bytes. */
#include "lib/net/player_inside.h"

#include <scope/alloc.h>
#include <scope/plugin.h>

enum {
    STEPS = 1000, /* of one turn, so that an idle loop starves nobody */
    ROUNDS = 16,  /* of turns, before events are looked for again */
};

/* --- timers --------------------------------------------------------------- */

static void fire(struct scope_due *due)
{
    struct scope_task *task =
        (struct scope_task *)((char *)due - offsetof(struct scope_task, due));
    if (task->wake_ns <= due->ns)
        task->wake_ns = INT64_MAX;
    scope_task_wake(task->player, task);
}

/* The task's times may have changed. */
static void rearm(struct scope_player *player, struct scope_task *task)
{
    int64_t due_ns =
        task->wake_ns < task->cut_ns ? task->wake_ns : task->cut_ns;
    scope_due_remove(&player->dues, &task->due);
    if (due_ns < INT64_MAX)
        scope_due_add(&player->dues, &task->due, due_ns);
}

/* --- tasks ---------------------------------------------------------------- */

struct scope_task *scope_task_new(struct scope_player *player,
                                  struct scope_session *session,
                                  struct scope_task *parent, uint32_t thread)
{
    const struct scope_scenario_thread *of = &player->scenario->threads[thread];
    struct scope_task *task = scope_alloc(
        1, sizeof *task + of->frames * sizeof(struct scope_task_frame));
    task->player = player;
    task->session = session;
    task->parent = parent;
    task->due.fire = fire;
    task->pc = of->entry;
    task->wake_ns = task->cut_ns = INT64_MAX;
    LIST_INIT(&task->children);
    struct scope_family *family = parent    ? &parent->children
                                  : session ? &session->tasks
                                            : &player->client;
    LIST_INSERT_HEAD(family, task, sibling);
    scope_task_wait(task, &player->ready);
    return task;
}

static void leave_list(struct scope_task *task)
{
    if (task->home)
        TAILQ_REMOVE(task->home, task, link);
    task->home = NULL;
}

static void free_children(struct scope_player *player, struct scope_task *task)
{
    struct scope_task *child;
    while ((child = LIST_FIRST(&task->children)))
        scope_task_free(player, child);
}

void scope_task_free(struct scope_player *player, struct scope_task *task)
{
    free_children(player, task);
    leave_list(task);
    scope_due_remove(&player->dues, &task->due);
    LIST_REMOVE(task, sibling);
    free(task);
}

void scope_task_wait(struct scope_task *task, struct scope_tasks *list)
{
    leave_list(task);
    task->home = list;
    TAILQ_INSERT_TAIL(list, task, link);
}

void scope_task_wake(struct scope_player *player, struct scope_task *task)
{
    if (task->home != &player->ready)
        scope_task_wait(task, &player->ready);
}

void scope_tasks_wake(struct scope_player *player, struct scope_tasks *list)
{
    struct scope_task *task;
    while ((task = TAILQ_FIRST(list)))
        scope_task_wake(player, task);
}

static void find_cut(struct scope_task *task)
{
    task->cut_ns = INT64_MAX;
    for (uint32_t i = 0; i < task->depth; i++)
        if (task->frames[i].deadline_ns < task->cut_ns)
            task->cut_ns = task->frames[i].deadline_ns;
}

/* Leaves the iteration of that frame, and all within it. */
static void leave_frame(struct scope_player *player, struct scope_task *task,
                        uint32_t frame)
{
    free_children(player, task);
    leave_list(task);
    task->pc = player->scenario->steps[task->frames[frame].step].to;
    task->depth = frame;
    task->begun = false;
    task->wake_ns = INT64_MAX;
    find_cut(task);
}

/* The outermost of the iterations whose time is up. */
static void expire(struct scope_player *player, struct scope_task *task)
{
    for (uint32_t i = 0; i < task->depth; i++)
        if (task->frames[i].deadline_ns <= player->now_ns) {
            leave_frame(player, task, i);
            return;
        }
}

enum scope_turn scope_task_cut(struct scope_player *player,
                               struct scope_task *task)
{
    for (struct scope_task *at = task; at; at = at->parent)
        for (uint32_t i = at->depth; i--;) {
            if (at->frames[i].deadline_ns == INT64_MAX)
                continue;
            leave_frame(player, at, i);
            if (at == task)
                return SCOPE_TURN_MOVED;
            scope_task_wake(player, at);
            return SCOPE_TURN_GONE;
        }
    return SCOPE_TURN_WAIT;
}

/* --- profiles and iterations ---------------------------------------------- */

static bool is_timed(const struct scope_player *player,
                     const struct scope_task_frame *frame)
{
    const struct scope_step *step = &player->scenario->steps[frame->step];
    return step->at != SCOPE_SCENARIO_NONE;
}

static bool any_timed(const struct scope_player *player,
                      const struct scope_task *task, uint32_t depth)
{
    if (task->within)
        return true;
    for (uint32_t i = 0; i < depth; i++)
        if (is_timed(player, &task->frames[i]))
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

static void tell_time(struct scope_player *player, struct scope_task *task,
                      uint32_t trace, int64_t now_ns)
{
    struct scope_task_frame *frame = &task->frames[task->depth - 1];
    player->hooks->timed(player->closure, trace, now_ns - frame->since_ns,
                         !any_timed(player, task, task->depth - 1));
    frame->since_ns = now_ns;
}

static enum scope_turn end_iteration(struct scope_player *player,
                                     struct scope_task *task,
                                     const struct scope_step *step)
{
    struct scope_task_frame *frame = &task->frames[task->depth - 1];
    int64_t now_ns = scope_now_ns();
    if (step->at != SCOPE_SCENARIO_NONE)
        tell_time(player, task, step->at, now_ns);
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

static struct scope_checkpoints *checkpoints_of(struct scope_player *player,
                                                struct scope_task *task)
{
    return task->session ? task->session->checkpoints : &player->checkpoints;
}

static enum scope_turn park(struct scope_player *player,
                            struct scope_task *task, uint32_t at)
{
    struct scope_checkpoints *checkpoints = checkpoints_of(player, task);
    if (!checkpoints->unparked[at]) {
        scope_task_wait(task, &checkpoints->parked[at]);
        return SCOPE_TURN_WAIT;
    }
    checkpoints->unparked[at] = false;
    return SCOPE_TURN_NEXT;
}

static enum scope_turn unpark(struct scope_player *player,
                              struct scope_task *task, uint32_t at)
{
    struct scope_checkpoints *checkpoints = checkpoints_of(player, task);
    checkpoints->unparked[at] = true;
    scope_tasks_wake(player, &checkpoints->parked[at]);
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

static enum scope_turn run_scope(struct scope_player *player,
                                 struct scope_task *task,
                                 const struct scope_step *step)
{
    if (!task->begun) {
        bool within = any_timed(player, task, task->depth);
        task->begun = true;
        for (uint32_t i = 0; i < step->amount; i++)
            scope_task_new(player, task->session, task, step->at + i)->within =
                within;
    }
    if (!LIST_EMPTY(&task->children))
        return SCOPE_TURN_WAIT;
    task->pc = step->to;
    return SCOPE_TURN_MOVED;
}

/* left is 1 when the connection has done its part, or failed. */
static enum scope_turn run_connect(struct scope_player *player,
                                   struct scope_task *task,
                                   const struct scope_step *step)
{
    if (task->begun)
        return task->left ? SCOPE_TURN_NEXT : SCOPE_TURN_WAIT;
    task->begun = true;
    task->left = 0;
    player->connecting++;
    player->hooks->connect(player->closure, step, task);
    return SCOPE_TURN_WAIT;
}

static enum scope_turn end_task(struct scope_player *player,
                                struct scope_task *task)
{
    struct scope_task *parent = task->parent;
    struct scope_session *session = task->session;
    scope_task_free(player, task);
    if (parent) {
        if (LIST_EMPTY(&parent->children))
            scope_task_wake(player, parent);
    } else if (session) {
        scope_session_settle(session);
    }
    return SCOPE_TURN_GONE;
}

static enum scope_turn do_step(struct scope_player *player,
                               struct scope_task *task)
{
    const struct scope_step *step = &player->scenario->steps[task->pc];
    switch (step->code) {
    case SCOPE_STEP_END:
        return end_task(player, task);
    case SCOPE_STEP_SLEEP:
        return sleep_for(task, step->amount);
    case SCOPE_STEP_PARK:
        return park(player, task, step->at);
    case SCOPE_STEP_UNPARK:
        return unpark(player, task, step->at);
    case SCOPE_STEP_TRACE:
        player->hooks->marked(player->closure, step->at);
        return SCOPE_TURN_NEXT;
    case SCOPE_STEP_PROFILE:
        enter(task);
        return SCOPE_TURN_NEXT;
    case SCOPE_STEP_PROFILE_END:
        tell_time(player, task, step->at, scope_now_ns());
        task->depth--;
        return SCOPE_TURN_NEXT;
    case SCOPE_STEP_COUNT:
    case SCOPE_STEP_TIME:
        return begin_iteration(task, step);
    case SCOPE_STEP_AGAIN:
        return end_iteration(player, task, step);
    case SCOPE_STEP_SCOPE:
        return run_scope(player, task, step);
    case SCOPE_STEP_CONNECT:
        return run_connect(player, task, step);
    default:
        return scope_session_step(task->session, task, step);
    }
}

/* --- turns ---------------------------------------------------------------- */

static void run_task(struct scope_player *player, struct scope_task *task)
{
    player->now_ns = scope_now_ns();
    for (unsigned steps = 0; steps < STEPS; steps++) {
        if (task->cut_ns <= player->now_ns)
            expire(player, task);
        switch (do_step(player, task)) {
        case SCOPE_TURN_NEXT:
            task->pc++;
            task->begun = false;
            continue;
        case SCOPE_TURN_MOVED:
            task->begun = false;
            continue;
        case SCOPE_TURN_WAIT:
            rearm(player, task);
            return;
        case SCOPE_TURN_GONE:
            return;
        case SCOPE_TURN_YIELD:
            steps = STEPS;
            break;
        }
    }
    rearm(player, task);
    scope_task_wake(player, task);
}

/* Those that are ready now have a turn each. */
static void run_round(struct scope_player *player)
{
    struct scope_task *task;
    TAILQ_FOREACH(task, &player->ready, link)
    task->home = &player->round;
    TAILQ_CONCAT(&player->round, &player->ready, link);
    while ((task = TAILQ_FIRST(&player->round))) {
        leave_list(task);
        run_task(player, task);
    }
}

static void wake_due(struct scope_player *player, int64_t now_ns)
{
    struct scope_due *due;
    while ((due = scope_due_first(&player->dues)) && due->ns <= now_ns) {
        scope_due_remove(&player->dues, due);
        due->fire(due);
    }
    struct scope_session *session;
    while ((session = TAILQ_FIRST(&player->lingering)) &&
           session->linger_ns <= now_ns)
        scope_session_fail(session, SCOPE_FAULT_OTHER, NULL);
}

static void tend_busy(struct scope_player *player)
{
    struct scope_session *last = TAILQ_LAST(&player->busy, scope_sessions);
    struct scope_session *session;
    while ((session = TAILQ_FIRST(&player->busy))) {
        bool end = session == last;
        TAILQ_REMOVE(&player->busy, session, busy_link);
        session->busy = false;
        scope_session_tend(session);
        if (end)
            return;
    }
}

int64_t scope_player_run(struct scope_player *player, int64_t now_ns)
{
    wake_due(player, now_ns);
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (TAILQ_EMPTY(&player->ready) && TAILQ_EMPTY(&player->busy))
            break;
        run_round(player);
        tend_busy(player);
    }
    if (!TAILQ_EMPTY(&player->ready) || !TAILQ_EMPTY(&player->busy))
        return now_ns;
    const struct scope_due *due = scope_due_first(&player->dues);
    int64_t deadline_ns = due ? due->ns : INT64_MAX;
    const struct scope_session *first = TAILQ_FIRST(&player->lingering);
    if (first && first->linger_ns < deadline_ns)
        deadline_ns = first->linger_ns;
    return deadline_ns;
}

void scope_player_busy(struct scope_session *session)
{
    if (session->busy)
        return;
    session->busy = true;
    TAILQ_INSERT_TAIL(&session->player->busy, session, busy_link);
}

/* --- a player ------------------------------------------------------------- */

struct scope_player *scope_player_new(const struct scope_scenario *scenario,
                                      bool multiplex,
                                      const struct scope_player_hooks *hooks,
                                      void *closure)
{
    struct scope_player *player = scope_alloc(1, sizeof *player);
    player->scenario = scenario;
    player->multiplex = multiplex;
    player->hooks = hooks;
    player->closure = closure;
    player->buffer = scope_alloc(SCOPE_PLAYER_CHUNK, 1);
    TAILQ_INIT(&player->ready);
    TAILQ_INIT(&player->round);
    TAILQ_INIT(&player->sessions);
    TAILQ_INIT(&player->lingering);
    TAILQ_INIT(&player->busy);
    LIST_INIT(&player->client);
    scope_checkpoints_init(&player->checkpoints, scenario->checkpoint_count);
    return player;
}

void scope_player_free(struct scope_player *player)
{
    if (!player)
        return;
    struct scope_session *session;
    struct scope_task *task;
    while ((task = LIST_FIRST(&player->client)))
        scope_task_free(player, task);
    while ((session = TAILQ_FIRST(&player->lingering)) ||
           (session = TAILQ_FIRST(&player->sessions)))
        scope_session_free(session);
    scope_checkpoints_free(&player->checkpoints);
    scope_dues_free(&player->dues);
    free(player->buffer);
    free(player);
}

void scope_player_start(struct scope_player *player, size_t client)
{
    player->client_id = client;
    scope_task_new(player, NULL, NULL, player->scenario->clients[client].ops);
}

bool scope_player_is_over(const struct scope_player *player)
{
    return LIST_EMPTY(&player->client) && TAILQ_EMPTY(&player->sessions) &&
           TAILQ_EMPTY(&player->lingering) && TAILQ_EMPTY(&player->busy);
}

bool scope_player_is_stuck(const struct scope_player *player)
{
    return !LIST_EMPTY(&player->client) && TAILQ_EMPTY(&player->ready) &&
           !player->dues.count && !player->running && !player->connecting;
}

struct scope_player_counts
scope_player_counts(const struct scope_player *player)
{
    return player->counts;
}

uint64_t scope_player_sessions(const struct scope_player *player)
{
    return player->running;
}
