/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the collector scope_plugin that the test is linked with. */
#include "tests/unit/host.h"

#include "tests/unit/unit.h"

#include "lib/base/options.h"

#include <stdio.h>

struct column {
    char *name; /* "metric|target|instance" */
    uint64_t bits;
    bool present;
    struct scope_hist hist; /* all so far */
};

struct host {
    struct scope_settings *settings;
    struct scope_host host;
    struct scope_sink *sink;
    struct scope_player player;
    struct column *columns;
    size_t count, room;
    struct scope_text events;
    struct scope_profile *profile;
    bool refuse_artifacts;
    void *self;
    int64_t time_ns;
};

static enum scope_code on_series(void *closure, unsigned source,
                                 unsigned column,
                                 const struct scope_metric *metric,
                                 uint32_t target, const char *instance,
                                 struct scope_err *err)
{
    struct host *host = closure;
    (void)source;
    (void)err;
    assert_int_equal(column, host->count);
    host->columns = scope_grow(host->columns, &host->room, host->count,
                               sizeof *host->columns);
    host->columns[host->count++] = (struct column){
        .name = scope_format("%s|%u|%s", metric->name, target, instance)};
    return SCOPE_OK;
}

static enum scope_code on_sweep(void *closure, unsigned source, int64_t time_ns,
                                const uint64_t *values, const uint64_t *present,
                                size_t columns, struct scope_err *err)
{
    struct host *host = closure;
    (void)source;
    (void)time_ns;
    (void)err;
    assert_int_equal(columns, host->count);
    for (size_t i = 0; i < columns; i++) {
        host->columns[i].present = present[i / 64] >> i % 64 & 1;
        host->columns[i].bits = values[i];
    }
    return SCOPE_OK;
}

static enum scope_code on_event(void *closure, int64_t time_ns,
                                enum scope_event_kind kind, uint32_t target,
                                uint64_t count, const char *text,
                                struct scope_err *err)
{
    struct host *host = closure;
    (void)time_ns;
    (void)kind;
    (void)target;
    (void)count;
    (void)err;
    scope_text_add(&host->events, "%s\n", text);
    return SCOPE_OK;
}

static enum scope_code on_hist(void *closure, unsigned source, unsigned column,
                               int64_t start_ns, int64_t end_ns,
                               const uint8_t *bytes, size_t size,
                               struct scope_err *err)
{
    struct host *host = closure;
    struct scope_hist hist;
    (void)source;
    (void)start_ns;
    (void)end_ns;
    assert_true(column < host->count);
    if (scope_hist_decode(&hist, bytes, size, err))
        fail_msg("%s", err->text);
    struct scope_hist *sum = &host->columns[column].hist;
    if (!sum->counts &&
        scope_hist_init(sum, hist.lowest, hist.highest, hist.digits, err))
        fail_msg("%s", err->text);
    scope_hist_merge(sum, &hist);
    scope_hist_free(&hist);
    return SCOPE_OK;
}

static enum scope_code on_artifact(void *closure, const char *name,
                                   const char *type, const uint8_t *bytes,
                                   size_t size, struct scope_err *err)
{
    struct host *host = closure;
    (void)name;
    if (strcmp(type, SCOPE_PROFILE_TYPE) != 0)
        return SCOPE_OK;
    return scope_profile_join(&host->profile, bytes, size, 0, INT64_MAX, err);
}

static bool put(void *closure, const void *frame, size_t size)
{
    struct host *host = closure;
    const struct scope_recorder recorder = {.closure = host,
                                            .series = on_series,
                                            .sweep = on_sweep,
                                            .hist = on_hist,
                                            .event = on_event,
                                            .artifact = on_artifact};
    struct scope_err err = {0};
    (void)size;
    if (host->refuse_artifacts &&
        ((const struct scope_frame *)frame)->kind == SCOPE_FRAME_ARTIFACT)
        return false;
    if (scope_frame_play(&host->player, frame, &recorder, &err))
        fail_msg("%s", err.text);
    return true;
}

static struct host *make(const char *const *settings)
{
    struct scope_err err = {0};
    struct host *host = scope_alloc(1, sizeof *host);
    host->settings =
        scope_settings_new(scope_plugin.options, scope_plugin.config_size, "");
    for (; settings && *settings; settings += 2)
        if (scope_settings_set(host->settings, settings[0], settings[1], NULL,
                               &err))
            fail_msg("%s", err.text);
    scope_host_init(&host->host, scope_plugin.metrics, 100000000);
    return host;
}

static void drop(struct host *host)
{
    scope_sink_free(host->sink);
    scope_player_free(&host->player);
    scope_host_free(&host->host);
    scope_settings_free(host->settings);
    scope_text_free(&host->events);
    scope_profile_free(host->profile);
    for (size_t i = 0; i < host->count; i++) {
        free(host->columns[i].name);
        scope_hist_free(&host->columns[i].hist);
    }
    free(host->columns);
    free(host);
}

enum scope_code host_try(const char *const *settings, struct scope_err *err)
{
    struct host *host = make(settings);
    enum scope_code code = scope_plugin.collector->open(
        scope_settings_config(host->settings), &host->host, &host->self, err);
    if (!code)
        scope_plugin.collector->close(host->self);
    drop(host);
    return code;
}

struct host *host_open(const char *const *settings)
{
    struct scope_err err = {0};
    struct host *host = make(settings);
    if (scope_plugin.collector->open(scope_settings_config(host->settings),
                                     &host->host, &host->self, &err))
        fail_msg("%s", err.text);
    host->sink = scope_sink_new(
        0, &host->host, (struct scope_outlet){.closure = host, .put = put});
    return host;
}

void host_close(struct host *host)
{
    assert_int_equal(scope_sink_totals(host->sink).misused, 0);
    scope_plugin.collector->close(host->self);
    drop(host);
}

enum scope_code host_attach(struct host *host,
                            const struct scope_target *target,
                            struct scope_err *err)
{
    return scope_plugin.collector->attach(host->self, target, host->sink, err);
}

void host_detach(struct host *host, const struct scope_target *target)
{
    scope_plugin.collector->detach(host->self, target);
}

void host_start(struct host *host)
{
    struct scope_err err = {0};
    if (scope_plugin.collector->start &&
        scope_plugin.collector->start(host->self, &err))
        fail_msg("%s", err.text);
}

void host_sample(struct host *host)
{
    struct scope_err err = {0};
    scope_sink_begin(host->sink, ++host->time_ns);
    if (scope_plugin.collector->sample(host->self, host->sink, &err))
        fail_msg("%s", err.text);
    assert_true(scope_sink_end(host->sink));
}

static const struct column *find(const struct host *host, const char *metric,
                                 const struct scope_target *target,
                                 const char *instance)
{
    char *name =
        scope_format("%s|%u|%s", metric, target ? target->id : 0, instance);
    const struct column *found = NULL;
    for (size_t i = 0; i < host->count && !found; i++)
        if (!strcmp(host->columns[i].name, name))
            found = &host->columns[i];
    free(name);
    return found;
}

bool host_has(const struct host *host, const char *metric,
              const struct scope_target *target, const char *instance,
              uint64_t *bits)
{
    const struct column *found = find(host, metric, target, instance);
    if (!found || !found->present)
        return false;
    *bits = found->bits;
    return true;
}

const struct scope_hist *host_hist(const struct host *host, const char *metric,
                                   const struct scope_target *target,
                                   const char *instance)
{
    const struct column *found = find(host, metric, target, instance);
    if (!found || !found->hist.counts)
        fail_msg("no %s of '%s' so far", metric, instance);
    return &found->hist;
}

uint64_t host_value(const struct host *host, const char *metric,
                    const struct scope_target *target, const char *instance)
{
    uint64_t bits = 0;
    if (!host_has(host, metric, target, instance, &bits))
        fail_msg("no %s of '%s' in the sweep", metric, instance);
    return bits;
}

size_t host_count(const struct host *host)
{
    size_t count = 0;
    for (size_t i = 0; i < host->count; i++)
        count += host->columns[i].present;
    return count;
}

const char *host_events(const struct host *host)
{
    return host->events.bytes ? host->events.bytes : "";
}

const struct scope_profile *host_profile(const struct host *host)
{
    return host->profile;
}

void host_refuse_artifacts(struct host *host, bool refuse)
{
    host->refuse_artifacts = refuse;
}
