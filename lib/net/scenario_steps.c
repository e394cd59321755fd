/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compiles lists of operations, which contain lists again, to flat steps. The
 * nesting is walked with a stack of its own: nobody's file decides how deep
 * this program recurses.
 */
#include "lib/net/scenario_steps.h"

#include <inttypes.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define MS_MAX (UINT64_C(365) * 24 * 3600 * 1000)

/* What is still to be compiled of a list. */
struct level {
    const json_t *list;
    size_t at;
    const char *prefix; /* in a path: ".profile.operations" */
    bool threads;       /* a list of threads, not of operations */
    bool loop;          /* within an iteration */
    uint32_t opener;    /* the step that the list belongs to */
    uint32_t thread;
    uint32_t frames; /* open where the list is */
};

struct walk {
    struct scope_scenario_compiler *compiler;
    size_t depth;
    struct level levels[SCOPE_SCENARIO_DEPTH];
    char path[400];
};

enum who { CLIENT = 1, CONNECTION = 2 };

struct operation {
    const char *name;
    enum scope_step_code code;
    int who;
    enum scope_code (*read)(struct walk *walk, const json_t *fields,
                            struct scope_step *step);
};

enum scope_code scope_scenario_refuse(struct scope_scenario_compiler *compiler,
                                      const char *path, const char *fmt, ...)
{
    va_list args;
    char text[300];
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return scope_fail(compiler->err, SCOPE_USAGE, 0, "scenario %s: %s: %s",
                      compiler->where, path, text);
}

enum scope_code scope_scenario_number(struct scope_scenario_compiler *compiler,
                                      const json_t *object, const char *key,
                                      uint64_t max, const char *path,
                                      uint64_t *value)
{
    const json_t *number = json_object_get(object, key);
    if (!json_is_integer(number) || json_integer_value(number) < 0)
        return scope_scenario_refuse(
            compiler, path, "%s is not a whole number of 0 or more", key);
    *value = (uint64_t)json_integer_value(number);
    if (*value > max)
        return scope_scenario_refuse(compiler, path,
                                     "%s is %" PRIu64 ", more than %" PRIu64,
                                     key, *value, max);
    return SCOPE_OK;
}

static const char *draw_path(struct walk *walk)
{
    size_t used = (size_t)snprintf(walk->path, sizeof walk->path, "%s",
                                   walk->compiler->place);
    for (size_t i = 0; i < walk->depth && used < sizeof walk->path; i++) {
        const struct level *level = &walk->levels[i];
        int size =
            snprintf(walk->path + used, sizeof walk->path - used, "%s[%zu]",
                     level->prefix, level->at ? level->at - 1 : 0);
        used += (size_t)size;
    }
    return walk->path;
}

static enum scope_code read_number(struct walk *walk, const json_t *fields,
                                   const char *key, uint64_t max,
                                   uint64_t *value)
{
    return scope_scenario_number(walk->compiler, fields, key, max,
                                 draw_path(walk), value);
}

/* Milliseconds, as ns. */
static enum scope_code read_time(struct walk *walk, const json_t *fields,
                                 const char *key, uint64_t *ns)
{
    uint64_t ms = 0;
    enum scope_code code = read_number(walk, fields, key, MS_MAX, &ms);
    *ns = ms * NS_PER_MS;
    return code;
}

/* The id is kept until the connection's streams are all known. */
static enum scope_code read_stream(struct walk *walk, const json_t *fields,
                                   struct scope_step *step)
{
    (void)step;
    struct scope_scenario_compiler *compiler = walk->compiler;
    struct scope_scenario_raw *raw =
        &compiler->raw[compiler->scenario->step_count];
    raw->remote = compiler->remote;
    return read_number(walk, fields, "stream_id", INT64_MAX, &raw->id);
}

static enum scope_code read_open(struct walk *walk, const json_t *fields,
                                 struct scope_step *step)
{
    if (walk->compiler->remote)
        return scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "a peer's stream opens no streams");
    walk->compiler->opens += walk->levels[walk->depth - 1].loop ? 2 : 1;
    return read_stream(walk, fields, step);
}

static enum scope_code read_transfer(struct walk *walk, const json_t *fields,
                                     struct scope_step *step)
{
    enum scope_code code = read_stream(walk, fields, step);
    if (code == SCOPE_OK)
        code = read_number(walk, fields, "bytes", INT64_MAX, &step->amount);
    return code;
}

static enum scope_code read_rate(struct walk *walk, const json_t *fields,
                                 struct scope_step *step)
{
    uint64_t period_ns = 0;
    enum scope_code code = read_transfer(walk, fields, step);
    if (code == SCOPE_OK)
        code = read_time(walk, fields, "period_ms", &period_ns);
    if (code == SCOPE_OK && (!period_ns || !step->amount))
        code = scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "a rate of %" PRIu64 " bytes in %" PRIu64
                                     " ms never ends",
                                     step->amount, period_ns / NS_PER_MS);
    step->period_ns = (int64_t)period_ns;
    return code;
}

static enum scope_code read_sleep(struct walk *walk, const json_t *fields,
                                  struct scope_step *step)
{
    const char *key = walk->compiler->client ? "timeout_ms" : "amount_ms";
    return read_time(walk, fields, key, &step->amount);
}

static enum scope_code read_checkpoint(struct walk *walk, const json_t *fields,
                                       struct scope_step *step)
{
    (void)step;
    struct scope_scenario_compiler *compiler = walk->compiler;
    return read_number(walk, fields, "checkpoint", INT64_MAX,
                       &compiler->raw[compiler->scenario->step_count].id);
}

static enum scope_code read_trace(struct walk *walk, const json_t *fields,
                                  struct scope_step *step)
{
    uint64_t trace = 0;
    size_t count = walk->compiler->scenario->trace_count;
    enum scope_code code =
        read_number(walk, fields, "trace_id", UINT32_MAX - 1, &trace);
    if (code == SCOPE_OK && trace >= count)
        code = scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "there is no trace %" PRIu64
                                     ": the scenario has %zu",
                                     trace, count);
    step->at = (uint32_t)trace;
    return code;
}

static enum scope_code read_profile(struct walk *walk, const json_t *fields,
                                    struct scope_step *step)
{
    walk->compiler->scenario->profiled = true;
    return read_trace(walk, fields, step);
}

static enum scope_code read_iterate(struct walk *walk, const json_t *fields,
                                    struct scope_step *step)
{
    step->at = SCOPE_SCENARIO_NONE;
    const json_t *value = json_object_get(fields, "value");
    const json_t *count = json_object_get(value, "count");
    const json_t *time = json_object_get(value, "time");
    if (json_object_size(value) != 1 || (!count && !time))
        return scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "value is neither a count nor a time");
    step->code = count ? SCOPE_STEP_COUNT : SCOPE_STEP_TIME;
    enum scope_code code =
        count ? read_number(walk, count, "amount", INT64_MAX, &step->amount)
              : read_time(walk, time, "amount_ms", &step->amount);
    const json_t *trace = json_object_get(fields, "trace_id");
    if (code == SCOPE_OK && trace && !json_is_null(trace))
        code = read_profile(walk, fields, step);
    return code;
}

/* A number below count. */
static enum scope_code read_index(struct walk *walk, const json_t *fields,
                                  const char *key, const char *whose,
                                  size_t count, uint32_t *index)
{
    uint64_t value = 0;
    enum scope_code code = read_number(walk, fields, key, INT64_MAX, &value);
    if (code == SCOPE_OK && value >= count)
        code = scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "%s is %" PRIu64 ", but %s %zu", key,
                                     value, whose, count);
    *index = (uint32_t)value;
    return code;
}

static enum scope_code read_connect(struct walk *walk, const json_t *fields,
                                    struct scope_step *step)
{
    struct scope_scenario *scenario = walk->compiler->scenario;
    enum scope_code code =
        read_index(walk, fields, "server_id", "the number of servers is",
                   scenario->server_count, &step->at);
    if (code == SCOPE_OK)
        code =
            read_index(walk, fields, "server_connection_id",
                       "the number of the server's connections is",
                       scenario->servers[step->at].connection_count, &step->to);
    if (code == SCOPE_OK)
        code =
            read_index(walk, fields, "client_connection_id",
                       "the number of the client's connections is",
                       walk->compiler->client->connection_count, &step->mine);
    const json_t *router = json_object_get(fields, "router_id");
    uint32_t number;
    if (code != SCOPE_OK || !router || json_is_null(router))
        return code;
    scenario->routed = true;
    return read_index(walk, fields, "router_id", "the number of routers is",
                      scenario->router_count, &number);
}

static const struct operation operations[] = {
    {"sleep", SCOPE_STEP_SLEEP, CLIENT | CONNECTION, read_sleep},
    {"connect", SCOPE_STEP_CONNECT, CLIENT, read_connect},
    {"open_bidirectional_stream", SCOPE_STEP_OPEN_BIDIRECTIONAL, CONNECTION,
     read_open},
    {"open_send_stream", SCOPE_STEP_OPEN_SEND, CONNECTION, read_open},
    {"send", SCOPE_STEP_SEND, CONNECTION, read_transfer},
    {"send_finish", SCOPE_STEP_SEND_FINISH, CONNECTION, read_stream},
    {"send_rate", SCOPE_STEP_SEND_RATE, CONNECTION, read_rate},
    {"receive", SCOPE_STEP_RECEIVE, CONNECTION, read_transfer},
    {"receive_all", SCOPE_STEP_RECEIVE_ALL, CONNECTION, read_stream},
    {"receive_finish", SCOPE_STEP_RECEIVE_FINISH, CONNECTION, read_stream},
    {"receive_rate", SCOPE_STEP_RECEIVE_RATE, CONNECTION, read_rate},
    {"park", SCOPE_STEP_PARK, CLIENT | CONNECTION, read_checkpoint},
    {"unpark", SCOPE_STEP_UNPARK, CLIENT | CONNECTION, read_checkpoint},
    {"trace", SCOPE_STEP_TRACE, CLIENT | CONNECTION, read_trace},
    {"profile", SCOPE_STEP_PROFILE, CONNECTION, read_profile},
    {"iterate", SCOPE_STEP_COUNT, CONNECTION, read_iterate},
    {"scope", SCOPE_STEP_SCOPE, CLIENT | CONNECTION, NULL},
};

static const struct operation *find_operation(const char *name, bool client)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (strcmp(operations[i].name, name) == 0 &&
            operations[i].who & (client ? CLIENT : CONNECTION))
            return &operations[i];
    return NULL;
}

static enum scope_code make_room(struct walk *walk)
{
    struct scope_scenario_compiler *compiler = walk->compiler;
    struct scope_scenario *scenario = compiler->scenario;
    if (scenario->step_count >= SCOPE_SCENARIO_STEPS)
        return scope_scenario_refuse(compiler, draw_path(walk),
                                     "more than %d operations in all",
                                     SCOPE_SCENARIO_STEPS);
    scenario->steps =
        scope_grow(scenario->steps, &compiler->step_room, scenario->step_count,
                   sizeof(struct scope_step));
    compiler->raw = scope_grow(compiler->raw, &compiler->raw_room,
                               scenario->step_count, sizeof *compiler->raw);
    compiler->raw[scenario->step_count] = (struct scope_scenario_raw){0};
    return SCOPE_OK;
}

static enum scope_code put(struct walk *walk, const struct scope_step *step)
{
    enum scope_code code = make_room(walk);
    if (code == SCOPE_OK)
        walk->compiler->scenario
            ->steps[walk->compiler->scenario->step_count++] = *step;
    return code;
}

static enum scope_code push(struct walk *walk, const struct level *level)
{
    if (walk->depth == SCOPE_SCENARIO_DEPTH)
        return scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "operations are nested more than %d deep",
                                     SCOPE_SCENARIO_DEPTH);
    if (!json_is_array(level->list))
        return scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "%s is not a list",
                                     strrchr(level->prefix, '.') + 1);
    walk->levels[walk->depth++] = *level;
    return SCOPE_OK;
}

enum scope_code scope_scenario_threads(struct scope_scenario_compiler *compiler,
                                       size_t count, const char *path,
                                       uint32_t *first)
{
    struct scope_scenario *scenario = compiler->scenario;
    if (scenario->thread_count + count > SCOPE_SCENARIO_STEPS)
        return scope_scenario_refuse(compiler, path,
                                     "more than %d threads in all",
                                     SCOPE_SCENARIO_STEPS);
    *first = (uint32_t)scenario->thread_count;
    while (count--) {
        scenario->threads =
            scope_grow(scenario->threads, &compiler->thread_room,
                       scenario->thread_count, sizeof *scenario->threads);
        scenario->threads[scenario->thread_count++] =
            (struct scope_scenario_thread){0};
    }
    return SCOPE_OK;
}

static enum scope_code open_scope(struct walk *walk, const json_t *fields,
                                  const struct level *around)
{
    const json_t *lists = json_object_get(fields, "threads");
    struct scope_step step = {
        .code = SCOPE_STEP_SCOPE,
        .amount = json_array_size(lists),
    };
    struct level level = {
        .list = lists,
        .prefix = ".scope.threads",
        .threads = true,
        .loop = around->loop,
        .opener = (uint32_t)walk->compiler->scenario->step_count,
    };
    enum scope_code code = scope_scenario_threads(
        walk->compiler, json_array_size(lists), draw_path(walk), &step.at);
    level.thread = step.at;
    /* A scope of nothing is no step. */
    if (code == SCOPE_OK && step.amount)
        code = put(walk, &step);
    return code == SCOPE_OK ? push(walk, &level) : code;
}

/* A profile's or an iteration's operations follow its step. */
static enum scope_code open_body(struct walk *walk, const json_t *fields,
                                 const struct scope_step *step,
                                 const struct level *around)
{
    struct scope_scenario *scenario = walk->compiler->scenario;
    bool profile = step->code == SCOPE_STEP_PROFILE;
    struct level level = {
        .list = json_object_get(fields, "operations"),
        .prefix = profile ? ".profile.operations" : ".iterate.operations",
        .loop = around->loop || !profile,
        .opener = (uint32_t)scenario->step_count - 1,
        .thread = around->thread,
        .frames = around->frames + 1,
    };
    struct scope_scenario_thread *thread = &scenario->threads[around->thread];
    if (thread->frames < level.frames)
        thread->frames = level.frames;
    return push(walk, &level);
}

static enum scope_code read_one(struct walk *walk, const json_t *item,
                                const struct level *around)
{
    struct scope_scenario_compiler *compiler = walk->compiler;
    if (json_object_size(item) != 1)
        return scope_scenario_refuse(compiler, draw_path(walk),
                                     "it is not an operation: "
                                     "{\"name\": {...}}");
    void *at = json_object_iter((json_t *)(uintptr_t)item);
    const char *name = json_object_iter_key(at);
    const json_t *fields = json_object_iter_value(at);
    const struct operation *operation =
        find_operation(name, compiler->client != NULL);
    if (!operation)
        return scope_scenario_refuse(compiler, draw_path(walk),
                                     "unknown operation \"%.64s\"", name);
    if (!json_is_object(fields))
        return scope_scenario_refuse(compiler, draw_path(walk),
                                     "%s is not an object", name);
    if (operation->code == SCOPE_STEP_SCOPE)
        return open_scope(walk, fields, around);
    struct scope_step step = {.code = operation->code};
    enum scope_code code = make_room(walk);
    if (code == SCOPE_OK)
        code = operation->read(walk, fields, &step);
    /* What does nothing for a while would be done very often. */
    if (code == SCOPE_OK && step.code == SCOPE_STEP_TIME &&
        json_array_size(json_object_get(fields, "operations")) == 0)
        step.code = SCOPE_STEP_SLEEP;
    if (code == SCOPE_OK) {
        compiler->scenario->steps[compiler->scenario->step_count++] = step;
        if (step.code == SCOPE_STEP_PROFILE || step.code == SCOPE_STEP_COUNT ||
            step.code == SCOPE_STEP_TIME)
            code = open_body(walk, fields, &step, around);
    }
    return code;
}

/* The end of a list: what it belongs to is complete. */
static enum scope_code close_level(struct walk *walk)
{
    struct scope_scenario *scenario = walk->compiler->scenario;
    const struct level level = walk->levels[--walk->depth];
    if (level.threads) {
        if (level.at)
            scenario->steps[level.opener].to = (uint32_t)scenario->step_count;
        return SCOPE_OK;
    }
    if (!level.frames)
        return put(walk, &(struct scope_step){.code = SCOPE_STEP_END});
    struct scope_step end = {.at = scenario->steps[level.opener].at};
    bool profile = scenario->steps[level.opener].code == SCOPE_STEP_PROFILE;
    end.code = profile ? SCOPE_STEP_PROFILE_END : SCOPE_STEP_AGAIN;
    end.to = level.opener + 1;
    enum scope_code code = put(walk, &end);
    if (code == SCOPE_OK && !profile)
        scenario->steps[level.opener].to = (uint32_t)scenario->step_count;
    return code;
}

static enum scope_code step_on(struct walk *walk)
{
    struct level *level = &walk->levels[walk->depth - 1];
    if (level->at == json_array_size(level->list))
        return close_level(walk);
    const json_t *item = json_array_get(level->list, level->at++);
    const struct level around = *level;
    if (!level->threads)
        return read_one(walk, item, &around);
    struct level list = {
        .list = item,
        .prefix = "",
        .loop = around.loop,
        .thread = around.thread + (uint32_t)around.at - 1,
    };
    if (!json_is_array(item))
        return scope_scenario_refuse(walk->compiler, draw_path(walk),
                                     "a thread is not a list");
    walk->compiler->scenario->threads[list.thread].entry =
        (uint32_t)walk->compiler->scenario->step_count;
    return push(walk, &list);
}

enum scope_code scope_scenario_compile(struct scope_scenario_compiler *compiler,
                                       const json_t *list, const char *key,
                                       int index, uint32_t thread)
{
    char prefix[64];
    if (index < 0)
        snprintf(prefix, sizeof prefix, ".%s", key);
    else
        snprintf(prefix, sizeof prefix, ".%s[%d]", key, index);
    struct walk walk = {.compiler = compiler};
    compiler->scenario->threads[thread].entry =
        (uint32_t)compiler->scenario->step_count;
    enum scope_code code =
        push(&walk,
             &(struct level){.list = list, .prefix = prefix, .thread = thread});
    while (code == SCOPE_OK && walk.depth)
        code = step_on(&walk);
    return code;
}
