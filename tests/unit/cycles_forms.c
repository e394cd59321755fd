/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Samples of a program in the forms that programs come in: whatever its form,
 * the functions are named, or told apart where nothing names them, and their
 * shares are right.
 */
#include "tests/unit/cycles_case.h"
#include "tests/unit/program.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <scope/alloc.h>
#include <unistd.h>

/* Hot runs three times as long as warm. */
static void assert_shares(const struct host *host, const char *hot,
                          const char *warm)
{
    const struct scope_profile *profile = host_profile(host);
    uint64_t hots = samples_of(profile, 1, hot, false);
    uint64_t warms = samples_of(profile, 1, warm, false);
    if (hots + warms < total_of(profile, 1) / 3)
        fail_msg("%s and %s have %llu of %llu samples", hot, warm,
                 (unsigned long long)(hots + warms),
                 (unsigned long long)total_of(profile, 1));
    assert_share(hots, hots + warms, 0.75);
}

static struct host *begin(const struct program *program)
{
    struct scope_target target = target_of(program->pid, 1);
    struct host *host = host_open(every_ms);
    attach(host, &target);
    host_start(host);
    host_sample(host);
    return host;
}

static void spin(struct program *program, struct host *host)
{
    program_obey(program, "spin 300");
    host_sample(host);
    assert_true(total_of(host_profile(host), 1) > 30);
}

static void check_form(const char *form, const char *hot, const char *warm)
{
    char *path = program_path(form);
    struct program *program = program_start(path, NULL);
    struct host *host = begin(program);
    spin(program, host);
    assert_shares(host, hot, warm);
    host_close(host);
    program_end(program);
    free(path);
}

static void with_names(void **state)
{
    static const char *const forms[] = {
        "functions-static", "functions-staticpie", "functions-pie",
        "functions-fixed",  "functions-linked",    "functions-high",
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        check_form(forms[i], "hot", "warm");
}

/* Where the first of its segments lies. */
static uint64_t base_of(pid_t pid)
{
    char path[32];
    unsigned long base = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "r");
    assert_non_null(maps);
    assert_int_equal(fscanf(maps, "%lx", &base), 1);
    fclose(maps);
    return base;
}

static char *offset_of(const struct program *program, const char *function)
{
    return scope_format("functions-stripped+0x%llx",
                        (unsigned long long)(program_at(program, function) -
                                             base_of(program->pid)));
}

static void stripped(void **state)
{
    (void)state;
    char *path = program_path("functions-stripped");
    struct program *program = program_start(path, NULL);
    char *hot = offset_of(program, "hot");
    char *warm = offset_of(program, "warm");
    struct host *host = begin(program);
    spin(program, host);
    assert_shares(host, hot, warm);
    host_close(host);
    program_end(program);
    free(hot);
    free(warm);
    free(path);
}

/* The library is opened while it is sampled. */
static void opened_later(void **state)
{
    (void)state;
    char *path = program_path("functions-pie");
    char *library = program_path("library.so");
    char *load = scope_format("load %s", library);
    struct program *program = program_start(path, NULL);
    struct host *host = begin(program);
    program_obey(program, load);
    spin(program, host);
    assert_shares(host, "library_hot", "library_warm");
    host_close(host);
    program_end(program);
    free(load);
    free(library);
    free(path);
}

static void renamed_while_running(void **state)
{
    (void)state;
    char *tree = tree_new();
    char *from = program_path("functions-pie");
    char *path = scope_format("%s/program", tree);
    char *aside = scope_format("%s/renamed", tree);
    program_copy(from, path);
    struct program *program = program_start(path, NULL);
    struct host *host = begin(program);
    assert_return_code(rename(path, aside), errno);
    spin(program, host);
    assert_shares(host, "hot", "warm");
    host_close(host);
    program_end(program);
    free(aside);
    free(path);
    free(from);
    tree_remove(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_names),
        cmocka_unit_test(stripped),
        cmocka_unit_test(opened_later),
        cmocka_unit_test(renamed_while_running),
    };
    if (cycles_need_perf() < 0)
        return 77;
    return cmocka_run_group_tests_name("cycles forms", tests, NULL, NULL);
}
