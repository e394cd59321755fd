/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/cycles_case.h"

#include "tests/unit/unit.h"
#include "tests/unit/worker.h"

#include <fcntl.h>
#include <math.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* On each side, so that an interval has a level of 99.99 %. */
#define TAIL 0.00005
/* For what a busy machine does until a test looks. */
#define ROOM "stack-size", "2KiB", "buffer-size", "16MiB"

char *burn_path(void)
{
    const char *build = getenv("SCOPE_BUILD");
    return scope_format("%s/tests/programs/burn", build ? build : ".");
}

struct burn burn_start(uid_t user, const char *mode, const char *first,
                       const char *second)
{
    int gate[2];
    int output[2];
    char ready;
    char *program = burn_path();
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    assert_int_equal(pipe2(output, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(gate[1]);
        if (user &&
            (setresgid(user, user, user) || setresuid(user, user, user)))
            _exit(98);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_DUMPABLE, 1);
        dup2(output[1], STDOUT_FILENO);
        if (write(STDOUT_FILENO, "r", 1) != 1 || read(gate[0], &ready, 1) != 1)
            _exit(97);
        execl(program, "burn", mode, first, second, (char *)NULL);
        _exit(99);
    }
    close(gate[0]);
    close(output[1]);
    free(program);
    assert_int_equal(read(output[0], &ready, 1), 1);
    return (struct burn){.pid = pid, .gate = gate[1], .output = output[0]};
}

void burn_release(struct burn *burn)
{
    assert_int_equal(write(burn->gate, "g", 1), 1);
    close(burn->gate);
}

static int64_t ns(struct timeval time)
{
    return time.tv_sec * INT64_C(1000000000) + time.tv_usec * INT64_C(1000);
}

int64_t burn_await(struct burn *burn, uint64_t steps[3])
{
    struct rusage usage;
    int status;
    char text[128] = "";
    ssize_t length = read(burn->output, text, sizeof text - 1);
    assert_true(length >= 0);
    close(burn->output);
    assert_int_equal(wait4(burn->pid, &status, 0, &usage), burn->pid);
    assert_int_equal(status, 0);
    if (steps) {
        char *at = text;
        for (int i = 0; i < 3; i++)
            steps[i] = strtoull(at, &at, 10);
        assert_true(steps[0] && steps[1] && steps[2]);
    }
    return ns(usage.ru_utime) + ns(usage.ru_stime);
}

struct scope_target target_of(pid_t pid, uint32_t id)
{
    const struct worker worker = {.pid = pid};
    return worker_target(&worker, id);
}

void attach(struct host *host, const struct scope_target *target)
{
    struct scope_err err = {0};
    if (host_attach(host, target, &err))
        fail_msg("%s", err.text);
}

static const char *symbol(const struct scope_profile *profile, uint32_t stack)
{
    return profile->functions[profile->stacks[stack].function].symbol;
}

/* Whether any frame of the stack is the function, NULL: any. */
static bool has_frame(const struct scope_profile *profile, uint32_t stack,
                      const char *function)
{
    for (; stack; stack = profile->stacks[stack].parent)
        if (!function || strcmp(symbol(profile, stack), function) == 0)
            return true;
    return false;
}

uint64_t samples_of(const struct scope_profile *profile, uint32_t target,
                    const char *function, bool anywhere)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < profile->count_count; i++) {
        const struct scope_profile_count *count = &profile->counts[i];
        if (target && profile->owners[count->owner].target != target)
            continue;
        if (anywhere ? has_frame(profile, count->stack, function)
                     : strcmp(symbol(profile, count->stack), function) == 0)
            sum += count->samples;
    }
    return sum;
}

uint64_t total_of(const struct scope_profile *profile, uint32_t target)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < profile->count_count; i++)
        if (!target ||
            profile->owners[profile->counts[i].owner].target == target)
            sum += profile->counts[i].samples;
    return sum;
}

static double chance(uint64_t k, uint64_t n, double p)
{
    return exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
               lgamma((double)(n - k) + 1) + (double)k * log(p) +
               (double)(n - k) * log1p(-p));
}

void assert_share(uint64_t k, uint64_t n, double p)
{
    double below = 0;
    double above = 0;
    for (uint64_t i = 0; i <= k; i++)
        below += chance(i, n, p);
    for (uint64_t i = k; i <= n; i++)
        above += chance(i, n, p);
    if (below < TAIL || above < TAIL)
        fail_msg("%llu of %llu are not a share of %g", (unsigned long long)k,
                 (unsigned long long)n, p);
}

void assert_agrees(const struct host *host, uint64_t weight_ns, int64_t cpu_ns,
                   int64_t period_ns)
{
    int64_t lost_ns = (int64_t)host_value(host, "lost", NULL, "") * period_ns;
    if ((int64_t)weight_ns > 4 * cpu_ns + 10 * period_ns ||
        (int64_t)weight_ns + lost_ns < cpu_ns / 2 - 10 * period_ns)
        fail_msg("samples say %lld ns, the kernel %lld", (long long)weight_ns,
                 (long long)cpu_ns);
}

const char *const every_ms[] = {"event",   "cpu-clock", "frequency",
                                FREQUENCY, ROOM,        NULL};
const char *const alone[] = {"event", "cpu-clock", "frequency", FREQUENCY,
                             ROOM,    "scope",     "targets",   NULL};

int cycles_need_perf(void)
{
    struct scope_err err = {0};
    enum scope_code code =
        host_try((const char *const[]){"scope", "machine", NULL}, &err);
    if (code)
        fprintf(stderr, "cycles cannot be tested here: %s\n", err.text);
    return code == SCOPE_PERM || code == SCOPE_UNAVAILABLE ? -1 : 0;
}
