/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * driver oco: servos of many applications, each going through its measure-and-
 * adjust cycles against an optimizer backend (OCO), over as many connections
 * as wanted. Every reply is checked.
 */
#include "drivers/oco/connection.h"
#include "drivers/oco/evenness.h"
#include "drivers/oco/server.h"

enum {
    SERVOS = SCOPE_TALLY_COUNT + OCO_COUNTERS,
    CYCLES_MIN,
    CYCLES_MAX,
    CYCLES_AVERAGE,
    SERVER_APPS,
    SERVER_MIN,
    SERVER_MAX,
    SERVER_AVERAGE,
};

#define ROW(index, text, kind, type, words)                                    \
    [index] = {.name = (text),                                                 \
               .semantics = SCOPE_##kind,                                      \
               .value = SCOPE_##type,                                          \
               .unit = SCOPE_UNIT_COUNT,                                       \
               .help = (words)}

static const struct scope_metric metrics[] = {
    SCOPE_TALLY_METRICS,
    ROW(SCOPE_TALLY_COUNT + OCO_CYCLES, "cycles", COUNTER, U64,
        "measurements completed, by all servos"),
    ROW(SCOPE_TALLY_COUNT + OCO_SLEEPS, "sleeps", COUNTER, U64,
        "times a servo was told to SLEEP; it asks again in its turn"),
    ROW(SCOPE_TALLY_COUNT + OCO_RESTARTS, "restarts", COUNTER, U64,
        "times a servo began anew after a wrong or missing reply"),
    ROW(SERVOS, "servos", GAUGE, U64, "servos driven"),
    ROW(CYCLES_MIN, "cycles.min", GAUGE, U64,
        "fewest cycles of a servo so far"),
    ROW(CYCLES_MAX, "cycles.max", GAUGE, U64, "most cycles of a servo so far"),
    ROW(CYCLES_AVERAGE, "cycles.average", GAUGE, F64,
        "cycles of a servo so far, on average"),
    ROW(SERVER_APPS, "server.apps", GAUGE, U64,
        "applications in the server's own statistics, at the end"),
    ROW(SERVER_MIN, "server.cycles.min", GAUGE, U64,
        "fewest cycles of an application, by the server's own statistics"),
    ROW(SERVER_MAX, "server.cycles.max", GAUGE, U64,
        "most cycles of an application, by the server's own statistics"),
    ROW(SERVER_AVERAGE, "server.cycles.average", GAUGE, F64,
        "cycles of an application, by the server's own statistics"),
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SCOPE_OPTION_STRING(struct options, url, "url", .value = "URL",
                        .required = true,
                        .help = "the optimizer backend: http://HOST:PORT or "
                                "https://...; /accounts/... is added"),
    SCOPE_OPTION_INT(struct options, apps, "apps", .fallback = "0", .min = "0",
                     .max = "1M", .value = "N",
                     .help = "servos, one an application, named by "
                             "name-pattern; 0: those that the server lists. "
                             "There are never more connections than servos"),
    SCOPE_OPTION_STRING(struct options, pattern, "name-pattern",
                        .fallback = "app%05d", .value = "PATTERN",
                        .help = "how applications are named when apps is "
                                "given: %d is the number, %05d with five "
                                "digits at least"),
    SCOPE_OPTION_STRING(struct options, account, "account", .fallback = "scope",
                        .value = "NAME",
                        .help = "the account that they belong to"),
    SCOPE_OPTION_INT(struct options, reports, "reports", .fallback = "1",
                     .min = "1", .max = "1000", .value = "N",
                     .help = "progress reports of each measurement and "
                             "adjustment before it is complete"),
    SCOPE_OPTION_STRING(struct options, token, "token", .value = "TOKEN",
                        .secret = true,
                        .help = "send it as Authorization: Bearer TOKEN"),
    SCOPE_OPTION_BOOL(struct options, goodbye, "goodbye", .fallback = "yes",
                      .help = "let every servo say GOODBYE when the load has "
                              "ended, so that the next may say HELLO"),
    SCOPE_OPTION_BOOL(struct options, statistics, "statistics",
                      .fallback = "yes",
                      .help = "compare the cycles with those that the server "
                              "counted (GET /)"),
    SCOPE_OPTION_RATIO(struct options, spread, "max-spread", .fallback = "20%",
                       .min = "0",
                       .help = "warn when the most and the fewest cycles of a "
                               "servo differ by more than this share of the "
                               "average, and by more than one"),
    SCOPE_LOAD_OPTIONS(struct options, load),
    SCOPE_TLS_OPTIONS(struct options, tls),
    SCOPE_OPTION_END,
};

struct driver {
    void *engine;
    struct oco_fleet *fleet; /* the engine's */
    bool started, ended, told;
    struct oco_testimony testimony;
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    struct oco_fleet *fleet;
    enum scope_code code = oco_fleet_open(&fleet, config, err);
    if (code != SCOPE_OK)
        return code;
    struct driver *driver = scope_alloc(1, sizeof *driver);
    driver->fleet = fleet;
    /* A connection without a servo would have nothing to say. */
    struct scope_load_options *load = &fleet->options.load;
    if ((uint64_t)load->connections > fleet->count)
        load->connections = (int64_t)fleet->count;
    code = scope_engine_open(
        &(struct scope_engine_plan){
            .options = load,
            .protocol = &oco_protocol,
            .closure = fleet,
            .own = OCO_COUNTERS,
        },
        &driver->engine, err);
    if (code != SCOPE_OK) {
        free(driver);
        return code;
    }
    if (fleet->options.statistics)
        driver->testimony.known_before =
            oco_server_statistics(fleet, &driver->testimony.before, NULL) ==
            SCOPE_OK;
    *self = driver;
    return SCOPE_OK;
}

static enum scope_code start(void *self, int64_t start_ns, int64_t duration_ns,
                             struct scope_err *err)
{
    struct driver *driver = self;
    enum scope_code code =
        scope_engine_start(driver->engine, start_ns, duration_ns, err);
    driver->started = code == SCOPE_OK;
    return code;
}

static enum scope_code wait_until(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err)
{
    return scope_engine_wait(((struct driver *)self)->engine, until_ns, done,
                             err);
}

static void stop(void *self)
{
    struct driver *driver = self;
    scope_engine_stop(driver->engine);
    driver->ended = driver->started;
}

static void emit_spread(const struct oco_spread *spread, unsigned min,
                        struct scope_sink *sink, uint32_t instance)
{
    scope_emit_u64(sink, min, instance, spread->min);
    scope_emit_u64(sink, min + 1, instance, spread->max);
    scope_emit_f64(sink, min + 2, instance, spread->average);
}

static void ask_server(struct driver *driver, struct scope_sink *sink,
                       uint32_t instance)
{
    struct oco_testimony *testimony = &driver->testimony;
    testimony->known_after =
        oco_server_statistics(driver->fleet, &testimony->after, NULL) ==
        SCOPE_OK;
    if (!testimony->known_after)
        return;
    scope_emit_u64(sink, SERVER_APPS, instance, testimony->after.apps);
    emit_spread(&testimony->after, SERVER_MIN, sink, instance);
}

static void say_goodbye(struct driver *driver, struct scope_sink *sink)
{
    struct scope_err err = {0};
    size_t said;
    size_t all;
    if (oco_server_goodbye(driver->fleet, &said, &all, &err) != SCOPE_OK)
        scope_event(sink, SCOPE_EVENT_NOTE, NULL, 1,
                    "GOODBYE was heard of %zu of %zu servos only: %s", said,
                    all, err.text);
}

/* What is asked when the load has ended is asked here: the sweep has its time
 * already, and nothing of it is counted. */
static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    struct driver *driver = self;
    const struct options *options = &driver->fleet->options;
    enum scope_code code = scope_engine_sample(driver->engine, sink, err);
    uint32_t instance = scope_instance(sink, NULL, "");
    struct oco_spread spread = oco_fleet_spread(driver->fleet);
    scope_emit_u64(sink, SERVOS, instance, spread.apps);
    emit_spread(&spread, CYCLES_MIN, sink, instance);
    if (!driver->ended || driver->told)
        return code;
    driver->told = true;
    if (options->statistics)
        ask_server(driver, sink, instance);
    oco_evenness_tell(driver->fleet, &driver->testimony, sink);
    if (options->goodbye)
        say_goodbye(driver, sink);
    return code;
}

static void close_driver(void *self)
{
    struct driver *driver = self;
    scope_engine_close(driver->engine);
    free(driver);
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

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "oco",
             .summary = "servos of many applications against an optimizer "
                        "backend (OCO), every reply checked",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct options), .metrics = metrics,
             .driver = &ops);
