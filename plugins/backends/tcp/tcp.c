/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers over bare TCP, or TLS over it: echoes, discards, sends without end,
 * responds to requests of one size with answers of another, or does what one
 * or all servers of a netbench scenario do.
 */
#include "lib/net/files.h"
#include "lib/net/scenario_tls.h"
#include "plugins/backends/tcp/server.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static const char *const answers[] = {
    [ANSWER_ECHO] = "echo",
    [ANSWER_DISCARD] = "discard",
    [ANSWER_SOURCE] = "source",
    [ANSWER_RESPOND] = "respond",
    NULL,
};

static const struct scope_option options_table[] = {
    SCOPE_OPTION_CHOICE(struct options, answer, "answer", .fallback = "echo",
                        .choices = answers,
                        .help = "what is sent: what came; nothing; as much as "
                                "is taken; or response-size bytes for every "
                                "request-size bytes"),
    SCOPE_OPTION_SIZE(struct options, request_size, "request-size",
                      .fallback = "1", .min = "1", .max = "1TiB",
                      .help = "bytes of a request (answer=respond)"),
    SCOPE_OPTION_SIZE(struct options, response_size, "response-size",
                      .fallback = "1", .min = "1", .max = "1GiB",
                      .help = "bytes of an answer (answer=respond)"),
    SCOPE_OPTION_PATH(struct options, scenario, "scenario", .value = "FILE",
                      .help = "do what servers of this netbench scenario do "
                              "instead"),
    SCOPE_OPTION_STRING(struct options, server, "server", .value = "N|all",
                        .fallback = "all",
                        .help = "which of the scenario's servers, from 0 on; "
                                "all: each on a port of its own, from that of "
                                "--listen on, or on any"),
    SCOPE_OPTION_CHOICE(struct options, multiplex, "multiplex",
                        .fallback = "auto", .choices = scope_multiplex_words,
                        .help = "netbench's frames on every connection; auto: "
                                "when a connection of the scenario has several "
                                "streams"),
    SCOPE_OPTION_INT(struct options, threads, "threads", .fallback = "1",
                     .min = "1", .max = "1024", .value = "N",
                     .help = "threads; the kernel deals connections out to "
                             "them"),
    SCOPE_OPTION_LIST(struct options, cpus, "cpus", .value = "CPU",
                      .help = "CPUs to bind the threads to, in turn: 1 or 4-7"),
    SCOPE_OPTION_INT(struct options, connections, "max-connections",
                     .fallback = "0", .min = "0", .max = "10M", .value = "N",
                     .help = "connections at once, others wait; 0: as many as "
                             "open files are allowed"),
    SCOPE_OPTION_DURATION(struct options, start_ns, "start-timeout",
                          .fallback = "10s", .min = "1ms", .max = "1h",
                          .help = "a connection that has not ended its TLS "
                                  "handshake, or said which of a scenario's it "
                                  "is, is closed then"),
    SCOPE_OPTION_BOOL(struct options, tls, "tls", .fallback = "no",
                      .help = "speak TLS with the scenario's certificates; "
                              "tls-cert says so by itself"),
    SCOPE_OPTION_PATH(struct options, certificate, "tls-cert", .value = "FILE",
                      .help = "certificate chain (PEM): speak TLS"),
    SCOPE_OPTION_PATH(struct options, key, "tls-key", .value = "FILE",
                      .help = "its private key (PEM); without it, it is in "
                              "tls-cert"),
    SCOPE_OPTION_PATH(struct options, client_ca, "tls-client-ca",
                      .value = "FILE",
                      .help = "clients must show a certificate that these "
                              "(PEM) vouch for"),
    SCOPE_OPTION_END,
};

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config;
    return scope_loop_probe(err);
}

static void close_server(void *self)
{
    struct server *server = self;
    for (size_t i = 0; i < server->port_count; i++) {
        if (server->ports[i].tls_owned)
            scope_tls_free(server->ports[i].tls);
        free(server->ports[i].fds);
    }
    free(server->ports);
    free(server->threads);
    free(server->filling);
    scope_scenario_free(&server->scenario);
    free(server);
}

/* Which servers: one number, or all. */
static enum scope_code choose_servers(const struct server *server,
                                      uint32_t *first, size_t *count,
                                      struct scope_err *err)
{
    const char *which = server->options.server;
    size_t there = server->scenario.server_count;
    *first = 0;
    *count = there;
    if (!there)
        return scope_fail(err, SCOPE_USAGE, 0, "scenario %s has no servers",
                          server->options.scenario);
    if (strcmp(which, "all") == 0)
        return SCOPE_OK;
    char *end;
    unsigned long number = strtoul(which, &end, 10);
    if (*which < '0' || *which > '9' || *end || number >= there)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "server: %s is neither all nor one of 0 to %zu",
                          which, there - 1);
    *first = (uint32_t)number;
    *count = 1;
    return SCOPE_OK;
}

static enum scope_code open_scenario(struct server *server, uint32_t *first,
                                     struct scope_err *err)
{
    const struct options *options = &server->options;
    server->port_count = 1;
    if (!options->scenario)
        return SCOPE_OK;
    size_t count = 0;
    enum scope_code code =
        scope_scenario_load(&server->scenario, options->scenario, err);
    if (code == SCOPE_OK)
        code = scope_multiplex_choose(&server->scenario, options->multiplex,
                                      &server->multiplex, err);
    if (code == SCOPE_OK)
        code = choose_servers(server, first, &count, err);
    if (code == SCOPE_OK)
        server->port_count = count;
    return code;
}

static enum scope_code open_tls(struct server *server, struct port *port,
                                struct scope_err *err)
{
    const struct options *options = &server->options;
    const char *alone = options->key         ? "tls-key"
                        : options->client_ca ? "tls-client-ca"
                                             : NULL;
    if (!options->certificate && !options->tls)
        return alone ? scope_fail(err, SCOPE_USAGE, 0, "%s without tls-cert",
                                  alone)
                     : SCOPE_OK;
    if (port != server->ports && options->certificate) {
        port->tls = server->ports->tls;
        return SCOPE_OK;
    }
    port->tls_owned = true;
    if (options->certificate)
        return scope_tls_server(&port->tls, options->certificate, options->key,
                                options->client_ca, NULL, err);
    if (!options->scenario)
        return scope_fail(err, SCOPE_USAGE, 0, "tls without tls-cert");
    return scope_scenario_tls_server(&port->tls, &server->scenario,
                                     port->server, options->client_ca, err);
}

/* Room for what was asked for; else all that we can have. */
static enum scope_code reserve_files(const struct options *options,
                                     struct scope_err *err)
{
    struct rlimit limit;
    if (options->connections)
        return scope_files_reserve((uint64_t)options->connections, err);
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return scope_fail(err, SCOPE_FAILED, errno, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        return scope_fail(err, SCOPE_FAILED, errno, "setrlimit");
    return SCOPE_OK;
}

static enum scope_code open_server(const void *config, void **self,
                                   struct scope_err *err)
{
    struct server *server = scope_alloc(1, sizeof *server);
    server->options = *(const struct options *)config;
    server->count = (size_t)server->options.threads;
    server->threads = scope_alloc(server->count, sizeof *server->threads);
    server->filling = scope_alloc(BUFFER_SIZE, 1);
    uint32_t first = 0;
    enum scope_code code = open_scenario(server, &first, err);
    if (code != SCOPE_OK)
        server->port_count = 0;
    server->ports = scope_alloc(server->port_count + 1, sizeof *server->ports);
    for (size_t i = 0; i < server->port_count; i++) {
        struct port *port = &server->ports[i];
        port->server = first + (uint32_t)i;
        port->fds = scope_alloc(server->count, sizeof *port->fds);
        memset(port->fds, 0xff, server->count * sizeof *port->fds);
    }
    for (size_t i = 0; code == SCOPE_OK && i < server->port_count; i++)
        code = open_tls(server, &server->ports[i], err);
    if (code == SCOPE_OK)
        code = reserve_files(&server->options, err);
    if (code == SCOPE_OK)
        *self = server;
    else
        close_server(server);
    return code;
}

static const struct scope_backend_ops ops = {
    .probe = probe,
    .open = open_server,
    .serve = server_serve,
    .close = close_server,
};

SCOPE_PLUGIN(.kind = SCOPE_BACKEND, .name = "tcp",
             .summary = "answers over TCP: echo, discard, source, or a "
                        "netbench scenario",
             .version = "1", .options = options_table,
             .config_size = sizeof(struct options), .backend = &ops);
