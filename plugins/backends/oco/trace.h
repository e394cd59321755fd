/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line for every event, for people who watch what servos do. */
#ifndef PLUGINS_BACKENDS_OCO_TRACE_H
#define PLUGINS_BACKENDS_OCO_TRACE_H

#include "plugins/backends/oco/apps.h"

#include <scope/err.h>

struct oco_trace {
    int fd; /* -1: nobody watches */
};

/* Appends to the file; path NULL is no trace. Close with oco_trace_close. */
enum scope_code oco_trace_open(struct oco_trace *trace, const char *path,
                               struct scope_err *err) SCOPE_MUST_CHECK;
void oco_trace_close(struct oco_trace *trace);

/* From any thread; lines stay whole. app and event are shown inert. */
void oco_trace_write(const struct oco_trace *trace, const char *app,
                     const char *event, const struct oco_message *message,
                     const struct oco_outcome *outcome);

#endif
