/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw reads the call frame information and says what holds at an address;
 * the answers are kept, for a sampled program returns to the same places again
 * and again. Where a function begins is in .eh_frame_hdr, which libdw has no
 * call for.
 */
#include "collectors/cycles/frames.h"

#include "collectors/cycles/frames_check.h"

#include <dwarf.h>
#include <gelf.h>
#include <scope/alloc.h>
#include <string.h>

#define ROWS 2048

struct frames {
    Elf *elf;
    bool read;
    Dwarf_CFI *cfi;
    struct frames_index index;
    struct frame_row **rows; /* by address, ROWS places */
};

struct frames *frames_new(Elf *elf)
{
    if (!elf)
        return NULL;
    struct frames *frames = scope_alloc(1, sizeof *frames);
    frames->elf = elf;
    return frames;
}

static void free_row(struct frame_row *row)
{
    if (row)
        free(row->frame);
    free(row);
}

void frames_free(struct frames *frames)
{
    if (!frames)
        return;
    for (size_t i = 0; frames->rows && i < ROWS; i++)
        free_row(frames->rows[i]);
    free(frames->rows);
    if (frames->cfi)
        dwarf_cfi_end(frames->cfi);
    elf_end(frames->elf);
    free(frames);
}

void frames_read(struct frames *frames)
{
    if (!frames || frames->read)
        return;
    frames->read = true;
    if (frames_check(frames->elf, &frames->index))
        frames->cfi = dwarf_getcfi_elf(frames->elf);
}

bool frames_known(struct frames *frames)
{
    frames_read(frames);
    return frames && frames->cfi;
}

/* Whether a function's information covers the address. */
static bool covered(struct frames *frames, uint64_t address)
{
    Dwarf_Frame *frame;
    if (dwarf_cfi_addrframe(frames->cfi, address, &frame))
        return false;
    free(frame);
    return true;
}

bool frames_function(struct frames *frames, uint64_t address, uint64_t *start)
{
    if (!frames_known(frames))
        return false;
    const struct frames_index *index = &frames->index;
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (frames_index_function(index, middle) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || !covered(frames, address))
        return false;
    *start = frames_index_function(index, low - 1);
    return true;
}

static struct frame_rule expression(Dwarf_Op *ops, size_t count)
{
    return (struct frame_rule){
        .kind = count > UINT16_MAX ? FRAME_UNDEFINED : FRAME_EXPRESSION,
        .ops = ops,
        .op_count = (uint16_t)count,
    };
}

/* "reg + offset", which most are. */
static struct frame_rule base_rule(Dwarf_Op *ops, size_t count)
{
    uint64_t reg = count == 1 && ops[0].atom == DW_OP_bregx ? ops[0].number
                   : count == 1 && ops[0].atom >= DW_OP_breg0 &&
                           ops[0].atom <= DW_OP_breg31
                       ? (uint64_t)(ops[0].atom - DW_OP_breg0)
                       : REGISTERS;
    if (reg >= REGISTERS)
        return expression(ops, count);
    return (struct frame_rule){
        .kind = FRAME_REGISTER,
        .reg = (uint8_t)reg,
        .offset = (int64_t)(ops[0].atom == DW_OP_bregx ? ops[0].number2
                                                       : ops[0].number),
    };
}

static struct frame_rule simple_rule(const Dwarf_Op *ops, size_t count)
{
    if (ops[0].atom == DW_OP_regx && ops[0].number < REGISTERS)
        return (struct frame_rule){.kind = FRAME_REGISTER,
                                   .reg = (uint8_t)ops[0].number};
    if (ops[0].atom >= DW_OP_reg0 && ops[0].atom <= DW_OP_reg31 &&
        ops[0].atom - DW_OP_reg0 < REGISTERS)
        return (struct frame_rule){.kind = FRAME_REGISTER,
                                   .reg = (uint8_t)(ops[0].atom - DW_OP_reg0)};
    if (ops[0].atom != DW_OP_call_frame_cfa)
        return (struct frame_rule){.kind = FRAME_UNDEFINED};
    bool value = ops[count - 1].atom == DW_OP_stack_value;
    bool plus = count > 1 && ops[1].atom == DW_OP_plus_uconst;
    return (struct frame_rule){
        .kind = value ? FRAME_VALUE : FRAME_AT,
        .offset = plus ? (int64_t)ops[1].number : 0,
    };
}

static struct frame_rule register_rule(Dwarf_Frame *frame, int number)
{
    Dwarf_Op room[3], *ops;
    size_t count;
    if (dwarf_frame_register(frame, number, room, &ops, &count))
        return (struct frame_rule){.kind = FRAME_UNDEFINED};
    if (!count)
        return (struct frame_rule){
            .kind = ops == room ? FRAME_UNDEFINED : FRAME_SAME,
        };
    return ops == room ? simple_rule(ops, count) : expression(ops, count);
}

static struct frame_row *read_row(struct frames *frames, uint64_t address)
{
    struct frame_row *row = scope_alloc(1, sizeof *row);
    row->address = address;
    Dwarf_Op *ops;
    size_t count;
    if (dwarf_cfi_addrframe(frames->cfi, address, &row->frame) ||
        dwarf_frame_cfa(row->frame, &ops, &count) || !count)
        goto unknown;
    row->base = base_rule(ops, count);
    int column = dwarf_frame_info(row->frame, NULL, NULL, &row->signal);
    if (column < 0 || column >= REGISTERS)
        goto unknown;
    row->return_register = (uint8_t)column;
    for (int i = 0; i < REGISTERS; i++)
        row->registers[i] = register_rule(row->frame, i);
    return row;
unknown:
    free_row(row);
    return NULL;
}

const struct frame_row *frames_row(struct frames *frames, uint64_t address)
{
    if (!frames_known(frames))
        return NULL;
    if (!frames->rows)
        frames->rows = scope_alloc(ROWS, sizeof(struct frame_row *));
    struct frame_row **place = &frames->rows[address * 0x9e3779b1U % ROWS];
    if (!*place || (*place)->address != address) {
        free_row(*place);
        *place = read_row(frames, address);
    }
    return *place;
}
