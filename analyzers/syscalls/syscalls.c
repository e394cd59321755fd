/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the targets asked of the kernel: how often, for how long, how many
 * bytes and with what errors, in all and per request; how that differs between
 * trials; and what counting it cost.
 */
#include "analyzers/syscalls/bars.h"
#include "analyzers/syscalls/compare.h"
#include "analyzers/syscalls/conditions.h"
#include "analyzers/syscalls/counts.h"
#include "analyzers/syscalls/tables.h"
#include "analyzers/syscalls/tracing.h"

#include <scope/plugin.h>
#include <scope/report.h>
#include <stdlib.h>

struct config {
    int64_t top;
    int by;
    struct scope_list baseline, waiting;
};

static const char *const by_words[] = {"role", "target", "thread", NULL};

/* Whose time is that of what they wait for. */
#define WAITING_CALLS                                                          \
    "epoll_wait,epoll_pwait,epoll_pwait2,poll,ppoll,select,pselect6,"          \
    "futex,futex_wait,futex_waitv,nanosleep,clock_nanosleep,pause,"            \
    "accept,accept4,wait4,waitid,rt_sigtimedwait,rt_sigsuspend,sigsuspend,"    \
    "io_getevents,io_pgetevents,io_uring_enter,semop,semtimedop,msgrcv,"       \
    "mq_timedreceive,restart_syscall"

static const struct scope_option options[] = {
    SCOPE_OPTION_INT(struct config, top, "top", .fallback = "16", .min = "1",
                     .max = "1000",
                     .help = "show so many calls by name, and the others in "
                             "sum"),
    SCOPE_OPTION_CHOICE(struct config, by, "by", .choices = by_words,
                        .fallback = "role",
                        .help = "add up the processes of a role, or show each "
                                "target, or each thread, for itself"),
    SCOPE_OPTION_LIST(struct config, baseline, "baseline", .fallback = "",
                      .value = "KEY=VALUE",
                      .help = "compare each trial with the one that has these "
                              "labels and else its own; the first trial "
                              "without this"),
    SCOPE_OPTION_LIST(struct config, waiting, "waiting",
                      .fallback = WAITING_CALLS, .value = "CALL",
                      .help = "calls that wait rather than work: their times "
                              "are added up apart"),
    SCOPE_OPTION_END,
};

static bool any_times(const struct counts *counts)
{
    for (size_t i = 0; i < counts->group_count; i++)
        if (counts->groups[i].times)
            return true;
    return false;
}

static bool any_repeats(const struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->count; i++)
        if (conditions->items[i].count > 1)
            return true;
    return false;
}

static void explain(struct scope_report *report, const struct counts *counts,
                    const struct conditions *conditions)
{
    if (any_times(counts))
        scope_report_text(
            report,
            "Time in a call is from its entry to its exit, so it is not CPU "
            "time: whoever waits in a call, or for a CPU meanwhile, is in it. "
            "Calls that are there to wait (option waiting) are added up apart; "
            "others wait, too, when they block.");
    if (conditions->count > 1)
        scope_report_text(
            report, "%s",
            any_repeats(conditions)
                ? "Intervals of differences are from repeats where there are "
                  "any, else from the sweeps of a single trial."
                : "Intervals of differences are from the sweeps of single "
                  "trials: what differs from run to run is not in them. "
                  "Repeats tell (trials whose labels differ in repeat only).");
}

static bool any_tracing(const struct counts *counts)
{
    for (size_t i = 0; i < counts->trials; i++)
        if (counts->tracing[i].there)
            return true;
    return false;
}

static enum scope_code tell_empty(struct scope_report *report,
                                  const struct counts *counts)
{
    scope_report_text(
        report, "%s",
        any_tracing(counts)
            ? "No system calls were counted in the measured windows of these "
              "trials."
            : "No system calls were counted in these trials: collect them "
              "with -C syscalls.");
    return SCOPE_OK;
}

static enum scope_code add_report(const struct config *config,
                                  struct scope_report *report,
                                  const struct counts *counts,
                                  const struct conditions *conditions)
{
    size_t top = (size_t)config->top;
    if (!counts->group_count)
        return tell_empty(report, counts);
    for (size_t i = 0; i < counts->group_count; i++) {
        struct group *group = &counts->groups[i];
        if (conditions->count > 1)
            compare_heat(report, counts, conditions, group, top);
        compare_differences(report, counts, conditions, group, top);
        tables_add(report, counts, group, top);
        if (counts->trials == 1)
            bars_add(report, counts, group, top);
    }
    explain(report, counts, conditions);
    tracing_add(report, counts);
    return SCOPE_OK;
}

struct state {
    const struct config *config;
};

static enum scope_code open_syscalls(const void *config, void **self,
                                     struct scope_err *err)
{
    (void)err;
    struct state *state = scope_alloc(1, sizeof *state);
    state->config = config;
    *self = state;
    return SCOPE_OK;
}

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    const struct state *state = self;
    const struct config *config = state->config;
    struct conditions conditions;
    struct counts counts = {0};
    scope_report_heading(report, "System calls");
    enum scope_code code =
        conditions_find(dataset, &config->baseline, &conditions, err);
    if (code == SCOPE_OK)
        code = counts_read(dataset, (enum by)config->by, &config->waiting,
                           &counts, err);
    if (code == SCOPE_OK)
        code = add_report(config, report, &counts, &conditions);
    counts_free(&counts);
    conditions_free(&conditions);
    return code;
}

static void close_syscalls(void *self)
{
    free(self);
}

static const struct scope_analyzer_ops ops = {
    .open = open_syscalls,
    .run = run,
    .close = close_syscalls,
};

SCOPE_PLUGIN(.kind = SCOPE_ANALYZER, .name = "syscalls",
             .summary = "system calls per request: how many, how long, which "
                        "failed",
             .version = "1", .options = options,
             .config_size = sizeof(struct config), .analyzer = &ops);
