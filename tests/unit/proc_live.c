/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector proc on real processes and the real machine: figures that the
 * kernel keeps exactly are exact, and a sweep allocates nothing. */
#include "tests/unit/unit.h"

#include "tests/unit/host.h"
#include "tests/unit/worker.h"

#include <dirent.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The linker sends every call of the test and of all that is linked into it
 * here (--wrap). */
static size_t allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations++;
    return __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
    allocations++;
    return __real_reallocarray(old, count, size);
}

static const struct scope_target machine = {
    .id = 90, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

static void attach(struct host *host, const struct scope_target *target)
{
    struct scope_err err = {0};
    if (host_attach(host, target, &err))
        fail_msg("%s", err.text);
}

static struct work_done settle(const struct worker *worker)
{
    worker_do(worker, WORK_NOTHING, 0);
    worker_do(worker, WORK_NOTHING, 0);
    return worker_do(worker, WORK_NOTHING, 0);
}

static struct host *open_all(void)
{
    return host_open((const char *const[]){"slow", "1", NULL});
}

static void bytes_calls_and_faults_are_exact(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct scope_target main_thread =
        worker_thread_target(worker.pid, worker.pid, 2, 1);
    worker_do(&worker, WORK_TOUCH, 3);
    worker_do(&worker, WORK_WRITE, 3);
    struct host *host = open_all();
    attach(host, &target);
    attach(host, &main_thread);
    struct work_done before = settle(&worker);
    host_sample(host);
    uint64_t bytes = host_value(host, "process.io.write.chars", &target, "");
    uint64_t calls = host_value(host, "process.io.write.calls", &target, "");
    uint64_t thread =
        host_value(host, "thread.io.write.calls", &main_thread, "");
    uint64_t faults = host_value(host, "process.faults.minor", &target, "");
    worker_do(&worker, WORK_WRITE, 7919);
    worker_do(&worker, WORK_TOUCH, 1009);
    struct work_done after = settle(&worker);
    host_sample(host);
    /* Each of the five orders was answered. */
    assert_int_equal(host_value(host, "process.io.write.chars", &target, "") -
                         bytes,
                     7919 + 5 * sizeof(struct work_done));
    assert_int_equal(host_value(host, "process.io.write.calls", &target, "") -
                         calls,
                     7919 + 5);
    assert_int_equal(
        host_value(host, "thread.io.write.calls", &main_thread, "") - thread,
        7919 + 5);
    assert_int_equal(host_value(host, "process.faults.minor", &target, "") -
                         faults,
                     after.minor - before.minor);
    assert_true(after.minor - before.minor >= 1009);
    host_close(host);
    worker_end(&worker);
}

static void cpu_time_and_switches_agree_with_the_process(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct scope_target main_thread =
        worker_thread_target(worker.pid, worker.pid, 2, 1);
    struct host *host = open_all();
    attach(host, &target);
    attach(host, &main_thread);
    struct work_done before = settle(&worker);
    host_sample(host);
    uint64_t cpu = host_value(host, "process.cpu", &target, "");
    uint64_t switches =
        host_value(host, "process.switches.voluntary", &target, "");
    uint64_t slices = host_value(host, "process.run.slices", &target, "");
    worker_do(&worker, WORK_SPIN, 50);
    worker_do(&worker, WORK_SLEEP, 211);
    struct work_done after = settle(&worker);
    host_sample(host);
    assert_true(host_value(host, "process.cpu", &target, "") - cpu >= 50000000);
    /* Most sleeps are a switch (one that is over before it began is not). It
     * may not yet have gone to sleep for the next order, or already. */
    uint64_t counted =
        host_value(host, "process.switches.voluntary", &target, "") - switches;
    uint64_t accounted = after.voluntary - before.voluntary;
    assert_true(accounted > 0);
    assert_in_range(counted + 1 - accounted, 0, 2);
    assert_true(host_value(host, "process.run.slices", &target, "") - slices >=
                counted);
    host_close(host);
    worker_end(&worker);
}

static size_t count_fds(pid_t pid)
{
    char path[32];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void threads_and_files_are_counted(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = open_all();
    worker_do(&worker, WORK_STAY, 5);
    attach(host, &target);
    host_sample(host);
    assert_int_equal(host_value(host, "process.threads", &target, ""), 6);
    assert_int_equal(host_value(host, "process.fds", &target, ""),
                     count_fds(worker.pid));
    worker_do(&worker, WORK_LEAVE, 0);
    host_close(host);
    worker_end(&worker);
}

static void a_process_that_ends_is_no_error(void **state)
{
    (void)state;
    uint64_t bits;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct scope_target main_thread =
        worker_thread_target(worker.pid, worker.pid, 2, 1);
    struct host *host = open_all();
    attach(host, &target);
    attach(host, &main_thread);
    host_sample(host);
    host_value(host, "process.cpu", &target, "");
    worker_end(&worker);
    host_sample(host);
    assert_false(host_has(host, "process.cpu", &target, "", &bits));
    assert_false(host_has(host, "process.faults.minor", &target, "", &bits));
    assert_false(host_has(host, "thread.cpu", &main_thread, "", &bits));
    host_detach(host, &main_thread);
    host_detach(host, &target);
    host_sample(host);
    host_close(host);
}

static void the_machine_gives_what_it_should(void **state)
{
    (void)state;
    struct host *host = host_open(NULL);
    attach(host, &machine);
    host_sample(host);
    const struct {
        const char *metric, *instance;
    } rows[] = {
        {"system.cpu.idle", ""},
        {"system.percpu.idle", "cpu0"},
        {"system.switches", ""},
        {"system.memory", "MemTotal"},
        {"system.net.rx.bytes", "lo"},
        {"system.snmp", "Tcp.InSegs"},
        {"system.vmstat", "pgfault"},
        {"system.softirqs", "TIMER"},
        {"system.load.1m", ""},
        {"system.netstat.bytes", "IpExt.InOctets"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        host_value(host, rows[i].metric, &machine, rows[i].instance);
    assert_true(host_value(host, "system.memory", &machine, "MemTotal") >
                host_value(host, "system.memory", &machine, "MemFree"));
    host_close(host);
}

static void a_sweep_allocates_nothing(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct scope_target main_thread =
        worker_thread_target(worker.pid, worker.pid, 2, 1);
    struct host *host = host_open((const char *const[]){"slow", "4", NULL});
    attach(host, &machine);
    attach(host, &target);
    attach(host, &main_thread);
    for (int i = 0; i < 12; i++)
        host_sample(host);
    size_t before = allocations;
    assert_true(before > 0);
    for (int i = 0; i < 40; i++)
        host_sample(host);
    assert_int_equal(allocations, before);
    host_close(host);
    worker_end(&worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_calls_and_faults_are_exact),
        cmocka_unit_test(cpu_time_and_switches_agree_with_the_process),
        cmocka_unit_test(threads_and_files_are_counted),
        cmocka_unit_test(a_process_that_ends_is_no_error),
        cmocka_unit_test(the_machine_gives_what_it_should),
        cmocka_unit_test(a_sweep_allocates_nothing),
    };
    return cmocka_run_group_tests_name("proc_live", tests, NULL, NULL);
}
