/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The HTTP server: its threads, their ports, and what they share. */
#include "lib/net/httpd_inside.h"

#include "lib/net/files.h"
#include "lib/net/listen.h"

#include <errno.h>
#include <poll.h>
#include <scope/alloc.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

const char *const scope_httpd_protocols[] = {
    [SCOPE_HTTPD_AUTO] = "auto",
    [SCOPE_HTTPD_HTTP1] = "http1",
    [SCOPE_HTTPD_HTTP2] = "http2",
    NULL,
};

const struct scope_httpd_field *
scope_httpd_field(const struct scope_httpd_request *request, const char *name)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (scope_httpd_is(request->fields[i].name,
                           request->fields[i].name_size, name))
            return &request->fields[i];
    return NULL;
}

bool scope_httpd_is(const char *bytes, size_t size, const char *word)
{
    return strncmp(word, bytes, size) == 0 && !word[size];
}

static enum scope_code open_tls(struct scope_httpd *httpd,
                                struct scope_err *err)
{
    static const char *const all[] = {"h2", "http/1.1", NULL};
    const struct scope_httpd_options *options = &httpd->options;
    const char *const first[] = {all[0], NULL};
    bool both = httpd_http2_there() && options->protocol == SCOPE_HTTPD_AUTO;
    if (options->protocol == SCOPE_HTTPD_HTTP2 && !httpd_http2_there()) {
        scope_fail(err, SCOPE_UNAVAILABLE, 0,
                   "this scope was built without HTTP/2");
        return scope_hint(err,
                          "install libnghttp2-dev, configure and build again");
    }
    if (!options->certificate) {
        const char *alone = options->key         ? "tls-key"
                            : options->client_ca ? "tls-client-ca"
                                                 : NULL;
        return alone ? scope_fail(err, SCOPE_USAGE, 0, "%s without tls-cert",
                                  alone)
                     : SCOPE_OK;
    }
    return scope_tls_server(&httpd->tls, options->certificate, options->key,
                            options->client_ca,
                            both                                     ? all
                            : options->protocol == SCOPE_HTTPD_HTTP2 ? first
                                                                     : all + 1,
                            err);
}

/* Room for what was asked for; else all that we can have. */
static enum scope_code reserve_files(const struct scope_httpd_options *options,
                                     struct scope_err *err)
{
    if (options->connections)
        return scope_files_reserve((uint64_t)options->connections, err);
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return scope_fail(err, SCOPE_FAILED, errno, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        return scope_fail(err, SCOPE_FAILED, errno, "setrlimit");
    return SCOPE_OK;
}

static struct httpd_thread *thread_new(struct scope_httpd *httpd,
                                       unsigned index,
                                       const struct scope_pins *pins)
{
    struct httpd_thread *thread = scope_alloc(1, sizeof *thread);
    thread->httpd = httpd;
    thread->index = index;
    thread->cpu = scope_pins_cpu(pins, index);
    thread->listen_fd = -1;
    thread->loop.epoll_fd = thread->loop.wake_fd = -1;
    thread->accept_ns = INT64_MAX;
    TAILQ_INIT(&thread->round);
    for (unsigned i = 0; i < HTTPD_SLOTS; i++)
        LIST_INIT(&thread->slots[i]);
    thread->own = scope_alloc(1, httpd->handler->thread_size + 1);
    if (httpd->handler->thread_open)
        httpd->handler->thread_open(httpd->closure, thread->own, index);
    return thread;
}

enum scope_code scope_httpd_open(struct scope_httpd **made,
                                 const struct scope_httpd_options *options,
                                 const struct scope_httpd_handler *handler,
                                 void *closure, struct scope_err *err)
{
    struct scope_httpd *httpd = scope_alloc(1, sizeof *httpd);
    struct scope_pins pins = {0};
    *made = NULL;
    httpd->options = *options;
    httpd->handler = handler;
    httpd->closure = closure;
    enum scope_code code = scope_pins_parse(&pins, &options->cpus, err);
    if (!code)
        code = open_tls(httpd, err);
    if (!code)
        code = reserve_files(options, err);
    if (code) {
        scope_httpd_close(httpd);
        return code;
    }
    httpd->filling = scope_alloc(HTTPD_FILLING, 1);
    memset(httpd->filling, 'x', HTTPD_FILLING);
    httpd->count = (size_t)options->threads;
    httpd->threads = scope_alloc(httpd->count, sizeof *httpd->threads);
    for (size_t i = 0; i < httpd->count; i++)
        httpd->threads[i] = thread_new(httpd, (unsigned)i, &pins);
    *made = httpd;
    return SCOPE_OK;
}

void scope_httpd_close(struct scope_httpd *httpd)
{
    if (!httpd)
        return;
    for (size_t i = 0; i < httpd->count; i++) {
        struct httpd_thread *thread = httpd->threads[i];
        if (httpd->handler->thread_close)
            httpd->handler->thread_close(httpd->closure, thread->own);
        scope_dues_free(&thread->dues);
        free(thread->own);
        free(thread);
    }
    scope_tls_free(httpd->tls);
    free(httpd->threads);
    free(httpd->filling);
    free(httpd);
}

void *scope_httpd_own(const struct scope_httpd *httpd, unsigned thread)
{
    return httpd->threads[thread]->own;
}

/* --- serving ---------------------------------------------------------------
 */

static enum scope_code open_loops(struct scope_httpd *httpd, const int *fds,
                                  struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; !code && i < httpd->count; i++) {
        struct httpd_thread *thread = httpd->threads[i];
        thread->listen_fd = fds[i];
        code = scope_loop_open(&thread->loop, err);
        int error = code ? 0 : scope_loop_watch(&thread->loop, fds[i], thread);
        if (error)
            code = scope_fail(err, SCOPE_FAILED, error, "epoll_ctl");
    }
    return code;
}

static enum scope_code start(struct httpd_thread *thread, struct scope_err *err)
{
    pthread_attr_t attributes;
    cpu_set_t cpus;
    int error = pthread_attr_init(&attributes);
    if (!error && thread->cpu >= 0) {
        CPU_ZERO(&cpus);
        CPU_SET((size_t)thread->cpu, &cpus);
        error = pthread_attr_setaffinity_np(&attributes, sizeof cpus, &cpus);
    }
    if (!error)
        error =
            pthread_create(&thread->id, &attributes, httpd_thread_run, thread);
    pthread_attr_destroy(&attributes);
    return error ? scope_fail(err, SCOPE_FAILED, error, "start a thread")
                 : SCOPE_OK;
}

static enum scope_code wait_for_stop(const struct scope_serve *serve,
                                     const char *bound, struct scope_err *err)
{
    struct pollfd stop = {.fd = serve->stop_fd, .events = POLLIN};
    serve->ready(serve, bound);
    while (poll(&stop, 1, -1) < 0)
        if (errno != EINTR)
            return scope_fail(err, SCOPE_FAILED, errno, "poll");
    return SCOPE_OK;
}

static enum scope_code run(struct scope_httpd *httpd,
                           const struct scope_serve *serve, const char *bound,
                           struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    size_t started = 0;
    atomic_store(&httpd->stopping, false);
    while (!code && started < httpd->count) {
        code = start(httpd->threads[started], err);
        if (!code)
            started++;
    }
    if (!code)
        code = wait_for_stop(serve, bound, err);
    atomic_store(&httpd->stopping, true);
    for (size_t i = 0; i < started; i++)
        scope_loop_wake(&httpd->threads[i]->loop);
    for (size_t i = 0; i < started; i++)
        pthread_join(httpd->threads[i]->id, NULL);
    return code;
}

enum scope_code scope_httpd_serve(struct scope_httpd *httpd,
                                  const struct scope_serve *serve,
                                  struct scope_err *err)
{
    char bound[SCOPE_LISTEN_TEXT];
    int *fds = scope_alloc(httpd->count, sizeof *fds);
    enum scope_code code =
        scope_listen(serve->listen, httpd->count, fds, bound, err);
    if (!code) {
        code = open_loops(httpd, fds, err);
        if (!code)
            code = run(httpd, serve, bound, err);
        for (size_t i = 0; i < httpd->count; i++) {
            scope_loop_close(&httpd->threads[i]->loop);
            close(fds[i]);
        }
    }
    free(fds);
    return code;
}
