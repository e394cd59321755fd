/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opens stores for reading: what <scope/dataset.h> shows comes from here. A
 * store is opened read-only, also while it is being written or on a read-only
 * disk, and its tail is read as it is. The file is not trusted: defensive
 * mode, no foreign schema, every length and CRC checked.
 */
#ifndef LIB_STORE_READER_H
#define LIB_STORE_READER_H

#include <scope/dataset.h>

/* SCOPE_NOT_FOUND, SCOPE_CORRUPT (not a store, damaged), SCOPE_IO. */
enum scope_code scope_dataset_open(const char *const *paths, size_t count,
                                   struct scope_dataset **dataset,
                                   struct scope_err *err) SCOPE_MUST_CHECK;
void scope_dataset_close(struct scope_dataset *dataset);

/* Leaves the trials of these numbers alone in the dataset, whatever store they
 * are of. Before anything of it is kept: trials move. */
void scope_dataset_choose(struct scope_dataset *dataset, const int64_t *ids,
                          size_t count);

/* Some samples of a series, in the order of time; valid during the call. */
typedef enum scope_code scope_scan_each(void *closure,
                                        const struct scope_series *series,
                                        const struct scope_samples *samples);

/*
 * All samples of a trial, read once in the order they are stored: piece by
 * piece, a series' own pieces by time. The fastest way to read everything.
 * Stops when each() returns another code than OK, and returns that.
 */
enum scope_code scope_trial_scan(const struct scope_dataset *dataset,
                                 const struct scope_trial *trial,
                                 scope_scan_each *each, void *closure,
                                 struct scope_err *err) SCOPE_MUST_CHECK;

#endif
