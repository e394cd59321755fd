/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector cycles at its limits: of rights, of room for samples and stacks, of
 * files; what is refused or lost is said, and what is left is right. */
#include "tests/unit/unit.h"

#include "tests/unit/cycles_case.h"
#include "tests/unit/worker.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct scope_target machine = {
    .id = 99, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

#define NOBODY 65534

/* The effective capabilities alone; what is permitted stays. */
static void set_capabilities(uint64_t effective)
{
    struct __user_cap_header_struct header = {.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    assert_int_equal(syscall(SYS_capget, &header, sets), 0);
    sets[0].effective = (uint32_t)effective;
    sets[1].effective = (uint32_t)(effective >> 32);
    assert_int_equal(syscall(SYS_capset, &header, sets), 0);
}

/* For a while this process is nobody's, with these capabilities. */
static void become_nobody(uint64_t capabilities)
{
    assert_int_equal(setresgid(NOBODY, NOBODY, 0), 0);
    assert_int_equal(setresuid(NOBODY, NOBODY, 0), 0);
    set_capabilities(capabilities);
}

static void become_root(void)
{
    assert_int_equal(setresuid(0, 0, 0), 0);
    assert_int_equal(setresgid(0, 0, 0), 0);
    prctl(PR_SET_DUMPABLE, 1);
}

/* A test that failed may have left it so. */
static int restore_root(void **state)
{
    (void)state;
    if (getuid() == NOBODY)
        become_root();
    return 0;
}

static bool is_paranoid(void)
{
    char level = '?';
    int fd = open("/proc/sys/kernel/perf_event_paranoid", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (read(fd, &level, 1) != 1)
        level = '?';
    close(fd);
    return geteuid() == 0 && level == '2';
}

/* The build may lie in a folder that is closed to others. */
static bool nobody_reaches_burn(void)
{
    char *program = burn_path();
    become_nobody(0);
    bool reached = access(program, X_OK) == 0;
    become_root();
    free(program);
    return reached;
}

static void a_user_samples_his_own_processes(void **state)
{
    (void)state;
    if (!is_paranoid() || !nobody_reaches_burn())
        skip();
    struct burn burn = burn_start(NOBODY, "threads", "2", "200");
    struct scope_target target = target_of(burn.pid, 1);
    become_nobody(0);
    struct host *host =
        host_open((const char *const[]){"frequency", FREQUENCY, NULL});
    struct scope_err err = {0};
    enum scope_code code = host_attach(host, &target, &err);
    struct scope_err refusal = {0};
    enum scope_code whole = host_attach(host, &machine, &refusal);
    host_start(host);
    host_sample(host);
    burn_release(&burn);
    int64_t cpu_ns = burn_await(&burn, NULL);
    host_sample(host);
    become_root();
    assert_string_equal(err.text, "");
    assert_int_equal(code, SCOPE_OK);
    assert_int_equal(whole, SCOPE_PERM);
    assert_non_null(strstr(host_events(host),
                           "cycles samples user mode only "
                           "(kernel.perf_event_paranoid is 2"));
    assert_non_null(strstr(host_events(host), "sampling all CPUs is not"));
    const struct scope_profile *profile = host_profile(host);
    uint64_t weight = host_value(host, "cpu", &target, "");
    /* Threads of 5 ms each lose what is left of a period at their end. */
    assert_true(weight <= (uint64_t)(4 * cpu_ns));
    assert_true(weight >= (uint64_t)(cpu_ns / 4));
    assert_true(samples_of(profile, 1, "burn_thread", true) >
                total_of(profile, 1) / 2);
    for (size_t i = 0; i < profile->function_count; i++)
        assert_false(profile->functions[i].kernel);
    host_close(host);
}

static void with_cap_perfmon_alone_samples_count(void **state)
{
    (void)state;
    if (!is_paranoid())
        skip();
    struct burn burn = burn_start(0, "shares", "200", NULL);
    burn_release(&burn);
    struct scope_target target = target_of(burn.pid, 1);
    usleep(20000);
    become_nobody(UINT64_C(1) << CAP_PERFMON);
    struct host *host = host_open(every_ms);
    struct scope_err err = {0};
    enum scope_code code = host_attach(host, &target, &err);
    char maps[32];
    snprintf(maps, sizeof maps, "/proc/%d/maps", burn.pid);
    int readable = open(maps, O_RDONLY | O_CLOEXEC);
    host_sample(host);
    int64_t cpu_ns = burn_await(&burn, NULL);
    host_sample(host);
    become_root();
    assert_int_equal(code, SCOPE_OK);
    const struct scope_profile *profile = host_profile(host);
    assert_true(cpu_ns > 100000000);
    assert_true(total_of(profile, 1) > 30);
    /* Whether it suffices to read another user's maps depends on the kernel's
     * age. Without, that is said, and samples count. */
    uint64_t named = samples_of(profile, 1, "hot_a", false);
    if (readable >= 0) {
        close(readable);
        assert_true(named > 0);
    } else {
        assert_int_equal(named, 0);
        assert_non_null(strstr(host_events(host), "must not be read"));
    }
    host_close(host);
}

/* With every CPU busy, what is not sampled is lost, to the last one. */
static void losses_are_counted(void **state)
{
    (void)state;
    struct burn burns[64];
    uint64_t bits;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (cpus > 64)
        skip();
    struct host *host = host_open((const char *const[]){
        "event", "cpu-clock", "frequency", "2000", "buffer-size", "64KiB",
        "call-graph", "dwarf", "stack-size", "16KiB", NULL});
    attach(host, &machine);
    host_start(host);
    for (long i = 0; i < cpus; i++) {
        burns[i] = burn_start(0, "shares", "500", NULL);
        burn_release(&burns[i]);
    }
    usleep(50000);
    host_sample(host);
    int64_t start = scope_now_ns();
    usleep(250000);
    host_sample(host);
    int64_t took = scope_now_ns() - start;
    uint64_t samples = host_value(host, "samples", &machine, "");
    uint64_t lost = host_value(host, "lost", NULL, "");
    assert_true(samples > 0);
    assert_int_equal(total_of(host_profile(host), 0), samples);
    assert_true(lost > 5 * samples);
    /* All that was taken, whether it was kept or not. */
    assert_true((int64_t)(samples + lost) * 500000 > took * cpus / 2);
    assert_true((int64_t)(samples + lost) * 500000 <
                took * cpus + took * cpus / 4);
    assert_non_null(strstr(host_events(host), "cycles: a ring was full"));
    /* And the figure is the kernel's: it stays when there is room again. */
    for (long i = 0; i < cpus; i++)
        burn_await(&burns[i], NULL);
    host_sample(host);
    assert_true(host_value(host, "lost", NULL, "") >= lost);
    assert_false(host_has(host, "cycles", &machine, "", &bits));
    host_close(host);
}

static void what_finds_no_room_comes_with_the_next(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(every_ms);
    attach(host, &target);
    host_sample(host);
    for (int round = 0; round < 3; round++) {
        worker_do(&worker, WORK_SPIN, 40);
        host_refuse_artifacts(host, true);
        host_sample(host);
        uint64_t samples = host_value(host, "samples", &target, "");
        assert_true(total_of(host_profile(host), 1) < samples);
        host_refuse_artifacts(host, false);
        worker_do(&worker, WORK_SPIN, 10);
        host_sample(host);
        assert_int_equal(total_of(host_profile(host), 1),
                         host_value(host, "samples", &target, ""));
    }
    host_close(host);
    worker_end(&worker);
}

static void stacks_beyond_the_limit_count_together(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open((const char *const[]){
        "event", "cpu-clock", "frequency", "1000", "max-stacks", "2", NULL});
    attach(host, &target);
    host_sample(host);
    worker_do(&worker, WORK_SPIN, 80);
    host_sample(host);
    const struct scope_profile *profile = host_profile(host);
    uint64_t samples = host_value(host, "samples", &target, "");
    assert_int_equal(total_of(profile, 1), samples);
    assert_true(samples_of(profile, 1, "[other stacks]", false) > 20);
    assert_true(profile->stack_count <= 4);
    assert_non_null(strstr(host_events(host), "more than 2 different stacks"));
    assert_non_null(strstr(host_events(host), "in step with"));
    host_close(host);
    worker_end(&worker);
}

static void what_cannot_be_sampled_is_explained(void **state)
{
    (void)state;
    struct scope_err err = {0};
    assert_int_equal(
        host_try((const char *const[]){"kernel", "no", "user", "no", NULL},
                 &err),
        SCOPE_USAGE);
    assert_non_null(strstr(err.text, "leave nothing"));
    if (access("/sys/bus/event_source/devices/cpu", F_OK) < 0) {
        assert_int_equal(
            host_try((const char *const[]){"event", "cycles", NULL}, &err),
            SCOPE_UNAVAILABLE);
        assert_non_null(strstr(err.hint, "no PMU"));
    }
    if (!is_paranoid())
        return;
    become_nobody(0);
    enum scope_code code =
        host_try((const char *const[]){"scope", "machine", NULL}, &err);
    become_root();
    assert_int_equal(code, SCOPE_PERM);
    assert_non_null(strstr(err.text, "kernel.perf_event_paranoid is 2"));
    assert_non_null(strstr(err.hint, "CAP_PERFMON"));
}

static void too_few_files_are_a_clear_error(void **state)
{
    (void)state;
    struct scope_err err = {0};
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(alone);
    struct rlimit old;
    getrlimit(RLIMIT_NOFILE, &old);
    int spare = dup(STDIN_FILENO);
    close(spare);
    /* The soft limit alone is raised by the collector itself. */
    worker_do(&worker, WORK_STAY, 40);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = (rlim_t)spare + 3,
                                              .rlim_max = old.rlim_max});
    assert_int_equal(host_attach(host, &target, &err), SCOPE_OK);
    host_close(host);
    host = host_open(alone);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_cur = (rlim_t)spare + 12,
                                              .rlim_max = (rlim_t)spare + 12});
    enum scope_code code = host_attach(host, &target, &err);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(code, SCOPE_IO);
    assert_non_null(strstr(err.text, "Too many open files"));
    assert_non_null(strstr(err.hint, "ulimit -n"));
    worker_do(&worker, WORK_LEAVE, 0);
    host_close(host);
    worker_end(&worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_user_samples_his_own_processes,
                                  restore_root),
        cmocka_unit_test_teardown(with_cap_perfmon_alone_samples_count,
                                  restore_root),
        cmocka_unit_test(losses_are_counted),
        cmocka_unit_test(what_finds_no_room_comes_with_the_next),
        cmocka_unit_test(stacks_beyond_the_limit_count_together),
        cmocka_unit_test(what_cannot_be_sampled_is_explained),
        cmocka_unit_test(too_few_files_are_a_clear_error),
    };
    if (cycles_need_perf() < 0)
        return 77;
    return cmocka_run_group_tests_name("cycles_limits", tests, NULL, NULL);
}
