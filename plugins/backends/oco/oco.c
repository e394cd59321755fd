/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backend oco: as many optimizer backends (OCO) as there are applications, for
 * the load of many servos. Each application's servo is kept strictly to its
 * sequence; the measure-and-adjust cycles are counted.
 */
#include "plugins/backends/oco/save.h"
#include "plugins/backends/oco/service.h"

#include <scope/plugin.h>

struct config {
    struct scope_httpd_options httpd;
    int64_t apps;
    const char *account, *pattern;
    const char *adjust, *adjust_file;
    const char *state_file;
    int64_t save_ns;
    const char *trace;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_INT(struct config, apps, "apps", .fallback = "5", .min = "1",
                     .max = "100000", .value = "N",
                     .help = "applications, by default app00000 and so on"),
    SCOPE_OPTION_STRING(struct config, pattern, "name-pattern",
                        .fallback = "app%05d", .value = "PATTERN",
                        .help = "how applications are named: letters, digits "
                                "and -._~ with one %d or, for five digits at "
                                "least, %05d in them"),
    SCOPE_OPTION_STRING(struct config, account, "account", .value = "NAME",
                        .help = "the account that they belong to; without it, "
                                "any is right"),
    SCOPE_OPTION_STRING(struct config, adjust, "adjust", .value = "JSON",
                        .help = "what ADJUST carries, a JSON object; without "
                                "it, settings of an example with the "
                                "components web, java and db"),
    SCOPE_OPTION_PATH(struct config, adjust_file, "adjust-file",
                      .value = "FILE",
                      .help = "what ADJUST carries, in a file"),
    SCOPE_OPTION_PATH(struct config, state_file, "state-file", .value = "FILE",
                      .help = "keep there what every application is at, and "
                              "go on from it when started again: no servo "
                              "needs to say HELLO anew"),
    SCOPE_OPTION_DURATION(struct config, save_ns, "save-interval",
                          .fallback = "1s", .min = "10ms", .max = "1h",
                          .help = "how often the state is saved while it "
                                  "changes; it is also saved at the end, but "
                                  "a kill -9 loses what came since"),
    SCOPE_OPTION_PATH(struct config, trace, "trace", .value = "FILE",
                      .help = "append a line for every event to this file "
                              "(/dev/stderr: show them); it costs more than "
                              "the event"),
    SCOPE_HTTPD_OPTIONS_OF(struct config, httpd, "1MiB"),
    SCOPE_OPTION_END,
};

struct backend {
    const struct config *config;
    struct oco_service service;
    struct oco_save *save; /* NULL: nothing is kept */
    struct scope_httpd *httpd;
};

static void close_backend(void *self)
{
    struct backend *backend = self;
    if (backend->httpd)
        scope_httpd_close(backend->httpd);
    oco_save_close(backend->save);
    oco_service_free(&backend->service);
    free(backend);
}

static enum scope_code open_backend(const void *config, void **self,
                                    struct scope_err *err)
{
    struct backend *backend = scope_alloc(1, sizeof *backend);
    backend->config = config;
    const struct oco_service_options how = {
        .account = backend->config->account,
        .pattern = backend->config->pattern,
        .apps = (uint32_t)backend->config->apps,
        .adjust = backend->config->adjust,
        .adjust_file = backend->config->adjust_file,
        .trace = backend->config->trace,
    };
    enum scope_code code = oco_service_make(&backend->service, &how, err);
    if (code == SCOPE_OK && backend->config->state_file)
        code =
            oco_save_open(&backend->save, backend->config->state_file,
                          backend->service.apps, &backend->service.names, err);
    if (code == SCOPE_OK)
        code = scope_httpd_open(&backend->httpd, &backend->config->httpd,
                                &oco_service_handler, &backend->service, err);
    if (code == SCOPE_OK)
        *self = backend;
    else
        close_backend(backend);
    return code;
}

/* What went wrong first counts, but the state is saved in any case. */
static enum scope_code serve_and_save(struct backend *backend,
                                      const struct scope_serve *serve,
                                      struct scope_err *err)
{
    enum scope_code code =
        oco_save_start(backend->save, backend->config->save_ns, err);
    if (code == SCOPE_OK)
        code = scope_httpd_serve(backend->httpd, serve, err);
    enum scope_code saved =
        oco_save_stop(backend->save, code == SCOPE_OK ? err : NULL);
    return code == SCOPE_OK ? saved : code;
}

static enum scope_code serve_backend(void *self,
                                     const struct scope_serve *serve,
                                     struct scope_err *err)
{
    struct backend *backend = self;
    if (backend->save)
        return serve_and_save(backend, serve, err);
    return scope_httpd_serve(backend->httpd, serve, err);
}

static const struct scope_backend_ops ops = {
    .open = open_backend,
    .serve = serve_backend,
    .close = close_backend,
};

SCOPE_PLUGIN(.kind = SCOPE_BACKEND, .name = "oco",
             .summary = "the optimizer backends (OCO) of many servos in one; "
                        "its page /docs explains the API",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .backend = &ops);
