/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/backends/oco/apps.h"

#include <pthread.h>
#include <scope/alloc.h>
#include <stdatomic.h>

enum { CACHE_LINE = 64 };

/* A cache line each: threads that serve neighbours do not meet. */
struct app {
    _Alignas(CACHE_LINE) pthread_mutex_t lock;
    int64_t progress;
    uint32_t bucket; /* unless the state is initial */
    uint8_t state, command;
    bool in_progress;
};
_Static_assert(sizeof(struct app) == CACHE_LINE, "one cache line each");

struct oco_apps {
    uint32_t count;
    struct app *items;
    void *memory;              /* in which items lie, aligned */
    atomic_bool changed;       /* set within an application's lock */
    pthread_mutex_t spreading; /* taken within an application's lock */
    struct oco_evenness evenness;
};

struct oco_apps *oco_apps_new(uint32_t count)
{
    struct oco_apps *apps = scope_alloc(1, sizeof *apps);
    apps->count = count;
    apps->memory = scope_alloc((size_t)count + 1, sizeof *apps->items);
    uintptr_t past = (uintptr_t)apps->memory % CACHE_LINE;
    apps->items = (void *)((char *)apps->memory + (CACHE_LINE - past));
    for (uint32_t i = 0; i < count; i++)
        pthread_mutex_init(&apps->items[i].lock, NULL);
    pthread_mutex_init(&apps->spreading, NULL);
    oco_evenness_init(&apps->evenness, count);
    return apps;
}

void oco_apps_free(struct oco_apps *apps)
{
    if (!apps)
        return;
    for (uint32_t i = 0; i < apps->count; i++)
        pthread_mutex_destroy(&apps->items[i].lock);
    pthread_mutex_destroy(&apps->spreading);
    oco_evenness_free(&apps->evenness);
    free(apps->memory);
    free(apps);
}

uint32_t oco_apps_count(const struct oco_apps *apps)
{
    return apps->count;
}

static uint64_t cycles_of(const struct oco_apps *apps, const struct app *app)
{
    return app->state == OCO_INITIAL
               ? 0
               : apps->evenness.buckets[app->bucket].cycles;
}

/* With the application's lock held. A bucket's number of cycles is constant
 * while an application is in it. */
static struct oco_standing standing_of(const struct oco_apps *apps,
                                       const struct app *app)
{
    return (struct oco_standing){
        .state = app->state,
        .command = app->command,
        .in_progress = app->in_progress,
        .progress = app->progress,
        .cycles = cycles_of(apps, app),
    };
}

static void note_change(struct oco_apps *apps)
{
    if (!atomic_load_explicit(&apps->changed, memory_order_relaxed))
        atomic_store_explicit(&apps->changed, true, memory_order_relaxed);
}

static void spread(struct oco_apps *apps, struct app *app, bool cycle)
{
    bool joins = app->state == OCO_INITIAL;
    if (!joins && !cycle)
        return;
    pthread_mutex_lock(&apps->spreading);
    app->bucket = joins ? oco_evenness_join(&apps->evenness, 0)
                        : oco_evenness_advance(&apps->evenness, app->bucket);
    pthread_mutex_unlock(&apps->spreading);
}

static enum oco_verdict tell_next(struct oco_apps *apps, struct app *app,
                                  enum oco_command *command)
{
    if (app->state == OCO_INITIAL)
        return OCO_UNKNOWN;
    if (app->command == OCO_NOTHING)
        return OCO_UNEXPECTED;
    *command = app->command;
    app->command = OCO_NOTHING;
    note_change(apps);
    return OCO_TOLD;
}

static enum oco_verdict take_step(struct oco_apps *apps, struct app *app,
                                  const struct oco_message *message)
{
    const struct oco_step *step =
        oco_fsm_step(app->state, message->event, message->has_progress);
    if (!step->allowed)
        return app->state == OCO_INITIAL && message->event != OCO_HELLO
                   ? OCO_UNKNOWN
                   : OCO_UNEXPECTED;
    if (message->has_progress && app->in_progress &&
        message->progress < app->progress)
        return OCO_BACKWARDS;
    spread(apps, app, step->cycle);
    app->state = (uint8_t)step->state;
    app->command = (uint8_t)step->command;
    app->in_progress = message->has_progress;
    app->progress = message->has_progress ? message->progress : 0;
    note_change(apps);
    return OCO_DONE;
}

struct oco_outcome oco_apps_feed(struct oco_apps *apps, uint32_t index,
                                 const struct oco_message *message)
{
    struct app *app = &apps->items[index];
    struct oco_outcome outcome = {0};
    pthread_mutex_lock(&app->lock);
    outcome.before = standing_of(apps, app);
    outcome.verdict = message->event == OCO_WHATS_NEXT
                          ? tell_next(apps, app, &outcome.command)
                          : take_step(apps, app, message);
    outcome.after = standing_of(apps, app);
    pthread_mutex_unlock(&app->lock);
    return outcome;
}

struct oco_statistics oco_apps_statistics(struct oco_apps *apps)
{
    pthread_mutex_lock(&apps->spreading);
    struct oco_statistics statistics = oco_evenness_read(&apps->evenness);
    pthread_mutex_unlock(&apps->spreading);
    return statistics;
}

struct oco_standing oco_apps_standing(struct oco_apps *apps, uint32_t index)
{
    struct app *app = &apps->items[index];
    pthread_mutex_lock(&app->lock);
    struct oco_standing standing = standing_of(apps, app);
    pthread_mutex_unlock(&app->lock);
    return standing;
}

static int by_cycles(const void *a, const void *b, void *closure)
{
    const struct oco_standing *standings = closure;
    uint64_t x = standings[*(const uint32_t *)a].cycles;
    uint64_t y = standings[*(const uint32_t *)b].cycles;
    return (x > y) - (x < y);
}

void oco_apps_restore(struct oco_apps *apps, struct oco_standing *standings)
{
    uint32_t *order = scope_alloc(apps->count, sizeof *order);
    for (uint32_t i = 0; i < apps->count; i++)
        order[i] = i;
    qsort_r(order, apps->count, sizeof *order, by_cycles, standings);
    for (uint32_t i = 0; i < apps->count; i++) {
        const struct oco_standing *standing = &standings[order[i]];
        struct app *app = &apps->items[order[i]];
        if (standing->state == OCO_INITIAL)
            continue;
        app->state = (uint8_t)standing->state;
        app->command = (uint8_t)standing->command;
        app->in_progress = standing->in_progress;
        app->progress = standing->progress;
        app->bucket = oco_evenness_join(&apps->evenness, standing->cycles);
    }
    free(order);
}

bool oco_apps_changed(struct oco_apps *apps)
{
    return atomic_exchange(&apps->changed, false);
}
