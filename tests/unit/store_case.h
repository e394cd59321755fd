/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the store's tests share: a folder of their own, and short ways to write
 * and read stores that must succeed. */
#ifndef TESTS_UNIT_STORE_CASE_H
#define TESTS_UNIT_STORE_CASE_H

#include "lib/store/reader.h"
#include "lib/store/writer.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST(call)                                                             \
    do {                                                                       \
        err->text[0] = '\0';                                                   \
        if (call)                                                              \
            fail_msg("%s: %s", #call, err->text);                              \
    } while (0)

static struct scope_err failure;
static struct scope_err *const err = &failure;
static char folder[24];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "store-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static inline const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const struct scope_metric counter = {.name = "counter",
                                            .semantics = SCOPE_COUNTER,
                                            .value = SCOPE_U64,
                                            .unit = SCOPE_UNIT_COUNT,
                                            .help = "counts"};
static const struct scope_metric level = {.name = "level",
                                          .semantics = SCOPE_GAUGE,
                                          .value = SCOPE_I64,
                                          .unit = SCOPE_UNIT_BYTES,
                                          .domain = "cpu",
                                          .help = "goes up and down"};
static const struct scope_metric share = {.name = "share",
                                          .semantics = SCOPE_GAUGE,
                                          .value = SCOPE_F64,
                                          .unit = SCOPE_UNIT_RATIO,
                                          .help = "of the whole"};

/* A store with a running trial of one source with these three series. */
static inline struct scope_writer *begin_store(const char *path, int64_t *trial)
{
    struct scope_writer *writer = NULL;
    struct scope_target target = {.id = 1,
                                  .kind = SCOPE_TARGET_PROCESS,
                                  .pid = 42,
                                  .tid = 42,
                                  .start_ticks = UINT64_MAX,
                                  .name = "nginx",
                                  .role = "sidecar"};
    MUST(scope_writer_open(path, &writer, err));
    MUST(scope_writer_begin(
        writer, 1000, 5000,
        (struct scope_label[]){{"policy", "none"}, {"load", "low"}}, 2,
        (struct scope_label[]){{"cpu", "Z80"}}, 1, trial, err));
    MUST(scope_writer_source(writer, 0, "proc", false, "1.0",
                             (struct scope_label[]){{"interval", "10ms"}}, 1,
                             10000000, err));
    MUST(scope_writer_target(writer, &target, 1000, err));
    MUST(scope_writer_series(writer, 0, 0, &counter, 1, "", err));
    MUST(scope_writer_series(writer, 0, 1, &level, 1, "cpu0", err));
    MUST(scope_writer_series(writer, 0, 2, &share, 0, "", err));
    return writer;
}

static inline uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline int64_t time_of_sweep(size_t sweep)
{
    return (int64_t)(2000 + sweep * 10000000 + sweep * sweep % 7);
}

/* What sweep number `sweep` holds of each column. */
static inline void values_of_sweep(size_t sweep, uint64_t values[3])
{
    values[0] = UINT64_MAX - 5000 + sweep * 100;
    values[1] = sweep * 37 % 101 - 50;
    values[2] = bits_of_double(0.25 * (double)(sweep % 5));
}

static inline void write_sweeps(struct scope_writer *writer, size_t from,
                                size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint64_t values[3];
        values_of_sweep(i, values);
        MUST(scope_writer_sweep(writer, 0, time_of_sweep(i), values,
                                (uint64_t[]){7}, 3, err));
    }
}

/* Every series of the trial holds sweeps 0 to count - 1. */
static inline void assert_sweeps(const struct scope_dataset *dataset,
                                 const struct scope_trial *trial, size_t count)
{
    for (size_t s = 0; s < trial->series_count; s++) {
        struct scope_samples samples;
        const struct scope_series *series = &trial->series[s];
        size_t column = series->metric.value == SCOPE_U64   ? 0
                        : series->metric.value == SCOPE_I64 ? 1
                                                            : 2;
        MUST(scope_series_read(dataset, series, 0, INT64_MAX, &samples, err));
        assert_int_equal(series->count, count);
        assert_int_equal(samples.count, count);
        for (size_t i = 0; i < count; i++) {
            uint64_t values[3];
            values_of_sweep(i, values);
            assert_int_equal(samples.time_ns[i], time_of_sweep(i));
            assert_true(samples.u64[i] == values[column]);
        }
        scope_samples_free(&samples);
    }
}

static inline struct scope_dataset *open_store(const char *path)
{
    struct scope_dataset *dataset = NULL;
    MUST(scope_dataset_open(&path, 1, &dataset, err));
    return dataset;
}

#endif
