/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Collector cycles on real processes whose functions' shares are known. What is
 * sampled is compared within what chance allows: exact binomial limits that a
 * right collector misses once in ten thousand times.
 */
#include "tests/unit/unit.h"

#include "tests/unit/cycles_case.h"
#include "tests/unit/worker.h"

#include <time.h>
#include <unistd.h>

static const struct scope_target machine = {
    .id = 99, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

static void shares_of_functions_are_right(void **state)
{
    (void)state;
    uint64_t steps[3];
    struct burn burn = burn_start(0, "shares", "700", NULL);
    struct scope_target target = target_of(burn.pid, 1);
    struct host *host = host_open(every_ms);
    attach(host, &target);
    host_start(host);
    host_sample(host);
    assert_int_equal(host_value(host, "samples", &target, ""), 0);
    burn_release(&burn);
    int64_t cpu_ns = burn_await(&burn, steps);
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
    struct burn burn = burn_start(0, "children", "10", "300");
    struct scope_target target = target_of(burn.pid, 1);
    struct host *host = host_open(settings);
    attach(host, &target);
    host_start(host);
    host_sample(host);
    burn_release(&burn);
    int64_t cpu_ns = burn_await(&burn, NULL);
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
    struct burn burn = burn_start(0, "threads", "3", "400");
    burn_release(&burn);
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
    burn_await(&burn, NULL);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_of_functions_are_right),
        cmocka_unit_test(children_of_a_machines_process_are_its),
        cmocka_unit_test(children_of_a_process_alone_are_its),
        cmocka_unit_test(a_child_of_the_machine_is_not_counted_twice),
        cmocka_unit_test(a_child_that_inherited_is_not_opened_twice),
        cmocka_unit_test(threads_that_were_there_are_sampled_once),
        cmocka_unit_test(nothing_counts_before_the_first_sweep),
        cmocka_unit_test(the_machine_has_the_samples_of_all),
        cmocka_unit_test(the_cost_of_a_sample_is_told),
        cmocka_unit_test(a_process_that_is_gone_is_no_error),
    };
    if (cycles_need_perf() < 0)
        return 77;
    return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
