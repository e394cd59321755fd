/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program whose functions are known, built in several forms (local.mk). It
 * prints "NAME ADDRESS" of each of its functions and "ready", then obeys lines
 * from standard input, each answered by "ready":
 *
 *     deep          stops itself (SIGSTOP) in gamma, called by beta and alpha
 *     sort          stops itself in compare, called by qsort(3) in sorter
 *     signal        stops itself in handler, on a signal in victim
 *     fork          makes a child that waits: "child PID"
 *     load PATH     opens the library and prints its functions
 *     jit           writes code and says so in /tmp/perf-PID.map
 *     more          says so of more of it
 *     spin MS       spends CPU time in hot, and a third of that in warm: the
 *                   library's, once it is open
 *
 * and ends with standard input.
 */
#include "tests/programs/functions.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#if __has_attribute(noclone)
#define KEPT __attribute__((noinline, noclone, used))
#else
#define KEPT __attribute__((noinline, used))
#endif

/* Names that others mangle: scope::Burn::run(int), and in Rust, old and new,
 * scope::burn and mycrate::foo. */
int cxx(int x) __asm__("_ZN5scope4Burn3runEi");
int rust_old(int x) __asm__("_ZN5scope4burn17h0123456789abcdefE");
int rust_new(int x) __asm__("_RNvC7mycrate3foo");

static volatile int sink;

KEPT int cxx(int x)
{
    return x * 3 + sink;
}

KEPT int rust_old(int x)
{
    return x * 5 + sink;
}

KEPT int rust_new(int x)
{
    return x * 7 + sink;
}

static KEPT void gamma_(void)
{
    kill(getpid(), SIGSTOP);
    sink++;
}

static KEPT void beta(int depth)
{
    /* A frame whose size only its frame information knows. */
    char room[200 + 16];
    memset(room, depth, sizeof room);
    gamma_();
    sink += room[depth];
}

KEPT void alpha(int depth)
{
    beta(depth);
    sink++;
}

static KEPT int compare(const void *a, const void *b)
{
    static int calls;
    if (++calls == 3)
        kill(getpid(), SIGSTOP);
    return *(const int *)a - *(const int *)b;
}

static KEPT void sorter(void)
{
    int numbers[] = {5, 3, 4, 1, 2, 9, 8};
    qsort(numbers, sizeof numbers / sizeof *numbers, sizeof *numbers, compare);
    sink += numbers[0];
}

static KEPT void handler(int number)
{
    kill(getpid(), SIGSTOP);
    sink += number;
}

static KEPT void victim(void)
{
    kill(getpid(), SIGUSR1);
    sink++;
}

static KEPT uint64_t hot(uint64_t rounds)
{
    uint64_t x = rounds;
    for (uint64_t i = 0; i < rounds; i++)
        x = x * 6364136223846793005U + 1442695040888963407U;
    return x;
}

static KEPT uint64_t warm(uint64_t rounds)
{
    uint64_t x = rounds;
    for (uint64_t i = 0; i < rounds; i++)
        x = x * 6364136223846793005U + 1442695040888963407U;
    return x;
}

uint64_t (*functions_hot)(uint64_t rounds) = hot;
uint64_t (*functions_warm)(uint64_t rounds) = warm;

static int64_t cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static KEPT void spin(int64_t ms)
{
    int64_t end = cpu_ms() + ms;
    while (cpu_ms() < end)
        sink += (int)(functions_hot(3000) + functions_warm(1000));
}

static void make_child(void)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* The parent may have been killed before that. */
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    printf("child %d\n", (int)pid);
}

static unsigned char *code;

static void say_jit(const char *how, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    FILE *map = fopen(path, how);
    if (!map)
        return;
    fprintf(map, text, (unsigned long)(uintptr_t)code,
            (unsigned long)(uintptr_t)code + 64);
    fclose(map);
}

static void jit(void)
{
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("jit %lx\n", (unsigned long)(uintptr_t)code);
    say_jit("w", "%lx 40 Script:~first /app.js:1:1\n%lx 20 second\n");
}

#define SHOW(name, function)                                                   \
    printf("%s %lx\n", name, (unsigned long)(uintptr_t)(function))

static void show(void)
{
    SHOW("alpha", alpha);
    SHOW("beta", beta);
    SHOW("gamma", gamma_);
    SHOW("compare", compare);
    SHOW("sorter", sorter);
    SHOW("handler", handler);
    SHOW("victim", victim);
    SHOW("hot", hot);
    SHOW("warm", warm);
    SHOW("cxx", cxx);
    SHOW("rust_old", rust_old);
    SHOW("rust_new", rust_new);
}

static void obey(char *line)
{
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, "deep") == 0)
        alpha(1);
    else if (strcmp(line, "sort") == 0)
        sorter();
    else if (strcmp(line, "signal") == 0)
        victim();
    else if (strcmp(line, "fork") == 0)
        make_child();
    else if (strcmp(line, "jit") == 0)
        jit();
    else if (strcmp(line, "more") == 0)
        say_jit("a", "%lx 10 replaced\n%lx 20 second again\n");
    else if (strncmp(line, "load ", 5) == 0)
        functions_load(line + 5);
    else if (strncmp(line, "spin ", 5) == 0)
        spin(atoi(line + 5));
    sink++;
}

int main(void)
{
    char line[4096];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGUSR1, handler);
    show();
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        obey(line);
        puts("ready");
        fflush(stdout);
    }
    return 0;
}
