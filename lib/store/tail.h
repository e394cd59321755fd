/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows of the tail: one sweep each, as differences to what the window holds
 * already, so that they decode in order only. Everything is relative to
 * nothing in a window's first row.
 */
#ifndef LIB_STORE_TAIL_H
#define LIB_STORE_TAIL_H

#include "lib/base/bytes.h"
#include "lib/store/window.h"

/* The id of a source's sweep in the tail, and of the segment that begins with
 * it: sources and sweeps have 31 and 32 bits. */
static inline int64_t scope_sweep_id(int64_t source, uint64_t sweep)
{
    return source << 32 | (int64_t)sweep;
}

/* Adds a sweep to the window and its row, id and CRC included, to out (which
 * is emptied first). f64[i]: column i holds doubles. */
void scope_tail_put(struct scope_bytes *out, struct scope_window *window,
                    int64_t id, int64_t time_ns, const uint64_t *values,
                    const uint64_t *present, size_t columns, const bool *f64);

/* Adds the sweep of a row to the window; false when the row is damaged or does
 * not fit (the window is then as before). columns: most there can be. */
bool scope_tail_get(struct scope_window *window, int64_t id,
                    const uint8_t *bytes, size_t size, size_t columns,
                    const bool *f64);

#endif
