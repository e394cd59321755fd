/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operations that compilers and C libraries use in call frame information:
 * the linkage table's frame address, signal trampolines, realigned stacks. No
 * branches, so that each expression ends. DWARF 5, 2.5.1.
 */
#include "collectors/cycles/expression.h"

#include <dwarf.h>
#include <string.h>

#define DEPTH 64
/* How far beyond the copy a stack is thought to go on. */
#define FAR (UINT64_C(64) << 20)

bool machine_word(struct machine *machine, uint64_t address, uint64_t *word)
{
    uint64_t at = address - machine->stack_address;
    if (at <= machine->stack_size && machine->stack_size - at >= sizeof *word) {
        memcpy(word, machine->stack + at, sizeof *word);
        return true;
    }
    machine->cut = machine->cut || at - machine->stack_size < FAR;
    return false;
}

struct operands {
    uint64_t values[DEPTH];
    size_t count;
};

static bool push(struct operands *operands, uint64_t value)
{
    if (operands->count == DEPTH)
        return false;
    operands->values[operands->count++] = value;
    return true;
}

static bool push_register(const struct machine *machine,
                          struct operands *operands, uint64_t number,
                          uint64_t offset)
{
    return number < REGISTERS && machine->registers->known >> number & 1 &&
           push(operands, machine->registers->value[number] + offset);
}

/* Operations on the two topmost. */
static bool binary(struct operands *operands, uint8_t atom)
{
    if (operands->count < 2)
        return false;
    uint64_t b = operands->values[--operands->count];
    uint64_t *a = &operands->values[operands->count - 1];
    int64_t left = (int64_t)*a, right = (int64_t)b;
    switch (atom) {
    case DW_OP_and:
        *a &= b;
        return true;
    case DW_OP_or:
        *a |= b;
        return true;
    case DW_OP_xor:
        *a ^= b;
        return true;
    case DW_OP_plus:
        *a += b;
        return true;
    case DW_OP_minus:
        *a -= b;
        return true;
    case DW_OP_mul:
        *a *= b;
        return true;
    case DW_OP_shl:
        *a = b < 64 ? *a << b : 0;
        return true;
    case DW_OP_shr:
        *a = b < 64 ? *a >> b : 0;
        return true;
    case DW_OP_eq:
        *a = left == right;
        return true;
    case DW_OP_ne:
        *a = left != right;
        return true;
    case DW_OP_ge:
        *a = left >= right;
        return true;
    case DW_OP_gt:
        *a = left > right;
        return true;
    case DW_OP_le:
        *a = left <= right;
        return true;
    case DW_OP_lt:
        *a = left < right;
        return true;
    default:
        return false;
    }
}

static bool unary(struct machine *machine, struct operands *operands,
                  const Dwarf_Op *op)
{
    if (!operands->count)
        return false;
    uint64_t *top = &operands->values[operands->count - 1];
    switch (op->atom) {
    case DW_OP_deref:
        return machine_word(machine, *top, top);
    case DW_OP_plus_uconst:
        *top += op->number;
        return true;
    case DW_OP_not:
        *top = ~*top;
        return true;
    case DW_OP_neg:
        *top = 0 - *top;
        return true;
    case DW_OP_dup:
        return push(operands, *top);
    case DW_OP_drop:
        operands->count--;
        return true;
    default:
        return binary(operands, op->atom);
    }
}

static bool operate(struct machine *machine, struct operands *operands,
                    const Dwarf_Op *op)
{
    if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
        return push(operands, (uint64_t)(op->atom - DW_OP_lit0));
    if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
        return push_register(machine, operands,
                             (uint64_t)(op->atom - DW_OP_breg0), op->number);
    switch (op->atom) {
    case DW_OP_bregx:
        return push_register(machine, operands, op->number, op->number2);
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
        return push(operands, op->number);
    case DW_OP_call_frame_cfa:
        return push(operands, machine->base);
    case DW_OP_nop:
        return true;
    default:
        return unary(machine, operands, op);
    }
}

bool expression_evaluate(struct machine *machine, const Dwarf_Op *ops,
                         size_t count, uint64_t *value, bool *location)
{
    struct operands operands = {.count = 0};
    *location = true;
    for (size_t i = 0; i < count; i++) {
        if (ops[i].atom == DW_OP_stack_value && i == count - 1)
            *location = false;
        else if (!operate(machine, &operands, &ops[i]))
            return false;
    }
    if (!operands.count)
        return false;
    *value = operands.values[operands.count - 1];
    return true;
}
