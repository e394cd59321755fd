/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What scope itself costs and misses, as source 0 ("scope") of every trial. */
#ifndef SRC_SELF_H
#define SRC_SELF_H

#include "lib/host/sampler.h"
#include "lib/host/sink.h"

/* The metric table of the source "scope". */
extern const struct scope_metric self_metrics[];

/* Emits one sweep. targets: processes measured now. */
void self_sample(struct scope_sink *sink, struct scope_sampler *sampler,
                 size_t targets);

#endif
