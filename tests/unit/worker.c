/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worker's loop, and how the test talks to it. */
#include "tests/unit/worker.h"

#include "tests/unit/unit.h"

#include "lib/host/targets_proc.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct order {
    enum work work;
    uint32_t amount;
};

/* In the worker a failure ends it; the test then reads nothing. */
static void need(bool fine)
{
    if (!fine)
        _exit(99);
}

static void touch(uint32_t pages)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (!pages)
        return;
    char *memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    need(memory != MAP_FAILED);
    madvise(memory, pages * page, MADV_NOHUGEPAGE);
    for (uint32_t i = 0; i < pages; i++)
        *(volatile char *)(memory + i * page) = 1;
    munmap(memory, pages * page);
}

static void *touch_thread(void *pages)
{
    touch(*(uint32_t *)pages);
    return NULL;
}

static pthread_t stayers[64];
static uint32_t stayer_count;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *stay(void *unused)
{
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    touch(STAYER_PAGES);
    return unused;
}

static void spin(uint32_t ms)
{
    struct timespec now;
    struct timespec start;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 +
               (now.tv_nsec - start.tv_nsec) / 1000000 <
           (long)ms);
}

static void write_bytes(uint32_t count)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    need(fd >= 0);
    for (uint32_t i = 0; i < count; i++)
        need(write(fd, "x", 1) == 1);
    close(fd);
}

static _Noreturn void serve(int from, int to, int child_from, int child_to);

static pid_t child;

static pid_t do_work(const struct order *order, int child_from, int child_to)
{
    pthread_t thread;
    uint32_t amount = order->amount;
    switch (order->work) {
    case WORK_NOTHING:
        break;
    case WORK_TOUCH:
        touch(amount);
        break;
    case WORK_WRITE:
        write_bytes(amount);
        break;
    case WORK_SLEEP:
        for (uint32_t i = 0; i < amount; i++)
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        break;
    case WORK_SPIN:
        spin(amount);
        break;
    case WORK_THREAD:
        need(pthread_create(&thread, NULL, touch_thread, &amount) == 0);
        pthread_join(thread, NULL);
        break;
    case WORK_STAY:
        pthread_mutex_lock(&gate);
        for (stayer_count = 0; stayer_count < amount; stayer_count++)
            need(pthread_create(&stayers[stayer_count], NULL, stay, NULL) == 0);
        break;
    case WORK_LEAVE:
        pthread_mutex_unlock(&gate);
        while (stayer_count)
            pthread_join(stayers[--stayer_count], NULL);
        break;
    case WORK_FORK:
        child = fork();
        if (child == 0) {
            touch(amount);
            _exit(0);
        }
        waitpid(child, NULL, 0);
        break;
    case WORK_CHILD:
        child = fork();
        if (child == 0)
            serve(child_from, child_to, -1, -1);
        return child;
    case WORK_CHILD_ENDS:
        waitpid(child, NULL, 0);
        break;
    }
    return getpid();
}

static _Noreturn void serve(int from, int to, int child_from, int child_to)
{
    struct order order;
    struct rusage self;
    struct rusage children;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(from, &order, sizeof order) == sizeof order) {
        struct work_done done = {.pid = do_work(&order, child_from, child_to)};
        getrusage(RUSAGE_SELF, &self);
        getrusage(RUSAGE_CHILDREN, &children);
        done.minor = (uint64_t)self.ru_minflt;
        done.minor_of_children = (uint64_t)children.ru_minflt;
        done.voluntary = (uint64_t)self.ru_nvcsw;
        need(write(to, &done, sizeof done) == sizeof done);
    }
    _exit(0);
}

struct worker worker_start(void)
{
    int pipes[4][2];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pipe2(pipes[i], O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        /* The test's ends must go, or nobody would see the pipes close. */
        close(pipes[0][1]);
        close(pipes[1][0]);
        close(pipes[2][1]);
        close(pipes[3][0]);
        serve(pipes[0][0], pipes[1][1], pipes[2][0], pipes[3][1]);
    }
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(pipes[2][0]);
    close(pipes[3][1]);
    return (struct worker){.pid = pid,
                           .to = pipes[0][1],
                           .from = pipes[1][0],
                           .child_to = pipes[2][1],
                           .child_from = pipes[3][0]};
}

struct work_done worker_do(const struct worker *worker, enum work work,
                           uint32_t amount)
{
    struct order order = {.work = work, .amount = amount};
    struct work_done done;
    assert_int_equal(write(worker->to, &order, sizeof order), sizeof order);
    assert_int_equal(read(worker->from, &done, sizeof done), sizeof done);
    return done;
}

struct worker worker_child(const struct worker *worker, pid_t pid)
{
    return (struct worker){
        .pid = pid, .to = worker->child_to, .from = worker->child_from};
}

void worker_end(struct worker *worker)
{
    close(worker->to);
    close(worker->from);
    if (worker->child_to != worker->to) {
        close(worker->child_to);
        close(worker->child_from);
    }
    assert_int_equal(waitpid(worker->pid, NULL, 0), worker->pid);
}

static uint64_t start_of(const char *path)
{
    struct proc_stat stat;
    assert_true(proc_stat_read(AT_FDCWD, path, &stat));
    return stat.start_ticks;
}

struct scope_target worker_target(const struct worker *worker, uint32_t id)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", worker->pid);
    return (struct scope_target){.id = id,
                                 .kind = SCOPE_TARGET_PROCESS,
                                 .pid = worker->pid,
                                 .tid = worker->pid,
                                 .start_ticks = start_of(path),
                                 .name = "worker",
                                 .role = ""};
}

struct scope_target worker_thread_target(pid_t pid, pid_t tid, uint32_t id,
                                         uint32_t process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", pid, tid);
    return (struct scope_target){.id = id,
                                 .kind = SCOPE_TARGET_THREAD,
                                 .pid = pid,
                                 .tid = tid,
                                 .process = process,
                                 .start_ticks = start_of(path),
                                 .name = "worker",
                                 .role = ""};
}
