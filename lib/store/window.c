/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sweeps in memory, by rows; segments want them by columns. */
#include "lib/store/window.h"

#include <scope/alloc.h>
#include <string.h>

void scope_window_free(struct scope_window *window)
{
    free(window->times);
    free(window->values);
    free(window->present);
    free(window->last);
    *window = (struct scope_window){0};
}

void scope_window_next(struct scope_window *window)
{
    window->first += window->sweeps;
    window->sweeps = 0;
    window->columns = 0;
    if (window->stride)
        memset(window->last, 0, window->stride * sizeof *window->last);
}

bool scope_window_full(const struct scope_window *window, size_t columns)
{
    size_t widest = columns > window->columns ? columns : window->columns;
    return window->sweeps >= SCOPE_WINDOW_SWEEPS ||
           (window->sweeps &&
            (window->sweeps + 1) * widest > SCOPE_WINDOW_VALUES);
}

/* Moves every row to a wider place. */
static void widen(struct scope_window *window, size_t columns)
{
    size_t stride = window->stride ? window->stride : 64;
    while (stride < columns)
        stride += (stride / 2 + 63) / 64 * 64;
    uint64_t *values = scope_alloc(window->room * stride, sizeof *values);
    uint64_t *present = scope_alloc(window->room * stride / 64, 8);
    for (size_t row = 0; row < window->sweeps; row++) {
        memcpy(values + row * stride, scope_window_values(window, row),
               window->stride * sizeof *values);
        memcpy(present + row * (stride / 64), scope_window_present(window, row),
               window->stride / 64 * sizeof *present);
    }
    uint64_t *last = scope_alloc(stride, sizeof *last);
    if (window->stride)
        memcpy(last, window->last, window->stride * sizeof *last);
    free(window->values);
    free(window->present);
    free(window->last);
    window->values = values;
    window->present = present;
    window->last = last;
    window->stride = stride;
}

size_t scope_window_row(struct scope_window *window, size_t columns)
{
    size_t row = window->sweeps;
    if (row == window->room) {
        window->room = window->room ? window->room * 2 : 16;
        window->times =
            scope_realloc(window->times, window->room, sizeof *window->times);
        window->values = scope_realloc(
            window->values, window->room * window->stride, sizeof(uint64_t));
        window->present =
            scope_realloc(window->present, window->room * window->stride / 64,
                          sizeof(uint64_t));
    }
    if (columns > window->stride || !window->stride)
        widen(window, columns);
    if (columns > window->columns)
        window->columns = columns;
    window->times[row] = 0;
    memset(scope_window_values(window, row), 0,
           window->stride * sizeof(uint64_t));
    memset(scope_window_present(window, row), 0,
           window->stride / 64 * sizeof(uint64_t));
    return row;
}

/* The presence of eight columns in a row as a byte. */
static unsigned present8(const struct scope_window *window, size_t row,
                         size_t first)
{
    return scope_window_present(window, row)[first / 64] >> (first % 64) & 0xff;
}

static void tile_all(const struct scope_window *window, size_t first,
                     uint64_t *out, size_t room)
{
    for (size_t row = 0; row < window->sweeps; row++) {
        const uint64_t *in = scope_window_values(window, row) + first;
        for (size_t k = 0; k < SCOPE_TILE; k++)
            out[k * room + row] = in[k];
    }
}

void scope_window_tile(const struct scope_window *window, size_t first,
                       uint64_t *out, size_t room, size_t counts[SCOPE_TILE])
{
    unsigned all = 0xff;
    for (size_t row = 0; row < window->sweeps; row++)
        all &= present8(window, row, first);
    if (all == 0xff) {
        for (size_t k = 0; k < SCOPE_TILE; k++)
            counts[k] = window->sweeps;
        tile_all(window, first, out, room);
        return;
    }
    memset(counts, 0, SCOPE_TILE * sizeof *counts);
    for (size_t row = 0; row < window->sweeps; row++) {
        const uint64_t *in = scope_window_values(window, row) + first;
        for (unsigned left = present8(window, row, first); left;
             left &= left - 1) {
            size_t k = (size_t)__builtin_ctz(left);
            out[k * room + counts[k]++] = in[k];
        }
    }
}

struct scope_presence scope_window_presence(const struct scope_window *window,
                                            size_t column, size_t count,
                                            uint8_t *bitmap)
{
    if (count == window->sweeps)
        return (struct scope_presence){
            .form = SCOPE_PRESENT_ALL, .step = 1, .count = count};
    struct scope_presence presence = {
        .form = SCOPE_PRESENT_EVERY, .step = 1, .count = count};
    size_t seen = 0;
    size_t before = 0;
    memset(bitmap, 0, (window->sweeps + 7) / 8);
    for (size_t row = 0; row < window->sweeps; row++) {
        if (!scope_window_has(window, row, column))
            continue;
        bitmap[row / 8] |= (uint8_t)(1U << row % 8);
        if (seen == 0)
            presence.first = row;
        else if (seen == 1)
            presence.step = row - before;
        else if (row - before != presence.step)
            presence.form = SCOPE_PRESENT_BITMAP;
        before = row;
        seen++;
    }
    presence.bitmap = bitmap;
    return presence;
}
