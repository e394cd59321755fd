/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/bpf_case.h"

#include "tests/unit/unit.h"
#include "tests/unit/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const bpf_modes[2] = {"count", "latency"};

uint64_t calls_of(const struct host *host, const struct scope_target *target,
                  const char *name)
{
    uint64_t bits = 0;
    host_has(host, "calls", target, name, &bits);
    return bits;
}

void attach(struct host *host, const struct scope_target *target)
{
    struct scope_err err = {0};
    if (host_attach(host, target, &err))
        fail_msg("%s", err.text);
}

struct host *bpf_open(const char *mode)
{
    return host_open((const char *const[]){"way", "bpf", "mode", mode, NULL});
}

void actor_calls(void)
{
    for (int i = 0; i < ACTS; i++)
        syscall(SYS_getppid);
}

_Noreturn void actor_serve(int from, int to, void (*what)(void))
{
    char byte;
    while (read(from, &byte, 1) == 1 && byte != ACTOR_LAST) {
        what();
        if (write(to, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

struct actor actor_start_as(pid_t pid, void (*what)(void))
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
        actor_serve(to[0], from[1], what);
    }
    close(to[0]);
    close(from[1]);
    return (struct actor){.pid = made, .to = to[1], .from = from[0]};
}

struct actor actor_start(void (*what)(void))
{
    struct actor actor = actor_start_as(0, what);
    assert_true(actor.pid > 0);
    return actor;
}

void actor_tell(const struct actor *actor)
{
    char byte = ACTOR_MORE;
    assert_int_equal(write(actor->to, &byte, 1), 1);
    assert_int_equal(read(actor->from, &byte, 1), 1);
}

void actor_end(struct actor *actor)
{
    char byte = ACTOR_LAST;
    assert_true(write(actor->to, &byte, 1) == 1 || errno == EPIPE);
    close(actor->to);
    close(actor->from);
    waitpid(actor->pid, NULL, 0);
}

struct scope_target target_of(pid_t pid, uint32_t id)
{
    const struct worker worker = {.pid = pid};
    return worker_target(&worker, id);
}

struct caller caller_start(const char *const *words)
{
    struct caller caller;
    char path[512];
    int to[2];
    int from[2];
    snprintf(path, sizeof path, "%s/tests/programs/calls",
             getenv("SCOPE_BUILD"));
    assert_int_equal(pipe2(to, O_CLOEXEC) | pipe2(from, O_CLOEXEC), 0);
    caller.pid = fork();
    if (caller.pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        execv(path, (char *const *)(uintptr_t)words);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    caller.to = fdopen(to[1], "w");
    caller.from = fdopen(from[0], "r");
    char line[128];
    assert_non_null(fgets(line, sizeof line, caller.from));
    assert_string_equal(line, "ready\n");
    return caller;
}

size_t caller_finish(struct caller *caller, struct figure *figures)
{
    char line[128];
    size_t count = 0;
    fputc('\n', caller->to);
    fflush(caller->to);
    while (fgets(line, sizeof line, caller->from) && line[0] != 'd') {
        assert_true(count < 64);
        struct figure *figure = &figures[count++];
        assert_int_equal(sscanf(line, "%15s %63s %" SCNu64, figure->metric,
                                figure->instance, &figure->value),
                         3);
    }
    return count;
}

void caller_end(struct caller *caller)
{
    fclose(caller->to);
    fclose(caller->from);
    waitpid(caller->pid, NULL, 0);
}

bool bpf_may_be_tested(void)
{
    struct scope_err err = {0};
    enum scope_code code =
        host_try((const char *const[]){"way", "bpf", NULL}, &err);
    if (code)
        fprintf(stderr, "BPF cannot be tested here: %s\n", err.text);
    return !code;
}
