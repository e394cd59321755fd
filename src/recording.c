/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording thread: from frames to rows of the store. */
#include "src/recording.h"

#include "lib/base/clock.h"
#include "lib/host/queue.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <scope/load.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Twice a second, so that a kill loses less than one. */
#define COMMIT_NS (500 * NS_PER_MS)
#define CLOCK_PAIR_NS (60 * NS_PER_S)
#define TURN_MS 50
#define QUEUE_SIZE (1U << 20)

struct found {
    const struct scope_target *target;
    int64_t time_ns;
};

struct driver_state {
    struct scope_driver *driver;
    bool done;
};

struct recording {
    struct scope_writer *writer;
    struct scope_sampler *sampler;
    struct scope_recorder recorder;
    struct scope_queue *own; /* the session's frames */
    struct scope_player own_player;
    struct driver_state *drivers;
    size_t driver_count;
    struct driver_state *reading; /* whose frames are being played */
    struct live *live;
    int wake_fd, stop_fd;
    pthread_t thread;
    bool running;
    uint32_t known_target; /* the highest id in the store */

    pthread_mutex_t lock;
    struct found *found;
    size_t found_count, found_room;
    struct recording_state state;
    struct scope_err err, driver_err;
    atomic_bool stopping;
};

static void wake(int fd)
{
    uint64_t one = 1;
    ssize_t ignored = write(fd, &one, sizeof one);
    (void)ignored;
}

/* Writes the targets announced so far, in the order of their ids. */
static enum scope_code write_targets(struct recording *recording,
                                     struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    pthread_mutex_lock(&recording->lock);
    for (size_t i = 0; i < recording->found_count && code == SCOPE_OK; i++) {
        code =
            scope_writer_target(recording->writer, recording->found[i].target,
                                recording->found[i].time_ns, err);
        recording->known_target = recording->found[i].target->id;
    }
    recording->found_count = 0;
    pthread_mutex_unlock(&recording->lock);
    return code;
}

static enum scope_code know_target(struct recording *recording, uint32_t target,
                                   struct scope_err *err)
{
    return target > recording->known_target ? write_targets(recording, err)
                                            : SCOPE_OK;
}

static size_t reading_index(const struct recording *recording)
{
    return (size_t)(recording->reading - recording->drivers);
}

static void ask_to_stop(struct recording *recording)
{
    pthread_mutex_lock(&recording->lock);
    bool news = !recording->state.stop;
    recording->state.stop = true;
    pthread_mutex_unlock(&recording->lock);
    if (news)
        wake(recording->wake_fd);
}

static enum scope_code on_series(void *closure, unsigned source,
                                 unsigned column,
                                 const struct scope_metric *metric,
                                 uint32_t target, const char *instance,
                                 struct scope_err *err)
{
    struct recording *recording = closure;
    enum scope_code code = know_target(recording, target, err);
    if (recording->reading)
        live_series(recording->live, reading_index(recording), column, metric,
                    target, instance);
    return code == SCOPE_OK
               ? scope_writer_series(recording->writer, source, column, metric,
                                     target, instance, err)
               : code;
}

static enum scope_code on_sweep(void *closure, unsigned source, int64_t time_ns,
                                const uint64_t *values, const uint64_t *present,
                                size_t columns, struct scope_err *err)
{
    struct recording *recording = closure;
    if (recording->reading &&
        live_sweep(recording->live, reading_index(recording), time_ns, values,
                   present, columns))
        ask_to_stop(recording);
    return scope_writer_sweep(recording->writer, source, time_ns, values,
                              present, columns, err);
}

static enum scope_code on_hist(void *closure, unsigned source, unsigned column,
                               int64_t start_ns, int64_t end_ns,
                               const uint8_t *bytes, size_t size,
                               struct scope_err *err)
{
    struct recording *recording = closure;
    if (recording->reading)
        live_hist(recording->live, reading_index(recording), column, bytes,
                  size);
    return scope_writer_hist(recording->writer, source, column, start_ns,
                             end_ns, bytes, size, err);
}

static enum scope_code on_event(void *closure, int64_t time_ns,
                                enum scope_event_kind kind, uint32_t target,
                                uint64_t count, const char *text,
                                struct scope_err *err)
{
    struct recording *recording = closure;
    enum scope_code code = know_target(recording, target, err);
    return code == SCOPE_OK ? scope_writer_event(recording->writer, time_ns,
                                                 kind, target, count, text, err)
                            : code;
}

static enum scope_code on_artifact(void *closure, const char *name,
                                   const char *type, const uint8_t *bytes,
                                   size_t size, struct scope_err *err)
{
    const struct recording *recording = closure;
    return scope_writer_artifact(recording->writer, name, type, bytes, size,
                                 err);
}

struct recording *recording_new(struct scope_writer *writer,
                                struct scope_sampler *sampler,
                                struct scope_driver *const *drivers,
                                size_t driver_count, struct live *live,
                                int wake_fd)
{
    struct recording *recording = scope_alloc(1, sizeof *recording);
    recording->writer = writer;
    recording->sampler = sampler;
    recording->recorder = (struct scope_recorder){.closure = recording,
                                                  .series = on_series,
                                                  .sweep = on_sweep,
                                                  .hist = on_hist,
                                                  .event = on_event,
                                                  .artifact = on_artifact};
    recording->own = scope_queue_new(QUEUE_SIZE);
    recording->drivers = scope_alloc(driver_count, sizeof *recording->drivers);
    recording->driver_count = driver_count;
    for (size_t i = 0; i < driver_count; i++)
        recording->drivers[i].driver = drivers[i];
    recording->state.driving = driver_count;
    recording->live = live;
    recording->wake_fd = wake_fd;
    recording->stop_fd = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&recording->lock, NULL);
    return recording;
}

void recording_free(struct recording *recording)
{
    if (!recording)
        return;
    scope_queue_free(recording->own);
    scope_player_free(&recording->own_player);
    close(recording->stop_fd);
    pthread_mutex_destroy(&recording->lock);
    free(recording->drivers);
    free(recording->found);
    free(recording);
}

void recording_target(struct recording *recording,
                      const struct scope_target *target, int64_t time_ns)
{
    pthread_mutex_lock(&recording->lock);
    recording->found =
        scope_grow(recording->found, &recording->found_room,
                   recording->found_count, sizeof *recording->found);
    recording->found[recording->found_count++] =
        (struct found){.target = target, .time_ns = time_ns};
    pthread_mutex_unlock(&recording->lock);
}

static bool put_own(void *closure, const void *frame, size_t size)
{
    return scope_queue_put(closure, frame, size);
}

struct scope_outlet recording_outlet(struct recording *recording)
{
    return (struct scope_outlet){.closure = recording->own, .put = put_own};
}

/* Reads what a driver sent; its end and its failure are news for the session,
 * and only a failure of the store is one of the recording. */
static enum scope_code read_driver(struct recording *recording,
                                   struct driver_state *state,
                                   struct scope_err *err)
{
    struct scope_err driver_err = {0};
    bool done = false;
    recording->reading = state;
    enum scope_code code = scope_driver_read(
        state->driver, &recording->recorder, &done, &driver_err);
    recording->reading = NULL;
    if (code != SCOPE_OK && !done) {
        *err = driver_err;
        return code;
    }
    pthread_mutex_lock(&recording->lock);
    if (done && !state->done) {
        state->done = true;
        recording->state.driving--;
        if (code != SCOPE_OK && !recording->state.driver_failed) {
            recording->state.driver_failed = true;
            recording->driver_err = driver_err;
        }
        wake(recording->wake_fd);
    }
    pthread_mutex_unlock(&recording->lock);
    return SCOPE_OK;
}

static enum scope_code drain(struct recording *recording, struct scope_err *err)
{
    enum scope_code code = write_targets(recording, err);
    const struct scope_frame *frame;
    while (code == SCOPE_OK && (frame = scope_queue_peek(recording->own))) {
        code = scope_frame_play(&recording->own_player, frame,
                                &recording->recorder, err);
        scope_queue_take(recording->own);
    }
    if (code == SCOPE_OK)
        code =
            scope_sampler_drain(recording->sampler, &recording->recorder, err);
    for (size_t i = 0; i < recording->driver_count && code == SCOPE_OK; i++)
        if (!recording->drivers[i].done)
            code = read_driver(recording, &recording->drivers[i], err);
    return code;
}

/* Until the next turn, the end, or news from a driver. */
static void rest(struct recording *recording, struct pollfd *fds)
{
    nfds_t count = 0;
    fds[count++] = (struct pollfd){.fd = recording->stop_fd, .events = POLLIN};
    for (size_t i = 0; i < recording->driver_count; i++)
        if (!recording->drivers[i].done)
            fds[count++] = (struct pollfd){
                .fd = scope_driver_fd(recording->drivers[i].driver),
                .events = POLLIN};
    poll(fds, count, TURN_MS);
}

static enum scope_code record(struct recording *recording,
                              struct scope_err *err)
{
    struct pollfd *fds = scope_alloc(recording->driver_count + 1, sizeof *fds);
    int64_t committed_ns = scope_now_ns();
    int64_t paired_ns = committed_ns;
    enum scope_code code = SCOPE_OK;
    bool last = false;
    while (code == SCOPE_OK && !last) {
        last = atomic_load(&recording->stopping);
        code = drain(recording, err);
        int64_t now_ns = scope_now_ns();
        if (code == SCOPE_OK && now_ns - paired_ns >= CLOCK_PAIR_NS) {
            code = scope_writer_clock(recording->writer, now_ns,
                                      now_ns + scope_realtime_offset_ns(), err);
            paired_ns = now_ns;
        }
        if (code == SCOPE_OK && (last || now_ns - committed_ns >= COMMIT_NS)) {
            code = scope_writer_commit(recording->writer, err);
            committed_ns = now_ns;
        }
        if (code == SCOPE_OK && !last)
            rest(recording, fds);
    }
    free(fds);
    return code;
}

static void *run(void *closure)
{
    struct recording *recording = closure;
    struct scope_err err = {0};
    prctl(PR_SET_NAME, "recording");
    if (record(recording, &err) != SCOPE_OK) {
        pthread_mutex_lock(&recording->lock);
        recording->state.failed = true;
        recording->err = err;
        pthread_mutex_unlock(&recording->lock);
        wake(recording->wake_fd);
    }
    return NULL;
}

enum scope_code recording_start(struct recording *recording,
                                struct scope_err *err)
{
    int sys = pthread_create(&recording->thread, NULL, run, recording);
    if (sys)
        return scope_fail(err, SCOPE_FAILED, sys, "start the recording thread");
    recording->running = true;
    return SCOPE_OK;
}

enum scope_code recording_stop(struct recording *recording,
                               struct scope_err *err)
{
    if (!recording->running)
        return SCOPE_OK;
    atomic_store(&recording->stopping, true);
    wake(recording->stop_fd);
    pthread_join(recording->thread, NULL);
    recording->running = false;
    if (!recording->state.failed)
        return SCOPE_OK;
    *err = recording->err;
    return err->code;
}

struct recording_state recording_state(struct recording *recording)
{
    pthread_mutex_lock(&recording->lock);
    struct recording_state state = recording->state;
    pthread_mutex_unlock(&recording->lock);
    return state;
}

enum scope_code recording_driver_error(struct recording *recording,
                                       struct scope_err *err)
{
    pthread_mutex_lock(&recording->lock);
    *err = recording->driver_err;
    pthread_mutex_unlock(&recording->lock);
    return err->code;
}
