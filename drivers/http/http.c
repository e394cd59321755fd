/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/1.1 load: in a closed loop (every connection sends its next request when
 * the last was answered) or in an open loop by a schedule, where latency counts
 * from the time a request was meant to be sent.
 */
#include "drivers/http/connection.h"

#include <stdio.h>
#include <string.h>

static const struct scope_metric metrics[] = {
    SCOPE_TALLY_METRICS,
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SCOPE_REQUESTS_OPTIONS(struct options, requests),
    SCOPE_LOAD_OPTIONS(struct options, load),
    SCOPE_OPTION_INT(struct options, per_connection, "requests-per-connection",
                     .fallback = "0", .min = "0", .value = "N",
                     .help = "close a connection after so many requests; 1: a "
                             "new one for each, whose making counts in the "
                             "request's time; 0: never"),
    SCOPE_EXPECT_OPTIONS(struct options, expect),
    SCOPE_TLS_OPTIONS(struct options, tls),
    SCOPE_OPTION_END,
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

/* RFC 9112, section 3. */
static void write_message(const struct driver *driver,
                          const struct scope_request *request,
                          struct message *message)
{
    FILE *out = open_memstream(&message->head, &message->head_size);
    if (!out)
        abort(); /* for want of memory */
    message->request = request;
    fprintf(out, "%s %s HTTP/1.1\r\n", request->method, request->target);
    if (!scope_requests_given(&driver->requests, "host"))
        fprintf(out, "Host: %s\r\n", request->authority);
    for (size_t i = 0; i < driver->requests.headers.count; i++)
        fprintf(out, "%s\r\n", driver->requests.headers.items[i]);
    if (request->wants_length)
        fprintf(out, "Content-Length: %zu\r\n", request->body_size);
    if (driver->options.per_connection == 1 &&
        !scope_requests_given(&driver->requests, "connection"))
        fputs("Connection: close\r\n", out);
    fputs("\r\n", out);
    if (fclose(out))
        abort();
}

static enum scope_code open_requests(struct driver *driver,
                                     struct scope_err *err)
{
    const struct options *options = &driver->options;
    struct scope_requests *requests = &driver->requests;
    enum scope_code code = scope_requests_open(
        requests, &options->requests, (uint64_t)options->load.seed, err);
    if (code == SCOPE_OK)
        code = scope_expect_open(&driver->expect, &options->expect, err);
    if (code == SCOPE_OK && requests->server.secure)
        code =
            scope_tls_client(&driver->tls, &options->tls, requests->server.host,
                             (const char *[]){"http/1.1", NULL}, err);
    if (code == SCOPE_OK)
        code = scope_resolve(requests->server.host, requests->server.port,
                             &driver->addresses, err);
    if (code != SCOPE_OK)
        return code;
    driver->peer = (struct scope_peer){.addresses = &driver->addresses,
                                       .tls = driver->tls};
    driver->messages = scope_alloc(requests->count, sizeof *driver->messages);
    for (size_t i = 0; i < requests->count; i++)
        write_message(driver, &requests->items[i], &driver->messages[i]);
    return SCOPE_OK;
}

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    struct driver *driver = scope_alloc(1, sizeof *driver);
    driver->options = *(const struct options *)config;
    enum scope_code code = open_requests(driver, err);
    if (code != SCOPE_OK) {
        http_protocol.close(driver);
        return code;
    }
    const struct scope_timetable *timetable = &driver->requests.timetable;
    return scope_engine_open(
        &(struct scope_engine_plan){
            .options = &driver->options.load,
            .protocol = &http_protocol,
            .closure = driver,
            .lazy = driver->options.per_connection == 1,
            .timetable = timetable->count ? timetable : NULL,
        },
        self, err);
}

static const struct scope_driver_ops ops = {
    .probe = probe,
    .open = open_driver,
    .start = scope_engine_start,
    .wait = scope_engine_wait,
    .sample = scope_engine_sample,
    .stop = scope_engine_stop,
    .close = scope_engine_close,
};

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "http",
             .summary = "HTTP/1.1 load, plain or over TLS", .version = "2",
             .options = options_table, .config_size = sizeof(struct options),
             .metrics = metrics, .driver = &ops);
