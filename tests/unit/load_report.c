/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recording end of a driver's process, for tests and benches. */
#include "tests/unit/load_report.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

static void or_end(enum scope_code code, const struct scope_err *err)
{
    if (code == SCOPE_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

static enum scope_code on_series(void *closure, unsigned source,
                                 unsigned column,
                                 const struct scope_metric *metric,
                                 uint32_t target, const char *instance,
                                 struct scope_err *err)
{
    struct load_report *report = closure;
    (void)source, (void)target;
    if (column >= REPORT_COLUMNS)
        return scope_fail(err, SCOPE_FAILED, 0, "too many series");
    report->columns = column + 1;
    snprintf(report->names[column], sizeof report->names[column], "%s%s%s",
             metric->name, *instance ? "/" : "", instance);
    return SCOPE_OK;
}

static enum scope_code on_sweep(void *closure, unsigned source, int64_t time_ns,
                                const uint64_t *values, const uint64_t *present,
                                size_t columns, struct scope_err *err)
{
    struct load_report *report = closure;
    (void)source, (void)time_ns, (void)err;
    for (size_t i = 0; i < columns; i++)
        if (present[i / 64] >> (i % 64) & 1)
            report->values[i] = values[i];
    return SCOPE_OK;
}

static const struct {
    const char *name;
    size_t offset;
} hists[] = {
#define X(field, name) {name, offsetof(struct load_report, field)},
    REPORT_HISTS(X)
#undef X
};

enum { HISTS = sizeof hists / sizeof *hists };

static struct scope_hist *hist_at(struct load_report *report, size_t i)
{
    return (struct scope_hist *)(void *)((char *)report + hists[i].offset);
}

/* "latency.kind/2xx" is found by what stands before the slash. */
static struct scope_hist *hist_of(struct load_report *report, const char *name)
{
    size_t size = strcspn(name, "/");
    for (size_t i = 0; i < HISTS; i++)
        if (strlen(hists[i].name) == size &&
            memcmp(hists[i].name, name, size) == 0)
            return hist_at(report, i);
    abort();
}

static enum scope_code on_hist(void *closure, unsigned source, unsigned column,
                               int64_t start_ns, int64_t end_ns,
                               const uint8_t *bytes, size_t size,
                               struct scope_err *err)
{
    struct load_report *report = closure;
    (void)source, (void)start_ns, (void)end_ns;
    struct scope_hist hist;
    enum scope_code code = scope_hist_decode(&hist, bytes, size, err);
    if (code != SCOPE_OK)
        return code;
    scope_hist_merge(hist_of(report, report->names[column]), &hist);
    scope_hist_free(&hist);
    return SCOPE_OK;
}

static enum scope_code on_event(void *closure, int64_t time_ns,
                                enum scope_event_kind kind, uint32_t target,
                                uint64_t count, const char *text,
                                struct scope_err *err)
{
    struct load_report *report = closure;
    (void)time_ns, (void)target, (void)count, (void)text, (void)err;
    *(kind == SCOPE_EVENT_NOTE ? &report->notes : &report->other_events) += 1;
    return SCOPE_OK;
}

void load_report_init(struct load_report *report)
{
    *report = (struct load_report){0};
    struct scope_err err = {0};
    for (size_t i = 0; i < HISTS; i++)
        or_end(scope_hist_init(hist_at(report, i), 1, INT64_C(3600000000000), 3,
                               &err),
               &err);
}

void load_report_free(struct load_report *report)
{
    for (size_t i = 0; i < HISTS; i++)
        scope_hist_free(hist_at(report, i));
}

uint64_t load_report_value(const struct load_report *report, const char *name)
{
    for (size_t i = 0; i < report->columns; i++)
        if (strcmp(report->names[i], name) == 0)
            return report->values[i];
    fprintf(stderr, "no series %s\n", name);
    abort();
}

uint64_t load_report_sum(const struct load_report *report, const char *prefix)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < report->columns; i++)
        if (strncmp(report->names[i], prefix, strlen(prefix)) == 0)
            sum += report->values[i];
    return sum;
}

struct scope_driver *load_spawn(const struct scope_pick *pick,
                                int64_t interval_ns)
{
    struct scope_driver *driver = NULL;
    struct scope_err err = {0};
    or_end(scope_driver_spawn(pick->loaded,
                              scope_settings_config(pick->settings), 0,
                              interval_ns, &driver, &err),
           &err);
    return driver;
}

void load_run(struct scope_driver *driver, int64_t duration_ns,
              struct load_report *report)
{
    const struct scope_recorder recorder = {
        .closure = report,
        .series = on_series,
        .sweep = on_sweep,
        .hist = on_hist,
        .event = on_event,
    };
    bool done = false;
    scope_driver_start(driver, scope_now_ns() + 20000000, 0, duration_ns);
    while (!done) {
        struct pollfd fd = {.fd = scope_driver_fd(driver), .events = POLLIN};
        poll(&fd, 1, 1000);
        struct scope_err err = {0};
        or_end(scope_driver_read(driver, &recorder, &done, &err), &err);
    }
    scope_driver_free(driver);
}
