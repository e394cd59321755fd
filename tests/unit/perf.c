/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector perf on real processes: every fault is counted, once, with the
 * process that it belongs to. */
#include "tests/unit/unit.h"

#include "tests/unit/host.h"
#include "tests/unit/worker.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static const struct scope_target machine = {
    .id = 99, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

static uint64_t faults(const struct host *host,
                       const struct scope_target *target)
{
    return host_value(host, "minor_faults", target, "");
}

/* Under AddressSanitizer the worker touches its shadow memory too. */
static void assert_exact(uint64_t count, uint64_t wanted)
{
#ifdef SANITIZED
    assert_true(count >= wanted);
#else
    assert_int_equal(count, wanted);
#endif
}

/* What perf counted is what the process was accounted, but for faults that the
 * kernel takes on its behalf (futex words of ending threads): these perf leaves
 * out, and only AddressSanitizer's threads have them. */
static void assert_accounted(uint64_t counted, uint64_t accounted)
{
#ifdef SANITIZED
    assert_in_range(counted, accounted - accounted / 16, accounted);
#else
    assert_int_equal(counted, accounted);
#endif
}

/* Once each, so that nothing is done for the first time later. */
static void warm(const struct worker *worker)
{
    for (int i = 0; i < 2; i++) {
        worker_do(worker, WORK_TOUCH, 3);
        worker_do(worker, WORK_SLEEP, 1);
        worker_do(worker, WORK_THREAD, 3);
        worker_do(worker, WORK_FORK, 3);
    }
}

/* What is accounted, when nothing more comes of what was done. */
static struct work_done settle(const struct worker *worker)
{
    worker_do(worker, WORK_NOTHING, 0);
    worker_do(worker, WORK_NOTHING, 0);
    return worker_do(worker, WORK_NOTHING, 0);
}

static void attach(struct host *host, const struct scope_target *target)
{
    struct scope_err err = {0};
    if (host_attach(host, target, &err))
        fail_msg("%s", err.text);
}

static void faults_and_switches_are_counted_exactly(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    warm(&worker);
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(NULL);
    attach(host, &target);
    struct work_done before = settle(&worker);
    host_sample(host);
    uint64_t first = faults(host, &target);
    uint64_t clock = host_value(host, "task_clock", &target, "");
    worker_do(&worker, WORK_TOUCH, 10007);
    struct work_done after = settle(&worker);
    host_sample(host);
    assert_exact(after.minor - before.minor, 10007);
    assert_accounted(faults(host, &target) - first, after.minor - before.minor);
    assert_true(host_value(host, "task_clock", &target, "") > clock);
    assert_int_equal(host_value(host, "enabled", &target, ""),
                     host_value(host, "running", &target, ""));

    uint64_t switches = host_value(host, "context_switches", &target, "");
    struct work_done done = worker_do(&worker, WORK_SLEEP, 211);
    host_sample(host);
    uint64_t counted =
        host_value(host, "context_switches", &target, "") - switches;
    /* It may be preempted, too. */
    assert_true(done.voluntary > after.voluntary);
    assert_true(counted + 1 >= done.voluntary - after.voluntary);
    host_close(host);
    worker_end(&worker);
}

static void threads_and_children_fold_into_their_process(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    warm(&worker);
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(NULL);
    attach(host, &target);
    struct work_done before = settle(&worker);
    host_sample(host);
    uint64_t last = faults(host, &target);
    uint64_t first = last;
    struct work_done after = before;
    for (uint32_t i = 0; i < 20; i++) {
        worker_do(&worker, WORK_THREAD, 101);
        worker_do(&worker, WORK_FORK, 53);
        after = settle(&worker);
        host_sample(host);
        assert_true(faults(host, &target) >= last + 154);
        last = faults(host, &target);
    }
    assert_accounted(last - first, after.minor - before.minor +
                                       after.minor_of_children -
                                       before.minor_of_children);
    host_close(host);
    worker_end(&worker);
}

static void threads_that_were_there_are_counted(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    warm(&worker);
    worker_do(&worker, WORK_STAY, 5);
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(NULL);
    attach(host, &target);
    struct work_done before = settle(&worker);
    host_sample(host);
    uint64_t first = faults(host, &target);
    worker_do(&worker, WORK_LEAVE, 0);
    struct work_done after = settle(&worker);
    host_sample(host);
    assert_true(faults(host, &target) - first >= UINT64_C(5) * STAYER_PAGES);
    assert_accounted(faults(host, &target) - first, after.minor - before.minor);
    host_close(host);
    worker_end(&worker);
}

static void a_child_that_is_a_target_is_not_counted_twice(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    warm(&worker);
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(NULL);
    attach(host, &target);
    struct work_done made = worker_do(&worker, WORK_CHILD, 0);
    struct worker child = worker_child(&worker, made.pid);
    warm(&child);
    worker_do(&worker, WORK_TOUCH, 3); /* own copies of what the fork shared */
    host_sample(host);
    uint64_t parent_first = faults(host, &target);
    struct scope_target child_target = worker_target(&child, 2);
    attach(host, &child_target);
    host_sample(host);
    assert_int_equal(faults(host, &target), parent_first);
    assert_int_equal(faults(host, &child_target), 0);
    struct work_done child_before = settle(&child);
    struct work_done before = settle(&worker);
    worker_do(&child, WORK_TOUCH, 4999);
    worker_do(&worker, WORK_TOUCH, 101);
    struct work_done child_after = settle(&child);
    struct work_done after = settle(&worker);
    host_sample(host);
    assert_exact(faults(host, &child_target), 4999);
    assert_int_equal(faults(host, &child_target),
                     child_after.minor - child_before.minor);
    assert_int_equal(faults(host, &target) - parent_first,
                     after.minor - before.minor);
    /* It ends: what it did stays with it, and its end is counted too. */
    worker_do(&child, WORK_TOUCH, 7);
    close(child.to);
    struct work_done ended = worker_do(&worker, WORK_CHILD_ENDS, 0);
    host_detach(host, &child_target);
    host_sample(host);
    uint64_t child_last = faults(host, &child_target);
    assert_true(child_last >= 5006);
    uint64_t parent_last = faults(host, &target);
    worker_do(&worker, WORK_TOUCH, 3);
    host_sample(host);
    uint64_t bits;
    assert_false(host_has(host, "minor_faults", &child_target, "", &bits));
    assert_int_equal(faults(host, &target) - parent_last,
                     worker_do(&worker, WORK_NOTHING, 0).minor - ended.minor);
    host_close(host);
    close(child.from);
    worker.child_to = worker.to;
    worker_end(&worker);
}

static void sums_never_fall_while_threads_come_and_go(void **state)
{
    (void)state;
    static const char *const metrics[] = {
        "task_clock",   "context_switches", "cpu_migrations",
        "minor_faults", "enabled",          "running",
    };
    uint64_t last[6] = {0};
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(NULL);
    attach(host, &target);
    for (uint32_t round = 0; round < 30; round++) {
        worker_do(&worker, round % 3 == 0 ? WORK_STAY : WORK_THREAD,
                  1 + round % 7);
        host_sample(host);
        if (round % 3 == 0)
            worker_do(&worker, WORK_LEAVE, 0);
        for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
            uint64_t now = host_value(host, metrics[i], &target, "");
            assert_true(now >= last[i]);
            last[i] = now;
        }
    }
    host_close(host);
    worker_end(&worker);
}

static void a_process_that_is_gone_is_no_error(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct scope_target other = target;
    struct host *host = host_open(NULL);
    other.start_ticks++;
    assert_int_equal(host_attach(host, &other, NULL), SCOPE_NOT_FOUND);
    worker_end(&worker);
    assert_int_equal(host_attach(host, &target, NULL), SCOPE_NOT_FOUND);
    host_sample(host);
    assert_int_equal(host_count(host), 0);
    host_close(host);
}

static void the_machine_is_counted_by_cpu(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct host *host = host_open(NULL);
    uint64_t bits;
    attach(host, &machine);
    host_sample(host);
    uint64_t first = faults(host, &machine);
    worker_do(&worker, WORK_TOUCH, 10007);
    host_sample(host);
    assert_true(faults(host, &machine) - first >= 10007);
    uint64_t sum = 0;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    for (long i = 0; i < cpus; i++) {
        char name[32];
        snprintf(name, sizeof name, "cpu%ld", i);
        sum += host_value(host, "percpu.minor_faults", &machine, name);
    }
    assert_int_equal(sum, faults(host, &machine));
    assert_false(host_has(host, "task_clock", &machine, "", &bits));
    host_close(host);
    worker_end(&worker);
}

static void wrong_and_impossible_events_are_explained(void **state)
{
    (void)state;
    struct scope_err err = {0};
    assert_int_equal(
        host_try((const char *const[]){"events", "page-faults,bogus", NULL},
                 &err),
        SCOPE_USAGE);
    assert_non_null(strstr(err.text, "perf.events: 'bogus': "));
    assert_non_null(strstr(err.hint, "task-clock"));
    assert_int_equal(
        host_try((const char *const[]){"events", "cycles", NULL}, &err),
        SCOPE_UNAVAILABLE);
    if (access("/sys/bus/event_source/devices/cpu", F_OK) < 0)
        assert_string_equal(err.text,
                            "event cycles: this machine has no hardware PMU: "
                            "/sys/bus/event_source/devices/cpu is missing");
}

static void too_few_files_are_a_clear_error(void **state)
{
    (void)state;
    struct scope_err err = {0};
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(NULL);
    struct rlimit old;
    getrlimit(RLIMIT_NOFILE, &old);
    int spare = dup(STDIN_FILENO);
    close(spare);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = (rlim_t)spare + 4,
                                              .rlim_max = old.rlim_max});
    enum scope_code code = host_attach(host, &target, &err);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(code, SCOPE_IO);
    assert_non_null(strstr(err.text, "Too many open files"));
    assert_non_null(strstr(err.hint, "ulimit -n"));
    host_close(host);
    worker_end(&worker);
}

/* Without perf (a container's seccomp profile) nothing here can be shown. */
static int need_perf(void **state)
{
    (void)state;
    struct scope_err err = {0};
    enum scope_code code = host_try(NULL, &err);
    if (code)
        fprintf(stderr, "perf cannot be tested here: %s\n", err.text);
    return code == SCOPE_PERM || code == SCOPE_UNAVAILABLE ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_and_switches_are_counted_exactly),
        cmocka_unit_test(threads_and_children_fold_into_their_process),
        cmocka_unit_test(threads_that_were_there_are_counted),
        cmocka_unit_test(a_child_that_is_a_target_is_not_counted_twice),
        cmocka_unit_test(sums_never_fall_while_threads_come_and_go),
        cmocka_unit_test(a_process_that_is_gone_is_no_error),
        cmocka_unit_test(the_machine_is_counted_by_cpu),
        cmocka_unit_test(wrong_and_impossible_events_are_explained),
        cmocka_unit_test(too_few_files_are_a_clear_error),
    };
    if (need_perf(NULL) < 0)
        return 77;
    return cmocka_run_group_tests_name("perf", tests, NULL, NULL);
}
