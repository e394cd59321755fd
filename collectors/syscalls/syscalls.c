/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collector syscalls: how often each system call is made, by whom, how long it
 * takes, what it moves and how it fails. How they are counted is a way's
 * business (counter.h); here they become series.
 */
#include "collectors/syscalls/counter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    WAY_AUTO,
    WAY_BPF,
    WAY_TRACEPOINTS,
};

static const char *const modes[] = {
    [SYSCALLS_COUNT] = "count", [SYSCALLS_LATENCY] = "latency", NULL};
static const char *const way_words[] = {
    [WAY_AUTO] = "auto",
    [WAY_BPF] = "bpf",
    [WAY_TRACEPOINTS] = "tracepoints",
    NULL,
};

#define CONFIG struct syscalls_config

static const struct scope_option options[] = {
    SCOPE_OPTION_CHOICE(
        CONFIG, mode, "mode", .fallback = "latency", .choices = modes,
        .help = "latency: calls that began, and how long they take; count: "
                "calls that ended, without times, for less than half the cost"),
    SCOPE_OPTION_CHOICE(
        CONFIG, way, "way", .fallback = "auto", .choices = way_words,
        .help = "bpf programs count everything; perf's tracepoints count calls "
                "only, but need no BPF; auto: bpf where it works"),
    SCOPE_OPTION_BOOL(CONFIG, threads, "threads", .fallback = "no",
                      .help = "also count for each thread, from when it is "
                              "found; its process has these calls, too"),
    SCOPE_OPTION_LIST(CONFIG, calls, "calls", .value = "NAME",
                      .help = "count these calls only, by name; else all"),
    SCOPE_OPTION_INT(CONFIG, capacity, "capacity", .fallback = "1024",
                     .min = "1", .max = "65535", .value = "N",
                     .help = "room for pairs of a target and a call that it "
                             "makes (bpf), each 600 bytes of each CPU in "
                             "mode latency, 104 in mode count"),
    SCOPE_OPTION_END,
};

enum {
    METRIC_CALLS,
    METRIC_BYTES,
    METRIC_TIME,
    METRIC_MAX,
    METRIC_LATENCY,
    METRIC_ERRORS,
    METRIC_LOST,
    METRIC_COST,
};

#define METRIC(text, kind, type, base, of, words)                              \
    {                                                                          \
        .name = (text), .semantics = SCOPE_##kind, .value = SCOPE_##type,      \
        .unit = SCOPE_UNIT_##base, .domain = (of), .help = (words)             \
    }

static const struct scope_metric metrics[] = {
    [METRIC_CALLS] =
        METRIC("calls", COUNTER, U64, COUNT, "syscall",
               "system calls since the target was attached: that began, or in "
               "mode count that ended, those that seccomp refused too; a "
               "process has what its children do until they are targets, a "
               "thread is a part of its process, a cgroup has all in it, the "
               "system everything"),
    [METRIC_BYTES] =
        METRIC("bytes", COUNTER, U64, BYTES, "syscall",
               "what calls that read, write, send or receive say they moved"),
    [METRIC_TIME] =
        METRIC("time", COUNTER, U64, NS, "syscall",
               "time from entry to exit of calls that ended, waiting and a "
               "part of the tracing included"),
    [METRIC_MAX] = METRIC("time.max", GAUGE, U64, NS, "syscall",
                          "the longest call that ended since the last sweep"),
    [METRIC_LATENCY] =
        METRIC("latency", HISTOGRAM, HIST, NS, "syscall",
               "how long calls took that ended since the last sweep; four "
               "buckets an octave from 64 ns on, told by their middles: "
               "quantiles are within an eighth"),
    [METRIC_ERRORS] = METRIC("errors", COUNTER, U64, COUNT, "error",
                             "calls that failed, by call and errno"),
    [METRIC_LOST] = METRIC("lost", COUNTER, U64, COUNT, NULL,
                           "calls of targets that were not counted"),
    [METRIC_COST] =
        METRIC("cost", GAUGE, F64, NS, NULL,
               "what counting adds to a call, measured at the start on "
               "getppid(2) calls of scope's own"),
    SCOPE_METRIC_END,
};

/* --- state ---------------------------------------------------------------- */

#define NUMBERS 1024 /* of calls; one more for those without a name */

struct error {
    int code;
    uint32_t instance;
};

struct call {
    uint32_t instance;
    struct error *errors;
    size_t error_count, error_room;
    uint32_t latency[SYSCALLS_BUCKETS]; /* emitted so far */
};

struct target {
    struct scope_target target; /* its id: the rest may be gone */
    struct call *calls[NUMBERS + 1];
};

struct syscalls {
    const struct syscalls_config *config;
    const struct syscalls_way *way;
    void *counter;
    char *lacks; /* what there is to say about the way taken, once */
    struct target *targets[SYSCALLS_TARGETS]; /* by key */
    struct scope_hist hist;
    uint64_t lost_told;
    struct scope_sink *sink; /* during sample */
};

/* --- which way ------------------------------------------------------------ */

static enum scope_code check_calls(const struct syscalls_config *config,
                                   struct scope_err *err)
{
    for (size_t i = 0; i < config->calls.count; i++)
        if (syscalls_number(config->calls.items[i]) < 0)
            return scope_fail(err, SCOPE_USAGE, 0,
                              "syscalls.calls: '%s' is no system call of this "
                              "machine",
                              config->calls.items[i]);
    return SCOPE_OK;
}

/* The way to take. With auto, *without has why it is not BPF, else it is
 * empty. */
static enum scope_code choose(const struct syscalls_config *config,
                              const struct syscalls_way **way,
                              struct scope_err *without, struct scope_err *err)
{
    *without = (struct scope_err){0};
    enum scope_code code = check_calls(config, err);
    if (code)
        return code;
    if (config->way != WAY_AUTO) {
        *way = config->way == WAY_BPF ? &syscalls_by_bpf
                                      : &syscalls_by_tracepoints;
        return (*way)->probe(config, err);
    }
    *way = &syscalls_by_bpf;
    if (!(*way)->probe(config, without))
        return SCOPE_OK;
    *way = &syscalls_by_tracepoints;
    if (!(*way)->probe(config, err))
        return SCOPE_OK;
    *err = *without;
    return err->code;
}

static enum scope_code probe(const void *settings, struct scope_err *err)
{
    const struct syscalls_way *way;
    struct scope_err without;
    return choose(settings, &way, &without, err);
}

/* --- open and close ------------------------------------------------------- */

static void free_target(struct target *target)
{
    for (size_t i = 0; i <= NUMBERS; i++)
        if (target->calls[i]) {
            free(target->calls[i]->errors);
            free(target->calls[i]);
        }
    free(target);
}

static void syscalls_close(void *self)
{
    struct syscalls *syscalls = self;
    if (syscalls->counter)
        syscalls->way->close(syscalls->counter);
    for (size_t i = 0; i < SYSCALLS_TARGETS; i++)
        if (syscalls->targets[i])
            free_target(syscalls->targets[i]);
    scope_hist_free(&syscalls->hist);
    free(syscalls->lacks);
    free(syscalls);
}

static enum scope_code syscalls_open(const void *settings,
                                     struct scope_host *host, void **self,
                                     struct scope_err *err)
{
    struct syscalls *syscalls = scope_alloc(1, sizeof *syscalls);
    struct scope_err without;
    (void)host;
    syscalls->config = settings;
    enum scope_code code = choose(settings, &syscalls->way, &without, err);
    if (!code)
        code = syscalls->way->open(settings, &syscalls->counter, err);
    /* As wide as the buckets reach, and finer than these are. */
    if (!code)
        code = scope_hist_init(
            &syscalls->hist, 1,
            INT64_C(1) << (SYSCALLS_FIRST_OCTAVE + SYSCALLS_OCTAVES), 1, err);
    if (code) {
        syscalls_close(syscalls);
        return code;
    }
    if (without.code)
        syscalls->lacks = scope_format(
            "system calls are counted by tracepoints, without times, errors "
            "and bytes: %s",
            without.text);
    *self = syscalls;
    return SCOPE_OK;
}

/* --- targets -------------------------------------------------------------- */

static void tell_once(struct syscalls *syscalls, struct scope_sink *sink)
{
    if (syscalls->lacks)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1, "%s", syscalls->lacks);
    free(syscalls->lacks);
    syscalls->lacks = NULL;
}

static enum scope_code syscalls_attach(void *self,
                                       const struct scope_target *target,
                                       struct scope_sink *sink,
                                       struct scope_err *err)
{
    struct syscalls *syscalls = self;
    uint32_t key = 0;
    if (target->kind == SCOPE_TARGET_THREAD && !syscalls->config->threads)
        return SCOPE_OK;
    tell_once(syscalls, sink);
    while (key < SYSCALLS_TARGETS && syscalls->targets[key])
        key++;
    if (key == SYSCALLS_TARGETS)
        return scope_fail(err, SCOPE_BUSY, 0,
                          "no more than %d targets are counted at a time",
                          SYSCALLS_TARGETS);
    enum scope_code code =
        syscalls->way->attach(syscalls->counter, target, key, sink, err);
    if (code)
        return code;
    syscalls->targets[key] = scope_alloc(1, sizeof(struct target));
    syscalls->targets[key]->target.id = target->id;
    return SCOPE_OK;
}

static void syscalls_detach(void *self, const struct scope_target *target)
{
    struct syscalls *syscalls = self;
    for (uint32_t key = 0; key < SYSCALLS_TARGETS; key++)
        if (syscalls->targets[key] &&
            syscalls->targets[key]->target.id == target->id)
            syscalls->way->detach(syscalls->counter, target, key);
}

/* --- rows to series ------------------------------------------------------- */

static const char *name_of(uint32_t number)
{
    const char *name = number == SYSCALLS_OTHER ? NULL : syscalls_name(number);
    return name ? name : "other";
}

static struct call *find_call(struct syscalls *syscalls, uint32_t key,
                              uint32_t number)
{
    struct target *target = syscalls->targets[key];
    struct call **call =
        &target->calls[number < NUMBERS ? number : (uint32_t)NUMBERS];
    if (!*call) {
        *call = scope_alloc(1, sizeof **call);
        (*call)->instance =
            scope_instance(syscalls->sink, &target->target, name_of(number));
    }
    return *call;
}

/* The middle of a bucket; the first reaches down to 0. */
static int64_t middle_of(unsigned bucket)
{
    int64_t octave = INT64_C(1) << (SYSCALLS_FIRST_OCTAVE + bucket / 4);
    int64_t width = octave / 4;
    return bucket ? octave + (bucket % 4) * width + width / 2
                  : (octave + width) / 2;
}

static void emit_latency(struct syscalls *syscalls, struct call *call,
                         const uint32_t *latency)
{
    struct scope_hist *hist = &syscalls->hist;
    scope_hist_reset(hist);
    for (unsigned i = 0; i < SYSCALLS_BUCKETS; i++) {
        uint32_t calls = latency[i] - call->latency[i];
        if (calls)
            scope_hist_record(hist, middle_of(i), calls);
        call->latency[i] = latency[i];
    }
    scope_emit_hist(syscalls->sink, METRIC_LATENCY, call->instance, hist);
}

static void take_row(void *closure, const struct syscalls_row *row)
{
    struct syscalls *syscalls = closure;
    struct scope_sink *sink = syscalls->sink;
    struct call *call = find_call(syscalls, row->target, row->number);
    scope_emit_u64(sink, METRIC_CALLS, call->instance, row->calls);
    if (syscalls_moves_bytes(row->number) && syscalls->way->errors)
        scope_emit_u64(sink, METRIC_BYTES, call->instance, row->bytes);
    if (!row->latency)
        return;
    scope_emit_u64(sink, METRIC_TIME, call->instance, row->time_ns);
    if (row->max_ns)
        scope_emit_u64(sink, METRIC_MAX, call->instance, row->max_ns);
    emit_latency(syscalls, call, row->latency);
}

static void take_error(void *closure, const struct syscalls_error *error)
{
    struct syscalls *syscalls = closure;
    struct call *call = find_call(syscalls, error->target, error->number);
    size_t at = 0;
    while (at < call->error_count && call->errors[at].code != error->code)
        at++;
    if (at == call->error_count) {
        char name[96];
        const char *code =
            error->code ? syscalls_error_name(error->code) : "other";
        if (code)
            snprintf(name, sizeof name, "%s:%s", name_of(error->number), code);
        else
            snprintf(name, sizeof name, "%s:E%d", name_of(error->number),
                     error->code);
        call->errors = scope_grow(call->errors, &call->error_room,
                                  call->error_count, sizeof *call->errors);
        call->errors[call->error_count++] = (struct error){
            .code = error->code,
            .instance =
                scope_instance(syscalls->sink,
                               &syscalls->targets[error->target]->target, name),
        };
    }
    scope_emit_u64(syscalls->sink, METRIC_ERRORS, call->errors[at].instance,
                   error->calls);
}

static void take_end(void *closure, uint32_t key)
{
    struct syscalls *syscalls = closure;
    free_target(syscalls->targets[key]);
    syscalls->targets[key] = NULL;
}

/* The counter has each loss, and the events together say it whole: the verdict
 * adds them up, so the last one must not wait. */
static void emit_lost(struct syscalls *syscalls, uint32_t instance)
{
    const char *why = "";
    uint64_t lost = syscalls->way->lost(syscalls->counter, &why);
    scope_emit_u64(syscalls->sink, METRIC_LOST, instance, lost);
    if (lost == syscalls->lost_told)
        return;
    uint64_t more = lost - syscalls->lost_told;
    scope_event(syscalls->sink, SCOPE_EVENT_LOST, NULL, more,
                "%" PRIu64 " system calls were not counted: %s", more, why);
    syscalls->lost_told = lost;
}

static enum scope_code syscalls_sample(void *self, struct scope_sink *sink,
                                       struct scope_err *err)
{
    struct syscalls *syscalls = self;
    const struct syscalls_reader reader = {
        .closure = syscalls,
        .row = take_row,
        .error = take_error,
        .ended = take_end,
    };
    syscalls->sink = sink;
    enum scope_code code = syscalls->way->read(syscalls->counter, &reader, err);
    uint32_t own = scope_instance(sink, NULL, "");
    if (syscalls->way->cost)
        scope_emit_f64(sink, METRIC_COST, own,
                       syscalls->way->cost(syscalls->counter));
    emit_lost(syscalls, own);
    syscalls->sink = NULL;
    return code;
}

static const struct scope_collector_ops ops = {
    .targets = SCOPE_TARGETS_SYSTEM | SCOPE_TARGETS_CGROUP |
               SCOPE_TARGETS_PROCESS | SCOPE_TARGETS_THREAD,
    .from_zero = true,
    .last_sweep = true,
    .probe = probe,
    .open = syscalls_open,
    .attach = syscalls_attach,
    .detach = syscalls_detach,
    .sample = syscalls_sample,
    .close = syscalls_close,
};

SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "syscalls",
             .summary = "system calls: how many, how long, what they move and "
                        "how they fail",
             .version = "1", .options = options,
             .config_size = sizeof(struct syscalls_config), .metrics = metrics,
             .collector = &ops);
