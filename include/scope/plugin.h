/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin contract. A plugin is a shared object that exports one const
 * symbol, scope_plugin, written with SCOPE_PLUGIN(...). Its file is
 * <name>.so. It includes only <scope/...> and libc (and its own libraries);
 * the functions declared SCOPE_API come from the program that loads it.
 *
 * Every op may be absent: it is then a no-op that succeeds. Ops get the
 * plugin's own state `self`, made by open and freed by close; close is called
 * once for every open that succeeded. Ops of one plugin instance are never
 * called concurrently, but may be called from different threads.
 *
 * probe answers, without side effects, whether the plugin can work here: OK,
 * or SCOPE_UNAVAILABLE or SCOPE_PERM with the reason and, as the hint, what
 * would enable it. It is also asked with nothing configured: every option has
 * its default then, and those that have none, required ones too, are unset.
 */
#ifndef SCOPE_PLUGIN_H
#define SCOPE_PLUGIN_H

#include <scope/alloc.h>
#include <scope/err.h>
#include <scope/hist.h>
#include <scope/metric.h>
#include <scope/option.h>
#include <scope/sink.h>
#include <scope/target.h>
#include <stdbool.h>
#include <stdint.h>

/* Raised whenever a struct or the meaning of an op here changes. */
#define SCOPE_ABI 1

enum scope_kind {
    SCOPE_COLLECTOR = 1,
    SCOPE_DRIVER,
    SCOPE_BACKEND,
    SCOPE_PROXY,
    SCOPE_POLICY,
    SCOPE_ANALYZER,
};

/* What the host offers while a plugin opens; valid during open only. */
struct scope_host;

/* Declares a metric that only open can know; returns its index for emit. The
 * row and its strings are copied. */
SCOPE_API unsigned scope_metric_add(struct scope_host *host,
                                    const struct scope_metric *metric);
/* The interval between sweeps. */
SCOPE_API int64_t scope_host_interval_ns(const struct scope_host *host);

/* CLOCK_MONOTONIC, the one clock of the store. */
SCOPE_API int64_t scope_now_ns(void);

/*
 * collector: samples metrics of targets. Each runs in a thread of its own:
 * open, attach for every target, start, then sample at every interval with
 * attach and detach in between, stop, close.
 */
struct scope_collector_ops {
    unsigned targets; /* SCOPE_TARGETS_* it wants to hear of */
    /* Its counts outlive their targets: it is sampled once more when the
     * collection ends between two ticks, so that nothing is left out. */
    bool last_sweep;
    /* Its counters begin at 0 when their target is attached: one that appears
     * in a later sweep is given a 0 just before, so that its first step counts.
     */
    bool from_zero;
    enum scope_code (*probe)(const void *config, struct scope_err *err);
    enum scope_code (*open)(const void *config, struct scope_host *host,
                            void **self, struct scope_err *err);
    /* SCOPE_NOT_FOUND: the target is gone already, nobody's fault. Another
     * error becomes a warning event; the target is then not detached. */
    enum scope_code (*attach)(void *self, const struct scope_target *target,
                              struct scope_sink *sink, struct scope_err *err);
    void (*detach)(void *self, const struct scope_target *target);
    enum scope_code (*start)(void *self, struct scope_err *err);
    /* Reads everything and emits it. Must not allocate, lock or print. An
     * error loses what was not emitted yet, and is counted. */
    enum scope_code (*sample)(void *self, struct scope_sink *sink,
                              struct scope_err *err);
    void (*stop)(void *self);
    void (*close)(void *self);
};

/*
 * driver: generates load, in a process of its own. Its first metrics are the
 * rows of <scope/load.h>, in that order. start must not block; wait returns at
 * until_ns or earlier with *done when the load has ended by itself; sample
 * emits what happened since the last one, at first, before start, nothing; stop
 * ends the load and waits for what is outstanding, at most a second.
 */
struct scope_driver_ops {
    enum scope_code (*probe)(const void *config, struct scope_err *err);
    enum scope_code (*open)(const void *config, struct scope_host *host,
                            void **self, struct scope_err *err);
    /* The first request is intended at start_ns; duration_ns 0: until stop */
    enum scope_code (*start)(void *self, int64_t start_ns, int64_t duration_ns,
                             struct scope_err *err);
    enum scope_code (*wait)(void *self, int64_t until_ns, bool *done,
                            struct scope_err *err);
    enum scope_code (*sample)(void *self, struct scope_sink *sink,
                              struct scope_err *err);
    void (*stop)(void *self);
    void (*close)(void *self);
};

/* How a backend is asked to serve. */
struct scope_serve {
    const char *listen; /* "ADDRESS:PORT", port 0: any free one */
    int stop_fd;        /* readable when serve must return */
    /* To be called once, with the bound "ADDRESS:PORT", when ready. */
    void (*ready)(const struct scope_serve *serve, const char *bound);
};

/* backend: answers load, in a process of its own. */
struct scope_backend_ops {
    enum scope_code (*probe)(const void *config, struct scope_err *err);
    enum scope_code (*open)(const void *config, void **self,
                            struct scope_err *err);
    enum scope_code (*serve)(void *self, const struct scope_serve *serve,
                             struct scope_err *err);
    void (*close)(void *self);
};

/* A text that grows; owned by the host. */
struct scope_text;
SCOPE_API void scope_text_add(struct scope_text *text, const char *fmt, ...)
    SCOPE_PRINTF(2, 3);

/* The way a request takes through a proxy. */
struct scope_route {
    const char *protocol;         /* "http", "http2", "tcp", "mysql", "pgsql" */
    const char *listen;           /* "ADDRESS:PORT" */
    const char *const *upstreams; /* "ADDRESS:PORT", NULL at the end */
    const char *certificate;      /* PEM with key: TLS is terminated; or NULL */
    int64_t workers;
};

/* What a policy adds to a proxy's configuration, by the place it goes to. Each
 * proxy documents its places ("http-request", "server", "listener", ...). */
struct scope_snippets;
SCOPE_API struct scope_text *scope_snippet(struct scope_snippets *snippets,
                                           const char *place);
/* What was put there, "" when nothing. */
SCOPE_API const char *scope_snippet_text(const struct scope_snippets *snippets,
                                         const char *place);

/* policy: one filter policy, rendered for each proxy that supports it. */
struct scope_policy_ops {
    const char *const *proxies; /* names it can render for, NULL at the end */
    /* SCOPE_UNAVAILABLE: not possible on this proxy, with the reason. */
    enum scope_code (*render)(const void *config, const char *proxy,
                              const struct scope_route *route,
                              struct scope_snippets *snippets,
                              struct scope_err *err);
    /* The headers ("Name: value\r\n") that a request must carry to be treated
     * as the policy means it. */
    enum scope_code (*decorate)(const void *config, struct scope_text *headers,
                                struct scope_err *err);
    /* Proves with requests to address that the policy acts; SCOPE_PARTIAL
     * with what was wrong when it does not. */
    enum scope_code (*verify)(const void *config, const char *proxy,
                              const char *address, struct scope_err *err);
};

/* proxy: knows one sidecar program. */
struct scope_proxy_ops {
    enum scope_code (*probe)(const void *config, struct scope_err *err);
    /* The whole configuration file. */
    enum scope_code (*render)(const void *config,
                              const struct scope_route *route,
                              const struct scope_snippets *snippets,
                              struct scope_text *file, struct scope_err *err);
    /* Checks and starts the program on the rendered file at path, in the
     * folder of its own that path lies in. */
    enum scope_code (*start)(const void *config, const char *path, void **self,
                             struct scope_err *err);
    /* OK when it serves; SCOPE_BUSY: ask again; else it never will. */
    enum scope_code (*ready)(void *self, pid_t *pid, struct scope_err *err);
    enum scope_code (*reload)(void *self, struct scope_err *err);
    void (*stop)(void *self);
};

struct scope_dataset;
struct scope_report;

/* analyzer: reads trials (<scope/dataset.h>) and makes tables and plots
 * (<scope/report.h>). */
struct scope_analyzer_ops {
    enum scope_code (*open)(const void *config, void **self,
                            struct scope_err *err);
    /* SCOPE_PARTIAL: made what the data allow; the report says what not. */
    enum scope_code (*run)(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err);
    void (*close)(void *self);
};

struct scope_plugin {
    uint32_t abi;  /* set by SCOPE_PLUGIN */
    uint32_t size; /* set by SCOPE_PLUGIN: sizeof(struct scope_plugin) */
    enum scope_kind kind;
    const char *name;    /* = file stem: lower case, digits, '_' */
    const char *summary; /* one line, no full stop */
    const char *version;
    const struct scope_option *options; /* or NULL */
    size_t config_size;                 /* of the struct the options fill */
    const struct scope_metric *metrics; /* or NULL */
    union {                             /* by kind */
        const struct scope_collector_ops *collector;
        const struct scope_driver_ops *driver;
        const struct scope_backend_ops *backend;
        const struct scope_proxy_ops *proxy;
        const struct scope_policy_ops *policy;
        const struct scope_analyzer_ops *analyzer;
    };
};

#define SCOPE_PLUGIN(...)                                                      \
    __attribute__((visibility("default")))                                     \
    const struct scope_plugin scope_plugin = {                                 \
        .abi = SCOPE_ABI, .size = sizeof(struct scope_plugin), __VA_ARGS__}

extern const struct scope_plugin scope_plugin;

#endif
