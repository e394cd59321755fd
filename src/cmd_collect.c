/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope collect: samples targets, beside drivers that load them, into a store.
 */
#include "src/campaign.h"
#include "src/command.h"
#include "src/select.h"

#include "lib/base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct collect {
    struct select_options select;
    struct campaign_options campaign;
    bool all, children, commands, quiet;
    struct scope_list collectors, drive, labels;
    int64_t interval_ns, duration_ns, warmup_ns;
    const char *output, *config;
};

static const struct scope_option options[] = {
    SELECT_OPTIONS(struct collect, select),
    SCOPE_OPTION_BOOL(struct collect, all, "all", .letter = 'a',
                      .fallback = "no", .help = "measure the whole system"),
    SCOPE_OPTION_BOOL(struct collect, children, "children", .fallback = "yes",
                      .help = "measure what the chosen processes fork, too"),
    SCOPE_OPTION_REPEAT(struct collect, collectors, "collector", .letter = 'C',
                        .plugin = SCOPE_COLLECTOR,
                        .value = "NAME[.OPTION=VALUE,...]",
                        .help = "a collector to use, with its options; proc "
                                "and perf when none is named"),
    SCOPE_OPTION_REPEAT(struct collect, drive, "drive", .plugin = SCOPE_DRIVER,
                        .value = "NAME[.OPTION=VALUE,...]",
                        .help = "a driver that makes load meanwhile, with its "
                                "options"),
    SCOPE_OPTION_DURATION(struct collect, interval_ns, "interval",
                          .letter = 'i', .fallback = "100ms", .min = "10ms",
                          .help = "time between two sweeps"),
    SCOPE_OPTION_DURATION(struct collect, duration_ns, "duration",
                          .letter = 'd', .min = "100ms",
                          .help = "how long to measure; until a signal, or "
                                  "what is measured has ended, when not "
                                  "given"),
    SCOPE_OPTION_DURATION(struct collect, warmup_ns, "warmup", .fallback = "0",
                          .help = "how long the drivers load before the "
                                  "measured window begins"),
    SCOPE_OPTION_REPEAT(struct collect, labels, "label", .letter = 'l',
                        .value = "KEY=VALUE",
                        .help = "a label of the trial, to tell it from others"),
    SCOPE_OPTION_PATH(struct collect, output, "output", .letter = 'o',
                      .value = "FILE",
                      .help = "the store; a trial is added if there is one; "
                              "without it, results are shown and not kept"),
    CAMPAIGN_OPTIONS(struct collect, campaign),
    SCOPE_OPTION_PATH(struct collect, config, "config", .value = "FILE",
                      .help = "read options from this YAML file first"),
    SCOPE_OPTION_BOOL(struct collect, commands, "command-lines",
                      .fallback = "yes",
                      .help = "keep the targets' command lines in the "
                              "manifest; say no where they hold secrets"),
    SCOPE_OPTION_BOOL(struct collect, quiet, "quiet", .letter = 'q',
                      .fallback = "no", .help = "say nothing but errors"),
    SCOPE_OPTION_END,
};

/* Everything that a plan is made of and that must be freed. */
struct made {
    struct scope_registry *registry;
    struct scope_picks *collectors, *drivers, *analyzers;
    struct session_plan plan;
};

static void unmake(struct made *made)
{
    select_free(&made->plan);
    session_free_labels(&made->plan);
    free(made->plan.collectors);
    free(made->plan.drivers);
    scope_picks_free(made->collectors);
    scope_picks_free(made->drivers);
    scope_picks_free(made->analyzers);
    scope_registry_close(made->registry);
}

static enum scope_code select_targets(struct made *made,
                                      const struct collect *collect,
                                      struct scope_err *err)
{
    enum scope_code code =
        select_read(&collect->select, collect->all, &made->plan, err);
    if (code != SCOPE_OK || made->plan.selector_count || made->plan.command)
        return code;
    scope_fail(err, SCOPE_USAGE, 0, "nothing to measure is chosen");
    return scope_hint(err, "choose with --pid, --comm, --exe, --match, "
                           "--cgroup, --port, --all, or give a command after "
                           "--");
}

static enum scope_code pick_all(struct made *made,
                                const struct collect *collect,
                                struct scope_err *err)
{
    static const char *const usual[] = {"proc", "perf"};
    struct scope_list collectors = collect->collectors;
    if (!collectors.count)
        collectors = (struct scope_list){.count = 2, .items = usual};
    made->collectors = scope_picks_new(made->registry, SCOPE_COLLECTOR);
    made->drivers = scope_picks_new(made->registry, SCOPE_DRIVER);
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < collectors.count && code == SCOPE_OK; i++)
        code =
            scope_picks_add(made->collectors, collectors.items[i], NULL, err);
    for (size_t i = 0; i < collect->drive.count && code == SCOPE_OK; i++)
        code =
            scope_picks_add(made->drivers, collect->drive.items[i], NULL, err);
    if (code == SCOPE_OK)
        code = scope_picks_finish(made->collectors, err);
    if (code == SCOPE_OK)
        code = scope_picks_finish(made->drivers, err);
    if (code != SCOPE_OK)
        return code;
    made->plan.collectors = session_plugins(
        made->collectors, collect->interval_ns, &made->plan.collector_count);
    made->plan.drivers =
        session_plugins(made->drivers, NS_PER_S, &made->plan.driver_count);
    return SCOPE_OK;
}

/* A trial that is not kept is shown: else it would have been for nothing. */
static enum scope_code pick_analyzers(struct made *made,
                                      const struct collect *collect,
                                      struct scope_err *err)
{
    made->analyzers = scope_picks_new(made->registry, SCOPE_ANALYZER);
    if (collect->output)
        return SCOPE_OK;
    enum scope_code code = SCOPE_OK;
    if (collect->drive.count)
        code = scope_picks_add(made->analyzers, "latency", NULL, err);
    if (code == SCOPE_OK)
        code = scope_picks_add(made->analyzers, "summary", NULL, err);
    return code;
}

static enum scope_code make(struct made *made, const struct collect *collect,
                            char **command, struct scope_err *err)
{
    made->plan = (struct session_plan){
        .output = collect->output ? collect->output : "",
        .follow_children = collect->children,
        .keep_commands = collect->commands,
        .duration_ns = collect->duration_ns,
        .warmup_ns = collect->warmup_ns,
        .command = *command ? command : NULL,
        .quiet = collect->quiet,
    };
    enum scope_code code = scope_registry_open(&made->registry, err);
    if (code == SCOPE_OK)
        code = select_targets(made, collect, err);
    if (code == SCOPE_OK)
        code = session_read_labels(&made->plan, &collect->labels, err);
    if (code == SCOPE_OK)
        code = pick_all(made, collect, err);
    if (code == SCOPE_OK)
        code = pick_analyzers(made, collect, err);
    if (code == SCOPE_OK && collect->warmup_ns && !made->plan.driver_count) {
        scope_fail(err, SCOPE_USAGE, 0, "--warmup is for drivers");
        code = scope_hint(err, "add --drive, or leave --warmup out");
    }
    return code;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    (void)argc;
    const struct collect *collect = config;
    struct made made = {0};
    int signal = 0;
    enum scope_code code = make(&made, collect, argv, err);
    if (code == SCOPE_OK)
        code = campaign_run(&collect->campaign, &made.plan, made.analyzers,
                            SCOPE_OUTPUT_TABLE, &signal, err);
    unmake(&made);
    session_die_of_signal(signal);
    return code;
}

const struct scope_command scope_cmd_collect = {
    .name = "collect",
    .operands = "[-- COMMAND [ARGUMENT]...]",
    .summary = "samples processes while they are loaded, into a store",
    .about =
        "Samples hardware and system metrics of chosen processes, their "
        "threads and their children, as one trial of a store. Each choice may "
        "carry a role that names it in tables: --port sidecar=8080. A value "
        "that begins like a role itself is written with an empty one: --match "
        "=key=value. A command after -- is started when everything is in "
        "place, measured, and ended "
        "with the trial.\n\n"
        "With --drive a driver makes load at the same time, in a process of "
        "its own, and every metric can be given per request. With --sweep, "
        "--repeats, --find-max or --target-cpu there are many trials, one "
        "after the other, in the same store.\n\n"
        "A trial ends after --duration, on SIGINT or SIGTERM, or when what it "
        "follows has ended. It is judged then: what makes its figures less "
        "than believable is said and stored.",
    .options = options,
    .config_size = sizeof(struct collect),
    .run = run,
};
