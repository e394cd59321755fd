/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/program.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <scope/alloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

char *program_path(const char *name)
{
    const char *build = getenv("SCOPE_BUILD");
    return scope_format("%s/tests/programs/%s", build ? build : ".", name);
}

/* In the child: never returns. */
static void run(const char *path, const char *jail, const int to[2],
                const int from[2])
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(to[0], 0);
    dup2(from[1], 1);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    if (jail && (chroot(jail) || chdir("/")))
        _exit(2);
    execl(path, path, (char *)NULL);
    _exit(3);
}

/* A process that is the first of its own pid namespace. */
static pid_t fork_apart(void)
{
    return (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL,
                          NULL, NULL, NULL);
}

static void read_answer(struct program *program)
{
    char line[256];
    while (fgets(line, sizeof line, program->from)) {
        unsigned long address;
        int child;
        if (strcmp(line, "ready\n") == 0)
            return;
        if (sscanf(line, "child %d", &child) == 1) {
            program->child = child;
            continue;
        }
        assert_in_range(program->count, 0, 47);
        if (sscanf(line, "%31s %lx", program->places[program->count].name,
                   &address) == 2)
            program->places[program->count++].address = address;
        else
            fail_msg("the program said: %s", line);
    }
    fail_msg("the program ended");
}

struct program *program_start(const char *path, const char *jail)
{
    struct program *program = scope_alloc(1, sizeof *program);
    int to[2], from[2];
    assert_return_code(pipe2(to, O_CLOEXEC), errno);
    assert_return_code(pipe2(from, O_CLOEXEC), errno);
    program->pid = jail ? fork_apart() : fork();
    if (program->pid == 0)
        run(path, jail, to, from);
    assert_return_code(program->pid, errno);
    close(to[0]);
    close(from[1]);
    program->to = fdopen(to[1], "w");
    program->from = fdopen(from[0], "r");
    read_answer(program);
    return program;
}

void program_obey(struct program *program, const char *line)
{
    fprintf(program->to, "%s\n", line);
    fflush(program->to);
    read_answer(program);
}

/* Until it stops with this signal; others are passed on. */
static void wait_for(pid_t pid, int signal)
{
    for (;;) {
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSTOPPED(status));
        if (WSTOPSIG(status) == signal)
            return;
        assert_return_code(ptrace(PTRACE_CONT, pid, 0, WSTOPSIG(status)),
                           errno);
    }
}

void program_stop(struct program *program, const char *line)
{
    assert_return_code(ptrace(PTRACE_SEIZE, program->pid, 0, 0), errno);
    fprintf(program->to, "%s\n", line);
    fflush(program->to);
    wait_for(program->pid, SIGSTOP);
}

void program_go_on(struct program *program)
{
    assert_return_code(ptrace(PTRACE_DETACH, program->pid, 0, 0), errno);
    read_answer(program);
}

void program_end(struct program *program)
{
    kill(program->pid, SIGKILL);
    waitpid(program->pid, NULL, 0);
    fclose(program->to);
    fclose(program->from);
    free(program);
}

uint64_t program_at(const struct program *program, const char *name)
{
    for (unsigned i = 0; i < program->count; i++)
        if (strcmp(program->places[i].name, name) == 0)
            return program->places[i].address;
    fail_msg("the program has no %s", name);
    return 0;
}

void program_copy(const char *from, const char *to)
{
    struct stat st;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    assert_return_code(in, errno);
    assert_return_code(fstat(in, &st), errno);
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_return_code(out, errno);
    assert_int_equal(sendfile(out, in, NULL, (size_t)st.st_size), st.st_size);
    close(in);
    close(out);
}
