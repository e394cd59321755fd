/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of metrics as the table the plugin declares. */
#include "collectors/proc/metrics.h"

#include <stddef.h>

const struct scope_metric proc_metrics[] = {
#define X(id, text, kind, type, base, of, words)                               \
    [METRIC_##id] = {.name = (text),                                           \
                     .semantics = SCOPE_##kind,                                \
                     .value = SCOPE_##type,                                    \
                     .unit = SCOPE_UNIT_##base,                                \
                     .domain = (of),                                           \
                     .help = (words)},
    PROC_METRICS(X)
#undef X
        SCOPE_METRIC_END,
};
