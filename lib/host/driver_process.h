/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a driver in a process of its own, so that its CPU and memory are its
 * own and its fall is not the host's. Its frames come through a pipe.
 *
 * Spawn before any thread exists and before a store is open: the process is a
 * fork without exec. It ends with its parent, whatever happens.
 */
#ifndef LIB_HOST_DRIVER_PROCESS_H
#define LIB_HOST_DRIVER_PROCESS_H

#include "lib/host/frame.h"
#include "lib/host/loader.h"

struct scope_driver;

/* Forks and opens the driver there; returns when it is open. interval_ns is
 * the time between its sweeps. */
enum scope_code scope_driver_spawn(const struct scope_loaded *loaded,
                                   const void *config, unsigned source,
                                   int64_t interval_ns,
                                   struct scope_driver **driver,
                                   struct scope_err *err) SCOPE_MUST_CHECK;
/* Ends the process (at once, if it does not end by itself), frees. */
void scope_driver_free(struct scope_driver *driver);

/* The first request is intended at start_ns; duration_ns 0: until stop. A sweep
 * is taken when the warm-up, a part of the duration, has passed: the measured
 * window begins with it. */
void scope_driver_start(struct scope_driver *driver, int64_t start_ns,
                        int64_t warmup_ns, int64_t duration_ns);
/* Asks it to end; its last frames are still to be read. */
void scope_driver_stop(struct scope_driver *driver);

/* To be polled for reading. */
int scope_driver_fd(const struct scope_driver *driver);
pid_t scope_driver_pid(const struct scope_driver *driver);
const char *scope_driver_name(const struct scope_driver *driver);

/* Plays what has arrived, without waiting. *done: it has ended and said so.
 * Fails with the driver's own error, or when its process died. */
enum scope_code scope_driver_read(struct scope_driver *driver,
                                  const struct scope_recorder *recorder,
                                  bool *done,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

#endif
