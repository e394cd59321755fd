/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Campaigns: makes the trials that one command line asks for. */
#include "src/campaign_inside.h"

#include "lib/base/units.h"
#include "src/export.h"

#include <errno.h>
#include <math.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- what is asked for ---------------------------------------------------- */

static bool has_figure(const struct thresholds *thresholds,
                       enum threshold_figure figure)
{
    for (size_t i = 0; i < thresholds->count; i++)
        if (thresholds->items[i].figure == figure)
            return true;
    return false;
}

/* A highest rate is one that is achieved, with next to no errors: unless the
 * user has said what of these is wanted. */
static enum scope_code read_thresholds(struct campaign *campaign,
                                       struct scope_err *err)
{
    const struct campaign_options *options = campaign->options;
    struct scope_list list = options->thresholds;
    const char **texts = scope_alloc(list.count + 2, sizeof *texts);
    for (size_t i = 0; i < list.count; i++)
        texts[i] = list.items[i];
    list.items = texts;
    enum scope_code code =
        thresholds_read(&list, "threshold", &campaign->thresholds, err);
    if (code == SCOPE_OK && options->find_max) {
        if (!has_figure(&campaign->thresholds, THRESHOLD_ERRORS))
            texts[list.count++] = "errors<0.1%";
        if (!has_figure(&campaign->thresholds, THRESHOLD_ACHIEVED))
            texts[list.count++] = "achieved>99%";
        thresholds_free(&campaign->thresholds);
        code = thresholds_read(&list, "threshold", &campaign->thresholds, err);
    }
    free(texts);
    if (code == SCOPE_OK)
        code = thresholds_read(&options->stop_if, "stop-if", &campaign->stop_if,
                               err);
    return code;
}

static enum scope_code read_sweeps(struct campaign *campaign,
                                   struct scope_err *err)
{
    const struct campaign_options *options = campaign->options;
    const struct scope_list *texts = &options->sweeps;
    enum scope_code code = SCOPE_OK;
    campaign->sweeps = scope_alloc(texts->count, sizeof *campaign->sweeps);
    for (size_t i = 0; i < texts->count && code == SCOPE_OK; i++) {
        struct sweep *sweep = &campaign->sweeps[campaign->sweep_count++];
        code = sweep_read(texts->items[i], variant_type, campaign->plan, sweep,
                          err);
        if (code == SCOPE_OK)
            code = variant_check(campaign->plan, sweep->name, err);
    }
    size_t points = 0;
    size_t repeats = (size_t)options->repeats;
    if (code == SCOPE_OK)
        code = sweep_points(campaign->sweeps, campaign->sweep_count,
                            options->repeats, &points, err);
    if (code != SCOPE_OK)
        return code;
    campaign->turn_count = points * repeats;
    campaign->turns =
        sweep_turns(points, repeats, (enum sweep_order)options->order,
                    (uint64_t)options->seed);
    return SCOPE_OK;
}

/* Many trials need a store to be in together, even if nobody keeps it. */
static enum scope_code make_store(struct campaign *campaign,
                                  struct scope_err *err)
{
    const char *place = getenv("TMPDIR");
    campaign->temporary = !*campaign->plan->output;
    if (!campaign->temporary) {
        campaign->path = scope_strdup(campaign->plan->output);
        return SCOPE_OK;
    }
    campaign->path =
        scope_format("%s/scope-XXXXXX.scope", place && *place ? place : "/tmp");
    int fd = mkstemps(campaign->path, 6);
    if (fd >= 0) {
        close(fd);
        return SCOPE_OK;
    }
    campaign->temporary = false;
    return scope_fail(err, SCOPE_IO, errno, "create %s", campaign->path);
}

static void remove_store(const struct campaign *campaign)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *path = scope_format("%s%s", campaign->path, suffixes[i]);
        unlink(path);
        free(path);
    }
}

/* --- one trial ------------------------------------------------------------ */

static const struct scope_trial *find_trial(const struct scope_dataset *dataset,
                                            int64_t id)
{
    for (size_t i = 0; i < scope_dataset_trials(dataset); i++)
        if (scope_dataset_trial(dataset, i)->id == id)
            return scope_dataset_trial(dataset, i);
    return NULL;
}

static void explain(struct attempt *attempt, const char *what,
                    const char *reason)
{
    if (!*attempt->why)
        snprintf(attempt->why, sizeof attempt->why, "%s: %s", what, reason);
}

/* Whether a generator that sends late makes the figure worse by itself. */
static bool suffers(const struct threshold *threshold)
{
    switch (threshold->figure) {
    case THRESHOLD_QUANTILE:
    case THRESHOLD_MEAN:
    case THRESHOLD_MIN:
    case THRESHOLD_MAX:
        return threshold->timing == SCOPE_TIMING_LATENCY ||
               threshold->timing == SCOPE_TIMING_DELAY;
    case THRESHOLD_UNSENT:
    case THRESHOLD_ACHIEVED:
    case THRESHOLD_RATE:
    case THRESHOLD_REQUESTS:
        return true;
    default:
        return false;
    }
}

/* Whether it passed, and if not, whether the generator is to blame. What was
 * met although requests were sent late is met, and what lateness does not make
 * worse is the server's. A generator out of CPU has made no such load. */
static void weigh(const struct campaign *campaign,
                  const struct scope_trial *trial, struct attempt *attempt)
{
    bool late = false, exhausted = false, good = !attempt->stopped;
    bool served = true; /* what the server alone answers for was met */
    for (size_t i = 0; i < attempt->finding_count; i++) {
        if (attempt->findings[i].result == THRESHOLD_MET)
            continue;
        good = false;
        served = served && suffers(&campaign->thresholds.items[i]);
        explain(attempt, campaign->thresholds.items[i].text,
                attempt->findings[i].reason);
    }
    for (size_t i = 0; i < trial->check_count; i++) {
        const struct scope_check *check = &trial->checks[i];
        if (check->passed)
            continue;
        if (strcmp(check->name, "driver-cpu") == 0)
            exhausted = true;
        else if (strcmp(check->name, "send-delay") == 0)
            late = true;
        else if (strcmp(check->name, "load") == 0)
            good = false;
        else
            continue;
        if (!good || exhausted)
            explain(attempt, check->name, check->reason);
    }
    attempt->outcome = exhausted || (late && !good && served) ? SEARCH_DRIVER
                       : good                                 ? SEARCH_PASSED
                                                              : SEARCH_FAILED;
}

static enum scope_code read_attempt(const struct campaign *campaign,
                                    const struct scope_dataset *dataset,
                                    const struct scope_trial *trial,
                                    struct attempt *attempt,
                                    struct scope_err *err)
{
    struct scope_outcome outcome;
    struct scope_figure cpu = {0};
    enum scope_code code =
        scope_outcome_read(dataset, trial, NULL, &outcome, err);
    if (code == SCOPE_OK)
        code = scope_target_cpu(dataset, trial, NULL, &cpu, err);
    const struct scope_hist *latency = &outcome.timing[SCOPE_TIMING_LATENCY];
    attempt->seconds = outcome.seconds;
    attempt->achieved = outcome.achieved.summary.mean;
    attempt->intended = outcome.rate;
    attempt->share = scope_outcome_share(&outcome);
    attempt->p50 = scope_hist_told(latency, 0.5);
    attempt->p99 = scope_hist_told(latency, 0.99);
    attempt->errors = outcome.errors;
    attempt->cpu = cpu.summary.count ? cpu.summary.mean : NAN;
    attempt->cpu_low = cpu.summary.low;
    attempt->cpu_high = cpu.summary.high;
    size_t count = campaign->thresholds.count;
    attempt->findings = scope_alloc(count, sizeof *attempt->findings);
    attempt->finding_count = count;
    for (size_t i = 0; i < count && code == SCOPE_OK; i++)
        code = threshold_check(&campaign->thresholds.items[i], dataset, trial,
                               &outcome, &attempt->findings[i], err);
    scope_outcome_free(&outcome);
    if (code == SCOPE_OK)
        weigh(campaign, trial, attempt);
    return code;
}

static enum scope_code look_at(const struct campaign *campaign,
                               struct attempt *attempt, struct scope_err *err)
{
    const char *path = campaign->path;
    struct scope_dataset *dataset = NULL;
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    if (code != SCOPE_OK)
        return code;
    const struct scope_trial *trial = find_trial(dataset, attempt->trial);
    code = trial ? read_attempt(campaign, dataset, trial, attempt, err)
                 : scope_fail(err, SCOPE_CORRUPT, 0, "%s has lost trial %lld",
                              path, (long long)attempt->trial);
    scope_dataset_close(dataset);
    return code;
}

static struct attempt *add_attempt(struct campaign *campaign,
                                   const struct wish *wish)
{
    campaign->attempts =
        scope_grow(campaign->attempts, &campaign->attempt_room,
                   campaign->attempt_count, sizeof *campaign->attempts);
    struct attempt *attempt = &campaign->attempts[campaign->attempt_count++];
    *attempt = (struct attempt){
        .turn = wish->turn, .role = wish->role, .rate = wish->rate};
    return attempt;
}

/* Options of the sweeps at this turn, and the rate that a search tries. */
static size_t make_sets(const struct campaign *campaign,
                        const struct wish *wish, char *rate, size_t size,
                        struct variant_set *sets)
{
    size_t count = 0;
    for (; count < campaign->sweep_count; count++)
        sets[count] = (struct variant_set){
            .name = campaign->sweeps[count].name,
            .value = sweep_value(campaign->sweeps, campaign->sweep_count, count,
                                 campaign->turns[wish->turn].point)};
    if (isnan(wish->rate))
        return count;
    snprintf(rate, size, "%.12g", wish->rate);
    sets[count++] = (struct variant_set){.name = "rate", .value = rate};
    return count;
}

static size_t make_labels(const struct campaign *campaign,
                          const struct wish *wish, char texts[2][24],
                          struct variant_set *labels)
{
    size_t count = 0;
    if (campaign->options->repeats > 1) {
        snprintf(texts[0], 24, "%zu", campaign->turns[wish->turn].repeat + 1);
        labels[count++] =
            (struct variant_set){.name = "repeat", .value = texts[0]};
    }
    if (*wish->role) {
        snprintf(texts[1], 24, "%u", wish->step);
        labels[count++] =
            (struct variant_set){.name = "search", .value = wish->role};
        labels[count++] =
            (struct variant_set){.name = "step", .value = texts[1]};
    }
    return count;
}

static enum scope_code run_trial(struct campaign *campaign,
                                 const struct session_plan *plan,
                                 struct attempt *attempt, struct scope_err *err)
{
    struct session session = {0};
    enum scope_code code = session_run(&session, plan, err);
    attempt->trial = session.trial;
    attempt->valid = session.valid;
    attempt->partial = session.partial;
    attempt->stopped = session.stopped;
    if (session.signal)
        campaign->signal = session.signal;
    if (code != SCOPE_OK)
        return code;
    code = session_close(&session, err);
    return code == SCOPE_OK ? look_at(campaign, attempt, err) : code;
}

enum scope_code campaign_try(struct campaign *campaign, const struct wish *wish,
                             struct attempt **made, struct scope_err *err)
{
    struct variant variant;
    struct variant_set labels[3];
    char texts[2][24];
    char rate[32];
    struct variant_set *sets =
        scope_alloc(campaign->sweep_count + 1, sizeof *sets);
    size_t set_count = make_sets(campaign, wish, rate, sizeof rate, sets);
    size_t label_count = make_labels(campaign, wish, texts, labels);
    enum scope_code code = variant_make(campaign->plan, sets, set_count, labels,
                                        label_count, &variant, err);
    variant.plan.output = campaign->path;
    variant.plan.duration_ns = wish->duration_ns;
    variant.plan.warmup_ns = wish->warmup_ns;
    variant.plan.terse = *wish->role || campaign->turn_count > 1;
    struct attempt *attempt = add_attempt(campaign, wish);
    if (code == SCOPE_OK)
        code = run_trial(campaign, &variant.plan, attempt, err);
    variant_free(&variant);
    free(sets);
    *made = attempt;
    return code;
}

/* --- all of them ---------------------------------------------------------- */

struct found *campaign_found(struct campaign *campaign, size_t turn)
{
    campaign->found =
        scope_grow(campaign->found, &campaign->found_room,
                   campaign->found_count, sizeof *campaign->found);
    struct found *found = &campaign->found[campaign->found_count++];
    *found = (struct found){
        .turn = turn, .rate = NAN, .failed = INFINITY, .hold = SIZE_MAX};
    return found;
}

/* "rate=1000 body-size=64, repeat 2"; to free(). */
static char *turn_name(const struct campaign *campaign, size_t turn)
{
    struct scope_text text = {0};
    for (size_t i = 0; i < campaign->sweep_count; i++)
        scope_text_add(&text, "%s%s=%s", i ? " " : "", campaign->sweeps[i].name,
                       sweep_value(campaign->sweeps, campaign->sweep_count, i,
                                   campaign->turns[turn].point));
    if (campaign->options->repeats > 1)
        scope_text_add(&text, "%srepeat %zu", text.length ? ", " : "",
                       campaign->turns[turn].repeat + 1);
    return scope_text_take(&text);
}

static void say_turn(struct campaign *campaign, size_t turn)
{
    if (campaign->turn_count == 1)
        return;
    char *name = turn_name(campaign, turn);
    progress_say(&campaign->progress, "%zu of %zu: %s", turn + 1,
                 campaign->turn_count, name);
    free(name);
}

static enum scope_code make_turn(struct campaign *campaign, size_t turn,
                                 struct scope_err *err)
{
    struct attempt *attempt;
    say_turn(campaign, turn);
    if (campaign->options->find_max)
        return campaign_find_max(campaign, turn, err);
    if (campaign->options->target_cpu > 0)
        return campaign_target_cpu(campaign, turn, err);
    struct wish wish = {.turn = turn,
                        .role = "",
                        .rate = NAN,
                        .duration_ns = campaign->plan->duration_ns,
                        .warmup_ns = campaign->plan->warmup_ns};
    enum scope_code code = campaign_try(campaign, &wish, &attempt, err);
    if (code == SCOPE_OK && campaign->turn_count > 1 && !attempt->valid)
        progress_say(&campaign->progress, "  not valid%s%s",
                     *attempt->why ? ": " : "", attempt->why);
    return code;
}

static enum scope_code check(const struct campaign *campaign,
                             struct scope_err *err)
{
    const struct campaign_options *options = campaign->options;
    const struct session_plan *plan = campaign->plan;
    if (options->find_max && options->target_cpu > 0)
        return scope_fail(err, SCOPE_USAGE, 0,
                          "--find-max and --target-cpu search for different "
                          "rates");
    if (!plan->driver_count &&
        (options->sweeps.count || options->thresholds.count ||
         options->stop_if.count || options->exports.count ||
         options->find_max || options->target_cpu > 0)) {
        scope_fail(err, SCOPE_USAGE, 0,
                   "sweeps, thresholds, searches and exports are for drivers");
        return scope_hint(err, "add --drive");
    }
    bool many = campaign->turn_count > 1 || options->find_max ||
                options->target_cpu > 0;
    if (many && !plan->duration_ns) {
        scope_fail(err, SCOPE_USAGE, 0, "many trials need a length each");
        return scope_hint(err, "write --duration 10s");
    }
    if (options->find_max || options->target_cpu > 0)
        return campaign_check_search(campaign, err);
    return SCOPE_OK;
}

static void free_campaign(struct campaign *campaign)
{
    for (size_t i = 0; i < campaign->attempt_count; i++)
        free(campaign->attempts[i].findings);
    for (size_t i = 0; i < campaign->sweep_count; i++)
        sweep_free(&campaign->sweeps[i]);
    thresholds_free(&campaign->thresholds);
    thresholds_free(&campaign->stop_if);
    free(campaign->attempts);
    free(campaign->found);
    free(campaign->sweeps);
    free(campaign->turns);
    free(campaign->path);
}

enum scope_code campaign_run(const struct campaign_options *options,
                             const struct session_plan *plan,
                             const struct scope_picks *analyzers,
                             enum scope_output output, int *signal,
                             struct scope_err *err)
{
    struct session_plan own = *plan;
    struct campaign campaign = {.options = options, .plan = &own};
    progress_init(&campaign.progress, plan->quiet);
    enum scope_code code = export_check(&options->exports, err);
    if (code == SCOPE_OK)
        code = read_thresholds(&campaign, err);
    if (code == SCOPE_OK)
        code = read_sweeps(&campaign, err);
    own.stop_if = &campaign.stop_if;
    if (code == SCOPE_OK)
        code = check(&campaign, err);
    if (code == SCOPE_OK)
        code = make_store(&campaign, err);
    for (size_t i = 0;
         i < campaign.turn_count && code == SCOPE_OK && !campaign.signal; i++)
        code = make_turn(&campaign, i, err);
    if (code == SCOPE_OK)
        code = campaign_conclude(&campaign, analyzers, output, err);
    if (campaign.temporary)
        remove_store(&campaign);
    *signal = campaign.signal;
    free_campaign(&campaign);
    return code;
}
