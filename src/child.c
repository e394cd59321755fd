/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holding, releasing and ending the command that is measured. */
#include "src/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_TIMEOUT_MS 2000

static _Noreturn void become(char *const *argv, pid_t parent, int gate,
                             int failure)
{
    const char *base = strrchr(argv[0], '/');
    sigset_t none;
    char go = 0;
    /* A target is named when it is found, and that is before exec: whoever
     * looks waits for this byte. */
    prctl(PR_SET_NAME, base ? base + 1 : argv[0]);
    if (write(failure, "", 1) != 1)
        _exit(127);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (getppid() != parent || read(gate, &go, 1) != 1)
        _exit(127);
    execvp(argv[0], argv);
    int sys = errno;
    ssize_t ignored = write(failure, &sys, sizeof sys);
    (void)ignored;
    _exit(127);
}

enum scope_code child_hold(char *const *argv, struct child *child,
                           struct scope_err *err)
{
    int gate[2];
    int failure[2];
    if (pipe2(gate, O_CLOEXEC))
        return scope_fail(err, SCOPE_FAILED, errno, "start %s", argv[0]);
    if (pipe2(failure, O_CLOEXEC)) {
        int sys = errno;
        close(gate[0]);
        close(gate[1]);
        return scope_fail(err, SCOPE_FAILED, sys, "start %s", argv[0]);
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]);
        become(argv, parent, gate[0], failure[1]);
    }
    int sys = errno;
    close(gate[0]);
    close(failure[1]);
    if (pid < 0) {
        close(gate[1]);
        close(failure[0]);
        return scope_fail(err, SCOPE_FAILED, sys, "start %s", argv[0]);
    }
    char named;
    while (read(failure[0], &named, 1) < 0 && errno == EINTR)
        ;
    *child = (struct child){.pid = pid, .gate = gate[1], .failure = failure[0]};
    return SCOPE_OK;
}

enum scope_code child_release(struct child *child, const char *name,
                              struct scope_err *err)
{
    int sys = 0;
    ssize_t got = -1;
    if (write(child->gate, "", 1) == 1)
        do
            got = read(child->failure, &sys, sizeof sys);
        while (got < 0 && errno == EINTR);
    close(child->gate);
    close(child->failure);
    child->gate = child->failure = -1;
    if (got == 0)
        return SCOPE_OK;
    scope_fail(err, SCOPE_USAGE, sys, "run %s", name);
    return scope_hint(err, "give a command that exists after --");
}

bool child_ended(struct child *child)
{
    if (child->pid && !child->ended)
        child->ended =
            waitpid(child->pid, &child->status, WNOHANG) == child->pid;
    return child->ended;
}

void child_end(struct child *child)
{
    if (!child->pid)
        return;
    if (child->gate >= 0) {
        close(child->gate);
        close(child->failure);
        child->gate = child->failure = -1;
    }
    if (child_ended(child))
        return;
    kill(child->pid, SIGTERM);
    for (int waited = 0; !child_ended(child); waited += 10) {
        if (waited >= END_TIMEOUT_MS)
            kill(child->pid, SIGKILL);
        usleep(10000);
    }
}
