/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ops that a plugin left out: each succeeds and does nothing, so that no
 * caller asks whether an op is there. A driver without wait sleeps until it is
 * asked again.
 */
#include "lib/base/clock.h"
#include "lib/host/plugin_table.h"

static enum scope_code probe(const void *config, struct scope_err *err)
{
    (void)config, (void)err;
    return SCOPE_OK;
}

static enum scope_code open_hosted(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)config, (void)host, (void)self, (void)err;
    return SCOPE_OK;
}

static enum scope_code open_alone(const void *config, void **self,
                                  struct scope_err *err)
{
    (void)config, (void)self, (void)err;
    return SCOPE_OK;
}

static enum scope_code attach(void *self, const struct scope_target *target,
                              struct scope_sink *sink, struct scope_err *err)
{
    (void)self, (void)target, (void)sink, (void)err;
    return SCOPE_OK;
}

static void detach(void *self, const struct scope_target *target)
{
    (void)self, (void)target;
}

static enum scope_code start(void *self, struct scope_err *err)
{
    (void)self, (void)err;
    return SCOPE_OK;
}

static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    (void)self, (void)sink, (void)err;
    return SCOPE_OK;
}

static void end(void *self)
{
    (void)self;
}

static enum scope_code start_load(void *self, int64_t start_ns,
                                  int64_t duration_ns, struct scope_err *err)
{
    (void)self, (void)start_ns, (void)duration_ns, (void)err;
    return SCOPE_OK;
}

static enum scope_code wait_until(void *self, int64_t until_ns, bool *done,
                                  struct scope_err *err)
{
    (void)self, (void)err;
    struct timespec until = scope_timespec(until_ns);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    *done = false;
    return SCOPE_OK;
}

static enum scope_code serve(void *self, const struct scope_serve *how,
                             struct scope_err *err)
{
    (void)self, (void)how, (void)err;
    return SCOPE_OK;
}

static enum scope_code render_policy(const void *config, const char *proxy,
                                     const struct scope_route *route,
                                     struct scope_snippets *snippets,
                                     struct scope_err *err)
{
    (void)config, (void)proxy, (void)route, (void)snippets, (void)err;
    return SCOPE_OK;
}

static enum scope_code decorate(const void *config, struct scope_text *headers,
                                struct scope_err *err)
{
    (void)config, (void)headers, (void)err;
    return SCOPE_OK;
}

static enum scope_code verify(const void *config, const char *proxy,
                              const char *address, struct scope_err *err)
{
    (void)config, (void)proxy, (void)address, (void)err;
    return SCOPE_OK;
}

static enum scope_code render_file(const void *config,
                                   const struct scope_route *route,
                                   const struct scope_snippets *snippets,
                                   struct scope_text *file,
                                   struct scope_err *err)
{
    (void)config, (void)route, (void)snippets, (void)file, (void)err;
    return SCOPE_OK;
}

static enum scope_code start_program(const void *config, const char *path,
                                     void **self, struct scope_err *err)
{
    (void)config, (void)path, (void)self, (void)err;
    return SCOPE_OK;
}

static enum scope_code ready(void *self, pid_t *pid, struct scope_err *err)
{
    (void)self, (void)err;
    *pid = 0;
    return SCOPE_OK;
}

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    (void)self, (void)dataset, (void)report, (void)err;
    return SCOPE_OK;
}

#define FILL(ops, op, with)                                                    \
    do {                                                                       \
        if (!(ops)->op)                                                        \
            (ops)->op = (with);                                                \
    } while (0)

static void fill_collector(struct scope_collector_ops *ops)
{
    FILL(ops, probe, probe);
    FILL(ops, open, open_hosted);
    FILL(ops, attach, attach);
    FILL(ops, detach, detach);
    FILL(ops, start, start);
    FILL(ops, sample, sample);
    FILL(ops, stop, end);
    FILL(ops, close, end);
}

static void fill_driver(struct scope_driver_ops *ops)
{
    FILL(ops, probe, probe);
    FILL(ops, open, open_hosted);
    FILL(ops, start, start_load);
    FILL(ops, wait, wait_until);
    FILL(ops, sample, sample);
    FILL(ops, stop, end);
    FILL(ops, close, end);
}

static void fill_backend(struct scope_backend_ops *ops)
{
    FILL(ops, probe, probe);
    FILL(ops, open, open_alone);
    FILL(ops, serve, serve);
    FILL(ops, close, end);
}

static void fill_proxy(struct scope_proxy_ops *ops)
{
    FILL(ops, probe, probe);
    FILL(ops, render, render_file);
    FILL(ops, start, start_program);
    FILL(ops, ready, ready);
    FILL(ops, reload, start);
    FILL(ops, stop, end);
}

static void fill_policy(struct scope_policy_ops *ops)
{
    static const char *const none[] = {NULL};
    FILL(ops, proxies, none);
    FILL(ops, render, render_policy);
    FILL(ops, decorate, decorate);
    FILL(ops, verify, verify);
}

static void fill_analyzer(struct scope_analyzer_ops *ops)
{
    FILL(ops, open, open_alone);
    FILL(ops, run, run);
    FILL(ops, close, end);
}

void scope_plugin_fill_ops(struct scope_loaded *loaded)
{
    const struct scope_plugin *plugin = loaded->plugin;
    switch (plugin->kind) {
    case SCOPE_COLLECTOR:
        loaded->collector = *plugin->collector;
        fill_collector(&loaded->collector);
        break;
    case SCOPE_DRIVER:
        loaded->driver = *plugin->driver;
        fill_driver(&loaded->driver);
        break;
    case SCOPE_BACKEND:
        loaded->backend = *plugin->backend;
        fill_backend(&loaded->backend);
        break;
    case SCOPE_PROXY:
        loaded->proxy = *plugin->proxy;
        fill_proxy(&loaded->proxy);
        break;
    case SCOPE_POLICY:
        loaded->policy = *plugin->policy;
        fill_policy(&loaded->policy);
        break;
    case SCOPE_ANALYZER:
        loaded->analyzer = *plugin->analyzer;
        fill_analyzer(&loaded->analyzer);
        break;
    }
}
