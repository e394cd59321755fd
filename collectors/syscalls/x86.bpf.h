/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between machines, for the BPF programs: x86-64. */
#ifndef SYSCALLS_MACHINE_BPF_H
#define SYSCALLS_MACHINE_BPF_H

/* Found in the running kernel's types when the programs are loaded. */
struct thread_info {
    unsigned int status;
} __attribute__((preserve_access_index));

struct task_struct {
    struct thread_info thread_info;
} __attribute__((preserve_access_index));

/* Whether the call's number is one of i386: by int 0x80 or sysenter. Those of
 * x32 have a bit that takes them out of range. TS_COMPAT in asm/thread_info.h
 */
static __always_inline int is_other_abi(const struct task_struct *task)
{
    return task->thread_info.status & 2;
}

struct pt_regs {
    unsigned long orig_ax;
} __attribute__((preserve_access_index));

#define NO_NUMBER (~0ULL)

/* The number of the call that a task is in. */
static __always_inline __u64 number_in(const struct pt_regs *regs)
{
    return regs->orig_ax;
}

#endif
