/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of cells. The programs go on counting meanwhile: each figure is read
 * once, and what comes later belongs to the next reading. */
#include "collectors/syscalls/tally.h"

#include <scope/alloc.h>
#include <string.h>

void tally_free(struct tally *tally)
{
    free(tally->errors);
    *tally = (struct tally){0};
}

static uint64_t load(const __u64 *figure)
{
    return __atomic_load_n(figure, __ATOMIC_RELAXED);
}

static uint64_t *errors_of(struct tally *tally, int code)
{
    for (size_t i = 0; i < tally->error_count; i++)
        if (tally->errors[i].code == code)
            return &tally->errors[i].calls;
    tally->errors = scope_grow(tally->errors, &tally->error_room,
                               tally->error_count, sizeof *tally->errors);
    tally->errors[tally->error_count] = (struct tally_error){.code = code};
    return &tally->errors[tally->error_count++].calls;
}

static uint64_t errors_before(const struct tally *tally, int code)
{
    for (size_t i = 0; i < tally->error_count; i++)
        if (tally->errors[i].code == code)
            return tally->errors[i].calls;
    return 0;
}

static void read_errors(struct tally *tally, const struct table_cell *cell)
{
    for (size_t i = 0; i < TABLE_ERRORS; i++) {
        uint64_t calls = load(&cell->errors[i]);
        if (!calls)
            break;
        *errors_of(tally, cell->codes[i]) += calls;
    }
    uint64_t others = load(&cell->others);
    if (others)
        *errors_of(tally, 0) += others;
}

static void read_times(struct tally *tally, struct table_cell *cell)
{
    uint64_t max_ns = __atomic_exchange_n(&cell->max_ns, 0, __ATOMIC_RELAXED);
    if (max_ns > tally->max_ns)
        tally->max_ns = max_ns;
    tally->time_ns += load(&cell->time_ns);
    for (size_t i = 0; i < SYSCALLS_BUCKETS; i++)
        tally->latency[i] +=
            __atomic_load_n(&cell->latency[i], __ATOMIC_RELAXED);
}

void tally_read(struct tally *tally, const struct programs *programs,
                uint32_t at)
{
    tally->calls = tally->bytes = tally->time_ns = tally->max_ns = 0;
    tally->error_count = 0;
    memset(tally->latency, 0, sizeof tally->latency);
    for (uint32_t cpu = 0; cpu < programs->cpus; cpu++) {
        struct table_cell *cell = programs_cell(programs, cpu, at);
        uint64_t calls = load(&cell->calls);
        tally->calls += calls;
        tally->bytes += load(&cell->bytes);
        read_errors(tally, cell);
        if (programs->times)
            read_times(tally, cell);
    }
}

void tally_add(struct tally *sum, const struct tally *now,
               const struct tally *before)
{
    sum->calls += now->calls - before->calls;
    sum->bytes += now->bytes - before->bytes;
    sum->time_ns += now->time_ns - before->time_ns;
    if (now->max_ns > sum->max_ns)
        sum->max_ns = now->max_ns;
    for (size_t i = 0; i < now->error_count; i++) {
        int code = now->errors[i].code;
        *errors_of(sum, code) +=
            now->errors[i].calls - errors_before(before, code);
    }
    for (size_t i = 0; i < SYSCALLS_BUCKETS; i++)
        sum->latency[i] += now->latency[i] - before->latency[i];
}

void tally_copy(struct tally *to, const struct tally *from)
{
    struct tally_error *errors = to->errors;
    size_t room = to->error_room;
    while (room < from->error_count)
        errors = scope_grow(errors, &room, room, sizeof *errors);
    *to = *from;
    to->errors = errors;
    to->error_room = room;
    if (from->error_count)
        memcpy(errors, from->errors, from->error_count * sizeof *errors);
}
