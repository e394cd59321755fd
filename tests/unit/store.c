/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store from outside: what a writer was told, a reader tells. */
#include "tests/unit/store_case.h"

#include <scope/outcome.h>

static void a_trial_comes_back(void **state)
{
    (void)state;
    int64_t id = 0;
    struct scope_writer *writer = begin_store(path_of("whole.scope"), &id);
    assert_int_equal(id, 1);
    write_sweeps(writer, 0, 1500);
    MUST(scope_writer_event(writer, 3000, SCOPE_EVENT_LOST, 1, 12, "a ring",
                            err));
    MUST(scope_writer_end(writer, 1500, 9000, SCOPE_TRIAL_COMPLETE, err));
    MUST(scope_writer_judge(
        writer, id,
        (struct scope_check[]){{"rate", true, "fine"}, {"cpu", false, "busy"}},
        2, err));
    MUST(scope_writer_close(writer, err));

    struct scope_dataset *dataset = open_store(path_of("whole.scope"));
    assert_int_equal(scope_dataset_trials(dataset), 1);
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    assert_string_equal(trial->name, "policy=none, load=low");
    assert_true(scope_trial_alone(dataset, trial));
    assert_string_equal(scope_trial_label(trial, "load"), "low");
    assert_null(scope_trial_label(trial, "proxy"));
    assert_int_equal(trial->status, SCOPE_TRIAL_COMPLETE);
    assert_int_equal(trial->start_ns, 1500);
    assert_int_equal(trial->end_ns, 9000);
    assert_int_equal(trial->realtime_ns, 5500);
    assert_int_equal(trial->fact_count, 1);
    assert_string_equal(trial->facts[0].value, "Z80");
    assert_true(trial->judged);
    assert_false(trial->valid);
    assert_int_equal(trial->check_count, 2);
    assert_string_equal(trial->checks[1].reason, "busy");
    assert_int_equal(trial->event_count, 1);
    assert_int_equal(trial->events[0].count, 12);
    assert_int_equal(trial->events[0].target->start_ticks, UINT64_MAX);
    assert_string_equal(trial->events[0].target->role, "sidecar");
    assert_int_equal(trial->series_count, 3);
    assert_string_equal(trial->series[0].metric.name, "share");
    assert_null(trial->series[0].target);
    assert_ptr_equal(trial->series[1].target, trial->events[0].target);
    assert_int_equal(scope_trial_find(trial, 0, "proc", "level"), 2);
    assert_string_equal(trial->series[2].metric.domain, "cpu");
    assert_string_equal(trial->series[2].instance, "cpu0");
    assert_sweeps(dataset, trial, 1500);
    scope_dataset_close(dataset);
}

static void a_range_is_read(void **state)
{
    (void)state;
    int64_t id;
    struct scope_writer *writer = begin_store(path_of("range.scope"), &id);
    write_sweeps(writer, 0, 700);
    MUST(scope_writer_commit(writer, err));
    struct scope_dataset *dataset = open_store(path_of("range.scope"));
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    struct scope_samples samples;
    /* The first segment's end and the tail's beginning. */
    MUST(scope_series_read(dataset, &trial->series[1], time_of_sweep(590),
                           time_of_sweep(610), &samples, err));
    assert_int_equal(samples.count, 21);
    assert_int_equal(samples.time_ns[0], time_of_sweep(590));
    assert_int_equal(samples.time_ns[20], time_of_sweep(610));
    scope_samples_free(&samples);
    MUST(scope_series_read(dataset, &trial->series[1], 0, 1, &samples, err));
    assert_int_equal(samples.count, 0);
    scope_samples_free(&samples);
    scope_dataset_close(dataset);
    MUST(scope_writer_close(writer, err));
}

static void a_live_store_is_read_at_every_length(void **state)
{
    (void)state;
    int64_t id;
    struct scope_writer *writer = begin_store(path_of("live.scope"), &id);
    MUST(scope_writer_commit(writer, err));
    for (size_t done = 0; done < 1300; done += 130) {
        write_sweeps(writer, done, done + 130);
        MUST(scope_writer_commit(writer, err));
        struct scope_dataset *dataset = open_store(path_of("live.scope"));
        const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
        assert_int_equal(trial->status, SCOPE_TRIAL_RUNNING);
        assert_int_equal(trial->end_ns, time_of_sweep(done + 129));
        assert_sweeps(dataset, trial, done + 130);
        scope_dataset_close(dataset);
    }
    MUST(scope_writer_close(writer, err));
}

static void what_a_dead_writer_left_is_finished(void **state)
{
    (void)state;
    int64_t id;
    char copy[300];
    struct scope_writer *writer = begin_store(path_of("dead.scope"), &id);
    write_sweeps(writer, 0, 888);
    MUST(scope_writer_commit(writer, err));
    /* What lies on the disk now is what a kill would leave. */
    snprintf(copy, sizeof copy,
             "cp %s/dead.scope %s/left.scope && "
             "cp %s/dead.scope-wal %s/left.scope-wal",
             folder, folder, folder, folder);
    assert_int_equal(system(copy), 0);
    MUST(scope_writer_close(writer, err));

    MUST(scope_writer_open(path_of("left.scope"), &writer, err));
    MUST(scope_writer_close(writer, err));
    struct scope_dataset *dataset = open_store(path_of("left.scope"));
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    assert_int_equal(trial->status, SCOPE_TRIAL_INTERRUPTED);
    assert_int_equal(trial->end_ns, time_of_sweep(887));
    assert_sweeps(dataset, trial, 888);
    scope_dataset_close(dataset);
}

static void several_trials_and_stores_are_one_dataset(void **state)
{
    (void)state;
    int64_t id;
    for (int i = 0; i < 3; i++) {
        const char *name = i < 2 ? "two.scope" : "one.scope";
        struct scope_writer *writer = begin_store(path_of(name), &id);
        assert_int_equal(id, i < 2 ? i + 1 : 1);
        write_sweeps(writer, 0, 10U + (unsigned)i);
        MUST(scope_writer_end(writer, 0, 1, SCOPE_TRIAL_COMPLETE, err));
        MUST(scope_writer_close(writer, err));
    }
    char two[128];
    strcpy(two, path_of("two.scope"));
    const char *paths[] = {path_of("one.scope"), two};
    struct scope_dataset *dataset = NULL;
    MUST(scope_dataset_open(paths, 2, &dataset, err));
    assert_int_equal(scope_dataset_trials(dataset), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct scope_trial *trial = scope_dataset_trial(dataset, i);
        assert_string_equal(trial->store, paths[i > 0]);
        assert_ptr_equal(trial->series[0].trial, trial);
        assert_false(scope_trial_alone(dataset, trial));
        assert_sweeps(dataset, trial, (size_t[]){12, 10, 11}[i]);
    }
    scope_dataset_close(dataset);
}

static void a_second_writer_is_told_who_writes(void **state)
{
    (void)state;
    int64_t id;
    char who[64];
    struct scope_writer *second = NULL;
    struct scope_writer *writer = begin_store(path_of("busy.scope"), &id);
    assert_int_equal(scope_writer_open(path_of("busy.scope"), &second, err),
                     SCOPE_BUSY);
    assert_null(second);
    snprintf(who, sizeof who, "process %d is writing it", getpid());
    assert_non_null(strstr(err->text, who));
    assert_true(err->hint[0] != '\0');
    write_sweeps(writer, 0, 1);
    MUST(scope_writer_close(writer, err));
}

struct heard {
    size_t count;
    uint64_t total;
    int64_t start_ns, end_ns, largest;
};

static enum scope_code hear(void *closure, int64_t start_ns, int64_t end_ns,
                            const struct scope_hist *hist)
{
    struct heard *heard = closure;
    heard->count++;
    heard->total += hist->total;
    heard->start_ns = start_ns;
    heard->end_ns = end_ns;
    if (scope_hist_quantile(hist, 1) > heard->largest)
        heard->largest = scope_hist_quantile(hist, 1);
    return heard->count == 40 ? SCOPE_PARTIAL : SCOPE_OK;
}

static void histograms_come_back(void **state)
{
    (void)state;
    int64_t id;
    static const struct scope_metric latency = {.name = "latency",
                                                .semantics = SCOPE_HISTOGRAM,
                                                .value = SCOPE_HIST,
                                                .unit = SCOPE_UNIT_NS,
                                                .help = "how long"};
    struct scope_hist hist;
    struct scope_writer *writer = begin_store(path_of("hists.scope"), &id);
    MUST(scope_writer_series(writer, 0, 3, &latency, 0, "", err));
    MUST(scope_hist_init(&hist, 1, 1000000, 3, err));
    for (int64_t i = 0; i < 50; i++) {
        size_t size;
        scope_hist_reset(&hist);
        scope_hist_record(&hist, 100 * i, (uint64_t)i + 1);
        uint8_t *bytes = scope_hist_encode(&hist, &size);
        MUST(scope_writer_hist(writer, 0, 3, i * 10, i * 10 + 10, bytes, size,
                               err));
        free(bytes);
    }
    scope_hist_free(&hist);
    write_sweeps(writer, 0, 3);
    MUST(scope_writer_end(writer, 100, 200, SCOPE_TRIAL_COMPLETE, err));
    MUST(scope_writer_close(writer, err));

    struct scope_dataset *dataset = open_store(path_of("hists.scope"));
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    size_t at = scope_trial_find(trial, 0, "proc", "latency");
    const struct scope_series *series = &trial->series[at];
    assert_int_equal(series->count, 50);
    struct heard heard = {0};
    MUST(scope_series_hists(dataset, series, 100, 200, hear, &heard, err));
    assert_int_equal(heard.count, 10);
    assert_int_equal(heard.total,
                     11 + 12 + 13 + 14 + 15 + 16 + 17 + 18 + 19 + 20);
    assert_int_equal(heard.start_ns, 190);
    assert_int_equal(heard.end_ns, 200);
    assert_in_range(heard.largest, 1900, 1901);
    struct scope_hist sum = {0};
    for (uint64_t times = 1; times <= 2; times++) {
        MUST(scope_series_gather(dataset, series, &sum, err));
        assert_int_equal(sum.total, times * heard.total);
    }
    scope_hist_free(&sum);
    heard = (struct heard){0};
    assert_int_equal(
        scope_series_hists(dataset, series, 0, INT64_MAX, hear, &heard, err),
        SCOPE_PARTIAL);
    assert_int_equal(heard.count, 40);
    struct scope_samples samples;
    assert_int_equal(
        scope_series_read(dataset, series, 0, INT64_MAX, &samples, err),
        SCOPE_FAILED);
    scope_dataset_close(dataset);
}

/* Threads come and go, and a second source has its own sweeps. */
static void series_may_begin_half_way(void **state)
{
    (void)state;
    int64_t id;
    struct scope_writer *writer = begin_store(path_of("half.scope"), &id);
    MUST(scope_writer_source(writer, 1, "perf", false, "1", NULL, 0, 1, err));
    MUST(scope_writer_series(writer, 1, 0, &counter, 1, "", err));
    for (unsigned sweep = 0; sweep < 1000; sweep++) {
        uint64_t values[200];
        uint64_t present[4] = {0};
        unsigned columns = 3 + sweep / 10;
        if (sweep && sweep % 10 == 0)
            MUST(scope_writer_series(writer, 0, columns - 1, &counter, 1, "x",
                                     err));
        for (unsigned i = 0; i < columns; i++) {
            values[i] = (UINT64_C(1) << 40) + i * 1000 + sweep;
            present[i / 64] |= UINT64_C(1) << i % 64;
        }
        MUST(scope_writer_sweep(writer, 0, sweep * 10 + 1, values, present,
                                columns, err));
        if (sweep % 100 == 0)
            MUST(scope_writer_sweep(writer, 1, sweep * 10 + 2,
                                    (uint64_t[]){sweep}, (uint64_t[]){1}, 1,
                                    err));
    }
    MUST(scope_writer_commit(writer, err));
    struct scope_dataset *dataset = open_store(path_of("half.scope"));
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    assert_int_equal(trial->series_count, 3 + 99 + 1);
    size_t longest = 0;
    uint64_t all = 0;
    for (size_t i = 0; i < trial->series_count; i++) {
        struct scope_samples samples;
        MUST(scope_series_read(dataset, &trial->series[i], 0, INT64_MAX,
                               &samples, err));
        for (size_t k = 1; k < samples.count; k++) {
            assert_int_equal(samples.u64[k] - samples.u64[k - 1],
                             (samples.time_ns[k] - samples.time_ns[k - 1]) /
                                 10);
        }
        if (samples.count > longest)
            longest = samples.count;
        all += samples.count;
        scope_samples_free(&samples);
    }
    assert_int_equal(longest, 1000);
    /* 3 columns a thousand times, one more every ten sweeps, and perf. */
    assert_int_equal(all, 3000 + 99 * 100 / 2 * 10 + 10);
    scope_dataset_close(dataset);
    MUST(scope_writer_close(writer, err));
}

static void misuse_is_refused(void **state)
{
    (void)state;
    int64_t id;
    uint64_t values[4] = {0};
    struct scope_writer *writer = begin_store(path_of("misuse.scope"), &id);
    MUST(scope_writer_sweep(writer, 0, 100, values, values, 3, err));
    assert_int_equal(scope_writer_sweep(writer, 0, 100, values, values, 3, err),
                     SCOPE_FAILED);
    assert_non_null(strstr(err->text, "not later"));
    assert_int_equal(scope_writer_sweep(writer, 0, 200, values, values, 4, err),
                     SCOPE_FAILED);
    assert_int_equal(scope_writer_sweep(writer, 5, 200, values, values, 1, err),
                     SCOPE_FAILED);
    assert_int_equal(scope_writer_series(writer, 0, 7, &counter, 0, "", err),
                     SCOPE_FAILED);
    assert_int_equal(
        scope_writer_begin(writer, 0, 0, NULL, 0, NULL, 0, &id, err),
        SCOPE_FAILED);
    /* None of it spoilt anything. */
    MUST(scope_writer_sweep(writer, 0, 200, values, values, 3, err));
    MUST(scope_writer_close(writer, err));
}

static void a_temporary_store_goes(void **state)
{
    (void)state;
    int64_t id;
    struct scope_writer *writer = begin_store("", &id);
    char path[256];
    snprintf(path, sizeof path, "%s", scope_writer_path(writer));
    write_sweeps(writer, 0, 5);
    MUST(scope_writer_commit(writer, err));
    assert_int_equal(access(path, F_OK), 0);
    struct scope_dataset *dataset = open_store(path);
    assert_sweeps(dataset, scope_dataset_trial(dataset, 0), 5);
    scope_dataset_close(dataset);
    MUST(scope_writer_close(writer, err));
    assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trial_comes_back),
        cmocka_unit_test(a_range_is_read),
        cmocka_unit_test(a_live_store_is_read_at_every_length),
        cmocka_unit_test(what_a_dead_writer_left_is_finished),
        cmocka_unit_test(several_trials_and_stores_are_one_dataset),
        cmocka_unit_test(a_second_writer_is_told_who_writes),
        cmocka_unit_test(histograms_come_back),
        cmocka_unit_test(series_may_begin_half_way),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(a_temporary_store_goes),
    };
    return cmocka_run_group_tests_name("store", tests, make_folder,
                                       remove_folder);
}
