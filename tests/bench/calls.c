/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls COUNT: makes COUNT getppid calls and prints how many nanoseconds of
 * wall time they took. The call does next to nothing, so what tracing adds is
 * most of what is seen.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char **argv)
{
    long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (count <= 0) {
        fputs("usage: calls COUNT\n", stderr);
        return 2;
    }
    long long start_ns = now_ns();
    for (long i = 0; i < count; i++)
        syscall(SYS_getppid);
    printf("%lld\n", now_ns() - start_ns);
    return 0;
}
