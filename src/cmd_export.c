/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope export: loads and profiles as other programs read them. */
#include "lib/base/units.h"
#include "lib/store/reader.h"
#include "src/command.h"
#include "src/export.h"

#include <inttypes.h>
#include <scope/alloc.h>
#include <sys/stat.h>

struct export
{
    struct scope_list trials;
    const char *metric, *output;
    int unit;
    bool merge, mark_kernel;
};

static const char *const units[] = {"ns", "us", "ms", "s", NULL};
static const double unit_ns[] = {1, 1e3, 1e6, 1e9};

static const struct scope_option options[] = {
    SCOPE_OPTION_LIST(struct export, trials, "trial", .value = "N",
                      .help = "only these trials, by their numbers in the "
                              "store"),
    SCOPE_OPTION_STRING(struct export, metric, "metric",
                        .value = "METRIC[/INSTANCE]",
                        .help = "only this histogram: latency, service, delay, "
                                "or another of the driver's; latency where "
                                "there can be but one"),
    SCOPE_OPTION_CHOICE(struct export, unit, "unit", .choices = units,
                        .fallback = "ms",
                        .help = "what the values of hgrm, and the maxima of "
                                "hdr, are given in"),
    SCOPE_OPTION_BOOL(struct export, merge, "merge", .fallback = "no",
                      .help = "add up what several trials hold (hgrm, folded)"),
    SCOPE_OPTION_BOOL(
        struct export, mark_kernel, "mark-kernel", .fallback = "no",
        .help = "end the names of the kernel's functions in _[k], "
                "as flamegraph.pl's colours expect (folded)"),
    SCOPE_OPTION_PATH(struct export, output, "output", .letter = 'o',
                      .value = "FILE",
                      .help = "write there instead of to standard output"),
    SCOPE_OPTION_END,
};

static enum scope_code find_trial(const struct scope_dataset *dataset,
                                  const char *text,
                                  const struct scope_trial **chosen,
                                  size_t *count, struct scope_err *err)
{
    int64_t id;
    size_t before = *count;
    enum scope_code code = scope_parse_int(text, &id, err);
    if (code != SCOPE_OK)
        return scope_prefix(err, "--trial");
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        if (scope_dataset_trial(dataset, i)->id == id)
            chosen[(*count)++] = scope_dataset_trial(dataset, i);
    if (*count > before)
        return SCOPE_OK;
    scope_fail(err, SCOPE_NOT_FOUND, 0, "there is no trial %" PRId64, id);
    return scope_hint(err, "scope store info STORE lists them");
}

static enum scope_code choose(const struct export *wanted,
                              const struct scope_dataset *dataset,
                              const struct scope_trial **chosen, size_t *count,
                              struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < wanted->trials.count && code == SCOPE_OK; i++)
        code = find_trial(dataset, wanted->trials.items[i], chosen, count, err);
    if (wanted->trials.count)
        return code;
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        chosen[(*count)++] = scope_dataset_trial(dataset, i);
    return *count ? SCOPE_OK
                  : scope_fail(err, SCOPE_NOT_FOUND, 0, "there is no trial");
}

/* Adding up trials must be meant. */
static enum scope_code check_count(const struct export *wanted,
                                   enum scope_export format, size_t count,
                                   struct scope_err *err)
{
    bool profile = format == SCOPE_EXPORT_FOLDED;
    if (count == 1 || wanted->merge ||
        (format != SCOPE_EXPORT_HGRM && !profile))
        return SCOPE_OK;
    scope_fail(
        err, SCOPE_USAGE, 0, "%s holds one %s, and %zu trials are chosen",
        scope_exports[format], profile ? "profile" : "distribution", count);
    return scope_hint(err, "choose one with --trial, or add them up with "
                           "--merge");
}

static enum scope_code check_metric(const struct export *wanted,
                                    enum scope_export format,
                                    struct scope_err *err)
{
    if (!wanted->metric || !scope_export_profiles(format))
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, 0,
               "--metric chooses a histogram, and %s holds a profile",
               scope_exports[format]);
    return scope_hint(err, "leave it out");
}

/* The file must not be one of the stores. */
static enum scope_code guard_stores(const struct export *wanted,
                                    const char *const *stores, size_t count,
                                    struct scope_err *err)
{
    struct stat file, store;
    if (!wanted->output || stat(wanted->output, &file) != 0)
        return SCOPE_OK;
    for (size_t i = 0; i < count; i++)
        if (stat(stores[i], &store) == 0 && store.st_dev == file.st_dev &&
            store.st_ino == file.st_ino) {
            scope_fail(err, SCOPE_USAGE, 0,
                       "the export would be written over the store %s",
                       stores[i]);
            return scope_hint(err, "name another FILE after -o");
        }
    return SCOPE_OK;
}

static enum scope_code export(const struct export *wanted,
                              enum scope_export format,
                              const struct scope_dataset *dataset,
                              struct scope_err *err) {
    size_t room = (scope_dataset_trials(dataset) + 1) *
                  (wanted->trials.count + 1);
    const struct scope_trial **chosen = scope_alloc(room, sizeof *chosen);
    struct scope_text text = {0};
    size_t count = 0;
    enum scope_code code = choose(wanted, dataset, chosen, &count, err);
    if (code == SCOPE_OK) code = check_count(wanted, format, count, err);
    struct scope_export_plan plan =
        {
            .dataset = dataset,
            .trials = chosen,
            .trial_count = count,
            .metric = wanted->metric,
            .unit_ns = unit_ns[wanted->unit],
            .mark_kernel = wanted->mark_kernel,
        };
    if (code == SCOPE_OK) code = scope_export_write(format, &plan, &text, err);
    if (code == SCOPE_OK) code = export_save(wanted->output, &text, err);
    scope_text_free(&text);
    free(chosen);
    return code;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    const struct export *wanted = config;
    const char *const *stores = (const char *const *)argv + 1;
    enum scope_export format;
    struct scope_dataset *dataset = NULL;
    if (argc < 2) {
        scope_fail(err, SCOPE_USAGE, 0, "no %s is named",
                   argc ? "store" : "format");
        return scope_hint(
            err, "write scope export hdr STORE; there are " EXPORT_WORDS);
    }
    enum scope_code code = export_format(argv[0], &format, err);
    if (code == SCOPE_OK)
        code = check_metric(wanted, format, err);
    if (code == SCOPE_OK)
        code = guard_stores(wanted, stores, (size_t)argc - 1, err);
    if (code == SCOPE_OK)
        code = scope_dataset_open(stores, (size_t)argc - 1, &dataset, err);
    if (code == SCOPE_OK)
        code = export(wanted, format, dataset, err);
    scope_dataset_close(dataset);
    return code;
}

const struct scope_command scope_cmd_export = {
    .name = "export",
    .operands = "hdr|hgrm|fortio|json|folded|speedscope STORE...",
    .summary = "writes loads and profiles as other programs read them",
    .about =
        "Writes what drivers timed and counted in the measured window of "
        "trials, with how far each is to be believed: the rate's error, how "
        "late requests were sent, the generator's CPU and Little's law.\n\n"
        "hdr is HdrHistogram's log, an interval a line, with a tag for each "
        "driver, metric and kind of answer; hgrm is its percentile "
        "distribution; fortio is the JSON that fortio report shows, its answer "
        "codes by class (200 counts every 2xx, -1 all failures); json is all "
        "of it, with a timeline, as data/schemas/load.json describes.\n\n"
        "folded and speedscope write the profiles that the collector cycles "
        "took in that window. folded is Brendan Gregg's format, a stack a "
        "line: role, process and functions from the outermost on, with ';' "
        "between them, and the number of samples; flamegraph.pl, "
        "difffolded.pl and inferno read it. speedscope is the JSON of "
        "speedscope.app: for each trial a profile of each target, one of all "
        "other processes and one of kernel threads, in ns of CPU time where "
        "a clock was sampled.",
    .options = options,
    .config_size = sizeof(struct export),
    .run = run,
};
