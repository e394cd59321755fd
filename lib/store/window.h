/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sweeps of a source that are not in a segment yet, in memory: what the
 * writer gathers, what the tail on disk decodes to, and what a segment is made
 * of. Row by row as they came, so that adding one is a copy.
 */
#ifndef LIB_STORE_WINDOW_H
#define LIB_STORE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sweeps a window; with many columns fewer, so that it stays below as many
 * values. A segment from elsewhere may hold up to SCOPE_WINDOW_MOST. */
#define SCOPE_WINDOW_SWEEPS 600
#define SCOPE_WINDOW_VALUES (4 << 20)
#define SCOPE_WINDOW_MOST 4096

/* Owned by whoever declared it; zero-initialise, free with
 * scope_window_free. */
struct scope_window {
    uint64_t first; /* number of the first sweep in its source */
    size_t sweeps;
    size_t columns; /* most seen in a sweep */
    size_t stride;  /* values a row has room for, a multiple of 64 */
    size_t room;    /* rows */
    int64_t *times;
    uint64_t *values;  /* [sweeps][stride] */
    uint64_t *present; /* [sweeps][stride / 64] */
    uint64_t *last;    /* [stride] a column's last value, 0 before its first */
};

/* Which sweeps of a window a series has values in. */
enum scope_presence_form {
    SCOPE_PRESENT_ALL,
    SCOPE_PRESENT_EVERY,  /* first, first + step, ... count of them */
    SCOPE_PRESENT_BITMAP, /* bit i: sweep i */
    SCOPE_PRESENT_FORMS,
};

struct scope_presence {
    enum scope_presence_form form;
    size_t first, step, count;
    const uint8_t *bitmap;
};

/* The columns that are taken from a window at once: a cache line's. */
#define SCOPE_TILE 8

void scope_window_free(struct scope_window *window);

/* Forgets the sweeps; the next one has the next number. */
void scope_window_next(struct scope_window *window);

/* Whether it should become a segment before a sweep of `columns` is added. */
bool scope_window_full(const struct scope_window *window, size_t columns);

/* Room for a row of `columns` more; its time, values and presence bits are
 * zero, and last reaches as far. Returns its index; the caller fills it in and
 * then counts it in sweeps. */
size_t scope_window_row(struct scope_window *window, size_t columns);

static inline uint64_t *scope_window_values(const struct scope_window *window,
                                            size_t row)
{
    return window->values + row * window->stride;
}

static inline uint64_t *scope_window_present(const struct scope_window *window,
                                             size_t row)
{
    return window->present + row * (window->stride / 64);
}

static inline bool scope_window_has(const struct scope_window *window,
                                    size_t row, size_t column)
{
    return scope_window_present(window, row)[column / 64] >> (column % 64) & 1;
}

/* The values of columns first to first + 7 (first a multiple of eight), absent
 * ones left out: column k's to out + k * room, their number to counts[k]. */
void scope_window_tile(const struct scope_window *window, size_t first,
                       uint64_t *out, size_t room, size_t counts[SCOPE_TILE]);

/* Which sweeps hold a column that has count values; bitmap has room for a bit
 * a sweep and is filled when the form needs it. */
struct scope_presence scope_window_presence(const struct scope_window *window,
                                            size_t column, size_t count,
                                            uint8_t *bitmap);

#endif
