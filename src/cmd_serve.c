/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope serve: a backend that answers until it is told to stop. */
#include "src/command.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct config {
    const char *listen;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_STRING(struct config, listen, "listen", .letter = 'l',
                        .value = "ADDRESS:PORT", .fallback = "127.0.0.1:0",
                        .help = "where to answer; port 0: any free one"),
    SCOPE_OPTION_END,
};

static void print_bound(const struct scope_serve *serve, const char *bound)
{
    (void)serve;
    printf("%s\n", bound);
    fflush(stdout);
}

/* Waits for a signal to end and tells the backend through its descriptor. */
struct watcher {
    sigset_t signals;
    int stop_fd;
};

static void *watch(void *closure)
{
    struct watcher *watcher = closure;
    int got = 0;
    sigwait(&watcher->signals, &got);
    uint64_t one = 1;
    while (write(watcher->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    return NULL;
}

static enum scope_code serve(const struct config *config,
                             const struct scope_backend_ops *ops, void *self,
                             struct scope_err *err)
{
    struct watcher watcher = {.stop_fd = eventfd(0, EFD_CLOEXEC)};
    if (watcher.stop_fd < 0)
        return scope_fail(err, SCOPE_FAILED, errno, "make an eventfd");
    sigemptyset(&watcher.signals);
    sigaddset(&watcher.signals, SIGINT);
    sigaddset(&watcher.signals, SIGTERM);
    /* Blocked before any thread starts, so that only the watcher hears them. */
    pthread_sigmask(SIG_BLOCK, &watcher.signals, NULL);
    pthread_t thread;
    enum scope_code code;
    int sys = pthread_create(&thread, NULL, watch, &watcher);
    if (sys) {
        code = scope_fail(err, SCOPE_FAILED, sys, "start a thread");
        goto out;
    }
    const struct scope_serve how = {
        .listen = config->listen,
        .stop_fd = watcher.stop_fd,
        .ready = print_bound,
    };
    code = ops->serve(self, &how, err);
    /* A backend that ended by itself leaves the watcher waiting. */
    pthread_kill(thread, SIGTERM);
    pthread_join(thread, NULL);
out:
    close(watcher.stop_fd);
    return code;
}

static enum scope_code run_plugin(const void *config,
                                  const struct scope_pick *pick, int argc,
                                  char **argv, struct scope_err *err)
{
    const struct scope_backend_ops *ops = &pick->loaded->backend;
    const void *settings = scope_settings_config(pick->settings);
    void *self = NULL;
    if (argc) {
        scope_fail(err, SCOPE_USAGE, 0, "unexpected operand '%s'", argv[0]);
        return scope_hint(err, "see scope help serve");
    }
    enum scope_code code = ops->probe(settings, err);
    if (!code)
        code = ops->open(settings, &self, err);
    if (code) {
        scope_prefix(err, "%s", pick->loaded->plugin->name);
        return code;
    }
    code = serve(config, ops, self, err);
    ops->close(self);
    return code;
}

const struct scope_command scope_cmd_serve = {
    .name = "serve",
    .operands = "",
    .summary = "runs a backend: what answers behind a proxy",
    .about = "Prints the bound address on standard output when it is ready, "
             "and answers until SIGINT or SIGTERM.",
    .options = options,
    .config_size = sizeof(struct config),
    .plugin = SCOPE_BACKEND,
    .run_plugin = run_plugin,
};
