/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs gnuplot. Script, picture and complaints are files in memory, so there
 * is no pipe that could block or break while the other side is busy.
 */
#include "lib/present/gnuplot.h"

#include "lib/base/clock.h"
#include "lib/base/inert.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 30000,
};

static int memory_file(const char *name, const struct scope_text *content)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0 || !content || !content->length)
        return fd;
    size_t done = 0;
    while (done < content->length) {
        ssize_t n = write(fd, content->bytes + done, content->length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void append_file(int fd, struct scope_text *out)
{
    char bytes[65536];
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        scope_text_put(out, bytes, (size_t)n);
}

/* Default signal handling whatever the program does with signals itself. */
static int spawn(int in, int out, int complaints, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, complaints, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char *const argv[] = {(char[]){"gnuplot"}, (char[]){"--default-settings"},
                          (char[]){"-"}, NULL};
    int failed =
        posix_spawnp(pid, "gnuplot", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

/* Waits for the end, at most as long as patience lasts, then ends it. False
 * when it had to be ended. */
static bool wait_for(pid_t pid, int *status)
{
    bool ended = false;
    int fd = pidfd_open(pid, 0);
    if (fd >= 0) {
        int64_t deadline = scope_now_ns() + (int64_t)PATIENCE_MS * NS_PER_MS;
        int ready;
        do {
            int64_t left = (deadline - scope_now_ns()) / NS_PER_MS;
            ready = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1,
                         left > 0 ? (int)left : 0);
        } while (ready < 0 && errno == EINTR);
        ended = ready > 0;
        close(fd);
    }
    if (!ended)
        kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        ;
    return ended;
}

enum scope_code scope_gnuplot_run(const struct scope_text *script,
                                  struct scope_text *output,
                                  struct scope_err *err)
{
    enum scope_code code = SCOPE_OK;
    struct scope_text words = {0};
    pid_t pid;
    int status = 0;
    int in = memory_file("script", script);
    int out = memory_file("picture", NULL);
    int complaints = memory_file("complaints", NULL);
    if (in < 0 || out < 0 || complaints < 0) {
        code = scope_fail(err, SCOPE_IO, errno, "make files for gnuplot");
        goto out;
    }
    int failed = spawn(in, out, complaints, &pid);
    if (failed) {
        code =
            scope_fail(err, failed == ENOENT ? SCOPE_UNAVAILABLE : SCOPE_FAILED,
                       failed, "run gnuplot to draw a plot");
        scope_hint(err, "install the package gnuplot-nox");
        goto out;
    }
    if (!wait_for(pid, &status)) {
        code =
            scope_fail(err, SCOPE_FAILED, 0, "gnuplot did not end within %d s",
                       PATIENCE_MS / 1000);
        goto out;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        append_file(complaints, &words);
        char *inert = scope_inert(words.bytes ? words.bytes : "");
        code = scope_fail(err, SCOPE_FAILED, 0, "gnuplot failed: %.300s",
                          *inert ? inert : "without a word");
        free(inert);
        goto out;
    }
    append_file(out, output);
out:
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    if (complaints >= 0)
        close(complaints);
    scope_text_free(&words);
    return code;
}
