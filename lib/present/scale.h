/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One scale for numbers that are to be compared: found from all of them, then
 * used for each.
 */
#ifndef LIB_PRESENT_SCALE_H
#define LIB_PRESENT_SCALE_H

#include "lib/base/text.h"

#include <scope/metric.h>
#include <stdbool.h>
#include <stddef.h>

struct scope_scale {
    enum scope_unit unit;
    double factor;      /* a value is divided by it */
    const char *symbol; /* "ms", "%", "" */
    int decimals;
    bool shared; /* false: the values are too far apart; each for itself */
};

/* values is reordered; NANs and infinities do not count. fine: the least of
 * them is to be told apart from its neighbours, not only the middle one. */
struct scope_scale scope_scale_find(double *values, size_t count,
                                    enum scope_unit unit, bool fine);

/* The number in that scale; with its symbol when asked or when the scale is
 * not shared. NAN is "-". */
void scope_scale_add(struct scope_text *out, const struct scope_scale *scale,
                     double value, bool symbol);

#endif
