/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector syscalls by BPF: for whom a call counts that is made by a child, a
 * thread, a process left behind or in a cgroup, or under a pid used again. */
#include "tests/unit/unit.h"

#include "tests/unit/bpf_case.h"
#include "tests/unit/worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void a_child_counts_for_its_maker_until_it_is_a_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct worker worker = worker_start();
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = worker_target(&worker, 1);
        attach(host, &target);
        worker_do(&worker, WORK_WRITE, 211);
        struct work_done made = worker_do(&worker, WORK_CHILD, 0);
        struct worker child = worker_child(&worker, made.pid);
        host_sample(host);
        uint64_t before = calls_of(host, &target, "openat");
        worker_do(&child, WORK_WRITE, 503);
        host_sample(host);
        assert_int_equal(calls_of(host, &target, "openat"), before + 1);
        uint64_t bytes = host_value(host, "bytes", &target, "write");
        struct scope_target child_target = worker_target(&child, 2);
        attach(host, &child_target);
        worker_do(&child, WORK_WRITE, 307);
        worker_do(&worker, WORK_WRITE, 101);
        host_sample(host);
        size_t answer = sizeof(struct work_done);
        assert_int_equal(host_value(host, "bytes", &target, "write"),
                         bytes + 101 + answer);
        assert_int_equal(host_value(host, "bytes", &child_target, "write"),
                         307 + answer);
        /* Its end is its own. */
        close(child.to);
        worker_do(&worker, WORK_CHILD_ENDS, 0);
        host_detach(host, &child_target);
        host_sample(host);
        assert_int_equal(calls_of(host, &child_target, "exit_group"), 1);
        assert_int_equal(calls_of(host, &target, "exit_group"), 0);
        /* Given back after a few sweeps: its rows end. */
        for (int k = 0; k < 6; k++)
            host_sample(host);
        uint64_t bits;
        assert_false(host_has(host, "calls", &child_target, "write", &bits));
        close(child.from);
        worker.child_to = worker.to;
        worker_end(&worker);
        host_close(host);
    }
}

static int left_to[2], left_from[2];

/* Leaves a child behind, which serves the pipes above. */
static void leave_one(void)
{
    if (fork() == 0)
        actor_serve(left_to[0], left_from[1], actor_calls);
}

static void what_is_left_behind_counts_for_who_made_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pipe(left_to) | pipe(left_from), 0);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        struct actor actor = actor_start(leave_one);
        struct actor left = {.to = left_to[1], .from = left_from[0]};
        struct host *host = bpf_open(bpf_modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        attach(host, &target);
        actor_tell(&actor);
        actor_tell(&left);
        host_sample(host);
        assert_int_equal(calls_of(host, &target, "getppid"), ACTS);
        actor_end(&actor);
        host_detach(host, &target);
        for (unsigned k = 2; k < 10; k++) {
            actor_tell(&left);
            host_sample(host);
            assert_int_equal(calls_of(host, &target, "getppid"), k * ACTS);
        }
        left.pid = -1; /* it is the test's child now */
        actor_end(&left);
        close(left_to[0]);
        close(left_from[1]);
        uint64_t bits;
        for (int k = 0; k < 6; k++)
            host_sample(host);
        assert_false(host_has(host, "calls", &target, "getppid", &bits));
        assert_int_equal(host_value(host, "lost", NULL, ""), 0);
        host_close(host);
    }
}

static void a_pid_that_is_used_again_is_another_process(void **state)
{
    (void)state;
    struct actor actor = actor_start(actor_calls);
    struct host *host = bpf_open("latency");
    struct scope_target target = target_of(actor.pid, 1);
    attach(host, &target);
    actor_tell(&actor);
    actor_end(&actor);
    /* The host has not noticed yet. */
    struct actor other = actor_start_as(actor.pid, actor_calls);
    if (other.pid < 0) {
        host_close(host);
        print_message("skipped: no process may be made under a chosen pid: "
                      "%s\n",
                      strerror(errno));
        skip();
    }
    assert_int_equal(other.pid, actor.pid);
    actor_tell(&other);
    host_sample(host);
    assert_int_equal(calls_of(host, &target, "getppid"), ACTS);
    host_detach(host, &target);
    struct scope_target again = target_of(other.pid, 2);
    attach(host, &again);
    actor_tell(&other);
    host_sample(host);
    assert_int_equal(calls_of(host, &target, "getppid"), ACTS);
    assert_int_equal(calls_of(host, &again, "getppid"), ACTS);
    actor_end(&other);
    host_close(host);
}

static void a_process_that_is_gone_is_no_error(void **state)
{
    (void)state;
    struct actor actor = actor_start(actor_calls);
    struct scope_target target = target_of(actor.pid, 1);
    struct scope_target older = target;
    older.start_ticks--;
    struct host *host = bpf_open("count");
    assert_int_equal(host_attach(host, &older, NULL), SCOPE_NOT_FOUND);
    actor_end(&actor);
    assert_int_equal(host_attach(host, &target, NULL), SCOPE_NOT_FOUND);
    host_sample(host);
    assert_int_equal(calls_of(host, &target, "getppid"), 0);
    host_close(host);
}

static void threads_are_split_off(void **state)
{
    (void)state;
    static const char *const load[] = {"calls", "load", "getppid",
                                       "3",     "5003", NULL};
    struct figure figures[64];
    struct scope_target threads[8];
    char path[32];
    size_t count = 0;
    struct caller caller = caller_start(load);
    struct host *host =
        host_open((const char *const[]){"way", "bpf", "threads", "yes", NULL});
    struct scope_target target = target_of(caller.pid, 1);
    attach(host, &target);
    snprintf(path, sizeof path, "/proc/%d/task", caller.pid);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (!tid)
            continue;
        threads[count] =
            worker_thread_target(caller.pid, tid, (uint32_t)(10 + count), 1);
        attach(host, &threads[count++]);
    }
    closedir(folder);
    assert_int_equal(count, 4);
    caller_finish(&caller, figures);
    host_sample(host);
    assert_int_equal(calls_of(host, &target, "getppid"), 3 * 5003);
    for (size_t i = 0; i < count; i++) {
        bool main_one = threads[i].tid == caller.pid;
        assert_int_equal(calls_of(host, &threads[i], "getppid"),
                         main_one ? 0 : 5003);
        assert_int_equal(calls_of(host, &threads[i], "exit"), main_one ? 0 : 1);
    }
    caller_end(&caller);
    host_close(host);
}

/* A thread that is not the first becomes the process by execve. */
static void *exec_thread(void *unused)
{
    char path[512];
    snprintf(path, sizeof path, "%s/tests/programs/calls",
             getenv("SCOPE_BUILD"));
    execl(path, "calls", "load", "getppid", "1", "1009", (char *)NULL);
    _exit(127);
    return unused;
}

static void a_process_stays_what_it_is_over_exec(void **state)
{
    (void)state;
    int to[2];
    int from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
    struct caller caller = {.pid = fork()};
    if (caller.pid == 0) {
        pthread_t thread;
        char byte;
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        if (read(STDIN_FILENO, &byte, 1) == 1)
            pthread_create(&thread, NULL, exec_thread, NULL);
        for (;;)
            pause();
    }
    close(to[0]);
    close(from[1]);
    caller.to = fdopen(to[1], "w");
    caller.from = fdopen(from[0], "r");
    struct host *host =
        host_open((const char *const[]){"way", "bpf", "threads", "yes", NULL});
    struct scope_target target = target_of(caller.pid, 1);
    struct scope_target thread =
        worker_thread_target(caller.pid, caller.pid, 2, 1);
    attach(host, &target);
    attach(host, &thread);
    char line[128];
    struct figure figures[64];
    fputc('\n', caller.to);
    fflush(caller.to);
    assert_non_null(fgets(line, sizeof line, caller.from));
    assert_string_equal(line, "ready\n");
    caller_finish(&caller, figures);
    host_sample(host);
    assert_int_equal(calls_of(host, &target, "execve"), 1);
    assert_int_equal(calls_of(host, &target, "getppid"), 1009);
    /* What prints is the first thread by then. */
    assert_true(calls_of(host, &thread, "write") >= 2);
    caller_end(&caller);
    host_close(host);
}

/* --- cgroups -------------------------------------------------------------- */

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool fine = fd >= 0 && write(fd, text, strlen(text)) > 0;
    if (fd >= 0)
        close(fd);
    return fine;
}

static bool make_cgroup(char *path, size_t size)
{
    static const char *const mounts[] = {"/sys/fs/cgroup",
                                         "/sys/fs/cgroup/unified"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, size, "%s/cgroup.controllers", mounts[i]);
        if (access(path, F_OK) < 0)
            continue;
        snprintf(path, size, "%s/scope-test-%d", mounts[i], getpid());
        if (mkdir(path, 0755) == 0)
            return true;
    }
    return false;
}

static bool move(const char *cgroup, pid_t pid)
{
    char path[256];
    char text[16];
    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    snprintf(text, sizeof text, "%d", pid);
    return put(path, text);
}

static void a_cgroup_has_what_is_done_in_it(void **state)
{
    (void)state;
    char path[128];
    if (!make_cgroup(path, sizeof path)) {
        print_message("skipped: no cgroup of version 2 can be made here\n");
        skip();
    }
    struct actor inside = actor_start(actor_calls);
    struct actor outside = actor_start(actor_calls);
    bool moved = move(path, inside.pid);
    struct host *host = bpf_open("count");
    const struct scope_target cgroup = {.id = 1,
                                        .kind = SCOPE_TARGET_CGROUP,
                                        .name = "scope-test",
                                        .role = "",
                                        .cgroup = path};
    struct scope_target target = target_of(inside.pid, 2);
    attach(host, &cgroup);
    attach(host, &target);
    actor_tell(&inside);
    actor_tell(&outside);
    host_sample(host);
    uint64_t first = calls_of(host, &cgroup, "getppid");
    uint64_t own = calls_of(host, &target, "getppid");
    moved &= move(path, outside.pid);
    actor_tell(&outside);
    host_sample(host);
    uint64_t both = calls_of(host, &cgroup, "getppid");
    actor_end(&inside);
    actor_end(&outside);
    host_close(host);
    assert_int_equal(rmdir(path), 0);
    assert_true(moved);
    assert_int_equal(first, ACTS);
    assert_int_equal(own, ACTS);
    assert_int_equal(both, 2 * ACTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_counts_for_its_maker_until_it_is_a_target),
        cmocka_unit_test(what_is_left_behind_counts_for_who_made_it),
        cmocka_unit_test(a_pid_that_is_used_again_is_another_process),
        cmocka_unit_test(a_process_that_is_gone_is_no_error),
        cmocka_unit_test(threads_are_split_off),
        cmocka_unit_test(a_process_stays_what_it_is_over_exec),
        cmocka_unit_test(a_cgroup_has_what_is_done_in_it),
    };
    if (!bpf_may_be_tested())
        return 77;
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("syscalls_owners", tests, NULL, NULL);
}
