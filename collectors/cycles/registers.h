/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers of this architecture by their DWARF numbers (System V ABI,
 * AMD64 supplement, 3.36; DWARF for the Arm 64-bit Architecture, 4.1), and
 * which of perf's they are (asm/perf_regs.h).
 */
#ifndef CYCLES_REGISTERS_H
#define CYCLES_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__x86_64__)
#define REGISTERS 17
#define REGISTER_FRAME 6
#define REGISTER_STACK 7
#elif defined(__aarch64__)
#define REGISTERS 33
#define REGISTER_FRAME 29
#define REGISTER_STACK 31
#else
/* Not unwound. */
#define REGISTERS 1
#define REGISTER_FRAME 0
#define REGISTER_STACK 0
#endif

struct registers {
    uint64_t value[REGISTERS];
    uint64_t known; /* bit n: value n is */
    uint64_t pc;
};

/* From a sample's registers in the order of cycles_regs_mask; false: this
 * architecture's are not known. */
bool registers_of_sample(struct registers *registers, const uint64_t *regs);
/* A return address without what the processor signs it with. */
uint64_t registers_plain_address(uint64_t address);

#endif
