/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collector syscalls by BPF on real processes: every call of a target is
 * counted, once, for whom it belongs to. */
#include "tests/unit/unit.h"

#include "collectors/syscalls/counter.h"
#include "tests/unit/host.h"
#include "tests/unit/worker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct scope_target machine = {
    .id = 999, .kind = SCOPE_TARGET_SYSTEM, .name = "system", .role = ""};

static uint64_t calls(const struct host *host,
                      const struct scope_target *target, const char *name)
{
    uint64_t bits = 0;
    host_has(host, "calls", target, name, &bits);
    return bits;
}

static void attach(struct host *host, const struct scope_target *target)
{
    struct scope_err err = {0};
    if (host_attach(host, target, &err))
        fail_msg("%s", err.text);
}

static struct host *open_mode(const char *mode)
{
    return host_open((const char *const[]){"way", "bpf", "mode", mode, NULL});
}

static const char *const modes[] = {"count", "latency"};

/* --- a process that makes calls when it is told --------------------------- */

struct actor {
    pid_t pid;
    int to, from;
};

enum { MORE, LAST };

#define ACTS 101 /* calls of getppid that act() makes */

static void act(void)
{
    for (int i = 0; i < ACTS; i++)
        syscall(SYS_getppid);
}

static _Noreturn void serve(int from, int to, void (*what)(void))
{
    char byte;
    while (read(from, &byte, 1) == 1 && byte != LAST) {
        what();
        if (write(to, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

/* Its own end and answers have pipes of their own; pid 0: any. */
static struct actor start_as(pid_t pid, void (*what)(void))
{
    int to[2];
    int from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
    struct clone_args args = {
        .exit_signal = SIGCHLD,
        .set_tid = pid ? (uint64_t)(uintptr_t)&pid : 0,
        .set_tid_size = pid ? 1 : 0,
    };
    pid_t made = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (made == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(to[1]);
        close(from[0]);
        serve(to[0], from[1], what);
    }
    close(to[0]);
    close(from[1]);
    return (struct actor){.pid = made, .to = to[1], .from = from[0]};
}

static struct actor start(void (*what)(void))
{
    struct actor actor = start_as(0, what);
    assert_true(actor.pid > 0);
    return actor;
}

static void tell(const struct actor *actor)
{
    char byte = MORE;
    assert_int_equal(write(actor->to, &byte, 1), 1);
    assert_int_equal(read(actor->from, &byte, 1), 1);
}

/* Others may have its pipes, too: it must be told. */
static void end(struct actor *actor)
{
    char byte = LAST;
    assert_true(write(actor->to, &byte, 1) == 1 || errno == EPIPE);
    close(actor->to);
    close(actor->from);
    waitpid(actor->pid, NULL, 0);
}

static struct scope_target target_of(pid_t pid, uint32_t id)
{
    const struct worker worker = {.pid = pid};
    return worker_target(&worker, id);
}

/* --- the program whose calls are known ------------------------------------ */

struct program {
    pid_t pid;
    FILE *to, *from;
};

static struct program run(const char *const *words)
{
    struct program program;
    char path[512];
    int to[2];
    int from[2];
    snprintf(path, sizeof path, "%s/tests/programs/calls",
             getenv("SCOPE_BUILD"));
    assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
    program.pid = fork();
    if (program.pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execv(path, (char *const *)(uintptr_t)words);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    program.to = fdopen(to[1], "w");
    program.from = fdopen(from[0], "r");
    char line[128];
    assert_non_null(fgets(line, sizeof line, program.from));
    assert_string_equal(line, "ready\n");
    return program;
}

struct figure {
    char metric[16], instance[64];
    uint64_t value;
};

/* Lets it work; returns what it says it did, and how many figures. */
static size_t finish(struct program *program, struct figure *figures)
{
    char line[128];
    size_t count = 0;
    fputc('\n', program->to);
    fflush(program->to);
    while (fgets(line, sizeof line, program->from) && line[0] != 'd') {
        assert_true(count < 64);
        struct figure *figure = &figures[count++];
        assert_int_equal(sscanf(line, "%15s %63s %" SCNu64, figure->metric,
                                figure->instance, &figure->value),
                         3);
    }
    return count;
}

static void stop(struct program *program)
{
    fclose(program->to);
    fclose(program->from);
    waitpid(program->pid, NULL, 0);
}

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
        struct program program = run(exact);
        struct host *host = open_mode(modes[i]);
        struct scope_target target = target_of(program.pid, 1);
        attach(host, &target);
        attach(host, &machine);
        host_sample(host);
        size_t count = finish(&program, figures);
        host_sample(host);
        compare(host, &target, figures, count);
        for (size_t k = 0; k < count; k++)
            if (strcmp(figures[k].metric, "calls") == 0)
                assert_true(calls(host, &machine, figures[k].instance) >=
                            figures[k].value);
        stop(&program);
        host_close(host);
    }
}

static void times_are_those_of_the_calls(void **state)
{
    (void)state;
    struct figure figures[64];
    struct program program = run(exact);
    struct host *host = open_mode("latency");
    struct scope_target target = target_of(program.pid, 1);
    attach(host, &target);
    host_sample(host);
    finish(&program, figures);
    host_sample(host);
    /* Of 2 ms each: longer on a busy machine, never shorter. */
    const struct scope_hist *naps =
        host_hist(host, "latency", &target, "clock_nanosleep");
    uint64_t count = calls(host, &target, "clock_nanosleep");
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
    assert_int_equal(quick->total, calls(host, &target, "getppid"));
    assert_true(scope_hist_quantile(quick, 0.5) < 1000000);
    /* The second sweep's maximum is that sweep's. */
    host_sample(host);
    uint64_t bits;
    assert_false(host_has(host, "time.max", &target, "getppid", &bits));
    assert_true(host_value(host, "cost", NULL, "") != 0);
    stop(&program);
    host_close(host);
}

/* --- who counts for whom -------------------------------------------------- */

static void a_child_counts_for_its_maker_until_it_is_a_target(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct worker worker = worker_start();
        struct host *host = open_mode(modes[i]);
        struct scope_target target = worker_target(&worker, 1);
        attach(host, &target);
        worker_do(&worker, WORK_WRITE, 211);
        struct work_done made = worker_do(&worker, WORK_CHILD, 0);
        struct worker child = worker_child(&worker, made.pid);
        host_sample(host);
        uint64_t before = calls(host, &target, "openat");
        worker_do(&child, WORK_WRITE, 503);
        host_sample(host);
        assert_int_equal(calls(host, &target, "openat"), before + 1);
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
        assert_int_equal(calls(host, &child_target, "exit_group"), 1);
        assert_int_equal(calls(host, &target, "exit_group"), 0);
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
        serve(left_to[0], left_from[1], act);
}

static void what_is_left_behind_counts_for_who_made_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pipe(left_to) | pipe(left_from), 0);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        struct actor actor = start(leave_one);
        struct actor left = {.to = left_to[1], .from = left_from[0]};
        struct host *host = open_mode(modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        attach(host, &target);
        tell(&actor);
        tell(&left);
        host_sample(host);
        assert_int_equal(calls(host, &target, "getppid"), ACTS);
        end(&actor);
        host_detach(host, &target);
        for (unsigned k = 2; k < 10; k++) {
            tell(&left);
            host_sample(host);
            assert_int_equal(calls(host, &target, "getppid"), k * ACTS);
        }
        left.pid = -1; /* it is the test's child now */
        end(&left);
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
    struct actor actor = start(act);
    struct host *host = open_mode("latency");
    struct scope_target target = target_of(actor.pid, 1);
    attach(host, &target);
    tell(&actor);
    end(&actor);
    /* The host has not noticed yet. */
    struct actor other = start_as(actor.pid, act);
    if (other.pid < 0) {
        host_close(host);
        print_message("skipped: no process may be made under a chosen pid: "
                      "%s\n",
                      strerror(errno));
        skip();
    }
    assert_int_equal(other.pid, actor.pid);
    tell(&other);
    host_sample(host);
    assert_int_equal(calls(host, &target, "getppid"), ACTS);
    host_detach(host, &target);
    struct scope_target again = target_of(other.pid, 2);
    attach(host, &again);
    tell(&other);
    host_sample(host);
    assert_int_equal(calls(host, &target, "getppid"), ACTS);
    assert_int_equal(calls(host, &again, "getppid"), ACTS);
    end(&other);
    host_close(host);
}

static void a_process_that_is_gone_is_no_error(void **state)
{
    (void)state;
    struct actor actor = start(act);
    struct scope_target target = target_of(actor.pid, 1);
    struct scope_target older = target;
    older.start_ticks--;
    struct host *host = open_mode("count");
    assert_int_equal(host_attach(host, &older, NULL), SCOPE_NOT_FOUND);
    end(&actor);
    assert_int_equal(host_attach(host, &target, NULL), SCOPE_NOT_FOUND);
    host_sample(host);
    assert_int_equal(calls(host, &target, "getppid"), 0);
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
    struct program program = run(load);
    struct host *host =
        host_open((const char *const[]){"way", "bpf", "threads", "yes", NULL});
    struct scope_target target = target_of(program.pid, 1);
    attach(host, &target);
    snprintf(path, sizeof path, "/proc/%d/task", program.pid);
    DIR *folder = opendir(path);
    for (const struct dirent *entry; (entry = readdir(folder));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (!tid)
            continue;
        threads[count] =
            worker_thread_target(program.pid, tid, (uint32_t)(10 + count), 1);
        attach(host, &threads[count++]);
    }
    closedir(folder);
    assert_int_equal(count, 4);
    finish(&program, figures);
    host_sample(host);
    assert_int_equal(calls(host, &target, "getppid"), 3 * 5003);
    for (size_t i = 0; i < count; i++) {
        bool main_one = threads[i].tid == program.pid;
        assert_int_equal(calls(host, &threads[i], "getppid"),
                         main_one ? 0 : 5003);
        assert_int_equal(calls(host, &threads[i], "exit"), main_one ? 0 : 1);
    }
    stop(&program);
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
    struct program program = {.pid = fork()};
    if (program.pid == 0) {
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
    program.to = fdopen(to[1], "w");
    program.from = fdopen(from[0], "r");
    struct host *host =
        host_open((const char *const[]){"way", "bpf", "threads", "yes", NULL});
    struct scope_target target = target_of(program.pid, 1);
    struct scope_target thread =
        worker_thread_target(program.pid, program.pid, 2, 1);
    attach(host, &target);
    attach(host, &thread);
    char line[128];
    struct figure figures[64];
    fputc('\n', program.to);
    fflush(program.to);
    assert_non_null(fgets(line, sizeof line, program.from));
    assert_string_equal(line, "ready\n");
    finish(&program, figures);
    host_sample(host);
    assert_int_equal(calls(host, &target, "execve"), 1);
    assert_int_equal(calls(host, &target, "getppid"), 1009);
    /* What prints is the first thread by then. */
    assert_true(calls(host, &thread, "write") >= 2);
    stop(&program);
    host_close(host);
}

/* --- whose names are not known, and what is refused ------------------------
 */

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
        struct actor actor = start(many_numbers);
        struct host *host = open_mode(modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        attach(host, &target);
        tell(&actor);
        host_sample(host);
#ifdef __x86_64__
        assert_int_equal(calls(host, &target, "other"), 18);
        assert_int_equal(host_value(host, "errors", &target, "other:ENOSYS"),
                         18);
#else
        assert_int_equal(calls(host, &target, "other"), 11);
#endif
        assert_int_equal(calls(host, &target, "getppid"), 0);
        end(&actor);
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
        struct actor actor = start(call_as_i386);
        struct host *host = open_mode(modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        char byte = MORE;
        attach(host, &target);
        assert_int_equal(write(actor.to, &byte, 1), 1);
        bool possible = read(actor.from, &byte, 1) == 1;
        host_sample(host);
        uint64_t other = calls(host, &target, "other");
        uint64_t writev = calls(host, &target, "writev");
        end(&actor);
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
        bool begins = strcmp(modes[i], "latency") == 0;
        struct actor actor = start(refuse);
        struct host *host = open_mode(modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        uint64_t bits = 0;
        attach(host, &target);
        tell(&actor);
        host_sample(host);
        assert_int_equal(calls(host, &target, "getpgid"), 17);
        assert_false(host_has(host, "errors", &target, "getpgid:EDOM", &bits));
        assert_int_equal(calls(host, &target, "getppid"), begins ? 0 : 17);
        assert_int_equal(
            host_has(host, "errors", &target, "getppid:EDOM", &bits), !begins);
        assert_int_equal(bits, begins ? 0 : 17);
        end(&actor);
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
        struct actor actor = start(signal_oneself);
        struct host *host = open_mode(modes[i]);
        struct scope_target target = target_of(actor.pid, 1);
        attach(host, &target);
        tell(&actor);
        host_sample(host);
        assert_int_equal(calls(host, &target, "tgkill"), 19);
        assert_int_equal(calls(host, &target, "rt_sigreturn"), 19);
        assert_int_equal(calls(host, &target, "other"), 0);
        end(&actor);
        host_close(host);
    }
}

/* --- limits --------------------------------------------------------------- */

static void what_has_no_room_is_counted_as_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct figure figures[64];
        struct program program = run(exact);
        struct host *host = host_open((const char *const[]){
            "way", "bpf", "mode", modes[i], "capacity", "3", "calls",
            "getppid,getpgid,getsid,umask,times,sendto,recvfrom", NULL});
        struct scope_target target = target_of(program.pid, 1);
        attach(host, &target);
        host_sample(host);
        size_t count = finish(&program, figures);
        host_sample(host);
        static const char *const wanted[] = {"getppid", "getpgid", "getsid",
                                             "umask",   "times",   "sendto",
                                             "recvfrom"};
        uint64_t made = 0;
        uint64_t counted = 0;
        size_t kinds = 0;
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++) {
            uint64_t got = calls(host, &target, wanted[k]);
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
        assert_int_equal(calls(host, &target, "pwrite64"), 0);
        assert_non_null(strstr(host_events(host),
                               "system calls were not counted: its tables are "
                               "full: raise syscalls.capacity"));
        stop(&program);
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
        struct actor actor = start(act);
        struct scope_target target = target_of(actor.pid, i);
        attach(host, &target);
        tell(&actor);
        host_sample(host);
        assert_int_equal(calls(host, &target, "getppid"), ACTS);
        end(&actor);
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
    struct actor actor = start(fail_in_many_ways);
    struct host *host = open_mode("count");
    struct scope_target target = target_of(actor.pid, 1);
    uint64_t sum = 0;
    attach(host, &target);
    tell(&actor);
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
    end(&actor);
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
    struct actor inside = start(act);
    struct actor outside = start(act);
    bool moved = move(path, inside.pid);
    struct host *host = open_mode("count");
    const struct scope_target cgroup = {.id = 1,
                                        .kind = SCOPE_TARGET_CGROUP,
                                        .name = "scope-test",
                                        .role = "",
                                        .cgroup = path};
    struct scope_target target = target_of(inside.pid, 2);
    attach(host, &cgroup);
    attach(host, &target);
    tell(&inside);
    tell(&outside);
    host_sample(host);
    uint64_t first = calls(host, &cgroup, "getppid");
    uint64_t own = calls(host, &target, "getppid");
    moved &= move(path, outside.pid);
    tell(&outside);
    host_sample(host);
    uint64_t both = calls(host, &cgroup, "getppid");
    end(&inside);
    end(&outside);
    host_close(host);
    assert_int_equal(rmdir(path), 0);
    assert_true(moved);
    assert_int_equal(first, ACTS);
    assert_int_equal(own, ACTS);
    assert_int_equal(both, 2 * ACTS);
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

/* Without BPF nothing here can be shown. */
static bool may_be_tested(void)
{
    struct scope_err err = {0};
    enum scope_code code =
        host_try((const char *const[]){"way", "bpf", NULL}, &err);
    if (code)
        fprintf(stderr, "BPF cannot be tested here: %s\n", err.text);
    return !code;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_errors_and_bytes_are_exact),
        cmocka_unit_test(times_are_those_of_the_calls),
        cmocka_unit_test(a_child_counts_for_its_maker_until_it_is_a_target),
        cmocka_unit_test(what_is_left_behind_counts_for_who_made_it),
        cmocka_unit_test(a_pid_that_is_used_again_is_another_process),
        cmocka_unit_test(a_process_that_is_gone_is_no_error),
        cmocka_unit_test(threads_are_split_off),
        cmocka_unit_test(a_process_stays_what_it_is_over_exec),
        cmocka_unit_test(numbers_out_of_range_are_other),
#ifdef __x86_64__
        cmocka_unit_test(calls_of_i386_are_other),
#endif
        cmocka_unit_test(what_seccomp_refuses_is_nobody_elses),
        cmocka_unit_test(the_end_of_a_signal_is_a_call_without_error),
        cmocka_unit_test(what_has_no_room_is_counted_as_lost),
        cmocka_unit_test(room_is_used_again),
        cmocka_unit_test(many_errors_of_a_call_are_told_apart_but_for_the_rest),
        cmocka_unit_test(a_cgroup_has_what_is_done_in_it),
        cmocka_unit_test(wrong_names_are_refused),
    };
    if (!may_be_tested())
        return 77;
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("syscalls_bpf", tests, NULL, NULL);
}
