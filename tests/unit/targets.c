/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets: who a selector means, who is followed, what is told and in which
 * order, in made-up trees of proc and with real processes. */
#include "tests/unit/unit.h"

#include "lib/host/targets.h"
#include "lib/host/targets_proc.h"
#include "tests/unit/tree.h"

#include <netinet/in.h>
#include <pthread.h>
#include <scope/alloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What was told, as text: "+nginx(10)", "-", "*" for a restart, threads with
 * their tid in brackets. */
struct log {
    char text[4096];
};

static void add(struct log *log, const char *mark,
                const struct scope_target *target)
{
    size_t used = strlen(log->text);
    bool thread = target->kind == SCOPE_TARGET_THREAD;
    snprintf(log->text + used, sizeof log->text - used, "%s%s%d%s", mark,
             thread ? "[" : "", target->tid, thread ? "]" : "");
    if (*target->role)
        strcat(strcat(log->text, "="), target->role);
    strcat(log->text, " ");
}

static void on_found(void *closure, const struct scope_target *target)
{
    add(closure, "+", target);
}

static void on_gone(void *closure, const struct scope_target *target,
                    int status)
{
    (void)status;
    add(closure, "-", target);
}

static void on_restarted(void *closure, const struct scope_target *old,
                         const struct scope_target *target)
{
    add(closure, "*", old);
    add(closure, ">", target);
}

/* One look; what was told. */
static const char *look(struct scope_targets *targets, struct log *log,
                        bool full)
{
    const struct scope_target_listener listener = {
        .closure = log,
        .found = on_found,
        .gone = on_gone,
        .restarted = on_restarted,
    };
    struct scope_err err = {0};
    log->text[0] = '\0';
    if (scope_targets_scan(targets, full, &listener, &err))
        fail_msg("%s", err.text);
    return log->text;
}

static struct scope_targets *make(const char *proc, const char *const *wanted,
                                  const pid_t *never, size_t never_count)
{
    struct scope_selector selectors[8] = {0};
    struct scope_targets *targets;
    struct scope_err err = {0};
    size_t count = 0;
    for (; wanted[2 * count]; count++)
        if (scope_selector_parse(
                (enum scope_selector_kind)(wanted[2 * count][0] - '0'),
                wanted[2 * count + 1], &selectors[count], &err))
            fail_msg("%s", err.text);
    if (scope_targets_new(selectors, count, proc, true, never, never_count,
                          &targets, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < count; i++)
        scope_selector_free(&selectors[i]);
    return targets;
}

#define PID "1"
#define COMM "2"
#define EXE "3"
#define MATCH "4"
#define CGROUP "5"
#define PORT "6"
#define ALL "7"
#define MAKE(proc, ...)                                                        \
    make(proc, (const char *const[]){__VA_ARGS__, NULL}, NULL, 0)

static void stat_file(const char *tree, const char *path, int pid,
                      const char *comm, int parent, int start)
{
    tree_file(tree, path,
              "%d (%s) S %d 1 1 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 %d 1000 "
              "10 18446744073709551615\n",
              pid, comm, parent, start);
}

static void thread(const char *tree, int pid, int tid, const char *comm)
{
    char path[64];
    snprintf(path, sizeof path, "%d/task/%d/stat", pid, tid);
    stat_file(tree, path, tid, comm, 1, tid);
}

/* A process of the tree with its main thread. */
static void process(const char *tree, int pid, const char *comm, int parent,
                    int start)
{
    char path[64];
    snprintf(path, sizeof path, "%d/stat", pid);
    stat_file(tree, path, pid, comm, parent, start);
    thread(tree, pid, pid, comm);
}

static void drop(const char *tree, int pid)
{
    char path[32];
    snprintf(path, sizeof path, "%d", pid);
    tree_drop(tree, path);
}

static void stat_lines_with_nasty_names_parse(void **state)
{
    (void)state;
    struct proc_stat stat;
    const char *line = "7 (a) R (b\n) S 3 1 1 0 -1 4194304 1 0 0 0 5 6 0 0 20 "
                       "0 18446744073709551615 0 18446744073709551614 1\n";
    assert_true(proc_stat_parse(line, strlen(line), &stat));
    assert_string_equal(stat.comm, "a) R (b\n");
    assert_int_equal(stat.pid, 7);
    assert_int_equal(stat.parent, 3);
    assert_int_equal(stat.state, 'S');
    assert_true(stat.start_ticks == UINT64_MAX - 1);
    const char *const bad[] = {
        "",      "7",      "7 (a",
        "7 (a)", "7 (a) ", "7 (a) S 3 1 1 0 -1 4194304 1 0 0 0 5 6 0 0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(proc_stat_parse(bad[i], strlen(bad[i]), &stat));
}

static void arguments_split_into_role_and_value(void **state)
{
    (void)state;
    static const struct {
        const char *argument, *role, *text;
    } rows[] = {
        {"nginx", "", "nginx"},
        {"sidecar=nginx", "sidecar", "nginx"},
        {"=a=b", "", "a=b"},
        {"a_1-b=x=y", "a_1-b", "x=y"},
        {"--port=80", "", "--port=80"},
        {"A=b", "", "A=b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope_selector selector;
        assert_int_equal(scope_selector_parse(SCOPE_SELECT_COMM,
                                              rows[i].argument, &selector,
                                              NULL),
                         SCOPE_OK);
        assert_string_equal(selector.role, rows[i].role);
        assert_string_equal(selector.text, rows[i].text);
        scope_selector_free(&selector);
    }
}

static void bad_arguments_are_usage_errors(void **state)
{
    (void)state;
    static const struct {
        enum scope_selector_kind kind;
        const char *argument, *text;
    } rows[] = {
        {SCOPE_SELECT_PID, "x", "--pid 'x': not a process id"},
        {SCOPE_SELECT_PID, "0", "--pid '0': not a process id"},
        {SCOPE_SELECT_PID, "12 ", "--pid '12 ': not a process id"},
        {SCOPE_SELECT_PORT, "65536",
         "--port '65536': not a TCP port from 1 to 65535"},
        {SCOPE_SELECT_COMM, "role=", "--comm 'role=': a value is missing"},
        {SCOPE_SELECT_MATCH, "(",
         "--match '(': not an extended regular expression: Unmatched ( or \\("},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope_selector selector;
        struct scope_err err = {0};
        assert_int_equal(scope_selector_parse(rows[i].kind, rows[i].argument,
                                              &selector, &err),
                         SCOPE_USAGE);
        assert_string_equal(err.text, rows[i].text);
    }
}

static void each_selector_finds_what_it_means(void **state)
{
    (void)state;
    struct log log;
    char *tree = tree_new();
    process(tree, 10, "init", 0, 5);
    process(tree, 20, "a) R (b\n", 10, 6);
    process(tree, 30, "web", 10, 7);
    tree_link(tree, "30/exe", "/opt/web (deleted)");
    tree_bytes(tree, "30/cmdline", "/opt/web\0-p\0008080\0", 18);
    tree_file(tree, "30/cgroup", "4:memory:/other\n0::/pod/a\n");
    tree_file(tree, "20/cgroup", "0::/podium\n");
    tree_file(tree, "self/mountinfo",
              "30 25 0:26 / %s/cg rw - cgroup2 cgroup2 rw\n", tree);
    tree_file(tree, "cg/pod/a/cgroup.procs", "30\n");
    tree_file(tree, "net/tcp6",
              "  sl  local_address remote_address st\n"
              "   0: 00000000000000000000000000000000:1F90 "
              "00000000000000000000000000000000:0000 0A 00000000:00000000 "
              "00:00000000 00000000     0        0 777 1 0 100 0 0 10 0\n");
    tree_link(tree, "30/fd/3", "socket:[777]");
    tree_link(tree, "20/fd/3", "socket:[7770]");

    struct scope_targets *targets = MAKE(tree, COMM, "r=a) R (b\n");
    assert_string_equal(look(targets, &log, true), "+20=r +[20]=r ");
    scope_targets_free(targets);
    static const char *const ways[][2] = {
        {PID, "30"},
        {COMM, "web"},
        {EXE, "web"},
        {EXE, "/opt/web"},
        {MATCH, "^/opt/web -p [0-9]+$"},
        {PORT, "8080"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        targets = MAKE(tree, ways[i][0], ways[i][1]);
        assert_string_equal(look(targets, &log, true), "+30 +[30] ");
        assert_int_equal(scope_targets_matched(targets, NULL), SCOPE_OK);
        assert_int_equal(scope_targets_alive(targets), 1);
        scope_targets_free(targets);
    }
    targets = MAKE(tree, CGROUP, "pod", ALL, "");
    assert_string_equal(look(targets, &log, true), "+0 +0 +30 +[30] ");
    scope_targets_free(targets);
    tree_remove(tree);
}

static void what_matches_nothing_is_named(void **state)
{
    (void)state;
    struct log log;
    struct scope_err err = {0};
    char *tree = tree_new();
    process(tree, 1, "init", 0, 5);
    static const char *const rows[][4] = {
        {COMM, "nobody", "--comm nobody: no such process",
         "ps -eo pid,comm,args lists the processes"},
        {COMM, "a-name-of-20-letters",
         "--comm a-name-of-20-letters: no such "
         "process",
         "the kernel cuts names at 15 bytes: try --comm 'a-name-of-20-le'"},
        {CGROUP, "/x", "--cgroup /x: no such cgroup",
         "give a directory, or a path below one of the cgroup mounts that "
         "findmnt -t cgroup,cgroup2 lists"},
        {PORT, "9", "--port 9: nothing listens on this TCP port",
         "ss -ltnp lists what does; other network namespaces are not looked "
         "into"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scope_targets *targets =
            MAKE(tree, COMM, "init", rows[i][0], rows[i][1]);
        look(targets, &log, true);
        assert_int_equal(scope_targets_matched(targets, &err), SCOPE_NOT_FOUND);
        assert_string_equal(err.text, rows[i][2]);
        assert_string_equal(err.hint, rows[i][3]);
        scope_targets_free(targets);
    }
    tree_remove(tree);
}

static void threads_and_children_are_followed(void **state)
{
    (void)state;
    struct log log;
    char *tree = tree_new();
    process(tree, 10, "init", 0, 5);
    process(tree, 40, "web", 10, 6);
    /* A grandchild with a smaller pid than its parent. */
    process(tree, 30, "helper", 50, 8);
    process(tree, 50, "worker", 40, 7);
    struct scope_targets *targets = MAKE(tree, COMM, "app=web");
    assert_string_equal(
        look(targets, &log, true),
        "+40=app +50=app +30=app +[30]=app +[40]=app +[50]=app ");
    assert_string_equal(look(targets, &log, true), "");
    thread(tree, 40, 41, "pool");
    thread(tree, 40, 39, "early");
    assert_string_equal(look(targets, &log, true), "+[39]=app +[41]=app ");
    tree_drop(tree, "40/task/39");
    assert_string_equal(look(targets, &log, true), "-[39]=app ");
    drop(tree, 50);
    process(tree, 60, "worker", 40, 9);
    assert_string_equal(look(targets, &log, true),
                        "-[50]=app -50=app +60=app *50=app >60=app "
                        "+[60]=app ");
    assert_int_equal(scope_targets_alive(targets), 3);
    scope_targets_free(targets);
    tree_remove(tree);
}

static void a_reused_pid_is_another_target(void **state)
{
    (void)state;
    struct log log;
    char *tree = tree_new();
    process(tree, 10, "web", 0, 5);
    struct scope_targets *targets = MAKE(tree, COMM, "web");
    assert_string_equal(look(targets, &log, true), "+10 +[10] ");
    process(tree, 10, "cat", 0, 6);
    assert_string_equal(look(targets, &log, false), "-[10] -10 ");
    assert_string_equal(look(targets, &log, true), "");
    process(tree, 10, "web", 0, 7);
    assert_string_equal(look(targets, &log, true), "+10 *10 >10 +[10] ");
    scope_targets_free(targets);
    tree_remove(tree);
}

static void children_that_come_and_go_are_no_restart(void **state)
{
    (void)state;
    struct log log;
    char *tree = tree_new();
    process(tree, 10, "sh", 0, 5);
    struct scope_targets *targets = MAKE(tree, COMM, "sh");
    look(targets, &log, true);
    for (int pid = 20; pid < 24; pid++) {
        process(tree, pid, "sleep", 10, pid);
        assert_null(strchr(look(targets, &log, true), '*'));
        drop(tree, pid);
        assert_null(strchr(look(targets, &log, true), '*'));
    }
    scope_targets_free(targets);
    tree_remove(tree);
}

static void scope_itself_is_no_target_but_its_command_is(void **state)
{
    (void)state;
    struct log log;
    char *tree = tree_new();
    process(tree, 5, "sudo", 1, 5);
    tree_bytes(tree, "5/cmdline", "sudo scope --match web", 22);
    process(tree, 10, "scope", 5, 5);
    tree_bytes(tree, "10/cmdline", "scope --match web", 17);
    process(tree, 20, "driver", 10, 6);
    tree_bytes(tree, "20/cmdline", "driver web", 10);
    process(tree, 30, "command", 10, 6);
    process(tree, 31, "web", 30, 7);
    tree_bytes(tree, "31/cmdline", "web", 3);
    static const pid_t never[] = {10};
    static const char *const wanted[] = {PID, "cmd=30", MATCH, "m=web", NULL};
    struct scope_targets *targets = make(tree, wanted, never, 1);
    assert_string_equal(look(targets, &log, true),
                        "+30=cmd +31=m +[30]=cmd +[31]=m ");
    scope_targets_free(targets);
    tree_remove(tree);
}

static void a_cgroup_of_v1_is_found_and_its_end_is_told(void **state)
{
    (void)state;
    struct log log;
    char *tree = tree_new();
    process(tree, 10, "a", 0, 5);
    process(tree, 11, "b", 0, 5);
    tree_file(tree, "10/cgroup", "5:cpu,cpuacct:/\n4:memory:/pod\n0::/\n");
    tree_file(tree, "11/cgroup", "5:cpu,cpuacct:/pod\n4:memory:/\n0::/\n");
    tree_file(tree, "self/mountinfo",
              "1 2 0:3 / %s/with\\040blank rw - cgroup2 none rw\n"
              "1 2 0:3 / %s/mem rw shared:1 - cgroup cgroup rw,memory\n",
              tree, tree);
    tree_file(tree, "with blank/x/cgroup.procs", "%s", "");
    tree_file(tree, "mem/pod/cgroup.procs", "10\n");
    struct scope_targets *targets = MAKE(tree, CGROUP, "/pod");
    assert_string_equal(look(targets, &log, true), "+0 +10 +[10] ");
    tree_drop(tree, "mem/pod");
    assert_string_equal(look(targets, &log, true), "-0 ");
    scope_targets_free(targets);
    tree_remove(tree);
}

/* A real process that stays until its pipe is closed. */
struct child {
    pid_t pid;
    int hold;
};

static void *wait_forever(void *unused)
{
    (void)unused;
    pause();
    return NULL;
}

static struct child spawn(const char *name, int threads)
{
    int hold[2];
    int ready[2];
    char byte;
    assert_int_equal(pipe(hold), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(hold[1]);
        prctl(PR_SET_NAME, name);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = 0; i < threads; i++) {
            pthread_t handle;
            if (pthread_create(&handle, NULL, wait_forever, NULL))
                _exit(99);
        }
        if (write(ready[1], "x", 1) != 1 || read(hold[0], &byte, 1) != 0)
            _exit(98);
        _exit(7);
    }
    close(hold[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return (struct child){.pid = pid, .hold = hold[1]};
}

struct exits {
    size_t found, gone;
    int status;
};

static void count_found(void *closure, const struct scope_target *target)
{
    (void)target;
    ((struct exits *)closure)->found++;
}

static void count_gone(void *closure, const struct scope_target *target,
                       int status)
{
    struct exits *exits = closure;
    exits->gone++;
    if (target->kind == SCOPE_TARGET_PROCESS)
        exits->status = status;
}

static void count_none(void *closure, const struct scope_target *old,
                       const struct scope_target *target)
{
    (void)closure;
    (void)old;
    (void)target;
    fail_msg("a restart was told where there was none");
}

static void real_processes_are_found_and_their_exit_is_seen(void **state)
{
    (void)state;
    const char *name = "a) R (b\n";
    struct child child = spawn(name, 3);
    struct exits exits = {.status = -2};
    const struct scope_target_listener listener = {.closure = &exits,
                                                   .found = count_found,
                                                   .gone = count_gone,
                                                   .restarted = count_none};
    char role[64];
    snprintf(role, sizeof role, "x=%s", name);
    struct scope_targets *targets = MAKE("/proc", COMM, role);
    assert_int_equal(scope_targets_scan(targets, true, &listener, NULL),
                     SCOPE_OK);
    assert_int_equal(scope_targets_alive(targets), 1);
    assert_int_equal(exits.found, 1 + 4);
    close(child.hold);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT),
                     0);
    assert_int_equal(scope_targets_scan(targets, false, &listener, NULL),
                     SCOPE_OK);
    assert_int_equal(exits.gone, 5);
    assert_int_equal(exits.status, 7);
    assert_int_equal(scope_targets_alive(targets), 0);
    /* It was left to be waited for. */
    int status;
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    scope_targets_free(targets);
}

static void all_holders_of_a_port_are_found(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    char port[16];
    snprintf(port, sizeof port, "%d", ntohs(address.sin_port));
    struct child first = spawn("first", 0);
    struct child second = spawn("second", 0);
    close(fd);
    struct exits exits = {0};
    const struct scope_target_listener listener = {.closure = &exits,
                                                   .found = count_found,
                                                   .gone = count_gone,
                                                   .restarted = count_none};
    struct scope_targets *targets = MAKE("/proc", PORT, port);
    assert_int_equal(scope_targets_scan(targets, true, &listener, NULL),
                     SCOPE_OK);
    assert_int_equal(scope_targets_alive(targets), 2);
    scope_targets_free(targets);
    close(first.hold);
    close(second.hold);
    assert_int_equal(waitpid(first.pid, NULL, 0), first.pid);
    assert_int_equal(waitpid(second.pid, NULL, 0), second.pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_lines_with_nasty_names_parse),
        cmocka_unit_test(arguments_split_into_role_and_value),
        cmocka_unit_test(bad_arguments_are_usage_errors),
        cmocka_unit_test(each_selector_finds_what_it_means),
        cmocka_unit_test(what_matches_nothing_is_named),
        cmocka_unit_test(threads_and_children_are_followed),
        cmocka_unit_test(a_reused_pid_is_another_target),
        cmocka_unit_test(children_that_come_and_go_are_no_restart),
        cmocka_unit_test(scope_itself_is_no_target_but_its_command_is),
        cmocka_unit_test(a_cgroup_of_v1_is_found_and_its_end_is_told),
        cmocka_unit_test(real_processes_are_found_and_their_exit_is_seen),
        cmocka_unit_test(all_holders_of_a_port_are_found),
    };
    return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
