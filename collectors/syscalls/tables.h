/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the BPF programs and bpf.c share: the tables in the kernel's memory and
 * who writes what in them.
 *
 * A task belongs to a leaf: one combination of process target, thread target
 * and a set of cgroups and the system. A leaf's calls are counted in cells, one
 * for each number and CPU, so that a call is counted once, and a cell has one
 * writer. User space sums the cells of all the leaves of a target.
 */
#ifndef SYSCALLS_TABLES_H
#define SYSCALLS_TABLES_H

#include <linux/types.h>

#define TABLE_NUMBERS 512               /* numbers of calls; the last: */
#define TABLE_OTHER (TABLE_NUMBERS - 1) /* beyond, or of another ABI */
#define TABLE_ERRORS 8                  /* told apart by call, leaf and CPU */
#define TABLE_BUCKETS 120               /* SYSCALLS_BUCKETS */
#define TABLE_FIRST_OCTAVE 6            /* SYSCALLS_FIRST_OCTAVE */
#define TABLE_CGROUPS 31                /* bits of a leaf's set */
#define TABLE_SYSTEM (1U << TABLE_CGROUPS) /* the bit of the system */
#define TABLE_ABANDONED 0xffffffffU

/* Written by a CPU's own programs, but max_ns, which a reading takes and sets
 * to 0. Without times it ends before time_ns. */
struct table_cell {
    __u64 calls, bytes;
    __u64 others; /* errors beyond those told apart */
    __u64 errors[TABLE_ERRORS];
    __u16 codes[TABLE_ERRORS];
    __u64 time_ns, max_ns;
    __u32 latency[TABLE_BUCKETS];
};

/* Of each task; the task's own programs write it. */
struct table_task {
    __u64 start_ns;
    __u32 cell;       /* of the call it is in, 0: none that counts */
    __u32 call;       /* TABLE_CALL_* of it */
    __u32 generation; /* of the targets, when it looked itself up */
    __u32 leaf;       /* 0: none */
    __u32 owner;      /* the process target it counts for, 0: none */
    __u32 set;        /* cgroups and the system */
    __u32 seen;       /* targets that were attached when it looked */
    __u32 born;       /* those that were when it was made: no target that is
                         older can mean it, whatever its pid */
};

/* Of a pid or tid. */
struct table_target {
    __u32 target; /* its id */
    __u32 order;  /* the how manieth that was attached, from 1 on */
};

struct table_place {
    __u32 owner, thread, set;
};

struct table_leaf {
    struct table_place place;
    __u32 tasks; /* that belong to it now */
    __u32 state; /* 0: not yet, 1: in use, TABLE_ABANDONED: give back */
    __u32 room;  /* arrays are mapped in steps of 8 bytes */
};

enum {
    TABLE_CALL_COUNTED = 1,
    TABLE_CALL_BYTES = 2,
    TABLE_CALL_NO_RESULT = 4, /* what it returns is a register's old value */
    TABLE_CALL_MAKES = 8,     /* a task, which returns from it with 0 */
    TABLE_CALL_ENDS = 16,     /* the task: it does not return */
};

enum {
    TABLE_LOST_CELLS, /* no cell left */
    TABLE_LOST_LEAVES,
    TABLE_LOST_TASKS, /* no memory to follow a task */
    TABLE_LOST_CPUS,  /* on a CPU that was added */
    TABLE_LOST_KINDS,
};

/* A ring of free cells or leaves: programs take at head, user space gives at
 * tail. */
struct table_free {
    __u32 head, tail;
};

/* Constant once the programs are loaded. */
struct table_settings {
    __u32 times, threads; /* whether */
    __u32 capacity;       /* cells of a CPU, leaves */
    __u32 sigreturn;      /* number of rt_sigreturn */
    __u32 pidns;          /* whether pids are those of a namespace: */
    __u64 pidns_dev, pidns_ino;
    __u8 calls[TABLE_NUMBERS]; /* TABLE_CALL_* */
};

struct table_state {
    __u32 generation; /* raised when tasks must look themselves up again */
    __u32 attached;   /* processes and threads so far */
    __u32 cgroups;    /* in the array of cgroups */
    __u32 system;     /* TABLE_SYSTEM when it is a target */
    struct table_free cells, leaves;
    __u64 lost[TABLE_LOST_KINDS];
};

#endif
