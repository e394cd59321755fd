/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The saved state: what was written is what is restored, a file that is not
 * sound is refused and left alone, and there is always a whole one. */
#include "tests/unit/unit.h"

#include "plugins/backends/oco/save.h"

#include <dirent.h>
#include <scope/alloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { APPS = 9, MS = 1000000 };

static char folder[] = "/tmp/scope-oco-XXXXXX";
static char path[64];
static struct scope_names names;

static int open_folder(void **state)
{
    (void)state;
    struct scope_err err = {0};
    if (!mkdtemp(folder) ||
        scope_names_parse(&names, "app%05d", APPS, &err) != SCOPE_OK)
        return -1;
    snprintf(path, sizeof path, "%s/state", folder);
    return 0;
}

static int close_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void put_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *get_file(void)
{
    char *text = scope_alloc(1, 65536);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, 65535, file) > 0);
    fclose(file);
    return text;
}

/* Applications in every state, with and without a command, but the last. */
static void fill(struct oco_apps *apps)
{
    static const struct oco_standing standings[APPS] = {
        {.state = OCO_HELLO_RECEIVED, .command = OCO_DESCRIBE},
        {.state = OCO_HELLO_RECEIVED, .cycles = 3},
        {.state = OCO_START_MEASURE, .command = OCO_MEASURE, .cycles = 1},
        {.state = OCO_IN_MEASURE, .in_progress = true, .progress = -7},
        {.state = OCO_START_ADJUST, .command = OCO_ADJUST, .cycles = 12345678},
        {.state = OCO_IN_ADJUST,
         .in_progress = true,
         .progress = INT64_MAX,
         .cycles = 2},
        {.state = OCO_TERMINATED, .cycles = 2},
        {.state = OCO_START_ADJUST, .cycles = INT64_C(1) << 45},
    };
    struct oco_standing copy[APPS];
    memcpy(copy, standings, sizeof copy);
    oco_apps_restore(apps, copy);
}

static void assert_equal(struct oco_apps *a, struct oco_apps *b)
{
    for (uint32_t i = 0; i < APPS; i++) {
        struct oco_standing x = oco_apps_standing(a, i);
        struct oco_standing y = oco_apps_standing(b, i);
        assert_int_equal(x.state, y.state);
        assert_int_equal(x.command, y.command);
        assert_int_equal(x.in_progress, y.in_progress);
        assert_int_equal(x.progress, y.progress);
        assert_int_equal(x.cycles, y.cycles);
    }
    struct oco_statistics x = oco_apps_statistics(a);
    struct oco_statistics y = oco_apps_statistics(b);
    assert_memory_equal(&x, &y, sizeof x);
}

static struct oco_save *open_save(struct oco_apps *apps)
{
    struct oco_save *save = NULL;
    struct scope_err err = {0};
    if (oco_save_open(&save, path, apps, &names, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    return save;
}

static void what_is_saved_is_restored(void **state)
{
    (void)state;
    struct oco_apps *first = oco_apps_new(APPS);
    struct oco_apps *second = oco_apps_new(APPS);
    struct scope_err err = {0};
    unlink(path);
    fill(first);
    oco_save_close(open_save(first));
    oco_save_close(open_save(second));
    assert_equal(first, second);
    size_t size;
    char *text = oco_save_write(first, &names, &size);
    for (size_t cut = 0; cut + 1 < size; cut++) {
        struct oco_apps *third = oco_apps_new(APPS);
        if (oco_save_read(text, cut, third, &names, &err) == SCOPE_OK)
            fail_msg("%zu of %zu bytes were accepted", cut, size);
        assert_int_equal(oco_apps_statistics(third).apps, 0);
        oco_apps_free(third);
    }
    free(text);
    oco_apps_free(first);
    oco_apps_free(second);
}

static const struct oco_message hello = {.event = OCO_HELLO};

static void changes_are_saved_while_it_runs(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(APPS);
    struct scope_err err = {0};
    unlink(path);
    struct oco_save *save = open_save(apps);
    char *text = get_file();
    assert_null(strstr(text, "app00003"));
    free(text);
    assert_int_equal(oco_save_start(save, 5 * MS, &err), SCOPE_OK);
    oco_apps_feed(apps, 3, &hello);
    bool saved = false;
    for (int i = 0; i < 1000 && !saved; i++) {
        usleep(10000);
        text = get_file();
        saved = strstr(text, "app00003") != NULL;
        free(text);
    }
    assert_true(saved);
    oco_apps_feed(apps, 4, &hello);
    assert_int_equal(oco_save_stop(save, &err), SCOPE_OK);
    oco_save_close(save);
    text = get_file();
    assert_non_null(strstr(text, "app00004"));
    free(text);
    oco_apps_free(apps);
}

#define HEAD "{\"format\":\"scope-oco-state\",\"version\":1,\"applications\":"
#define APP(name, text) HEAD "{\"" name "\":{" text "}}}"

static void unsound_files_are_refused(void **state)
{
    (void)state;
    static const char *const files[] = {
        "x",
        "{}",
        "[]",
        "null",
        "{\"format\":\"other\",\"version\":1,\"applications\":{}}",
        "{\"format\":\"scope-oco-state\",\"version\":2,\"applications\":{}}",
        "{\"format\":\"scope-oco-state\",\"version\":\"1\","
        "\"applications\":{}}",
        "{\"format\":\"scope-oco-state\",\"version\":1}",
        HEAD "[]}",
        HEAD "{\"app00000\":7}}",
        APP("app00000", ""),
        APP("app00009", "\"state\":\"terminated\",\"next\":null,"
                        "\"progress\":null,\"cycles\":0"),
        APP("other", "\"state\":\"terminated\",\"next\":null,"
                     "\"progress\":null,\"cycles\":0"),
        APP("app00000", "\"state\":\"Terminated\",\"next\":null,"
                        "\"progress\":null,\"cycles\":0"),
        APP("app00000", "\"state\":\"initial\",\"next\":null,"
                        "\"progress\":null,\"cycles\":0"),
        APP("app00000", "\"state\":\"terminated\",\"next\":null,"
                        "\"progress\":null,\"cycles\":-1"),
        APP("app00000", "\"state\":\"terminated\",\"next\":null,"
                        "\"progress\":null,\"cycles\":1.5"),
        APP("app00000", "\"state\":\"terminated\",\"next\":null,"
                        "\"progress\":null,\"cycles\":9223372036854775807"),
        APP("app00000", "\"state\":\"terminated\",\"next\":\"DESCRIBE\","
                        "\"progress\":null,\"cycles\":0"),
        APP("app00000", "\"state\":\"terminated\",\"progress\":null,"
                        "\"cycles\":0"),
        APP("app00000", "\"state\":\"start-measure\",\"next\":\"ADJUST\","
                        "\"progress\":null,\"cycles\":0"),
        APP("app00000", "\"state\":\"in-measure\",\"next\":null,"
                        "\"progress\":null,\"cycles\":0"),
        APP("app00000", "\"state\":\"start-measure\",\"next\":null,"
                        "\"progress\":3,\"cycles\":0"),
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct oco_apps *apps = oco_apps_new(APPS);
        struct oco_save *save = NULL;
        struct scope_err err = {0};
        put_file(files[i]);
        if (oco_save_open(&save, path, apps, &names, &err) == SCOPE_OK)
            fail_msg("accepted: %s", files[i]);
        assert_non_null(strstr(err.text, path));
        assert_int_equal(oco_apps_statistics(apps).apps, 0);
        char *text = get_file();
        assert_string_equal(text, files[i]);
        free(text);
        oco_apps_free(apps);
    }
}

static void an_empty_file_is_a_new_one(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(APPS);
    put_file("");
    assert_int_equal(chmod(path, 0640), 0);
    oco_save_close(open_save(apps));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_true(status.st_size > 0);
    oco_apps_free(apps);
}

static void a_file_in_use_is_refused(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(APPS);
    struct scope_err err = {0};
    unlink(path);
    struct oco_save *first = open_save(apps);
    struct oco_save *second = NULL;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(oco_save_open(&second, path, apps, &names, &err),
                         SCOPE_BUSY);
        /* The same when the file has been replaced meanwhile. */
        oco_apps_feed(apps, 0, &hello);
        assert_int_equal(oco_save_stop(first, &err), SCOPE_OK);
    }
    oco_save_close(first);
    second = open_save(apps);
    oco_save_close(second);
    oco_apps_free(apps);
}

static void what_cannot_be_saved_is_told(void **state)
{
    (void)state;
    struct oco_apps *apps = oco_apps_new(APPS);
    struct oco_save *save = NULL;
    struct scope_err err = {0};
    assert_int_equal(oco_save_open(&save, folder, apps, &names, &err),
                     SCOPE_IO);
    assert_int_equal(
        oco_save_open(&save, "/nowhere/at/all", apps, &names, &err), SCOPE_IO);
    assert_int_equal(oco_save_open(&save, "/dev/null", apps, &names, &err),
                     SCOPE_USAGE);
    /* The place of the new file is taken: the old one stays whole. */
    char next[80];
    unlink(path);
    save = open_save(apps);
    snprintf(next, sizeof next, "%s.new", path);
    assert_int_equal(mkdir(next, 0700), 0);
    char *before = get_file();
    oco_apps_feed(apps, 0, &hello);
    assert_int_equal(oco_save_stop(save, &err), SCOPE_IO);
    char *after = get_file();
    assert_string_equal(before, after);
    assert_int_equal(rmdir(next), 0);
    /* What is owed is saved when it can be. */
    assert_int_equal(oco_save_stop(save, &err), SCOPE_OK);
    free(after);
    after = get_file();
    assert_non_null(strstr(after, "app00000"));
    free(before);
    free(after);
    oco_save_close(save);
    oco_apps_free(apps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_restored),
        cmocka_unit_test(changes_are_saved_while_it_runs),
        cmocka_unit_test(unsound_files_are_refused),
        cmocka_unit_test(an_empty_file_is_a_new_one),
        cmocka_unit_test(a_file_in_use_is_refused),
        cmocka_unit_test(what_cannot_be_saved_is_told),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
