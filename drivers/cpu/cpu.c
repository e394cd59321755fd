/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Background load: keeps chosen CPUs busy for a share of the time, to see what
 * a server costs on a machine that has other things to do. It sends no
 * requests; what it reports is how busy it really kept each CPU.
 */
#include "drivers/cpu/burner.h"
#include "lib/net/pin.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <scope/load.h>
#include <scope/plugin.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define TOLERANCE 0.02 /* of the whole CPU, between asked and achieved */
/* Without one asked for: the kernel's own for quotas. */
#define DUTY_PERIOD_NS (10 * NS_PER_MS)
#define QUOTA_PERIOD_NS (100 * NS_PER_MS)

enum {
    BUSY = SCOPE_LOAD_COUNT,
    UTILISATION,
    REQUESTED,
};

static const struct scope_metric metrics[] = {
    SCOPE_LOAD_METRICS,
    [BUSY] = {.name = "busy",
              .semantics = SCOPE_COUNTER,
              .value = SCOPE_U64,
              .unit = SCOPE_UNIT_NS,
              .domain = "cpu",
              .help = "CPU time that the load has used, by its threads' own "
                      "clocks (CLOCK_THREAD_CPUTIME_ID)"},
    [UTILISATION] = {.name = "utilisation",
                     .semantics = SCOPE_GAUGE,
                     .value = SCOPE_F64,
                     .unit = SCOPE_UNIT_RATIO,
                     .domain = "cpu",
                     .help = "share of the time since the last sweep that the "
                             "load has used of a CPU"},
    [REQUESTED] = {.name = "requested",
                   .semantics = SCOPE_GAUGE,
                   .value = SCOPE_F64,
                   .unit = SCOPE_UNIT_RATIO,
                   .help = "share of each CPU that was asked for"},
    SCOPE_METRIC_END,
};

struct config {
    struct scope_list cpus;
    double utilisation;
    int mode;          /* enum mode */
    int64_t period_ns; /* 0: by mode */
    int phase;         /* enum phase */
    int work;          /* enum work_kind */
    uint64_t memory;
    int policy; /* index into policy_words */
    int64_t priority, nice, seed;
};

static const char *const mode_words[] = {
    [MODE_DUTY] = "duty",
    [MODE_QUOTA] = "quota",
    NULL,
};
static const char *const phase_words[] = {
    [PHASE_RANDOM] = "random",
    [PHASE_SPREAD] = "spread",
    [PHASE_ALIGNED] = "aligned",
    NULL,
};
static const char *const work_words[] = {
    [WORK_SPIN] = "spin",
    [WORK_MEMORY] = "memory",
    NULL,
};
enum { OTHER, BATCH, IDLE, FIFO };
static const char *const policy_words[] = {
    [OTHER] = "other",
    [BATCH] = "batch",
    [IDLE] = "idle",
    [FIFO] = "fifo",
    NULL,
};
static const int policies[] = {
    [OTHER] = SCHED_OTHER,
    [BATCH] = SCHED_BATCH,
    [IDLE] = SCHED_IDLE,
    [FIFO] = SCHED_FIFO,
};

static const struct scope_option options[] = {
    SCOPE_OPTION_RATIO(struct config, utilisation, "utilisation",
                       .required = true, .min = "0", .max = "1",
                       .value = "SHARE",
                       .help = "share of each CPU to use: 30% or 0.3"),
    SCOPE_OPTION_LIST(struct config, cpus, "cpus", .value = "CPU",
                      .help = "CPUs to load, one thread each: 1 or 4-7; "
                              "without it all that this process may use"),
    SCOPE_OPTION_CHOICE(struct config, mode, "mode", .fallback = "duty",
                        .choices = mode_words,
                        .help = "busy and idle by turns, by each thread's own "
                                "CPU clock, or without a pause in a cgroup "
                                "whose quota the kernel keeps (needs root)"),
    SCOPE_OPTION_DURATION(struct config, period_ns, "period", .min = "1ms",
                          .max = "1s",
                          .help = "one turn, or the quota's period; without "
                                  "it 10ms, and 100ms for a quota"),
    SCOPE_OPTION_CHOICE(
        struct config, phase, "phase", .fallback = "random",
        .choices = phase_words,
        .help = "when in a turn each CPU is busy (mode=duty): at a random "
                "moment, evenly shifted against each other, or all at once; "
                "what counts CPU time by clock ticks, as /proc/stat does, "
                "misreads the last two"),
    SCOPE_OPTION_CHOICE(struct config, work, "work", .fallback = "spin",
                        .choices = work_words,
                        .help = "arithmetic that touches no memory, or a "
                                "stream through it that disturbs caches"),
    SCOPE_OPTION_SIZE(struct config, memory, "memory", .fallback = "32MiB",
                      .min = "4KiB", .max = "16GiB",
                      .help = "what each thread reads and writes "
                              "(work=memory)"),
    SCOPE_OPTION_CHOICE(struct config, policy, "policy", .fallback = "other",
                        .choices = policy_words,
                        .help = "scheduling policy of the threads: sched(7)"),
    SCOPE_OPTION_INT(struct config, priority, "priority", .fallback = "1",
                     .min = "1", .max = "99",
                     .help = "real-time priority (policy=fifo)"),
    SCOPE_OPTION_INT(struct config, nice, "nice", .fallback = "0", .min = "-20",
                     .max = "19",
                     .help = "nice value of the threads; less than 0 needs "
                             "root"),
    SCOPE_OPTION_INT(struct config, seed, "seed", .fallback = "1",
                     .help = "of phase=random; the same seed makes the same "
                             "load"),
    SCOPE_OPTION_END,
};

struct driver {
    struct orders orders;
    struct quota quota;
    size_t count; /* burners opened */
    struct burner *burners;
    uint32_t self;
    uint32_t *instances; /* of each burner */
    int64_t *before_ns;  /* its busy time at the last sweep */
    int64_t last_ns;     /* when that was; 0: never */
    int64_t stopped_ns;  /* 0: not yet */
    bool known, told;
};

static enum scope_code probe(const void *closure, struct scope_err *err)
{
    const struct config *config = closure;
    return config->mode == MODE_QUOTA ? quota_probe(err) : SCOPE_OK;
}

static int64_t period_of(const struct config *config)
{
    if (config->period_ns)
        return config->period_ns;
    return config->mode == MODE_QUOTA ? QUOTA_PERIOD_NS : DUTY_PERIOD_NS;
}

static enum scope_code check(const struct config *config, struct scope_err *err)
{
    if (config->mode != MODE_QUOTA)
        return SCOPE_OK;
    if (config->policy == FIFO) {
        scope_fail(err, SCOPE_USAGE, 0,
                   "mode=quota has no effect on threads with policy=fifo");
        return scope_hint(err, "mode=duty works with every policy");
    }
    double least = (double)NS_PER_MS / config->utilisation;
    if ((double)period_of(config) >= least)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0,
               "mode=quota: %g %% of a period of %g ms is less than 1 ms, the "
               "least that the kernel keeps",
               config->utilisation * 100,
               (double)period_of(config) / (double)NS_PER_MS);
    return scope_hint(err, "a period of at least %.0f ms, or mode=duty",
                      ceil(least / (double)NS_PER_MS));
}

/* The CPUs asked for; none means all. */
static enum scope_code choose_cpus(const struct config *config,
                                   struct scope_pins *pins,
                                   struct scope_err *err)
{
    enum scope_code code = scope_pins_parse(pins, &config->cpus, err);
    if (code != SCOPE_OK || pins->count)
        return code;
    if (sched_getaffinity(0, sizeof pins->allowed, &pins->allowed))
        return scope_fail(err, SCOPE_FAILED, errno, "sched_getaffinity");
    pins->count = (size_t)CPU_COUNT(&pins->allowed);
    return SCOPE_OK;
}

static void give_orders(struct orders *orders, const struct config *config,
                        const struct quota *quota, size_t count)
{
    orders->utilisation = config->utilisation;
    orders->mode = (enum mode)config->mode;
    orders->period_ns = period_of(config);
    orders->phase = (enum phase)config->phase;
    orders->work = (enum work_kind)config->work;
    orders->memory = config->memory;
    orders->policy = policies[config->policy];
    orders->priority = config->policy == FIFO ? (int)config->priority : 0;
    orders->nice = (int)config->nice;
    orders->seed = (uint64_t)config->seed;
    orders->count = count;
    orders->quota = quota;
    orders->start_ns = INT64_MAX;
    orders->end_ns = INT64_MAX;
}

static void join(struct driver *driver)
{
    driver->orders.leave = true;
    for (size_t i = 0; i < driver->count; i++)
        burner_wake(&driver->burners[i]);
    for (size_t i = 0; i < driver->count; i++)
        burner_join(&driver->burners[i]);
}

static void close_driver(void *self)
{
    struct driver *driver = self;
    join(driver);
    for (size_t i = 0; i < driver->count; i++)
        burner_close(&driver->burners[i]);
    quota_close(&driver->quota);
    free(driver->burners);
    free(driver->instances);
    free(driver->before_ns);
    free(driver);
}

static enum scope_code open_quota(struct driver *driver,
                                  const struct scope_pins *pins,
                                  struct scope_err *err)
{
    const struct orders *orders = &driver->orders;
    if (orders->mode != MODE_QUOTA || orders->utilisation <= 0)
        return SCOPE_OK;
    int64_t quota_ns =
        (int64_t)(orders->utilisation * (double)orders->period_ns);
    enum scope_code code = quota_open(&driver->quota, err);
    for (size_t i = 0; i < pins->count && code == SCOPE_OK; i++)
        code = quota_add(&driver->quota, scope_pins_cpu(pins, i), quota_ns,
                         orders->period_ns, err);
    return code;
}

static enum scope_code open_burners(struct driver *driver,
                                    const struct scope_pins *pins,
                                    struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    driver->burners = scope_alloc(pins->count, sizeof *driver->burners);
    driver->instances = scope_alloc(pins->count, sizeof *driver->instances);
    driver->before_ns = scope_alloc(pins->count, sizeof *driver->before_ns);
    while (driver->count < pins->count && code == SCOPE_OK) {
        size_t i = driver->count++;
        code = burner_open(&driver->burners[i], &driver->orders, i,
                           scope_pins_cpu(pins, i), err);
    }
    return code;
}

static enum scope_code open_driver(const void *closure, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    const struct config *config = closure;
    struct scope_pins pins;
    enum scope_code code = check(config, err);
    if (code == SCOPE_OK)
        code = choose_cpus(config, &pins, err);
    if (code != SCOPE_OK)
        return code;
    struct driver *driver = scope_alloc(1, sizeof *driver);
    give_orders(&driver->orders, config, &driver->quota, pins.count);
    code = open_quota(driver, &pins, err);
    if (code == SCOPE_OK)
        code = open_burners(driver, &pins, err);
    if (code == SCOPE_OK)
        *self = driver;
    else
        close_driver(driver);
    return code;
}

static enum scope_code start(void *self, int64_t start_ns, int64_t duration_ns,
                             struct scope_err *err)
{
    (void)err;
    struct driver *driver = self;
    if (duration_ns)
        driver->orders.end_ns = start_ns + duration_ns;
    driver->orders.start_ns = start_ns;
    for (size_t i = 0; i < driver->count; i++)
        burner_wake(&driver->burners[i]);
    return SCOPE_OK;
}

static enum scope_code wait_until(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err)
{
    (void)err;
    struct driver *driver = self;
    if (until_ns > driver->orders.end_ns)
        until_ns = driver->orders.end_ns;
    const struct timespec until = {.tv_sec = until_ns / NS_PER_S,
                                   .tv_nsec = until_ns % NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        ;
    *done = scope_now_ns() >= driver->orders.end_ns;
    return SCOPE_OK;
}

static void stop(void *self)
{
    struct driver *driver = self;
    int64_t now_ns = scope_now_ns();
    if (now_ns < driver->orders.end_ns)
        driver->orders.end_ns = now_ns;
    driver->stopped_ns = driver->orders.end_ns;
    join(driver);
}

static void name_instances(struct driver *driver, struct scope_sink *sink)
{
    driver->self = scope_instance(sink, NULL, "");
    for (size_t i = 0; i < driver->count; i++) {
        char name[32];
        snprintf(name, sizeof name, "cpu%d", driver->burners[i].cpu);
        driver->instances[i] = scope_instance(sink, NULL, name);
    }
    driver->known = true;
}

static void emit_own_cpu(const struct driver *driver, struct scope_sink *sink)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    scope_emit_u64(sink, SCOPE_LOAD_CPU_USER, driver->self,
                   (uint64_t)(usage.ru_utime.tv_sec * NS_PER_S +
                              usage.ru_utime.tv_usec * 1000));
    scope_emit_u64(sink, SCOPE_LOAD_CPU_SYSTEM, driver->self,
                   (uint64_t)(usage.ru_stime.tv_sec * NS_PER_S +
                              usage.ru_stime.tv_usec * 1000));
}

/* Whether each CPU got what was asked for, over all of the load. */
static void tell(struct driver *driver, struct scope_sink *sink)
{
    double asked = driver->orders.utilisation;
    double length_ns = (double)(driver->stopped_ns - driver->orders.start_ns);
    if (length_ns <= 0)
        return;
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < driver->count; i++) {
        const struct burner *burner = &driver->burners[i];
        double share = (double)burner_busy_ns(burner) / length_ns;
        least = fmin(least, share);
        most = fmax(most, share);
        if (fabs(share - asked) > TOLERANCE)
            scope_event(sink, SCOPE_EVENT_WARNING, NULL, 1,
                        "cpu%d was loaded to %.1f %% instead of %.1f %%%s",
                        burner->cpu, share * 100, asked * 100,
                        share < asked ? ": the kernel gave its thread no more"
                                      : "");
    }
    double seconds = length_ns / (double)NS_PER_S;
    if (driver->count == 1)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "cpu%d: %.1f %% asked for, %.2f %% achieved in %.1f s",
                    driver->burners[0].cpu, asked * 100, most * 100, seconds);
    else
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "%zu CPUs: %.1f %% of each asked for, %.2f %% to %.2f %% "
                    "achieved in %.1f s",
                    driver->count, asked * 100, least * 100, most * 100,
                    seconds);
}

static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    (void)err;
    struct driver *driver = self;
    int64_t now_ns = scope_now_ns();
    if (driver->stopped_ns)
        now_ns = driver->stopped_ns;
    if (!driver->known)
        name_instances(driver, sink);
    emit_own_cpu(driver, sink);
    scope_emit_f64(sink, REQUESTED, driver->self, driver->orders.utilisation);
    int64_t from_ns = driver->last_ns > driver->orders.start_ns
                          ? driver->last_ns
                          : driver->orders.start_ns;
    for (size_t i = 0; i < driver->count; i++) {
        int64_t busy_ns = burner_busy_ns(&driver->burners[i]);
        uint32_t instance = driver->instances[i];
        scope_emit_u64(sink, BUSY, instance, (uint64_t)busy_ns);
        if (now_ns > from_ns)
            scope_emit_f64(sink, UTILISATION, instance,
                           (double)(busy_ns - driver->before_ns[i]) /
                               (double)(now_ns - from_ns));
        driver->before_ns[i] = busy_ns;
    }
    driver->last_ns = now_ns;
    if (driver->stopped_ns && !driver->told) {
        tell(driver, sink);
        driver->told = true;
    }
    return SCOPE_OK;
}

static const struct scope_driver_ops ops = {
    .probe = probe,
    .open = open_driver,
    .start = start,
    .wait = wait_until,
    .sample = sample,
    .stop = stop,
    .close = close_driver,
};

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "cpu",
             .summary = "background load that keeps chosen CPUs busy for a "
                        "share of the time",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .metrics = metrics,
             .driver = &ops);
