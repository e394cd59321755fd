/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The backend's threads and ports, from the first to the last. */
#include "plugins/backends/tcp/server.h"

#include "lib/net/pin.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The first server's address; the others have the ports that follow, or any
 * free ones. */
static enum scope_code find_address(const char *listen, size_t number,
                                    char address[SCOPE_LISTEN_TEXT],
                                    struct scope_err *err)
{
    const char *colon = strrchr(listen, ':');
    char *end;
    if (number == 0 || !colon || strcmp(colon, ":0") == 0) {
        snprintf(address, SCOPE_LISTEN_TEXT, "%s", listen);
        return SCOPE_OK;
    }
    unsigned long port = strtoul(colon + 1, &end, 10) + number;
    if (*end || port > 65535)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "listen to %s: server %zu of the scenario has no "
                          "port there",
                          listen, number);
    snprintf(address, SCOPE_LISTEN_TEXT, "%.*s:%lu", (int)(colon - listen),
             listen, port);
    return SCOPE_OK;
}

static enum scope_code listen_all(struct server *server, const char *listen,
                                  struct scope_err *err)
{
    for (size_t i = 0; i < server->port_count; i++) {
        struct port *port = &server->ports[i];
        char address[SCOPE_LISTEN_TEXT];
        enum scope_code code = find_address(listen, i, address, err);
        if (code == SCOPE_OK)
            code = scope_listen(address, server->count, port->fds, port->bound,
                                err);
        if (code != SCOPE_OK)
            return code;
    }
    return SCOPE_OK;
}

static void unlisten(struct server *server)
{
    for (size_t i = 0; i < server->port_count; i++)
        for (size_t j = 0; j < server->count; j++) {
            if (server->ports[i].fds[j] >= 0)
                close(server->ports[i].fds[j]);
            server->ports[i].fds[j] = -1;
        }
}

static enum scope_code open_thread(struct server *server, unsigned index,
                                   const struct scope_pins *pins,
                                   struct scope_err *err)
{
    struct thread *thread = &server->threads[index];
    *thread = (struct thread){
        .server = server,
        .index = index,
        .cpu = scope_pins_cpu(pins, index),
        .buffer = scope_alloc(BUFFER_SIZE, 1),
        .listeners = scope_alloc(server->port_count, sizeof(struct listener)),
    };
    TAILQ_INIT(&thread->beginning);
    TAILQ_INIT(&thread->others);
    TAILQ_INIT(&thread->round);
    if (server->options.scenario)
        thread->stage = scope_stage_new(&server->scenario, server->multiplex,
                                        &peer_hooks, thread);
    enum scope_code code = scope_loop_open(&thread->loop, err);
    for (size_t i = 0; code == SCOPE_OK && i < server->port_count; i++) {
        struct listener *listener = &thread->listeners[i];
        listener->source.listener = listener;
        listener->thread = thread;
        listener->port = &server->ports[i];
        listener->fd = server->ports[i].fds[index];
        int error = scope_loop_watch(&thread->loop, listener->fd, listener);
        if (error)
            code = scope_fail(err, SCOPE_FAILED, error, "epoll_ctl");
    }
    return code;
}

static void close_thread(struct thread *thread)
{
    scope_stage_free(thread->stage);
    scope_loop_close(&thread->loop);
    free(thread->listeners);
    free(thread->buffer);
}

static enum scope_code start(struct thread *thread, struct scope_err *err)
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
        error = pthread_create(&thread->id, &attributes, thread_run, thread);
    pthread_attr_destroy(&attributes);
    return error ? scope_fail(err, SCOPE_FAILED, error, "start a thread")
                 : SCOPE_OK;
}

static enum scope_code wait_for_stop(const struct server *server,
                                     const struct scope_serve *serve,
                                     struct scope_err *err)
{
    struct pollfd stop = {.fd = serve->stop_fd, .events = POLLIN};
    char *all = scope_strdup(server->ports[0].bound);
    for (size_t i = 1; i < server->port_count; i++) {
        char *more = scope_format("%s,%s", all, server->ports[i].bound);
        free(all);
        all = more;
    }
    serve->ready(serve, all);
    free(all);
    while (poll(&stop, 1, -1) < 0)
        if (errno != EINTR)
            return scope_fail(err, SCOPE_FAILED, errno, "poll");
    return SCOPE_OK;
}

static enum scope_code run(struct server *server,
                           const struct scope_serve *serve,
                           struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    size_t started = 0;
    atomic_store(&server->stopping, false);
    while (code == SCOPE_OK && started < server->count) {
        code = start(&server->threads[started], err);
        if (code == SCOPE_OK)
            started++;
    }
    if (code == SCOPE_OK)
        code = wait_for_stop(server, serve, err);
    atomic_store(&server->stopping, true);
    for (size_t i = 0; i < started; i++)
        scope_loop_wake(&server->threads[i].loop);
    for (size_t i = 0; i < started; i++)
        pthread_join(server->threads[i].id, NULL);
    return code;
}

enum scope_code server_serve(void *self, const struct scope_serve *serve,
                             struct scope_err *err)
{
    struct server *server = self;
    struct scope_pins pins;
    unsigned opened = 0;
    enum scope_code code = scope_pins_parse(&pins, &server->options.cpus, err);
    if (code == SCOPE_OK)
        code = listen_all(server, serve->listen, err);
    while (code == SCOPE_OK && opened < server->count)
        code = open_thread(server, opened++, &pins, err);
    if (code == SCOPE_OK)
        code = run(server, serve, err);
    while (opened)
        close_thread(&server->threads[--opened]);
    unlisten(server);
    return code;
}
