/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of loads. */
#include "analyzers/latency/tables.h"

#include <math.h>

bool load_is_doubtful(const struct load *load)
{
    return load->trial->judged && !load->trial->valid;
}

static struct scope_table *begin_table(struct scope_report *report,
                                       const char *id, const char *title,
                                       bool alone)
{
    struct scope_table *table = scope_report_table(report, id, title);
    scope_table_column(table, alone ? SCOPE_COLUMN_MACHINE : SCOPE_COLUMN_TEXT,
                       "trial", "trial", 0, NULL);
    return table;
}

static void begin_row(struct scope_table *table, const struct load *load)
{
    scope_table_row(table);
    scope_cell_text(table, load->trial->name);
    if (load_is_doubtful(load))
        scope_table_doubt(table);
}

/* --- rates and counts ----------------------------------------------------- */

static const struct {
    const char *name, *heading;
    enum scope_unit unit;
    const char *hint;
} load_columns[] = {
    {"intended", "intended", SCOPE_UNIT_HERTZ,
     "requests the schedule wanted sent a second; none in a closed loop"},
    {"achieved", "achieved", SCOPE_UNIT_HERTZ, "requests answered a second"},
    {"half_width", "±\u00a095\u00a0%", SCOPE_UNIT_HERTZ,
     "half the 95 % interval of the achieved rate"},
    {"rate_error", "error", SCOPE_UNIT_RATIO,
     "by how much more or fewer requests were answered than intended"},
    {"timed", "timed", SCOPE_UNIT_COUNT,
     "requests behind the percentiles of latency"},
    {"errors", "errors", SCOPE_UNIT_COUNT,
     "requests and connections that failed"},
    {"not_2xx", "not 2xx", SCOPE_UNIT_COUNT, "answers of other status classes"},
    {"unsent", "unsent", SCOPE_UNIT_COUNT,
     "requests the schedule wanted but that were never sent"},
    {"sent", "sent", SCOPE_UNIT_BYTERATE, "payload given to the kernel"},
    {"received", "received", SCOPE_UNIT_BYTERATE,
     "payload taken from the kernel"},
};

/* Bytes do not share a scale with each other, nor errors with rates. */
static void add_load_columns(struct scope_table *table)
{
    for (size_t i = 0; i < sizeof load_columns / sizeof *load_columns; i++) {
        bool bytes = load_columns[i].unit == SCOPE_UNIT_BYTERATE;
        scope_table_column(table,
                           bytes ? SCOPE_COLUMN_APART : SCOPE_COLUMN_NUMBER,
                           load_columns[i].name, load_columns[i].heading,
                           load_columns[i].unit, load_columns[i].hint);
    }
}

void tables_add_load(struct scope_report *report, const struct load *loads,
                     size_t count, bool alone)
{
    struct scope_table *table = begin_table(report, "load", "Load", alone);
    add_load_columns(table);
    for (size_t i = 0; i < count; i++) {
        const struct scope_outcome *outcome = &loads[i].outcome;
        const struct scope_summary *rate = &outcome->achieved.summary;
        double seconds = outcome->seconds > 0 ? outcome->seconds : NAN;
        if (!outcome->driven)
            continue;
        begin_row(table, &loads[i]);
        scope_cell_number(table, outcome->rate);
        scope_cell_number(table, rate->mean);
        scope_cell_number(table, (rate->high - rate->low) / 2);
        scope_cell_number(table, scope_outcome_share(outcome) - 1);
        scope_cell_number(table,
                          (double)outcome->timing[SCOPE_TIMING_LATENCY].total);
        scope_cell_number(table, outcome->errors);
        scope_cell_number(table, outcome->other);
        scope_cell_number(table, outcome->unsent);
        scope_cell_number(table, outcome->sent / seconds);
        scope_cell_number(table, outcome->received / seconds);
    }
}

/* --- times ---------------------------------------------------------------- */

static const struct {
    const char *name;
    double at;
} quantiles[] = {
    {"p50", 0.5},  {"p75", 0.75},    {"p90", 0.9},       {"p95", 0.95},
    {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999},
};

enum {
    QUANTILES = sizeof quantiles / sizeof *quantiles,
};

static void add_time_columns(struct scope_table *table)
{
    for (size_t i = 0; i < QUANTILES; i++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, quantiles[i].name,
                           quantiles[i].name, SCOPE_UNIT_NS,
                           "that share of the requests took no longer");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "max", "max", SCOPE_UNIT_NS,
                       "the longest");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "mean", "mean",
                       SCOPE_UNIT_NS, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "requests", "requests", 0,
                       NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "min_ns", "min", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "sd_ns", "sd", 0, NULL);
    scope_table_column(table, SCOPE_COLUMN_MACHINE, "saturated", "saturated", 0,
                       NULL);
}

static void add_time_cells(struct scope_table *table,
                           const struct scope_hist *hist, bool *refused)
{
    bool any = hist->total > 0;
    for (size_t i = 0; i < QUANTILES; i++) {
        double value = scope_hist_told(hist, quantiles[i].at);
        *refused = *refused || isnan(value);
        scope_cell_number(table, value);
    }
    scope_cell_number(table, any ? (double)hist->max : NAN);
    scope_cell_number(table, any ? scope_hist_mean(hist) : NAN);
    scope_cell_number(table, (double)hist->total);
    scope_cell_number(table, any ? (double)hist->min : NAN);
    scope_cell_number(table, any ? scope_hist_sd(hist) : NAN);
    scope_cell_number(table, (double)hist->saturated);
}

static const char *const time_names[SCOPE_TIMINGS] = {
    [SCOPE_TIMING_LATENCY] = "latency",
    [SCOPE_TIMING_SERVICE] = "service",
    [SCOPE_TIMING_DELAY] = "sent late by",
    [SCOPE_TIMING_CONNECT] = "connect",
    [SCOPE_TIMING_HANDSHAKE] = "TLS handshake",
};

/* One trial: all its times in one table, what was recorded of them. */
static bool add_all_times(struct scope_report *report, const struct load *load,
                          bool open)
{
    struct scope_table *table = begin_table(
        report, "latency",
        open ? "Times: latency from the intended sending, service from the "
               "actual one"
             : "Times, closed loop: each request waits for the one before",
        true);
    bool refused = false;
    scope_table_column(table, SCOPE_COLUMN_TEXT, "time", "", 0, NULL);
    add_time_columns(table);
    for (int i = 0; i < SCOPE_TIMINGS; i++) {
        const struct scope_hist *hist = &load->outcome.timing[i];
        bool latency = i == SCOPE_TIMING_LATENCY;
        bool lateness = i == SCOPE_TIMING_DELAY;
        /* The same as latency in a closed loop; lateness is the generator's. */
        if (!latency &&
            (!hist->total || lateness || (i == SCOPE_TIMING_SERVICE && !open)))
            continue;
        begin_row(table, load);
        scope_cell_text(table, time_names[i]);
        add_time_cells(table, hist, latency ? &refused : &(bool){false});
    }
    return refused;
}

static bool add_time(struct scope_report *report, const struct load *loads,
                     size_t count, enum scope_timing timing, const char *title)
{
    struct scope_table *table =
        begin_table(report, scope_timing_name(timing), title, false);
    bool refused = false;
    add_time_columns(table);
    for (size_t i = 0; i < count; i++) {
        if (!loads[i].outcome.driven)
            continue;
        begin_row(table, &loads[i]);
        add_time_cells(table, &loads[i].outcome.timing[timing], &refused);
    }
    return refused;
}

void tables_add_times(struct scope_report *report, const struct load *loads,
                      size_t count, bool alone, bool open)
{
    bool refused =
        alone ? add_all_times(report, &loads[0], open)
              : add_time(report, loads, count, SCOPE_TIMING_LATENCY,
                         open ? "Latency, from the intended sending"
                              : "Latency, closed loop: each request waits for "
                                "the one before");
    if (!alone && open)
        add_time(report, loads, count, SCOPE_TIMING_SERVICE,
                 "Service time, from the actual sending");
    if (refused)
        scope_report_text(report, "- stands where fewer than 10 requests lie "
                                  "beyond a percentile: too few to tell.");
}

/* --- the generator -------------------------------------------------------- */

static void add_generator_columns(struct scope_table *table)
{
    static const char *const delays[] = {"delay_p50", "delay_p99", "delay_max"};
    static const char *const headings[] = {"late p50", "late p99", "late max"};
    for (size_t i = 0; i < 3; i++)
        scope_table_column(table, SCOPE_COLUMN_NUMBER, delays[i], headings[i],
                           SCOPE_UNIT_NS,
                           "requests were sent later than intended by this, "
                           "though a connection was free");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "cpu", "CPU",
                       SCOPE_UNIT_RATIO, "of its process, 100 % is one CPU");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "busiest", "busiest thread",
                       SCOPE_UNIT_RATIO,
                       "CPU share of its busiest thread, mean");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "busiest_max",
                       "busiest, most", SCOPE_UNIT_RATIO,
                       "CPU share of its busiest thread, highest; near 100 % "
                       "the generator was the bottleneck");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "under_way", "under way", 0,
                       "requests at a time by Little's law: rate times mean "
                       "service time");
    scope_table_column(table, SCOPE_COLUMN_NUMBER, "room", "of", 0,
                       "requests that the connections carry at once");
}

void tables_add_generator(struct scope_report *report, const struct load *loads,
                          size_t count, bool alone)
{
    struct scope_table *table = begin_table(
        report, "generator", "Generator: was it fit to measure?", alone);
    add_generator_columns(table);
    for (size_t i = 0; i < count; i++) {
        const struct scope_outcome *outcome = &loads[i].outcome;
        const struct scope_hist *delay = &outcome->timing[SCOPE_TIMING_DELAY];
        if (!outcome->driven)
            continue;
        begin_row(table, &loads[i]);
        scope_cell_number(table, scope_hist_told(delay, 0.5));
        scope_cell_number(table, scope_hist_told(delay, 0.99));
        scope_cell_number(table, delay->total ? (double)delay->max : NAN);
        scope_cell_number(table, outcome->cpu);
        scope_cell_number(table, outcome->busiest);
        scope_cell_number(table, outcome->busiest_most);
        scope_cell_number(table, scope_outcome_busy(outcome));
        scope_cell_number(table, outcome->capacity);
    }
}
