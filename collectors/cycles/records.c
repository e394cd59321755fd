/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The layouts are those of perf_event_open(2), in the order of its tables. */
#include "collectors/cycles/records.h"

#include <string.h>

/* What is left of a record. All of it is aligned to 8 bytes. */
struct rest {
    const uint8_t *at;
    size_t size;
    bool good;
};

/* The next size bytes, or NULL. */
static const void *take(struct rest *rest, uint64_t size)
{
    if (!rest->good || size > rest->size) {
        rest->good = false;
        return NULL;
    }
    const void *at = rest->at;
    rest->at += size;
    rest->size -= (size_t)size;
    return at;
}

static uint64_t take_word(struct rest *rest)
{
    uint64_t word = 0;
    const void *at = take(rest, sizeof word);
    if (at)
        memcpy(&word, at, sizeof word);
    return word;
}

static void take_pair(struct rest *rest, uint32_t pair[2])
{
    const void *at = take(rest, 2 * sizeof *pair);
    pair[0] = pair[1] = 0;
    if (at)
        memcpy(pair, at, 2 * sizeof *pair);
}

/* A text that ends within the record; "" and not good when it does not. */
static const char *take_text(struct rest *rest)
{
    const char *text = (const char *)rest->at;
    const char *end = rest->good ? memchr(text, '\0', rest->size) : NULL;
    if (!end) {
        rest->good = false;
        return "";
    }
    take(rest, (uint64_t)(end - text) + 1);
    return text;
}

/* At the end of what is not a sample: pid and tid, time, cpu. */
#define TRAILER (3 * sizeof(uint64_t))

uint64_t cycles_record_time(const struct perf_event_header *header)
{
    size_t size = header->size;
    uint64_t time;
    /* Of a sample behind the header, the address, pid and tid. */
    size_t at = header->type == PERF_RECORD_SAMPLE
                    ? sizeof *header + 2 * sizeof(uint64_t)
                    : size - TRAILER + sizeof(uint64_t);
    if (size < sizeof *header + TRAILER)
        return 0;
    memcpy(&time, (const uint8_t *)header + at, sizeof time);
    return time;
}

static void parse_regs(const struct cycles_layout *layout, struct rest *rest,
                       struct cycles_sample *sample)
{
    uint64_t abi = take_word(rest);
    if (abi != PERF_SAMPLE_REGS_ABI_NONE) {
        const void *regs =
            take(rest, (uint64_t)layout->regs * sizeof(uint64_t));
        if (abi == PERF_SAMPLE_REGS_ABI_64)
            sample->regs = regs;
    }
    uint64_t size = take_word(rest);
    if (!size)
        return;
    sample->stack = take(rest, size);
    uint64_t copied = take_word(rest);
    if (copied > size)
        rest->good = false;
    else
        sample->stack_size = (size_t)copied;
}

static void parse_sample(const struct cycles_layout *layout, uint16_t misc,
                         struct rest *rest, struct cycles_record *record)
{
    struct cycles_sample *sample = &record->sample;
    uint32_t pair[2];
    sample->ip = take_word(rest);
    take_pair(rest, pair);
    record->pid = (pid_t)pair[0];
    record->tid = (pid_t)pair[1];
    record->time = take_word(rest);
    take_pair(rest, pair); /* cpu */
    sample->period = take_word(rest);
    uint64_t count = take_word(rest);
    if (count > rest->size / sizeof(uint64_t)) {
        rest->good = false;
        return;
    }
    sample->chain = take(rest, count * sizeof(uint64_t));
    sample->chain_count = (size_t)count;
    unsigned mode = misc & PERF_RECORD_MISC_CPUMODE_MASK;
    sample->kernel = mode == PERF_RECORD_MISC_KERNEL;
    sample->guest = mode == PERF_RECORD_MISC_GUEST_KERNEL ||
                    mode == PERF_RECORD_MISC_GUEST_USER;
    if (layout->stack)
        parse_regs(layout, rest, sample);
}

/* Bytes 8 to 23 of it are a build id where misc says so, which we do not ask
 * for: then there is no file known. */
static void parse_mapped(uint16_t misc, struct rest *rest,
                         struct cycles_record *record)
{
    struct cycles_mapped *mapped = &record->mapped;
    uint32_t pair[2];
    take_pair(rest, pair);
    record->pid = (pid_t)pair[0];
    record->tid = (pid_t)pair[1];
    mapped->start = take_word(rest);
    mapped->size = take_word(rest);
    mapped->offset = take_word(rest);
    take_pair(rest, pair);
    mapped->major = pair[0];
    mapped->minor = pair[1];
    mapped->inode = take_word(rest);
    take_word(rest);                  /* the inode's generation */
    take_pair(rest, pair);            /* protection, flags */
    mapped->executable = pair[0] & 4; /* PROT_EXEC */
    mapped->path = take_text(rest);
    if (misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
        mapped->major = mapped->minor = 0;
        mapped->inode = 0;
    }
}

static void parse_task(struct rest *rest, struct cycles_record *record)
{
    uint32_t pids[2];
    uint32_t tids[2];
    take_pair(rest, pids);
    take_pair(rest, tids);
    record->pid = (pid_t)pids[0];
    record->parent.pid = (pid_t)pids[1];
    record->tid = (pid_t)tids[0];
    record->parent.tid = (pid_t)tids[1];
}

static void parse_comm(uint16_t misc, struct rest *rest,
                       struct cycles_record *record)
{
    uint32_t pair[2];
    take_pair(rest, pair);
    record->pid = (pid_t)pair[0];
    record->tid = (pid_t)pair[1];
    record->comm.name = take_text(rest);
    record->comm.exec = misc & PERF_RECORD_MISC_COMM_EXEC;
}

bool cycles_record_parse(const struct cycles_layout *layout,
                         const struct perf_event_header *header,
                         struct cycles_record *record)
{
    *record = (struct cycles_record){.type = header->type};
    if (header->size < sizeof *header)
        return false;
    struct rest rest = {.at = (const uint8_t *)(header + 1),
                        .size = header->size - sizeof *header,
                        .good = true};
    if (header->type == PERF_RECORD_SAMPLE) {
        parse_sample(layout, header->misc, &rest, record);
        return rest.good;
    }
    if (rest.size < TRAILER)
        return false;
    rest.size -= TRAILER;
    record->time = cycles_record_time(header);
    switch (header->type) {
    case PERF_RECORD_MMAP2:
        parse_mapped(header->misc, &rest, record);
        break;
    case PERF_RECORD_COMM:
        parse_comm(header->misc, &rest, record);
        break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
        parse_task(&rest, record);
        break;
    case PERF_RECORD_LOST:
        take_word(&rest); /* the event's id */
        record->lost = take_word(&rest);
        break;
    case PERF_RECORD_LOST_SAMPLES:
        record->lost = take_word(&rest);
        break;
    default:
        break;
    }
    return rest.good;
}
