/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A campaign while it runs: shared by the files that make its trials, search
 * with them and show them. */
#ifndef SRC_CAMPAIGN_INSIDE_H
#define SRC_CAMPAIGN_INSIDE_H

#include "src/campaign.h"
#include "src/max_search.h"
#include "src/threshold.h"
#include "src/variant.h"

#include "lib/store/reader.h"

/* One trial that was made, and what matters of it. */
struct attempt {
    int64_t trial;    /* its number in the store */
    size_t turn;      /* which of the campaign's */
    const char *role; /* "step" or "hold" of a search, else "" */
    double rate;      /* that a search tried, else NAN */
    bool valid, partial, stopped;
    double seconds, achieved, intended, share, p50, p99, errors;
    double cpu, cpu_low, cpu_high; /* of the target, NAN: none */
    enum search_outcome outcome;
    char why[256]; /* it failed, or "" */
    size_t finding_count;
    struct threshold_finding *findings; /* one for each threshold */
};

/* How a search ended. */
struct found {
    size_t turn;
    bool reached;     /* what was asked for */
    double rate;      /* NAN: none */
    double failed;    /* the lowest rate that failed; INFINITY: none */
    size_t hold;      /* the attempt that holds it, SIZE_MAX: none */
    char reason[512]; /* in words */
};

struct campaign {
    const struct campaign_options *options;
    const struct session_plan *plan;
    struct progress progress;
    char *path; /* of the store */
    bool temporary;
    struct thresholds thresholds, stop_if;
    size_t sweep_count;
    struct sweep *sweeps;
    size_t turn_count;
    struct sweep_turn *turns;
    size_t attempt_count, attempt_room;
    struct attempt *attempts;
    size_t found_count, found_room;
    struct found *found;
    int signal;
};

/* What a trial differs by from the plan. */
struct wish {
    size_t turn;
    const char *role;
    double rate; /* NAN: the plan's */
    int64_t duration_ns, warmup_ns;
    unsigned step; /* of a search, from 1 */
};

/* Makes a trial and appends it to the attempts. OK also when it is not valid;
 * a signal is in campaign->signal. */
enum scope_code campaign_try(struct campaign *campaign, const struct wish *wish,
                             struct attempt **attempt,
                             struct scope_err *err) SCOPE_MUST_CHECK;

/* The searches, each in its file: the trials of one turn. */
enum scope_code campaign_find_max(struct campaign *campaign, size_t turn,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
enum scope_code campaign_target_cpu(struct campaign *campaign, size_t turn,
                                    struct scope_err *err) SCOPE_MUST_CHECK;
struct found *campaign_found(struct campaign *campaign, size_t turn);

/* campaign_search.c: what both searches need. */
/* Fails where the plan cannot be searched with. */
enum scope_code campaign_check_search(const struct campaign *campaign,
                                      struct scope_err *err) SCOPE_MUST_CHECK;
double campaign_first_rate(const struct campaign *campaign);
double campaign_most_rate(const struct campaign *campaign);
/* A step at this rate; long enough for the thresholds' percentiles. */
struct wish campaign_step(const struct campaign *campaign, size_t turn,
                          double rate, unsigned step);
/* The whole trial. */
struct wish campaign_hold(const struct campaign *campaign, size_t turn,
                          double rate, unsigned step);

/* conclude.c: shows all, exports, and makes the exit status. */
enum scope_code campaign_conclude(struct campaign *campaign,
                                  const struct scope_picks *analyzers,
                                  enum scope_output output,
                                  struct scope_err *err) SCOPE_MUST_CHECK;
/* campaign_tables.c: the tables of a campaign of many trials, and of
 * thresholds. */
void campaign_tables(const struct campaign *campaign,
                     struct scope_report *report);

#endif
