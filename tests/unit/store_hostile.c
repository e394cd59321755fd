/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stores that are damaged, forged, or on a disk that is full or read-only. */
#include "lib/store/inspect.h"
#include "tests/unit/store_case.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void ignore(void *closure, const char *problem)
{
    (void)closure;
    assert_true(strlen(problem) > 0);
}

/* Reads all there is; OK when nothing was wrong. */
static enum scope_code read_all(const char *path)
{
    struct scope_dataset *dataset = NULL;
    enum scope_code code = scope_dataset_open(&path, 1, &dataset, err);
    for (size_t t = 0; !code && t < scope_dataset_trials(dataset); t++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, t);
        for (size_t i = 0; !code && i < trial->series_count; i++) {
            struct scope_samples samples;
            code = scope_series_read(dataset, &trial->series[i], 0, INT64_MAX,
                                     &samples, err);
            if (!code)
                scope_samples_free(&samples);
        }
    }
    scope_dataset_close(dataset);
    return code;
}

/* A sealed trial of 40 sweeps and a running one with a tail of 9, with
 * nothing left in the log. */
static void make_store(const char *path)
{
    int64_t id;
    struct scope_writer *writer = begin_store(path, &id);
    write_sweeps(writer, 0, 40);
    MUST(scope_writer_artifact(writer, "haproxy.cfg", "text/plain",
                               "listen everywhere", 17, err));
    MUST(scope_writer_end(writer, 0, 1, SCOPE_TRIAL_COMPLETE, err));
    MUST(scope_writer_close(writer, err));
    writer = begin_store(path, &id);
    write_sweeps(writer, 0, 9);
    MUST(scope_writer_commit(writer, err));
    char copy[600];
    snprintf(copy, sizeof copy, "cp %s %s.copy && cp %s-wal %s.copy-wal", path,
             path, path, path);
    assert_int_equal(system(copy), 0);
    MUST(scope_writer_close(writer, err));
    snprintf(copy, sizeof copy, "%s.copy", path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(rename(copy, path), 0);
}

static uint8_t *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void save(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void a_sound_store_has_no_problems(void **state)
{
    (void)state;
    struct scope_store_tally tally;
    make_store(path_of("sound.scope"));
    MUST(scope_store_check(path_of("sound.scope"), ignore, NULL, &tally, err));
    assert_int_equal(tally.problems, 0);
    assert_int_equal(tally.segments, 1);
    assert_int_equal(tally.sweeps, 49);
    assert_int_equal(tally.samples, 3 * 49);
    assert_int_equal(tally.artifacts, 1);
    assert_int_equal(read_all(path_of("sound.scope")), SCOPE_OK);
}

/*
 * Every fourth byte of the pages in use, and every one of the first and of the
 * segment, turned over: whatever reads it ends with a clear error or with
 * values, and a byte of the samples never goes unnoticed.
 */
static void flipped_bytes_are_detected_or_harmless(void **state)
{
    (void)state;
    char path[128];
    size_t size;
    size_t found = 0;
    strcpy(path, path_of("flip.scope"));
    make_store(path);
    uint8_t *bytes = load(path, &size);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    for (size_t i = 0; i < size; i += i < 512 ? 1 : 7) {
        uint8_t flipped = bytes[i] ^ (uint8_t)(1U << i % 8);
        if (!bytes[i] && i % 64)
            continue;
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
        struct scope_store_tally tally;
        enum scope_code code = read_all(path);
        if (code)
            assert_true(err->text[0] != '\0');
        code = scope_store_check(path, ignore, NULL, &tally, err);
        if (!code)
            found += tally.problems > 0;
        assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
    }
    close(fd);
    free(bytes);
    assert_true(found > 50);
    assert_int_equal(read_all(path), SCOPE_OK);
}

static void flipped_samples_are_always_detected(void **state)
{
    (void)state;
    char path[128];
    strcpy(path, path_of("samples.scope"));
    make_store(path);
    static const char *const columns[][2] = {
        {"segment", "data"}, {"segment", "directory"}, {"tail", "sweep"}};
    for (size_t c = 0; c < 3; c++) {
        sqlite3 *db;
        sqlite3_stmt *row;
        char sql[200];
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        snprintf(sql, sizeof sql, "SELECT id, length(%s) FROM %s LIMIT 1",
                 columns[c][1], columns[c][0]);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &row, NULL),
                         SQLITE_OK);
        assert_int_equal(sqlite3_step(row), SQLITE_ROW);
        int64_t id = sqlite3_column_int64(row, 0);
        int length = sqlite3_column_int(row, 1);
        sqlite3_finalize(row);
        assert_true(length > 10);
        for (int i = 0; i < length; i++) {
            sqlite3_blob *blob;
            uint8_t byte;
            assert_int_equal(sqlite3_blob_open(db, "main", columns[c][0],
                                               columns[c][1], id, 1, &blob),
                             SQLITE_OK);
            sqlite3_blob_read(blob, &byte, 1, i);
            byte ^= (uint8_t)(1U << i % 8);
            sqlite3_blob_write(blob, &byte, 1, i);
            sqlite3_blob_close(blob);
            struct scope_store_tally tally;
            assert_int_equal(read_all(path), SCOPE_CORRUPT);
            assert_non_null(strstr(err->text, "damaged"));
            MUST(scope_store_check(path, ignore, NULL, &tally, err));
            assert_true(tally.problems > 0);
            byte ^= (uint8_t)(1U << i % 8);
            sqlite3_blob_open(db, "main", columns[c][0], columns[c][1], id, 1,
                              &blob);
            sqlite3_blob_write(blob, &byte, 1, i);
            sqlite3_blob_close(blob);
        }
        sqlite3_close(db);
        assert_int_equal(read_all(path), SCOPE_OK);
    }
}

/* A page that nothing was in may be missed by nobody. */
static void truncated_stores_are_refused_or_whole(void **state)
{
    (void)state;
    char path[128];
    size_t size;
    size_t refused = 0;
    strcpy(path, path_of("short.scope"));
    make_store(path);
    uint8_t *bytes = load(path, &size);
    for (size_t length = 0; length < size; length += 1021) {
        struct scope_writer *writer = NULL;
        save(path, bytes, length);
        if (read_all(path) == SCOPE_OK) {
            struct scope_dataset *dataset = open_store(path);
            assert_sweeps(dataset, scope_dataset_trial(dataset, 0), 40);
            assert_sweeps(dataset, scope_dataset_trial(dataset, 1), 9);
            scope_dataset_close(dataset);
            continue;
        }
        assert_true(err->text[0] != '\0');
        refused++;
        if (length == 0)
            continue; /* an empty file becomes a store */
        assert_int_not_equal(scope_writer_open(path, &writer, err), SCOPE_OK);
        assert_null(writer);
    }
    assert_true(refused > size / 1021 / 2);
    free(bytes);
}

/* Runs SQL on a copy of a good store and says how reading it ends. */
static enum scope_code read_altered(const char *sql)
{
    char path[128];
    char *why = NULL;
    sqlite3 *db;
    strcpy(path, path_of("altered.scope"));
    unlink(path);
    make_store(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
    err->text[0] = '\0';
    return read_all(path);
}

static void a_foreign_schema_is_refused(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "CREATE TABLE more(x)",
        "CREATE VIEW more AS SELECT load_extension('x')",
        "CREATE TRIGGER more AFTER INSERT ON tail BEGIN "
        "DELETE FROM segment; END",
        "DROP TABLE clock",
        "CREATE INDEX more ON trial(status)",
        "ALTER TABLE trial ADD COLUMN more TEXT",
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = "
        "'CREATE VIEW label AS SELECT 1' WHERE name = 'label'",
        "CREATE VIRTUAL TABLE more USING fts5(x)",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(read_altered(changes[i]), SCOPE_CORRUPT);
        struct scope_writer *writer;
        char path[128];
        strcpy(path, path_of("altered.scope"));
        assert_int_equal(scope_writer_open(path, &writer, err), SCOPE_CORRUPT);
    }
}

static void rows_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE trial SET status = 77",
        "UPDATE metric SET value = 0",
        "UPDATE metric SET unit = 99",
        "UPDATE target SET kind = -1",
        "DELETE FROM series WHERE number = 1",
        "UPDATE segment SET id = id + 1",
        "UPDATE segment SET sweeps = 3",
        "UPDATE segment SET data = x''",
        "UPDATE segment SET directory = zeroblob(1000000)",
        "UPDATE tail SET id = id + 1000",
        "UPDATE tail SET sweep = zeroblob(100000)",
        "DELETE FROM tail WHERE id = (SELECT min(id) + 3 FROM tail)",
        "PRAGMA application_id = 5",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_int_equal(read_altered(changes[i]), SCOPE_CORRUPT);
        assert_true(err->text[0] != '\0');
    }
    assert_int_equal(read_altered("PRAGMA user_version = 2"), SCOPE_CORRUPT);
    assert_non_null(strstr(err->text, "format 2"));
}

static void what_is_no_store_stays_untouched(void **state)
{
    (void)state;
    char path[128];
    size_t size;
    struct scope_writer *writer = NULL;
    strcpy(path, path_of("notes.txt"));
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 2000; i++)
        fputs("do not overwrite me\n", file);
    fclose(file);
    assert_int_equal(scope_writer_open(path, &writer, err), SCOPE_CORRUPT);
    assert_int_equal(read_all(path), SCOPE_CORRUPT);
    uint8_t *bytes = load(path, &size);
    assert_int_equal(size, 40000);
    assert_memory_equal(bytes, "do not", 6);
    free(bytes);
    assert_int_equal(read_all(path_of("absent.scope")), SCOPE_NOT_FOUND);
    assert_int_equal(read_all(folder), SCOPE_IO);
    char deep[128];
    strcpy(deep, path_of("no/such/folder.scope"));
    assert_int_equal(scope_writer_open(deep, &writer, err), SCOPE_NOT_FOUND);
    assert_true(err->hint[0] != '\0');
}

/* Mounts a file system of size KiB on the sub-folder name, or skips. */
static void mount_small(const char *name, unsigned kib, char *path, size_t size)
{
    char options[64];
    snprintf(path, size, "%s/%s", folder, name);
    snprintf(options, sizeof options, "size=%uk", kib);
    assert_int_equal(mkdir(path, 0700), 0);
    if (mount("scope-test", path, "tmpfs", 0, options) != 0) {
        print_message("skipped: cannot mount a tmpfs: %s\n", strerror(errno));
        skip();
    }
}

static void a_full_disk_loses_nothing_committed(void **state)
{
    (void)state;
    char disk[64];
    char path[128];
    int64_t id;
    mount_small("full", 1024, disk, sizeof disk);
    snprintf(path, sizeof path, "%s/full.scope", disk);
    struct scope_writer *writer = begin_store(path, &id);
    size_t committed = 0;
    enum scope_code code = SCOPE_OK;
    MUST(scope_writer_commit(writer, err));
    for (size_t i = 0; i < 200000 && !code; i++) {
        uint64_t values[3];
        values_of_sweep(i, values);
        code = scope_writer_sweep(writer, 0, time_of_sweep(i), values,
                                  (uint64_t[]){7}, 3, err);
        if (!code && i % 10 == 9) {
            code = scope_writer_artifact(writer, "noise", "x", path_of("x"), 8,
                                         err);
            if (!code)
                code = scope_writer_commit(writer, err);
            if (!code)
                committed = i + 1;
        }
    }
    assert_int_equal(code, SCOPE_IO);
    assert_true(err->hint[0] != '\0');
    struct scope_err first = *err;
    /* Nothing works after that, and says the same. */
    assert_int_equal(scope_writer_commit(writer, err), SCOPE_IO);
    assert_string_equal(err->text, first.text);
    assert_int_equal(scope_writer_close(writer, err), SCOPE_IO);
    struct scope_dataset *dataset = open_store(path);
    assert_true(committed > 100);
    assert_sweeps(dataset, scope_dataset_trial(dataset, 0), committed);
    scope_dataset_close(dataset);
    assert_int_equal(umount(disk), 0);
}

static void a_read_only_disk_can_be_read(void **state)
{
    (void)state;
    char disk[64];
    char path[128];
    char copy[600];
    int64_t id;
    struct scope_writer *writer = NULL;
    mount_small("read-only", 8192, disk, sizeof disk);
    snprintf(path, sizeof path, "%s/closed.scope", disk);
    make_store(path);
    snprintf(path, sizeof path, "%s/live.scope", disk);
    writer = begin_store(path, &id);
    write_sweeps(writer, 0, 77);
    MUST(scope_writer_commit(writer, err));
    snprintf(copy, sizeof copy,
             "cp %s %s/left.scope && cp %s-wal %s/left.scope-wal", path, disk,
             path, disk);
    assert_int_equal(system(copy), 0);
    MUST(scope_writer_close(writer, err));
    assert_int_equal(mount(NULL, disk, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);

    snprintf(path, sizeof path, "%s/closed.scope", disk);
    assert_int_equal(read_all(path), SCOPE_OK);
    assert_int_equal(scope_writer_open(path, &writer, err), SCOPE_IO);
    assert_non_null(strstr(err->text, "Read-only file system"));
    /* With a log that nobody has finished. */
    snprintf(path, sizeof path, "%s/left.scope", disk);
    struct scope_dataset *dataset = open_store(path);
    assert_sweeps(dataset, scope_dataset_trial(dataset, 0), 77);
    scope_dataset_close(dataset);
    assert_int_equal(umount(disk), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_store_has_no_problems),
        cmocka_unit_test(flipped_bytes_are_detected_or_harmless),
        cmocka_unit_test(flipped_samples_are_always_detected),
        cmocka_unit_test(truncated_stores_are_refused_or_whole),
        cmocka_unit_test(a_foreign_schema_is_refused),
        cmocka_unit_test(rows_that_make_no_sense_are_refused),
        cmocka_unit_test(what_is_no_store_stays_untouched),
        cmocka_unit_test(a_full_disk_loses_nothing_committed),
        cmocka_unit_test(a_read_only_disk_can_be_read),
    };
    return cmocka_run_group_tests_name("store_hostile", tests, make_folder,
                                       remove_folder);
}
