/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drivers/cpu/work.h"

#include <scope/alloc.h>

/* Each about ten microseconds on a machine of 2020. */
enum { SPINS = 8192, STREAM_WORDS = 8192 };

void work_init(struct work *work, enum work_kind kind, uint64_t bytes)
{
    *work = (struct work){.kind = kind, .state = 1};
    if (kind != WORK_MEMORY)
        return;
    work->words = (size_t)bytes / sizeof *work->memory;
    work->memory = scope_alloc(work->words, sizeof *work->memory);
    /* Fresh pages are all the same one of zeros until they are written. */
    for (size_t i = 0; i < work->words; i++)
        work->memory[i] = i;
}

void work_free(struct work *work)
{
    free(work->memory);
    *work = (struct work){0};
}

/* xorshift64 (G. Marsaglia, Journal of Statistical Software 8(14), 2003): each
 * step needs the one before. */
static void spin(struct work *work)
{
    uint64_t state = work->state;
    for (int i = 0; i < SPINS; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    work->state = state;
}

static void stream(struct work *work)
{
    if (work->at == work->words)
        work->at = 0;
    size_t end = work->words - work->at < STREAM_WORDS
                     ? work->words
                     : work->at + STREAM_WORDS;
    for (size_t i = work->at; i < end; i++)
        work->memory[i] += work->state;
    work->at = end;
}

void work_some(struct work *work)
{
    if (work->kind == WORK_SPIN)
        spin(work);
    else
        stream(work);
}
