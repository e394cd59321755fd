/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scope collect with proc at 100 ms against pidstat -udr and sadc -S ALL at
 * their shortest interval, 1 s: CPU time for each value collected. The same two
 * processes with four threads each are there for all; each tool runs as its
 * users run it, scope with its store. wait4(2) gives the CPU time; a short and
 * a long run are subtracted, so that starting and ending do not count. All take
 * turns; the medians count. Exit status 1 when a target is missed.
 */
#include "lib/store/reader.h"

#include <ctype.h>
#include <fcntl.h>
#include <pthread.h>
#include <scope/alloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5, SHORT = 1, LONG = 6, THREADS = 4, TARGETS = 2 };

enum tool { SCOPE, PIDSTAT, SADC, TOOLS };
static const char *const names[TOOLS] = {"scope collect -C proc -i 100ms",
                                         "pidstat -udr 1", "sadc -S ALL 1"};
/* At most this share of what the other's value costs. sadc reads a tenth as
 * often and writes a fixed binary record: the same price is the mark there. */
static const double targets_of[TOOLS] = {[PIDSTAT] = 0.5, [SADC] = 1.0};
static char folder[] = "bench-collect-XXXXXX";

/* What a run cost and brought. */
struct figure {
    double cpu_us;
    double values;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "bench/collect: %s: %s\n", what, why);
    exit(2);
}

static void *be_busy(void *unused)
{
    (void)unused;
    for (;;)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return NULL;
}

static pid_t start_target(void)
{
    pid_t pid = fork();
    if (pid < 0)
        die("fork", "no process");
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 1; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, be_busy, NULL))
            _exit(1);
    }
    be_busy(NULL);
    _exit(0);
}

static char *file_of(enum tool tool)
{
    static const char *const files[TOOLS] = {"scope.scope", "pidstat.txt",
                                             "sadc.bin"};
    return scope_format("%s/%s", folder, files[tool]);
}

/* Runs it with its output in the file, or nowhere; the CPU time it used. */
static double run(const char *const *argv, const char *output)
{
    struct rusage usage;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(output ? output : "/dev/null",
                      O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, STDOUT_FILENO);
        setenv("LC_ALL", "C", 1);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
        die(argv[0], "cannot be run");
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 127)
        die(argv[0], "cannot be run (is sysstat installed?)");
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* Samples of proc in the store. */
static double count_scope(const char *path)
{
    struct scope_err err = {0};
    struct scope_dataset *dataset;
    const char *const paths[] = {path};
    double count = 0;
    if (scope_dataset_open(paths, 1, &dataset, &err))
        die(path, err.text);
    const struct scope_trial *trial = scope_dataset_trial(dataset, 0);
    for (size_t i = 0; i < trial->series_count; i++)
        if (strcmp(trial->series[i].source, "proc") == 0)
            count += (double)trial->series[i].count;
    scope_dataset_close(dataset);
    return count;
}

/* Counts words that are numbers, behind the first `skip` of each line that
 * begins like one of data. */
static double count_words(const char *path, const char *separators, int skip)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    double count = 0;
    if (!file)
        die(path, "cannot be read");
    while (getline(&line, &room, file) > 0) {
        char *rest = line;
        int at = 0;
        if (*line == '#' || strncmp(line, "Average", 7) == 0 ||
            strncmp(line, "Linux", 5) == 0)
            continue;
        for (char *word; (word = strsep(&rest, separators));) {
            char *end;
            if (!*word || at++ < skip)
                continue;
            strtod(word, &end);
            count += end != word && *end == '\0';
        }
    }
    free(line);
    fclose(file);
    return count;
}

static struct figure run_scope(int seconds, const char *pids[TARGETS])
{
    char *path = file_of(SCOPE);
    char *program = scope_format("%s/scope", getenv("SCOPE_BUILD"));
    char *duration = scope_format("%ds", seconds);
    const char *const argv[] = {
        program,  "collect", "-q",    "-C",    "proc",  "-i", "100ms", "-d",
        duration, "--pid",   pids[0], "--pid", pids[1], "-o", path,    NULL};
    unlink(path);
    struct figure figure = {.cpu_us = run(argv, NULL)};
    figure.values = count_scope(path);
    free(duration);
    free(program);
    free(path);
    return figure;
}

/* With -h a line a process: time, UID, PID, 15 values, command. */
static struct figure run_pidstat(int seconds, const char *pids[TARGETS])
{
    char *path = file_of(PIDSTAT);
    char *both = scope_format("%s,%s", pids[0], pids[1]);
    char *count = scope_format("%d", seconds);
    const char *const argv[] = {"pidstat", "-h", "-u", "-d",  "-r",
                                "-p",      both, "1",  count, NULL};
    struct figure figure = {.cpu_us = run(argv, path)};
    figure.values = count_words(path, " \n", 3);
    free(count);
    free(both);
    free(path);
    return figure;
}

/* What sadf finds in the file: host, interval, time, then values (and numbers
 * of CPUs and the like, which are counted in its favour). */
static struct figure run_sadc(int seconds)
{
    char *path = file_of(SADC);
    char *text = scope_format("%s/sadf.txt", folder);
    char *count = scope_format("%d", seconds + 1); /* the first is the base */
    const char *const argv[] = {
        "/usr/lib/sysstat/sadc", "-S", "ALL", "1", count, path, NULL};
    const char *const sadf[] = {"sadf", "-d", path, "--", "-A", NULL};
    unlink(path);
    struct figure figure = {.cpu_us = run(argv, NULL)};
    run(sadf, text);
    figure.values = count_words(text, ";\n", 3);
    free(count);
    free(text);
    free(path);
    return figure;
}

static struct figure run_tool(enum tool tool, int seconds,
                              const char *pids[TARGETS])
{
    switch (tool) {
    case SCOPE:
        return run_scope(seconds, pids);
    case PIDSTAT:
        return run_pidstat(seconds, pids);
    default:
        return run_sadc(seconds);
    }
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, ascending);
    return values[ROUNDS / 2];
}

/* Prints a tool's line; the cost of a value. */
static void print_tool(enum tool tool, double cost[TOOLS][ROUNDS],
                       double share[TOOLS][ROUNDS],
                       double values[TOOLS][ROUNDS])
{
    printf("%-32s %9.0f %12.2f %14.3f\n", names[tool], median(values[tool]),
           median(share[tool]) * 100, median(cost[tool]));
}

int main(void)
{
    double cost[TOOLS][ROUNDS];
    double share[TOOLS][ROUNDS];
    double values[TOOLS][ROUNDS];
    double against[TOOLS][ROUNDS];
    pid_t targets[TARGETS];
    char texts[TARGETS][16];
    const char *pids[TARGETS];
    bool missed = false;
    if (!getenv("SCOPE_BUILD") || !mkdtemp(folder))
        die(folder, "SCOPE_BUILD is not set, or no folder can be made");
    for (int i = 0; i < TARGETS; i++) {
        targets[i] = start_target();
        snprintf(texts[i], sizeof texts[i], "%d", targets[i]);
        pids[i] = texts[i];
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (enum tool tool = 0; tool < TOOLS; tool++) {
            struct figure few = run_tool(tool, SHORT, pids);
            struct figure many = run_tool(tool, LONG, pids);
            double cpu_us = many.cpu_us - few.cpu_us;
            double brought = many.values - few.values;
            values[tool][round] = brought / (LONG - SHORT);
            share[tool][round] = cpu_us / 1e6 / (LONG - SHORT);
            cost[tool][round] = cpu_us / brought;
        }
        for (enum tool tool = 0; tool < TOOLS; tool++)
            against[tool][round] = cost[SCOPE][round] / cost[tool][round];
    }
    printf("%-32s %9s %12s %14s\n", "", "values/s", "CPU %", "us a value");
    for (enum tool tool = 0; tool < TOOLS; tool++)
        print_tool(tool, cost, share, values);
    for (enum tool tool = PIDSTAT; tool < TOOLS; tool++) {
        double ratio = median(against[tool]);
        missed |= ratio > targets_of[tool];
        printf("scope / %s, CPU a value: %.3f (at most %.2f)%s\n", names[tool],
               ratio, targets_of[tool],
               ratio > targets_of[tool] ? " MISSED" : "");
    }
    for (int i = 0; i < TARGETS; i++) {
        kill(targets[i], SIGKILL);
        waitpid(targets[i], NULL, 0);
    }
    const char *const clean[] = {"rm", "-r", folder, NULL};
    run(clean, NULL);
    return missed;
}
