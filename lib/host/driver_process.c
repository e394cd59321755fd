/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent's side of a driver's process: see the header. */
#include "lib/host/driver_process.h"

#include "lib/host/driver_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a driver may take to end after it was asked to. */
#define END_TIMEOUT_MS 3000

struct scope_driver {
    const struct scope_loaded *loaded;
    pid_t pid;
    int control; /* commands to the process */
    int frames;  /* what it reports */
    bool ready, done, reaped;
    struct scope_player player;
    uint64_t *buffer;  /* aligned for frames */
    size_t used, room; /* bytes; room is a multiple of 8 */
};

static enum scope_code read_frames(struct scope_driver *driver,
                                   const struct scope_recorder *recorder,
                                   struct scope_err *err);

/* Waits until the child says READY or fails. */
static enum scope_code await_ready(struct scope_driver *driver,
                                   struct scope_err *err)
{
    while (!driver->ready) {
        struct pollfd fd = {.fd = driver->frames, .events = POLLIN};
        if (poll(&fd, 1, -1) < 0 && errno != EINTR)
            return scope_fail(err, SCOPE_FAILED, errno, "wait for driver %s",
                              driver->loaded->plugin->name);
        enum scope_code code = read_frames(driver, NULL, err);
        if (code != SCOPE_OK)
            return code;
    }
    return SCOPE_OK;
}

enum scope_code scope_driver_spawn(const struct scope_loaded *loaded,
                                   const void *config, unsigned source,
                                   int64_t interval_ns,
                                   struct scope_driver **out,
                                   struct scope_err *err)
{
    int control[2];
    int frames[2];
    const char *name = loaded->plugin->name;
    if (pipe2(control, O_CLOEXEC))
        return scope_fail(err, SCOPE_FAILED, errno, "make a pipe to %s", name);
    if (pipe2(frames, O_CLOEXEC)) {
        int sys = errno;
        close(control[0]);
        close(control[1]);
        return scope_fail(err, SCOPE_FAILED, sys, "make a pipe from %s", name);
    }
    fcntl(frames[0], F_SETPIPE_SZ, 1 << 20); /* a larger one if allowed */
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(control[1]);
        close(frames[0]);
        _exit(scope_driver_child(loaded, config, source, interval_ns, parent,
                                 control[0], frames[1]));
    }
    int sys = errno;
    close(control[0]);
    close(frames[1]);
    if (pid < 0) {
        close(control[1]);
        close(frames[0]);
        return scope_fail(err, SCOPE_FAILED, sys, "fork for driver %s", name);
    }
    fcntl(frames[0], F_SETFL, O_NONBLOCK);
    struct scope_driver *driver = scope_alloc(1, sizeof *driver);
    *driver = (struct scope_driver){.loaded = loaded,
                                    .pid = pid,
                                    .control = control[1],
                                    .frames = frames[0],
                                    .player.source = source,
                                    .room = 64 << 10};
    driver->buffer = scope_alloc(driver->room, 1);
    enum scope_code code = await_ready(driver, err);
    if (code != SCOPE_OK)
        scope_driver_free(driver);
    else
        *out = driver;
    return code;
}

/* The control pipe breaks when the process has died: reading says so. */
static void command(struct scope_driver *driver,
                    const struct scope_driver_command *what)
{
    ssize_t ignored = write(driver->control, what, sizeof *what);
    (void)ignored;
}

void scope_driver_start(struct scope_driver *driver, int64_t start_ns,
                        int64_t warmup_ns, int64_t duration_ns)
{
    command(driver, &(struct scope_driver_command){.start_ns = start_ns,
                                                   .warmup_ns = warmup_ns,
                                                   .duration_ns = duration_ns});
}

void scope_driver_stop(struct scope_driver *driver)
{
    command(driver, &(struct scope_driver_command){.stop = 1});
}

int scope_driver_fd(const struct scope_driver *driver)
{
    return driver->frames;
}

pid_t scope_driver_pid(const struct scope_driver *driver)
{
    return driver->pid;
}

const char *scope_driver_name(const struct scope_driver *driver)
{
    return driver->loaded->plugin->name;
}

/* The pipe ended before DONE. */
static enum scope_code died(struct scope_driver *driver, struct scope_err *err)
{
    int status = 0;
    waitpid(driver->pid, &status, 0);
    driver->reaped = true;
    driver->done = true;
    if (WIFSIGNALED(status))
        return scope_fail(err, SCOPE_FAILED, 0, "driver %s died of signal %d",
                          driver->loaded->plugin->name, WTERMSIG(status));
    return scope_fail(err, SCOPE_FAILED, 0,
                      "driver %s ended before its work was done (status %d)",
                      driver->loaded->plugin->name, WEXITSTATUS(status));
}

static enum scope_code take_frame(struct scope_driver *driver,
                                  const struct scope_frame *frame,
                                  const struct scope_recorder *recorder,
                                  struct scope_err *err)
{
    switch (frame->kind) {
    case SCOPE_FRAME_READY:
        driver->ready = true;
        return SCOPE_OK;
    case SCOPE_FRAME_DONE:
        driver->done = true;
        return SCOPE_OK;
    case SCOPE_FRAME_ERROR:
        driver->done = true;
        if (scope_frame_error(frame, err) != SCOPE_OK)
            return scope_prefix(err, "driver %s", driver->loaded->plugin->name);
        return SCOPE_FAILED;
    default:
        if (!recorder)
            return scope_fail(err, SCOPE_CORRUPT, 0,
                              "driver %s reports before it is ready",
                              driver->loaded->plugin->name);
        return scope_frame_play(&driver->player, frame, recorder, err);
    }
}

/* Plays the whole frames in the buffer and keeps the rest. */
static enum scope_code play_buffer(struct scope_driver *driver,
                                   const struct scope_recorder *recorder,
                                   struct scope_err *err)
{
    size_t at = 0;
    enum scope_code code = SCOPE_OK;
    while (code == SCOPE_OK &&
           driver->used - at >= sizeof(struct scope_frame)) {
        const void *bytes = (const char *)driver->buffer + at;
        const struct scope_frame *frame = bytes;
        if (frame->size < sizeof *frame || frame->size % 8 ||
            frame->size > SCOPE_FRAME_MAX)
            return scope_fail(
                err, SCOPE_CORRUPT, 0, "driver %s sent a frame of %u bytes",
                driver->loaded->plugin->name, (unsigned)frame->size);
        if (frame->size > driver->room) {
            driver->room = ((size_t)frame->size + 0xffff) & ~(size_t)0xffff;
            driver->buffer = scope_realloc(driver->buffer, driver->room, 1);
            break;
        }
        if (driver->used - at < frame->size)
            break;
        at += frame->size;
        code = take_frame(driver, frame, recorder, err);
    }
    memmove(driver->buffer, (char *)driver->buffer + at, driver->used - at);
    driver->used -= at;
    return code;
}

static enum scope_code read_frames(struct scope_driver *driver,
                                   const struct scope_recorder *recorder,
                                   struct scope_err *err)
{
    while (!driver->done) {
        ssize_t got =
            read(driver->frames, (char *)driver->buffer + driver->used,
                 driver->room - driver->used);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return SCOPE_OK;
        if (got < 0)
            return scope_fail(err, SCOPE_IO, errno, "read from driver %s",
                              driver->loaded->plugin->name);
        if (got == 0)
            return died(driver, err);
        driver->used += (size_t)got;
        enum scope_code code = play_buffer(driver, recorder, err);
        if (code != SCOPE_OK)
            return code;
        if (!recorder && driver->ready)
            return SCOPE_OK;
    }
    return SCOPE_OK;
}

enum scope_code scope_driver_read(struct scope_driver *driver,
                                  const struct scope_recorder *recorder,
                                  bool *done, struct scope_err *err)
{
    enum scope_code code = read_frames(driver, recorder, err);
    *done = driver->done;
    return code;
}

void scope_driver_free(struct scope_driver *driver)
{
    if (!driver)
        return;
    /* It reads the end of its control pipe as the wish to end. */
    close(driver->control);
    for (int waited = 0; !driver->reaped; waited += 10) {
        if (waitpid(driver->pid, NULL, WNOHANG) != 0)
            break;
        if (waited >= END_TIMEOUT_MS) {
            kill(driver->pid, SIGKILL);
            waitpid(driver->pid, NULL, 0);
            break;
        }
        char rest[4096]; /* so that it is not stuck in a full pipe */
        while (read(driver->frames, rest, sizeof rest) > 0)
            continue;
        usleep(10000);
    }
    close(driver->frames);
    scope_player_free(&driver->player);
    free(driver->buffer);
    free(driver);
}
