/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between machines, for the BPF programs: 64-bit Arm. */
#ifndef SYSCALLS_MACHINE_BPF_H
#define SYSCALLS_MACHINE_BPF_H

/* Found in the running kernel's types when the programs are loaded. */
struct thread_info {
    unsigned long flags;
} __attribute__((preserve_access_index));

struct task_struct {
    struct thread_info thread_info;
} __attribute__((preserve_access_index));

/* Whether the task is a 32-bit one, whose numbers are others: TIF_32BIT in
 * asm/thread_info.h */
static __always_inline int is_other_abi(const struct task_struct *task)
{
    return (task->thread_info.flags >> 22) & 1;
}

struct pt_regs {
    int syscallno;
} __attribute__((preserve_access_index));

#define NO_NUMBER (~0ULL)

/* The number of the call that a task is in. */
static __always_inline __u64 number_in(const struct pt_regs *regs)
{
    return (__u64)(long)regs->syscallno;
}

#endif
