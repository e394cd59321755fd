/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counting system calls by tracepoints: each call of real processes once, those
 * that are not on the list in sum, and an end that nobody waits for. */
#include "tests/unit/unit.h"

#include "collectors/syscalls/counter.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct syscalls_way *const way = &syscalls_by_tracepoints;

/* What the last reading said of one target. */
struct reading {
    uint32_t key;
    uint64_t calls[1024], other;
    size_t rows, ended;
};

static void take_row(void *closure, const struct syscalls_row *row)
{
    struct reading *reading = closure;
    assert_null(row->latency);
    if (row->target != reading->key)
        return;
    reading->rows++;
    if (row->number == SYSCALLS_OTHER)
        reading->other = row->calls;
    else
        reading->calls[row->number] = row->calls;
}

static void take_error(void *closure, const struct syscalls_error *error)
{
    (void)closure, (void)error;
    fail_msg("errors cannot be known this way");
}

static void take_ended(void *closure, uint32_t key)
{
    struct reading *reading = closure;
    if (key == reading->key)
        reading->ended++;
}

static struct reading *look(void *self, uint32_t key)
{
    static struct reading reading;
    struct scope_err err;
    memset(&reading, 0, sizeof reading);
    reading.key = key;
    const struct syscalls_reader reader = {.closure = &reading,
                                           .row = take_row,
                                           .error = take_error,
                                           .ended = take_ended};
    assert_int_equal(way->read(self, &reader, &err), SCOPE_OK);
    return &reading;
}

/* Skips the test where this machine or user cannot count so. */
static void *open_or_skip(const char *const *names, size_t count)
{
    struct syscalls_config config = {.calls = {count, names}};
    struct scope_err err;
    void *self = NULL;
    enum scope_code code = way->probe(&config, &err);
    if (code == SCOPE_PERM || code == SCOPE_UNAVAILABLE) {
        print_message("skipped: %s (%s)\n", err.text, err.hint);
        skip();
    }
    if (code == SCOPE_OK)
        code = way->open(&config, &self, &err);
    if (code != SCOPE_OK)
        fail_msg("%s", err.text);
    return self;
}

static uint64_t start_of(pid_t pid)
{
    char path[32], text[1024];
    unsigned long long ticks = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *rest = strrchr(text, ')');
    assert_non_null(rest);
    /* Fields 3 to 21 come before it. */
    for (int i = 0; i < 20; i++)
        rest = strchr(rest + 1, ' ');
    ticks = strtoull(rest, NULL, 10);
    return ticks;
}

static struct scope_target target_of(pid_t pid, uint32_t id)
{
    return (struct scope_target){.id = id,
                                 .kind = SCOPE_TARGET_PROCESS,
                                 .pid = pid,
                                 .tid = pid,
                                 .start_ticks = start_of(pid),
                                 .name = "test",
                                 .role = "",
                                 .cgroup = ""};
}

/* attach() names the target to the host; here there is none. */
uint32_t __wrap_scope_instance(struct scope_sink *sink,
                               const struct scope_target *target,
                               const char *name);
uint32_t __wrap_scope_instance(struct scope_sink *sink,
                               const struct scope_target *target,
                               const char *name)
{
    (void)sink, (void)target, (void)name;
    return 0;
}

static void attach(void *self, const struct scope_target *target, uint32_t key)
{
    struct scope_err err;
    if (way->attach(self, target, key, NULL, &err) != SCOPE_OK)
        fail_msg("%s", err.text);
}

/* --- a child that makes calls one by one ---------------------------------- */

/* As the child makes them: a read that waits for the order, so many of each,
 * and a write that says so. */
enum { PARENTS = 10007, SESSIONS = 503, ROUNDS = 3 };

struct child {
    pid_t pid;
    int to, from;
};

static _Noreturn void serve(int from, int to)
{
    char byte;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (syscall(SYS_read, from, &byte, 1L) == 1) {
        for (int i = 0; i < PARENTS; i++)
            syscall(SYS_getppid);
        for (int i = 0; i < SESSIONS; i++)
            syscall(SYS_getsid, 0L);
        syscall(SYS_write, to, &byte, 1L);
    }
    syscall(SYS_exit_group, 0L); /* sanitizers do more in _exit() */
    _exit(0);
}

static struct child start_child(void)
{
    int to[2], from[2];
    assert_int_equal(pipe(to) | pipe(from), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(to[1]);
        serve(to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    return (struct child){.pid = pid, .to = to[1], .from = from[0]};
}

/* Returns when the child waits in its next read. */
static void order(const struct child *child)
{
    char byte = 'x', path[32], text[64] = "";
    assert_int_equal(write(child->to, &byte, 1), 1);
    assert_int_equal(read(child->from, &byte, 1), 1);
    snprintf(path, sizeof path, "/proc/%d/syscall", child->pid);
    for (int i = 0; i < 10000; i++) {
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        if (!fgets(text, sizeof text, file))
            text[0] = '\0';
        fclose(file);
        if (strtol(text, NULL, 10) == SYS_read && *text != 'r')
            return;
        usleep(1000);
    }
    fail_msg("the child does not wait: %s", text);
}

static void end_child(const struct child *child)
{
    close(child->to);
    close(child->from);
    waitpid(child->pid, NULL, 0);
}

static const char *const few[] = {"getppid", "read"};

static void test_other(void **state)
{
    (void)state;
    void *self = open_or_skip(few, 2);
    struct child child = start_child();
    order(&child);
    struct scope_target target = target_of(child.pid, 7);
    attach(self, &target, 5);
    assert_int_equal(look(self, 5)->rows, 0);
    for (int i = 1; i <= ROUNDS; i++) {
        order(&child);
        const struct reading *reading = look(self, 5);
        assert_int_equal(reading->calls[SYS_getppid], i * PARENTS);
        assert_int_equal(reading->calls[SYS_read], i);
        assert_int_equal(reading->other, i * (SESSIONS + 1));
        assert_int_equal(reading->rows, 3);
        assert_int_equal(reading->ended, 0);
    }
    end_child(&child);
    way->detach(self, &target, 5);
    const struct reading *last = look(self, 5);
    assert_int_equal(last->ended, 1);
    assert_int_equal(last->calls[SYS_getppid], ROUNDS * PARENTS);
    assert_int_equal(last->other, ROUNDS * (SESSIONS + 1) + 1); /* exit */
    assert_int_equal(look(self, 5)->rows, 0);
    const char *why;
    assert_int_equal(way->lost(self, &why), 0);
    double cost = way->cost(self);
    assert_true(cost > 0 && cost < 1e6);
    way->close(self);
}

/* The whole machine has at least what the child did. */
static void test_machine(void **state)
{
    (void)state;
    void *self = open_or_skip(few, 2);
    const struct scope_target machine = {.id = 1,
                                         .kind = SCOPE_TARGET_SYSTEM,
                                         .name = "system",
                                         .role = "",
                                         .cgroup = ""};
    struct child child = start_child();
    attach(self, &machine, 0);
    order(&child);
    uint64_t once = look(self, 0)->calls[SYS_getppid];
    assert_true(once >= PARENTS);
    order(&child);
    assert_true(look(self, 0)->calls[SYS_getppid] >= once + PARENTS);
    way->detach(self, &machine, 0);
    assert_int_equal(look(self, 0)->ended, 1);
    end_child(&child);
    way->close(self);
}

/* --- the program whose calls are known ------------------------------------ */

struct program {
    pid_t pid;
    FILE *to, *from;
};

static struct program start_program(bool wait)
{
    int to[2], from[2];
    char path[4096];
    const char *build = getenv("SCOPE_BUILD");
    snprintf(path, sizeof path, "%s/tests/programs/calls", build ? build : ".");
    assert_int_equal(pipe(to) | pipe(from), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(to[0], 0);
        dup2(from[1], 1);
        close(to[1]);
        close(from[0]);
        execl(path, "calls", "exact", wait ? "wait" : NULL, NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    return (struct program){
        .pid = pid, .to = fdopen(to[1], "w"), .from = fdopen(from[0], "r")};
}

static void end_program(struct program *program)
{
    fclose(program->to);
    fclose(program->from);
    waitpid(program->pid, NULL, 0);
}

struct row {
    char name[32];
    uint64_t calls;
};

/* The calls it says it made. */
static size_t read_rows(struct program *program, struct row rows[64])
{
    char line[256];
    size_t count = 0;
    while (fgets(line, sizeof line, program->from) &&
           strcmp(line, "done\n") != 0)
        if (count < 64 && sscanf(line, "calls %31s %" SCNu64, rows[count].name,
                                 &rows[count].calls) == 2)
            count++;
    return count;
}

/* From threads that are there, threads that begin, and children of all kinds;
 * the listed calls are the program's, and those that any program makes. */
static void test_exact(void **state)
{
    (void)state;
    struct row rows[64];
    struct program program = start_program(false);
    size_t count = read_rows(&program, rows);
    end_program(&program);
    assert_in_range(count, 8, 63);
    const char *names[65];
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    names[count] = "futex";
    void *self = open_or_skip(names, count + 1);
    program = start_program(true);
    char line[64];
    assert_non_null(fgets(line, sizeof line, program.from));
    assert_string_equal(line, "ready\n");
    struct scope_target target = target_of(program.pid, 3);
    attach(self, &target, 0);
    fputs("\n", program.to);
    fflush(program.to);
    struct row again[64];
    assert_int_equal(read_rows(&program, again), count);
    const struct reading *reading = look(self, 0);
    for (size_t i = 0; i < count; i++) {
        uint64_t counted =
            reading->calls[(uint32_t)syscalls_number(again[i].name)];
        if (counted != again[i].calls)
            fail_msg("%s: %" PRIu64 " counted, %" PRIu64 " made", again[i].name,
                     counted, again[i].calls);
    }
    end_program(&program);
    way->close(self);
}

/* --- the end -------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* With the usual calls the kernel needs about a second to take the tracepoints
 * away. Nobody waits for it, and whoever does it holds nothing of ours. */
static void test_close(void **state)
{
    (void)state;
    void *self = open_or_skip(NULL, 0);
    int ends[2];
    struct child child = start_child();
    struct scope_target target = target_of(child.pid, 1);
    attach(self, &target, 0);
    order(&child);
    assert_true(look(self, 0)->calls[SYS_read] >= 1);
    assert_true(look(self, 0)->other >= PARENTS + SESSIONS);
    assert_int_equal(pipe(ends), 0);
    double start = seconds();
    way->close(self);
    double took = seconds() - start;
    close(ends[1]);
    struct pollfd end = {.fd = ends[0]};
    assert_int_equal(poll(&end, 1, 0), 1);
    assert_true(end.revents & POLLHUP);
    close(ends[0]);
    end_child(&child);
    if (took > 3)
        fail_msg("closing took %.3f s", took);
    /* No zombie, and no child that is still to be waited for. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* --- refusals ------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    static const char *const wrong[] = {"read", "raed"};
    struct syscalls_config config = {.calls = {2, wrong}};
    struct scope_err err;
    void *self = open_or_skip(few, 2);
    assert_int_equal(way->probe(&config, &err), SCOPE_USAGE);
    assert_non_null(strstr(err.text, "raed"));
    struct scope_target target = target_of(getpid(), 1);
    target.kind = SCOPE_TARGET_THREAD;
    assert_int_equal(way->attach(self, &target, 0, NULL, &err),
                     SCOPE_UNAVAILABLE);
    way->close(self);
}

/* In a child, as limits and rights do not come back. */
static int try_few_files(void *self, const struct scope_target *target)
{
    struct scope_err err;
    const struct rlimit limit = {16, 16};
    setrlimit(RLIMIT_NOFILE, &limit);
    enum scope_code code = way->attach(self, target, 0, NULL, &err);
    const char *files = strstr(err.hint, "needs ");
    return code == SCOPE_OK || err.sys != EMFILE || !files ||
           strtol(files + strlen("needs "), NULL, 10) < 16 ||
           !strstr(err.hint, "syscalls.calls");
}

static int try_as_nobody(void)
{
    struct syscalls_config config = {0};
    struct scope_err err = {0};
    if (setgid(65534) || setuid(65534))
        return 2;
    enum scope_code code = way->probe(&config, &err);
    return code != SCOPE_PERM || !strstr(err.hint, "run scope as root");
}

static int status_of(pid_t pid)
{
    int status = -1;
    waitpid(pid, &status, 0);
    return status;
}

static void test_limits(void **state)
{
    (void)state;
    void *self = open_or_skip(NULL, 0);
    struct child child = start_child();
    struct scope_target target = target_of(child.pid, 1);
    pid_t pid = fork();
    if (pid == 0)
        _exit(try_few_files(self, &target));
    assert_int_equal(status_of(pid), 0);
    way->close(self);
    end_child(&child);
    if (getuid() != 0)
        return;
    pid = fork();
    if (pid == 0)
        _exit(try_as_nobody());
    assert_int_equal(status_of(pid), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other),    cmocka_unit_test(test_machine),
        cmocka_unit_test(test_exact),    cmocka_unit_test(test_close),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
