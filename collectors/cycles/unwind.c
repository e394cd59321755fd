/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks from a function to its caller by the files' call frame information.
 * Files and memory without any (Go's, a just-in-time compiler's) are taken to
 * keep a frame pointer, if what that leads to is an address of code; a function
 * that a file's leaves out (assembler) ends the stack, for there the register
 * may hold anything. Memory other than the copy of the stack is not read: it
 * has changed since the sample.
 */
#include "collectors/cycles/expression.h"
#include "collectors/cycles/frames.h"
#include "collectors/cycles/space.h"

#include <string.h>

static bool is_known(const struct registers *registers, unsigned number)
{
    return registers->known >> number & 1;
}

static void set(struct registers *registers, unsigned number, uint64_t value)
{
    registers->value[number] = value;
    registers->known |= UINT64_C(1) << number;
}

static bool frame_base(struct machine *machine, const struct frame_row *row,
                       uint64_t *base)
{
    const struct registers *registers = machine->registers;
    bool location;
    if (row->base.kind != FRAME_REGISTER)
        return expression_evaluate(machine, row->base.ops, row->base.op_count,
                                   base, &location);
    *base = registers->value[row->base.reg] + (uint64_t)row->base.offset;
    return is_known(registers, row->base.reg);
}

/* The caller's value of a register. */
static bool recover(struct machine *machine, const struct frame_rule *rule,
                    unsigned number, uint64_t *value)
{
    const struct registers *registers = machine->registers;
    bool location;
    switch (rule->kind) {
    case FRAME_SAME:
        *value = registers->value[number];
        return is_known(registers, number);
    case FRAME_AT:
        return machine_word(machine, machine->base + (uint64_t)rule->offset,
                            value);
    case FRAME_VALUE:
        *value = machine->base + (uint64_t)rule->offset;
        return true;
    case FRAME_REGISTER:
        *value = registers->value[rule->reg] + (uint64_t)rule->offset;
        return is_known(registers, rule->reg);
    case FRAME_EXPRESSION:
        return expression_evaluate(machine, rule->ops, rule->op_count, value,
                                   &location) &&
               (!location || machine_word(machine, *value, value));
    default:
        return false;
    }
}

/* From a function's registers to its caller's; false: it has none, or they
 * cannot be known. */
static bool by_row(struct machine *machine, const struct frame_row *row,
                   struct registers *caller)
{
    *caller = (struct registers){.known = 0};
    if (!frame_base(machine, row, &machine->base))
        return false;
    for (unsigned i = 0; i < REGISTERS; i++) {
        uint64_t value;
        if (recover(machine, &row->registers[i], i, &value))
            set(caller, i, value);
    }
    if (!is_known(caller, row->return_register))
        return false;
    /* The frame's address is the caller's stack pointer, unless it says. */
    const struct frame_rule *stack = &row->registers[REGISTER_STACK];
    if (stack->kind == FRAME_SAME || stack->kind == FRAME_UNDEFINED)
        set(caller, REGISTER_STACK, machine->base);
    caller->pc = registers_plain_address(caller->value[row->return_register]);
    return true;
}

/* Both architectures lay a frame out so: the caller's frame pointer, then the
 * return address. */
static bool by_frame_pointer(struct machine *machine, struct registers *caller)
{
    const struct registers *registers = machine->registers;
    uint64_t frame = registers->value[REGISTER_FRAME], next, pc;
    if (!is_known(registers, REGISTER_FRAME) ||
        !is_known(registers, REGISTER_STACK) || frame % 8 ||
        frame < registers->value[REGISTER_STACK] ||
        !machine_word(machine, frame, &next) ||
        !machine_word(machine, frame + 8, &pc))
        return false;
    *caller = (struct registers){.pc = registers_plain_address(pc)};
    set(caller, REGISTER_FRAME, next);
    set(caller, REGISTER_STACK, frame + 16);
    return true;
}

/* One frame up. called: pc is where a call returns to. */
static bool step(struct cycles_space *space, struct machine *machine,
                 bool *called, struct registers *caller)
{
    const struct registers *registers = machine->registers;
    uint64_t pc = registers->pc - (*called ? 1 : 0);
    struct range *range = space_find(space, pc);
    if (!range)
        return false;
    struct frames *frames = range->placed ? range->module->frames : NULL;
    const struct frame_row *row = frames_row(frames, pc - range->bias);
    if (!row && frames_known(frames))
        return false;
    bool stepped =
        row ? by_row(machine, row, caller) : by_frame_pointer(machine, caller);
    if (!stepped || !caller->pc || !is_known(caller, REGISTER_STACK))
        return false;
    bool signal = row && row->signal;
    *called = !signal;
    /* A stack grows down; only a signal's may lie elsewhere. */
    return signal ||
           caller->value[REGISTER_STACK] > registers->value[REGISTER_STACK] ||
           (REGISTER_STACK == 31 &&
            caller->value[REGISTER_STACK] == registers->value[REGISTER_STACK] &&
            caller->pc != registers->pc);
}

size_t cycles_space_unwind(struct cycles_space *space, const uint64_t *regs,
                           const uint8_t *stack, size_t stack_size,
                           uint64_t *ips, size_t max, bool *cut)
{
    struct registers now, caller;
    *cut = false;
    if (!max || !registers_of_sample(&now, regs))
        return 0;
    struct machine machine = {
        .registers = &now,
        .stack = stack,
        .stack_address = now.value[REGISTER_STACK],
        .stack_size = stack_size,
    };
    bool called = false;
    size_t count = 0;
    ips[count++] = now.pc;
    while (count < max && step(space, &machine, &called, &caller) &&
           space_find(space, caller.pc - (called ? 1 : 0))) {
        /* One that was interrupted is to be found like those that called. */
        ips[count++] = caller.pc + (called ? 0 : 1);
        now = caller;
        machine.cut = false;
    }
    *cut = machine.cut;
    return count;
}
