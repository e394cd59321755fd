/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netbench's frames, which carry several streams over one connection:
 *
 *     0 open            u8 tag, u64 id, u8 bidirectional
 *     1 data            u8 tag, u64 id, u8 owner, u32 size, bytes
 *     2 finish          u8 tag, u64 id, u8 owner
 *     3 max streams     u8 tag, u64 up to
 *     4 max stream data u8 tag, u64 id, u8 owner, u64 up to
 *     5 initial max     u8 tag, u64 up to
 *
 * Numbers are big-endian. The owner is 1 when the frame's sender opened the
 * stream, 0 when its receiver did. A side may have SCOPE_MUX_STREAMS streams
 * opened in all and send SCOPE_MUX_WINDOW bytes on each before its peer says
 * that it may go further.
 */
#ifndef LIB_NET_MUX_H
#define LIB_NET_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCOPE_MUX_WINDOW = 256000,
    SCOPE_MUX_STREAMS = 100,
    SCOPE_MUX_DATA = 32768, /* bytes of one data frame that we send */
    SCOPE_MUX_HEAD = 18,    /* of the longest head */
};

enum scope_mux_tag {
    SCOPE_MUX_OPEN,
    SCOPE_MUX_DATA_FRAME,
    SCOPE_MUX_FINISH,
    SCOPE_MUX_MAX_STREAMS,
    SCOPE_MUX_MAX_DATA,
    SCOPE_MUX_INITIAL_MAX,
};

struct scope_mux_frame {
    enum scope_mux_tag tag;
    uint64_t id;
    bool flag;       /* OPEN: bidirectional; else the sender is the owner */
    uint64_t amount; /* DATA: bytes; MAX: up to */
};

enum scope_mux_result {
    SCOPE_MUX_MORE, /* all bytes were used */
    SCOPE_MUX_FRAME,
    SCOPE_MUX_MALFORMED,
};

/* Reads frames however the bytes are cut; zero it first. */
struct scope_mux {
    uint8_t head[SCOPE_MUX_HEAD];
    uint8_t have;
    uint32_t left; /* bytes of a data frame still to come */
};

/* Data come as frames of what is there: a frame that was cut comes as several.
 * *used bytes are done with. */
enum scope_mux_result scope_mux_feed(struct scope_mux *mux,
                                     const uint8_t *bytes, size_t size,
                                     size_t *used,
                                     struct scope_mux_frame *frame);

/* Writes the frame, of data only the head, of at most SCOPE_MUX_HEAD bytes;
 * returns how many. */
size_t scope_mux_write(uint8_t *to, const struct scope_mux_frame *frame);

#endif
