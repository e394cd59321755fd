/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What taking a sample costs whom it is taken from. */
#ifndef CYCLES_COST_H
#define CYCLES_COST_H

#include "collectors/cycles/event.h"

/*
 * Measures it on the calling thread, which works for about 100 ms, half of it
 * in the kernel: slices of the same work, in turn without and with sampling at
 * a high frequency, otherwise as the event says. The difference of a pair,
 * divided by its samples, is one reading; pairs in which the thread was
 * switched away do not count. Returns the median in ns, or a negative number
 * when there were too few.
 */
double cycles_cost(const struct cycles_event *event);

#endif
