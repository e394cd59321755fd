/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope drive: makes load with one driver and shows what came of it. */
#include "src/campaign.h"
#include "src/command.h"
#include "src/output.h"
#include "src/select.h"

#include "lib/base/clock.h"

#include <scope/alloc.h>

#define TARGET_INTERVAL_NS (100 * NS_PER_MS)

struct drive {
    int64_t duration_ns, warmup_ns;
    struct scope_list labels;
    struct select_options select;
    struct campaign_options campaign;
    const char *output, *config;
    int format;
    bool quiet;
};

static const struct scope_option options[] = {
    SCOPE_OPTION_DURATION(struct drive, duration_ns, "duration", .letter = 'd',
                          .fallback = "10s", .min = "100ms",
                          .help = "how long to make load that counts"),
    SCOPE_OPTION_DURATION(struct drive, warmup_ns, "warmup", .fallback = "0",
                          .help = "how long to make load before that"),
    SCOPE_OPTION_REPEAT(struct drive, labels, "label", .letter = 'l',
                        .value = "KEY=VALUE",
                        .help = "a label of the trial, to tell it from others"),
    SCOPE_OPTION_PATH(struct drive, output, "output", .letter = 'o',
                      .value = "FILE",
                      .help = "keep the trial in this store, too"),
    CAMPAIGN_OPTIONS(struct drive, campaign),
    SELECT_OPTIONS(struct drive, select),
    SCOPE_OPTION_PATH(struct drive, config, "config", .value = "FILE",
                      .help = "read options from this YAML file first"),
    SCOPE_OPTION_FORMAT(struct drive, format),
    SCOPE_OPTION_BOOL(struct drive, quiet, "quiet", .letter = 'q',
                      .fallback = "no", .help = "say nothing but errors"),
    SCOPE_OPTION_END,
};

/* What a run is made of and what must be freed. */
struct made {
    struct scope_registry *registry;
    struct scope_picks *collectors, *analyzers;
    struct session_plugin driver;
    struct session_plan plan;
};

static void unmake(struct made *made)
{
    select_free(&made->plan);
    session_free_labels(&made->plan);
    free(made->plan.collectors);
    scope_picks_free(made->collectors);
    scope_picks_free(made->analyzers);
    scope_registry_close(made->registry);
}

/* The CPU of processes that were chosen, and nothing else of them: that is
 * what scope collect is for. */
static enum scope_code pick_plugins(struct made *made, struct scope_err *err)
{
    enum scope_code code = scope_registry_open(&made->registry, err);
    if (code != SCOPE_OK)
        return code;
    made->collectors = scope_picks_new(made->registry, SCOPE_COLLECTOR);
    made->analyzers = scope_picks_new(made->registry, SCOPE_ANALYZER);
    code = scope_picks_add(made->analyzers, "latency", NULL, err);
    if (code == SCOPE_OK && made->plan.selector_count)
        code = scope_picks_add(made->collectors, "proc", NULL, err);
    made->plan.collectors = session_plugins(
        made->collectors, TARGET_INTERVAL_NS, &made->plan.collector_count);
    return code;
}

static enum scope_code make(struct made *made, const struct drive *drive,
                            const struct scope_pick *pick,
                            struct scope_err *err)
{
    const void *config = scope_settings_config(pick->settings);
    made->driver = (struct session_plugin){
        .loaded = pick->loaded,
        .settings = pick->settings,
        .interval_ns = scope_loaded_interval_ns(pick->loaded, config),
    };
    made->plan = (struct session_plan){
        .output = drive->output ? drive->output : "",
        .driver_count = 1,
        .drivers = &made->driver,
        .follow_children = true,
        .keep_commands = true,
        .duration_ns = drive->duration_ns,
        .warmup_ns = drive->warmup_ns,
        .quiet = drive->quiet,
    };
    enum scope_code code = select_read(&drive->select, false, &made->plan, err);
    if (code == SCOPE_OK)
        code = session_read_labels(&made->plan, &drive->labels, err);
    return code == SCOPE_OK ? pick_plugins(made, err) : code;
}

static enum scope_code run(const void *config, const struct scope_pick *pick,
                           int argc, char **argv, struct scope_err *err)
{
    const struct drive *drive = config;
    struct made made = {0};
    int signal = 0;
    if (argc)
        return scope_fail(err, SCOPE_USAGE, 0, "unexpected operand '%s'",
                          argv[0]);
    enum scope_code code = make(&made, drive, pick, err);
    if (code == SCOPE_OK)
        code = campaign_run(&drive->campaign, &made.plan, made.analyzers,
                            (enum scope_output)drive->format, &signal, err);
    unmake(&made);
    session_die_of_signal(signal);
    return code;
}

const struct scope_command scope_cmd_drive = {
    .name = "drive",
    .operands = "",
    .summary = "makes load with a driver and shows its latencies",
    .about = "Runs one driver for a while and shows how many requests were "
             "answered, how fast, and whether the generator kept its schedule. "
             "The driver's own options follow its name: scope help DRIVER.\n\n"
             "Thresholds say what the load must come to. Sweeps and repeats "
             "make a trial for each of many points. --find-max finds the "
             "highest rate that meets the thresholds, --target-cpu the rate at "
             "which processes chosen with --pid, --comm, --port and the like "
             "use a share of a CPU; each step is a trial of its own in the "
             "store, and the rate found is measured for the whole duration. A "
             "rate that fails because the generator was not fit is said to.\n\n"
             "The exit status is 3 when a threshold was missed, nothing was "
             "found or --stop-if ended a trial, and 4 when a trial is not "
             "valid or a threshold could not be decided.",
    .options = options,
    .config_size = sizeof(struct drive),
    .plugin = SCOPE_DRIVER,
    .run_plugin = run,
};
