/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collector cycles: on which stacks the CPUs' time goes, by samples that
 * perf_event_open(2) takes at a frequency. Each sweep plays what the rings
 * hold, in order, and stores what is new of the profile.
 */
#include "collectors/cycles/cost.h"
#include "collectors/cycles/event.h"
#include "collectors/cycles/lanes.h"
#include "collectors/cycles/stacks.h"
#include "collectors/cycles/symbols.h"
#include "collectors/cycles/tasks.h"
#include "collectors/cycles/threads.h"
#include "lib/perf/group.h"

#include <string.h>

static const char *const event_words[] = {"auto", "cycles", "cpu-clock", NULL};
static const char *const scope_words[] = {"auto", "machine", "targets", NULL};
static const char *const graph_words[] = {"auto", "fp", "dwarf", "none", NULL};

static const struct scope_option options[] = {
    SCOPE_OPTION_CHOICE(
        struct cycles_config, event, "event", .fallback = "auto",
        .choices = event_words,
        .help = "what is sampled: cycles of the CPU's own counter; or "
                "cpu-clock, timer samples, whose place in the kernel is "
                "where interrupts are let in again, not where the time went; "
                "auto: cycles where there is a PMU"),
    SCOPE_OPTION_RATE(struct cycles_config, frequency, "frequency",
                      .fallback = "99", .min = "1", .max = "100000",
                      .help = "samples a second of each CPU that is busy; best "
                              "no multiple of 10, so that a timer is not in "
                              "step with the kernel's ticks"),
    SCOPE_OPTION_CHOICE(
        struct cycles_config, graph, "call-graph", .fallback = "auto",
        .choices = graph_words,
        .help = "how the callers in user mode are found: fp by frame pointers, "
                "which most distributions' programs lack; dwarf by the "
                "programs' unwind tables, from a copy of the stack; none: no "
                "callers at all; auto: dwarf where the architecture allows"),
    SCOPE_OPTION_SIZE(struct cycles_config, stack_size, "stack-size",
                      .fallback = "8KiB", .min = "512", .max = "60KiB",
                      .help = "of the stack's top, how much is copied for "
                              "call-graph=dwarf; what is above it is cut off"),
    SCOPE_OPTION_BOOL(struct cycles_config, kernel, "kernel", .fallback = "yes",
                      .help = "sample the kernel's part"),
    SCOPE_OPTION_BOOL(struct cycles_config, user, "user", .fallback = "yes",
                      .help = "sample the user's part"),
    SCOPE_OPTION_CHOICE(
        struct cycles_config, scope, "scope", .fallback = "auto",
        .choices = scope_words,
        .help = "machine: every CPU with all that runs there, so that the "
                "rest of the machine shows, too; targets: only what is "
                "measured, where that is all that is permitted; auto: machine "
                "where it is"),
    SCOPE_OPTION_SIZE(struct cycles_config, buffer_size, "buffer-size",
                      .fallback = "0", .max = "64MiB",
                      .help = "of the ring that samples of a CPU wait in for "
                              "the next sweep; 0: what fits the frequency"),
    SCOPE_OPTION_INT(struct cycles_config, max_stacks, "max-stacks",
                     .fallback = "262144", .min = "2", .max = "10000000",
                     .help = "different stacks that are kept apart; the rest "
                             "is counted together, as [other stacks]"),
    SCOPE_OPTION_END,
};

enum {
    METRIC_SAMPLES,
    METRIC_CPU,
    METRIC_CYCLES,
    METRIC_LOST,
    METRIC_THROTTLED,
    METRIC_CUT,
    METRIC_COST,
};

#define METRIC(text, kind, type, base, words)                                  \
    {                                                                          \
        .name = (text), .semantics = SCOPE_##kind, .value = SCOPE_##type,      \
        .unit = SCOPE_UNIT_##base, .help = (words)                             \
    }

static const struct scope_metric metrics[] = {
    [METRIC_SAMPLES] = METRIC("samples", COUNTER, U64, COUNT,
                              "samples of the process, and of what it made "
                              "that is no target of its own"),
    [METRIC_CPU] = METRIC("cpu", COUNTER, U64, NS,
                          "CPU time that the samples stand for: each is one "
                          "period of the timer; PERF_COUNT_SW_CPU_CLOCK"),
    [METRIC_CYCLES] = METRIC("cycles", COUNTER, U64, COUNT,
                             "cycles that the samples stand for, by the period "
                             "of each; PERF_COUNT_HW_CPU_CYCLES"),
    [METRIC_LOST] =
        METRIC("lost", COUNTER, U64, COUNT,
               "samples that were taken and lost, for want of room in a ring"),
    [METRIC_THROTTLED] = METRIC("throttled", COUNTER, U64, COUNT,
                                "how often the kernel stopped sampling for a "
                                "while, because it took too much time"),
    [METRIC_CUT] = METRIC("cut", COUNTER, U64, COUNT,
                          "samples whose stack was longer than the copy, so "
                          "that its outermost callers are missing"),
    [METRIC_COST] =
        METRIC("cost", GAUGE, F64, NS,
               "what a sample costs who is interrupted: tried at the start on "
               "scope's own thread, the time of 0.5 ms of work in the user's "
               "and the kernel's mode with 20000 samples a second against "
               "none, median of 51 pairs"),
    SCOPE_METRIC_END,
};

struct cycles {
    const struct cycles_config *config;
    struct cycles_event event;
    struct cycles_lanes lanes;
    struct scope_profile *profile;
    struct cycles_symbols *symbols;
    struct cycles_tasks *tasks;
    struct cycles_stacks stacks;
    struct cycles_threads *threads; /* of targets; NULL: the whole machine */
    double cost;
    uint32_t self;   /* instance of the collector itself */
    uint32_t system; /* of the whole machine */
    bool prepared, has_system;
    bool counting;          /* the first sweep was taken */
    bool piece_kept;        /* there is one in the store */
    uint64_t first_ns;      /* samples before do not count */
    int64_t piece_ns;       /* from when the next piece covers */
    uint64_t piece_samples; /* how many were stored */
    uint64_t lost, lost_noted, lost_others, throttled, malformed;
    bool said_spilled, said_throttled, said_hidden, said_hidden_target,
        said_others, said_malformed;
    struct scope_sink *sink; /* during sample */
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    struct cycles_event event;
    return cycles_event_choose(config, &event, err);
}

/* Room for what comes in half a second or in four sweeps, whichever is more,
 * within what all rings together may take. */
#define RINGS_MOST (UINT64_C(512) << 20)
#define RING_MOST (UINT64_C(32) << 20)
#define RING_LEAST (UINT64_C(256) << 10)

static size_t ring_size(const struct cycles_config *config,
                        const struct cycles_event *event, int64_t interval_ns)
{
    if (config->buffer_size)
        return (size_t)config->buffer_size;
    size_t cpus;
    free(cycles_cpus(&cpus));
    double seconds = (double)interval_ns * 4e-9;
    double wanted = (double)event->attr.sample_freq *
                    (seconds > 0.5 ? seconds : 0.5) *
                    (double)cycles_event_record(event);
    uint64_t most = RINGS_MOST / (cpus ? cpus : 1);
    if (most > RING_MOST)
        most = RING_MOST;
    if (wanted < (double)RING_LEAST)
        return RING_LEAST;
    return wanted > (double)most ? (size_t)most : (size_t)wanted;
}

static void cycles_close(void *self)
{
    struct cycles *cycles = self;
    cycles_threads_free(cycles->threads);
    cycles_lanes_close(&cycles->lanes);
    cycles_tasks_free(cycles->tasks);
    cycles_symbols_free(cycles->symbols);
    scope_profile_free(cycles->profile);
    free(cycles);
}

static enum scope_code cycles_open(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    struct cycles *cycles = scope_alloc(1, sizeof *cycles);
    cycles->config = config;
    enum scope_code code = cycles_event_choose(config, &cycles->event, err);
    if (!code)
        code = cycles_lanes_open(
            &cycles->lanes, &cycles->event,
            ring_size(config, &cycles->event, scope_host_interval_ns(host)),
            err);
    if (code) {
        cycles_close(cycles);
        return code;
    }
    cycles->profile = scope_profile_new(cycles->event.name, cycles->event.unit,
                                        (double)cycles->event.attr.sample_freq);
    cycles->symbols = cycles_symbols_new(cycles->profile);
    cycles->tasks = cycles_tasks_new(cycles->profile, cycles->symbols);
    cycles->stacks = (struct cycles_stacks){
        .profile = cycles->profile,
        .symbols = cycles->symbols,
        .tasks = cycles->tasks,
        .most = (size_t)cycles->config->max_stacks,
    };
    if (cycles->event.machine)
        cycles_tasks_scan(cycles->tasks);
    else
        cycles->threads = cycles_threads_new(&cycles->lanes, &cycles->event);
    *self = cycles;
    return SCOPE_OK;
}

static void play(struct cycles *cycles, const struct perf_event_header *header)
{
    struct cycles_record record;
    if (!cycles_record_parse(&cycles->event.layout, header, &record)) {
        cycles->malformed++;
        return;
    }
    switch (record.type) {
    case PERF_RECORD_SAMPLE:
        if (cycles->counting && record.time >= cycles->first_ns)
            cycles_stacks_add(&cycles->stacks, &record);
        break;
    case PERF_RECORD_THROTTLE:
        cycles->throttled += cycles->counting;
        break;
    case PERF_RECORD_LOST:
        /* Of the whole machine the events themselves tell. */
        if (cycles->counting &&
            !(cycles->event.machine && cycles->event.tells_lost))
            cycles->lost_noted += record.lost;
        break;
    case PERF_RECORD_LOST_SAMPLES:
        if (cycles->counting)
            cycles->lost_noted += record.lost;
        break;
    default:
        if (cycles->threads)
            cycles_threads_play(cycles->threads, &record);
        cycles_tasks_play(cycles->tasks, &record);
        break;
    }
}

/* All that happened until now: nothing older can come any more. */
static void drain(void *closure)
{
    struct cycles *cycles = closure;
    uint64_t now = (uint64_t)scope_now_ns();
    for (const struct perf_event_header *header;
         (header = perf_rings_next(cycles->lanes.rings, now));)
        play(cycles, header);
}

static void say_limits(const struct cycles *cycles, struct scope_sink *sink)
{
    const struct cycles_event *event = &cycles->event;
    const char *nameless = cycles_symbols_no_kernel(cycles->symbols);
    if (event->unit == SCOPE_UNIT_NS)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "cycles: timer samples (cpu-clock)%s: what the kernel does "
                    "with interrupts off is put to where it lets them in again",
                    event->clock_asked ? "" : ", this machine has no PMU");
    if (event->unit == SCOPE_UNIT_NS && event->attr.sample_freq % 10 == 0)
        scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "cycles: %llu timer samples a second are in step with the "
                    "kernel's ticks, at which it switches between tasks: "
                    "shares may be far off; %llu would not be",
                    (unsigned long long)event->attr.sample_freq,
                    (unsigned long long)event->attr.sample_freq - 1);
    if (cycles->config->kernel && !event->kernel)
        scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "cycles samples user mode only "
                    "(kernel.perf_event_paranoid is %d, and scope lacks "
                    "CAP_PERFMON)",
                    perf_paranoid());
    if (!event->machine)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "cycles samples the targets only%s: nothing is known of "
                    "the rest of the machine, threads that run less than "
                    "%.3g ms are hardly seen, and switches between tasks too "
                    "often",
                    cycles->config->scope == CYCLES_TARGETS
                        ? ""
                        : " (sampling all CPUs is not permitted)",
                    1e3 / (double)event->attr.sample_freq);
    if (event->kernel && nameless)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "cycles: functions of the kernel have no names: %s",
                    nameless);
}

/* With the first sink there is. */
static void prepare(struct cycles *cycles, struct scope_sink *sink)
{
    if (cycles->prepared)
        return;
    cycles->prepared = true;
    cycles->self = scope_instance(sink, NULL, "");
    say_limits(cycles, sink);
}

static enum scope_code cycles_attach(void *self,
                                     const struct scope_target *target,
                                     struct scope_sink *sink,
                                     struct scope_err *err)
{
    struct cycles *cycles = self;
    prepare(cycles, sink);
    if (target->kind == SCOPE_TARGET_SYSTEM && !cycles->event.machine) {
        scope_fail(err, SCOPE_PERM, 0,
                   "sample all CPUs: %s (kernel.perf_event_paranoid is %d)",
                   cycles->config->scope == CYCLES_TARGETS
                       ? "cycles.scope is targets"
                       : "not permitted",
                   perf_paranoid());
        return scope_hint(err, "run scope as root, or give it CAP_PERFMON");
    }
    if (target->kind == SCOPE_TARGET_SYSTEM) {
        cycles->system = scope_instance(sink, target, "");
        cycles->has_system = true;
        return SCOPE_OK;
    }
    /* What it did until now is its maker's. */
    drain(cycles);
    if (cycles->threads) {
        enum scope_code code = cycles_threads_attach(cycles->threads, target,
                                                     drain, cycles, sink, err);
        if (code)
            return code;
    }
    return cycles_tasks_attach(cycles->tasks, target,
                               scope_instance(sink, target, ""));
}

static void cycles_detach(void *self, const struct scope_target *target)
{
    struct cycles *cycles = self;
    if (target->kind == SCOPE_TARGET_SYSTEM)
        cycles->has_system = false;
    else
        cycles_tasks_detach(cycles->tasks, target->id);
}

static enum scope_code cycles_start(void *self, struct scope_err *err)
{
    struct cycles *cycles = self;
    (void)err;
    cycles->cost = cycles_cost(&cycles->event);
    return SCOPE_OK;
}

/* The first sweep: from now on samples count. */
static void begin(struct cycles *cycles)
{
    cycles->first_ns = (uint64_t)scope_now_ns();
    cycles->piece_ns = scope_sweep_ns(cycles->sink);
    cycles->counting = true;
    cycles_lanes_switch(&cycles->lanes, true);
}

static void emit_counts(const struct cycles *cycles, uint32_t instance,
                        uint64_t samples, uint64_t weight)
{
    scope_emit_u64(cycles->sink, METRIC_SAMPLES, instance, samples);
    scope_emit_u64(cycles->sink,
                   cycles->event.unit == SCOPE_UNIT_NS ? METRIC_CPU
                                                       : METRIC_CYCLES,
                   instance, weight);
}

static void emit_target(void *closure, const struct cycles_target *target)
{
    emit_counts(closure, target->instance, target->samples, target->weight);
}

static void emit(struct cycles *cycles)
{
    cycles_tasks_sweep(cycles->tasks, scope_now_ns(), emit_target, cycles);
    if (cycles->has_system)
        emit_counts(cycles, cycles->system, cycles->stacks.samples,
                    cycles->stacks.weight);
    scope_emit_u64(cycles->sink, METRIC_LOST, cycles->self, cycles->lost);
    scope_emit_u64(cycles->sink, METRIC_THROTTLED, cycles->self,
                   cycles->throttled);
    if (cycles->event.layout.stack)
        scope_emit_u64(cycles->sink, METRIC_CUT, cycles->self,
                       cycles->stacks.cut);
    if (cycles->cost >= 0)
        scope_emit_f64(cycles->sink, METRIC_COST, cycles->self, cycles->cost);
}

/* Nothing is stored where nothing came, but once, so that the event is known.
 * What finds no room comes with the next. */
static void store_piece(struct cycles *cycles, int64_t now_ns)
{
    size_t size;
    if (cycles->piece_kept && cycles->piece_samples == cycles->stacks.samples) {
        cycles->piece_ns = now_ns;
        return;
    }
    uint8_t *piece =
        scope_profile_piece(cycles->profile, cycles->piece_ns, now_ns, &size);
    if (scope_artifact(cycles->sink, "cycles.profile", SCOPE_PROFILE_TYPE,
                       piece, size)) {
        scope_profile_kept(cycles->profile);
        cycles->piece_kept = true;
        cycles->piece_ns = now_ns;
        cycles->piece_samples = cycles->stacks.samples;
    }
    free(piece);
}

static void say_lost(struct cycles *cycles)
{
    uint64_t before = cycles->lost;
    uint64_t told = 0;
    if (cycles->event.machine && cycles->event.tells_lost)
        cycles_lanes_lost(&cycles->lanes, &told, &cycles->lost_others);
    cycles->lost = cycles->lost_noted + told;
    if (cycles->lost > before)
        scope_event(cycles->sink, SCOPE_EVENT_LOST, NULL, cycles->lost - before,
                    "cycles: a ring was full (%zu KiB a CPU): a larger "
                    "cycles.buffer-size, a shorter interval or a lower "
                    "frequency helps",
                    cycles->lanes.ring_size >> 10);
    if (cycles->lost_others && !cycles->said_others) {
        cycles->said_others = true;
        scope_event(cycles->sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "cycles: records of processes were lost: names of "
                    "functions of those that began lately may be missing");
    }
}

/* Each once: what makes the figures less than they seem. */
static void say_troubles(struct cycles *cycles)
{
    bool target;
    pid_t hidden = cycles_tasks_hidden(cycles->tasks, &target);
    if (hidden &&
        !(target ? cycles->said_hidden_target : cycles->said_hidden)) {
        cycles->said_hidden = true;
        cycles->said_hidden_target = target;
        scope_event(cycles->sink,
                    target ? SCOPE_EVENT_WARNING : SCOPE_EVENT_NOTE, NULL, 1,
                    "cycles: what process %d%s has mapped must not be read: "
                    "its functions are [unknown], unless it began meanwhile "
                    "(CAP_SYS_PTRACE would allow it)",
                    hidden, target ? "" : ", no target,");
    }
    if (cycles->stacks.spilled && !cycles->said_spilled) {
        cycles->said_spilled = true;
        scope_event(cycles->sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "cycles: more than %lld different stacks: new ones are "
                    "counted as [other stacks] (cycles.max-stacks)",
                    (long long)cycles->config->max_stacks);
    }
    if (cycles->throttled && !cycles->said_throttled) {
        cycles->said_throttled = true;
        scope_event(cycles->sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "cycles: the kernel stopped sampling for a while: a lower "
                    "cycles.frequency helps");
    }
    if ((cycles->malformed || perf_rings_broken(cycles->lanes.rings)) &&
        !cycles->said_malformed) {
        cycles->said_malformed = true;
        scope_event(cycles->sink, SCOPE_EVENT_WARNING, NULL, 1,
                    "cycles: the kernel wrote records that are not understood");
    }
}

static enum scope_code cycles_sample(void *self, struct scope_sink *sink,
                                     struct scope_err *err)
{
    struct cycles *cycles = self;
    (void)err;
    prepare(cycles, sink);
    cycles->sink = sink;
    drain(cycles);
    if (!cycles->counting)
        begin(cycles);
    say_lost(cycles);
    emit(cycles);
    store_piece(cycles, scope_sweep_ns(sink));
    say_troubles(cycles);
    cycles->sink = NULL;
    return SCOPE_OK;
}

static void cycles_stop(void *self)
{
    struct cycles *cycles = self;
    cycles_lanes_switch(&cycles->lanes, false);
    cycles->counting = false;
}

static const struct scope_collector_ops ops = {
    .targets = SCOPE_TARGETS_SYSTEM | SCOPE_TARGETS_PROCESS,
    .last_sweep = true,
    .probe = probe,
    .open = cycles_open,
    .attach = cycles_attach,
    .detach = cycles_detach,
    .start = cycles_start,
    .sample = cycles_sample,
    .stop = cycles_stop,
    .close = cycles_close,
};

SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "cycles",
             .summary = "where the CPUs' time goes, by sampled call stacks",
             .version = "1", .options = options,
             .config_size = sizeof(struct cycles_config), .metrics = metrics,
             .collector = &ops);
