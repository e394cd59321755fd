/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One trial from start to verdict: what `scope collect` and `scope drive` do.
 */
#ifndef SRC_SESSION_H
#define SRC_SESSION_H

#include "lib/base/options.h"
#include "lib/host/picks.h"
#include "lib/host/targets.h"
#include "lib/store/writer.h"
#include "src/progress.h"
#include "src/threshold.h"

/* A plugin with its settings, which belong to whoever made the plan. */
struct session_plugin {
    const struct scope_loaded *loaded;
    struct scope_settings *settings;
    int64_t interval_ns;
};

struct session_plan {
    const char *output; /* the store's path; "": a temporary one */
    size_t collector_count, driver_count, selector_count, label_count;
    struct session_plugin *collectors, *drivers;
    const struct scope_selector *selectors;
    const struct scope_label *labels;
    bool follow_children;
    bool keep_commands;   /* store the targets' command lines */
    int64_t duration_ns;  /* 0: until a signal, or what ends by itself has */
    int64_t warmup_ns;    /* load before the measured window */
    char *const *command; /* NULL: none */
    const struct thresholds *stop_if; /* that end it early, NULL: none */
    bool quiet;
    bool terse; /* say failures, but no verdict: there are many trials */
};

/* Fills the plan's labels from KEY=VALUE texts; to be freed in any case. */
enum scope_code session_read_labels(struct session_plan *plan,
                                    const struct scope_list *texts,
                                    struct scope_err *err) SCOPE_MUST_CHECK;
void session_free_labels(struct session_plan *plan);
/* The picks with their intervals, interval_ns where they have none; to
 * free(). */
struct session_plugin *session_plugins(const struct scope_picks *picks,
                                       int64_t interval_ns, size_t *count);

struct session {
    const struct session_plan *plan;
    struct progress progress;
    struct scope_writer *writer;
    int64_t trial; /* its number in the store */
    bool valid;    /* the verdict */
    int signal;    /* that ended it, or 0 */
    bool partial;  /* something was not measured, and said */
    bool stopped;  /* early, as stop_if wanted */
};

/*
 * Runs the plan. OK: there is a judged trial in the store, which stays open
 * (for reading its path) until session_close. A plugin that cannot work here
 * is left out with a warning while another is left.
 */
enum scope_code session_run(struct session *session,
                            const struct session_plan *plan,
                            struct scope_err *err) SCOPE_MUST_CHECK;
/* Closes the store that session_run left open. */
enum scope_code session_close(struct session *session,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* A signal that ended a session, or 0: ends the program by the same, so that
 * its caller sees 128 + n. */
void session_die_of_signal(int signal);

#endif
