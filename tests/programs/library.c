/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library of known functions; also built with other names for the same code
 * (WORK, INNER), as another build that takes its place would have. */
#include <stdint.h>
#include <stdio.h>

int WORK(int x);
void library_show(void);

static __attribute__((noinline, used)) int INNER(int x)
{
    return x * 11 + 1;
}

__attribute__((noinline)) int WORK(int x)
{
    return INNER(x) + 1;
}

void library_show(void)
{
    printf("work %lx\n", (unsigned long)(uintptr_t)WORK);
    printf("inner %lx\n", (unsigned long)(uintptr_t)INNER);
}
