/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Burns CPU time in functions whose shares are known: each of hot_a, hot_b and
 * hot_c does the same steps, and says at the end how many. They take turns at
 * random, 5 to 3 to 2, in turns far shorter than any period of sampling.
 *
 *     burn shares MS         as long as its CPU time lasts
 *     burn children N MS     N children share it, one after the other; every
 *                            second one executes this program anew
 *     burn threads N MS      N threads do so each, while the main one makes
 *                            others that end soon
 *
 * It prints the steps of hot_a, hot_b and hot_c (of "shares" alone).
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TURN 2000 /* steps */

/* Each step waits for the one before it, so that no function is faster for
 * where it lies. The bodies must not be the same, or one could be left. */
#define HOT(name, number)                                                      \
    static __attribute__((noinline)) uint64_t name(uint64_t value)             \
    {                                                                          \
        for (unsigned i = 0; i < TURN; i++) {                                  \
            value = value * UINT64_C(6364136223846793005) + (number);          \
            __asm__ volatile("" : "+r"(value));                                \
        }                                                                      \
        return value;                                                          \
    }
HOT(hot_a, 1)
HOT(hot_b, 3)
HOT(hot_c, 5)

static int64_t cpu_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Of the calling thread. */
static __attribute__((noinline)) void burn(long ms, uint64_t steps[3])
{
    int64_t end = cpu_ns(CLOCK_THREAD_CPUTIME_ID) + ms * 1000000;
    uint64_t value = 88172645463325252;
    while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        /* The clock is the kernel's: it is not to be asked each time. */
        for (unsigned turn = 0; turn < 100; turn++) {
            uint64_t chance = (value >> 33) % 10;
            unsigned which = chance < 5 ? 0 : chance < 8 ? 1 : 2;
            value = which == 0   ? hot_a(value)
                    : which == 1 ? hot_b(value)
                                 : hot_c(value);
            steps[which] += TURN;
        }
}

static void *burn_thread(void *ms)
{
    uint64_t steps[3] = {0};
    burn(*(long *)ms, steps);
    return NULL;
}

/* The compiler is not to leave this frame out. */
static __attribute__((noinline)) void forked(long ms)
{
    uint64_t steps[3] = {0};
    burn(ms, steps);
    __asm__ volatile("" : : "r"(steps) : "memory");
}

static int children(const char *self, long count, long ms)
{
    char share[32];
    snprintf(share, sizeof share, "%ld", ms / count);
    for (long i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid == 0 && i % 2)
            execl(self, self, "shares", share, (char *)NULL);
        if (pid == 0) {
            forked(ms / count);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    return 0;
}

static int threads(long count, long ms)
{
    pthread_t long_ones[64];
    pthread_t thread;
    long moment = 5;
    if (count > 64)
        return 2;
    for (long i = 0; i < count; i++)
        if (pthread_create(&long_ones[i], NULL, burn_thread, &ms))
            return 1;
    for (long i = 0; i < ms / moment; i++) {
        if (pthread_create(&thread, NULL, burn_thread, &moment))
            return 1;
        pthread_join(thread, NULL);
    }
    for (long i = 0; i < count; i++)
        pthread_join(long_ones[i], NULL);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t steps[3] = {0};
    const char *mode = argc > 2 ? argv[1] : "";
    long first = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    long second = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
    if (first > 0 && strcmp(mode, "shares") == 0) {
        burn(first, steps);
        printf("%llu %llu %llu\n", (unsigned long long)steps[0],
               (unsigned long long)steps[1], (unsigned long long)steps[2]);
        return 0;
    }
    if (first > 0 && second > 0 && strcmp(mode, "children") == 0)
        return children("/proc/self/exe", first, second);
    if (first > 0 && second > 0 && strcmp(mode, "threads") == 0)
        return threads(first, second);
    fprintf(stderr, "usage: burn shares MS | children N MS | threads N MS\n");
    return 2;
}
