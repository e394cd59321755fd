/* skeleton: a driver. See <scope/plugin.h> for what each op may do, and
 * <scope/load.h> for what every driver reports. */
#include <errno.h>
#include <fcntl.h>
#include <scope/load.h>
#include <scope/plugin.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct scope_metric metrics[] = {
    SCOPE_LOAD_METRICS,
    SCOPE_METRIC_END,
};

struct config {
    const char *file;
    uint64_t size;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_PATH(struct config, file, "file", .fallback = "/dev/zero",
                      .help = "what each request reads"),
    SCOPE_OPTION_SIZE(struct config, size, "size", .fallback = "4KiB",
                      .min = "1", .max = "1MiB",
                      .help = "bytes that a request reads"),
    SCOPE_OPTION_END,
};

struct state {
    const struct config *config;
    int fd;
    char *bytes;
    struct scope_hist latency;
    uint64_t requests, received;
    int64_t start_ns, end_ns; /* of the load; end_ns 0: until stop */
};

static void close_driver(void *self)
{
    struct state *state = self;
    scope_hist_free(&state->latency);
    free(state->bytes);
    close(state->fd);
    free(state);
}

static enum scope_code open_driver(const void *config, struct scope_host *host,
                                   void **self, struct scope_err *err)
{
    (void)host;
    const struct config *wanted = config;
    int fd = open(wanted->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return scope_fail(err, SCOPE_IO, errno, "open %s", wanted->file);
    struct state *state = scope_alloc(1, sizeof *state);
    state->config = wanted;
    state->fd = fd;
    state->bytes = scope_alloc(1, wanted->size);
    enum scope_code code =
        scope_hist_init(&state->latency, 1, INT64_C(60000000000), 3, err);
    if (code) {
        close_driver(state);
        return code;
    }
    *self = state;
    return SCOPE_OK;
}

static enum scope_code start(void *self, int64_t start_ns, int64_t duration_ns,
                             struct scope_err *err)
{
    (void)err;
    struct state *state = self;
    state->start_ns = start_ns;
    state->end_ns = duration_ns ? start_ns + duration_ns : 0;
    return SCOPE_OK;
}

/* A closed loop of one client: the next request follows the last answer. */
static enum scope_code wait(void *self, int64_t until_ns, bool *done,
                            struct scope_err *err)
{
    struct state *state = self;
    int64_t now_ns = scope_now_ns();
    *done = false;
    while (now_ns < until_ns) {
        *done = state->end_ns && now_ns >= state->end_ns;
        if (*done)
            break;
        if (now_ns < state->start_ns) {
            usleep(1000);
            now_ns = scope_now_ns();
            continue;
        }
        ssize_t got =
            pread(state->fd, state->bytes, state->config->size, 0);
        if (got < 0)
            return scope_fail(err, SCOPE_IO, errno, "read %s",
                              state->config->file);
        int64_t then_ns = now_ns;
        now_ns = scope_now_ns();
        scope_hist_record(&state->latency, now_ns - then_ns, 1);
        state->requests++;
        state->received += (uint64_t)got;
    }
    return SCOPE_OK;
}

static uint64_t cpu_ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    (void)err;
    struct state *state = self;
    uint32_t load = scope_instance(sink, NULL, "");
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    scope_emit_u64(sink, SCOPE_LOAD_REQUESTS, load, state->requests);
    scope_emit_u64(sink, SCOPE_LOAD_RECEIVED, load, state->received);
    scope_emit_hist(sink, SCOPE_LOAD_LATENCY, load, &state->latency);
    scope_emit_hist(sink, SCOPE_LOAD_SERVICE, load, &state->latency);
    scope_emit_u64(sink, SCOPE_LOAD_CPU_USER, load, cpu_ns(&usage.ru_utime));
    scope_emit_u64(sink, SCOPE_LOAD_CPU_SYSTEM, load, cpu_ns(&usage.ru_stime));
    scope_hist_reset(&state->latency);
    return SCOPE_OK;
}

static const struct scope_driver_ops ops = {
    .open = open_driver,
    .start = start,
    .wait = wait,
    .sample = sample,
    .close = close_driver,
};

SCOPE_PLUGIN(.kind = SCOPE_DRIVER, .name = "skeleton",
             .summary = "reads a file again and again", .version = "0.1",
             .options = options, .config_size = sizeof(struct config),
             .metrics = metrics, .driver = &ops);
