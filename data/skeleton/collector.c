/* skeleton: a collector. See <scope/plugin.h> for what each op may do. */
#include <scope/plugin.h>
#include <stdlib.h>

enum { LOAD };

static const struct scope_metric metrics[] = {
    [LOAD] = {.name = "load",
              .semantics = SCOPE_GAUGE,
              .value = SCOPE_F64,
              .unit = SCOPE_UNIT_COUNT,
              .domain = "window",
              .help = "runnable and blocked threads, averaged over the "
                      "window, getloadavg(3)"},
    SCOPE_METRIC_END,
};

struct config {
    int64_t windows;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_INT(struct config, windows, "windows", .fallback = "3",
                     .min = "1", .max = "3",
                     .help = "how many of 1, 5 and 15 minutes"),
    SCOPE_OPTION_END,
};

struct state {
    int windows;
    int attached; /* of them: none before the system is attached */
    uint32_t instances[3];
};

static enum scope_code open_collector(const void *config,
                                      struct scope_host *host, void **self,
                                      struct scope_err *err)
{
    (void)host, (void)err;
    struct state *state = scope_alloc(1, sizeof *state);
    state->windows = (int)((const struct config *)config)->windows;
    *self = state;
    return SCOPE_OK;
}

static enum scope_code attach(void *self, const struct scope_target *target,
                              struct scope_sink *sink, struct scope_err *err)
{
    (void)err;
    static const char *const names[] = {"1m", "5m", "15m"};
    struct state *state = self;
    for (int i = 0; i < state->windows; i++)
        state->instances[i] = scope_instance(sink, target, names[i]);
    state->attached = state->windows;
    return SCOPE_OK;
}

static void detach(void *self, const struct scope_target *target)
{
    (void)target;
    struct state *state = self;
    state->attached = 0;
}

static enum scope_code sample(void *self, struct scope_sink *sink,
                              struct scope_err *err)
{
    const struct state *state = self;
    double loads[3];
    if (getloadavg(loads, 3) != 3)
        return scope_fail(err, SCOPE_IO, 0, "read the load averages");
    for (int i = 0; i < state->attached; i++)
        scope_emit_f64(sink, LOAD, state->instances[i], loads[i]);
    return SCOPE_OK;
}

static const struct scope_collector_ops ops = {
    .targets = SCOPE_TARGETS_SYSTEM,
    .open = open_collector,
    .attach = attach,
    .detach = detach,
    .sample = sample,
    .close = free,
};

SCOPE_PLUGIN(.kind = SCOPE_COLLECTOR, .name = "skeleton",
             .summary = "load averages of the system", .version = "0.1",
             .options = options, .config_size = sizeof(struct config),
             .metrics = metrics, .collector = &ops);
