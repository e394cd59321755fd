/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HTTP/2 load: many requests at once on each connection, in a closed loop or
 * by a schedule, and unary gRPC calls on top of it.
 */
#include "drivers/http2/connection.h"

#include <string.h>

#define OWN_ROW(index, text, words)                                            \
    [SCOPE_TALLY_COUNT + (index)] = {.name = (text),                           \
                                     .semantics = SCOPE_COUNTER,               \
                                     .value = SCOPE_U64,                       \
                                     .unit = SCOPE_UNIT_COUNT,                 \
                                     .help = (words)}

static const struct scope_metric metrics[] = {
    SCOPE_TALLY_METRICS,
    OWN_ROW(OWN_GOAWAYS, "goaways",
            "connections that the server ended with a GOAWAY"),
    OWN_ROW(OWN_REFUSED, "refused",
            "requests that the server refused unprocessed; each is sent "
            "again, up to three times"),
    OWN_ROW(OWN_PINGS, "pings", "PINGs answered"),
    SCOPE_METRIC_END,
};

static const struct scope_option options_table[] = {
    SCOPE_REQUESTS_OPTIONS(struct options, requests),
    SCOPE_LOAD_OPTIONS(struct options, load),
    SCOPE_OPTION_INT(struct options, streams, "streams", .fallback = "1",
                     .min = "1", .max = "100000", .value = "N",
                     .help = "requests at once on each connection, fewer when "
                             "the server allows no more; one that times out "
                             "is reset alone, unless the connection is dead"),
    SCOPE_OPTION_INT(struct options, per_connection, "requests-per-connection",
                     .fallback = "0", .min = "0", .value = "N",
                     .help = "close a connection after so many requests, when "
                             "all are answered; 0: never"),
    SCOPE_OPTION_BOOL(struct options, upgrade, "upgrade", .fallback = "no",
                      .help = "without TLS, ask for HTTP/2 in a HEAD request "
                              "of HTTP/1.1, one more for each connection, "
                              "instead of speaking it at once"),
    SCOPE_OPTION_SIZE(struct options, stream_window, "stream-window",
                      .fallback = "1GiB", .min = "1", .max = "2147483647",
                      .help = "flow control: bytes of an answer that may be on "
                              "their way"),
    SCOPE_OPTION_SIZE(struct options, connection_window, "connection-window",
                      .fallback = "1GiB", .min = "65535", .max = "2147483647",
                      .help = "flow control: bytes of all answers of a "
                              "connection that may be on their way"),
    SCOPE_OPTION_SIZE(struct options, frame_size, "max-frame-size",
                      .fallback = "16KiB", .min = "16KiB", .max = "16777215",
                      .help = "largest frame that the server may send"),
    SCOPE_OPTION_SIZE(struct options, table_size, "header-table-size",
                      .fallback = "4KiB", .min = "0", .max = "16MiB",
                      .help = "HPACK's table of headers, each way; 0: headers "
                              "are not remembered"),
    SCOPE_OPTION_DURATION(struct options, ping_ns, "ping", .fallback = "0",
                          .help = "send a PING so often on connections with "
                                  "requests out; 0: never"),
    SCOPE_EXPECT_OPTIONS(struct options, expect),
    SCOPE_OPTION_STRING(struct options, grpc, "grpc", .value = "METHOD",
                        .help = "call this method of gRPC, as "
                                "/package.Service/Method: the body is the "
                                "message, url names the server, and timeout "
                                "is the deadline"),
    SCOPE_OPTION_STRING(struct options, grpc_hex, "grpc-hex", .value = "HEX",
                        .help = "the message, instead of body-file and "
                                "body-size"),
    SCOPE_OPTION_LIST(struct options, grpc_statuses, "expect-grpc",
                      .value = "STATUS",
                      .help = "statuses of gRPC that are answers; another is "
                              "an error of its name (default OK)"),
    SCOPE_TLS_OPTIONS(struct options, tls),
    SCOPE_OPTION_END,
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

/* A call is a POST whose path is the method's name. */
static enum scope_code open_requests(struct driver *driver,
                                     struct scope_err *err)
{
    struct scope_requests *requests = &driver->requests;
    struct scope_requests_options wanted = driver->options.requests;
    const struct grpc *grpc = &driver->grpc;
    if (grpc->on)
        wanted.method = "POST";
    enum scope_code code = scope_requests_open(
        requests, &wanted, (uint64_t)driver->options.load.seed, err);
    if (code == SCOPE_OK)
        code = message_check(requests, err);
    for (size_t i = 0; i < requests->count && grpc->on; i++) {
        struct scope_request *item = &requests->items[i];
        item->target = driver->options.grpc;
        item->wants_length = false;
        if (grpc->message) {
            item->body = grpc->message;
            item->body_size = grpc->message_size;
        }
    }
    return code;
}

static void make_messages(struct driver *driver)
{
    struct scope_requests *requests = &driver->requests;
    const char *fields[7];
    grpc_fields(&driver->grpc, fields);
    driver->messages = scope_alloc(requests->count, sizeof *driver->messages);
    for (size_t i = 0; i < requests->count; i++) {
        message_make(&driver->messages[i], requests, &requests->items[i],
                     fields);
        if (driver->grpc.on)
            grpc_prefix(&driver->messages[i]);
    }
}

static enum scope_code open_peer(struct driver *driver, struct scope_err *err)
{
    const struct scope_url *server = &driver->requests.server;
    enum scope_code code = SCOPE_OK;
    if (server->secure && driver->options.upgrade)
        code = scope_fail(err, SCOPE_USAGE, 0,
                          "upgrade is for http:// URLs: TLS agrees on the "
                          "version itself");
    if (code == SCOPE_OK && server->secure)
        code =
            scope_tls_client(&driver->tls, &driver->options.tls, server->host,
                             (const char *[]){"h2", NULL}, err);
    if (code == SCOPE_OK)
        code =
            scope_resolve(server->host, server->port, &driver->addresses, err);
    driver->peer = (struct scope_peer){.addresses = &driver->addresses,
                                       .tls = driver->tls};
    return code;
}

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    struct driver *driver = scope_alloc(1, sizeof *driver);
    driver->options = *(const struct options *)config;
    enum scope_code code = grpc_open(&driver->grpc, &driver->options, err);
    if (code == SCOPE_OK)
        code = open_requests(driver, err);
    if (code == SCOPE_OK)
        code = scope_expect_open(&driver->expect, &driver->options.expect, err);
    if (code == SCOPE_OK)
        code = open_peer(driver, err);
    if (code == SCOPE_OK)
        code = sessions_open(driver, err);
    if (code != SCOPE_OK) {
        http2_protocol.close(driver);
        return code;
    }
    make_messages(driver);
    const struct scope_timetable *timetable = &driver->requests.timetable;
    return scope_engine_open(
        &(struct scope_engine_plan){
            .options = &driver->options.load,
            .protocol = driver->grpc.on ? &grpc_protocol : &http2_protocol,
            .closure = driver,
            .streams = (uint32_t)driver->options.streams,
            .timetable = timetable->count ? timetable : NULL,
            .own = OWN_COUNT,
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

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "http2",
             .summary = "HTTP/2 load and unary gRPC calls, plain or over TLS",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct options), .metrics = metrics,
             .driver = &ops);
