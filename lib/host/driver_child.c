/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The inside of a driver's process: the driver's own threads make the load;
 * this one waits, takes a sweep at every interval and listens for the end.
 */
#include "lib/host/driver_child.h"

#include "lib/base/clock.h"
#include "lib/host/sink.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The longest it waits before it looks for a command again. */
#define LISTEN_NS (20 * NS_PER_MS)

struct child {
    const struct scope_loaded *loaded;
    void *self;
    struct scope_sink *sink;
    struct scope_text frame; /* for states */
    int64_t interval_ns;
    int control, frames;
};

static bool write_all(void *closure, const void *bytes, size_t size)
{
    struct child *child = closure;
    const char *at = bytes;
    while (size) {
        ssize_t put = write(child->frames, at, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        size -= (size_t)put;
    }
    return true;
}

static void tell(struct child *child, enum scope_frame_kind kind,
                 const struct scope_err *err)
{
    scope_frame_state(&child->frame, kind, err);
    write_all(child, child->frame.bytes, child->frame.length);
}

/* The next command; false after timeout_ms, and a stop when the host is gone.
 */
static bool listen_for(struct child *child, int timeout_ms,
                       struct scope_driver_command *command)
{
    struct pollfd fd = {.fd = child->control, .events = POLLIN};
    if (poll(&fd, 1, timeout_ms) <= 0)
        return false;
    /* Commands are smaller than PIPE_BUF, so they arrive whole. */
    if (read(child->control, command, sizeof *command) != sizeof *command)
        *command = (struct scope_driver_command){.stop = 1};
    return true;
}

static enum scope_code take_sweep(struct child *child, int64_t now_ns,
                                  struct scope_err *err)
{
    scope_sink_begin(child->sink, now_ns);
    enum scope_code code =
        child->loaded->driver.sample(child->self, child->sink, err);
    scope_sink_end(child->sink);
    return code;
}

/* The next tick, or none when it would be near the planned end: that is left
 * to the last sweep, as the rates of two sweeps a moment apart say nothing. */
static int64_t tick_after(const struct child *child, int64_t tick_ns,
                          int64_t now_ns, int64_t end_ns)
{
    int64_t missed =
        now_ns > tick_ns ? (now_ns - tick_ns) / child->interval_ns : 0;
    tick_ns += (missed + 1) * child->interval_ns;
    return end_ns && tick_ns > end_ns - child->interval_ns / 2 ? INT64_MAX
                                                               : tick_ns;
}

static enum scope_code drive(struct child *child, int64_t start_ns,
                             int64_t warmup_ns, int64_t end_ns,
                             struct scope_err *err)
{
    const struct scope_driver_ops *ops = &child->loaded->driver;
    bool done = false;
    int64_t ended_ns = 0; /* by itself */
    enum scope_code code = SCOPE_OK;
    /* Such that one tick is where the warm-up ends. */
    int64_t part_ns = warmup_ns % child->interval_ns;
    int64_t next_ns = part_ns ? start_ns + part_ns
                              : tick_after(child, start_ns, start_ns, end_ns);
    while (code == SCOPE_OK && !done) {
        struct scope_driver_command command;
        int64_t now_ns = scope_now_ns();
        int64_t until_ns =
            next_ns < now_ns + LISTEN_NS ? next_ns : now_ns + LISTEN_NS;
        code = ops->wait(child->self, until_ns, &done, err);
        if (done)
            ended_ns = scope_now_ns();
        if (code == SCOPE_OK && listen_for(child, 0, &command))
            done = done || command.stop;
        now_ns = scope_now_ns();
        if (code == SCOPE_OK && !done && now_ns >= next_ns) {
            code = take_sweep(child, now_ns, err);
            next_ns = tick_after(child, next_ns, now_ns, end_ns);
        }
    }
    ops->stop(child->self);
    struct scope_err *last_err = code == SCOPE_OK ? err : NULL;
    /* What was done until the load had ended was not done in the time that its
     * threads took to go. */
    int64_t now_ns = ended_ns ? ended_ns : scope_now_ns();
    enum scope_code last =
        take_sweep(child, now_ns > start_ns ? now_ns : start_ns + 1, last_err);
    return code == SCOPE_OK ? last : code;
}

static enum scope_code work(struct child *child, struct scope_err *err)
{
    struct scope_driver_command command;
    while (!listen_for(child, -1, &command))
        continue;
    if (command.stop)
        return SCOPE_OK;
    /* All counters at their start, whenever the first request goes out. */
    enum scope_code code = take_sweep(child, command.start_ns, err);
    if (code == SCOPE_OK)
        code = child->loaded->driver.start(child->self, command.start_ns,
                                           command.duration_ns, err);
    int64_t end_ns =
        command.duration_ns ? command.start_ns + command.duration_ns : 0;
    return code == SCOPE_OK
               ? drive(child, command.start_ns, command.warmup_ns, end_ns, err)
               : code;
}

int scope_driver_child(const struct scope_loaded *loaded, const void *config,
                       unsigned source, int64_t interval_ns, pid_t parent,
                       int control, int frames)
{
    struct child child = {.loaded = loaded,
                          .interval_ns = interval_ns,
                          .control = control,
                          .frames = frames};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return 1; /* it died before the line above */
    prctl(PR_SET_NAME, "scope-drive");
    prctl(PR_SET_TIMERSLACK, 1UL);
    /* The host decides when the load ends, not the terminal. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    struct scope_err err = {0};
    struct scope_host host;
    scope_host_init(&host, loaded->plugin->metrics, interval_ns);
    enum scope_code code =
        loaded->driver.open(config, &host, &child.self, &err);
    if (code == SCOPE_OK) {
        child.sink = scope_sink_new(
            source, &host,
            (struct scope_outlet){.closure = &child, .put = write_all});
        scope_sink_from_zero(child.sink);
        tell(&child, SCOPE_FRAME_READY, NULL);
        code = work(&child, &err);
        loaded->driver.close(child.self);
    }
    tell(&child, code == SCOPE_OK ? SCOPE_FRAME_DONE : SCOPE_FRAME_ERROR, &err);
    scope_sink_free(child.sink);
    scope_host_free(&host);
    scope_text_free(&child.frame);
    return code == SCOPE_OK ? 0 : 1;
}
