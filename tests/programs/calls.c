/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Makes system calls whose number is known, and says which, so that what a
 * collector counted can be checked to the last one:
 *
 *     calls exact [wait]              prime numbers of a dozen calls, some of
 *                                     which fail, from threads and children
 *     calls load KIND THREADS CALLS   getppid, write, recv (EAGAIN) or mix:
 *                                     so many a thread, as fast as it can
 *
 * Both make their threads, print "ready", and begin when standard input has a
 * line or its end ("exact" alone begins at once). Then they print a line
 * "METRIC INSTANCE VALUE" for each figure that a collector should have, "time
 * wall NS", and "done", and stay until the end of standard input. They leave
 * alone the calls that libc and sanitizers make on their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    THREADS = 4,      /* beside the main one, a unit each */
    CHILDREN = 2,     /* by fork: a unit, and a thread with another */
    SPAWNED = 2,      /* by posix_spawn, this program anew: a unit each */
    SHORT_LIVED = 23, /* by fork: BRIEF calls and an end */
    BRIEF = 7,
    VFORKED = 5, /* by vfork: BRIEF calls and an end */
    UNITS = 1 + THREADS + 2 * CHILDREN + SPAWNED
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "calls: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static void need(bool fine, const char *what)
{
    if (!fine)
        fail(what);
}

/* --- one call of each kind ------------------------------------------------ */

static int null_fd, pipe_fd, epoll_fd;
static __thread int pair[2];

static void open_shared(void)
{
    int ends[2];
    null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    need(null_fd >= 0 && epoll_fd >= 0 && pipe2(ends, O_CLOEXEC) == 0, "open");
    pipe_fd = ends[1];
}

static void open_pair(void)
{
    need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0,
         "socketpair");
}

static long parent(void)
{
    return syscall(SYS_getppid);
}

static long group(void)
{
    return syscall(SYS_getpgid, 0);
}

static long no_group(void)
{
    return syscall(SYS_getpgid, INT32_MAX);
}

static long session(void)
{
    return syscall(SYS_getsid, 0);
}

static long mask(void)
{
    return syscall(SYS_umask, 022);
}

static long clock_ticks(void)
{
    struct tms tms;
    return syscall(SYS_times, &tms);
}

static long send_some(void)
{
    return syscall(SYS_sendto, pair[0], "1234567", 7, 0, NULL, 0);
}

static long receive(void)
{
    char bytes[7];
    return syscall(SYS_recvfrom, pair[1], bytes, sizeof bytes, MSG_DONTWAIT,
                   NULL, NULL);
}

static long write_at(void)
{
    return syscall(SYS_pwrite64, null_fd, "thirteen byte", 13, 0);
}

static long write_nowhere(void)
{
    return syscall(SYS_pwrite64, -1, "x", 1, 0);
}

static long write_at_in_pipe(void)
{
    return syscall(SYS_pwrite64, pipe_fd, "x", 1, 0);
}

static long make_missing(void)
{
    return syscall(SYS_mkdirat, AT_FDCWD, "/proc/self/missing/folder", 0700);
}

static long make_nowhere(void)
{
    return syscall(SYS_mkdirat, -1, "folder", 0700);
}

static long watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    return syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, fd, &event);
}

static long watch_nowhere(void)
{
    return watch(-1, pipe_fd);
}

static long watch_itself(void)
{
    return watch(epoll_fd, epoll_fd);
}

static long watch_unknown(void)
{
    return watch(epoll_fd, pipe_fd);
}

static long doze(void)
{
    struct timespec moment = {.tv_nsec = 2000000};
    return syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
}

/* What a unit does, in this order. */
static const struct row {
    const char *name;
    long (*make)(void);
    uint32_t calls; /* a unit */
    int code;       /* the errno it gives */
    uint32_t bytes; /* what it moves, a call */
} rows[] = {
    {"getppid", parent, 1009, 0, 0},
    {"getpgid", group, 503, 0, 0},
    {"getpgid", no_group, 41, ESRCH, 0},
    {"getsid", session, 101, 0, 0},
    {"umask", mask, 307, 0, 0},
    {"times", clock_ticks, 211, 0, 0},
    {"sendto", send_some, 211, 0, 7},
    {"recvfrom", receive, 211, 0, 7},
    {"recvfrom", receive, 499, EAGAIN, 0},
    {"pwrite64", write_at, 199, 0, 13},
    {"pwrite64", write_nowhere, 37, EBADF, 0},
    {"pwrite64", write_at_in_pipe, 19, ESPIPE, 0},
    {"mkdirat", make_missing, 53, ENOENT, 0},
    {"mkdirat", make_nowhere, 29, EBADF, 0},
    {"epoll_ctl", watch_nowhere, 31, EBADF, 0},
    {"epoll_ctl", watch_itself, 17, EINVAL, 0},
    {"epoll_ctl", watch_unknown, 13, ENOENT, 0},
    {"clock_nanosleep", doze, 11, 0, 0},
};
#define ROWS (sizeof rows / sizeof *rows)

static void make_unit(void)
{
    open_pair();
    for (size_t i = 0; i < ROWS; i++)
        for (uint32_t n = 0; n < rows[i].calls; n++) {
            errno = 0;
            long result = rows[i].make();
            need((result < 0 ? errno : 0) == rows[i].code, rows[i].name);
            need(!rows[i].bytes || result == rows[i].bytes, rows[i].name);
        }
}

/* --- threads and children ------------------------------------------------- */

static void *unit_thread(void *unused)
{
    make_unit();
    return unused;
}

static pthread_t start(void *(*run)(void *), void *closure)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, run, closure);
    need(errno == 0, "pthread_create");
    return thread;
}

static void await(pid_t pid)
{
    int status = 0;
    need(pid > 0 && waitpid(pid, &status, 0) == pid, "a child");
    need(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child's end");
}

static void run_child(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        pthread_t thread = start(unit_thread, NULL);
        make_unit();
        pthread_join(thread, NULL);
        _exit(0);
    }
    await(pid);
}

static void run_spawned(const char *self)
{
    extern char **environ;
    pid_t pid;
    char *const words[] = {(char *)(uintptr_t)self, (char[]){"unit"}, NULL};
    errno = posix_spawn(&pid, self, NULL, NULL, words, environ);
    need(errno == 0, "posix_spawn");
    await(pid);
}

static void run_short_lived(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < BRIEF; i++)
            parent();
        _exit(0);
    }
    await(pid);
}

/* The child borrows this stack: it must call nothing but the kernel. */
static void run_vforked(void)
{
    pid_t pid = vfork();
    if (pid == 0) {
        for (int i = 0; i < BRIEF; i++)
            syscall(SYS_umask, 022);
        _exit(0);
    }
    await(pid);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A line, or the end. */
static bool hear(void)
{
    char c;
    ssize_t got;
    do
        got = read(STDIN_FILENO, &c, 1);
    while (got == 1 && c != '\n');
    return got == 1;
}

static void say_ready(void)
{
    puts("ready");
    fflush(stdout);
    hear();
}

static void stay(int64_t started_ns)
{
    printf("time wall %" PRId64 "\ndone\n", now_ns() - started_ns);
    fflush(stdout);
    while (hear())
        ;
}

/* --- exact ---------------------------------------------------------------- */

static void print_calls(const char *name, uint64_t more)
{
    uint64_t calls = more;
    uint64_t bytes = 0;
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0) {
            calls += (uint64_t)rows[i].calls * UNITS;
            bytes += (uint64_t)rows[i].calls * rows[i].bytes * UNITS;
        }
    printf("calls %s %" PRIu64 "\n", name, calls);
    if (bytes)
        printf("bytes %s %" PRIu64 "\n", name, bytes);
}

static void print_exact(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        const char *name = rows[i].name;
        uint64_t more = 0;
        if (strcmp(name, "getppid") == 0)
            more = SHORT_LIVED * BRIEF;
        if (strcmp(name, "umask") == 0)
            more = VFORKED * BRIEF;
        if (i == 0 || strcmp(rows[i - 1].name, name) != 0)
            print_calls(name, more);
        if (rows[i].code)
            printf("errors %s:%s %" PRIu64 "\n", name,
                   strerrorname_np(rows[i].code),
                   (uint64_t)rows[i].calls * UNITS);
    }
    printf("calls exit %d\n", THREADS + CHILDREN);
    printf("calls exit_group %d\n", CHILDREN + SPAWNED + SHORT_LIVED + VFORKED);
}

static pthread_barrier_t gate;

static void *gated_unit(void *unused)
{
    pthread_barrier_wait(&gate);
    make_unit();
    return unused;
}

static void make_exact(const char *self, bool wait)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&gate, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        threads[i] = start(gated_unit, NULL);
    if (wait)
        say_ready();
    int64_t started_ns = now_ns();
    pthread_barrier_wait(&gate);
    make_unit();
    for (int i = 0; i < CHILDREN; i++)
        run_child();
    for (int i = 0; i < SPAWNED; i++)
        run_spawned(self);
    for (int i = 0; i < SHORT_LIVED; i++)
        run_short_lived();
    for (int i = 0; i < VFORKED; i++)
        run_vforked();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    print_exact();
    stay(started_ns);
}

/* --- load ----------------------------------------------------------------- */

static const struct kind {
    const char *word;
    struct row rows[4]; /* a nameless one ends them */
} kinds[] = {
    {"getppid", {{"getppid", parent, 1, 0, 0}}},
    {"write", {{"pwrite64", write_at, 1, 0, 13}}},
    {"recv", {{"recvfrom", receive, 1, EAGAIN, 0}}},
    {"mix",
     {{"getppid", parent, 1, 0, 0},
      {"pwrite64", write_at, 1, 0, 13},
      {"recvfrom", receive, 1, EAGAIN, 0}}},
};

struct load {
    const struct kind *kind;
    uint64_t rounds;
};

static void *load_thread(void *closure)
{
    const struct load *load = closure;
    open_pair();
    pthread_barrier_wait(&gate);
    for (uint64_t n = 0; n < load->rounds; n++)
        for (const struct row *row = load->kind->rows; row->name; row++)
            row->make();
    return NULL;
}

static uint64_t number(const char *text, uint64_t highest)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);
    if (!*text || *end || !value || value > highest) {
        fprintf(stderr, "calls: '%s' is no number from 1 to %" PRIu64 "\n",
                text, highest);
        exit(2);
    }
    return value;
}

static void make_load(struct load *load, uint64_t count)
{
    pthread_t threads[64];
    pthread_barrier_init(&gate, NULL, (unsigned)count + 1);
    for (uint64_t i = 0; i < count; i++)
        threads[i] = start(load_thread, load);
    say_ready();
    int64_t started_ns = now_ns();
    pthread_barrier_wait(&gate);
    for (uint64_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    int64_t ended_ns = now_ns();
    for (const struct row *row = load->kind->rows; row->name; row++) {
        uint64_t calls = load->rounds * count;
        printf("calls %s %" PRIu64 "\n", row->name, calls);
        if (row->bytes)
            printf("bytes %s %" PRIu64 "\n", row->name, calls * row->bytes);
        if (row->code)
            printf("errors %s:%s %" PRIu64 "\n", row->name,
                   strerrorname_np(row->code), calls);
    }
    stay(started_ns + now_ns() - ended_ns);
}

static int usage(void)
{
    fputs("usage: calls exact [wait] | load KIND THREADS CALLS\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    open_shared();
    if (argc == 2 && strcmp(word, "unit") == 0) {
        make_unit();
        _exit(0);
    }
    if (strcmp(word, "exact") == 0 &&
        (argc == 2 || (argc == 3 && strcmp(argv[2], "wait") == 0))) {
        make_exact("/proc/self/exe", argc == 3);
        _exit(0);
    }
    if (argc != 5 || strcmp(word, "load") != 0)
        return usage();
    struct load load = {.rounds = number(argv[4], UINT64_MAX / 1024)};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].word, argv[2]) == 0)
            load.kind = &kinds[i];
    if (!load.kind)
        return usage();
    make_load(&load, number(argv[3], 64));
    _exit(0);
}
