/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `scope store` asks of a file: whether all of it is sound, and where its
 * bytes are. */
#ifndef LIB_STORE_INSPECT_H
#define LIB_STORE_INSPECT_H

#include <scope/err.h>
#include <stddef.h>
#include <stdint.h>

/* What a check has read. */
struct scope_store_tally {
    uint64_t segments, sweeps, samples, histograms, artifacts;
    uint64_t problems;
};

/*
 * Reads and decodes everything: SQLite's own integrity, the schema, every
 * reference, CRC, segment, tail row, histogram and artifact. Calls found() with
 * one line for each problem. Fails only when the file cannot be read at all; a
 * file that is no store is a problem.
 */
enum scope_code
scope_store_check(const char *path,
                  void (*found)(void *closure, const char *problem),
                  void *closure, struct scope_store_tally *tally,
                  struct scope_err *err) SCOPE_MUST_CHECK;

struct scope_store_sizes {
    uint64_t file, log; /* bytes of the file and of its write-ahead log */
    uint64_t segments, tail, histograms, artifacts; /* bytes of content */
    uint64_t segment_rows, tail_rows, histogram_rows, artifact_rows;
};

enum scope_code scope_store_measure(const char *path,
                                    struct scope_store_sizes *sizes,
                                    struct scope_err *err) SCOPE_MUST_CHECK;

#endif
