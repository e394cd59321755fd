/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The applications and how far each servo has come. Threads may feed the same
 * or different ones at once: each has a lock of its own. */
#ifndef PLUGINS_BACKENDS_OCO_APPS_H
#define PLUGINS_BACKENDS_OCO_APPS_H

#include "plugins/backends/oco/evenness.h"
#include "plugins/backends/oco/fsm.h"

#include <stdint.h>

struct oco_apps;

/* What an application is at; also what is saved of it. */
struct oco_standing {
    enum oco_state state;
    enum oco_command command; /* for the next WHATS_NEXT */
    bool in_progress;
    int64_t progress; /* the last report, when in_progress */
    uint64_t cycles;
};

enum oco_verdict {
    OCO_DONE,
    OCO_TOLD,       /* WHATS_NEXT: `command` is the answer */
    OCO_UNKNOWN,    /* the application has never said HELLO */
    OCO_UNEXPECTED, /* the event must not come now */
    OCO_BACKWARDS,  /* the progress is less than before */
};

struct oco_outcome {
    enum oco_verdict verdict;
    enum oco_command command;
    struct oco_standing before, after;
};

struct oco_message {
    enum oco_event event;
    bool has_progress;
    int64_t progress;
};

/* Free with oco_apps_free; NULL is accepted. */
struct oco_apps *oco_apps_new(uint32_t count);
void oco_apps_free(struct oco_apps *apps);
uint32_t oco_apps_count(const struct oco_apps *apps);

struct oco_outcome oco_apps_feed(struct oco_apps *apps, uint32_t app,
                                 const struct oco_message *message);

struct oco_statistics oco_apps_statistics(struct oco_apps *apps);

struct oco_standing oco_apps_standing(struct oco_apps *apps, uint32_t app);
/* All at once, before any is fed: standings of every application. */
void oco_apps_restore(struct oco_apps *apps, struct oco_standing *standings);
/* Whether a standing has changed since this was last asked. */
bool oco_apps_changed(struct oco_apps *apps);

#endif
