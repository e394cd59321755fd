/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an analyzer reads: the trials of one or more stores, in the order the
 * stores were named and the trials made. Everything is owned by the dataset
 * and lives as long as it, but samples and histograms that a read fills.
 */
#ifndef SCOPE_DATASET_H
#define SCOPE_DATASET_H

#include <scope/err.h>
#include <scope/hist.h>
#include <scope/metric.h>
#include <scope/sink.h>
#include <scope/target.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scope_dataset;

struct scope_label {
    const char *key, *value;
};

enum scope_trial_status {
    SCOPE_TRIAL_RUNNING = 1, /* being written now */
    SCOPE_TRIAL_COMPLETE,
    SCOPE_TRIAL_INTERRUPTED, /* its writer was stopped or died */
};

/* One check of the verdict: what was compared with which limit. */
struct scope_check {
    const char *name; /* "rate", "send-delay", "driver-cpu", ... */
    bool passed;
    const char *reason; /* one sentence, with the figures */
};

struct scope_trial {
    const char *store; /* file name as given */
    int64_t id;        /* in its store, from 1 */
    const char *name;  /* the labels joined, or "trial N": for headings */
    enum scope_trial_status status;
    int64_t start_ns, end_ns; /* CLOCK_MONOTONIC; the measured window: what
                                 lies outside is warm-up or cool-down */
    int64_t realtime_ns;      /* CLOCK_REALTIME at start_ns */
    size_t label_count;
    const struct scope_label *labels;
    bool judged; /* the verdict exists */
    bool valid;  /* every check passed */
    size_t check_count;
    const struct scope_check *checks;
    size_t fact_count; /* the node's manifest: cpu, kernel, governor, ... */
    const struct scope_label *facts;
    size_t series_count;
    const struct scope_series *series; /* by collector, target, metric */
    size_t event_count;
    const struct scope_trial_event *events; /* by time */
    size_t artifact_count;
    const struct scope_artifact *artifacts; /* in the order they were stored */
};

/* A file that belongs to a trial. */
struct scope_artifact {
    const char *name, *type;
    uint64_t size; /* of its content */
    int64_t id;    /* in its store */
};

struct scope_trial_event {
    int64_t time_ns;
    enum scope_event_kind kind;
    uint64_t count;
    const char *text;
    const struct scope_target *target; /* or NULL */
};

struct scope_series {
    const char *source; /* the collector or driver */
    bool driver;        /* its source is a driver */
    struct scope_metric metric;
    const struct scope_target *target; /* NULL: the source itself */
    const char *instance;              /* "" when the metric has no domain */
    const struct scope_trial *trial;
    uint64_t count; /* samples in the store */
};

/* One series read: values in the type the metric declares. */
struct scope_samples {
    size_t count;
    int64_t *time_ns;
    enum scope_value value;
    union {
        uint64_t *u64;
        int64_t *i64;
        double *f64;
    };
};

SCOPE_API size_t scope_dataset_trials(const struct scope_dataset *dataset);
SCOPE_API const struct scope_trial *
scope_dataset_trial(const struct scope_dataset *dataset, size_t index);

/* Whether no other trial of the dataset has the trial's name. */
SCOPE_API bool scope_trial_alone(const struct scope_dataset *dataset,
                                 const struct scope_trial *trial);

/* The value of a label, or NULL. */
SCOPE_API const char *scope_trial_label(const struct scope_trial *trial,
                                        const char *key);

/* The content of an artifact of the trial, its hash checked; to free(). */
SCOPE_API enum scope_code
scope_artifact_read(const struct scope_dataset *dataset,
                    const struct scope_trial *trial,
                    const struct scope_artifact *artifact, uint8_t **bytes,
                    struct scope_err *err) SCOPE_MUST_CHECK;

/* The first series from index on that matches: source and metric by exact
 * name, NULL matches all; returns series_count when there is none. */
SCOPE_API size_t scope_trial_find(const struct scope_trial *trial, size_t from,
                                  const char *source, const char *metric);

/*
 * Reads all samples of a series with from_ns <= time <= to_ns (0, INT64_MAX:
 * all) without decoding the other series. Free with scope_samples_free. Not
 * for histograms.
 */
SCOPE_API enum scope_code
scope_series_read(const struct scope_dataset *dataset,
                  const struct scope_series *series, int64_t from_ns,
                  int64_t to_ns, struct scope_samples *samples,
                  struct scope_err *err) SCOPE_MUST_CHECK;
SCOPE_API void scope_samples_free(struct scope_samples *samples);

/* The sample as a double, whatever its type. */
SCOPE_API double scope_sample_value(const struct scope_samples *samples,
                                    size_t index);

/*
 * Calls each() for every histogram of a histogram series whose interval lies
 * in the range, by time: it covers start_ns to end_ns. Stops when each()
 * returns another code than OK, and returns that.
 */
SCOPE_API enum scope_code scope_series_hists(
    const struct scope_dataset *dataset, const struct scope_series *series,
    int64_t from_ns, int64_t to_ns,
    enum scope_code (*each)(void *closure, int64_t start_ns, int64_t end_ns,
                            const struct scope_hist *hist),
    void *closure, struct scope_err *err) SCOPE_MUST_CHECK;

#endif
