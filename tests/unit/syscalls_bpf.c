/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector syscalls by BPF on real processes: every call of a target is
 * counted, once, by its name, with its error, its bytes and its time. */
#include "tests/unit/unit.h"

#include "collectors/syscalls/counter.h"
#include "tests/unit/bpf_case.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct scope_target machine = {
    .id = 999, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

static const char *const exact[] = {"calls", "exact", "wait", NULL};

static void compare(const struct host *host, const struct scope_target *target,
                    const struct figure *figures, size_t count)
{
    size_t compared = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(figures[i].metric, "time") == 0)
            continue;
        uint64_t got =
            host_value(host, figures[i].metric, target, figures[i].instance);
        if (got != figures[i].value)
            fail_msg("%s %s: %" PRIu64 " instead of %" PRIu64,
                     figures[i].metric, figures[i].instance, got,
                     figures[i].value);
        compared++;
    }
    assert_true(compared > 20);
    assert_int_equal(host_value(host, "lost", NULL, ""), 0);
}

static void calls_errors_and_bytes_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct figure figures[64];
        struct caller caller = caller_start(exact);
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = target_of(caller.pid, 1);
        attach(host, &target);
        attach(host, &machine);
        host_sample(host);
        size_t count = caller_finish(&caller, figures);
        host_sample(host);
        compare(host, &target, figures, count);
        for (size_t k = 0; k < count; k++)
            if (strcmp(figures[k].metric, "calls") == 0)
                assert_true(calls_of(host, &machine, figures[k].instance) >=
                            figures[k].value);
        caller_end(&caller);
        host_close(host);
    }
}

static void times_are_those_of_the_calls(void **state)
{
    (void)state;
    struct figure figures[64];
    struct caller caller = caller_start(exact);
    struct host *host = bpf_open("latency");
    struct scope_target target = target_of(caller.pid, 1);
    attach(host, &target);
    host_sample(host);
    caller_finish(&caller, figures);
    host_sample(host);
    /* Of 2 ms each: longer on a busy machine, never shorter. */
    const struct scope_hist *naps =
        host_hist(host, "latency", &target, "clock_nanosleep");
    uint64_t count = calls_of(host, &target, "clock_nanosleep");
    assert_int_equal(naps->total, count);
    assert_true(scope_hist_quantile(naps, 0) >= 1750000);
    uint64_t total = host_value(host, "time", &target, "clock_nanosleep");
    uint64_t longest = host_value(host, "time.max", &target, "clock_nanosleep");
    assert_true(longest >= 2000000);
    assert_true(total >= count * 2000000 && total <= count * longest);
    /* A bucket's middle is within an eighth of what is in it. */
    double mean = (double)total / (double)count;
    assert_true(scope_hist_mean(naps) > mean * 0.85);
    assert_true(scope_hist_mean(naps) < mean * 1.15);
    const struct scope_hist *quick =
        host_hist(host, "latency", &target, "getppid");
    assert_int_equal(quick->total, calls_of(host, &target, "getppid"));
    assert_true(scope_hist_quantile(quick, 0.5) < 1000000);
    /* The second sweep's maximum is that sweep's. */
    host_sample(host);
    uint64_t bits;
    assert_false(host_has(host, "time.max", &target, "getppid", &bits));
    assert_true(host_value(host, "cost", NULL, "") != 0);
    caller_end(&caller);
    host_close(host);
}

/* --- whose names are not known, and what is refused ----------------------- */

static void many_numbers(void)
{
    for (int i = 0; i < 11; i++)
        syscall(100000 + i);
#ifdef __x86_64__
    /* x32's getppid */
    for (int i = 0; i < 7; i++)
        syscall(0x40000000 | SYS_getppid);
#endif
}

static void numbers_out_of_range_are_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct actor actor = actor_start(many_numbers);
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        attach(host, &target);
        actor_tell(&actor);
        host_sample(host);
#ifdef __x86_64__
        assert_int_equal(calls_of(host, &target, "other"), 18);
        assert_int_equal(host_value(host, "errors", &target, "other:ENOSYS"),
                         18);
#else
        assert_int_equal(calls_of(host, &target, "other"), 11);
#endif
        assert_int_equal(calls_of(host, &target, "getppid"), 0);
        actor_end(&actor);
        host_close(host);
    }
}

#ifdef __x86_64__
/* 20 is getpid to i386, writev to x86-64. */
static void call_as_i386(void)
{
    for (int i = 0; i < 13; i++) {
        long result = 20;
        __asm__ volatile("int $0x80"
                         : "+a"(result)
                         :
                         : "memory", "r8", "r9", "r10", "r11");
    }
}

static void calls_of_i386_are_other(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct actor actor = actor_start(call_as_i386);
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        char byte = ACTOR_MORE;
        attach(host, &target);
        assert_int_equal(write(actor.to, &byte, 1), 1);
        bool possible = read(actor.from, &byte, 1) == 1;
        host_sample(host);
        uint64_t other = calls_of(host, &target, "other");
        uint64_t writev = calls_of(host, &target, "writev");
        actor_end(&actor);
        host_close(host);
        if (!possible) {
            print_message("skipped: the kernel does not know i386's calls\n");
            skip();
        }
        assert_int_equal(other, 13);
        assert_int_equal(writev, 0);
    }
}
#endif

static void refuse(void)
{
    static bool watched;
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 (uint32_t)offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = 4, .filter = filter};
    if (!watched) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    }
    watched = true;
    for (int i = 0; i < 17; i++) {
        syscall(SYS_getpgid, 0);
        syscall(SYS_getppid);
    }
}

static void what_seccomp_refuses_is_nobody_elses(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bool begins = strcmp(bpf_modes[i], "latency") == 0;
        struct actor actor = actor_start(refuse);
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        uint64_t bits = 0;
        attach(host, &target);
        actor_tell(&actor);
        host_sample(host);
        assert_int_equal(calls_of(host, &target, "getpgid"), 17);
        assert_false(host_has(host, "errors", &target, "getpgid:EDOM", &bits));
        assert_int_equal(calls_of(host, &target, "getppid"), begins ? 0 : 17);
        assert_int_equal(
            host_has(host, "errors", &target, "getppid:EDOM", &bits), !begins);
        assert_int_equal(bits, begins ? 0 : 17);
        actor_end(&actor);
        host_close(host);
    }
}

static void on_signal(int number)
{
    (void)number;
}

static void signal_oneself(void)
{
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 19; i++)
        syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
}

static void the_end_of_a_signal_is_a_call_without_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct actor actor = actor_start(signal_oneself);
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        attach(host, &target);
        actor_tell(&actor);
        host_sample(host);
        assert_int_equal(calls_of(host, &target, "tgkill"), 19);
        assert_int_equal(calls_of(host, &target, "rt_sigreturn"), 19);
        assert_int_equal(calls_of(host, &target, "other"), 0);
        actor_end(&actor);
        host_close(host);
    }
}

/* --- limits --------------------------------------------------------------- */

static void what_has_no_room_is_counted_as_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct figure figures[64];
        struct caller caller = caller_start(exact);
        struct host *host = host_open((const char *const[]){
            "way", "bpf", "mode", bpf_modes[i], "capacity", "3", "calls",
            "getppid,getpgid,getsid,umask,times,sendto,recvfrom", NULL});
        struct scope_target target = target_of(caller.pid, 1);
        attach(host, &target);
        host_sample(host);
        size_t count = caller_finish(&caller, figures);
        host_sample(host);
        static const char *const wanted[] = {"getppid", "getpgid", "getsid",
                                             "umask",   "times",   "sendto",
                                             "recvfrom"};
        uint64_t made = 0;
        uint64_t counted = 0;
        size_t kinds = 0;
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
            uint64_t got = calls_of(host, &target, wanted[k]);
            counted += got;
            kinds += got != 0;
            for (size_t n = 0; n < count; n++)
                if (strcmp(figures[n].metric, "calls") == 0 &&
                    strcmp(figures[n].instance, wanted[k]) == 0)
                    made += figures[n].value;
        }
        uint64_t lost = host_value(host, "lost", NULL, "");
        assert_in_range(kinds, 1, 4);
        assert_true(lost > 0);
        assert_int_equal(counted + lost, made);
        assert_int_equal(calls_of(host, &target, "pwrite64"), 0);
        assert_non_null(strstr(host_events(host),
                               "system calls were not counted: its tables are "
                               "full: raise syscalls.capacity"));
        caller_end(&caller);
        host_close(host);
    }
}

/* Many targets, one after the other, in few cells. */
static void room_is_used_again(void **state)
{
    (void)state;
    struct host *host = host_open((const char *const[]){
        "way", "bpf", "calls", "getppid", "capacity", "4", NULL});
    for (uint32_t i = 1; i <= 40; i++) {
        struct actor actor = actor_start(actor_calls);
        struct scope_target target = target_of(actor.pid, i);
        attach(host, &target);
        actor_tell(&actor);
        host_sample(host);
        assert_int_equal(calls_of(host, &target, "getppid"), ACTS);
        actor_end(&actor);
        host_detach(host, &target);
        for (int k = 0; k < 4; k++)
            host_sample(host);
        assert_int_equal(host_value(host, "lost", NULL, ""), 0);
    }
    host_close(host);
}

/* Of equal answers that of the newest filter counts. */
static void fail_in_many_ways(void)
{
    for (uint32_t code = 1; code <= 20; code++) {
        struct sock_filter filter[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                     (uint32_t)offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (100 - code)),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        const struct sock_fprog program = {.len = 4, .filter = filter};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
        syscall(SYS_getpgid, 0);
    }
}

/* Seccomp gives any errno that is asked of it; mode=count sees that. */
static void many_errors_of_a_call_are_told_apart_but_for_the_rest(void **state)
{
    (void)state;
    struct actor actor = actor_start(fail_in_many_ways);
    struct host *host = bpf_open("count");
    struct scope_target target = target_of(actor.pid, 1);
    uint64_t sum = 0;
    attach(host, &target);
    actor_tell(&actor);
    host_sample(host);
    for (int code = 80; code < 100; code++) {
        char name[64];
        uint64_t bits = 0;
        snprintf(name, sizeof name, "getpgid:%s", syscalls_error_name(code));
        host_has(host, "errors", &target, name, &bits);
        assert_true(bits <= 1);
        sum += bits;
    }
    assert_in_range(sum, 8, 16); /* 8 on a CPU */
    assert_int_equal(sum + host_value(host, "errors", &target, "getpgid:other"),
                     20);
    actor_end(&actor);
    host_close(host);
}

static void wrong_names_are_refused(void **state)
{
    (void)state;
    struct scope_err err = {0};
    assert_int_equal(
        host_try((const char *const[]){"calls", "read,raed", NULL}, &err),
        SCOPE_USAGE);
    assert_string_equal(err.text, "syscalls.calls: 'raed' is no system call of "
                                  "this machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_errors_and_bytes_are_exact),
        cmocka_unit_test(times_are_those_of_the_calls),
        cmocka_unit_test(numbers_out_of_range_are_other),
#ifdef __x86_64__
        cmocka_unit_test(calls_of_i386_are_other),
#endif
        cmocka_unit_test(what_seccomp_refuses_is_nobody_elses),
        cmocka_unit_test(the_end_of_a_signal_is_a_call_without_error),
        cmocka_unit_test(what_has_no_room_is_counted_as_lost),
        cmocka_unit_test(room_is_used_again),
        cmocka_unit_test(many_errors_of_a_call_are_told_apart_but_for_the_rest),
        cmocka_unit_test(wrong_names_are_refused),
    };
    if (!bpf_may_be_tested())
        return 77;
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("syscalls_bpf", tests, NULL, NULL);
}
