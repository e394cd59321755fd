/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store on a disk that fails: a layer below SQLite lets the nth write,
 * truncation or sync fail, for every n until a run goes through. Whatever was
 * committed is there afterwards, and the next writer goes on.
 */
#include "lib/store/inspect.h"
#include "tests/unit/store_case.h"

#include <sqlite3.h>

static struct {
    long left;    /* operations until one fails; below 0: none does */
    bool forever; /* all that follow fail too */
    bool failed;
} fault = {.left = -1};

struct layer_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct layer_file *)file)->real;
}

/* Whether the operation that begins is to fail. */
static bool fails(void)
{
    if (fault.left < 0)
        return false;
    if (fault.left > 0) {
        fault.left--;
        return false;
    }
    fault.failed = true;
    if (!fault.forever)
        fault.left = -1;
    return true;
}

static int layer_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int layer_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, size, at);
}

static int layer_write(sqlite3_file *file, const void *from, int size,
                       sqlite3_int64 at)
{
    if (fails())
        return SQLITE_IOERR_WRITE;
    return real_of(file)->pMethods->xWrite(real_of(file), from, size, at);
}

static int layer_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails())
        return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* Nothing here loses power, so nothing waits for the disk. */
static int layer_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return fails() ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int layer_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int layer_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int layer_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int layer_reserved(sqlite3_file *file, int *reserved)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), reserved);
}

static int layer_control(sqlite3_file *file, int what, void *with)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, with);
}

static int layer_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int layer_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int layer_shm_map(sqlite3_file *file, int page, int size, int extend,
                         void volatile **at)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend,
                                            at);
}

static int layer_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count,
                                             flags);
}

static void layer_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int layer_shm_unmap(sqlite3_file *file, int gone)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), gone);
}

static const sqlite3_io_methods layer_methods = {
    .iVersion = 2,
    .xClose = layer_close,
    .xRead = layer_read,
    .xWrite = layer_write,
    .xTruncate = layer_truncate,
    .xSync = layer_sync,
    .xFileSize = layer_size,
    .xLock = layer_lock,
    .xUnlock = layer_unlock,
    .xCheckReservedLock = layer_reserved,
    .xFileControl = layer_control,
    .xSectorSize = layer_sector,
    .xDeviceCharacteristics = layer_traits,
    .xShmMap = layer_shm_map,
    .xShmLock = layer_shm_lock,
    .xShmBarrier = layer_shm_barrier,
    .xShmUnmap = layer_shm_unmap,
};

static sqlite3_vfs *below;

static int layer_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                      int flags, int *out_flags)
{
    (void)vfs;
    struct layer_file *layer = (struct layer_file *)file;
    layer->real = (sqlite3_file *)(layer + 1);
    file->pMethods = NULL;
    int result = below->xOpen(below, name, layer->real, flags, out_flags);
    if (result == SQLITE_OK)
        file->pMethods = &layer_methods;
    return result;
}

static sqlite3_vfs layer;

static int put_layer(void **state)
{
    below = sqlite3_vfs_find(NULL);
    layer = *below;
    layer.zName = "failing";
    layer.szOsFile = (int)sizeof(struct layer_file) + below->szOsFile;
    layer.xOpen = layer_open;
    sqlite3_vfs_register(&layer, 1);
    return make_folder(state);
}

static int remove_layer(void **state)
{
    sqlite3_vfs_unregister(&layer);
    return remove_folder(state);
}

/* Writes a trial of 30 sweeps; *committed is how many of them are. */
static enum scope_code write_trial(const char *path, size_t *committed)
{
    struct scope_writer *writer = NULL;
    int64_t id;
    enum scope_code code = scope_writer_open(path, &writer, err);
    if (code)
        return code;
    code = scope_writer_begin(writer, 1000, 5000, NULL, 0, NULL, 0, &id, err);
    if (!code)
        code =
            scope_writer_source(writer, 0, "proc", false, "1", NULL, 0, 1, err);
    if (!code)
        code = scope_writer_series(writer, 0, 0, &counter, 0, "", err);
    if (!code)
        code = scope_writer_series(writer, 0, 1, &level, 0, "cpu0", err);
    if (!code)
        code = scope_writer_series(writer, 0, 2, &share, 0, "", err);
    for (size_t i = 0; i < 30 && !code; i++) {
        uint64_t values[3];
        values_of_sweep(i, values);
        code = scope_writer_sweep(writer, 0, time_of_sweep(i), values,
                                  (uint64_t[]){7}, 3, err);
        if (!code && i % 10 == 9)
            code = scope_writer_commit(writer, err);
        if (!code && i % 10 == 9)
            *committed = i + 1;
    }
    if (!code)
        code = scope_writer_end(writer, 0, 1, SCOPE_TRIAL_COMPLETE, err);
    struct scope_err first = *err;
    enum scope_code closed = scope_writer_close(writer, err);
    if (!code)
        return closed;
    assert_int_equal(closed, code);
    assert_string_equal(err->text, first.text);
    return code;
}

static void assert_recovers(const char *path, size_t committed)
{
    struct scope_store_tally tally = {0};
    struct scope_dataset *dataset = NULL;
    if (committed) {
        dataset = open_store(path);
        const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
        size_t count = (size_t)trial->series[0].count;
        assert_in_range(count, committed, 30);
        assert_sweeps(dataset, trial, count);
        scope_dataset_close(dataset);
    }
    size_t all = 0;
    MUST(write_trial(path, &all));
    assert_int_equal(all, 30);
    dataset = open_store(path);
    size_t last = scope_dataset_trials(dataset) - 1;
    assert_in_range(last, committed ? 1 : 0, 1);
    assert_sweeps(dataset, scope_dataset_trial(dataset, last), 30);
    if (last)
        assert_int_not_equal(scope_dataset_trial(dataset, 0)->status,
                             SCOPE_TRIAL_RUNNING);
    scope_dataset_close(dataset);
    MUST(scope_store_check(path, NULL, NULL, &tally, err));
    assert_int_equal(tally.problems, 0);
}

static void fail_at_every_operation(bool forever)
{
    long operation = 0;
    for (bool failed = true; failed; operation++) {
        char path[128];
        char name[32];
        size_t committed = 0;
        snprintf(name, sizeof name, "%d-%ld.scope", forever, operation);
        strcpy(path, path_of(name));
        fault.left = operation;
        fault.forever = forever;
        fault.failed = false;
        enum scope_code code = write_trial(path, &committed);
        fault.left = -1;
        failed = fault.failed;
        if (code) {
            assert_true(failed);
            assert_int_equal(code, SCOPE_IO);
        } else {
            assert_int_equal(committed, 30);
        }
        assert_recovers(path, committed);
    }
    assert_true(operation > 60);
}

static void one_failure_loses_nothing_committed(void **state)
{
    (void)state;
    fail_at_every_operation(false);
}

static void a_vanished_disk_loses_nothing_committed(void **state)
{
    (void)state;
    fail_at_every_operation(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_failure_loses_nothing_committed),
        cmocka_unit_test(a_vanished_disk_loses_nothing_committed),
    };
    return cmocka_run_group_tests_name("store_faults", tests, put_layer,
                                       remove_layer);
}
