/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a campaign as its user sees it: what came of it on standard
 * output, files for other programs, and the exit status. */
#include "src/campaign_inside.h"

#include "src/analysis.h"
#include "src/export.h"
#include "src/output.h"
#include "src/overview.h"

#include <scope/alloc.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

/* The trials that were measured for their own sake; to free(). */
static int64_t *measured(const struct campaign *campaign, size_t *count)
{
    int64_t *ids = scope_alloc(campaign->attempt_count + 1, sizeof *ids);
    bool search =
        campaign->options->find_max || campaign->options->target_cpu > 0;
    *count = 0;
    for (size_t i = 0; i < campaign->attempt_count && !search; i++)
        ids[(*count)++] = campaign->attempts[i].trial;
    for (size_t i = 0; i < campaign->found_count; i++)
        if (campaign->found[i].hold != SIZE_MAX)
            ids[(*count)++] = campaign->attempts[campaign->found[i].hold].trial;
    return ids;
}

static enum scope_code export_trials(const struct campaign *campaign,
                                     const struct scope_dataset *dataset,
                                     struct scope_err *err)
{
    size_t count = scope_dataset_trials(dataset);
    const struct scope_trial **trials = scope_alloc(count + 1, sizeof *trials);
    for (size_t i = 0; i < count; i++)
        trials[i] = scope_dataset_trial(dataset, i);
    enum scope_code code =
        export_all(&campaign->options->exports, dataset, trials, count, err);
    free(trials);
    return code;
}

/* Of many trials their table is enough: scope analyze shows them in full. */
static enum scope_code make_report(const struct campaign *campaign,
                                   const struct scope_picks *analyzers,
                                   const struct scope_dataset *dataset,
                                   enum scope_output output,
                                   struct scope_report *report,
                                   struct scope_err *err)
{
    size_t count = scope_dataset_trials(dataset);
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    bool shown = scope_picks_count(analyzers) && count == 1;
    bool brief = output == SCOPE_OUTPUT_TABLE && campaign->plan->driver_count;
    enum scope_code code = SCOPE_OK;
    if (shown && brief)
        overview_line(report, dataset);
    else if (shown)
        overview_begin(report, dataset);
    campaign_tables(campaign, report);
    if (shown)
        code = analysis_run(analyzers, dataset, report, err);
    if (shown && campaign->plan->driver_count)
        overview_verdict(report, trial);
    return code;
}

static enum scope_code show(const struct campaign *campaign,
                            const struct scope_picks *analyzers,
                            enum scope_output output, struct scope_err *err)
{
    const char *path = campaign->path;
    struct scope_dataset *dataset = NULL;
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    if (code != SCOPE_OK)
        return code;
    struct scope_report *report = scope_report_new("scope");
    size_t count;
    int64_t *ids = measured(campaign, &count);
    scope_dataset_choose(dataset, ids, count);
    code = make_report(campaign, analyzers, dataset, output, report, err);
    bool wanted = scope_picks_count(analyzers) || campaign->thresholds.count ||
                  campaign->attempt_count > 1;
    if ((code == SCOPE_OK || code == SCOPE_PARTIAL) && wanted) {
        enum scope_code written = scope_output_print(report, (int)output, err);
        code = written == SCOPE_OK ? code : written;
    }
    if (code == SCOPE_OK || code == SCOPE_PARTIAL) {
        enum scope_code exported = export_trials(campaign, dataset, err);
        code = exported == SCOPE_OK ? code : exported;
    }
    free(ids);
    scope_dataset_close(dataset);
    scope_report_free(report);
    return code;
}

static void say_where(struct campaign *campaign)
{
    size_t last = campaign->attempt_count - 1;
    if (campaign->temporary)
        return;
    if (!last)
        progress_say(&campaign->progress, "trial %lld is in %s",
                     (long long)campaign->attempts[0].trial, campaign->path);
    else
        progress_say(&campaign->progress, "trials %lld to %lld are in %s",
                     (long long)campaign->attempts[0].trial,
                     (long long)campaign->attempts[last].trial, campaign->path);
}

/* What is to be said in the exit status; it has been said in words. */
static enum scope_code weigh(const struct campaign *campaign)
{
    bool missed = false, doubtful = false;
    for (size_t i = 0; i < campaign->attempt_count; i++) {
        const struct attempt *attempt = &campaign->attempts[i];
        if (*attempt->role)
            continue;
        missed = missed || attempt->stopped;
        doubtful = doubtful || !attempt->valid || attempt->partial;
        for (size_t f = 0; f < attempt->finding_count; f++) {
            missed = missed || attempt->findings[f].result == THRESHOLD_MISSED;
            doubtful =
                doubtful || attempt->findings[f].result == THRESHOLD_UNDECIDED;
        }
    }
    for (size_t i = 0; i < campaign->found_count; i++) {
        const struct found *found = &campaign->found[i];
        missed = missed || !found->reached;
        if (found->hold != SIZE_MAX)
            doubtful = doubtful || !campaign->attempts[found->hold].valid ||
                       campaign->attempts[found->hold].partial;
    }
    if (missed)
        return SCOPE_THRESHOLD;
    return doubtful ? SCOPE_PARTIAL : SCOPE_OK;
}

/* What scripts that read only standard error must see. */
static void say_results(struct campaign *campaign)
{
    for (size_t i = 0; i < campaign->attempt_count; i++) {
        const struct attempt *attempt = &campaign->attempts[i];
        for (size_t f = 0; f < attempt->finding_count && !*attempt->role; f++)
            if (attempt->findings[f].result != THRESHOLD_MET)
                progress_say(&campaign->progress,
                             "threshold %s is %s: %s (trial %lld%s)",
                             campaign->thresholds.items[f].text,
                             threshold_word(attempt->findings[f].result),
                             attempt->findings[f].reason,
                             (long long)attempt->trial,
                             attempt->valid ? "" : ", not valid");
    }
    for (size_t i = 0; i < campaign->found_count; i++)
        progress_say(&campaign->progress, "%s%s",
                     campaign->found[i].reached ? "found: " : "NOT FOUND: ",
                     campaign->found[i].reason);
}

enum scope_code campaign_conclude(struct campaign *campaign,
                                  const struct scope_picks *analyzers,
                                  enum scope_output output,
                                  struct scope_err *err)
{
    if (!campaign->attempt_count)
        return SCOPE_OK;
    enum scope_code code = show(campaign, analyzers, output, err);
    say_results(campaign);
    say_where(campaign);
    if (code != SCOPE_OK)
        return code;
    code = weigh(campaign);
    if (code != SCOPE_OK)
        err->text[0] = '\0'; /* it has been said already */
    return code;
}

void session_die_of_signal(int number)
{
    if (!number)
        return;
    fflush(stdout);
    signal(number, SIG_DFL);
    raise(number);
}
