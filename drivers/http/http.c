/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 load over keep-alive connections: in a closed loop (every
 * connection sends its next request when the last was answered) or in an open
 * loop at a constant rate, where latency counts from the time a request was
 * meant to be sent.
 */
#include "drivers/http/worker.h"
#include "lib/net/files.h"
#include "lib/net/pin.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

static const struct scope_metric metrics[] = {
    SCOPE_TALLY_METRICS,
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SCOPE_OPTION_STRING(struct options, url, "url", .value = "URL",
                        .required = true,
                        .help = "what to request: http://HOST:PORT/PATH"),
    SCOPE_OPTION_RATE(struct options, rate, "rate", .min = "0", .max = "10M",
                      .help = "requests a second, sent whether answered or "
                              "not; without it each connection sends as soon "
                              "as it can"),
    SCOPE_OPTION_INT(struct options, connections, "connections",
                     .fallback = "10", .min = "1", .max = "1M", .value = "N",
                     .help = "connections in all, spread over the threads; "
                             "each carries one request at a time"),
    SCOPE_OPTION_INT(struct options, threads, "threads", .fallback = "1",
                     .min = "1", .max = "1024", .value = "N",
                     .help = "threads, at most one a connection"),
    SCOPE_OPTION_STRING(struct options, method, "method", .fallback = "GET",
                        .value = "METHOD", .help = "request method"),
    SCOPE_OPTION_REPEAT(struct options, headers, "header",
                        .value = "NAME: VALUE",
                        .help = "header to add to each request"),
    SCOPE_OPTION_SIZE(struct options, body_size, "body-size", .fallback = "0",
                      .max = "1GiB", .help = "bytes of body in each request"),
    SCOPE_OPTION_DURATION(struct options, timeout_ns, "timeout",
                          .fallback = "30s", .max = "1h",
                          .help = "a request not answered by then is an error "
                                  "and its connection is closed; 0: never"),
    SCOPE_OPTION_DURATION(struct options, connect_timeout_ns, "connect-timeout",
                          .fallback = "5s", .min = "1ms", .max = "1h",
                          .help = "a connection not made by then is an error"),
    SCOPE_OPTION_LIST(struct options, cpus, "cpus", .value = "CPU",
                      .help = "CPUs to bind the threads to, in turn: 1 or 4-7"),
    SCOPE_OPTION_END,
};

struct driver {
    struct options options;
    struct scope_url url;
    struct request request;
    struct scope_addresses addresses;
    struct load load;
    size_t running; /* threads */
    size_t count;   /* workers opened */
    struct worker *workers;
    struct scope_ledger ledger;
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

static void close_driver(void *self)
{
    struct driver *driver = self;
    for (size_t i = 0; i < driver->count; i++)
        worker_close(&driver->workers[i]);
    free(driver->workers);
    scope_ledger_free(&driver->ledger);
    pthread_cond_destroy(&driver->load.changed);
    pthread_mutex_destroy(&driver->load.lock);
    scope_addresses_free(&driver->addresses);
    request_free(&driver->request);
    scope_url_free(&driver->url);
    free(driver);
}

static void init_load(struct driver *driver)
{
    struct load *load = &driver->load;
    load->options = &driver->options;
    load->request = &driver->request;
    load->addresses = &driver->addresses;
    load->end_ns = INT64_MAX;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&load->lock, NULL);
    pthread_cond_init(&load->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static enum scope_code open_workers(struct driver *driver,
                                    struct scope_err *err)
{
    struct scope_pins pins;
    enum scope_code code = scope_pins_parse(&pins, &driver->options.cpus, err);
    if (code != SCOPE_OK)
        return code;
    size_t threads = (size_t)driver->options.threads;
    size_t connections = (size_t)driver->options.connections;
    driver->workers = scope_alloc(threads, sizeof *driver->workers);
    while (driver->count < threads) {
        size_t i = driver->count++;
        struct worker *worker = &driver->workers[i];
        size_t share = connections / threads + (i < connections % threads);
        code = worker_open(worker, &driver->load, i, share, err);
        if (code != SCOPE_OK)
            return code;
        worker->cpu = scope_pins_cpu(&pins, i);
        driver->ledger.tallies[i] = &worker->tally;
    }
    return SCOPE_OK;
}

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    struct driver *driver = scope_alloc(1, sizeof *driver);
    driver->options = *(const struct options *)config;
    /* A thread without a connection could not send its part. */
    if (driver->options.threads > driver->options.connections)
        driver->options.threads = driver->options.connections;
    init_load(driver);
    scope_ledger_init(&driver->ledger, (size_t)driver->options.threads,
                      driver->options.rate);
    enum scope_code code =
        scope_url_parse(&driver->url, driver->options.url, err);
    if (code == SCOPE_OK)
        code =
            request_make(&driver->request, &driver->options, &driver->url, err);
    if (code == SCOPE_OK)
        code = scope_resolve(driver->url.host, driver->url.port,
                             &driver->addresses, err);
    if (code == SCOPE_OK)
        code = scope_files_reserve((uint64_t)driver->options.connections, err);
    if (code == SCOPE_OK)
        code = open_workers(driver, err);
    if (code == SCOPE_OK)
        *self = driver;
    else
        close_driver(driver);
    return code;
}

static void stop(void *self)
{
    struct driver *driver = self;
    struct load *load = &driver->load;
    int64_t now_ns = scope_now_ns();
    if (now_ns < load->end_ns)
        load->end_ns = now_ns;
    load->leave = true;
    for (size_t i = 0; i < driver->running; i++)
        scope_loop_wake(&driver->workers[i].loop);
    for (size_t i = 0; i < driver->running; i++)
        pthread_join(driver->workers[i].thread, NULL);
    driver->running = 0;
}

static enum scope_code start(void *self, int64_t start_ns, int64_t duration_ns,
                             struct scope_err *err)
{
    struct driver *driver = self;
    driver->load.start_ns = start_ns;
    driver->load.end_ns = duration_ns ? start_ns + duration_ns : INT64_MAX;
    for (size_t i = 0; i < driver->count; i++) {
        struct worker *worker = &driver->workers[i];
        int error = pthread_create(&worker->thread, NULL, worker_run, worker);
        if (error) {
            stop(driver);
            return scope_fail(err, SCOPE_FAILED, error, "start thread %zu", i);
        }
        driver->running++;
    }
    return SCOPE_OK;
}

static enum scope_code wait_until(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err)
{
    (void)err;
    struct driver *driver = self;
    struct load *load = &driver->load;
    const struct timespec until = {
        .tv_sec = until_ns / 1000000000,
        .tv_nsec = until_ns % 1000000000,
    };
    pthread_mutex_lock(&load->lock);
    while (load->drained < driver->count &&
           pthread_cond_timedwait(&load->changed, &load->lock, &until) !=
               ETIMEDOUT)
        ;
    *done = load->drained == driver->count;
    pthread_mutex_unlock(&load->lock);
    return SCOPE_OK;
}

static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    (void)err;
    struct driver *driver = self;
    for (size_t i = 0; i < driver->running; i++) {
        scope_tally_ask(&driver->workers[i].tally);
        scope_loop_wake(&driver->workers[i].loop);
    }
    for (size_t i = 0; i < driver->count; i++) {
        if (i < driver->running)
            scope_tally_wait(&driver->workers[i].tally);
        else
            scope_tally_take(&driver->workers[i].tally);
    }
    scope_ledger_emit(&driver->ledger, sink);
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

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "http",
             .summary = "HTTP/1.1 load over keep-alive connections",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct options), .metrics = metrics,
             .driver = &ops);
