/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of any bytes, whole and in two pieces (cut where the first byte says):
 * the same frames must come out, and what is written again must read the same.
 */
#include "lib/net/mux.h"
#include "tests/fuzz/target.h"

#include <string.h>

/* What frames came to: data in pieces count as one. */
struct sum {
    uint64_t frames, data, other;
    enum scope_mux_result end;
};

static void check_again(const struct scope_mux_frame *frame)
{
    uint8_t head[SCOPE_MUX_HEAD];
    struct scope_mux again = {0};
    struct scope_mux_frame same;
    size_t used;
    size_t size = scope_mux_write(head, frame);
    TARGET_ASSERT(size <= sizeof head);
    TARGET_ASSERT(scope_mux_feed(&again, head, size, &used, &same) ==
                  SCOPE_MUX_FRAME);
    TARGET_ASSERT(used == size && same.tag == frame->tag &&
                  same.id == frame->id && same.flag == frame->flag &&
                  same.amount == frame->amount);
}

static void feed(struct scope_mux *mux, const uint8_t *bytes, size_t size,
                 struct sum *sum)
{
    while (size && sum->end != SCOPE_MUX_MALFORMED) {
        struct scope_mux_frame frame;
        size_t used = 0;
        sum->end = scope_mux_feed(mux, bytes, size, &used, &frame);
        TARGET_ASSERT(used <= size);
        TARGET_ASSERT(sum->end != SCOPE_MUX_MORE || used == size);
        bytes += used;
        size -= used;
        if (sum->end != SCOPE_MUX_FRAME)
            continue;
        TARGET_ASSERT(used > 0);
        if (frame.tag == SCOPE_MUX_DATA_FRAME) {
            TARGET_ASSERT(frame.amount && frame.amount <= used);
            sum->data += frame.amount;
            continue;
        }
        check_again(&frame);
        sum->frames++;
        sum->other = sum->other * 31 + frame.id + frame.amount + frame.flag;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return 0;
    size_t cut = bytes[0] < size - 1 ? bytes[0] : size - 1;
    struct scope_mux one = {0};
    struct scope_mux two = {0};
    struct sum whole = {0};
    struct sum parts = {0};
    feed(&one, bytes + 1, size - 1, &whole);
    feed(&two, bytes + 1, cut, &parts);
    feed(&two, bytes + 1 + cut, size - 1 - cut, &parts);
    TARGET_ASSERT(whole.frames == parts.frames && whole.data == parts.data &&
                  whole.other == parts.other);
    TARGET_ASSERT((whole.end == SCOPE_MUX_MALFORMED) ==
                  (parts.end == SCOPE_MUX_MALFORMED));
    return 0;
}
