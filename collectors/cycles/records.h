/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records as perf_event_open(2) writes them, taken apart. Every length in them
 * is checked against the record's own; what is pointed to lies in the record
 * and is as long as said.
 */
#ifndef CYCLES_RECORDS_H
#define CYCLES_RECORDS_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What every sample has, and every other record at its end. */
#define CYCLES_SAMPLE_TYPE                                                     \
    (PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU |   \
     PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN)

/* What samples have beside it. */
struct cycles_layout {
    bool stack;    /* PERF_SAMPLE_REGS_USER and PERF_SAMPLE_STACK_USER */
    unsigned regs; /* how many registers */
};

struct cycles_sample {
    uint64_t ip, period;
    bool kernel;           /* taken there */
    bool guest;            /* taken in a virtual machine's guest */
    const uint64_t *chain; /* with PERF_CONTEXT_* between */
    size_t chain_count;
    const uint64_t *regs; /* NULL: not of a 64-bit user */
    const uint8_t *stack;
    size_t stack_size; /* what was copied */
};

struct cycles_mapped {
    uint64_t start, size, offset;
    uint32_t major, minor;
    uint64_t inode;
    bool executable;
    const char *path;
};

struct cycles_record {
    uint32_t type; /* PERF_RECORD_*; only those below are taken apart */
    uint64_t time; /* of our clock; 0: it has none */
    pid_t pid, tid;
    union {
        struct cycles_sample sample; /* SAMPLE */
        struct cycles_mapped mapped; /* MMAP2 */
        struct {
            bool exec;
            const char *name;
        } comm; /* COMM */
        struct {
            pid_t pid, tid; /* FORK: who made it; EXIT: who had made it */
        } parent;
        uint64_t lost; /* LOST, LOST_SAMPLES: how many records or samples */
    };
};

/* When the record was written; 0 when it does not say. */
uint64_t cycles_record_time(const struct perf_event_header *header);

/* Takes a record apart; false when it is not what it should be. */
bool cycles_record_parse(const struct cycles_layout *layout,
                         const struct perf_event_header *header,
                         struct cycles_record *record);

#endif
