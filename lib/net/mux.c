/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames to bytes and back. */
#include "lib/net/mux.h"

#include <endian.h>
#include <string.h>

/* After the tag: id, flag, amount, each where the tag has it. */
static const struct {
    uint8_t id, flag, amount;
} shapes[] = {
    [SCOPE_MUX_OPEN] = {8, 1, 0},     [SCOPE_MUX_DATA_FRAME] = {8, 1, 4},
    [SCOPE_MUX_FINISH] = {8, 1, 0},   [SCOPE_MUX_MAX_STREAMS] = {0, 0, 8},
    [SCOPE_MUX_MAX_DATA] = {8, 1, 8}, [SCOPE_MUX_INITIAL_MAX] = {0, 0, 8},
};

static size_t head_size(uint8_t tag)
{
    return 1U + shapes[tag].id + shapes[tag].flag + shapes[tag].amount;
}

static uint64_t get_u64(const uint8_t *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return be64toh(value);
}

static uint32_t get_u32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return be32toh(value);
}

/* The head is complete; false when it says what it may not. */
static bool read_head(const uint8_t *head, struct scope_mux_frame *frame)
{
    uint8_t tag = head[0];
    const uint8_t *at = head + 1;
    *frame = (struct scope_mux_frame){.tag = tag};
    if (shapes[tag].id)
        frame->id = get_u64(at);
    at += shapes[tag].id;
    if (shapes[tag].flag && *at > 1 && tag != SCOPE_MUX_OPEN)
        return false;
    frame->flag = shapes[tag].flag && *at;
    at += shapes[tag].flag;
    if (shapes[tag].amount == 8)
        frame->amount = get_u64(at);
    else if (shapes[tag].amount == 4)
        frame->amount = get_u32(at);
    return true;
}

/* Takes bytes of the head; whether it is complete. */
static bool fill_head(struct scope_mux *mux, const uint8_t *bytes, size_t size,
                      size_t *used)
{
    size_t whole = head_size(mux->head[0]);
    size_t part = whole - mux->have;
    if (part > size - *used)
        part = size - *used;
    memcpy(mux->head + mux->have, bytes + *used, part);
    mux->have = (uint8_t)(mux->have + part);
    *used += part;
    return mux->have == whole;
}

enum scope_mux_result scope_mux_feed(struct scope_mux *mux,
                                     const uint8_t *bytes, size_t size,
                                     size_t *used,
                                     struct scope_mux_frame *frame)
{
    *used = 0;
    while (*used < size) {
        if (!mux->left) {
            if (!mux->have) {
                mux->head[mux->have++] = bytes[(*used)++];
                if (mux->head[0] > SCOPE_MUX_INITIAL_MAX)
                    return SCOPE_MUX_MALFORMED;
            }
            if (!fill_head(mux, bytes, size, used))
                return SCOPE_MUX_MORE;
            if (!read_head(mux->head, frame))
                return SCOPE_MUX_MALFORMED;
            mux->have = 0;
            if (frame->tag != SCOPE_MUX_DATA_FRAME)
                return SCOPE_MUX_FRAME;
            mux->left = (uint32_t)frame->amount;
            continue;
        }
        read_head(mux->head, frame);
        frame->amount = mux->left;
        if (frame->amount > size - *used)
            frame->amount = size - *used;
        mux->left -= (uint32_t)frame->amount;
        *used += (size_t)frame->amount;
        return SCOPE_MUX_FRAME;
    }
    return SCOPE_MUX_MORE;
}

size_t scope_mux_write(uint8_t *to, const struct scope_mux_frame *frame)
{
    uint8_t *at = to;
    *at++ = (uint8_t)frame->tag;
    if (shapes[frame->tag].id) {
        uint64_t id = htobe64(frame->id);
        memcpy(at, &id, sizeof id);
        at += sizeof id;
    }
    if (shapes[frame->tag].flag)
        *at++ = frame->flag;
    if (shapes[frame->tag].amount == 8) {
        uint64_t amount = htobe64(frame->amount);
        memcpy(at, &amount, sizeof amount);
        at += sizeof amount;
    } else if (shapes[frame->tag].amount == 4) {
        uint32_t amount = htobe32((uint32_t)frame->amount);
        memcpy(at, &amount, sizeof amount);
        at += sizeof amount;
    }
    return (size_t)(at - to);
}
