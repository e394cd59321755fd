/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sampling processes alone, where the whole machine must not be: an event for
 * each thread and CPU, which what the thread makes inherits. The kernel's
 * records tell who inherited, so that nobody is opened twice.
 */
#ifndef CYCLES_THREADS_H
#define CYCLES_THREADS_H

#include "collectors/cycles/lanes.h"

struct cycles_threads;

/* Lanes and event must live longer. */
struct cycles_threads *cycles_threads_new(const struct cycles_lanes *lanes,
                                          const struct cycles_event *event);
void cycles_threads_free(struct cycles_threads *threads);

/*
 * Samples the process from now on, if it is not already because of who made
 * it. drain: plays all records until now. Events of threads that have ended are
 * closed when all that inherited from their process have ended, too.
 */
enum scope_code cycles_threads_attach(struct cycles_threads *threads,
                                      const struct scope_target *target,
                                      void (*drain)(void *closure),
                                      void *closure, struct scope_sink *sink,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

/* Plays FORK and EXIT. */
void cycles_threads_play(struct cycles_threads *threads,
                         const struct cycles_record *record);

#endif
