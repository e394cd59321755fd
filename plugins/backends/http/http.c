/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backend http: answers of any size. */
#include "lib/net/httpd.h"

#include <scope/plugin.h>

struct config {
    struct scope_httpd_options httpd;
    uint64_t size;
};

static const struct scope_option options[] = {
    SCOPE_HTTPD_OPTIONS(struct config, httpd),
    SCOPE_OPTION_SIZE(struct config, size, "size", .fallback = "128",
                      .help = "bytes of an answer's body"),
    SCOPE_OPTION_END,
};

struct backend {
    const struct config *config;
    struct scope_httpd *httpd;
};

static void answer(void *closure, void *own,
                   const struct scope_httpd_request *request,
                   struct scope_httpd_reply *reply)
{
    const struct backend *backend = closure;
    (void)own;
    (void)request;
    reply->body_size = backend->config->size;
}

static const struct scope_httpd_handler handler = {.answer = answer};

static enum scope_code backend_open(const void *config, void **self,
                                    struct scope_err *err)
{
    struct backend *backend = scope_alloc(1, sizeof *backend);
    backend->config = config;
    enum scope_code code = scope_httpd_open(
        &backend->httpd, &backend->config->httpd, &handler, backend, err);
    if (code)
        free(backend);
    else
        *self = backend;
    return code;
}

static enum scope_code backend_serve(void *self,
                                     const struct scope_serve *serve,
                                     struct scope_err *err)
{
    struct backend *backend = self;
    return scope_httpd_serve(backend->httpd, serve, err);
}

static void backend_close(void *self)
{
    struct backend *backend = self;
    scope_httpd_close(backend->httpd);
    free(backend);
}

static const struct scope_backend_ops ops = {
    .open = backend_open,
    .serve = backend_serve,
    .close = backend_close,
};

SCOPE_PLUGIN(.kind = SCOPE_BACKEND, .name = "http",
             .summary = "answers HTTP requests", .version = "1",
             .options = options, .config_size = sizeof(struct config),
             .backend = &ops);
