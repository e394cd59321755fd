/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Call frame information of one file (.eh_frame): where functions
 * begin, and how a caller's registers are found from a function's. Addresses
 * are those the file was linked for.
 */
#ifndef CYCLES_FRAMES_H
#define CYCLES_FRAMES_H

#include "collectors/cycles/registers.h"

#include <elfutils/libdw.h>

enum frame_rule_kind {
    FRAME_SAME,       /* the function left it as it was */
    FRAME_UNDEFINED,  /* it cannot be known */
    FRAME_AT,         /* in memory at the frame's address + offset */
    FRAME_VALUE,      /* is the frame's address + offset */
    FRAME_REGISTER,   /* is in reg, + offset */
    FRAME_EXPRESSION, /* what ops say */
};

struct frame_rule {
    union {
        int64_t offset;
        Dwarf_Op *ops;
    };
    uint16_t op_count;
    uint8_t kind, reg;
};

/* What holds at one address. */
struct frame_row {
    uint64_t address;
    Dwarf_Frame *frame; /* owns the frame address's ops */
    bool signal;        /* it was not called, but interrupted */
    uint8_t return_register;
    struct frame_rule base; /* the frame's address: FRAME_REGISTER or
                               FRAME_EXPRESSION */
    struct frame_rule registers[REGISTERS];
};

struct frames;

/* Takes elf, NULL: nothing is known. */
struct frames *frames_new(Elf *elf);
void frames_free(struct frames *frames);
/* Reads what it will need, after which elf's file may be closed. */
void frames_read(struct frames *frames);
/* Whether the file has any. */
bool frames_known(struct frames *frames);
/* Whether a function is known at the address, and where it starts. */
bool frames_function(struct frames *frames, uint64_t address, uint64_t *start);
/* Valid until the next call; NULL: nothing is known there. */
const struct frame_row *frames_row(struct frames *frames, uint64_t address);

#endif
