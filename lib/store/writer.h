/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes a store: one SQLite file, one trial at a time. All calls come from
 * one thread. Rows reach the disk at commit; what a commit has returned OK for
 * survives kill -9 and power loss (WAL, synchronous=FULL).
 *
 * Numbers (source, target, column) are chosen by the caller, small and dense
 * from 0 (targets: from 1), valid within the trial.
 *
 * A disk that fails or is full fails the writer: what was committed is safe,
 * and every later call fails with the same words. Misuse fails one call with
 * SCOPE_FAILED and spoils nothing.
 */
#ifndef LIB_STORE_WRITER_H
#define LIB_STORE_WRITER_H

#include <scope/dataset.h>
#include <scope/err.h>
#include <scope/metric.h>
#include <scope/sink.h>
#include <scope/target.h>
#include <stdint.h>

struct scope_writer;

/*
 * Opens or creates the store at path ("" creates a private temporary one) and
 * takes its write lock for as long as it is open. A store left behind by a
 * writer that died is finished first: its tail becomes segments and its
 * running trials become interrupted. A file that is not a store of a known
 * version is refused untouched.
 */
enum scope_code scope_writer_open(const char *path,
                                  struct scope_writer **writer,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* Commits, makes segments of the tail, and closes. Frees in any case. Close
 * this process's datasets of the same file first: see lib/store/lock.h. */
enum scope_code scope_writer_close(struct scope_writer *writer,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* Begins a trial (status running). facts are the node's manifest. *id is the
 * trial's number in the file. Committed at once. */
enum scope_code scope_writer_begin(struct scope_writer *writer,
                                   int64_t start_ns, int64_t realtime_ns,
                                   const struct scope_label *labels,
                                   size_t label_count,
                                   const struct scope_label *facts,
                                   size_t fact_count, int64_t *id,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

enum scope_code scope_writer_source(struct scope_writer *writer,
                                    unsigned source, const char *name,
                                    bool driver, const char *version,
                                    const struct scope_label *config,
                                    size_t config_count, int64_t interval_ns,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

enum scope_code scope_writer_target(struct scope_writer *writer,
                                    const struct scope_target *target,
                                    int64_t time_ns,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* Declares column number `column` of a source (columns come in order: 0, 1,
 * 2, ...). target 0: the source itself. A histogram series has a column too,
 * but no values in sweeps. */
enum scope_code scope_writer_series(struct scope_writer *writer,
                                    unsigned source, unsigned column,
                                    const struct scope_metric *metric,
                                    uint32_t target, const char *instance,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/*
 * One sweep: values[i] is column i's value when bit i of present is set (64
 * columns a word), as the bits of its uint64_t, int64_t or double. time_ns
 * must rise within a source.
 */
enum scope_code scope_writer_sweep(struct scope_writer *writer, unsigned source,
                                   int64_t time_ns, const uint64_t *values,
                                   const uint64_t *present, size_t columns,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* One histogram in its V2 encoding that covers start_ns to end_ns. */
enum scope_code scope_writer_hist(struct scope_writer *writer, unsigned source,
                                  unsigned column, int64_t start_ns,
                                  int64_t end_ns, const uint8_t *bytes,
                                  size_t size,
                                  struct scope_err *err) SCOPE_MUST_CHECK;

/* target 0: none. */
enum scope_code scope_writer_event(struct scope_writer *writer, int64_t time_ns,
                                   enum scope_event_kind kind, uint32_t target,
                                   uint64_t count, const char *text,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* The clock pair of now: CLOCK_REALTIME at CLOCK_MONOTONIC time_ns. */
enum scope_code scope_writer_clock(struct scope_writer *writer, int64_t time_ns,
                                   int64_t realtime_ns,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* A file that belongs to the trial; compressed and hashed. */
enum scope_code scope_writer_artifact(struct scope_writer *writer,
                                      const char *name, const char *type,
                                      const void *bytes, size_t size,
                                      struct scope_err *err) SCOPE_MUST_CHECK;

enum scope_code scope_writer_commit(struct scope_writer *writer,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

/* Ends the trial and says what its measured window was; segments are made,
 * status is set, committed. The verdict follows with scope_writer_judge, when
 * somebody has read the trial. */
enum scope_code scope_writer_end(struct scope_writer *writer, int64_t start_ns,
                                 int64_t end_ns, enum scope_trial_status status,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

/* Stores the verdict of a trial that has ended; committed at once. */
enum scope_code scope_writer_judge(struct scope_writer *writer, int64_t trial,
                                   const struct scope_check *checks,
                                   size_t count,
                                   struct scope_err *err) SCOPE_MUST_CHECK;

/* The store's path, also of a temporary one. */
const char *scope_writer_path(const struct scope_writer *writer);

#endif
