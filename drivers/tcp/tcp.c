/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load over bare TCP, or TLS over it: requests and answers of so many bytes on
 * connections that are kept, a new connection for each, streams in one or both
 * directions, or what a client of a netbench scenario does.
 *
 * In a scenario a request is a profile that is within no other, and its kind is
 * its trace; profiles within it are kinds whose times are in no sum. Where
 * nothing is profiled, a request is a connection, from its making to the end of
 * its part.
 */
#include "drivers/tcp/driver.h"

static const char *const modes[] = {
    [MODE_PING] = "ping",
    [MODE_CONNECT] = "connect",
    [MODE_STREAM] = "stream",
    NULL,
};

static const char *const directions[] = {
    [DIRECTION_SEND] = "send",
    [DIRECTION_RECEIVE] = "receive",
    [DIRECTION_BOTH] = "both",
    NULL,
};

static const struct scope_metric metrics[] = {
    SCOPE_TALLY_METRICS,
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SCOPE_OPTION_LIST(struct options, servers, "servers",
                      .value = "ADDRESS:PORT",
                      .help = "where to connect to, the connections spread "
                              "over them; 127.0.0.1:4433 when none is given. "
                              "With a scenario its servers in order; those "
                              "not given are SERVER_0, SERVER_1, ... in the "
                              "environment"),
    SCOPE_OPTION_CHOICE(struct options, mode, "mode", .fallback = "ping",
                        .choices = modes,
                        .help = "what a request is: request-size bytes "
                                "answered with response-size bytes; the same "
                                "on a connection of its own, whose making "
                                "counts; or chunk bytes of a stream"),
    SCOPE_OPTION_SIZE(struct options, request_size, "request-size",
                      .fallback = "1", .max = "1GiB",
                      .help = "bytes sent (mode=ping, connect)"),
    SCOPE_OPTION_SIZE(struct options, response_size, "response-size",
                      .fallback = "1", .max = "1GiB",
                      .help = "bytes received (mode=ping, connect)"),
    SCOPE_OPTION_SIZE(struct options, chunk, "chunk", .fallback = "1MiB",
                      .min = "1", .max = "1GiB",
                      .help = "bytes that count as one request (mode=stream)"),
    SCOPE_OPTION_CHOICE(struct options, direction, "direction",
                        .fallback = "send", .choices = directions,
                        .help = "which way a stream goes; both: a chunk each "
                                "way at once (mode=stream)"),
    SCOPE_OPTION_BOOL(struct options, reset, "reset", .fallback = "no",
                      .help = "end each connection with a reset, so that its "
                              "port does not wait for a minute "
                              "(mode=connect)"),
    SCOPE_OPTION_PATH(struct options, scenario, "scenario", .value = "FILE",
                      .help = "do what a client of this netbench scenario "
                              "does instead; its own time counts, not rate, "
                              "connections, threads and timeout"),
    SCOPE_OPTION_INT(struct options, client, "client", .fallback = "0",
                     .min = "0", .max = "9999", .value = "N",
                     .help = "which of the scenario's clients, from 0 on"),
    SCOPE_OPTION_INT(struct options, repeat, "repeat", .fallback = "1",
                     .min = "0", .max = "1G", .value = "N",
                     .help = "how often to do the scenario; 0: until the "
                             "load's end"),
    SCOPE_OPTION_CHOICE(struct options, multiplex, "multiplex",
                        .fallback = "auto", .choices = scope_multiplex_words,
                        .help = "netbench's frames on every connection; auto: "
                                "when a connection of the scenario has several "
                                "streams"),
    SCOPE_OPTION_BOOL(struct options, secure, "tls", .fallback = "no",
                      .help = "speak TLS; a scenario's own certificate "
                              "authority is trusted when it brings one"),
    SCOPE_LOAD_OPTIONS(struct options, load),
    SCOPE_TLS_OPTIONS(struct options, tls),
    SCOPE_OPTION_END,
};

struct driver {
    void *engine;      /* NULL with a scenario */
    struct play *play; /* NULL without */
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

static enum scope_code check(const struct options *options,
                             struct scope_err *err)
{
    if (options->mode == MODE_PING && !options->scenario &&
        (!options->request_size || !options->response_size)) {
        scope_fail(err, SCOPE_USAGE, 0,
                   "mode=ping needs a request-size and a response-size");
        return scope_hint(err, "mode=stream goes one way");
    }
    if (options->scenario && options->load.rate > 0)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "rate: a scenario says itself what is sent when");
    return SCOPE_OK;
}

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    const struct options *options = config;
    struct driver *driver = scope_alloc(1, sizeof *driver);
    enum scope_code code = check(options, err);
    if (code == SCOPE_OK)
        code = options->scenario ? play_open(options, &driver->play, err)
                                 : transfer_open(options, &driver->engine, err);
    if (code == SCOPE_OK)
        *self = driver;
    else
        free(driver);
    return code;
}

static enum scope_code start(void *self, int64_t start_ns, int64_t duration_ns,
                             struct scope_err *err)
{
    struct driver *driver = self;
    return driver->play
               ? play_start(driver->play, start_ns, duration_ns, err)
               : scope_engine_start(driver->engine, start_ns, duration_ns, err);
}

static enum scope_code wait_until(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err)
{
    struct driver *driver = self;
    return driver->play
               ? play_wait(driver->play, until_ns, done)
               : scope_engine_wait(driver->engine, until_ns, done, err);
}

static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    struct driver *driver = self;
    if (!driver->play)
        return scope_engine_sample(driver->engine, sink, err);
    play_sample(driver->play, sink);
    return SCOPE_OK;
}

static void stop(void *self)
{
    struct driver *driver = self;
    if (driver->play)
        play_stop(driver->play);
    else
        scope_engine_stop(driver->engine);
}

static void close_driver(void *self)
{
    struct driver *driver = self;
    if (driver->play)
        play_close(driver->play);
    else
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

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "tcp",
             .summary = "TCP load: ping-pong, connects, streams, netbench "
                        "scenarios",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct options), .metrics = metrics,
             .driver = &ops);
