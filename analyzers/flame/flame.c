/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the CPU time goes, as flame graphs: one a trial, and one of what
 * differs between a trial and the one it is compared with.
 */
#include "analyzers/flame/changes.h"

#include <math.h>
#include <scope/plugin.h>
#include <string.h>

static const char *const by_words[] = {"role", "process", "none", NULL};

static const struct scope_option options[] = {
    SCOPE_OPTION_CHOICE(struct flame_config, by, "by", .choices = by_words,
                        .fallback = "role",
                        .help = "what the first level of frames is: the roles, "
                                "each process, or functions at once"),
    SCOPE_OPTION_LIST(struct flame_config, target, "target", .value = "GLOB",
                      .help = "show only targets whose role or name matches "
                              "one of these"),
    SCOPE_OPTION_BOOL(struct flame_config, others, "others", .fallback = "no",
                      .help = "show also what is no target: other processes "
                              "and kernel threads"),
    SCOPE_OPTION_BOOL(struct flame_config, kernel, "kernel", .fallback = "yes",
                      .help = "show the kernel's frames; else their cost is "
                              "that of the function that entered the kernel"),
    SCOPE_OPTION_BOOL(struct flame_config, reverse, "reverse", .fallback = "no",
                      .help = "begin with the functions that were running, "
                              "their callers below, so that a function is one "
                              "frame, wherever it was called from"),
    SCOPE_OPTION_RATIO(struct flame_config, least, "min-share", .fallback = "0",
                       .min = "0", .max = "1",
                       .help = "leave out frames of a smaller share of the "
                               "whole; CSV and JSON have all"),
    SCOPE_OPTION_STRING(struct flame_config, categories, "categories",
                        .value = "NAME",
                        .help = "colour by these categories, a name or a file, "
                                "instead of by module"),
    SCOPE_OPTION_STRING(struct flame_config, baseline, "baseline",
                        .fallback = "auto", .value = "TRIAL",
                        .help = "compare the other trials with this one, by "
                                "its place in the report, its name or one of "
                                "its labels (key=value); auto: the first of "
                                "two; none: no comparison"),
    SCOPE_OPTION_INT(struct flame_config, graphs, "graphs", .fallback = "12",
                     .min = "1",
                     .help = "draw this many trials at most: a graph takes "
                             "some 250 KB of a page"),
    SCOPE_OPTION_END,
};

struct flames {
    const struct flame_config *config;
    const struct scope_dataset *dataset;
    struct scope_report *report;
    struct side *sides; /* of each trial */
    size_t count;
    size_t profiles; /* sides that have one */
    struct colours colours;
};

static bool is_doubtful(const struct side *side)
{
    return side->trial->judged && !side->trial->valid;
}

/* --- what is said of samples ---------------------------------------------- */

static void say_samples(struct scope_report *report, const struct side *side,
                        uint64_t samples, double cost)
{
    const struct scope_profile *profile = side->profile;
    bool timer = profile->unit == SCOPE_UNIT_NS;
    char *each =
        side->requests <= 0 ? scope_strdup("")
        : timer
            ? scope_format(", %.4g µs a request", cost / side->requests / 1e3)
            : scope_format(", %.4g a request", cost / side->requests);
    char *sum = timer ? scope_format("%.4g s of CPU time", cost / 1e9)
                      : scope_format("%.4g %s", cost, profile->event);
    scope_report_text(
        report,
        "%s: %llu %s (%s, %g a second asked for on each CPU) in %.4g s: %s%s.",
        side->name, (unsigned long long)samples, side_event(side),
        profile->event, profile->frequency, side->seconds, sum, each);
    free(each);
    free(sum);
}

/* What holds for all graphs, once. */
static void say_sampling(struct scope_report *report, bool timer)
{
    scope_report_text(
        report, "Of what ran, samples were taken: a frame of n samples "
                "is known to within 2/\u221an of itself, 95 times in 100; "
                "one of 100 samples to 20 %%.");
    if (timer)
        scope_report_text(
            report,
            "They are timer samples, taken when interrupts are let in: what "
            "runs in the kernel with interrupts off shows as the function "
            "that lets them in again. How much is the kernel's is sound, which "
            "of its functions it is less so.");
}

static void say_losses(struct scope_report *report, const struct side *side)
{
    double taken = (double)side->samples + side->lost;
    if (side->lost > 0)
        scope_report_warning(report,
                             "%s: %.0f samples were lost, %.2g %% of all: "
                             "which frames they were of is not known",
                             side->name, side->lost, 100 * side->lost / taken);
    if (side->throttled > 0)
        scope_report_warning(report,
                             "%s: the kernel stopped sampling %.0f times "
                             "for a while",
                             side->name, side->throttled);
    if (side->cut > 0)
        scope_report_text(report,
                          "Of %.0f samples (%.2g %%) the stack was longer than "
                          "what was copied of it: their outermost callers are "
                          "missing, so they begin at another function "
                          "(cycles.stack-size).",
                          side->cut, 100 * side->cut / (double)side->samples);
}

static void say_omitted(struct scope_report *report,
                        const struct flame_config *config,
                        const struct side *side, uint64_t omitted)
{
    if (!omitted)
        return;
    scope_report_text(
        report,
        "%llu of %llu samples (%.1f %%) are of %s "
        "and not in the graph.",
        (unsigned long long)omitted, (unsigned long long)side->samples,
        100 * (double)omitted / (double)side->samples,
        config->others         ? "targets that were not asked for"
        : config->target.count ? "others than the targets asked for"
                               : "other processes and of kernel threads "
                                 "(flame.others)");
}

/* --- one trial -------------------------------------------------------------
 */

static void draw_one(const struct flames *flames, const struct side *side)
{
    struct scope_report *report = flames->report;
    struct tree tree;
    tree_init(&tree, false);
    tree_add(&tree, flames->config, &flames->colours, side, 0, 1);
    struct tree_cost whole = tree_whole(&tree);
    say_samples(report, side, whole.samples[0], whole.self[0]);
    say_omitted(report, flames->config, side, tree.omitted[0]);
    say_losses(report, side);
    char *title = scope_format("%s of %s%s%s", side_cost(side), side->name,
                               flames->config->reverse ? ", callers below" : "",
                               is_doubtful(side) ? " (doubtful)" : "");
    struct scope_flame *flame =
        scope_report_flame(report, "flame", title,
                           &(struct scope_flame_spec){
                               .unit = side->profile->unit,
                               .cost = side_cost(side),
                               .requests = side->requests,
                               .least = flames->config->least,
                               .inverted = flames->config->reverse,
                           });
    colours_tell(&flames->colours, flame);
    tree_draw(&tree, flame);
    free(title);
    tree_free(&tree);
}

/* --- two trials ------------------------------------------------------------
 */

/* Whether both can be compared; the report says why not. */
static bool can_compare(struct scope_report *report, const struct side *side,
                        const struct side *against)
{
    const struct scope_profile *a = side->profile, *b = against->profile;
    if (a->unit == b->unit && strcmp(a->event, b->event) == 0)
        return true;
    scope_report_warning(
        report,
        "%s is not compared with %s: one sampled %s, the other %s, and what a "
        "sample of each stands for is not the same",
        side->name, against->name, a->event, b->event);
    return false;
}

/* What weights are multiplied by, so that both sides are comparable. */
struct scales {
    double side, against;
    bool per_request;
};

static double sum_of(const struct flames *flames, const struct side *side)
{
    struct tree tree;
    tree_init(&tree, false);
    tree_add(&tree, flames->config, &flames->colours, side, 0, 1);
    double sum = tree_whole(&tree).self[0];
    tree_free(&tree);
    return sum;
}

static struct scales find_scales(const struct flames *flames,
                                 const struct side *side,
                                 const struct side *against)
{
    if (side->requests > 0 && against->requests > 0)
        return (struct scales){.side = 1 / side->requests,
                               .against = 1 / against->requests,
                               .per_request = true};
    double other = sum_of(flames, against);
    return (struct scales){
        .side = 1, .against = other > 0 ? sum_of(flames, side) / other : 1};
}

/* Two standard errors of the ratio of two Poisson counts, by the delta
 * method. */
static double ratio_error(double ratio, const struct tree_cost *whole)
{
    return 2 * ratio *
           sqrt(1 / (double)whole->samples[0] + 1 / (double)whole->samples[1]);
}

static void say_comparison(struct scope_report *report, const struct side *side,
                           const struct side *against,
                           const struct scales *scales,
                           const struct tree_cost *whole)
{
    double ratio = whole->self[0] / whole->self[1];
    if (scales->per_request)
        scope_report_text(
            report,
            "%s against %s, both by request: red costs more in %s, blue less. "
            "All together it is %+.1f %% \u00b1 %.1f %% a request (two "
            "standard "
            "errors of %llu against %llu samples; %.0f against %.0f "
            "requests).",
            side->name, against->name, side->name, 100 * (ratio - 1),
            100 * ratio_error(ratio, whole),
            (unsigned long long)whole->samples[0],
            (unsigned long long)whole->samples[1], side->requests,
            against->requests);
    else
        scope_report_text(
            report,
            "%s against %s, by shares: red is a larger part of %s, blue a "
            "smaller one. Requests are not known of both, so %s is scaled to "
            "the same sum, and whether all together costs more is not said "
            "(%llu against %llu samples).",
            side->name, against->name, side->name, against->name,
            (unsigned long long)whole->samples[0],
            (unsigned long long)whole->samples[1]);
}

static void draw_difference(const struct flames *flames,
                            const struct side *side, const struct side *against,
                            const struct tree *tree,
                            const struct scales *scales)
{
    struct scope_report *report = flames->report;
    const char *cost = side_cost(side);
    const char *per = scales->per_request ? " a request" : "";
    bool doubtful = is_doubtful(side) || is_doubtful(against);
    char *what = scope_format("%s%s", cost, per);
    char *title = scope_format("%s: %s against %s%s", what, side->name,
                               against->name, doubtful ? " (doubtful)" : "");
    char *changed = scope_format("Functions that changed, %s%s", what,
                                 doubtful ? " (doubtful)" : "");
    struct scope_flame *flame =
        scope_report_flame(report, "flame-difference", title,
                           &(struct scope_flame_spec){
                               .unit = side->profile->unit,
                               .cost = what,
                               .least = flames->config->least,
                               .inverted = flames->config->reverse,
                               .side = side->name,
                               .against = against->name,
                           });
    tree_draw(tree, flame);
    changes_report(report, tree, "flame-changes", changed, side->name,
                   against->name, side->profile->unit);
    free(what);
    free(title);
    free(changed);
}

static enum scope_code compare(const struct flames *flames,
                               const struct side *side,
                               const struct side *against)
{
    if (!can_compare(flames->report, side, against))
        return SCOPE_PARTIAL;
    struct scales scales = find_scales(flames, side, against);
    struct tree tree;
    tree_init(&tree, true);
    tree_add(&tree, flames->config, &flames->colours, side, 0, scales.side);
    tree_add(&tree, flames->config, &flames->colours, against, 1,
             scales.against);
    struct tree_cost whole = tree_whole(&tree);
    if (whole.samples[0] && whole.samples[1]) {
        say_comparison(flames->report, side, against, &scales, &whole);
        draw_difference(flames, side, against, &tree, &scales);
    } else {
        scope_report_warning(flames->report,
                             "%s is not compared with %s: there is no sample "
                             "of what was asked for in %s",
                             side->name, against->name,
                             whole.samples[0] ? against->name : side->name);
    }
    tree_free(&tree);
    return SCOPE_OK;
}

/* --- which trials ----------------------------------------------------------
 */

static bool has_label(const struct scope_trial *trial, const char *pair)
{
    const char *equals = strchr(pair, '=');
    if (!equals)
        return false;
    for (size_t i = 0; i < trial->label_count; i++) {
        const struct scope_label *label = &trial->labels[i];
        if (strlen(label->key) == (size_t)(equals - pair) &&
            strncmp(label->key, pair, (size_t)(equals - pair)) == 0 &&
            strcmp(label->value, equals + 1) == 0)
            return true;
    }
    return false;
}

static bool is_called(const struct flames *flames, size_t index,
                      const char *text)
{
    const struct side *side = &flames->sides[index];
    char *place = scope_format("%zu", index + 1);
    bool called = strcmp(text, place) == 0 || strcmp(text, side->name) == 0 ||
                  strcmp(text, side->trial->name) == 0 ||
                  has_label(side->trial, text);
    free(place);
    return called;
}

/* The index of the baseline, or flames->count: there is none. */
static enum scope_code find_baseline(const struct flames *flames, size_t *found,
                                     struct scope_err *err)
{
    const char *text = flames->config->baseline;
    bool automatic = strcmp(text, "auto") == 0;
    size_t matches = 0;
    *found = flames->count;
    if (strcmp(text, "none") == 0 || (automatic && flames->profiles != 2))
        return SCOPE_OK;
    for (size_t i = flames->count; i-- > 0;)
        if (automatic ? flames->sides[i].profile != NULL
                      : is_called(flames, i, text)) {
            *found = i;
            matches++;
        }
    if (automatic || matches == 1)
        return SCOPE_OK;
    scope_fail(err, matches ? SCOPE_USAGE : SCOPE_NOT_FOUND, 0,
               "baseline: %zu trials are called \"%s\"", matches, text);
    return scope_hint(err, "the first trial of the report is 1; scope store "
                           "info STORE shows names and labels");
}

/* Of what was found as the baseline there may be nothing to compare with. */
static enum scope_code check_baseline(const struct flames *flames,
                                      size_t *baseline)
{
    if (*baseline == flames->count || flames->sides[*baseline].profile)
        return SCOPE_OK;
    scope_report_warning(flames->report,
                         "nothing is compared with %s: it has no profile",
                         flames->sides[*baseline].name);
    *baseline = flames->count;
    return SCOPE_PARTIAL;
}

static bool has_timer_samples(const struct flames *flames)
{
    for (size_t i = 0; i < flames->count; i++) {
        const struct scope_profile *profile = flames->sides[i].profile;
        if (profile && profile->unit == SCOPE_UNIT_NS)
            return true;
    }
    return false;
}

static enum scope_code draw_all(const struct flames *flames,
                                struct scope_err *err)
{
    size_t baseline, drawn = 0;
    enum scope_code code = find_baseline(flames, &baseline, err);
    if (code != SCOPE_OK)
        return code;
    code = check_baseline(flames, &baseline);
    say_sampling(flames->report, has_timer_samples(flames));
    for (size_t i = 0; i < flames->count; i++) {
        const struct side *side = &flames->sides[i];
        if (!side->profile || drawn == (size_t)flames->config->graphs)
            continue;
        drawn++;
        draw_one(flames, side);
        if (baseline < flames->count && baseline != i &&
            compare(flames, side, &flames->sides[baseline]) != SCOPE_OK)
            code = SCOPE_PARTIAL;
    }
    if (drawn < flames->profiles)
        scope_report_text(flames->report,
                          "%zu more trial%s profile and %s not drawn "
                          "(flame.graphs).",
                          flames->profiles - drawn,
                          flames->profiles - drawn == 1 ? " has a" : "s have a",
                          flames->profiles - drawn == 1 ? "is" : "are");
    return code == SCOPE_PARTIAL
               ? scope_fail(err, code, 0, "not all could be compared")
               : code;
}

static enum scope_code read_all(struct flames *flames, struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    if (flames->config->categories)
        code = scope_categories_load(flames->config->categories,
                                     &flames->colours.categories, err);
    for (size_t i = 0; i < flames->count && code == SCOPE_OK; i++) {
        code = side_read(flames->dataset, i, &flames->sides[i], err);
        flames->profiles += flames->sides[i].profile != NULL;
        colours_add(&flames->colours, flames->config, &flames->sides[i]);
    }
    colours_choose(&flames->colours);
    return code;
}

static enum scope_code open_analyzer(const void *config, void **self,
                                     struct scope_err *err)
{
    (void)err;
    *self = (void *)(uintptr_t)config;
    return SCOPE_OK;
}

static enum scope_code run(void *self, const struct scope_dataset *dataset,
                           struct scope_report *report, struct scope_err *err)
{
    struct flames flames = {
        .config = self,
        .dataset = dataset,
        .report = report,
        .count = scope_dataset_trials(dataset),
    };
    flames.sides = scope_alloc(flames.count + 1, sizeof *flames.sides);
    scope_report_heading(report, "Flame graphs");
    enum scope_code code = read_all(&flames, err);
    if (code == SCOPE_OK && !flames.profiles)
        scope_report_text(report, "No profile was recorded in these trials: "
                                  "scope collect -C cycles makes one.");
    else if (code == SCOPE_OK)
        code = draw_all(&flames, err);
    for (size_t i = 0; i < flames.count; i++)
        side_free(&flames.sides[i]);
    free(flames.sides);
    colours_free(&flames.colours);
    return code;
}

static const struct scope_analyzer_ops ops = {
    .open = open_analyzer,
    .run = run,
};

SCOPE_PLUGIN(.kind = SCOPE_ANALYZER, .name = "flame",
             .summary = "flame graphs of where the CPU time goes, and of what "
                        "differs between two trials",
             .version = "1", .options = options,
             .config_size = sizeof(struct flame_config), .analyzer = &ops);
