/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver cpu, in its process as the host runs it: its threads are placed
 * as asked before the load begins, it uses no more CPU time than asked for,
 * says so when it got less, and leaves no cgroup behind. Other processes may
 * take the CPUs away: what it got is compared with what it says.
 */
#include "drivers/cpu/quota.h"
#include "tests/unit/load_report.h"
#include "tests/unit/tree.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <scope/alloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MS = 1000000 };

static struct scope_registry *registry;
static int cpu; /* one that may be used */

static const struct scope_pick *pick_driver(struct scope_picks *picks,
                                            const char *options)
{
    struct scope_err err = {0};
    char text[256];
    snprintf(text, sizeof text, "cpu.cpus=%d,%s", cpu, options);
    if (scope_picks_add(picks, text, NULL, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
    return scope_picks_at(picks, 0);
}

static int64_t children_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000L +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000L;
}

static uint64_t busy_ns(const struct load_report *report)
{
    char name[32];
    snprintf(name, sizeof name, "busy/cpu%d", cpu);
    return load_report_value(report, name);
}

static void drive(const char *options, int64_t duration_ns,
                  struct load_report *report)
{
    load_report_init(report);
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    load_run(load_spawn(pick_driver(picks, options), 100 * MS), duration_ns,
             report);
    scope_picks_free(picks);
}

/* Some of it at least, as the machine may be busy; and it warns exactly when
 * it is off by more than it says. */
static void assert_used(const struct load_report *report, double share,
                        int64_t duration_ns)
{
    double length = (double)duration_ns;
    double used = (double)busy_ns(report) / length;
    assert_true(used > share / 50);
    assert_true(used < share + 0.1);
    assert_int_equal(report->other_events, fabs(used - share) > 0.02 ? 1 : 0);
    assert_int_equal(report->notes, 1);
}

static void a_share_is_used_and_no_more(void **state)
{
    (void)state;
    static const char *const ways[] = {
        "utilisation=30%",
        "utilisation=30%,phase=spread,period=5ms",
        "utilisation=30%,phase=aligned",
        "utilisation=30%,work=memory,memory=1MiB,policy=batch",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct load_report report;
        int64_t before_ns = children_ns();
        drive(ways[i], 500 * MS, &report);
        int64_t all_ns = children_ns() - before_ns;
        assert_used(&report, 0.3, 500 * MS);
        /* The kernel's own account of the whole process agrees. */
        assert_true(all_ns + 10 * MS > (int64_t)busy_ns(&report));
        assert_true(load_report_value(&report, "cpu.user") > 0);
        load_report_free(&report);
    }
}

static void nothing_is_used_for_nothing(void **state)
{
    (void)state;
    struct load_report report;
    drive("utilisation=0", 200 * MS, &report);
    assert_true(busy_ns(&report) < 5 * MS);
    assert_int_equal(report.other_events, 0);
    load_report_free(&report);
}

static void *spin(void *leave)
{
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET((size_t)cpu, &only);
    sched_setaffinity(0, sizeof only, &only);
    while (!atomic_load((atomic_bool *)leave))
        ;
    return NULL;
}

/* A competitor beside it gets 68 times its weight: sched(7), nice 19. */
static void what_was_not_had_is_said(void **state)
{
    (void)state;
    struct load_report report;
    load_report_init(&report);
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    struct scope_driver *driver =
        load_spawn(pick_driver(picks, "utilisation=80%,nice=19"), 100 * MS);
    atomic_bool leave = false;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, spin, &leave), 0);
    load_run(driver, 500 * MS, &report);
    leave = true;
    pthread_join(thread, NULL);
    assert_true(busy_ns(&report) < 390 * MS);
    assert_int_equal(report.other_events, 1);
    scope_picks_free(picks);
    load_report_free(&report);
}

/* How many threads of a process are bound to the CPU alone, and what the last
 * of them is. */
static int bound_threads(pid_t pid, int *policy, int *nice)
{
    char path[64];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        cpu_set_t set;
        if (tid <= 0 || tid == pid || sched_getaffinity(tid, sizeof set, &set))
            continue;
        if (CPU_COUNT(&set) != 1 || !CPU_ISSET((size_t)cpu, &set))
            continue;
        count++;
        *policy = sched_getscheduler(tid);
        *nice = getpriority(PRIO_PROCESS, (id_t)tid);
    }
    closedir(directory);
    return count;
}

static void threads_are_placed_before_the_load_begins(void **state)
{
    (void)state;
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    struct scope_driver *driver = load_spawn(
        pick_driver(picks, "utilisation=5%,policy=batch,nice=7"), 100 * MS);
    int policy = -1;
    int nice = -1;
    assert_int_equal(bound_threads(scope_driver_pid(driver), &policy, &nice),
                     1);
    assert_int_equal(policy, SCHED_BATCH);
    assert_int_equal(nice, 7);
    struct load_report report;
    load_report_init(&report);
    int64_t before_ns = scope_now_ns();
    load_run(driver, 50 * MS, &report);
    assert_true(scope_now_ns() - before_ns < INT64_C(5000) * MS);
    load_report_free(&report);
    scope_picks_free(picks);
}

/* Its folder, as quota.c makes it. */
static char *folder_of(pid_t pid)
{
    struct quota quota = {0};
    struct scope_err err = {0};
    assert_int_equal(
        quota_find(&quota, "/proc/self/mountinfo", "/proc/self/cgroup", &err),
        SCOPE_OK);
    char *path = scope_format("%s/scope-cpu-%d", quota.parent, (int)pid);
    quota_close(&quota);
    return path;
}

static void a_quota_is_kept_and_its_cgroup_removed(void **state)
{
    (void)state;
    struct scope_err err = {0};
    if (quota_probe(&err) != SCOPE_OK) {
        print_message("%s\n", err.text);
        skip();
    }
    struct load_report report;
    load_report_init(&report);
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    struct scope_driver *driver = load_spawn(
        pick_driver(picks, "utilisation=40%,mode=quota,period=20ms"), 100 * MS);
    char *folder = folder_of(scope_driver_pid(driver));
    char *below = scope_format("%s/cpu%d", folder, cpu);
    assert_int_equal(access(below, F_OK), 0);
    load_run(driver, 1000 * MS, &report);
    assert_used(&report, 0.4, INT64_C(1000) * MS);
    assert_int_equal(access(folder, F_OK), -1);
    assert_int_equal(errno, ENOENT);
    free(below);
    free(folder);
    load_report_free(&report);
    scope_picks_free(picks);
}

static void what_a_killed_driver_left_is_removed_by_the_next(void **state)
{
    (void)state;
    if (quota_probe(NULL) != SCOPE_OK)
        skip();
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    const struct scope_pick *pick =
        pick_driver(picks, "utilisation=40%,mode=quota");
    struct scope_driver *driver = load_spawn(pick, 100 * MS);
    char *left = folder_of(scope_driver_pid(driver));
    kill(scope_driver_pid(driver), SIGKILL);
    scope_driver_free(driver);
    assert_int_equal(access(left, F_OK), 0);
    struct load_report report;
    load_report_init(&report);
    load_run(load_spawn(pick, 100 * MS), 50 * MS, &report);
    assert_int_equal(access(left, F_OK), -1);
    free(left);
    load_report_free(&report);
    scope_picks_free(picks);
}

/* Copies the text, with the tree's name for each @. */
static void fill(char *to, size_t size, const char *text, const char *tree)
{
    size_t at = 0;
    for (; *text && at < size; text++)
        at += (size_t)snprintf(to + at, size - at, *text == '@' ? "%s" : "%.1s",
                               *text == '@' ? tree : text);
}

static char *join(const char *tree, const char *path)
{
    return scope_format("%s/%s", tree, path);
}

/* What is mounted where, where we are, and where our folder then goes. */
static const struct {
    const char *mountinfo, *cgroup, *parent, *home;
    bool unified;
} hierarchies[] = {
    /* v1 has it, beside a v2. */
    {"31 25 0:27 / @/v2 rw - cgroup2 cgroup2 rw\n"
     "30 25 0:26 / @/v1 rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n",
     "4:cpu,cpuacct:/ours\n0::/slice\n", "v1/ours", NULL, false},
    {"30 25 0:26 / @/v1 rw,nosuid - cgroup cgroup rw,cpu\n"
     "31 25 0:27 / @/v2 rw - cgroup2 cgroup2 rw\n",
     "4:cpu:/gone\n0::/slice\n", "v1", NULL, false},
    /* v2, beside a v1 that has another controller. */
    {"29 25 0:25 / @/v1 rw - cgroup cgroup rw,cpuset\n"
     "31 25 0:27 / @/v2 rw - cgroup2 cgroup2 rw\n",
     "3:cpuset:/ours\n0::/slice/session\n", "v2/slice", "v2/slice/session",
     true},
    {"31 25 0:27 / @/v2 rw - cgroup2 cgroup2 rw\n", "0::/\n", "v2", "v2", true},
    /* A container that sees the part from /slice on. */
    {"31 25 0:27 /slice @/v2/slice rw - cgroup2 cgroup2 rw\n",
     "0::/slice/session\n", "v2/slice", "v2/slice/session", true},
    {"31 25 0:27 /slice @/v2/slice rw - cgroup2 cgroup2 rw\n",
     "0::/elsewhere\n", "v2/slice", "v2/slice", true},
    {"29 25 0:25 / @/v1 rw - cgroup cgroup rw,cpuset\n", "", NULL, NULL, false},
};

static void the_cpu_controller_is_found(void **state)
{
    (void)state;
    char *tree = tree_new();
    tree_file(tree, "v1/ours/tasks", "%s", "");
    tree_file(tree, "v2/slice/session/cgroup.procs", "%s", "");
    char *mountinfo = join(tree, "mountinfo");
    char *cgroup = join(tree, "cgroup");
    for (size_t i = 0; i < sizeof hierarchies / sizeof *hierarchies; i++) {
        struct quota quota = {0};
        struct scope_err err = {0};
        char *mounts = scope_alloc(4096, 1);
        fill(mounts, 4096, hierarchies[i].mountinfo, tree);
        tree_file(tree, "mountinfo", "%s", mounts);
        tree_file(tree, "cgroup", "%s", hierarchies[i].cgroup);
        enum scope_code code = quota_find(&quota, mountinfo, cgroup, &err);
        if (hierarchies[i].parent) {
            char *parent = join(tree, hierarchies[i].parent);
            assert_int_equal(code, SCOPE_OK);
            assert_int_equal(quota.unified, hierarchies[i].unified);
            assert_string_equal(quota.parent, parent);
            free(parent);
        } else {
            assert_int_equal(code, SCOPE_UNAVAILABLE);
            assert_string_equal(err.text, "mode=quota: no cgroups with a cpu "
                                          "controller are mounted");
        }
        if (hierarchies[i].home) {
            char *home = join(tree, hierarchies[i].home);
            assert_string_equal(quota.home, home);
            free(home);
        }
        quota_close(&quota);
        free(mounts);
    }
    free(cgroup);
    free(mountinfo);
    tree_remove(tree);
}

static void what_cannot_be_a_load_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *options, *text;
    } bad[] = {
        {"utilisation=5%,mode=quota,period=10ms",
         "mode=quota: 5 % of a period of 10 ms is less than 1 ms, the least "
         "that the kernel keeps"},
        {"utilisation=50%,mode=quota,policy=fifo",
         "mode=quota has no effect on threads with policy=fifo"},
        {"utilisation=50%,cpus=100000",
         "cpus: 100000 is not a CPU or a range like 2-5"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
        struct scope_err err = {0};
        const struct scope_pick *pick = pick_driver(picks, bad[i].options);
        void *self;
        assert_int_equal(
            pick->loaded->driver.open(scope_settings_config(pick->settings),
                                      NULL, &self, &err),
            SCOPE_USAGE);
        assert_string_equal(err.text, bad[i].text);
        scope_picks_free(picks);
    }
}

static int open_registry(void **state)
{
    (void)state;
    char path[4096];
    const char *build = getenv("SCOPE_BUILD");
    snprintf(path, sizeof path, "%s/drivers/.libs", build ? build : ".");
    setenv("SCOPE_PLUGIN_PATH", path, 1);
    struct scope_err err = {0};
    cpu_set_t usable;
    if (sched_getaffinity(0, sizeof usable, &usable))
        return 1;
    while (!CPU_ISSET((size_t)cpu, &usable))
        cpu++;
    if (scope_registry_open(&registry, &err) != SCOPE_OK) {
        print_error("%s\n", err.text);
        return 1;
    }
    return 0;
}

static int close_registry(void **state)
{
    (void)state;
    scope_registry_close(registry);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_used_and_no_more),
        cmocka_unit_test(nothing_is_used_for_nothing),
        cmocka_unit_test(what_was_not_had_is_said),
        cmocka_unit_test(threads_are_placed_before_the_load_begins),
        cmocka_unit_test(a_quota_is_kept_and_its_cgroup_removed),
        cmocka_unit_test(what_a_killed_driver_left_is_removed_by_the_next),
        cmocka_unit_test(the_cpu_controller_is_found),
        cmocka_unit_test(what_cannot_be_a_load_is_refused),
    };
    return cmocka_run_group_tests_name("cpu driver", tests, open_registry,
                                       close_registry);
}
