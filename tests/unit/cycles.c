/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collector cycles on real processes whose functions' shares are known. What is
 * sampled is compared within what chance allows: exact binomial limits that a
 * right collector misses once in ten thousand times.
 */
#include "tests/unit/unit.h"

#include "tests/unit/host.h"
#include "tests/unit/worker.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <math.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534
/* On each side, so that an interval has a level of 99.99 %. */
#define TAIL 0.00005

static const struct scope_target machine = {
    .id = 99, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

/* The program burn, which waits until it is told to begin. */
struct launched {
    pid_t pid;
    int gate, output;
};

static struct launched launch(uid_t user, const char *mode, const char *first,
                              const char *second)
{
    int gate[2];
    int output[2];
    char ready;
    const char *build = getenv("SCOPE_BUILD");
    char *program = scope_format("%s/tests/programs/burn", build ? build : ".");
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(gate[1]);
        if (user &&
            (setresgid(user, user, user) || setresuid(user, user, user)))
            _exit(98);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_DUMPABLE, 1);
        dup2(output[1], STDOUT_FILENO);
        if (write(STDOUT_FILENO, "r", 1) != 1 || read(gate[0], &ready, 1) != 1)
            _exit(97);
        execl(program, "burn", mode, first, second, (char *)NULL);
        _exit(99);
    }
    close(gate[0]);
    close(output[1]);
    free(program);
    assert_int_equal(read(output[0], &ready, 1), 1);
    return (struct launched){.pid = pid, .gate = gate[1], .output = output[0]};
}

static void release(struct launched *launched)
{
    assert_int_equal(write(launched->gate, "g", 1), 1);
    close(launched->gate);
}

static int64_t ns(struct timeval time)
{
    return time.tv_sec * INT64_C(1000000000) + time.tv_usec * INT64_C(1000);
}

/* Waits for its end; the CPU time that it and its children took. */
static int64_t await(struct launched *launched, uint64_t steps[3])
{
    struct rusage usage;
    int status;
    char text[128] = "";
    ssize_t length = read(launched->output, text, sizeof text - 1);
    assert_true(length >= 0);
    close(launched->output);
    assert_int_equal(wait4(launched->pid, &status, 0, &usage), launched->pid);
    assert_int_equal(status, 0);
    if (steps) {
        char *at = text;
        for (int i = 0; i < 3; i++)
            steps[i] = strtoull(at, &at, 10);
        assert_true(steps[0] && steps[1] && steps[2]);
    }
    return ns(usage.ru_utime) + ns(usage.ru_stime);
}

static struct scope_target target_of(pid_t pid, uint32_t id)
{
    const struct worker worker = {.pid = pid};
    return worker_target(&worker, id);
}

static void attach(struct host *host, const struct scope_target *target)
{
    struct scope_err err = {0};
    if (host_attach(host, target, &err))
        fail_msg("%s", err.text);
}

static const char *symbol(const struct scope_profile *profile, uint32_t stack)
{
    return profile->functions[profile->stacks[stack].function].symbol;
}

/* Whether any frame of the stack is the function, NULL: any. */
static bool has_frame(const struct scope_profile *profile, uint32_t stack,
                      const char *function)
{
    for (; stack; stack = profile->stacks[stack].parent)
        if (!function || strcmp(symbol(profile, stack), function) == 0)
            return true;
    return false;
}

/* Samples of the target (0: of all) with the frame at the top or anywhere. */
static uint64_t samples_of(const struct scope_profile *profile, uint32_t target,
                           const char *function, bool anywhere)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        if (target && profile->owners[count->owner].target != target)
            continue;
        if (anywhere ? has_frame(profile, count->stack, function)
                     : strcmp(symbol(profile, count->stack), function) == 0)
            sum += count->samples;
    }
    return sum;
}

static uint64_t total_of(const struct scope_profile *profile, uint32_t target)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < profile->count_count; i++)
        if (!target ||
            profile->owners[profile->counts[i].owner].target == target)
            sum += profile->counts[i].samples;
    return sum;
}

static double chance(uint64_t k, uint64_t n, double p)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
               lgamma((double)(n - k) + 1) + (double)k * log(p) +
               (double)(n - k) * log1p(-p));
}

/* Whether p lies in the exact interval (Clopper, Pearson 1934) of k of n. */
static void assert_share(uint64_t k, uint64_t n, double p)
{
    double below = 0;
    double above = 0;
    for (uint64_t i = 0; i <= k; i++)
        below += chance(i, n, p);
    for (uint64_t i = k; i <= n; i++)
        above += chance(i, n, p);
    if (below < TAIL || above < TAIL)
        fail_msg("%llu of %llu are not a share of %g", (unsigned long long)k,
                 (unsigned long long)n, p);
}

/* A timer's samples and the CPU time that is accounted. What a virtual
 * machine's host takes away is accounted all the same, and the timer does not
 * make up for it: there may be less samples on a busy one, and hardly more.
 * Samples that were lost may have been its. */
static void assert_agrees(const struct host *host, uint64_t weight_ns,
                          int64_t cpu_ns, int64_t period_ns)
{
    int64_t lost_ns = (int64_t)host_value(host, "lost", NULL, "") * period_ns;
    if ((int64_t)weight_ns > cpu_ns + cpu_ns / 4 + 10 * period_ns ||
        (int64_t)weight_ns + lost_ns < cpu_ns / 2 - 10 * period_ns)
        fail_msg("samples say %lld ns, the kernel %lld", (long long)weight_ns,
                 (long long)cpu_ns);
}

/* Not in step with the kernel's ticks, at which it switches between tasks. */
#define FREQUENCY "997"
#define PERIOD_NS 1003009
/* With room for what a busy machine does until a test looks. */
#define ROOM "stack-size", "2KiB", "buffer-size", "16MiB"
static const char *const every_ms[] = {"event",   "cpu-clock", "frequency",
                                       FREQUENCY, ROOM,        NULL};
static const char *const alone[] = {"event",   "cpu-clock", "frequency",
                                    FREQUENCY, ROOM,        "scope",
                                    "targets", NULL};

static void shares_of_functions_are_right(void **state)
{
    (void)state;
    uint64_t steps[3];
    struct launched burn = launch(0, "shares", "700", NULL);
    struct scope_target target = target_of(burn.pid, 1);
    struct host *host = host_open(every_ms);
    attach(host, &target);
    host_start(host);
    host_sample(host);
    assert_int_equal(host_value(host, "samples", &target, ""), 0);
    release(&burn);
    int64_t cpu_ns = await(&burn, steps);
    host_detach(host, &target);
    /* All is read after its end, its program and maps with it. */
    host_sample(host);
    const struct scope_profile *profile = host_profile(host);
    uint64_t samples = host_value(host, "samples", &target, "");
    uint64_t weight = host_value(host, "cpu", &target, "");
    assert_string_equal(profile->event, "cpu-clock");
    assert_int_equal(profile->unit, SCOPE_UNIT_NS);
    assert_int_equal(weight, samples * PERIOD_NS);
    assert_int_equal(total_of(profile, 1), samples);
    assert_agrees(host, weight, cpu_ns, PERIOD_NS);
    uint64_t hot[3] = {samples_of(profile, 1, "hot_a", false),
                       samples_of(profile, 1, "hot_b", false),
                       samples_of(profile, 1, "hot_c", false)};
    uint64_t all = hot[0] + hot[1] + hot[2];
    double done = (double)(steps[0] + steps[1] + steps[2]);
    for (int i = 0; i < 3; i++)
        assert_share(hot[i], all, (double)steps[i] / done);
    assert_true(all > samples / 2);
    /* Stacks are whole: from the top to where the program begins. */
    assert_true(samples_of(profile, 1, "main", true) > all - all / 50);
    assert_true(samples_of(profile, 1, "burn", true) > all - all / 50);
    uint64_t bits;
    host_sample(host);
    assert_false(host_has(host, "samples", &target, "", &bits));
    host_close(host);
}

static void children_count_for_who_made_them(const char *const *settings,
                                             uint64_t least)
{
    struct launched burn = launch(0, "children", "10", "300");
    struct scope_target target = target_of(burn.pid, 1);
    struct host *host = host_open(settings);
    attach(host, &target);
    host_start(host);
    host_sample(host);
    release(&burn);
    int64_t cpu_ns = await(&burn, NULL);
    host_sample(host);
    const struct scope_profile *profile = host_profile(host);
    uint64_t weight = host_value(host, "cpu", &target, "");
    uint64_t samples = total_of(profile, 1);
    assert_int_equal(host_value(host, "samples", &target, ""), samples);
    assert_agrees(host, weight, cpu_ns, PERIOD_NS);
    /* Forked or executed anew, they have names though they have ended. */
    assert_true(samples_of(profile, 1, "burn", true) * 100 > samples * least);
    assert_true(samples_of(profile, 1, "forked", true) > samples / 5);
    assert_true(samples_of(profile, 1, "forked", true) < samples - samples / 5);
    assert_true(samples_of(profile, 1, "hot_a", false) > samples / 5);
    host_close(host);
}

static void children_of_a_machines_process_are_its(void **state)
{
    (void)state;
    children_count_for_who_made_them(every_ms, 80);
}

static void children_of_a_process_alone_are_its(void **state)
{
    (void)state;
    children_count_for_who_made_them(alone, 80);
}

/* Samples of a parent and a child that work at the same time. */
static void a_child_that_is_a_target_has_its_own(const char *const *settings)
{
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(settings);
    attach(host, &target);
    host_start(host);
    host_sample(host);
    struct work_done made = worker_do(&worker, WORK_CHILD, 0);
    struct worker child = worker_child(&worker, made.pid);
    worker_do(&child, WORK_SPIN, 60);
    host_sample(host);
    uint64_t before = host_value(host, "cpu", &target, "");
    assert_agrees(host, before, 60000000, PERIOD_NS);
    struct scope_target child_target = worker_target(&child, 2);
    attach(host, &child_target);
    worker_do(&child, WORK_SPIN, 100);
    worker_do(&worker, WORK_SPIN, 50);
    host_sample(host);
    assert_agrees(host, host_value(host, "cpu", &child_target, ""), 100000000,
                  PERIOD_NS);
    assert_agrees(host, host_value(host, "cpu", &target, "") - before, 50000000,
                  PERIOD_NS);
    assert_int_equal(total_of(host_profile(host), 2),
                     host_value(host, "samples", &child_target, ""));
    host_close(host);
    close(child.to);
    worker_do(&worker, WORK_CHILD_ENDS, 0);
    close(child.from);
    worker.child_to = worker.to;
    worker_end(&worker);
}

static void a_child_of_the_machine_is_not_counted_twice(void **state)
{
    (void)state;
    a_child_that_is_a_target_has_its_own(every_ms);
}

static void a_child_that_inherited_is_not_opened_twice(void **state)
{
    (void)state;
    a_child_that_is_a_target_has_its_own(alone);
}

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

static void a_user_samples_his_own_processes(void **state)
{
    (void)state;
    if (!is_paranoid())
        skip();
    struct launched burn = launch(NOBODY, "threads", "2", "200");
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
    release(&burn);
    int64_t cpu_ns = await(&burn, NULL);
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
    assert_true(weight <= (uint64_t)(cpu_ns + cpu_ns / 4));
    assert_true(weight >= (uint64_t)(cpu_ns / 4));
    assert_true(samples_of(profile, 1, "burn_thread", true) >
                total_of(profile, 1) / 2);
    for (size_t i = 0; i < profile->function_count; i++)
        assert_false(profile->functions[i].kernel);
    host_close(host);
}

/* CPU time of a process; -1 when it is gone. */
static int64_t cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec now;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &now))
        return -1;
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Waits until it has used so much more; returns how much it was. */
static int64_t let_run(pid_t pid, int64_t more_ns)
{
    int64_t from = cpu_of(pid);
    int64_t now;
    while ((now = cpu_of(pid)) >= 0 && now - from < more_ns)
        usleep(1000);
    assert_true(from >= 0 && now >= 0);
    return now - from;
}

/* Threads that run already, and what they make, are sampled once each. */
static void threads_that_were_there_are_sampled_once(void **state)
{
    (void)state;
    struct launched burn = launch(0, "threads", "3", "400");
    release(&burn);
    let_run(burn.pid, 100000000);
    struct scope_target target = target_of(burn.pid, 1);
    struct host *host = host_open(alone);
    attach(host, &target);
    host_sample(host);
    int64_t cpu_ns = let_run(burn.pid, 400000000);
    host_sample(host);
    assert_agrees(host, host_value(host, "cpu", &target, ""), cpu_ns,
                  PERIOD_NS);
    host_close(host);
    await(&burn, NULL);
}

static void with_cap_perfmon_alone_samples_count(void **state)
{
    (void)state;
    if (!is_paranoid())
        skip();
    struct launched burn = launch(0, "shares", "200", NULL);
    release(&burn);
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
    int64_t cpu_ns = await(&burn, NULL);
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
    struct launched burns[64];
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
        burns[i] = launch(0, "shares", "500", NULL);
        release(&burns[i]);
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
        await(&burns[i], NULL);
    host_sample(host);
    assert_true(host_value(host, "lost", NULL, "") >= lost);
    assert_false(host_has(host, "cycles", &machine, "", &bits));
    host_close(host);
}

static void nothing_counts_before_the_first_sweep(void **state)
{
    (void)state;
    const char *const *const both[] = {every_ms, alone};
    for (int i = 0; i < 2; i++) {
        struct worker worker = worker_start();
        struct scope_target target = worker_target(&worker, 1);
        struct host *host = host_open(both[i]);
        attach(host, &target);
        host_start(host);
        worker_do(&worker, WORK_SPIN, 60);
        host_sample(host);
        assert_int_equal(host_value(host, "samples", &target, ""), 0);
        host_sample(host);
        assert_true(host_value(host, "samples", &target, "") < 5);
        assert_non_null(host_profile(host));
        worker_do(&worker, WORK_SPIN, 60);
        host_sample(host);
        assert_true(host_value(host, "samples", &target, "") > 20);
        host_close(host);
        worker_end(&worker);
    }
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

static void the_machine_has_the_samples_of_all(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct host *host = host_open(every_ms);
    attach(host, &target);
    attach(host, &machine);
    host_sample(host);
    worker_do(&worker, WORK_SPIN, 100);
    host_sample(host);
    const struct scope_profile *profile = host_profile(host);
    uint64_t samples = host_value(host, "samples", &machine, "");
    assert_int_equal(total_of(profile, 0), samples);
    assert_true(samples >= host_value(host, "samples", &target, ""));
    for (size_t i = 0; i < profile->owner_count; i++) {
        const struct scope_owner *owner = &profile->owners[i];
        assert_true((owner->kind == SCOPE_OWNER_TARGET) == (owner->pid != 0));
        assert_true(*owner->name);
    }
    host_close(host);
    worker_end(&worker);
}

static void the_cost_of_a_sample_is_told(void **state)
{
    (void)state;
    uint64_t bits;
    struct host *host = host_open(every_ms);
    host_start(host);
    host_sample(host);
    /* On a machine so busy that nothing can be tried it is absent. */
    if (host_has(host, "cost", NULL, "", &bits)) {
        double cost;
        memcpy(&cost, &bits, sizeof cost);
        assert_true(cost > 100 && cost < 1e6);
    }
    host_close(host);
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

static void a_process_that_is_gone_is_no_error(void **state)
{
    (void)state;
    struct worker worker = worker_start();
    struct scope_target target = worker_target(&worker, 1);
    struct scope_target other = target;
    other.start_ticks++;
    struct host *first = host_open(every_ms);
    struct host *second = host_open(alone);
    assert_int_equal(host_attach(first, &other, NULL), SCOPE_NOT_FOUND);
    worker_end(&worker);
    assert_int_equal(host_attach(first, &target, NULL), SCOPE_NOT_FOUND);
    assert_int_equal(host_attach(second, &target, NULL), SCOPE_NOT_FOUND);
    host_sample(first);
    host_sample(second);
    host_close(first);
    host_close(second);
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

/* Without perf (a container's seccomp profile) nothing here can be shown. */
static int need_perf(void)
{
    struct scope_err err = {0};
    enum scope_code code =
        host_try((const char *const[]){"scope", "machine", NULL}, &err);
    if (code)
        fprintf(stderr, "cycles cannot be tested here: %s\n", err.text);
    return code == SCOPE_PERM || code == SCOPE_UNAVAILABLE ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_functions_are_right),
        cmocka_unit_test(children_of_a_machines_process_are_its),
        cmocka_unit_test(children_of_a_process_alone_are_its),
        cmocka_unit_test(a_child_of_the_machine_is_not_counted_twice),
        cmocka_unit_test(a_child_that_inherited_is_not_opened_twice),
        cmocka_unit_test_teardown(a_user_samples_his_own_processes,
                                  restore_root),
        cmocka_unit_test(threads_that_were_there_are_sampled_once),
        cmocka_unit_test_teardown(with_cap_perfmon_alone_samples_count,
                                  restore_root),
        cmocka_unit_test(losses_are_counted),
        cmocka_unit_test(nothing_counts_before_the_first_sweep),
        cmocka_unit_test(what_finds_no_room_comes_with_the_next),
        cmocka_unit_test(stacks_beyond_the_limit_count_together),
        cmocka_unit_test(the_machine_has_the_samples_of_all),
        cmocka_unit_test(the_cost_of_a_sample_is_told),
        cmocka_unit_test(what_cannot_be_sampled_is_explained),
        cmocka_unit_test(a_process_that_is_gone_is_no_error),
        cmocka_unit_test(too_few_files_are_a_clear_error),
    };
    if (need_perf() < 0)
        return 77;
    return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
