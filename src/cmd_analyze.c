/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scope analyze: from stores to one report. */
#include "lib/present/present.h"
#include "lib/store/reader.h"
#include "src/analysis.h"
#include "src/command.h"
#include "src/output.h"
#include "src/overview.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

struct analyze {
    struct scope_list analyzers;
    int format, plot_format;
    const char *output, *plots, *config;
};

/* The first word leaves it to the suffix of FILE; the others are those of enum
 * scope_output, in its order. */
static const char *const formats[] = {"auto",     "table", "csv", "json",
                                      "markdown", "html",  NULL};
static const char *const plot_formats[] = {"svg", "png", NULL};

static const struct scope_option options[] = {
    SCOPE_OPTION_REPEAT(struct analyze, analyzers, "analyzer", .letter = 'A',
                        .plugin = SCOPE_ANALYZER,
                        .value = "NAME[.OPTION=VALUE,...]",
                        .help = "an analyzer to use, with its options; latency "
                                "and summary when none is named"),
    SCOPE_OPTION_CHOICE(struct analyze, format, "format", .choices = formats,
                        .fallback = "auto",
                        .help = "what the report is written as; auto: what "
                                "the suffix of FILE says, else a table"),
    SCOPE_OPTION_PATH(struct analyze, output, "output", .letter = 'o',
                      .value = "FILE",
                      .help = "write the report there instead of to standard "
                              "output"),
    SCOPE_OPTION_PATH(struct analyze, plots, "plots", .value = "FOLDER",
                      .help = "draw every plot as a file of its own in this "
                              "folder"),
    SCOPE_OPTION_CHOICE(struct analyze, plot_format, "plot-format",
                        .choices = plot_formats, .fallback = "svg",
                        .help = "what the plots in FOLDER are drawn as"),
    SCOPE_OPTION_PATH(struct analyze, config, "config", .value = "FILE",
                      .help = "read options from this YAML file first"),
    SCOPE_OPTION_END,
};

static enum scope_code pick_all(struct scope_picks *picks,
                                const struct scope_list *named,
                                struct scope_err *err)
{
    static const char *const usual[] = {"latency", "summary"};
    struct scope_list list = *named;
    if (!list.count)
        list = (struct scope_list){.count = 2, .items = usual};
    enum scope_code code = SCOPE_OK;
    for (size_t i = 0; i < list.count && code == SCOPE_OK; i++)
        code = scope_picks_add(picks, list.items[i], NULL, err);
    return code == SCOPE_OK ? scope_picks_finish(picks, err) : code;
}

static struct scope_style style_of(const struct analyze *analyze)
{
    enum scope_output output = SCOPE_OUTPUT_TABLE;
    if (analyze->format > 0)
        output = (enum scope_output)(analyze->format - 1);
    else if (analyze->output)
        scope_output_of(analyze->output, &output);
    struct scope_style style = {.output = output};
    if (!analyze->output)
        style = scope_output_style(output);
    style.plots = analyze->plots;
    style.plot_format = plot_formats[analyze->plot_format];
    return style;
}

static enum scope_code save(const char *path, const struct scope_text *text,
                            struct scope_err *err)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return scope_fail(err, SCOPE_IO, errno, "create the report %s", path);
    size_t written = fwrite(text->bytes, 1, text->length, file);
    if (fclose(file) != 0 || written != text->length)
        return scope_fail(err, SCOPE_IO, errno, "write the report %s", path);
    return SCOPE_OK;
}

static enum scope_code deliver(const struct analyze *analyze,
                               const struct scope_style *style,
                               const struct scope_report *report,
                               struct scope_err *err)
{
    struct scope_text text = {0};
    enum scope_code code = SCOPE_OK;
    if (analyze->plots)
        code =
            scope_report_draw(report, analyze->plots, style->plot_format, err);
    if (code == SCOPE_OK)
        code = scope_report_write(report, style, &text, err);
    if (code == SCOPE_OK && analyze->output)
        code = save(analyze->output, &text, err);
    else if (code == SCOPE_OK && text.length)
        fwrite(text.bytes, 1, text.length, stdout); /* main() sees failures */
    scope_text_free(&text);
    return code;
}

/* The report must not go where a store is. */
static enum scope_code guard_stores(const struct analyze *analyze, int count,
                                    char **stores, struct scope_err *err)
{
    struct stat report, store;
    if (!analyze->output || stat(analyze->output, &report) != 0)
        return SCOPE_OK;
    for (int i = 0; i < count; i++)
        if (stat(stores[i], &store) == 0 && store.st_dev == report.st_dev &&
            store.st_ino == report.st_ino) {
            scope_fail(err, SCOPE_USAGE, 0,
                       "the report would be written over the store %s",
                       stores[i]);
            return scope_hint(err, "name another FILE after -o");
        }
    return SCOPE_OK;
}

static char *title_of(int count, char **stores)
{
    if (count == 1)
        return scope_strdup(stores[0]);
    return scope_format("%s and %d more store%s", stores[0], count - 1,
                        count == 2 ? "" : "s");
}

/* A report has been made: what of it is to be doubted? */
static enum scope_code judge(const struct scope_dataset *dataset,
                             struct scope_err *err)
{
    const struct scope_trial *trial = overview_doubtful(dataset);
    if (!trial)
        return SCOPE_OK;
    return scope_fail(err, SCOPE_PARTIAL, 0, "%s of %s is %s", trial->name,
                      trial->store,
                      trial->judged ? "not valid" : "not complete");
}

static enum scope_code report_on(const struct analyze *analyze,
                                 const struct scope_picks *picks,
                                 const struct scope_dataset *dataset,
                                 const char *title, struct scope_err *err)
{
    struct scope_style style = style_of(analyze);
    struct scope_report *report = scope_report_new(title);
    overview_begin(report, dataset);
    enum scope_code code = analysis_run(picks, dataset, report, err);
    if (style.output != SCOPE_OUTPUT_TABLE)
        overview_end(report, dataset);
    if (code == SCOPE_OK || code == SCOPE_PARTIAL) {
        enum scope_code delivered = deliver(analyze, &style, report, err);
        code = delivered == SCOPE_OK ? code : delivered;
    }
    if (code == SCOPE_OK)
        code = judge(dataset, err);
    scope_report_free(report);
    return code;
}

static enum scope_code run(const void *config, int argc, char **argv,
                           struct scope_err *err)
{
    const struct analyze *analyze = config;
    struct scope_registry *registry = NULL;
    struct scope_picks *picks = NULL;
    struct scope_dataset *dataset = NULL;
    if (argc < 1) {
        scope_fail(err, SCOPE_USAGE, 0, "no store is named");
        return scope_hint(err, "scope analyze FILE.scope; scope collect -o "
                               "FILE.scope makes one");
    }
    enum scope_code code = guard_stores(analyze, argc, argv, err);
    if (code == SCOPE_OK)
        code = scope_registry_open(&registry, err);
    if (code != SCOPE_OK)
        return code;
    picks = scope_picks_new(registry, SCOPE_ANALYZER);
    code = pick_all(picks, &analyze->analyzers, err);
    if (code == SCOPE_OK)
        code = scope_dataset_open((const char *const *)argv, (size_t)argc,
                                  &dataset, err);
    if (code == SCOPE_OK && !scope_dataset_trials(dataset))
        code = scope_fail(err, SCOPE_NOT_FOUND, 0, "%s%s no trial to analyze",
                          argv[0],
                          argc > 1 ? " and the other stores hold" : " holds");
    if (code == SCOPE_OK) {
        char *title = title_of(argc, argv);
        code = report_on(analyze, picks, dataset, title, err);
        free(title);
    }
    scope_dataset_close(dataset);
    scope_picks_free(picks);
    scope_registry_close(registry);
    return code;
}

const struct scope_command scope_cmd_analyze = {
    .name = "analyze",
    .operands = "STORE...",
    .summary = "makes a report of what stores hold",
    .about =
        "Reads the trials of one or more stores and runs analyzers over them, "
        "into one report. It begins with the trials and what is to be doubted "
        "of them; figures of trials that are not valid are shown and marked, "
        "and the exit status is then 4.\n"
        "\n"
        "Without -o the report goes to standard output. With -o report.html "
        "it is one file that needs nothing else, with its plots in it.",
    .options = options,
    .config_size = sizeof(struct analyze),
    .run = run,
};
