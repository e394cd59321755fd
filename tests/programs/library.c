/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library of known functions; also built with other names for the same code
 * (WORK, INNER), as another build that takes its place would have. */
#include <stdint.h>
#include <stdio.h>

int WORK(int x);
void library_show(void);
uint64_t library_hot(uint64_t rounds);
uint64_t library_warm(uint64_t rounds);

static __attribute__((noinline, used)) int INNER(int x)
{
    return x * 11 + 1;
}

__attribute__((noinline)) int WORK(int x)
{
    return INNER(x) + 1;
}

static inline __attribute__((always_inline)) uint64_t spin(uint64_t rounds)
{
    uint64_t x = rounds;
    for (uint64_t i = 0; i < rounds; i++)
        x = x * 6364136223846793005U + 1442695040888963407U;
    return x;
}

__attribute__((noinline)) uint64_t library_hot(uint64_t rounds)
{
    return spin(rounds) + 1;
}

__attribute__((noinline)) uint64_t library_warm(uint64_t rounds)
{
    return spin(rounds) + 2;
}

void library_show(void)
{
    printf("work %lx\n", (unsigned long)(uintptr_t)WORK);
    printf("inner %lx\n", (unsigned long)(uintptr_t)INNER);
}
