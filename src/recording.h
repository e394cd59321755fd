/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread that writes a trial: it takes frames from the collectors' queues,
 * from drivers' pipes and from the session itself, and commits them to the
 * store twice a second. It alone uses the writer while it runs.
 */
#ifndef SRC_RECORDING_H
#define SRC_RECORDING_H

#include "lib/host/driver_process.h"
#include "lib/host/sampler.h"
#include "lib/host/sink.h"
#include "lib/store/writer.h"
#include "src/live.h"

struct recording;

/* Everything outlives the recording. wake_fd: an eventfd written when
 * something the session must look at has happened. */
struct recording *recording_new(struct scope_writer *writer,
                                struct scope_sampler *sampler,
                                struct scope_driver *const *drivers,
                                size_t driver_count, struct live *live,
                                int wake_fd);
void recording_free(struct recording *recording);

enum scope_code recording_start(struct recording *recording,
                                struct scope_err *err) SCOPE_MUST_CHECK;
/* Takes all that is left, commits, joins the thread. Returns the first failure
 * of the recording; frames are dropped, not waited for, after one. */
enum scope_code recording_stop(struct recording *recording,
                               struct scope_err *err) SCOPE_MUST_CHECK;

/* Notes a target before any collector hears of it. Session's thread. */
void recording_target(struct recording *recording,
                      const struct scope_target *target, int64_t time_ns);
/* Where the session's own sink (source 0) puts its frames. */
struct scope_outlet recording_outlet(struct recording *recording);

struct recording_state {
    bool failed;    /* the store cannot be written */
    size_t driving; /* drivers that have not ended */
    bool driver_failed;
    bool stop; /* a rule holds: see live_stop */
};
struct recording_state recording_state(struct recording *recording);
/* The first driver's failure, when driver_failed. */
enum scope_code recording_driver_error(struct recording *recording,
                                       struct scope_err *err);

#endif
