/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Within the reader of scenarios: lists of operations become steps. */
#ifndef LIB_NET_SCENARIO_STEPS_H
#define LIB_NET_SCENARIO_STEPS_H

#include "lib/net/scenario.h"

#include <jansson.h>

/* What a step calls its stream or checkpoint, until all are known. */
struct scope_scenario_raw {
    uint64_t id;
    bool remote;
};

struct scope_scenario_compiler {
    struct scope_scenario *scenario;
    struct scope_err *err;
    const char *where; /* the file */
    char place[96];    /* "clients[0].connections[1]" */
    size_t step_room, thread_room, stream_room, raw_room;
    struct scope_scenario_raw *raw;            /* of each step */
    const struct scope_scenario_party *client; /* whose ops are read, or NULL */
    bool remote;    /* the thread is a peer's stream */
    uint64_t opens; /* streams that the connection opens */
};

/* One thread: the list of operations at place.key (key[index], when index is
 * not negative). */
enum scope_code scope_scenario_compile(struct scope_scenario_compiler *compiler,
                                       const json_t *list, const char *key,
                                       int index, uint32_t thread);

/* Room for so many threads, one after another; the first goes to *first. */
enum scope_code scope_scenario_threads(struct scope_scenario_compiler *compiler,
                                       size_t count, const char *path,
                                       uint32_t *first);

/* When all of a connection is read: its steps are those from first_step on. */
enum scope_code
scope_scenario_resolve_streams(struct scope_scenario_compiler *compiler,
                               struct scope_scenario_connection *connection,
                               size_t first_step) SCOPE_MUST_CHECK;
/* When all of the scenario is. */
void scope_scenario_resolve_checkpoints(
    struct scope_scenario_compiler *compiler);

/* Fails with "scenario FILE: path: " before the text. */
enum scope_code scope_scenario_refuse(struct scope_scenario_compiler *compiler,
                                      const char *path, const char *fmt, ...)
    SCOPE_PRINTF(3, 4);

/* A whole number of an object, at most max. */
enum scope_code scope_scenario_number(struct scope_scenario_compiler *compiler,
                                      const json_t *object, const char *key,
                                      uint64_t max, const char *path,
                                      uint64_t *value) SCOPE_MUST_CHECK;

#endif
