/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heat maps for gnuplot. */
#ifndef LIB_PRESENT_HEAT_SCRIPT_H
#define LIB_PRESENT_HEAT_SCRIPT_H

#include "lib/present/gnuplot.h"

/*
 * Colours from the least to the most, evenly spaced: viridis (S. van der Walt
 * and N. Smith, 2015, public domain) from light to dark, so that it lies on
 * white paper and its order is kept in grey and with any colour vision.
 */
enum {
    SCOPE_HEAT_COLOURS = 11,
};
extern const unsigned scope_heat_colours[SCOPE_HEAT_COLOURS];

/* Whether any cell has a colour. */
bool scope_heat_drawable(const struct scope_heat_map *map);

/* gnuplot's script for the map, as text to add to. */
void scope_heat_script(const struct scope_heat_map *map,
                       enum scope_drawing drawing, struct scope_text *script);

#endif
