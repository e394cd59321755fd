/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A session while it runs: shared by the files that start, watch and end it. */
#ifndef SRC_SESSION_RUN_H
#define SRC_SESSION_RUN_H

#include "src/session.h"

#include "lib/host/driver_process.h"
#include "lib/host/facts.h"
#include "lib/host/sampler.h"
#include "lib/host/sink.h"
#include "src/child.h"
#include "src/recording.h"

#include <signal.h>

struct run {
    struct session *session;
    const struct session_plan *plan;
    struct scope_driver **drivers;
    size_t driver_count;
    struct child command;
    struct scope_targets *targets;
    struct scope_sampler *sampler;
    struct recording *recording;
    struct live *live;
    struct scope_host self_host;
    struct scope_sink *self;
    struct scope_facts facts;
    int signal_fd, wake_fd;
    sigset_t old_mask;
    bool command_ended; /* by itself */
    bool announcing;    /* targets found now are news, not the first ones */
    bool began;         /* the trial is in the store */
    int64_t load_ns, start_ns, end_ns;
};

/* The targets that were there first, until the sampler and the recording can
 * be told of them. */
struct early {
    struct run *run;
    const struct scope_target **items;
    size_t count, room;
};

/* session_targets.c: finds the first ones and notes them in the manifest. */
enum scope_code session_find_targets(struct run *run, struct early *early,
                                     struct scope_err *err) SCOPE_MUST_CHECK;
/* Tells the sampler and the recording of them. */
void session_tell_targets(struct run *run, const struct early *early);
/* Looks for what began and ended since, and tells. */
enum scope_code session_scan(struct run *run, bool full,
                             struct scope_err *err) SCOPE_MUST_CHECK;

/* session_end.c: stops everything in order and completes the trial as far as
 * it can be. */
enum scope_code session_finish(struct run *run, enum scope_code code,
                               struct scope_err *err) SCOPE_MUST_CHECK;
/* Judges the trial, and shows the verdict when wanted. */
enum scope_code session_judge(struct run *run, bool show,
                              struct scope_err *err) SCOPE_MUST_CHECK;

/* session.c: until the deadline, a signal or news from the recording. */
void session_sleep_until(struct run *run, int64_t deadline_ns);
/* A signal that asks for the end, or 0. */
int session_take_signal(struct run *run);

#endif
