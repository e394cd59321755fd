/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samples as a server's /proc gives them, from a fixed seed: what the store is
 * measured with. Of every 100 series
 *
 *    6 counters that stand still
 *    8 counters that move by 1 to 3 once in 200 sweeps
 *   24 counters of rare events: Poisson, 0.1 to 6 a sweep
 *   26 busy counters: normal, mean 200 to 20000 a sweep, deviation 30 %
 *    6 counters of bytes: packets of 66 to 1514 bytes, 0 to 400 a sweep, in
 *      bursts
 *    6 CPU times in ns that advance in ticks of 10 ms
 *    6 memory sizes in bytes, multiples of 4096, that change every tenth sweep
 *    6 levels: a random walk by at most 8
 *    6 decimals: a random walk by at most 0.05, two digits
 *    6 doubles without any pattern: uniform in [0, 1)
 *
 * in an order that mixes them.
 */
#ifndef TESTS_BENCH_GENERATE_H
#define TESTS_BENCH_GENERATE_H

#include <scope/metric.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct generated {
    size_t series, sweeps;
    int64_t *times;
    uint64_t *values; /* [sweeps][series], as bits */
    bool *f64;        /* [series] */
};

/* Sweeps at intervals of 100 ms that are up to 60 us late. */
void generate(struct generated *set, size_t series, size_t sweeps);
void generated_free(struct generated *set);

/* What kind of metric a generated series is. */
struct scope_metric generated_metric(const struct generated *set,
                                     size_t series);

#endif
