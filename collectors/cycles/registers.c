/* SPDX-License-Identifier: GPL-3.0-or-later */
/* perf's numbering, asm/perf_regs.h, to DWARF's. */
#include "collectors/cycles/registers.h"

#include "collectors/cycles/symbols.h"

#if defined(__x86_64__)
/* AX BX CX DX SI DI BP SP IP, R8 to R15. */
const uint64_t cycles_regs_mask = 0xff01ff;

bool registers_of_sample(struct registers *registers, const uint64_t *regs)
{
    static const uint8_t first[] = {0, 3, 2, 1, 4, 5, 6, 7};
    /* Of the linkage table the program counter, 16, says how deep it is. */
    *registers = (struct registers){
        .value[16] = regs[8],
        .known = 0x1ffff,
        .pc = regs[8],
    };
    for (unsigned i = 0; i < 8; i++) {
        registers->value[first[i]] = regs[i];
        registers->value[8 + i] = regs[9 + i];
    }
    return true;
}

uint64_t registers_plain_address(uint64_t address)
{
    return address;
}
#elif defined(__aarch64__)
/* X0 to X29, LR, SP, PC. */
const uint64_t cycles_regs_mask = (UINT64_C(1) << 33) - 1;

bool registers_of_sample(struct registers *registers, const uint64_t *regs)
{
    *registers = (struct registers){
        .known = (UINT64_C(1) << 32) - 1,
        .pc = regs[32],
    };
    for (unsigned i = 0; i < 32; i++)
        registers->value[i] = regs[i];
    return true;
}

/* Pointer authentication signs in the bits above the address, of which user
 * space has 48. */
uint64_t registers_plain_address(uint64_t address)
{
    return address & ((UINT64_C(1) << 48) - 1);
}
#else
const uint64_t cycles_regs_mask = 0;

bool registers_of_sample(struct registers *registers, const uint64_t *regs)
{
    (void)registers, (void)regs;
    return false;
}

uint64_t registers_plain_address(uint64_t address)
{
    return address;
}
#endif
