/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Taking perf's records apart, from any bytes: a byte says what samples have,
 * then records follow. Each lies in memory of exactly its size, and all that
 * the parser points to is read.
 */
#include "tests/fuzz/target.h"

#include "collectors/cycles/records.h"

#include <string.h>

static volatile uint64_t sink;

static void read_all(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++)
        sink += at[i];
}

static void check(const struct cycles_layout *layout,
                  const struct perf_event_header *header)
{
    struct cycles_record record;
    sink += cycles_record_time(header);
    if (!cycles_record_parse(layout, header, &record))
        return;
    TARGET_ASSERT(record.type == header->type);
    switch (record.type) {
    case PERF_RECORD_SAMPLE:
        TARGET_ASSERT(record.time == cycles_record_time(header));
        read_all(record.sample.chain,
                 record.sample.chain_count * sizeof(uint64_t));
        if (record.sample.regs)
            read_all(record.sample.regs, layout->regs * sizeof(uint64_t));
        TARGET_ASSERT(layout->stack || !record.sample.stack_size);
        read_all(record.sample.stack, record.sample.stack_size);
        break;
    case PERF_RECORD_MMAP2:
        read_all(record.mapped.path, strlen(record.mapped.path));
        break;
    case PERF_RECORD_COMM:
        read_all(record.comm.name, strlen(record.comm.name));
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct perf_event_header header;
    if (!size)
        return 0;
    const struct cycles_layout layout = {.stack = bytes[0] & 1,
                                         .regs = bytes[0] >> 1 & 31};
    for (size_t at = 1; size - at >= sizeof header;) {
        memcpy(&header, bytes + at, sizeof header);
        if (header.size < sizeof header || header.size > size - at)
            return 0;
        struct perf_event_header *copy = malloc(header.size);
        if (!copy)
            abort();
        memcpy(copy, bytes + at, header.size);
        check(&layout, copy);
        free(copy);
        at += header.size;
    }
    return 0;
}
