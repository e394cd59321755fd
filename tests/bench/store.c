/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store against plain SQLite rows: bytes a sample, and CPU time of
 * ingesting, of scanning everything, and of reading one series of 500, on the
 * set that generate.h defines. What is committed is durable in all of them:
 * rows 1000 a transaction, segments one by one, the store every second. All
 * ways take turns; the medians count. Exit
 * status 1 when a target is missed.
 */
#include "lib/base/bytes.h"
#include "lib/store/reader.h"
#include "lib/store/segment.h"
#include "lib/store/writer.h"
#include "lib/store/xor.h"
#include "tests/bench/generate.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SERIES 500
#define SWEEPS 6000
#define ROUNDS 5
#define ONE 250 /* the series that is read alone */
#define ROWS_A_TRANSACTION 1000
#define SWEEPS_A_COMMIT 10 /* a second's */

enum way { ROWS, PACKED, SQUEEZED, STORE, WAYS };
enum figure { INGEST, SCAN, SINGLE, FIGURES };

static const char *const names[WAYS] = {"SQLite rows", "bit-packed",
                                        "with zlib", "the store"};
static const char *const files[WAYS] = {"rows.db", "packed.db", "squeezed.db",
                                        "store.scope"};
static char folder[] = "bench-store-XXXXXX";
static struct generated set;

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "bench/store: %s: %s\n", what, why);
    exit(2);
}

static const char *path_of(enum way way)
{
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, files[way]);
    return path;
}

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        die(sql, why);
}

static sqlite3 *open_plain(enum way way, const char *sql)
{
    sqlite3 *db;
    if (sqlite3_open(path_of(way), &db) != SQLITE_OK)
        die("open", sqlite3_errmsg(db));
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    run(db, sql);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(db));
    return statement;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die("step", sqlite3_errmsg(db));
    sqlite3_reset(statement);
}

static void ingest_rows(void)
{
    sqlite3 *db = open_plain(
        ROWS, "CREATE TABLE sample(series INTEGER, time INTEGER, value)");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO sample VALUES(?1, ?2, ?3)");
    size_t count = 0;
    for (size_t sweep = 0; sweep < set.sweeps; sweep++) {
        for (size_t i = 0; i < set.series; i++, count++) {
            uint64_t value = set.values[sweep * set.series + i];
            if (count % ROWS_A_TRANSACTION == 0)
                run(db, count ? "COMMIT; BEGIN" : "BEGIN");
            sqlite3_bind_int64(insert, 1, (int64_t)i);
            sqlite3_bind_int64(insert, 2, set.times[sweep]);
            if (set.f64[i])
                sqlite3_bind_double(insert, 3, double_of(value));
            else
                sqlite3_bind_int64(insert, 3, (int64_t)value);
            step(db, insert);
        }
    }
    run(db, "COMMIT");
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

/* What every way must find: the sum of all values, read as integers. */
static uint64_t sum_rows(const char *sql)
{
    sqlite3 *db = open_plain(ROWS, "");
    sqlite3_stmt *rows = prepare(db, sql);
    uint64_t sum = 0;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        if (sqlite3_column_int64(rows, 0) >= SERIES ||
            sqlite3_column_int64(rows, 1) < set.times[0])
            die("a row", "is not one that was written");
        if (sqlite3_column_type(rows, 2) == SQLITE_FLOAT) {
            double value = sqlite3_column_double(rows, 2);
            uint64_t bits;
            memcpy(&bits, &value, sizeof bits);
            sum += bits;
        } else {
            sum += (uint64_t)sqlite3_column_int64(rows, 2);
        }
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return sum;
}

/* Segments alone, in a table of their own. */
static void ingest_segments(enum way way, enum scope_squeeze squeeze)
{
    sqlite3 *db = open_plain(
        way, "CREATE TABLE segment(id INTEGER PRIMARY KEY, directory, data)");
    sqlite3_stmt *insert =
        prepare(db, "INSERT INTO segment VALUES(?1, ?2, ?3)");
    struct scope_packer *packer = scope_packer_new(squeeze);
    struct scope_window window = {0};
    struct scope_bytes directory = {0};
    struct scope_bytes data = {0};
    for (size_t sweep = 0; sweep < set.sweeps; sweep++) {
        size_t row = scope_window_row(&window, set.series);
        window.times[row] = set.times[sweep];
        memcpy(scope_window_values(&window, row),
               set.values + sweep * set.series, set.series * 8);
        for (size_t i = 0; i < set.series; i += 64)
            scope_window_present(&window, row)[i / 64] =
                set.series - i < 64 ? (UINT64_C(1) << (set.series - i)) - 1
                                    : UINT64_MAX;
        window.sweeps++;
        if (!scope_window_full(&window, set.series) && sweep + 1 < set.sweeps)
            continue;
        scope_segment_put(packer, &window, (int64_t)window.first, set.f64,
                          &directory, &data);
        sqlite3_bind_int64(insert, 1, (int64_t)window.first);
        sqlite3_bind_blob64(insert, 2, directory.at, directory.length, NULL);
        sqlite3_bind_blob64(insert, 3, data.at, data.length, NULL);
        step(db, insert);
        scope_window_next(&window);
    }
    free(directory.at);
    free(data.at);
    scope_window_free(&window);
    scope_packer_free(packer);
    sqlite3_finalize(insert);
    sqlite3_close(db);
}

static uint64_t sum_values(const uint64_t *values, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum;
}

static uint64_t sum_segment(const struct scope_segment *segment,
                            const uint8_t *data, size_t only, uint64_t *values,
                            uint8_t *group)
{
    uint64_t sum = 0;
    size_t unpacked = SIZE_MAX;
    for (size_t i = 0; i < segment->series_count; i++) {
        const struct scope_segment_series *series = &segment->series[i];
        const struct scope_segment_group *in = &segment->groups[series->group];
        if (only != SIZE_MAX && series->column != only)
            continue;
        if (unpacked != series->group &&
            !scope_group_get(in, data + in->offset, group))
            die("segment", "damaged");
        unpacked = series->group;
        if (!scope_segment_values(series, group, values))
            die("series", "damaged");
        sum += sum_values(values, series->presence.count);
    }
    return sum;
}

static uint64_t sum_segments(enum way way, size_t only)
{
    sqlite3 *db = open_plain(way, "");
    sqlite3_stmt *rows = prepare(db, "SELECT id, directory, data FROM segment");
    uint64_t *values = scope_alloc(SCOPE_WINDOW_MOST + 8, 8);
    uint8_t *group = scope_alloc(1 << 20, 1);
    uint64_t sum = 0;
    while (sqlite3_step(rows) == SQLITE_ROW) {
        struct scope_segment segment;
        if (!scope_segment_open(&segment, sqlite3_column_int64(rows, 0),
                                sqlite3_column_blob(rows, 1),
                                (size_t)sqlite3_column_bytes(rows, 1),
                                set.series,
                                (size_t)sqlite3_column_bytes(rows, 2)))
            die("directory", "damaged");
        sum += sum_segment(&segment, sqlite3_column_blob(rows, 2), only, values,
                           group);
        scope_segment_free(&segment);
    }
    free(values);
    free(group);
    sqlite3_finalize(rows);
    sqlite3_close(db);
    return sum;
}

#define MUST(call)                                                             \
    do {                                                                       \
        struct scope_err err;                                                  \
        if (call)                                                              \
            die(#call, err.text);                                              \
    } while (0)

static void ingest_store(void)
{
    struct scope_writer *writer;
    int64_t trial;
    uint64_t present[SERIES / 64 + 1];
    memset(present, 0xff, sizeof present);
    MUST(scope_writer_open(path_of(STORE), &writer, &err));
    MUST(scope_writer_begin(writer, 0, 0, NULL, 0, NULL, 0, &trial, &err));
    MUST(scope_writer_source(writer, 0, "generated", false, "1", NULL, 0,
                             100000000, &err));
    for (unsigned i = 0; i < set.series; i++) {
        struct scope_metric metric = generated_metric(&set, i);
        char instance[24];
        snprintf(instance, sizeof instance, "%u", i);
        MUST(scope_writer_series(writer, 0, i, &metric, 0, instance, &err));
    }
    for (size_t sweep = 0; sweep < set.sweeps; sweep++) {
        MUST(scope_writer_sweep(writer, 0, set.times[sweep],
                                set.values + sweep * set.series, present,
                                set.series, &err));
        if (sweep % SWEEPS_A_COMMIT == SWEEPS_A_COMMIT - 1)
            MUST(scope_writer_commit(writer, &err));
    }
    MUST(scope_writer_end(writer, 0, INT64_MAX, SCOPE_TRIAL_COMPLETE, &err));
    MUST(scope_writer_close(writer, &err));
}

static enum scope_code add_piece(void *closure,
                                 const struct scope_series *series,
                                 const struct scope_samples *samples)
{
    (void)series;
    *(uint64_t *)closure += sum_values(samples->u64, samples->count);
    return SCOPE_OK;
}

static uint64_t sum_store(size_t only)
{
    struct scope_dataset *dataset;
    uint64_t sum = 0;
    MUST(scope_dataset_open((const char *[]){path_of(STORE)}, 1, &dataset,
                            &err));
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    if (only == SIZE_MAX) {
        MUST(scope_trial_scan(dataset, trial, add_piece, &sum, &err));
    } else {
        char instance[24];
        struct scope_samples samples;
        size_t at = 0;
        snprintf(instance, sizeof instance, "%zu", only);
        while (strcmp(trial->series[at].instance, instance) != 0)
            at++;
        MUST(scope_series_read(dataset, &trial->series[at], 0, INT64_MAX,
                               &samples, &err));
        sum = sum_values(samples.u64, samples.count);
        scope_samples_free(&samples);
    }
    scope_dataset_close(dataset);
    return sum;
}

static void ingest(enum way way)
{
    unlink(path_of(way));
    if (way == ROWS)
        ingest_rows();
    else if (way == STORE)
        ingest_store();
    else
        ingest_segments(way,
                        way == PACKED ? SCOPE_SQUEEZE_NONE : SCOPE_SQUEEZE_ALL);
}

static uint64_t read_back(enum way way, size_t only)
{
    char sql[80] = "SELECT series, time, value FROM sample";
    if (way == STORE)
        return sum_store(only);
    if (way != ROWS)
        return sum_segments(way, only);
    if (only != SIZE_MAX)
        snprintf(sql, sizeof sql,
                 "SELECT series, time, value FROM sample WHERE series = %zu",
                 only);
    return sum_rows(sql);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double measured[WAYS][FIGURES][ROUNDS];

static void measure(enum way way, int round)
{
    uint64_t sums[2] = {0};
    double start = cpu_seconds();
    ingest(way);
    double ingested = cpu_seconds();
    sums[0] = read_back(way, SIZE_MAX);
    double scanned = cpu_seconds();
    sums[1] = read_back(way, ONE);
    double end = cpu_seconds();
    measured[way][INGEST][round] = ingested - start;
    measured[way][SCAN][round] = scanned - ingested;
    measured[way][SINGLE][round] = end - scanned;
    uint64_t all = sum_values(set.values, set.sweeps * set.series);
    uint64_t one = 0;
    for (size_t sweep = 0; sweep < set.sweeps; sweep++)
        one += set.values[sweep * set.series + ONE];
    if (sums[0] != all || sums[1] != one)
        die(names[way], "read other values than were written");
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static double median(enum way way, enum figure figure)
{
    double sorted[ROUNDS];
    memcpy(sorted, measured[way][figure], sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, by_value);
    return sorted[ROUNDS / 2];
}

/* How many times as fast as rows, by pairs of neighbouring runs. */
static double ratio(enum way way, enum figure figure)
{
    double sorted[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        sorted[i] = measured[ROWS][figure][i] / measured[way][figure][i];
    qsort(sorted, ROUNDS, sizeof *sorted, by_value);
    return sorted[ROUNDS / 2];
}

static double size_of(enum way way)
{
    struct stat status;
    if (stat(path_of(way), &status) != 0)
        die(path_of(way), "is gone");
    return (double)status.st_size / (double)(set.sweeps * set.series);
}

/* How hard the set is: what Gorilla's coding takes of it, all as doubles. */
static double yardstick(void)
{
    size_t total = 0;
    struct scope_bytes bytes = {0};
    uint64_t *column = scope_alloc(set.sweeps, sizeof *column);
    for (size_t i = 0; i < set.series; i++) {
        for (size_t sweep = 0; sweep < set.sweeps; sweep++) {
            uint64_t value = set.values[sweep * set.series + i];
            double number = set.f64[i] ? double_of(value) : (double)value;
            memcpy(&column[sweep], &number, sizeof number);
        }
        bytes.length = 0;
        scope_xor_put(&bytes, column, set.sweeps);
        total += bytes.length;
    }
    free(bytes.at);
    free(column);
    return (double)total / (double)(set.sweeps * set.series);
}

static bool judge(const char *what, double value, double limit, bool most)
{
    bool good = most ? value <= limit : value >= limit;
    printf("  %-34s %8.2f  %s %5.2f  %s\n", what, value,
           most ? "at most " : "at least", limit, good ? "pass" : "MISS");
    return good;
}

static bool report(void)
{
    double count = (double)(set.sweeps * set.series);
    printf("%zu series, %zu sweeps; Gorilla XOR takes %.2f B a "
           "sample\n\n%-14s %8s %14s %14s %14s\n",
           set.series, set.sweeps, yardstick(), "", "B/sample", "ingest, M/s",
           "scan, M/s", "one series, ms");
    for (unsigned way = 0; way < WAYS; way++)
        printf("%-14s %8.2f %14.1f %14.1f %14.2f\n", names[way], size_of(way),
               count / median(way, INGEST) * 1e-6,
               count / median(way, SCAN) * 1e-6, median(way, SINGLE) * 1e3);
    static const double targets[WAYS][3] = {
        [PACKED] = {1.45, 40, 30},
        [SQUEEZED] = {1.25, 12, 7},
        [STORE] = {1.35, 12, 15},
    };
    bool good = true;
    for (unsigned way = PACKED; way < WAYS; way++) {
        printf("\n%s against SQLite rows\n", names[way]);
        good &= judge("bytes a sample", size_of(way), targets[way][0], true);
        good &= judge("ingest, times as fast", ratio(way, INGEST),
                      targets[way][1], false);
        good &= judge("scan, times as fast", ratio(way, SCAN), targets[way][2],
                      false);
        printf("  %-34s %8.2f\n", "one series, times as fast",
               ratio(way, SINGLE));
    }
    return good;
}

int main(void)
{
    /* On the disk that the build is on, not beside the sources. */
    const char *build = getenv("SCOPE_BUILD");
    if (build && chdir(build) != 0)
        die(build, "cannot be entered");
    if (!mkdtemp(folder))
        die(folder, "cannot be made");
    generate(&set, SERIES, SWEEPS);
    for (int round = 0; round < ROUNDS; round++)
        for (unsigned way = 0; way < WAYS; way++)
            measure(way, round);
    bool good = report();
    for (unsigned way = 0; way < WAYS; way++)
        unlink(path_of(way));
    rmdir(folder);
    generated_free(&set);
    return good ? 0 : 1;
}
