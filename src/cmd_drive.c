/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope drive: makes load with one driver and shows what came of it. */
#include "src/command.h"
#include "src/output.h"
#include "src/session.h"

#include "lib/base/clock.h"

struct drive {
    int64_t duration_ns, warmup_ns;
    struct scope_list labels;
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
    SCOPE_OPTION_PATH(struct drive, config, "config", .value = "FILE",
                      .help = "read options from this YAML file first"),
    SCOPE_OPTION_FORMAT(struct drive, format),
    SCOPE_OPTION_BOOL(struct drive, quiet, "quiet", .letter = 'q',
                      .fallback = "no", .help = "say nothing but errors"),
    SCOPE_OPTION_END,
};

static enum scope_code run(const void *config, const struct scope_pick *pick,
                           int argc, char **argv, struct scope_err *err)
{
    const struct drive *drive = config;
    if (argc)
        return scope_fail(err, SCOPE_USAGE, 0, "unexpected operand '%s'",
                          argv[0]);
    int64_t interval_ns = scope_loaded_interval_ns(
        pick->loaded, scope_settings_config(pick->settings));
    struct session_plugin plugin = {.loaded = pick->loaded,
                                    .settings = pick->settings,
                                    .interval_ns = interval_ns};
    struct session_plan plan = {
        .output = drive->output ? drive->output : "",
        .driver_count = 1,
        .drivers = &plugin,
        .duration_ns = drive->duration_ns,
        .warmup_ns = drive->warmup_ns,
        .quiet = drive->quiet,
    };
    struct session session = {0};
    struct scope_registry *registry = NULL;
    enum scope_code code = session_read_labels(&plan, &drive->labels, err);
    if (code == SCOPE_OK)
        code = scope_registry_open(&registry, err);
    struct scope_picks *analyzers = scope_picks_new(registry, SCOPE_ANALYZER);
    if (code == SCOPE_OK)
        code = scope_picks_add(analyzers, "latency", NULL, err);
    if (code == SCOPE_OK)
        code = session_run(&session, &plan, err);
    if (code == SCOPE_OK)
        code = session_conclude(&session, analyzers,
                                (enum scope_output)drive->format, err);
    scope_picks_free(analyzers);
    scope_registry_close(registry);
    session_free_labels(&plan);
    session_die_of_signal(&session);
    return code;
}

const struct scope_command scope_cmd_drive = {
    .name = "drive",
    .operands = "",
    .summary = "makes load with a driver and shows its latencies",
    .about = "Runs one driver for a while and shows how many requests were "
             "answered, how fast, and whether the generator kept its schedule. "
             "The driver's own options follow its name: scope help DRIVER.",
    .options = options,
    .config_size = sizeof(struct drive),
    .plugin = SCOPE_DRIVER,
    .run_plugin = run,
};
